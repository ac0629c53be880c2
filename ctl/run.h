/* SPDX-License-Identifier: ISC */
#ifndef CTL_RUN_H
#define CTL_RUN_H

/**
 * What most commands do: ask the daemon, and print its reply.
 *
 * Threads: the main thread only.
 */

#include "ctl/command.h"
#include "ctl/options.h"
#include "ctl/request.h"
#include "ctl/view.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * Ask the daemon one thing.  What goes wrong, and what the daemon refuses, is printed.
 *
 * @param ordered  whether it changes something: then a lost reply is RUN_UNKNOWN
 * @param[out] reply  on RUN_DONE the daemon's answer of status 200; freed with json_decref()
 */
enum run_status run_ask(const struct run_view *view, const struct request *request, bool ordered,
			json_t **reply);

/**
 * Do a command as most are done: make its request, let the operator confirm it (ctl/confirm.h), send it and
 * print the reply.
 */
enum run_status run_usual(const struct run_view *view);

#endif
