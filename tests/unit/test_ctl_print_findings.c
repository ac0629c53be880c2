/* SPDX-License-Identifier: ISC */
#include "ctl/check/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct checked *subject = calloc(1, sizeof(*subject));

	if (subject == NULL)
		return 1;
	subject->domain = "example.org";
	subject->mode = MODE_TESTING;
	subject->id = "2";
	*state = subject;
	return 0;
}

static int tear_down(void **state)
{
	struct checked *subject = *state;

	findings_free(&subject->findings);
	free(subject);
	return 0;
}

static void assert_prints(const struct checked *subject, bool utf8, const char *expected)
{
	char *printed = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&printed, &len);

	assert_non_null(out);
	findings_print(out, subject, utf8);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(printed, expected);
	free(printed);
}

static void put_one_of_each(struct checked *subject)
{
	findings_put(&subject->findings, FINDING_OK, "mx", "good");
	findings_put(&subject->findings, FINDING_NOTE, "mx", "so so");
	findings_put(&subject->findings, FINDING_WARNING, "mx", "doubtful");
	findings_advise(&subject->findings, "look");
	findings_put(&subject->findings, FINDING_ERROR, "record", "bad");
	findings_advise(&subject->findings, "mend it");
}

static void each_finding_is_a_line_with_a_mark(void **state)
{
	struct checked *subject = *state;

	put_one_of_each(subject);
	assert_prints(subject, true,
		      "example.org (mode testing, id 2)\n"
		      "  \xe2\x9c\x93 good\n"
		      "  - so so\n"
		      "  ! doubtful: look\n"
		      "  \xe2\x9c\x97 bad: mend it\n"
		      "example.org: 1 error, 1 warning: not ready to enforce\n");
}

static void without_utf8_the_marks_are_ascii(void **state)
{
	struct checked *subject = *state;

	put_one_of_each(subject);
	assert_prints(subject, false,
		      "example.org (mode testing, id 2)\n"
		      "  ok good\n"
		      "  -  so so\n"
		      "  !  doubtful: look\n"
		      "  x  bad: mend it\n"
		      "example.org: 1 error, 1 warning: not ready to enforce\n");
}

static void the_last_line_counts_and_concludes(void **state)
{
	static const struct {
		enum mode mode;
		size_t errors, warnings;
		const char *line;
	} rows[] = {
		{ MODE_TESTING, 0, 0, "example.org: ready to enforce\n" },
		{ MODE_TESTING, 0, 2, "example.org: 2 warnings: ready to enforce\n" },
		{ MODE_TESTING, 2, 0, "example.org: 2 errors: not ready to enforce\n" },
		{ MODE_TESTING, 2, 1, "example.org: 2 errors, 1 warning: not ready to enforce\n" },
		{ MODE_ENFORCE, 0, 0, "example.org: ready to enforce, and published so\n" },
		{ MODE_ENFORCE, 1, 0, "example.org: 1 error: not ready to enforce, but published so\n" },
		{ MODE_NONE, 0, 1, "example.org: 1 warning: in order\n" },
		{ MODE_NONE, 1, 0, "example.org: 1 error: not in order\n" },
	};
	struct checked *subject = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char expected[200];

		subject->mode = rows[i].mode;
		subject->findings.total[FINDING_ERROR] = rows[i].errors;
		subject->findings.total[FINDING_WARNING] = rows[i].warnings;
		(void)snprintf(expected, sizeof(expected), "example.org (mode %s, id 2)\n%s",
			       mode_text(rows[i].mode), rows[i].line);
		assert_prints(subject, true, expected);
	}
}

static void programs_get_the_same(void **state)
{
	struct checked *subject = *state;
	json_t *expected = json_loads(
		"{\"domain\":\"example.org\",\"errors\":1,\"warnings\":1,\"findings\":["
		"{\"severity\":\"ok\",\"about\":\"mx\",\"what\":\"good\",\"instead\":null},"
		"{\"severity\":\"note\",\"about\":\"mx\",\"what\":\"so so\",\"instead\":null},"
		"{\"severity\":\"warning\",\"about\":\"mx\",\"what\":\"doubtful\",\"instead\":\"look\"},"
		"{\"severity\":\"error\",\"about\":\"record\",\"what\":\"bad\",\"instead\":\"mend it\"}]}",
		0, NULL);
	json_t *object = NULL;

	put_one_of_each(subject);
	assert_int_equal(findings_json(subject, &object), ERR_OK);
	assert_non_null(expected);
	assert_true(json_equal(object, expected));
	json_decref(object);
	json_decref(expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_finding_is_a_line_with_a_mark),
		TEST(without_utf8_the_marks_are_ascii),
		TEST(the_last_line_counts_and_concludes),
		TEST(programs_get_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
