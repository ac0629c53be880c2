/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/orders/changes.h"
#include "ctl/orders/reload.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SAME(mode, wait, switched, certificate)                                                              \
	"{\"domain\":\"same.example\",\"changed\":false,"                                                    \
	"\"before\":{\"mode\":\"" mode "\",\"max_age\":86400,\"id\":\"7\"},"                                 \
	"\"after\":{\"mode\":\"" mode "\",\"max_age\":86400,\"id\":\"7\"},\"policy\":\"\",\"wait\":" wait    \
	",\"switched\":" switched ",\"certificate\":" certificate ",\"orphaned\":false,"                     \
	"\"txt\":{\"name\":\"_mta-sts.same.example.\",\"value\":\"v=STSv1; id=7;\"}}"
#define UNCHANGED SAME("none", "0", "true", "true")
#define RELOAD(orphaned, new_orphans, names, errors, changes, complaints)                                    \
	"{\"published\":1,\"orphaned\":" orphaned ",\"new_orphans\":" new_orphans                            \
	",\"orphaned_domains\":[" names "],\"refused\":2,\"errors\":" errors ",\"warnings\":0,"              \
	"\"changes\":[" changes "],\"complaints\":[" complaints "]}"
#define RECORD "_mta-sts.example.org. 300 IN TXT \"v=STSv1; id=20261123160000;\"\n"

static int tear_down(void **state)
{
	struct printed *seen = *state;

	if (seen != NULL)
		printed_free(seen);
	return 0;
}

static struct printed *see(void **state, enum options_format format, const char *reply)
{
	static struct printed seen;

	seen = printed(changes_print, format, reply);
	*state = &seen;
	return &seen;
}

static void none_prints_what_changed_the_record_and_how_long_to_keep_it(void **state)
{
	struct printed *seen = see(state, FORMAT_PEOPLE, SAMPLE_ORDER("false", SAMPLE_CHANGE "," UNCHANGED));

	assert_int_equal(seen->err, ERR_OK);
	assert_non_null(strstr(seen->out,
			       "DOMAIN        BEFORE   AFTER  ID\n"
			       "example.org   enforce  none   20261123160000\n"
			       "same.example  none     none   7               unchanged, id stays\n"));
	assert_non_null(strstr(seen->out, "\nPublish now:\n" RECORD "\nAfter that:\n"));
	assert_null(strstr(seen->out, "_mta-sts.same.example."));
	assert_non_null(strstr(seen->out, "at least 7 days 1 hour\n  after the new record"));
	assert_non_null(strstr(seen->out, "404 is not off"));
	assert_non_null(
		strstr(seen->out, "  Once the record is published: mta-stsctl dns DOMAIN\n  none: keep"));
	assert_non_null(strstr(seen->out,
			       "  When it is safe, mta-stsctl status says so; then: mta-stsctl forget "
			       "DOMAIN\n"));
	assert_non_null(strstr(seen->out,
			       "\n  mta-stsctl undo 17 takes this order back; mta-stsctl reset DOMAIN "
			       "goes back to what its file says.\n"));
	assert_null(strstr(seen->out, "no certificate"));
}

static void an_order_about_one_domain_names_it_in_its_advice(void **state)
{
	struct printed *seen = see(state, FORMAT_PEOPLE, SAMPLE_ORDER("false", SAMPLE_CHANGE));

	assert_null(strstr(strstr(seen->out, "After that"), "DOMAIN"));
	assert_non_null(strstr(seen->out, "mta-stsctl dns example.org\n"));
	assert_non_null(strstr(seen->out, "mta-stsctl forget example.org\n"));
	assert_non_null(strstr(seen->out, "mta-stsctl reset example.org goes back"));
}

static void an_orphan_is_not_told_to_be_reset(void **state)
{
	char *change = spoiled(SAMPLE_CHANGE, "orphaned", json_true());
	char *same = spoiled(UNCHANGED, "orphaned", json_true());
	char *reply = NULL;
	struct printed *seen;

	assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s,%s"), change, same) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);
	assert_null(strstr(seen->out, "mta-stsctl reset"));
	assert_non_null(strstr(seen->out, "as before; held by this order.\n"));
	assert_non_null(strstr(seen->out, "\n  mta-stsctl undo 17 takes this order back.\n"));
	free(reply);
	free(same);
	free(change);
}

