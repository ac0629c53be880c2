/* SPDX-License-Identifier: ISC */
#ifndef CTL_CLI_RUN_H
#define CTL_CLI_RUN_H

/**
 * What most commands do: ask the daemon, and print its reply.
 *
 * Threads: the main thread only.
 */

#include "ctl/cli/request.h"
#include "ctl/dns/ask.h"

/** The way to ask: --resolver, else those of resolv.conf(5). */
struct ask_way run_resolver(const struct run_view *view);

/** Say once in a run that the daemon does not answer yet, and who knows why; for struct client_request. */
void run_say_silent(void *err);

/** Complain that --resolver is no address, which ask_all() says with ERR_SYNTAX; returns RUN_USAGE. */
enum run_status run_refuse_resolver(const struct run_view *view);

/** Look whether the file of --ca can be read, and complain where it cannot; returns RUN_DONE, RUN_USAGE. */
enum run_status run_check_ca(const struct run_view *view);

/**
 * Make the request of a command; what goes wrong is complained about.
 *
 * @param[out] request  on RUN_DONE; freed with client_request_free()
 * @return RUN_DONE, RUN_USAGE, RUN_NOT_DONE
 */
enum run_status run_request(const struct run_view *view, struct client_request *request);

/**
 * Ask the daemon one thing.  What goes wrong, and what the daemon refuses, is printed.
 *
 * @param ordered  whether it changes something: then a lost reply is RUN_UNKNOWN
 * @param[out] reply  on RUN_DONE the daemon's answer of status 200; freed with json_decref()
 */
enum run_status run_ask(const struct run_view *view, const struct client_request *request, bool ordered,
			json_t **reply);

/**
 * Look for one thing, as run_ask() does; but that the daemon does not know the domain, or is of a version
 * without the route, is nothing to complain about.
 *
 * @param[out] reply  on RUN_DONE the daemon's answer, freed with json_decref(); left alone when it does not
 *                    know it
 */
enum run_status run_find(const struct run_view *view, const struct client_request *request, json_t **reply);

/**
 * Let the operator confirm an order (ctl/cli/confirm.h), send it and print the reply; a look is just sent.
 *
 * @param request  may come to name the domains that were confirmed
 * @param[out] reply  what was printed, or would have been; NULL before, and freed with json_decref() after.
 * NULL: nobody asks, and the reply to an order may be of any length
 */
enum run_status run_order(const struct run_view *view, struct client_request *request, json_t **reply);

/** Do a command as most are done: make its request, and run_order(). */
enum run_status run_usual(const struct run_view *view);

#endif
