/* SPDX-License-Identifier: ISC */
#include "ctl/check/check.h"

#include "api/shape_domain.h"
#include "api/shape_status.h"
#include "ctl/check/host.h"
#include "ctl/check/mail.h"
#include "ctl/check/served.h"
#include "ctl/check/servers.h"
#include "ctl/check/starttls.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "ctl/cli/work.h"
#include "ctl/dns/heard.h"

#include <string.h>

#define DOMAIN_PATH "/v1/domains/"

/* What is held in memory, and waited for before it is printed. */
#define BATCH 32

struct checking {
	const struct run_view *view;
	struct ask_way way;
	struct probed *probed;
	const char *ca;
	bool utf8;
	bool brief;      /* a line for each domain with findings */
	bool errors;     /* and nothing else */
	bool many;       /* domains */
	json_t *printed; /* for programs; NULL: for people */
	json_t *advised; /* what was advised already, and for whom */
	size_t done;
	size_t unready; /* of them, domains with errors */
	size_t warned;  /* and with warnings alone */
	bool said;      /* something of one of them */
	struct checked domains[BATCH];
	size_t count;
};

static enum err check_mail(const struct checking *checking, struct checked *checked)
{
	const struct ask_way *way = &checking->way;
	struct findings *findings = &checked->findings;
	struct names hosts = { 0 };
	enum err err;

	if (checked->mode == MODE_NONE) {
		findings_put(findings, FINDING_NOTE, "mx", "mode none requires nothing of the MX");
		return ERR_OK;
	}
	err = mail_find_hosts(way, checked->domain, findings, &hosts);
	if (err == ERR_OK) {
		mail_check_cover(&checked->mx, &hosts, findings);
		mail_check_unused(&checked->mx, &hosts, findings);
		err = mail_check_addresses(way, &hosts, findings);
	}
	if (err == ERR_OK)
		err = starttls_check(checking->probed, way, &hosts, findings, &checked->is_tls_known);
	names_free(&hosts);
	return err;
}

static void check(void *context, size_t index)
{
	struct checking *checking = context;
	struct checked *checked = &checking->domains[index];
	const struct host_record record = { checked->record, checked->id, &checked->right };
	struct names addresses = { 0 };
	enum err err;

	if (checked->policy == NULL)
		return;
	err = check_mail(checking, checked);
	if (err == ERR_OK)
		err = host_check_domain(&checking->way, checked->domain, &record, &checked->findings,
					&addresses);
	if (err == ERR_OK)
		err = servers_check(&checking->way, checked->domain, &checked->findings);
	if (err == ERR_OK)
		err = served_check(&addresses, checking->ca, checked);
	if (err == ERR_OK && checked->findings.lost)
		err = ERR_NO_MEMORY;
	checked->err = err;
	names_free(&addresses);
}

/* It was there a moment ago: that is what the row still tells of. */
static enum err load_gone(json_t *item, const struct api_row *row, struct checked *checked)
{
	struct checked gone = {
		.reply = json_incref(item), .domain = row->domain, .mode = row->mode, .id = row->id
	};

	findings_put(&gone.findings, FINDING_ERROR, "domain", "%s was forgotten in the meantime",
		     gone.domain);
	findings_advise(&gone.findings, "see mta-stsctl history %s", gone.domain);
	*checked = gone;
	return gone.findings.lost ? ERR_NO_MEMORY : ERR_OK;
}

/* Ask the daemon for all it publishes of one domain. */
static enum run_status load(struct checking *checking, json_t *item)
{
	struct client_request request = { .method = "GET" };
	enum run_status status;
	struct api_row row;
	json_t *reply = NULL;
	enum err err;

	if (shape_read(&shape_row, item, &row) != ERR_OK)
		return output_end(checking->view->err, ERR_SYNTAX);
	if (asprintf(&request.path, DOMAIN_PATH "%s", row.domain) < 0)
		return output_end(checking->view->err, ERR_NO_MEMORY);
	status = run_find(checking->view, &request, &reply);
	client_request_free(&request);
	if (status != RUN_DONE)
		return status;
	err = reply != NULL ? findings_load(reply, &checking->domains[checking->count])
			    : load_gone(item, &row, &checking->domains[checking->count]);
	if (err != ERR_OK)
		return output_end(checking->view->err, err);
	checking->count++;
	return RUN_DONE;
}

/* Of many, those with nothing to say are only counted. */
static void say(struct checking *checking, const struct checked *checked)
{
	const size_t *total = checked->findings.total;
	bool findings = total[FINDING_ERROR] > 0 || (!checking->errors && total[FINDING_WARNING] > 0);
	FILE *out = checking->view->out;

	if (!findings && (checking->brief || (checking->errors && checking->many)))
		return;
	if (checking->brief) {
		findings_print_worst(out, checked);
	} else {
		if (checking->said)
			(void)fputc('\n', out);
		findings_print(out, checked, checking->errors ? FINDING_ERROR : FINDING_OK, checking->utf8,
			       checking->advised);
	}
	checking->said = true;
}