static void an_order_without_an_entry_is_not_to_be_taken_back(void **state)
{
	char *reply = spoiled(SAMPLE_ORDER("true", SAMPLE_CHANGE), "audit", json_null());
	struct printed *seen = see(state, FORMAT_PEOPLE, reply);

	assert_int_equal(seen->err, ERR_OK);
	assert_null(strstr(seen->out, "takes this order back"));
	free(reply);
}

static void enforce_says_how_to_try_it(void **state)
{
	json_t *after = json_pack("{s:s, s:i, s:s}", "mode", "enforce", "max_age", 604800, "id", "2");
	char *change = spoiled(SAMPLE_CHANGE, "after", after);
	char *reply = NULL;
	struct printed *seen;

	assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s"), change) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);
	assert_non_null(strstr(seen->out, "\n  mta-stsctl check example.org tries it.\n"));
	assert_non_null(strstr(seen->out, "\n  Once the record is published: mta-stsctl dns example.org\n"));
	free(reply);
	free(change);
}

static void nothing_is_to_be_waited_for_when_no_sender_holds_anything(void **state)
{
	struct printed *seen;
	char *change = spoiled(SAMPLE_CHANGE, "wait", json_integer(0));
	char *reply = NULL;

	assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s"), change) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);

	assert_int_equal(seen->err, ERR_OK);
	assert_null(strstr(seen->out, "at least"));
	assert_non_null(strstr(seen->out, "mta-stsctl dns example.org\n  Senders fetch"));
	free(reply);
	free(change);
}

static void a_repeated_none_and_a_dry_run_tell_how_long_to_wait_too(void **state)
{
	static const char *const dry_run[] = { "false", "true" };

	for (size_t i = 0; i < 2; i++) {
		char *reply = NULL;
		struct printed *seen;

		assert_true(asprintf(&reply, SAMPLE_ORDER("%s", "%s"), dry_run[i],
				     SAME("none", "90000", "true", "true")) > 0);
		seen = see(state, FORMAT_PEOPLE, reply);
		assert_non_null(strstr(seen->out, "\nStill to be done:\n  Once the record is "
						  "published: mta-stsctl dns same.example\n  none: keep"));
		assert_non_null(strstr(seen->out, "at least 1 day 1 hour\n"));
		printed_free(seen);
		free(reply);
	}
	*state = NULL;
}

static void a_policy_that_stays_on_is_not_waited_for(void **state)
{
	struct printed *seen =
		see(state, FORMAT_PEOPLE, SAMPLE_ORDER("false", SAME("enforce", "608400", "true", "true")));

	assert_int_equal(seen->err, ERR_OK);
	assert_null(strstr(seen->out, "keep the TXT record"));
}

static void domains_without_a_certificate_are_named_before_the_records(void **state)
{
	struct printed *seen;
	json_t *reply = json_loads(SAMPLE_ORDER("false", ""), 0, NULL);
	json_t *changes = json_object_get(reply, "changes");
	char *bare = spoiled(SAMPLE_CHANGE, "certificate", json_false());
	const char *line;
	size_t lines = 0;
	char *dump;

	for (int i = 0; i < 12; i++)
		assert_int_equal(json_array_append_new(changes, json_loads(bare, 0, NULL)), 0);
	assert_int_equal(json_array_append_new(changes, json_loads(UNCHANGED, 0, NULL)), 0);
	dump = json_dumps(reply, 0);
	seen = see(state, FORMAT_PEOPLE, dump);

	for (line = strstr(seen->out, "\n  no certificate names mta-sts.example.org\n"); line != NULL;
	     line = strstr(line + 1, "\n  no certificate names mta-sts.example.org\n"))
		lines++;
	assert_int_equal(lines, 10);
	assert_null(strstr(seen->out, "mta-sts.same.example\n"));
	assert_non_null(strstr(seen->out,
			       "\n  and 2 more: see mta-stsctl cert list\nSenders cannot fetch this and "
			       "continue to use their copy; "
			       "get the certificate before you\npublish the record.\n\nPublish now:\n"));
	free(bare);
	free(dump);
	json_decref(reply);
}

