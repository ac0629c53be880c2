/* SPDX-License-Identifier: ISC */
#include "ctl/acme/maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_maker(const char *issuer, const char *maker)
{
	char out[MAKER_SIZE];

	assert_string_equal(maker_of(issuer, out), maker);
}

static void the_organisation_is_the_same_for_all_issuers_of_an_authority(void **state)
{
	(void)state;
	assert_maker("CN=E7,O=Let's Encrypt,C=US", "O=Let's Encrypt");
	assert_maker("C=US,O=Let's Encrypt,CN=R13", "O=Let's Encrypt");
	assert_maker("CN=(STAGING) Counterfeit Cashew R10,O=(STAGING) Let's Encrypt,C=US",
		     "O=(STAGING) Let's Encrypt");
	assert_maker("CN=a\\,O=b,O=Ex\\, Ltd\\+,C=DE", "O=Ex\\, Ltd\\+");
	assert_maker("CN=a+O=b,C=DE", "O=b");
}

static void without_one_it_is_the_common_name_or_all_of_it(void **state)
{
	(void)state;
	assert_maker("CN=Pebble Intermediate CA 3f2b1c", "CN=Pebble Intermediate CA 3f2b1c");
	assert_maker("CN=TO=x,C=US", "CN=TO=x");
	assert_maker("DC=example,DC=org", "DC=example,DC=org");
	assert_maker("", "");
	assert_maker("CN=\\", "CN=\\");
}

static void one_that_is_too_long_is_cut_off_and_the_same_each_time(void **state)
{
	char issuer[1024] = "O=", out[MAKER_SIZE];

	(void)state;
	memset(issuer + 2, 'a', sizeof(issuer) - 3);
	assert_int_equal(strlen(maker_of(issuer, out)), MAKER_SIZE - 1);
}

static void those_for_trials_are_known(void **state)
{
	(void)state;
	assert_true(maker_is_for_trials("O=(STAGING) Let's Encrypt"));
	assert_true(maker_is_for_trials("CN=Pebble Intermediate CA 3f2b1c"));
	assert_false(maker_is_for_trials("O=Let's Encrypt"));
	assert_false(maker_is_for_trials("O=Google Trust Services"));
	assert_false(maker_is_for_trials(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_organisation_is_the_same_for_all_issuers_of_an_authority),
		cmocka_unit_test(without_one_it_is_the_common_name_or_all_of_it),
		cmocka_unit_test(one_that_is_too_long_is_cut_off_and_the_same_each_time),
		cmocka_unit_test(those_for_trials_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
