/* SPDX-License-Identifier: ISC */
#include "ctl/orders/changes.h"

#include "api/shape_order.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/orders/file_hint.h"
#include "ctl/show/list.h"

#define HOW_SIZE 96

/* All changes at once, as far as the sentences around the table need them. */
struct summary {
	bool dry_run;
	json_int_t audit;   /* the entry of the order; 0: none */
	json_int_t undone;  /* the one that it took back; 0: none */
	const char *domain; /* the only one, or "DOMAIN" */
	size_t changed;
	size_t renewed;           /* these, and those whose record moved */
	bool moved;               /* the record of some unchanged domain is at another name */
	size_t held;              /* unchanged, and a switch holds them so */
	size_t loose;             /* unchanged, and no switch holds them */
	size_t uncovered;         /* no certificate names the policy host */
	bool switches;            /* some changed domain is held by a switch */
	bool orphans;             /* some domain has no file that it could go back to */
	bool becomes[MODE_COUNT]; /* some changed domain got this mode */
	json_int_t shortest;      /* the lowest max_age under a day of those that are on; -1: none */
	json_int_t wait;          /* the longest of the domains that are off now, changed or not */
	bool unknown_before;      /* a host before this one may have published some of them */
};

static size_t unchanged(const struct summary *summary)
{
	return summary->held + summary->loose;
}

static const char *note_of(const struct api_change *change)
{
	if (change->changed)
		return "";
	return change->moved ? "unchanged, its record is elsewhere now" : "unchanged, id stays";
}

static void put_change(struct table *table, const struct api_change *change, bool dry_run)
{
	char id[TEXT_SHOWN_SIZE];

	(void)snprintf(id, sizeof(id), "%s%s", dry_run && change->changed ? "would be " : "",
		       change->after.id);
	table_put(table, (const char *const[]){
				 change->domain,
				 change->before.mode != MODE_UNKNOWN ? mode_text(change->before.mode) : "-",
				 mode_text(change->after.mode), id, note_of(change) });
}

static void note_lifetime(struct summary *summary, const struct api_brief *after)
{
	if (after->mode != MODE_NONE && after->max_age < POLICY_MAX_AGE_SHORT &&
	    (summary->shortest < 0 || after->max_age < summary->shortest))
		summary->shortest = after->max_age;
}

static void count_change(struct summary *summary, const struct api_change *change)
{
	if (!change->certificate && !change->tls_elsewhere)
		summary->uncovered++;
	summary->orphans |= change->orphaned;
	if (change->after.mode == MODE_NONE && change->wait > summary->wait)
		summary->wait = change->wait;
	summary->renewed += change->changed || change->moved;
	summary->unknown_before |= change->after.mode == MODE_NONE && change->unknown_before;
	if (change->changed) {
		summary->changed++;
		summary->becomes[change->after.mode] = true;
		summary->switches |= change->switched;
		note_lifetime(summary, &change->after);
	} else if (change->moved) {
		summary->moved = true;
	} else if (change->switched) {
		summary->held++;
	} else {
		summary->loose++;
	}
}

/* A dry run is asked for the sake of its table, and so is what has to be confirmed. */
static bool is_shown(const struct api_change *change, const struct summary *summary)
{
	if (change->changed || change->moved)
		return summary->dry_run || summary->renewed <= PRINT_SOME;
	return unchanged(summary) <= PRINT_SOME;
}

static void print_left_out(FILE *out, const struct summary *summary)
{
	char how[HOW_SIZE] = "mta-stsctl audit says which entry has them all";

	if (summary->audit > 0)
		(void)snprintf(how, sizeof(how), "mta-stsctl audit %" JSON_INTEGER_FORMAT " shows them all",
			       summary->audit);
	if (!summary->dry_run)
		print_rest(out, "", (json_int_t)summary->renewed - PRINT_SOME, how);
	if (unchanged(summary) > PRINT_SOME)
		(void)fprintf(out, "and %zu more unchanged\n", unchanged(summary) - PRINT_SOME);
}

static enum err print_table(FILE *out, const json_t *changes, struct summary *summary)
{
	struct table table = { .columns = 5 };
	json_t *item;
	enum err err;
	size_t i;

