/* SPDX-License-Identifier: ISC */
#include "ctl/orders/changes.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"

#define HOW_SIZE 96

static const char *name_of(const struct summary *summary)
{
	return summary->only[0] != '\0' ? summary->only : "DOMAIN";
}

static size_t unchanged(const struct summary *summary)
{
	return summary->held + summary->loose;
}

static void print_left_out(FILE *out, const struct summary *summary, json_int_t audit)
{
	char how[HOW_SIZE] = "mta-stsctl audit says which entry has them all";

	if (audit > 0)
		(void)snprintf(how, sizeof(how), "mta-stsctl audit %" JSON_INTEGER_FORMAT " shows them all",
			       audit);
	if (!summary->dry_run)
		print_rest(out, "", (json_int_t)summary->renewed - PRINT_SOME, how);
	if (unchanged(summary) > PRINT_SOME)
		(void)fprintf(out, "and %zu more unchanged\n", unchanged(summary) - PRINT_SOME);
}

static void print_records(const struct print_view *view, const struct summary *summary)
{
	(void)fwrite(summary->records_text, 1, summary->records_len, view->out);
	if (summary->people)
		print_rest(view->out, "", (json_int_t)summary->records.count - PRINT_SOME,
			   summary->dry_run ? "--format zone prints them all"
			   : summary->moved ? "mta-stsctl txt --all prints all records"
					    : "mta-stsctl txt --changed-since 1h prints them all");
}

static void print_others(FILE *out, const char *record, json_int_t others)
{
	char count[PRINT_COUNT_SIZE];

	if (others == 1)
		(void)fprintf(
			out,
			"%s also serves 1 other domain, which keeps its policy; the new id is right for "
			"it, too.\n",
			record);
	else if (others > 1)
		(void)fprintf(out,
			      "%s also serves %s, which keep their policies; the new id is right for them, "
			      "too.\n",
			      record, print_count(others, "other domain", count));
}

/* A line for each record that others have, too. */
static void print_sharing(const struct print_view *view, const struct summary *summary)
{
	json_int_t shared = 0;
	const char *name;
	json_t *others;

	json_object_foreach(summary->shared, name, others)
	{
		if (shared++ < PRINT_SOME)
			print_others(view->notes, name, json_integer_value(others));
	}
	print_rest(view->notes, "", shared - PRINT_SOME, "mta-stsctl show DOMAIN says who shares its record");
}

/* What a reset leaves as it was had no switch, or its file says the same as the switch did. */
static void print_unchanged(FILE *out, const struct summary *summary)
{
	if (summary->held > 0)
		(void)fprintf(out, "\nUnchanged: published as before; %sheld by this order%s%s.\n",
			      summary->dry_run ? "would be " : "",
			      summary->orphans ? "" : " until mta-stsctl reset ",
			      summary->orphans ? "" : name_of(summary));
	if (summary->loose > 0)
		(void)fprintf(out, "\nUnchanged: published as before; its file %s, and no order does.\n",
			      summary->dry_run ? "would decide" : "decides");
}

static void print_uncovered(FILE *out, const struct summary *summary)
{
	if (summary->uncovered == 0)
		return;
	(void)fputc('\n', out);
	for (size_t i = 0; i < summary->bare.count; i++)
		print_name(out, "no certificate names mta-sts.", summary->bare.item[i]);
	print_rest(out, "  ", summary->uncovered - PRINT_SOME, "see mta-stsctl cert list");
	(void)fputs(
		"Senders cannot fetch this and continue to use their copy; get the certificate before you\n"
		"publish the record.\n",
		out);
}

static void print_before_records(const struct print_view *view, const struct summary *summary)
{
	if (view->format != FORMAT_PEOPLE)
		(void)fputs("\nThe records are on standard output.\n", view->notes);
	else if (summary->changed == 0 && !summary->moved)
		(void)fputs("\nmta-stsctl txt prints the TXT records as they have to be.\n", view->notes);
	else
		(void)fputs(summary->dry_run ? "\nTo be published then:\n" : "\nPublish now:\n", view->notes);
}

static void print_after_none(FILE *out, const struct summary *summary)
{
	char duration[PRINT_DURATION_SIZE];

	(void)fprintf(
		out,
		"  none: keep the TXT record, the policy host and its certificate in place until\n"
		"  every sender's cached copy has run out: at least %s\n"
		"  after the new record is visible everywhere, on all name servers and past the\n"
		"  TTL of the old one.\n"
		"  404 is not off: a sender that finds no file or no record continues to use its copy.\n"
		"  When it is safe, mta-stsctl status says so; then: mta-stsctl forget %s\n",
		print_duration(summary->wait, duration), name_of(summary));
	if (summary->unknown_before)
		(void)fprintf(
			out,
			"  What a host before this one published is not known, and counts as a year of\n"
			"  enforce; if there was none: mta-stsctl adopt --nothing-before %s\n",
			name_of(summary));
}

