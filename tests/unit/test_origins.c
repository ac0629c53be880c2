/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "config/origins.h"

#include "memory.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define POLICY "mode = \"none\"; max_age = 86400;\n"

static struct domains *load(struct scratch *scratch)
{
	struct domains *domains = NULL;

	(void)scratch_write(scratch, "a.test.conf", POLICY);
	(void)scratch_write(scratch, ".common", POLICY);
	(void)scratch_write(scratch, "b.test.conf", "@include \".common\"\n");
	(void)scratch_write(scratch, "c.test.conf", "@include \".common\"\n");
	(void)scratch_write(scratch, "many.conf", POLICY "domains = \"late.list\";");
	(void)scratch_write(scratch, "more.conf", POLICY "domains = \"names.list\";");
	(void)scratch_write(scratch, "none.conf", "@include \"missing\"\n" POLICY);
	(void)scratch_write(scratch, "names.list", "d.test\n");
	assert_int_equal(symlink(".common", scratch_path(scratch, "e.test.conf")), 0);
	assert_int_equal(domains_load(scratch->folder, NULL, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

static void lists_includes_and_links_are_named_once_also_what_is_not_there(void **state)
{
	static const char *const expected[] = { ".common", "e.test.conf", "late.list", "missing",
						"names.list" };
	struct scratch *scratch = *state;
	struct domains *domains = load(scratch);
	struct names paths = { 0 };

	assert_int_equal(origins_of_domains(scratch->folder, domains, &paths), ERR_OK);
	assert_int_equal(paths.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < paths.count; i++)
		assert_string_equal(paths.item[i], scratch_path(scratch, expected[i]));
	names_free(&paths);
	domains_free(&domains);
}

static void before_anything_was_loaded_there_are_the_links(void **state)
{
	struct scratch *scratch = *state;
	struct names paths = { 0 };

	assert_int_equal(symlink("nowhere", scratch_path(scratch, "a.test.conf")), 0);
	assert_int_equal(origins_of_domains(scratch->folder, NULL, &paths), ERR_OK);
	assert_int_equal(origins_of_domains(scratch_path(scratch, "none"), NULL, &paths), ERR_OK);
	assert_int_equal(paths.count, 1);
	names_free(&paths);
}

static void it_fails_cleanly_wherever_memory_runs_out(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = load(scratch);
	bool failed = true;
	unsigned rounds = 0;

	for (size_t n = 0; failed; n++, rounds++) {
		struct names paths = { 0 };
		enum err err;

		memory_fail_after(n);
		err = origins_of_domains(scratch->folder, domains, &paths);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		names_free(&paths);
	}
	assert_true(rounds > 5);
	domains_free(&domains);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_includes_and_links_are_named_once_also_what_is_not_there),
		TEST(before_anything_was_loaded_there_are_the_links),
		TEST(it_fails_cleanly_wherever_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
