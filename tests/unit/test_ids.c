/* SPDX-License-Identifier: ISC */
/* wrap: observations_is_foreign revisions_is_used */
#include "core/ids.h"
#include "core/registry_private.h"
#include "store/observations.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DOMAIN "example.org"
#define NOW    ((time_t)1795449600) /* 2026-11-23 16:00:00 */
#define FIRST  "20261123160000"
#define SECOND "20261123160001"
#define THIRD  "20261123160002"

/* What the store knows, and whether it can be read. */
static const char *used[3];
static const char *in_dns;
static enum err revisions_fault;
static enum err foreign_fault;

static struct complaints complaints;
static struct domain *subject;
static char id_in_file[ID_SIZE];
static const struct terms terms = { .id = id_in_file, .file = "/domains.d/example.org.conf" };
static const struct configured file = { .domain = DOMAIN, .terms = &terms, .line = 3 };

/* cmocka's wrappers; the names are the linker's. */
__typeof__(revisions_is_used) __wrap_revisions_is_used;
__typeof__(observations_is_foreign) __wrap_observations_is_foreign;

enum err __wrap_revisions_is_used(struct store *store, const char *domain, const char *id, bool *is_used)
{
	(void)store;
	assert_string_equal(domain, DOMAIN);
	if (revisions_fault != ERR_OK)
		return revisions_fault;
	*is_used = false;
	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++)
		*is_used = *is_used || (used[i] != NULL && strcmp(used[i], id) == 0);
	return ERR_OK;
}

enum err __wrap_observations_is_foreign(struct store *store, const char *domain, const char *id, bool *seen)
{
	(void)store;
	assert_string_equal(domain, DOMAIN);
	*seen = in_dns != NULL && strcmp(in_dns, id) == 0;
	return foreign_fault;
}

static int setup(void **state)
{
	(void)state;
	memset(used, 0, sizeof(used));
	in_dns = NULL;
	revisions_fault = foreign_fault = ERR_OK;
	id_in_file[0] = '\0';
	subject = registry_new_domain(DOMAIN);
	return subject != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	complaints_free(&complaints);
	registry_free_domain(&subject);
	return 0;
}

static void switch_it(bool active)
{
	const struct switching *held =
		registry_hold_switch(&(struct switching){ .active = active, .mode = MODE_NONE });

	registry_put_switch(subject, held);
	registry_drop_switch(&held);
}

static void set_id(const char *id)
{
	(void)snprintf(id_in_file, sizeof(id_in_file), "%s", id);
}

static enum err choose(char id[ID_SIZE])
{
	const struct wish wish = { .configured = &file };

	return ids_choose(NULL, subject, NULL, &wish, NOW, &complaints, id);
}

static void assert_chosen(const char *wanted)
{
	char id[ID_SIZE] = "";

	assert_int_equal(choose(id), ERR_OK);
	assert_string_equal(id, wanted);
	assert_int_equal(complaints.count, 0);
}

static void assert_not_chosen(enum err wanted, const char *what)
{
	char id[ID_SIZE] = "before";

	assert_int_equal(choose(id), wanted);
	assert_string_equal(id, "before");
	assert_int_equal(complaints.count, what != NULL);
	if (what != NULL) {
		assert_string_equal(complaints.item[0].what, what);
		assert_int_equal(complaints.item[0].line, 3);
	}
}

static void an_id_is_the_time_of_publishing(void **state)
{
	(void)state;
	assert_chosen(FIRST);
}

static void an_id_that_was_used_or_stands_in_dns_is_passed_over(void **state)
{
	static const char text[] = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";

	(void)state;
	assert_int_equal(revision_new(FIRST, text, strlen(text), 0, &subject->published), ERR_OK);
	used[0] = FIRST;
	assert_chosen(SECOND);
	in_dns = SECOND;
	assert_chosen(THIRD);
	revision_release(&subject->published);
}

static void the_id_of_the_file_is_taken(void **state)
{
	(void)state;
	set_id("mine7");
	assert_chosen("mine7");
}

static void a_switch_overrides_the_id_of_the_file(void **state)
{
	const struct wish wish = { .configured = &file };

	(void)state;
	switch_it(true);
	set_id("mine7");
	assert_string_equal(ids_wished(subject, &wish), "");
	assert_chosen(FIRST);
}

static void an_id_of_the_file_that_was_used_is_refused(void **state)
{
	(void)state;
	set_id("mine7");
	used[1] = "mine7";
	assert_not_chosen(ERR_REFUSED, "id belongs to another revision of the domain");
}

static void an_id_of_the_file_that_stood_in_dns_is_refused(void **state)
{
	(void)state;
	set_id("mine7");
	in_dns = "mine7";
	assert_not_chosen(ERR_REFUSED, "id was in DNS before it is published");
}

static void without_the_store_no_id_is_chosen(void **state)
{
	static const char *const ids[] = { "", "mine7" };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		char id[ID_SIZE];

		set_id(ids[i]);
		revisions_fault = ERR_STORE;
		assert_int_equal(choose(id), ERR_STORE);
		revisions_fault = ERR_OK;
		foreign_fault = ERR_STORE;
		assert_int_equal(choose(id), ERR_STORE);
		foreign_fault = ERR_OK;
	}
}

static void assert_warned(bool switched, const char *id, bool warned)
{
	complaints_free(&complaints);
	switch_it(switched);
	set_id(id);
	assert_int_equal(ids_warn(NULL, subject, &file, &complaints), ERR_OK);
	assert_int_equal(complaints.count, warned);
	assert_int_equal(complaints.errors, 0);
}

static void an_id_that_would_make_a_reset_fail_is_warned_of(void **state)
{
	(void)state;
	used[0] = "mine7";
	assert_warned(true, "mine7", true);
	assert_warned(true, "mine8", false);
	assert_warned(true, "", false);
	assert_warned(false, "mine7", false);
}

static void without_the_store_nothing_is_warned_of(void **state)
{
	(void)state;
	switch_it(true);
	set_id("mine7");
	revisions_fault = ERR_STORE;
	assert_int_equal(ids_warn(NULL, subject, &file, &complaints), ERR_STORE);
	assert_int_equal(complaints.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_id_is_the_time_of_publishing),
		TEST(an_id_that_was_used_or_stands_in_dns_is_passed_over),
		TEST(the_id_of_the_file_is_taken),
		TEST(a_switch_overrides_the_id_of_the_file),
		TEST(an_id_of_the_file_that_was_used_is_refused),
		TEST(an_id_of_the_file_that_stood_in_dns_is_refused),
		TEST(without_the_store_no_id_is_chosen),
		TEST(an_id_that_would_make_a_reset_fail_is_warned_of),
		TEST(without_the_store_nothing_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
