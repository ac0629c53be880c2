/* SPDX-License-Identifier: ISC */
#include "core/registry.h"

#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct switching order = {
	.active = true, .mode = MODE_NONE, .max_age = 86400, .keep_mx = true, .since = 1000, .who = "root"
};

static void what_is_ordered_alike_is_kept_once(void **state)
{
	struct switching again;
	const struct switching *first = registry_hold_switch(&order), *second;

	(void)state;
	memset(&again, 0xff, sizeof(again)); /* what is between and behind counts for nothing */
	again.active = true;
	again.mode = order.mode;
	again.max_age = order.max_age;
	again.keep_mx = true;
	again.since = order.since;
	memcpy(again.who, "root", sizeof("root"));
	second = registry_hold_switch(&again);
	assert_ptr_equal(first, second);
	assert_int_equal(first->mode, MODE_NONE);
	assert_int_equal(first->max_age, 86400);
	assert_true(first->active && first->keep_mx);
	assert_int_equal(first->since, 1000);
	assert_string_equal(first->who, "root");
	registry_drop_switch(&first);
	assert_null(first);
	assert_string_equal(second->who, "root");
	registry_drop_switch(&second);
}

static void what_is_ordered_otherwise_is_another(void **state)
{
	struct switching other[5];
	const struct switching *held[6] = { registry_hold_switch(&order) };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		other[i] = order;
	other[0].mode = MODE_TESTING;
	other[1].max_age = 1;
	other[2].keep_mx = false;
	other[3].since = 1001;
	(void)strcpy(other[4].who, "rooty");
	for (size_t i = 0; i < 5; i++) {
		held[i + 1] = registry_hold_switch(&other[i]);
		for (size_t k = 0; k <= i; k++)
			assert_ptr_not_equal(held[k], held[i + 1]);
	}
	for (size_t i = 0; i < 6; i++)
		registry_drop_switch(&held[i]);
}

static void no_switch_needs_no_memory_and_is_never_freed(void **state)
{
	const struct switching none = { .active = false, .mode = MODE_NONE, .who = "left of before" };
	const struct switching *held = registry_hold_switch(&none);

	(void)state;
	assert_ptr_equal(held, &registry_unswitched);
	registry_drop_switch(&held);
	assert_null(held);
	registry_drop_switch(&held);
	assert_false(registry_unswitched.active);
}

static void a_domain_holds_its_switch_whoever_gives_it_up(void **state)
{
	struct domain *domain = registry_new_domain("a.example");
	const struct switching *held = registry_hold_switch(&order);

	(void)state;
	assert_false(domain->switching->active);
	registry_put_switch(domain, held);
	registry_put_switch(domain, held);
	registry_drop_switch(&held);
	assert_string_equal(domain->switching->who, "root");
	registry_put_switch(domain, &registry_unswitched);
	assert_false(domain->switching->active);
	held = registry_hold_switch(&order);
	registry_put_switch(domain, held);
	registry_drop_switch(&held);
	registry_free_domain(&domain);
}

/* There may be a million of them. */
static void a_domain_is_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct domain), 1, 56);
	assert_in_range(sizeof(struct revision), 1, 40);
	assert_in_range(sizeof(struct configured), 1, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ordered_alike_is_kept_once),
		cmocka_unit_test(what_is_ordered_otherwise_is_another),
		cmocka_unit_test(no_switch_needs_no_memory_and_is_never_freed),
		cmocka_unit_test(a_domain_holds_its_switch_whoever_gives_it_up),
		cmocka_unit_test(a_domain_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
