/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/show/list.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SWITCH                                                                                               \
	"{\"mode\":\"none\",\"max_age\":86400,\"keep_mx\":false,\"since\":\"2026-11-24T00:00:00Z\",\"by\":"  \
	"\"root (uid 0)\"}"

static void list_is_a_table_with_a_header(void **state)
{
	struct printed seen = printed(list_print, FORMAT_PEOPLE, "{\"domains\":[{" SAMPLE_ROW_FIELDS "}]}");

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "DOMAIN       MODE     MAX_AGE  ID              STANDING\n"
				      "example.org  enforce  604800   20261123160000  configured\n");
	printed_free(&seen);
}

static void the_guard_over_lost_files_is_named(void **state)
{
	struct printed seen = printed(list_print, FORMAT_PEOPLE,
				      "{\"domains\":[{" SAMPLE_ROW_FIELDS "}],\"files_held\":true}");

	(void)state;
	assert_non_null(strstr(seen.out,
			       "  configured\n\nfiles are not loaded, since too many domains have "
			       "lost theirs, so STANDING may be out of date:\nsee mta-stsctl status\n"));
	printed_free(&seen);
}

static void list_notes_what_is_not_as_usual(void **state)
{
	static const struct {
		bool switched, orphaned, refused;
		const char *note;
	} cases[] = {
		{ false, false, false, "  no certificate\n" },
		{ false, true, false, "  no file; no certificate\n" },
		{ false, false, true, "  file not used; no certificate\n" },
		{ true, false, false, "  until reset; no certificate\n" },
		{ true, true, false, "  no file; no certificate\n" },
		{ true, false, true, "  file not used; no certificate\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
		json_t *reply = json_pack("{s:[o]}", "domains", row);
		struct printed seen;
		char *dump;

		if (cases[i].switched)
			(void)json_object_set_new(row, "switch", json_loads(SWITCH, 0, NULL));
		(void)json_object_set_new(row, "orphaned", json_boolean(cases[i].orphaned));
		(void)json_object_set_new(row, "refused", json_boolean(cases[i].refused));
		(void)json_object_set_new(row, "certificate", json_false());
		dump = json_dumps(reply, 0);
		seen = printed(list_print, FORMAT_PEOPLE, dump);
		assert_non_null(strstr(seen.out, cases[i].note));
		printed_free(&seen);
		free(dump);
		json_decref(reply);
	}
}

static void an_empty_list_says_why(void **state)
{
	struct printed none = printed(list_print, FORMAT_PEOPLE, "{\"domains\":[]}");
	struct printed no_match =
		printed_view(list_print, (struct print_view){ .match = "*.\x1b" }, "{\"domains\":[]}");
	struct printed retiring =
		printed_view(list_print, (struct print_view){ .retiring = true }, "{\"domains\":[]}");

	(void)state;
	assert_ptr_equal(strstr(none.out, "no domains yet: write a file"), none.out);
	assert_string_equal(no_match.out, "no domain matches '*.\\x1b'\n");
	printed_free(&none);
	assert_string_equal(retiring.out, "no domain is being retired\n");
	printed_free(&no_match);
	printed_free(&retiring);
}

/* The list of the sample with a retirement. */
static struct printed list_of(const char *retirement)
{
	json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
	json_t *reply = json_pack("{s:[o]}", "domains", row);
	struct printed seen;
	char *dump;

	(void)json_object_set_new(row, "retirement", json_loads(retirement, JSON_DECODE_ANY, NULL));
	dump = json_dumps(reply, 0);
	seen = printed(list_print, FORMAT_PEOPLE, dump);
	free(dump);
	json_decref(reply);
	return seen;
}

static void list_shows_retirements_in_a_column(void **state)
{
	struct printed seen = list_of(SAMPLE_DRAINING);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out,
			    "DOMAIN       MODE     MAX_AGE  ID              STANDING    RETIREMENT\n"
			    "example.org  enforce  604800   20261123160000  configured  draining until "
			    "2026-12-01 04:10\n");
	printed_free(&seen);
}