	table_put(&table, (const char *const[]){ "DOMAIN", "BEFORE", "AFTER", "ID", "" });
	json_array_foreach(changes, i, item)
	{
		struct api_change change;

		if (shape_read(&shape_change, item, &change) != ERR_OK) {
			table_fail(&table, ERR_SYNTAX);
			break;
		}
		count_change(summary, &change);
		if (is_shown(&change, summary))
			put_change(&table, &change, summary->dry_run);
	}
	err = table_end(&table, "", i > 0 ? out : NULL);
	if (err == ERR_OK)
		print_left_out(out, summary);
	return err;
}

/*
 * People see some of the records that are new.  A script gets those of every domain: run again after it was
 * cut off on its way to DNS, it still sets them all.
 */
static enum err print_records(const struct print_view *view, const json_t *changes,
			      const struct summary *summary)
{
	bool people = view->format == FORMAT_PEOPLE;
	struct list_records records = { .out = view->out,
					.format = view->format,
					.only_would_be = summary->dry_run,
					.most = people ? PRINT_SOME : 0,
					.printed = json_object() };
	struct api_change change;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < json_array_size(changes); i++) {
		err = shape_read(&shape_change, json_array_get(changes, i), &change);
		if (err == ERR_OK && (change.changed || change.moved || !people))
			err = list_print_record(&records, &change.txt, change.record_domains);
	}
	if (err == ERR_OK && people)
		print_rest(view->out, "", (json_int_t)records.count - PRINT_SOME,
			   summary->dry_run ? "--format zone prints them all"
			   : summary->moved ? "mta-stsctl txt --all prints all records"
					    : "mta-stsctl txt --changed-since 1h prints them all");
	json_decref(records.printed);
	return err;
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

/* What else is served by the records that get a new id, a line for each record. */
static enum err print_sharing(const struct print_view *view, const json_t *changes)
{
	json_t *counts = json_object(); /* of each shared record, how many other domains it serves */
	struct api_change change;
	enum err err = counts != NULL ? ERR_OK : ERR_NO_MEMORY;
	json_int_t shared = 0;
	const char *name;
	json_t *value;

	for (size_t i = 0; err == ERR_OK && i < json_array_size(changes); i++) {
		json_int_t others;

		err = shape_read(&shape_change, json_array_get(changes, i), &change);
		if (err != ERR_OK || change.record_domains < 2 || !(change.changed || change.moved))
			continue;
		value = json_object_get(counts, change.txt.name);
		others = (value != NULL ? json_integer_value(value) : change.record_domains) - 1;
		if (json_object_set_new(counts, change.txt.name, json_integer(others)) != 0)
			err = ERR_NO_MEMORY;
	}
	if (err == ERR_OK)
		json_object_foreach(counts, name, value)
		{
			if (shared++ < PRINT_SOME)
				print_others(view->notes, name, json_integer_value(value));
		}
	print_rest(view->notes, "", shared - PRINT_SOME, "mta-stsctl show DOMAIN says who shares its record");
	json_decref(counts);
	return err;
}

/* What a reset leaves as it was had no switch, or its file says the same as the switch did. */
static void print_unchanged(FILE *out, const struct summary *summary)
{
	if (summary->held > 0)
		(void)fprintf(out, "\nUnchanged: published as before; %sheld by this order%s%s.\n",
			      summary->dry_run ? "would be " : "",
			      summary->orphans ? "" : " until mta-stsctl reset ",
			      summary->orphans ? "" : summary->domain);
	if (summary->loose > 0)
		(void)fprintf(out, "\nUnchanged: published as before; its file %s, and no order does.\n",
			      summary->dry_run ? "would decide" : "decides");
}

static enum err print_uncovered(FILE *out, const json_t *changes, const struct summary *summary)
{
	struct api_change change;
	json_int_t bare = 0;
	json_t *item;
	size_t i;

	if (summary->uncovered == 0)
		return ERR_OK;
	(void)fputc('\n', out);
	json_array_foreach(changes, i, item)
	{
		if (shape_read(&shape_change, item, &change) != ERR_OK)
			return ERR_SYNTAX;
		if (!change.certificate && !change.tls_elsewhere && bare++ < PRINT_SOME)
			print_name(out, "no certificate names mta-sts.", change.domain);
	}
	print_rest(out, "  ", bare - PRINT_SOME, "see mta-stsctl cert list");
	(void)fputs(
		"Senders cannot fetch this and continue to use their copy; get the certificate before you\n"
		"publish the record.\n",
		out);
	return ERR_OK;
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
		print_duration(summary->wait, duration), summary->domain);
	if (summary->unknown_before)
		(void)fprintf(
			out,
			"  What a host before this one published is not known, and counts as a year of\n"
			"  enforce; if there was none: mta-stsctl adopt --nothing-before %s\n",
			summary->domain);
}

