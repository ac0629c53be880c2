/* SPDX-License-Identifier: ISC */
#include "ctl/acme/registered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void it_is_one_label_more_than_the_suffix_of_a_registry(void **state)
{
	(void)state;
	assert_string_equal(registered_of("mta-sts.example.org"), "example.org");
	assert_string_equal(registered_of("mta-sts.a.b.example.org"), "example.org");
	assert_string_equal(registered_of("mta-sts.example.co.uk"), "example.co.uk");
	assert_string_equal(registered_of("mta-sts.a.example.co.uk"), "example.co.uk");
	/* The Cook Islands give names below any second label, but not below www. */
	assert_string_equal(registered_of("mta-sts.example.com.ck"), "example.com.ck");
	assert_string_equal(registered_of("mta-sts.www.ck"), "www.ck");
	assert_string_equal(registered_of("mta-sts.xn--bcher-kva.xn--55qx5d.cn"), "xn--bcher-kva.xn--55qx5d.cn");
}

static void or_than_that_of_a_company(void **state)
{
	(void)state;
	assert_string_equal(registered_of("mta-sts.someone.github.io"), "someone.github.io");
}

static void below_a_suffix_that_is_not_known_it_has_two_labels(void **state)
{
	(void)state;
	assert_string_equal(registered_of("mta-sts.example.test"), "example.test");
}

static void a_suffix_itself_is_all_of_it(void **state)
{
	(void)state;
	assert_string_equal(registered_of("mta-sts.ck"), "mta-sts.ck");
	assert_string_equal(registered_of("org"), "org");
	assert_string_equal(registered_of(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_one_label_more_than_the_suffix_of_a_registry),
		cmocka_unit_test(or_than_that_of_a_company),
		cmocka_unit_test(below_a_suffix_that_is_not_known_it_has_two_labels),
		cmocka_unit_test(a_suffix_itself_is_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