static void a_dry_run_prints_nothing_that_could_be_published(void **state)
{
	struct printed *seen = see(state, FORMAT_PEOPLE, SAMPLE_ORDER("true", SAMPLE_CHANGE));

	assert_int_equal(seen->err, ERR_OK);
	assert_ptr_equal(strstr(seen->out, "dry run: nothing was changed\n"), seen->out);
	assert_non_null(strstr(seen->out, "would be 20261123160000\n"));
	assert_non_null(strstr(seen->out, "\n; would be: " RECORD));
	assert_null(strstr(seen->out, "Publish now:"));
	assert_null(strstr(seen->out, "serves what stands under AFTER already"));
}

static void undo_says_which_entry_it_takes_back(void **state)
{
	struct printed *seen =
		see(state, FORMAT_PEOPLE,
		    "{\"dry_run\":false,\"changed\":1,\"unchanged\":0,\"audit\":42,\"undone\":41,"
		    "\"changes\":[" SAMPLE_CHANGE "]}");

	assert_int_equal(seen->err, ERR_OK);
	assert_ptr_equal(strstr(seen->out, "takes back entry 41 of the audit trail, see mta-stsctl audit 41\n"
					   "\nDOMAIN"),
			 seen->out);
}

static void a_preview_is_the_table_and_what_lacks_a_certificate(void **state)
{
	static struct printed seen;

	*state = &seen;
	seen = printed_view(changes_print, (struct print_view){ .preview = true },
			    SAMPLE_ORDER("true", SAMPLE_CHANGE "," SAME("none", "0", "true", "false")));
	assert_int_equal(seen.err, ERR_OK);
	assert_ptr_equal(strstr(seen.out, "DOMAIN  "), seen.out);
	assert_non_null(strstr(seen.out, "no certificate names mta-sts.same.example\n"));
	assert_null(strstr(seen.out, "IN TXT"));
	assert_null(strstr(seen.out, "After that"));
}

static void a_script_is_alone_on_standard_output(void **state)
{
	struct printed *seen = see(state, FORMAT_NSUPDATE, SAMPLE_ORDER("false", SAMPLE_CHANGE));

	assert_string_equal(seen->out,
			    "update delete _mta-sts.example.org. TXT\n"
			    "update add _mta-sts.example.org. 300 TXT \"v=STSv1; id=20261123160000;\"\n"
			    "send\n");
	assert_non_null(strstr(seen->notes, "After that:"));
}

static void a_script_repeats_the_records_of_unchanged_domains(void **state)
{
	struct printed *seen = see(state, FORMAT_ZONE, SAMPLE_ORDER("false", UNCHANGED));

	assert_string_equal(seen->out, "_mta-sts.same.example. 300 IN TXT \"v=STSv1; id=7;\"\n");
}

static void a_script_of_a_dry_run_does_nothing(void **state)
{
	struct printed *seen = see(state, FORMAT_NSUPDATE, SAMPLE_ORDER("true", SAMPLE_CHANGE));

	assert_string_equal(seen->out, "; would be: update delete _mta-sts.example.org. TXT\n"
				       "; would be: update add _mta-sts.example.org. 300 TXT \"v=STSv1; "
				       "id=20261123160000;\"\n"
				       "; would be: send\n");
}

static void an_order_that_only_records_a_switch_says_so(void **state)
{
	struct printed *seen = see(state, FORMAT_PEOPLE, SAMPLE_ORDER("false", UNCHANGED));

	assert_non_null(strstr(seen->out,
			       "Unchanged: published as before; held by this order until mta-stsctl "
			       "reset same.example.\n"));
	assert_non_null(strstr(seen->out, "mta-stsctl txt prints"));
	assert_null(strstr(seen->out, "After that:"));
	assert_null(strstr(seen->out, "takes this order back"));
	printed_free(seen);
	seen = see(state, FORMAT_PEOPLE, SAMPLE_ORDER("true", UNCHANGED));
	assert_non_null(strstr(seen->out, "as before; would be held by this order"));
}

static void a_reset_that_changes_nothing_says_so(void **state)
{
	struct printed *seen =
		see(state, FORMAT_PEOPLE, SAMPLE_ORDER("false", SAME("enforce", "0", "false", "true")));

	assert_non_null(strstr(seen->out, "published as before; its file decides, and no order does.\n"));
	assert_null(strstr(seen->out, "held by this order"));
}