/* A switch without a file behind it has nothing that a reset could go back to. */
static void print_way_back(FILE *out, const struct summary *summary, json_int_t audit, json_int_t undone)
{
	if (audit == 0)
		return;
	if (undone > 0)
		(void)fprintf(out,
			      "  mta-stsctl undo %" JSON_INTEGER_FORMAT
			      " does again what entry %" JSON_INTEGER_FORMAT " did",
			      audit, undone);
	else
		(void)fprintf(out, "  mta-stsctl undo %" JSON_INTEGER_FORMAT " takes this order back", audit);
	if (summary->switches && !summary->orphans)
		(void)fprintf(out, "; mta-stsctl reset %s goes back to what its file says", name_of(summary));
	(void)fputs(".\n", out);
}

static void print_after(const struct print_view *view, const struct summary *summary, json_int_t audit,
			json_int_t undone)
{
	if (summary->changed == 0 && summary->wait == 0)
		return;
	(void)fputs(summary->changed > 0 ? "\nAfter that:\n" : "\nStill to be done:\n", view->notes);
	(void)fprintf(view->notes, "  Once the record is published: mta-stsctl dns %s\n", name_of(summary));
	if (summary->wait > 0)
		print_after_none(view->notes, summary);
	if (summary->becomes[MODE_TESTING])
		(void)fputs("  testing: senders deliver in any case and report what would have failed\n"
			    "  (TLSRPT, RFC 8460).\n",
			    view->notes);
	if (summary->becomes[MODE_ENFORCE])
		(void)fprintf(
			view->notes,
			"  enforce: every MX of the domain has to match an mx line of its policy and to\n"
			"  show a valid certificate, or senders refuse to deliver.\n"
			"  mta-stsctl check %s tries it.\n",
			name_of(summary));
	if (summary->shortest >= 0)
		(void)fprintf(view->notes,
			      "  max_age is less than a day (%" JSON_INTEGER_FORMAT
			      "): an attacker waits until it is over; 604800 is a week.\n",
			      summary->shortest);
	if (summary->changed > 0) {
		(void)fputs("  Senders fetch the new policy once they see the new id.\n", view->notes);
		print_way_back(view->notes, summary, audit, undone);
	}
}

static void print_summary(const struct print_view *view, const struct summary *summary, json_int_t audit,
			  json_int_t undone)
{
	print_left_out(view->notes, summary, audit);
	print_unchanged(view->notes, summary);
	if (summary->changed > 0 && !summary->dry_run)
		(void)fputs(
			"\nThis host serves what stands under AFTER already.\n"
			"If other machines serve the same domains, change them first: a sender that sees\n"
			"the new id and fetches an old file keeps the old policy.\n",
			view->notes);
	print_uncovered(view->notes, summary);
	if (view->preview)
		return;
	print_before_records(view, summary);
	print_records(view, summary);
	print_sharing(view, summary);
	print_after(view, summary, audit, undone);
}

enum err changes_print_summary(const struct print_view *view, struct summary *summary, json_int_t audit,
			       json_int_t undone)
{
	enum err err = summary_end(summary);

	if (err == ERR_OK)
		err = table_end(&summary->table, "", summary->count > 0 ? view->notes : NULL);
	if (err == ERR_OK)
		print_summary(view, summary, audit, undone);
	return err;
}

enum err changes_gather(const struct print_view *view, const json_t *changes, bool dry_run,
			struct summary *summary)
{
	enum err err = summary_begin(summary, view, dry_run);

	for (size_t i = 0; err == ERR_OK && i < json_array_size(changes); i++)
		err = summary_take(summary, json_array_get(changes, i));
	return err;
}

static enum err print(const struct print_view *view, const struct api_changes *order, struct summary *summary)
{
	enum err err;

	if (order->dry_run && !view->preview)
		(void)fputs("dry run: nothing was changed\n\n", view->notes);
	if (order->undone > 0)
		(void)fprintf(view->notes,
			      "takes back entry %" JSON_INTEGER_FORMAT
			      " of the audit trail, see mta-stsctl audit %" JSON_INTEGER_FORMAT "\n\n",
			      order->undone, order->undone);
	err = changes_print_summary(view, summary, order->audit, order->undone);
	if (err == ERR_OK && !order->dry_run)
		file_hint_print(view->notes, &summary->hint);
	return err;
}

enum err changes_print(const struct print_view *view, json_t *reply)
{
	struct summary gathered;
	struct api_changes order;
	enum err err = shape_read(&shape_changes, reply, &order);

	if (err != ERR_OK)
		return err;
	if (view->rows != NULL && json_array_size(order.changes) == 0)
		return print(view, &order, view->rows);
	err = changes_gather(view, order.changes, order.dry_run, &gathered);
	if (err == ERR_OK)
		err = print(view, &order, &gathered);
	summary_free(&gathered);
	return err;
}
