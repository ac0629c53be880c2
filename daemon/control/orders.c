/* SPDX-License-Identifier: ISC */
#include "control/orders.h"

#include "api/shape_order.h"
#include "control/outcome.h"
#include "control/reply.h"
#include "control/view.h"
#include "control/view_certificates.h"
#include "core/install.h"
#include "core/switch.h"
#include "core/undo.h"
#include "evidence/nothing_before.h"

#include <stdio.h>
#include <string.h>

#define FROM_LIMIT 64

/* Without an entry nothing was changed, and without memory there is no doubt of that. */
static void reply_order(struct answer *answer, int64_t audit, json_t *json)
{
	if (audit > 0)
		reply_done(answer, json);
	else
		reply_json(answer, json);
}

/* What a domain has to go back to was not read; the order could not know why. */
static void name_guard(const struct host *host, const struct switch_to *to, struct complaints *complaints)
{
	if (to->reset && host->files->held && complaints->count > 0)
		complain(complaints, SEVERITY_ERROR, host->files->settings->domains, 0, RELOAD_HELD, NULL,
			 "put the lost files back and run: mta-stsctl reload; mta-stsctl status says what "
			 "to do if they are gone for good");
}

static void run_switch(struct control *control, const json_t *body, const struct order *order,
		       const struct switch_to *to, struct answer *answer)
{
	const struct host *host = control->host;
	struct complaints complaints = { 0 };
	struct names names = { 0 };
	struct changes *changes = NULL;

	if (action_select(host->registry, body, answer, &names)) {
		enum err err =
			switch_run(host->registry, host->store, order, &names, to, &complaints, &changes);

		name_guard(host, to, &complaints);
		if (err == ERR_OK)
			outcome_of_changes(host, &changes, order->dry_run, 0, answer);
		else
			reply_failure(answer, err, &complaints);
	}
	changes_free(&changes);
	names_free(&names);
	complaints_free(&complaints);
}

static bool read_max_age(const json_t *max_age, struct switch_to *to, struct answer *answer)
{
	json_int_t seconds = json_integer_value(max_age);

	if (max_age == NULL) {
		to->max_age = to->mode == MODE_NONE ? TARGET_NONE_MAX_AGE : 0;
		return true;
	}
	if (seconds < 1 || seconds > POLICY_MAX_AGE_LIMIT)
		return action_refuse(
			answer, "max_age is out of range: write seconds from 1 to 31557600; 86400 is a day");
	to->max_age = (uint32_t)seconds;
	return true;
}

static bool read_keep_mx(const struct control *control, const json_t *keep_mx, struct switch_to *to,
			 struct answer *answer)
{
	if (to->mode != MODE_NONE)
		return keep_mx == NULL || action_refuse(answer, "keep_mx goes with mode none only: leave it "
								"out, the domain's file has the mx lines");
	to->keep_mx = keep_mx != NULL ? json_is_true(keep_mx) : control->host->files->settings->keep_mx;
	return true;
}

static bool refuse_mode(struct answer *answer, const char *mode)
{
	char shown[TEXT_SHOWN_SIZE];
	char message[TEXT_SHOWN_SIZE + 96];

	(void)snprintf(message, sizeof(message), "mode is unknown (%s): %s",
		       text_escape(mode, strlen(mode), shown), mode_hint(mode));
	return action_refuse(answer, message);
}

static bool read_switch(const struct control *control, const json_t *body, struct switch_to *to,
			struct answer *answer)
{
	const char *mode = json_string_value(json_object_get(body, "mode"));

	if (mode_parse(mode, &to->mode) != ERR_OK)
		return refuse_mode(answer, mode);
	return read_max_age(json_object_get(body, "max_age"), to, answer) &&
	       read_keep_mx(control, json_object_get(body, "keep_mx"), to, answer);
}

void orders_switch(struct control *control, const json_t *body, const struct order *order,
		   struct answer *answer)
{
	struct switch_to to = { .reset = false };

	if (read_switch(control, body, &to, answer))
		run_switch(control, body, order, &to, answer);
}

void orders_reset(struct control *control, const json_t *body, const struct order *order,
		  struct answer *answer)
{
	run_switch(control, body, order, &(struct switch_to){ .reset = true }, answer);
}

void orders_nothing_before(struct control *control, const json_t *body, const struct order *order,
			   struct answer *answer)
{
	const struct host *host = control->host;
	struct names names = { 0 };
	struct changes *changes = NULL;

	if (action_select(host->registry, body, answer, &names)) {
		enum err err = nothing_before_run(host->registry, host->store, order, &names, &changes);

		if (err == ERR_OK)
			outcome_of_changes(host, &changes, order->dry_run, 0, answer);
		else
			reply_failure(answer, err, NULL);
	}
	changes_free(&changes);
	names_free(&names);
}

