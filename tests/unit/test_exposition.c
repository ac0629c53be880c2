/* SPDX-License-Identifier: ISC */
#include "control/exposition.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct exposition_family plain = { "bytes_total", EXPOSITION_COUNTER, "Bytes." };
static const struct exposition_family labelled = { "domains", EXPOSITION_GAUGE, "Domains." };

static void a_family_is_introduced_once_before_its_samples(void **state)
{
	struct exposition exposition = { 0 };

	(void)state;
	exposition_add(&exposition, &plain, NULL, NULL, INT64_MAX);
	exposition_add(&exposition, &labelled, "mode", "none", 0);
	exposition_add(&exposition, &labelled, "mode", "testing", -1);

	assert_int_equal(exposition.err, ERR_OK);
	assert_string_equal(exposition.text.bytes, "# HELP mta_stsd_bytes_total Bytes.\n"
						   "# TYPE mta_stsd_bytes_total counter\n"
						   "mta_stsd_bytes_total 9223372036854775807\n"
						   "# HELP mta_stsd_domains Domains.\n"
						   "# TYPE mta_stsd_domains gauge\n"
						   "mta_stsd_domains{mode=\"none\"} 0\n"
						   "mta_stsd_domains{mode=\"testing\"} -1\n");
	text_free(&exposition.text);
}

static void a_value_cannot_leave_its_quotes(void **state)
{
	struct exposition exposition = { 0 };

	(void)state;
	exposition_add(&exposition, &labelled, "mode", "a\"} 1\nb\\n \xc3\xa9", 7);

	assert_non_null(
		strstr(exposition.text.bytes, "\nmta_stsd_domains{mode=\"a\\\"} 1\\nb\\\\n \xc3\xa9\"} 7\n"));
	text_free(&exposition.text);
}

static void without_memory_it_says_so_and_appends_nothing_more(void **state)
{
	struct exposition exposition = { 0 };
	size_t len;

	(void)state;
	memory_fail_after(0);
	exposition_add(&exposition, &labelled, "mode", "none", 0);
	memory_restore();
	assert_int_equal(exposition.err, ERR_NO_MEMORY);
	len = exposition.text.len;

	exposition_add(&exposition, &plain, NULL, NULL, 1);
	assert_int_equal(exposition.err, ERR_NO_MEMORY);
	assert_int_equal(exposition.text.len, len);
	text_free(&exposition.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_introduced_once_before_its_samples),
		cmocka_unit_test(a_value_cannot_leave_its_quotes),
		cmocka_unit_test(without_memory_it_says_so_and_appends_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