static void many_unchanged_domains_become_a_count(void **state)
{
	struct printed *seen;
	json_t *reply = json_loads(SAMPLE_ORDER("false", ""), 0, NULL);
	json_t *changes = json_object_get(reply, "changes");
	char *dump;

	for (int i = 0; i < 25; i++)
		assert_int_equal(json_array_append_new(changes, json_loads(UNCHANGED, 0, NULL)), 0);
	assert_int_equal(json_array_append_new(changes, json_loads(SAMPLE_CHANGE, 0, NULL)), 0);
	dump = json_dumps(reply, 0);
	seen = see(state, FORMAT_PEOPLE, dump);

	assert_int_equal(seen->err, ERR_OK);
	assert_non_null(strstr(seen->out, "\nand 15 more unchanged\n"));
	assert_non_null(strstr(seen->out, "\nexample.org "));
	free(dump);
	json_decref(reply);
}

static char *of_file(const char *mode)
{
	json_t *change = json_loads(SAMPLE_CHANGE, 0, NULL);
	char *dump;

	(void)json_object_set_new(
		change, "configured",
		json_pack("{s:s, s:s, s:i}", "mode", mode, "file", "/d/a\x1b.conf", "line", 3));
	dump = json_dumps(change, 0);
	json_decref(change);
	return dump;
}

static void a_file_that_says_another_mode_is_named_once(void **state)
{
	char *change = of_file("enforce"), *same = of_file("none"), *reply = NULL;
	struct printed *seen;

	assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s,%s,%s"), same, change, change) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);
	assert_int_equal(seen->err, ERR_OK);
	assert_non_null(strstr(
		seen->out, "\nThe file of example.org says enforce (/d/a\\x1b.conf:3), and those of 1 other "
			   "domain say something else as well.\nThis order holds all the same, until "
			   "mta-stsctl reset.  To make them agree, write mode none\nthere and run mta-stsctl "
			   "reload, or go back to the file: mta-stsctl reset DOMAIN...\n"));
	assert_null(strstr(strstr(seen->out, "The file of") + 1, "The file of"));
	free(reply);
	free(same);
	free(change);
}

static void a_file_that_says_the_same_mode_is_not_worth_a_word(void **state)
{
	char *same = of_file("none"), *other = of_file("enforce"), *reply = NULL;
	struct printed *seen;

	assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s"), same) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);
	assert_int_equal(seen->err, ERR_OK);
	assert_null(strstr(seen->out, "The file of"));
	printed_free(seen);
	free(reply);
	assert_true(asprintf(&reply, SAMPLE_ORDER("true", "%s"), other) > 0);
	seen = see(state, FORMAT_PEOPLE, reply);
	assert_null(strstr(seen->out, "The file of"));
	free(reply);
	free(same);
	free(other);
}

/* The reply to an order that changed 25 domains. */
static char *many_changed(const char *dry_run)
{
	json_t *reply = json_loads(SAMPLE_ORDER("false", ""), 0, NULL);
	json_t *changes = json_object_get(reply, "changes");
	char *dump;

	for (int i = 0; i < 25; i++)
		assert_int_equal(json_array_append_new(changes, json_loads(SAMPLE_CHANGE, 0, NULL)), 0);
	(void)json_object_set_new(reply, "dry_run", json_loads(dry_run, JSON_DECODE_ANY, NULL));
	dump = json_dumps(reply, 0);
	json_decref(reply);
	return dump;
}

static size_t count_lines(const char *text, const char *beginning)
{
	size_t count = 0;

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		count += strncmp(text, beginning, strlen(beginning)) == 0;
	}
	return count;
}

static void of_many_changes_ten_are_shown_and_the_others_have_their_command(void **state)
{
	char *reply = many_changed("false");
	struct printed *seen = see(state, FORMAT_PEOPLE, reply);

	assert_int_equal(seen->err, ERR_OK);
	assert_int_equal(count_lines(seen->out, "example.org  enforce"), 10);
	assert_non_null(strstr(seen->out, "\nand 15 more: mta-stsctl audit 17 shows them all\n"));
	assert_int_equal(count_lines(seen->out, RECORD), 10);
	assert_non_null(strstr(seen->out, RECORD "and 15 more: mta-stsctl txt --changed-since 1h prints them "
						 "all\n"));
	free(reply);
}

static void a_script_has_all_of_many_records(void **state)
{
	char *reply = many_changed("false");
	struct printed *seen = see(state, FORMAT_ZONE, reply);

	assert_int_equal(count_lines(seen->out, RECORD), 25);
	assert_null(strstr(seen->out, " more: "));
	free(reply);
}

