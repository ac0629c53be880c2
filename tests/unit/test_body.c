/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "memory.h"

#include "base/allocation.h"
#include "control/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME   "a-domain-with-a-name-that-is-longer-than-the-room-that-a-text-begins-with.example.org"
#define REASON "what was ordered, and why, in some words of which none may be lost"

struct read {
	json_t *root;
	const json_t *domains;
	const json_t *reason;
	const json_t *force;
};

static bool read_body(const char *body, struct read *read, struct answer *answer)
{
	static const struct shape_field fields[] = {
		SHAPE_ROW_BODY("domains", SHAPE_STRINGS, SHAPE_ALWAYS),
		SHAPE_ROW_BODY("reason", SHAPE_STRING, SHAPE_MAY_MISS),
		SHAPE_ROW_BODY("force", SHAPE_BOOLEAN, SHAPE_MAY_MISS),
		SHAPE_ROW_END,
	};
	static const struct shape shape = { "", fields, NULL };
	struct request request = { .method = METHOD_POST, .body = body, .body_len = strlen(body) };

	if (!body_read(&request, &shape, answer, &read->root))
		return false;
	read->domains = json_object_get(read->root, "domains");
	read->reason = json_object_get(read->root, "reason");
	read->force = json_object_get(read->root, "force");
	return true;
}

static void assert_whole(const struct read *read)
{
	assert_int_equal(json_array_size(read->domains), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_array_get(read->domains, i)), NAME);
	assert_string_equal(json_string_value(read->reason), REASON);
	assert_true(json_is_true(read->force));
}

static void a_body_is_read_whole_or_not_at_all_when_memory_is_refused(void **state)
{
	static const char body[] = "{\"domains\": [\"" NAME "\", \"" NAME "\", \"" NAME
				   "\"], \"reason\": \"" REASON "\", \"force\": true}";
	bool refused = true;
	size_t allocations = 0;

	(void)state;
	json_set_alloc_funcs(allocation_make, free);
	for (; refused; allocations++) {
		struct read read = { 0 };
		struct answer answer = { 0 };
		bool good;

		memory_fail_after(allocations);
		good = read_body(body, &read, &answer);
		refused = memory_restore();
		if (good)
			assert_whole(&read);
		else
			assert_int_equal(answer.status, 500);
		assert_int_equal(good, !refused);
		json_decref(read.root);
		text_free(&answer.body);
	}
	assert_true(allocations > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_read_whole_or_not_at_all_when_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