static enum err print_one(struct checking *checking, const struct checked *checked)
{
	FILE *out = checking->view->out;
	json_t *object = NULL;
	enum err err;

	if (checking->printed == NULL) {
		say(checking, checked);
		return fflush(out) == 0 ? ERR_OK : ERR_IO;
	}
	err = findings_json(checked, &object);
	if (err == ERR_OK && json_array_append_new(checking->printed, object) != 0)
		err = ERR_NO_MEMORY;
	return err;
}

static enum run_status conclude(struct checking *checking, const struct checked *checked)
{
	enum err err = checked->err;

	if (err == ERR_SYNTAX)
		return run_refuse_resolver(checking->view);
	if (err == ERR_OK)
		err = print_one(checking, checked);
	if (err != ERR_OK)
		return output_end(checking->view->err, err);
	checking->done++;
	if (checked->findings.total[FINDING_ERROR] > 0)
		checking->unready++;
	else
		checking->warned += checked->findings.total[FINDING_WARNING] > 0;
	return RUN_DONE;
}

/* Check what was loaded, and print it in its order. */
static enum run_status check_batch(struct checking *checking)
{
	enum run_status status = RUN_DONE;

	work_run(checking->count, check, checking);
	for (size_t i = 0; i < checking->count && status == RUN_DONE; i++)
		status = conclude(checking, &checking->domains[i]);
	return status;
}

static void free_batch(struct checking *checking)
{
	for (size_t i = 0; i < checking->count; i++)
		findings_unload(&checking->domains[i]);
	checking->count = 0;
}

static enum run_status check_rows(struct checking *checking, const json_t *rows)
{
	size_t total = json_array_size(rows);
	enum run_status status = RUN_DONE;

	for (size_t i = 0; i < total && status == RUN_DONE; i++) {
		status = load(checking, json_array_get(rows, i));
		if (status == RUN_DONE && (checking->count == BATCH || i + 1 == total)) {
			status = check_batch(checking);
			free_batch(checking);
		}
	}
	free_batch(checking);
	return status;
}

static void print_summary(FILE *out, const struct checking *checking)
{
	(void)fprintf(out, "%s%zu domains: %zu with errors, %zu with warnings alone, %zu without either\n",
		      checking->said ? "\n" : "", checking->done, checking->unready, checking->warned,
		      checking->done - checking->unready - checking->warned);
	if (checking->brief && checking->unready + checking->warned > 0)
		(void)fputs("mta-stsctl check DOMAIN says all of one, and what to do; --details of all\n",
			    out);
}

static enum run_status print_end(struct checking *checking)
{
	FILE *out = checking->view->out;
	enum err err = ERR_OK;

	if (checking->printed != NULL) {
		json_t *whole = json_pack("{s:O}", "domains", checking->printed);

		err = whole != NULL ? print_json(out, whole) : ERR_NO_MEMORY;
		json_decref(whole);
	} else if (checking->many) {
		print_summary(out, checking);
	}
	if (err == ERR_OK && (fflush(out) != 0 || ferror(out)))
		err = ERR_IO;
	if (err != ERR_OK)
		return output_end(checking->view->err, err);
	return checking->unready == 0 ? RUN_DONE : RUN_NOT_DONE;
}

static enum run_status check_reply(const struct run_view *view, const json_t *reply)
{
	bool json = options_has(view->options, OPTION_JSON);
	struct checking checking = {
		.view = view,
		.way = run_resolver(view),
		.ca = view->options->value[OPTION_CA],
		.utf8 = print_is_utf8(),
		.errors = options_has(view->options, OPTION_ERRORS),
		.printed = json ? json_array() : NULL,
		.advised = json_object(),
	};
	enum run_status status;
	struct api_list list = { 0 };

	status = checking.advised == NULL || (json && checking.printed == NULL)
			 ? output_end(view->err, ERR_NO_MEMORY)
			 : output_end(view->err, heard_new(&checking.way.heard));
	if (status == RUN_DONE)
		status = output_end(view->err, probed_new(checking.ca, &checking.probed));
	if (status == RUN_DONE)
		status = output_end(view->err, shape_read(&shape_list, reply, &list));
	checking.many = json_array_size(list.domains) > 1;
	checking.brief = checking.many && !options_has(view->options, OPTION_DETAILS);
	if (status == RUN_DONE)
		status = check_rows(&checking, list.domains);
	if (status == RUN_DONE)
		status = print_end(&checking);
	probed_free(&checking.probed);
	heard_free(&checking.way.heard);
	json_decref(checking.printed);
	json_decref(checking.advised);
	return status;
}

enum run_status check_run(const struct run_view *view)
{
	struct client_request request = { 0 };
	enum run_status status = run_check_ca(view);
	json_t *reply = NULL;

	if (status == RUN_DONE)
		status = run_request(view, &request);
	if (status == RUN_DONE)
		status = run_ask(view, &request, false, &reply);
	if (status == RUN_DONE)
		status = check_reply(view, reply);
	client_request_free(&request);
	json_decref(reply);
	return status;
}