static void a_dry_run_has_all_of_many_changes_in_its_table(void **state)
{
	char *reply = many_changed("true");
	struct printed *seen = see(state, FORMAT_PEOPLE, reply);

	assert_int_equal(count_lines(seen->out, "example.org  enforce"), 25);
	assert_non_null(strstr(seen->out, "\nand 15 more: --format zone prints them all\n"));
	free(reply);
}

static void a_change_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "domain", "changed",  "before",      "after",   "wait",
					       "txt",    "switched", "certificate", "orphaned" };

	for (size_t i = 0; i < 2 * sizeof(members) / sizeof(*members); i++) {
		char *change = spoiled(SAMPLE_CHANGE, members[i / 2], i % 2 == 0 ? NULL : json_array());
		char *reply = NULL;
		struct printed *seen;

		assert_true(asprintf(&reply, SAMPLE_ORDER("false", "%s"), change) > 0);
		seen = see(state, FORMAT_ZONE, reply);
		assert_int_equal(seen->err, ERR_SYNTAX);
		assert_string_equal(seen->out, "");
		printed_free(seen);
		free(reply);
		free(change);
	}
	*state = NULL;
}

static void an_order_that_lacks_a_field_is_refused(void **state)
{
	static const char *const replies[] = { "{}",
					       "[]",
					       "null",
					       "{\"dry_run\":false}",
					       "{\"changes\":[]}",
					       "{\"dry_run\":false,\"changes\":{}}",
					       "{\"dry_run\":0,\"changes\":[]}",
					       "{\"dry_run\":false,\"changes\":[1]}" };

	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed *seen = see(state, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen->err, ERR_SYNTAX);
		printed_free(seen);
	}
	*state = NULL;
}

static struct printed *reloaded(void **state, const char *reply)
{
	static struct printed seen;

	seen = printed(reload_print, FORMAT_PEOPLE, reply);
	*state = &seen;
	return &seen;
}

static void a_clean_reload_prints_what_it_published(void **state)
{
	struct printed *seen = reloaded(state, RELOAD("0", "0", "", "0", SAMPLE_CHANGE, ""));

	assert_int_equal(seen->err, ERR_OK);
	assert_ptr_equal(strstr(seen->out, "reloaded: 1 domain published anew, 2 domains refused\n\nDOMAIN "),
			 seen->out);
	assert_non_null(strstr(seen->out, "Publish now:\n" RECORD));
}

static void a_reload_that_changes_nothing_is_one_line(void **state)
{
	struct printed *seen = reloaded(state, "{\"published\":0,\"orphaned\":0,\"new_orphans\":0,"
					       "\"orphaned_domains\":[],\"refused\":0,\"errors\":0,"
					       "\"warnings\":0,\"changes\":[],\"complaints\":[]}");

	assert_int_equal(seen->err, ERR_OK);
	assert_string_equal(seen->out, "reloaded: every policy as before\n");
}

static void a_reload_says_that_certificates_changed(void **state)
{
	struct printed *seen =
		reloaded(state, "{\"files_changed\":0,\"certificates_changed\":2,\"published\":0,"
				"\"orphaned\":0,\"new_orphans\":0,\"orphaned_domains\":[],\"refused\":0,"
				"\"errors\":0,\"warnings\":0,\"changes\":[],\"complaints\":[]}");

	assert_int_equal(seen->err, ERR_OK);
	assert_string_equal(seen->out, "reloaded: 2 certificates changed, every policy as before\n");
}

static void a_reload_names_orphans_and_what_to_do(void **state)
{
	struct printed *seen =
		reloaded(state, RELOAD("12", "1", "\"a.example\",\"b.\\u001bexample\"", "0", "", ""));

	assert_int_equal(seen->err, ERR_OK);
	assert_non_null(strstr(seen->out, ", 12 domains orphaned, "));
	assert_non_null(strstr(seen->out,
			       "\nNo file configures these domains any more (1 of them since this "
			       "reload):\n  a.example\n  b.\\x1bexample\n  and 10 more: see "
			       "mta-stsctl list\nTheir last revision stays in use. If a file went by "
			       "mistake, put it back and run mta-stsctl reload.\nIf it was meant: "));
	printed_free(seen);
	seen = reloaded(state, RELOAD("1", "0", "\"a.example\"", "0", "", ""));
	assert_non_null(strstr(seen->out, "any more:\n  a.example\nTheir last"));
}