/* A switch without a file behind it has nothing that a reset could go back to. */
static void print_way_back(FILE *out, const struct summary *summary)
{
	if (summary->audit == 0)
		return;
	if (summary->undone > 0)
		(void)fprintf(out,
			      "  mta-stsctl undo %" JSON_INTEGER_FORMAT
			      " does again what entry %" JSON_INTEGER_FORMAT " did",
			      summary->audit, summary->undone);
	else
		(void)fprintf(out, "  mta-stsctl undo %" JSON_INTEGER_FORMAT " takes this order back",
			      summary->audit);
	if (summary->switches && !summary->orphans)
		(void)fprintf(out, "; mta-stsctl reset %s goes back to what its file says", summary->domain);
	(void)fputs(".\n", out);
}

static void print_after(const struct print_view *view, const struct summary *summary)
{
	if (summary->changed == 0 && summary->wait == 0)
		return;
	(void)fputs(summary->changed > 0 ? "\nAfter that:\n" : "\nStill to be done:\n", view->notes);
	(void)fprintf(view->notes, "  Once the record is published: mta-stsctl dns %s\n", summary->domain);
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
			summary->domain);
	if (summary->shortest >= 0)
		(void)fprintf(view->notes,
			      "  max_age is less than a day (%" JSON_INTEGER_FORMAT
			      "): an attacker waits until it is over; 604800 is a week.\n",
			      summary->shortest);
	if (summary->changed > 0) {
		(void)fputs("  Senders fetch the new policy once they see the new id.\n", view->notes);
		print_way_back(view->notes, summary);
	}
}

/* What stands for the domains in an advice. */
static const char *name_of(const json_t *changes)
{
	const char *domain = json_string_value(json_object_get(json_array_get(changes, 0), "domain"));

	if (json_array_size(changes) != 1 || domain == NULL || !text_is_visible_ascii(domain))
		domain = "DOMAIN";
	return domain;
}

enum err changes_print_part(const struct print_view *view, const json_t *changes, bool dry_run,
			    json_int_t audit, json_int_t undone)
{
	struct summary summary = { .dry_run = dry_run,
				   .audit = audit,
				   .undone = undone,
				   .domain = name_of(changes),
				   .shortest = -1 };
	enum err err = print_table(view->notes, changes, &summary);

	if (err != ERR_OK)
		return err;
	print_unchanged(view->notes, &summary);
	if (summary.changed > 0 && !dry_run)
		(void)fputs(
			"\nThis host serves what stands under AFTER already.\n"
			"If other machines serve the same domains, change them first: a sender that sees\n"
			"the new id and fetches an old file keeps the old policy.\n",
			view->notes);
	err = print_uncovered(view->notes, changes, &summary);
	if (err != ERR_OK || view->preview)
		return err;
	print_before_records(view, &summary);
	err = print_records(view, changes, &summary);
	if (err == ERR_OK)
		err = print_sharing(view, changes);
	if (err == ERR_OK)
		print_after(view, &summary);
	return err;
}

enum err changes_print(const struct print_view *view, json_t *reply)
{
	struct api_changes order;
	enum err err = shape_read(&shape_changes, reply, &order);

	if (err != ERR_OK)
		return err;
	if (order.dry_run && !view->preview)
		(void)fputs("dry run: nothing was changed\n\n", view->notes);
	if (order.undone > 0)
		(void)fprintf(view->notes,
			      "takes back entry %" JSON_INTEGER_FORMAT
			      " of the audit trail, see mta-stsctl audit %" JSON_INTEGER_FORMAT "\n\n",
			      order.undone, order.undone);
	err = changes_print_part(view, order.changes, order.dry_run, order.audit, order.undone);
	if (err == ERR_OK && !order.dry_run)
		err = file_hint_print(view->notes, order.changes);
	return err;
}