void orders_undo(struct control *control, const json_t *body, const struct order *order,
		 struct answer *answer)
{
	const struct host *host = control->host;
	const json_t *given = json_object_get(body, "entry");
	struct complaints complaints = { 0 };
	struct changes *changes = NULL;
	int64_t entry = json_integer_value(given);
	enum err err = ERR_NOT_FOUND;

	if (given == NULL || (entry >= 1 && entry < INT64_MAX))
		err = undo_run(host->registry, host->store, order, &entry, &complaints, &changes);
	if (err == ERR_OK)
		outcome_of_changes(host, &changes, order->dry_run, entry, answer);
	else if (err == ERR_NOT_FOUND)
		reply_error(answer, REPLY_UNKNOWN_ENTRY,
			    given != NULL ? NULL : "there is no order yet to take back", NULL);
	else
		reply_failure(answer, err, &complaints);
	changes_free(&changes);
	complaints_free(&complaints);
}

static void run_forget(struct control *control, const struct order *order, const struct forget *forget,
		       struct answer *answer)
{
	const struct host *host = control->host;
	struct complaints complaints = { 0 };
	struct forgotten_list list = { 0 };
	struct changes *changes = NULL;
	enum err err = forget_run(host->registry, host->store, order, forget, &complaints, &list, &changes);

	if (err == ERR_OK)
		outcome_of_forget(host, &changes, &list, order->dry_run, answer);
	else
		reply_failure(answer, err, &complaints);
	if (!order->dry_run)
		coverage_note(host->coverage, host->registry, host->certs);
	changes_free(&changes);
	forget_free(&list);
	complaints_free(&complaints);
}

void orders_forget(struct control *control, const json_t *body, const struct order *order,
		   struct answer *answer)
{
	const struct reload_files *files = control->host->files;
	struct names names = { 0 };
	const struct forget forget = { .domains = &names,
				       .force = json_is_true(json_object_get(body, "force")),
				       .unread = files->domains == NULL ? files->settings->domains : NULL,
				       .since = control->host->started_at };

	action_catch_up(control->host);
	if (action_select(control->host->registry, body, answer, &names))
		run_forget(control, order, &forget, answer);
	names_free(&names);
}

void orders_reload(struct control *control, const json_t *body, const struct order *order,
		   struct answer *answer)
{
	struct changes *changes = NULL;
	enum err err =
		reload_run(control->host, order, json_is_true(json_object_get(body, "force")), &changes);

	if (err == ERR_OK)
		outcome_of_reload(control->host, &changes, answer);
	else if (err == ERR_NO_MEMORY)
		reply_error(answer, REPLY_NO_MEMORY,
			    "out of memory, the files were not loaded: policies and settings are as "
			    "before; give the service more memory and reload again",
			    NULL);
	else
		reply_failure(answer, err, &control->host->files->complaints);
	changes_free(&changes);
}

static void reply_installed(struct answer *answer, const struct host *host, const struct install_done *done,
			    bool dry_run, const struct complaints *complaints)
{
	struct api_installed shown = { .dry_run = dry_run,
				       .replaced = reply_names(&done->replaced),
				       .covers = reply_names(&done->covers),
				       .covers_count = (json_int_t)done->covers_count,
				       .uncovered = host->coverage->tls_elsewhere
							    ? 0
							    : (json_int_t)done->uncovered,
				       .complaints = view_complaints(complaints),
				       .audit = done->audit };

	view_certificate_put(host, pair_facts(done->pair), done->used, &shown.certificate);
	reply_order(answer, done->audit, shape_write(&shape_installed, &shown));
}

/* It goes into the audit trail as it is. */
static bool read_from(const json_t *from, const char **out, struct answer *answer)
{
	char shown[TEXT_SHOWN_SIZE];

	*out = from != NULL ? json_string_value(from) : "";
	return (json_string_length(from) <= FROM_LIMIT &&
		strcmp(text_escape(*out, strlen(*out), shown), *out) == 0) ||
	       action_refuse(answer,
			     "from is not a short text: write at most 64 letters of ASCII, such as the "
			     "program's name");
}

static void run_install(const struct host *host, const struct order *order, const struct install *install,
			struct answer *answer)
{
	struct complaints complaints = { 0 };
	struct install_done done = { 0 };
	enum err err =
		install_run(host->registry, host->store, host->certs, order, install, &complaints, &done);

	if (!order->dry_run)
		coverage_note(host->coverage, host->registry, host->certs);
	if (err == ERR_OK)
		reply_installed(answer, host, &done, order->dry_run, &complaints);
	else
		reply_failure(answer, err, &complaints);
	install_done_free(&done);
	complaints_free(&complaints);
}

void orders_install(struct control *control, const json_t *body, const struct order *order,
		    struct answer *answer)
{
	struct install install = { .texts = { json_string_value(json_object_get(body, "certificate")),
					      json_string_value(json_object_get(body, "key")) },
				   .state = control->host->files->started->state };

	if (read_from(json_object_get(body, "from"), &install.from, answer))
		run_install(control->host, order, &install, answer);
}
