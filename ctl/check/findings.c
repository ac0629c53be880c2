/* SPDX-License-Identifier: ISC */
#include "ctl/check/findings.h"

#include "api/shape_domain.h"
#include "base/allocation.h"
#include "ctl/cli/print.h"
#include "policy/domain.h"
#include "policy/record.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Of a line that is cut on a narrow terminal, bytes. */
#define LINE_SHOWN 60

/* Advice that is not longer is said again. */
#define ADVICE_SHORT 40

const char *findings_severity_text(enum finding_severity severity)
{
	static const char *const words[FINDING_SEVERITIES] = {
		[FINDING_OK] = "ok",
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return words[severity];
}

__attribute__((format(printf, 1, 0))) static char *make_line(const char *format, va_list args)
{
	char *line = NULL;

	if (vasprintf(&line, format, args) < 0)
		return NULL;
	for (char *c = line; *c != '\0'; c++) {
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
	}
	return line;
}

void findings_put(struct findings *list, enum finding_severity severity, const char *about,
		  const char *format, ...)
{
	struct finding *item = allocation_grow(list->item, list->count, &list->capacity, sizeof(*item));
	va_list args;
	char *what;

	va_start(args, format);
	what = make_line(format, args);
	va_end(args);
	if (item != NULL)
		list->item = item;
	if (what == NULL || item == NULL) {
		free(what);
		list->lost = true;
		return;
	}
	list->item[list->count++] = (struct finding){ .severity = severity, .about = about, .what = what };
	list->total[severity]++;
}

void findings_advise(struct findings *list, const char *format, ...)
{
	va_list args;
	char *instead;

	/* The one it belongs to may be missing. */
	if (list->lost)
		return;
	va_start(args, format);
	instead = make_line(format, args);
	va_end(args);
	if (instead == NULL) {
		list->lost = true;
		return;
	}
	free(list->item[list->count - 1].instead);
	list->item[list->count - 1].instead = instead;
}

void findings_free(struct findings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->item[i].what);
		free(list->item[i].instead);
	}
	free(list->item);
	*list = (struct findings){ 0 };
}

/* The name becomes a part of others and of a URL. */
static bool is_domain(const char *domain)
{
	char host[HOST_SIZE];

	return strlen(domain) <= DOMAIN_MAX &&
	       domain_normalise_host(domain, strlen(domain), host, NULL) == ERR_OK;
}

static enum err load_names(const json_t *array, struct names *names)
{
	enum err err = ERR_OK;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (err == ERR_OK)
			err = names_put(names, json_string_value(item));
	}
	return err;
}

static void file_max_age(struct findings *findings, enum mode mode, json_int_t max_age)
{
	if (mode == MODE_NONE || max_age >= POLICY_MAX_AGE_SHORT)
		return;
	findings_put(findings, FINDING_WARNING, "policy",
		     max_age == 0 ? "max_age is 0: no sender keeps the policy, so it protects nothing"
				  : "max_age is less than a day (%" JSON_INTEGER_FORMAT ")",
		     max_age);
	findings_advise(findings, "write 604800, a week, or more in its file, then run: mta-stsctl reload");
}

enum err findings_load(json_t *reply, struct checked *checked)
{
	struct checked got = { .reply = reply };
	enum err err = ERR_SYNTAX;
	struct api_domain rest;
	struct api_row row;

	if (shape_read(&shape_row, reply, &row) == ERR_OK &&
	    shape_read(&shape_domain, reply, &rest) == ERR_OK && is_domain(row.domain) &&
	    id_is_valid(row.id)) {
		got.domain = row.domain;
		got.mode = row.mode;
		got.record = row.txt.name;
		got.id = row.id;
		got.policy = rest.policy;
		got.certificate = row.certificate;
		err = load_names(rest.mx, &got.mx);
		if (err == ERR_OK)
			err = load_names(rest.right_ids, &got.right);
		file_max_age(&got.findings, row.mode, row.max_age);
	}
	if (err == ERR_OK)
		*checked = got;
	else
		findings_unload(&got);
	return err;
}

void findings_unload(struct checked *checked)
{
	json_decref(checked->reply);
	names_free(&checked->mx);
	names_free(&checked->right);
	findings_free(&checked->findings);
	*checked = (struct checked){ 0 };
}

static const char *const marks[2][FINDING_SEVERITIES] = {
	{ [FINDING_OK] = "ok", [FINDING_NOTE] = "- ", [FINDING_WARNING] = "! ", [FINDING_ERROR] = "x " },
	{ [FINDING_OK] = "\xe2\x9c\x93",
	  [FINDING_NOTE] = "-",
	  [FINDING_WARNING] = "!",
	  [FINDING_ERROR] = "\xe2\x9c\x97" },
};

