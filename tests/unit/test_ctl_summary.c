/* SPDX-License-Identifier: ISC */
#include "ctl/orders/summary.h"

#include "ctl/cli/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* One change of an order that turns a domain off, which has no certificate and shares its record. */
#define CHANGE                                                                                               \
	"{\"domain\":\"d%05u.example\",\"changed\":true,\"switched\":true,\"orphaned\":false,"               \
	"\"certificate\":false,\"tls_elsewhere\":false,"                                                     \
	"\"before\":{\"mode\":\"enforce\",\"max_age\":604800,\"id\":\"1\"},"                                 \
	"\"after\":{\"mode\":\"none\",\"max_age\":86400,\"id\":\"2\"},"                                      \
	"\"policy\":\"version: STSv1\\r\\nmode: none\\r\\nmax_age: 86400\\r\\n\",\"wait\":604800,"           \
	"\"unknown_before\":false,\"moved\":false,\"only_before\":false,\"record_domains\":%u,"              \
	"\"configured\":{\"mode\":\"enforce\",\"file\":\"/d.conf\",\"line\":%u,\"mx\":null,\"id\":null},"    \
	"\"txt\":{\"name\":\"_mta-sts.d%05u.example.\",\"value\":\"v=STSv1; id=2;\"}}"

static void take(struct summary *summary, unsigned number, unsigned sharers)
{
	json_t *row = json_sprintf(CHANGE, number, sharers, number + 1, number);
	json_t *change = json_loads(json_string_value(row), 0, NULL);

	assert_non_null(change);
	assert_int_equal(summary_take(summary, change), ERR_OK);
	json_decref(change);
	json_decref(row);
}

static size_t held(const struct summary *summary)
{
	assert_int_equal(fflush(summary->records.out), 0);
	return summary->table.cells.len + summary->bare.count + summary->records_len +
	       json_object_size(summary->shared) + json_object_size(summary->records.printed);
}

static void what_is_kept_for_people_does_not_grow_with_the_changes(void **state)
{
	const struct print_view view = { .format = FORMAT_PEOPLE };
	struct summary summary;
	size_t after_some;

	(void)state;
	assert_int_equal(summary_begin(&summary, &view, false), ERR_OK);
	for (unsigned i = 0; i < 2 * PRINT_SOME; i++)
		take(&summary, i, 1);
	after_some = held(&summary);
	for (unsigned i = 2 * PRINT_SOME; i < 5000; i++)
		take(&summary, i, 1);

	assert_int_equal(held(&summary), after_some);
	assert_int_equal(summary.changed, 5000);
	assert_int_equal(summary.uncovered, 5000);
	assert_int_equal(summary.bare.count, PRINT_SOME);
	assert_int_equal(summary.records.count, 5000);
	assert_int_equal(summary.hint.count, 5000);
	assert_int_equal(summary.hint.line, 1);
	assert_string_equal(summary.only, "");
	assert_int_equal(summary_end(&summary), ERR_OK);
	summary_free(&summary);
}

static void a_script_gets_all_records(void **state)
{
	const struct print_view view = { .format = FORMAT_ZONE };
	struct summary summary;
	size_t lines = 0;

	(void)state;
	assert_int_equal(summary_begin(&summary, &view, false), ERR_OK);
	for (unsigned i = 0; i < 500; i++)
		take(&summary, i, i < 100 ? 2 : 1);
	assert_int_equal(json_object_size(summary.shared), 100);
	assert_int_equal(summary_end(&summary), ERR_OK);
	for (size_t i = 0; i < summary.records_len; i++)
		lines += summary.records_text[i] == '\n';
	assert_int_equal(lines, 500);
	summary_free(&summary);
}

static void what_is_no_change_is_an_error(void **state)
{
	const struct print_view view = { .format = FORMAT_PEOPLE };
	struct summary summary;
	json_t *row = json_pack("{s:s}", "domain", "a.example");

	(void)state;
	assert_int_equal(summary_begin(&summary, &view, false), ERR_OK);
	assert_int_equal(summary_take(&summary, row), ERR_SYNTAX);
	summary_free(&summary);
	json_decref(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_for_people_does_not_grow_with_the_changes),
		cmocka_unit_test(a_script_gets_all_records),
		cmocka_unit_test(what_is_no_change_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