/* The longest lines of a domain with a name of 20 letters. */
static void a_line_of_a_usual_name_has_at_most_100_columns(void **state)
{
	static const char *const retirements[] = {
		SAMPLE_DRAINING,
		"{\"state\":\"waiting\",\"text\":\"waiting for DNS (old id still at ns2.provider.example and "
		"3 "
		"more)\",\"next\":\"n\",\"safe_at\":null,\"wait\":1,\"held\":null}",
		"null",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
		json_t *reply = json_pack("{s:[o]}", "domains", row);
		struct printed seen;
		char *dump;

		(void)json_object_set_new(row, "domain", json_string("customer-mail.example"));
		(void)json_object_set_new(row, "retirement",
					  json_loads(retirements[i], JSON_DECODE_ANY, NULL));
		(void)json_object_set_new(row, "refused", json_boolean(i == 2));
		(void)json_object_set_new(row, "certificate", json_boolean(i != 2));
		dump = json_dumps(reply, 0);
		seen = printed(list_print, FORMAT_PEOPLE, dump);
		for (const char *line = strtok(seen.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
			if (strncmp(line, "next, ", 6) != 0)
				assert_in_range(strlen(line), 1, 100);
		printed_free(&seen);
		free(dump);
		json_decref(reply);
	}
}

static void list_shows_no_way_back_of_a_domain_that_retires(void **state)
{
	json_t *row = json_loads("{" SAMPLE_ROW_FIELDS "}", 0, NULL);
	json_t *reply = json_pack("{s:[o, O]}", "domains", row, row);
	struct printed seen;
	char *dump;

	(void)state;
	(void)json_object_set_new(row, "switch", json_loads(SWITCH, 0, NULL));
	(void)json_object_set_new(row, "retirement", json_loads(SAMPLE_RETIREMENT("waiting"), 0, NULL));
	dump = json_dumps(reply, 0);
	seen = printed(list_print, FORMAT_PEOPLE, dump);
	assert_null(strstr(seen.out, "until reset"));
	assert_non_null(strstr(seen.out, "\n\nnext, example.org: do this\n"
					 "and 1 more: mta-stsctl show DOMAIN says what each needs\n"));
	printed_free(&seen);
	free(dump);
	json_decref(reply);
}

static void list_says_what_to_do_next_for_a_domain_that_waits_for_it(void **state)
{
	struct printed seen = list_of(SAMPLE_RETIREMENT("publishing"));

	(void)state;
	assert_non_null(strstr(seen.out, "\n\nnext, example.org: do this\n"));
	printed_free(&seen);
}

static void a_broken_retirement_is_refused(void **state)
{
	static const char *const replies[] = {
		"7", "{}",
		"{\"state\":\"safe\",\"text\":\"\",\"next\":\"\",\"safe_at\":7,\"wait\":1,\"held\":null}",
		"{\"state\":\"safe\",\"text\":\"\",\"next\":\"\",\"safe_at\":null,\"wait\":-1,\"held\":null}",
		"{\"state\":\"safe\",\"text\":\"\",\"next\":\"\",\"safe_at\":null,\"wait\":1,\"held\":{}}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = list_of(replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		assert_string_equal(seen.out, "");
		printed_free(&seen);
	}
}

static void a_list_that_is_none_is_refused(void **state)
{
	static const char *const replies[] = { "{}", "[]", "{\"domains\":{}}", "{\"domains\":[null]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++) {
		struct printed seen = printed(list_print, FORMAT_PEOPLE, replies[i]);

		assert_int_equal(seen.err, ERR_SYNTAX);
		printed_free(&seen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_a_table_with_a_header),
		cmocka_unit_test(list_notes_what_is_not_as_usual),
		cmocka_unit_test(the_guard_over_lost_files_is_named),
		cmocka_unit_test(an_empty_list_says_why),
		cmocka_unit_test(list_shows_retirements_in_a_column),
		cmocka_unit_test(a_line_of_a_usual_name_has_at_most_100_columns),
		cmocka_unit_test(list_shows_no_way_back_of_a_domain_that_retires),
		cmocka_unit_test(list_says_what_to_do_next_for_a_domain_that_waits_for_it),
		cmocka_unit_test(a_broken_retirement_is_refused),
		cmocka_unit_test(a_list_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
