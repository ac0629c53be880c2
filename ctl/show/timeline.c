/* SPDX-License-Identifier: ISC */
#include "ctl/show/timeline.h"

#include "api/shape_history.h"
#include "ctl/cli/print.h"

#include <string.h>

/* As wide as a time in front of a line that has none. */
#define TIME_WIDTH (PRINT_TIME_SIZE - 1)

/* What is drawn; these are the only characters beyond ASCII that this program prints. */
struct marks {
	const char *revision, *line, *end;
};

static const struct marks ascii = { "*", "|", "o" };
static const struct marks drawn = { "\xe2\x97\x8f", "\xe2\x94\x82", "\xe2\x97\x8b" };

struct widths {
	int age, id;
};

static const struct marks *marks_of(const struct timeline *timeline)
{
	return timeline->utf8 ? &drawn : &ascii;
}

static void widen(int *width, const char *string)
{
	if ((int)strlen(string) > *width)
		*width = (int)strlen(string);
}

static enum err measure(const json_t *revisions, struct widths *widths)
{
	char age[PRINT_DURATION_SIZE];
	json_t *item;
	size_t i;

	json_array_foreach(revisions, i, item)
	{
		struct api_revision revision;

		if (shape_read(&shape_revision, item, &revision) != ERR_OK)
			return ERR_SYNTAX;
		widen(&widths->age, print_duration(revision.max_age, age));
		widen(&widths->id, revision.id);
	}
	return ERR_OK;
}

static void print_evidence(FILE *out, const struct api_revision *revision)
{
	char count[PRINT_COUNT_SIZE], when[PRINT_TIME_SIZE];

	(void)fputs(revision->fetches > 0 ? "served " : "never served", out);
	if (revision->fetches > 0)
		(void)fputs(print_count(revision->fetches, "time", count), out);
	if (*revision->last_served_at != '\0')
		(void)fprintf(out, ", last %s", print_time(revision->last_served_at, when));
	if (*revision->seen_at != '\0')
		(void)fprintf(out, ", id seen everywhere %s", print_time(revision->seen_at, when));
	(void)fputc('\n', out);
}

static void print_revision(const struct timeline *timeline, const struct widths *widths,
			   const struct api_revision *revision, FILE *out)
{
	char age[PRINT_DURATION_SIZE], when[PRINT_TIME_SIZE];

	(void)fprintf(out, "%s  %s %-7s  %-*s  id %-*s  ", print_time(revision->published_at, when),
		      marks_of(timeline)->revision,
		      revision->mode != MODE_UNKNOWN ? mode_text(revision->mode) : "damaged", widths->age,
		      print_duration(revision->max_age, age), widths->id, revision->id);
	print_evidence(out, revision);
}

static void print_line(const struct timeline *timeline, FILE *out)
{
	(void)fprintf(out, "%*s  %s", TIME_WIDTH, "", marks_of(timeline)->line);
}

static void print_held(const struct api_retirement *retirement, FILE *out)
{
	const struct api_held *held = &retirement->held;

	if (held->id == NULL) {
		(void)fputs("an older policy", out);
		return;
	}
	if (held->unknown_before) {
		(void)fputs("what a host before this one published", out);
		return;
	}
	(void)fputs(held->foreign ? "a policy of id " : "the ", out);
	print_text(out, held->foreign ? held->id : held->mode);
	(void)fputs(held->foreign     ? ", which this host never published,"
		    : held->elsewhere ? " policy of a host before this one"
				      : " policy",
		    out);
}

/* The last stretch, when its end is known. */
static void print_horizon(const struct timeline *timeline, FILE *out)
{
	const struct api_retirement *retirement = timeline->retirement;
	bool safe = strcmp(retirement->state, "safe") == 0;
	char when[PRINT_TIME_SIZE];

	(void)print_time(retirement->safe_at, when);
	print_line(timeline, out);
	if (strcmp(retirement->state, "draining") == 0) {
		(void)fputs(" draining: senders may hold ", out);
		print_held(retirement, out);
		(void)fprintf(out, " until %s", when);
	}
	(void)fprintf(out, "\n%s  %s safe to remove%s\n", when, marks_of(timeline)->end,
		      safe || strcmp(retirement->state, "draining") == 0
			      ? ""
			      : ", once DNS was looked at again: mta-stsctl dns");
}

static void print_retirement(const struct timeline *timeline, FILE *out)
{
	const struct api_retirement *retirement = timeline->retirement;
	char duration[PRINT_DURATION_SIZE];

	if (retirement->state == NULL)
		return;
	if (*retirement->safe_at != '\0') {
		print_horizon(timeline, out);
		return;
	}
	print_line(timeline, out);
	(void)fputc(' ', out);
	print_text(out, retirement->text);
	(void)fprintf(out, "\n%-*s  %s safe to remove", TIME_WIDTH, "not known yet", marks_of(timeline)->end);
	if (retirement->wait > 0)
		(void)fprintf(out, " %s after the record is visible everywhere",
			      print_duration(retirement->wait, duration));
	else if (retirement->wait == 0)
		(void)fputs(" once the record is visible everywhere", out);
	(void)fputc('\n', out);
}

enum err timeline_print(const struct timeline *timeline, FILE *out)
{
	struct widths widths = { 0 };
	json_int_t missing = timeline->total - (json_int_t)json_array_size(timeline->revisions);
	json_t *item;
	size_t i;

	if (measure(timeline->revisions, &widths) != ERR_OK)
		return ERR_SYNTAX;
	if (missing > 0)
		(void)fprintf(out, "%-*s  %s %" JSON_INTEGER_FORMAT " more\n", TIME_WIDTH, "before that",
			      marks_of(timeline)->revision, missing);
	json_array_foreach(timeline->revisions, i, item)
	{
		struct api_revision revision;

		if (shape_read(&shape_revision, item, &revision) != ERR_OK)
			return ERR_SYNTAX;
		if (i > 0 || missing > 0) {
			print_line(timeline, out);
			(void)fputc('\n', out);
		}
		print_revision(timeline, &widths, &revision, out);
	}
	print_retirement(timeline, out);
	return ERR_OK;
}
