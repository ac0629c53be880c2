/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "base/names.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void put(struct names *names, const char *name)
{
	assert_int_equal(names_put(names, name), ERR_OK);
}

static void names_are_copied_in_their_order(void **state)
{
	struct names names = { 0 };
	char name[] = "b";

	(void)state;
	put(&names, name);
	name[0] = 'x';
	for (int i = 0; i < 20; i++)
		put(&names, "a");
	assert_int_equal(names.count, 21);
	assert_string_equal(names.item[0], "b");
	assert_string_equal(names.item[20], "a");
	names_free(&names);
	assert_int_equal(names.count, 0);
	assert_null(names.item);
}

static void sorting_drops_repetitions(void **state)
{
	struct names names = { 0 };

	(void)state;
	names_sort(&names);
	put(&names, "c");
	put(&names, "a");
	put(&names, "c");
	put(&names, "b");
	put(&names, "a");
	names_sort(&names);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.item[0], "a");
	assert_string_equal(names.item[1], "b");
	assert_string_equal(names.item[2], "c");
	names_free(&names);
}

static void a_name_is_found_whole_or_not_at_all(void **state)
{
	struct names names = { 0 };

	(void)state;
	assert_false(names_has(&names, ""));
	put(&names, "example.org");
	assert_true(names_has(&names, "example.org"));
	assert_false(names_has(&names, "example.or"));
	assert_false(names_has(&names, "example.org.uk"));
	names_free(&names);
}

static void without_memory_the_list_is_as_before(void **state)
{
	struct names names = { 0 };

	(void)state;
	for (size_t n = 0; n < 2; n++) {
		memory_fail_after(n);
		assert_int_equal(names_put(&names, "a"), ERR_NO_MEMORY);
		assert_true(memory_restore());
		assert_int_equal(names.count, 0);
	}
	put(&names, "a");
	assert_int_equal(names.count, 1);
	names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_copied_in_their_order),
		cmocka_unit_test(sorting_drops_repetitions),
		cmocka_unit_test(a_name_is_found_whole_or_not_at_all),
		cmocka_unit_test(without_memory_the_list_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