static void print_advice(FILE *out, const struct checked *checked, const char *advice, json_t *advised)
{
	const char *before = json_string_value(json_object_get(advised, advice));

	if (before == NULL)
		(void)fprintf(out, ": %s", advice);
	else if (strcmp(before, checked->domain) == 0)
		(void)fputs(": as above", out);
	else
		(void)fprintf(out, ": as for %s", before);
	/* Without memory it is said again. */
	if (before == NULL && strlen(advice) > ADVICE_SHORT)
		(void)json_object_set_new(advised, advice, json_string(checked->domain));
}

static void print_line(FILE *out, const struct checked *checked, size_t index, bool utf8, json_t *advised)
{
	const struct finding *finding = &checked->findings.item[index];

	(void)fprintf(out, "  %s %s", marks[utf8][finding->severity], finding->what);
	if (finding->instead != NULL)
		print_advice(out, checked, finding->instead, advised);
	(void)fputc('\n', out);
}

/* Nobody delivers by a policy of mode none, so there is nothing to be ready for. */
static const char *conclude(const struct checked *checked)
{
	bool good = checked->findings.total[FINDING_ERROR] == 0;

	if (checked->mode == MODE_NONE)
		return good ? "in order" : "not in order";
	if (!good)
		return checked->mode == MODE_ENFORCE ? "not ready to enforce, but published so"
						     : "not ready to enforce";
	if (checked->mode == MODE_ENFORCE)
		return checked->is_tls_known ? "enforce is in order"
					     : "enforce is in order (not known: TLS of the MX)";
	return checked->is_tls_known ? "nothing is against enforce"
				     : "nothing is against enforce (not known: TLS of the MX)";
}

/* Returns whether there are any. */
static bool print_counts(FILE *out, const struct checked *checked)
{
	const size_t *total = checked->findings.total;
	char count[PRINT_COUNT_SIZE];

	(void)fprintf(out, "%s: ", checked->domain);
	if (total[FINDING_ERROR] > 0)
		(void)fputs(print_count((json_int_t)total[FINDING_ERROR], "error", count), out);
	if (total[FINDING_ERROR] > 0 && total[FINDING_WARNING] > 0)
		(void)fputs(", ", out);
	if (total[FINDING_WARNING] > 0)
		(void)fputs(print_count((json_int_t)total[FINDING_WARNING], "warning", count), out);
	return total[FINDING_ERROR] + total[FINDING_WARNING] > 0;
}

void findings_print(FILE *out, const struct checked *checked, enum finding_severity least, bool utf8,
		    json_t *advised)
{
	(void)fprintf(out, "%s (mode %s, id %s)\n", checked->domain, mode_text(checked->mode), checked->id);
	for (size_t i = 0; i < checked->findings.count; i++) {
		if (checked->findings.item[i].severity >= least)
			print_line(out, checked, i, utf8, advised);
	}
	if (print_counts(out, checked))
		(void)fputs(": ", out);
	(void)fprintf(out, "%s\n", conclude(checked));
}

/* The first of the most severe: what comes later may follow from it. */
static const struct finding *find_worst(const struct findings *findings)
{
	const struct finding *worst = &findings->item[0];

	for (size_t i = 1; i < findings->count; i++) {
		if (findings->item[i].severity > worst->severity)
			worst = &findings->item[i];
	}
	return worst;
}

/* Whole words, with " ..." behind them when there are more. */
static void print_cut(FILE *out, const char *line, size_t room)
{
	size_t len = strlen(line);

	if (room < LINE_SHOWN)
		room = LINE_SHOWN;
	if (len <= room) {
		(void)fprintf(out, "%s\n", line);
		return;
	}
	for (len = room - strlen(" ..."); len > 0 && line[len] != ' ';)
		len--;
	(void)fprintf(out, "%.*s ...\n", (int)len, line);
}

void findings_print_worst(FILE *out, const struct checked *checked)
{
	size_t columns = print_columns(out);
	char *line = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&line, &len);

	if (to == NULL)
		return;
	if (print_counts(to, checked)) {
		const struct finding *worst = find_worst(&checked->findings);

		(void)fprintf(to, "; %s: %s", worst->about, worst->what);
	}
	if (fclose(to) == 0)
		print_cut(out, line, columns > 0 ? columns : len);
	free(line);
}

static json_t *make_findings(const struct findings *findings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->item[i];
		json_t *item = json_pack("{s:s, s:s, s:s, s:s?}", "severity",
					 findings_severity_text(finding->severity), "about", finding->about,
					 "what", finding->what, "instead", finding->instead);

		if (json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

enum err findings_json(const struct checked *checked, json_t **object)
{
	const struct findings *findings = &checked->findings;
	json_t *made =
		json_pack("{s:s, s:I, s:I, s:o}", "domain", checked->domain, "errors",
			  (json_int_t)findings->total[FINDING_ERROR], "warnings",
			  (json_int_t)findings->total[FINDING_WARNING], "findings", make_findings(findings));

	if (made == NULL)
		return ERR_NO_MEMORY;
	*object = made;
	return ERR_OK;
}
