/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "control/exposition.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct exposition_family plain = {
	.name = "bytes_total",
	.kind = EXPOSITION_COUNTER,
	.help = "Bytes.",
};
static const struct exposition_family labelled = { .name = "domains", .help = "Domains." };
static const struct exposition_family of_processes = {
	.name = "process_cpu_seconds_total",
	.kind = EXPOSITION_COUNTER,
	.help = "Time.",
	.of_processes = true,
	.decimals = 3,
};

static void add_mode(struct exposition *exposition, const char *mode, int64_t number)
{
	exposition_add(exposition, &labelled, &(struct exposition_label){ "mode", mode }, 1, number);
}

static void a_family_is_introduced_once_before_its_samples(void **state)
{
	struct exposition exposition = { 0 };

	(void)state;
	exposition_add(&exposition, &plain, NULL, 0, INT64_MAX);
	add_mode(&exposition, "none", 0);
	add_mode(&exposition, "testing", -1);

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
	add_mode(&exposition, "a\"} 1\nb\\n \xc3\xa9", 7);

	assert_non_null(
		strstr(exposition.text.bytes, "\nmta_stsd_domains{mode=\"a\\\"} 1\\nb\\\\n \xc3\xa9\"} 7\n"));
	text_free(&exposition.text);
}

static void labels_stand_in_their_order(void **state)
{
	static const struct exposition_label labels[] = { { "domain", "a.example" },
							  { "id", "\"" },
							  { "x", "" } };
	struct exposition exposition = { 0 };

	(void)state;
	exposition_add(&exposition, &labelled, labels, 3, 1);

	assert_non_null(strstr(exposition.text.bytes,
			       "\nmta_stsd_domains{domain=\"a.example\",id=\"\\\"\",x=\"\"} 1\n"));
	text_free(&exposition.text);
}

static void what_every_program_has_stands_without_our_name(void **state)
{
	struct exposition exposition = { 0 };

	(void)state;
	exposition_add(&exposition, &of_processes, NULL, 0, 1005);

	assert_string_equal(exposition.text.bytes, "# HELP process_cpu_seconds_total Time.\n"
						   "# TYPE process_cpu_seconds_total counter\n"
						   "process_cpu_seconds_total 1.005\n");
	text_free(&exposition.text);
}

static void without_memory_it_says_so_and_appends_nothing_more(void **state)
{
	struct exposition exposition = { 0 };
	size_t len;

	(void)state;
	memory_fail_after(0);
	add_mode(&exposition, "none", 0);
	memory_restore();
	assert_int_equal(exposition.err, ERR_NO_MEMORY);
	len = exposition.text.len;

	exposition_add(&exposition, &plain, NULL, 0, 1);
	assert_int_equal(exposition.err, ERR_NO_MEMORY);
	assert_int_equal(exposition.text.len, len);
	text_free(&exposition.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_introduced_once_before_its_samples),
		cmocka_unit_test(a_value_cannot_leave_its_quotes),
		cmocka_unit_test(labels_stand_in_their_order),
		cmocka_unit_test(what_every_program_has_stands_without_our_name),
		cmocka_unit_test(without_memory_it_says_so_and_appends_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
