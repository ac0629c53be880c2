/* SPDX-License-Identifier: ISC */
#include "ctl/orders/enforce.h"

#include "api/shape_order.h"
#include "ctl/check/mail.h"
#include "ctl/check/starttls.h"
#include "ctl/cli/confirm.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "ctl/cli/work.h"
#include "ctl/dns/heard.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

#define REFUSAL                                                                                              \
	"not switched: senders would refuse mail, or get no policy, or it is not known whether they would"
#define FORECAST                                                                                             \
	"without --dry-run this would be refused: senders would refuse mail or get no policy, or it is not " \
	"known"
#define ADVICE "put that right, or switch all the same with --force"

/* One domain that would be switched. */
struct guarded {
	const char *domain;
	struct policy *policy; /* that would be published */
	struct findings findings;
	bool is_tls_known;
	enum err err;
};

struct guard {
	const struct run_view *view;
	struct ask_way way;
	struct probed *probed;
	struct client_request *order;
	json_t *policies; /* that are checked, by domain */
	struct guarded *guarded;
	size_t count;
	bool elsewhere; /* of some policy host only a server in front may have a certificate */
};

static void check(void *context, size_t index)
{
	struct guard *guard = context;
	struct guarded *guarded = &guard->guarded[index];
	struct names hosts = { 0 };
	enum err err = mail_find_hosts(&guard->way, guarded->domain, &guarded->findings, &hosts);

	if (err == ERR_OK)
		mail_check_cover(&guarded->policy->mx, &hosts, &guarded->findings);
	if (err == ERR_OK)
		err = starttls_check(guard->probed, &guard->way, &hosts, &guarded->findings,
				     &guarded->is_tls_known);
	if (err == ERR_OK && guarded->findings.lost)
		err = ERR_NO_MEMORY;
	guarded->err = err;
	names_free(&hosts);
}

/* Senders that hold nothing yet would get nothing; and those that hold a policy could not get another. */
static void check_certificate(const struct api_change *change, struct guard *guard, struct findings *findings)
{
	guard->elsewhere = guard->elsewhere || (!change->certificate && change->tls_elsewhere);
	if (change->certificate || change->tls_elsewhere)
		return;
	findings_put(findings, FINDING_ERROR, "certificate",
		     "no certificate here names mta-sts.%s, so senders cannot fetch the policy",
		     change->domain);
	findings_advise(findings, "get one (mta-stsctl cert list says how)");
}

static enum err load_one(const json_t *item, struct guard *guard, struct guarded *guarded)
{
	struct complaints complaints = { 0 };
	struct api_change change;
	enum err err = shape_read(&shape_change, item, &change);

	if (err != ERR_OK)
		return err;
	guarded->domain = change.domain;
	check_certificate(&change, guard, &guarded->findings);
	if (json_object_set(guard->policies, change.domain, json_object_get(item, "policy")) != 0)
		return ERR_NO_MEMORY;
	err = syntax_parse(change.policy, strlen(change.policy), change.domain, &complaints,
			   &guarded->policy);
	complaints_free(&complaints);
	return err;
}

/* Whether it would change or not: what is published already may be wrong as well. */
static enum err load(const json_t *reply, struct guard *guard)
{
	struct api_changes order;
	enum err err = shape_read(&shape_changes, reply, &order);
	size_t count;

	if (err != ERR_OK)
		return err;
	count = json_array_size(order.changes);
	guard->guarded = calloc(count > 0 ? count : 1, sizeof(*guard->guarded));
	guard->policies = json_object();
	if (guard->guarded == NULL || guard->policies == NULL)
		return ERR_NO_MEMORY;
	guard->count = count;
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = load_one(json_array_get(order.changes, i), guard, &guard->guarded[i]);
	return err;
}

static void unload(struct guard *guard)
{
	for (size_t i = 0; i < guard->count; i++) {
		policy_free(&guard->guarded[i].policy);
		findings_free(&guard->guarded[i].findings);
	}
	free(guard->guarded);
	json_decref(guard->policies);
}

/* Each error as a line that names its domain. */
static enum err gather(const struct guard *guard, json_t *lines)
{
	for (size_t i = 0; i < guard->count; i++) {
		const struct guarded *guarded = &guard->guarded[i];

		for (size_t j = 0; j < guarded->findings.count; j++) {
			const struct finding *finding = &guarded->findings.item[j];

			if (finding->severity == FINDING_ERROR &&
			    json_array_append_new(lines, json_sprintf("%s: %s: %s", guarded->domain,
								      finding->what, finding->instead)) != 0)
				return ERR_NO_MEMORY;
		}
	}
	return ERR_OK;
}

static void print_lines(const char *message, const json_t *lines, FILE *err)
{
	size_t count = json_array_size(lines);

	print_problem(err, "%s", message);
	for (size_t i = 0; i < count && i < PRINT_SOME; i++)
		print_problem(err, "  %s", json_string_value(json_array_get(lines, i)));
	print_rest(err, PRINT_PROBLEM "  ", (json_int_t)count - PRINT_SOME, "--json shows them all");
	print_problem(err, "%s", ADVICE);
}

/* A program gets what the daemon would have replied, had it refused. */
static enum run_status refuse(const struct run_view *view, json_t *lines)
{
	const struct api_refusal refusal = { { "refused", REFUSAL, json_incref(lines) } };
	json_t *reply = shape_write(&shape_refusal, &refusal);
	enum err err = reply != NULL ? ERR_OK : ERR_NO_MEMORY;