static void a_domain_that_becomes_none_by_its_file_has_no_switch_to_take_back(void **state)
{
	char *change = spoiled(SAMPLE_CHANGE, "switched", json_false());
	struct printed *seen;
	char *reply = NULL;

	assert_true(asprintf(&reply, RELOAD("0", "0", "", "0", "%s", ""), change) > 0);
	seen = reloaded(state, reply);

	assert_int_equal(seen->err, ERR_OK);
	assert_non_null(strstr(seen->out, "at least 7 days 1 hour"));
	assert_null(strstr(seen->out, "mta-stsctl reset"));
	assert_null(strstr(seen->out, "mta-stsctl undo"));
	free(reply);
	free(change);
}

static void a_reload_with_errors_prints_them_and_is_not_done(void **state)
{
	struct printed *seen = reloaded(
		state, RELOAD("0", "0", "", "1", "", "" SAMPLE_COMPLAINT("error", "a.conf:3: bad: good") ""));

	assert_int_equal(seen->err, ERR_REFUSED);
	assert_non_null(strstr(seen->out, ", 1 error\n  a.conf:3: bad: good\n"));
	assert_non_null(strstr(seen->out,
			       "domains their last revision,\ncertificates the pair loaded before, "
			       "settings their old values."));
}

static void a_reload_that_lacks_a_field_is_refused(void **state)
{
	static const char *const members[] = { "published",  "orphaned",         "refused",
					       "errors",     "warnings",         "changes",
					       "complaints", "orphaned_domains", "new_orphans" };

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *reply = spoiled(RELOAD("0", "0", "", "0", "", ""), members[i], NULL);

		assert_int_equal(reloaded(state, reply)->err, ERR_SYNTAX);
		tear_down(state);
		free(reply);
	}
	assert_int_equal(reloaded(state, RELOAD("1", "0", "7", "0", "", ""))->err, ERR_SYNTAX);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, NULL, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(none_prints_what_changed_the_record_and_how_long_to_keep_it),
		UNIT(an_order_about_one_domain_names_it_in_its_advice),
		UNIT(an_orphan_is_not_told_to_be_reset),
		UNIT(an_order_without_an_entry_is_not_to_be_taken_back),
		UNIT(enforce_says_how_to_try_it),
		UNIT(nothing_is_to_be_waited_for_when_no_sender_holds_anything),
		UNIT(a_repeated_none_and_a_dry_run_tell_how_long_to_wait_too),
		UNIT(a_policy_that_stays_on_is_not_waited_for),
		UNIT(domains_without_a_certificate_are_named_before_the_records),
		UNIT(a_dry_run_prints_nothing_that_could_be_published),
		UNIT(undo_says_which_entry_it_takes_back),
		UNIT(a_preview_is_the_table_and_what_lacks_a_certificate),
		UNIT(a_script_is_alone_on_standard_output),
		UNIT(a_script_repeats_the_records_of_unchanged_domains),
		UNIT(a_script_of_a_dry_run_does_nothing),
		UNIT(an_order_that_only_records_a_switch_says_so),
		UNIT(a_reset_that_changes_nothing_says_so),
		UNIT(many_unchanged_domains_become_a_count),
		UNIT(a_file_that_says_another_mode_is_named_once),
		UNIT(a_file_that_says_the_same_mode_is_not_worth_a_word),
		UNIT(of_many_changes_ten_are_shown_and_the_others_have_their_command),
		UNIT(a_script_has_all_of_many_records),
		UNIT(a_dry_run_has_all_of_many_changes_in_its_table),
		UNIT(a_change_that_lacks_a_field_is_refused),
		UNIT(an_order_that_lacks_a_field_is_refused),
		UNIT(a_clean_reload_prints_what_it_published),
		UNIT(a_reload_says_that_certificates_changed),
		UNIT(a_reload_that_changes_nothing_is_one_line),
		UNIT(a_reload_names_orphans_and_what_to_do),
		UNIT(a_domain_that_becomes_none_by_its_file_has_no_switch_to_take_back),
		UNIT(a_reload_with_errors_prints_them_and_is_not_done),
		UNIT(a_reload_that_lacks_a_field_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
