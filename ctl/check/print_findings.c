/* SPDX-License-Identifier: ISC */
#include "ctl/check/print_findings.h"

#include "ctl/cli/print.h"

static const char *const marks[2][FINDING_SEVERITIES] = {
	{ [FINDING_OK] = "ok", [FINDING_NOTE] = "- ", [FINDING_WARNING] = "! ", [FINDING_ERROR] = "x " },
	{ [FINDING_OK] = "\xe2\x9c\x93",
	  [FINDING_NOTE] = "-",
	  [FINDING_WARNING] = "!",
	  [FINDING_ERROR] = "\xe2\x9c\x97" },
};

static void print_line(FILE *out, const struct finding *finding, bool utf8)
{
	(void)fprintf(out, "  %s %s%s%s\n", marks[utf8][finding->severity], finding->what,
		      finding->instead != NULL ? ": " : "", finding->instead != NULL ? finding->instead : "");
}

/* Nobody delivers by a policy of mode none, so there is nothing to be ready for. */
static const char *conclude(const struct subject *subject)
{
	bool good = subject->findings.total[FINDING_ERROR] == 0;

	if (subject->mode == MODE_NONE)
		return good ? "in order" : "not in order";
	if (subject->mode == MODE_ENFORCE)
		return good ? "ready to enforce, and published so" : "not ready to enforce, but published so";
	return good ? "ready to enforce" : "not ready to enforce";
}

static void print_total(FILE *out, const struct subject *subject)
{
	const size_t *total = subject->findings.total;
	char count[PRINT_COUNT_SIZE];

	(void)fprintf(out, "%s: ", subject->domain);
	if (total[FINDING_ERROR] > 0)
		(void)fputs(print_count((json_int_t)total[FINDING_ERROR], "error", count), out);
	if (total[FINDING_ERROR] > 0 && total[FINDING_WARNING] > 0)
		(void)fputs(", ", out);
	if (total[FINDING_WARNING] > 0)
		(void)fputs(print_count((json_int_t)total[FINDING_WARNING], "warning", count), out);
	if (total[FINDING_ERROR] + total[FINDING_WARNING] > 0)
		(void)fputs(": ", out);
	(void)fprintf(out, "%s\n", conclude(subject));
}

void print_findings(FILE *out, const struct subject *subject, bool utf8)
{
	(void)fprintf(out, "%s (mode %s, id %s)\n", subject->domain, mode_text(subject->mode), subject->id);
	for (size_t i = 0; i < subject->findings.count; i++)
		print_line(out, &subject->findings.item[i], utf8);
	print_total(out, subject);
}

static json_t *make_findings(const struct findings *findings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->item[i];
		json_t *item = json_pack("{s:s, s:s, s:s, s:s?}", "severity",
					 finding_severity_text(finding->severity), "about", finding->about,
					 "what", finding->what, "instead", finding->instead);

		if (json_array_append_new(array, item) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

enum err print_findings_json(const struct subject *subject, json_t **object)
{
	const struct findings *findings = &subject->findings;
	json_t *made =
		json_pack("{s:s, s:I, s:I, s:o}", "domain", subject->domain, "errors",
			  (json_int_t)findings->total[FINDING_ERROR], "warnings",
			  (json_int_t)findings->total[FINDING_WARNING], "findings", make_findings(findings));

	if (made == NULL)
		return ERR_NO_MEMORY;
	*object = made;
	return ERR_OK;
}