	print_lines(REFUSAL, lines, view->err);
	if (err == ERR_OK && options_has(view->options, OPTION_JSON))
		err = print_json(view->out, reply);
	if (err == ERR_OK && fflush(view->out) != 0)
		err = ERR_IO;
	json_decref(reply);
	return err == ERR_OK ? RUN_NOT_DONE : output_end(view->err, err);
}

/* The files may have been changed and read again while the MX were looked up. */
static bool is_as_checked(const struct guard *guard, const json_t *reply)
{
	const json_t *changes = json_object_get(reply, "changes");
	json_int_t others = 0;
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		const char *domain = json_string_value(json_object_get(change, "domain"));

		if (domain == NULL ||
		    json_equal(json_object_get(guard->policies, domain), json_object_get(change, "policy")))
			continue;
		if (others++ < PRINT_SOME)
			print_problem(
				guard->view->err,
				"%s: another policy was published than the one that was checked, as its file "
				"changed meanwhile: run mta-stsctl check %s now",
				domain, domain);
	}
	print_rest(guard->view->err, PRINT_PROBLEM, others - PRINT_SOME,
		   "run mta-stsctl check with the same domains");
	return others == 0;
}

/* That alone refuses nothing: where it cannot be found out, it may be this machine's network. */
static void say_unknown(const struct guard *guard)
{
	const char *first = NULL;
	char count[PRINT_COUNT_SIZE];
	size_t unknown = 0;

	for (size_t i = 0; i < guard->count; i++) {
		if (guard->guarded[i].is_tls_known)
			continue;
		first = unknown++ == 0 ? guard->guarded[i].domain : first;
	}
	if (unknown > 0)
		print_problem(guard->view->err,
			      "not known of %s: whether every MX offers TLS as enforce requires; mta-stsctl "
			      "check %s says why",
			      print_count((json_int_t)unknown, "domain", count), first);
}

static enum run_status order(const struct guard *guard)
{
	json_t *reply = NULL;
	enum run_status status;

	say_unknown(guard);
	status = run_order(guard->view, guard->order, &reply);

	if (reply != NULL && !options_has(guard->view->options, OPTION_DRY_RUN) &&
	    !is_as_checked(guard, reply) && status == RUN_DONE)
		status = RUN_NOT_DONE;
	json_decref(reply);
	return status;
}

static enum run_status forecast(const struct guard *guard, const json_t *lines)
{
	enum run_status status;

	if (json_array_size(lines) == 0) {
		print_problem(guard->view->err, "every MX is covered%s",
			      guard->elsewhere
				      ? "; not tried: the certificates of the server in front, which "
					"mta-stsctl check meets"
				      : ", and so is every policy host");
		return order(guard);
	}
	print_lines(FORECAST, lines, guard->view->err);
	status = order(guard);
	return status == RUN_DONE ? RUN_NOT_DONE : status;
}

static enum run_status conclude(const struct guard *guard)
{
	const struct run_view *view = guard->view;
	json_t *lines = json_array();
	enum run_status status;
	enum err err = lines != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < guard->count && err == ERR_OK; i++)
		err = guard->guarded[i].err;
	if (err == ERR_OK)
		err = gather(guard, lines);
	if (err == ERR_SYNTAX)
		status = run_refuse_resolver(view);
	else if (err != ERR_OK)
		status = output_end(view->err, err);
	else if (options_has(view->options, OPTION_DRY_RUN))
		status = forecast(guard, lines);
	else if (json_array_size(lines) > 0)
		status = refuse(view, lines);
	else
		status = order(guard);
	json_decref(lines);
	return status;
}

/* Have the order worked out, bind it to the domains it would be about, and look at these. */
static enum run_status run_guard(struct guard *guard)
{
	const struct run_view *view = guard->view;
	struct client_request trial = { 0 };
	json_t *reply = NULL;
	enum run_status status;
	enum err err = confirm_make_trial(guard->order, &trial);

	if (err != ERR_OK)
		return output_end(view->err, err);
	status = run_ask(view, &trial, false, &reply);
	client_request_free(&trial);
	if (status != RUN_DONE)
		return status;
	err = load(reply, guard);
	if (err == ERR_OK)
		err = confirm_name_domains(view, reply, guard->order);
	if (err == ERR_OK) {
		work_run(guard->count, check, guard);
		status = conclude(guard);
	} else {
		status = output_end(view->err, err);
	}
	unload(guard);
	json_decref(reply);
	return status;
}

enum run_status enforce_run(const struct run_view *view)
{
	struct client_request order = { 0 };
	struct guard guard = { .view = view, .way = run_resolver(view), .order = &order };
	enum run_status status;

	if (options_has(view->options, OPTION_FORCE))
		return run_usual(view);
	status = run_check_ca(view);
	if (status == RUN_DONE)
		status = run_request(view, &order);
	if (status == RUN_DONE)
		status = output_end(view->err, heard_new(&guard.way.heard));
	if (status == RUN_DONE)
		status = output_end(view->err, probed_new(view->options->value[OPTION_CA], &guard.probed));
	if (status == RUN_DONE)
		status = run_guard(&guard);
	probed_free(&guard.probed);
	heard_free(&guard.way.heard);
	client_request_free(&order);
	return status;
}
