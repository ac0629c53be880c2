/* SPDX-License-Identifier: ISC */
#include "config/said.h"

#include "base/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define DOMAINS 20

/* A stop may come before any of them: what was added is there, the rest is not, and all of it is freed. */
static void a_stop_between_two_domains_leaves_those_that_were_added(void **state)
{
	static const struct said_extra none = { .id = NULL };

	(void)state;
	for (size_t before = 0; before <= DOMAINS; before++) {
		struct said *said = NULL;
		char name[32];

		assert_int_equal(said_new("/domains.d/some.conf", &said), ERR_OK);
		for (size_t i = 0; i < DOMAINS; i++) {
			(void)snprintf(name, sizeof(name), "d%zu.example", i);
			progress_stop(i >= before);
			assert_int_equal(said_add(said, name, "/domains.d/some.conf", 1, NULL, &none),
					 i >= before ? ERR_STOPPED : ERR_OK);
		}
		progress_stop(false);
		assert_int_equal(said->count, before);
		assert_int_equal(said_add(said, "last.example", "/domains.d/some.conf", 1, NULL, &none),
				 ERR_OK);
		said_release(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_between_two_domains_leaves_those_that_were_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
