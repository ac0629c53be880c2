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

/* A row for each domain, and whether it shares the terms of the one before. */
static void domains_share_what_is_said_alike_of_them_and_nothing_else(void **state)
{
	static const struct policy policies[2] = { { .mode = MODE_NONE }, { .mode = MODE_NONE } };
	static const struct {
		const char *file;
		int policy;
		struct said_extra extra;
		bool shares;
	} rows[] = {
		{ "/d/a.conf", 0, { NULL, NULL }, false },
		{ "/d/a.conf", 0, { NULL, NULL }, true },
		{ "/d/a.conf", 0, { "not an id", NULL }, true },
		{ "/d/a.conf", 0, { "1", NULL }, false },
		{ "/d/a.conf", 0, { "1", NULL }, true },
		{ "/d/a.conf", 0, { "1", "_mta-sts.other.example" }, false },
		{ "/d/a.conf", 0, { "1", "_MTA-STS.other.example." }, true },
		{ "/d/a.conf", 0, { "1", "_mta-sts.another.example" }, false },
		{ "/d/a.list", 0, { "1", "_mta-sts.another.example" }, false },
		{ "/d/a.list", 1, { "1", "_mta-sts.another.example" }, false },
		{ "/d/a.list", 1, { "2", "_mta-sts.another.example" }, false },
	};
	const struct terms *before = NULL;
	struct said *said = NULL;

	(void)state;
	assert_int_equal(said_new("/d/a.conf", &said), ERR_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct terms *terms;

		assert_int_equal(said_add(said, "a.example", rows[i].file, (unsigned)i,
					  &policies[rows[i].policy], &rows[i].extra),
				 ERR_OK);
		terms = said->item[i].terms;
		assert_int_equal(terms == before, rows[i].shares);
		assert_string_equal(terms->file, rows[i].file);
		assert_string_equal(terms->source, "/d/a.conf");
		assert_ptr_equal(terms->policy, &policies[rows[i].policy]);
		before = terms;
	}
	assert_string_equal(said->item[4].terms->id, "1");
	assert_string_equal(said->item[2].terms->id, "");
	assert_null(said->item[4].terms->record);
	assert_string_equal(said->item[6].terms->record, "_mta-sts.other.example");
	said_release(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_between_two_domains_leaves_those_that_were_added),
		cmocka_unit_test(domains_share_what_is_said_alike_of_them_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
