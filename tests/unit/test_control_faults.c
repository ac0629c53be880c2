/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling faults memory */
#include "controlling.h"
#include "faults.h"
#include "memory.h"

#include "core/registry_load.h"
#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define A "a.example.org"
#define B "b.example.org"

/*
 * What can be looked at, and orders tried without doing them.  Status and domains are not here: they tell of
 * each part whether it is known.
 */
static const struct {
	enum method method;
	const char *target;
	const char *body;
} looks[] = {
	{ METHOD_GET, "/v1/history/" A, "" },
	{ METHOD_GET, "/v1/audit", "" },
	{ METHOD_GET, "/v1/audit?before=3", "" },
	{ METHOD_GET, "/v1/audit/3", "" },
	{ METHOD_GET, "/v1/certificates", "" },
	{ METHOD_POST, "/v1/switch", "{\"all\": true, \"mode\": \"none\", \"dry_run\": true}" },
	{ METHOD_POST, "/v1/switch",
	  "{\"domains\": [\"" A "\", \"" B "\"], \"mode\": \"enforce\", \"dry_run\": true}" },
	{ METHOD_POST, "/v1/reset", "{\"match\": \"*.example.org\", \"dry_run\": true}" },
	{ METHOD_POST, "/v1/reset", "{\"retiring\": true, \"dry_run\": true}" },
	{ METHOD_POST, "/v1/undo", "{\"dry_run\": true}" },
};

/* More domains than a status names. */
#define MANY 15

#define LOOKS (sizeof(looks) / sizeof(*looks))

/* A was ordered to be none. */
static int setup(void **state)
{
	const struct hosting_switch none = hosting_none();
	struct controlling *fix;

	if (controlling_setup(state) != 0)
		return -1;
	fix = *state;
	if (hosting_order(fix->hosting, A, &none) != ERR_OK)
		return -1;
	return 0;
}

/* To free with test_free(). */
static char *dump_of(const struct answer *answer)
{
	char *text = test_malloc(answer->body.len + 1);

	if (answer->body.len > 0)
		memcpy(text, answer->body.bytes, answer->body.len);
	text[answer->body.len] = '\0';
	return text;
}

/* With a reason, unless there was no memory even for that. */
static void assert_says_no(const struct answer *answer, const char *target, size_t n)
{
	char *text = dump_of(answer);

	if (answer->status != 500 ||
	    (*text != '\0' && strstr(text, "\"no_memory\"") == NULL &&
	     strstr(text, "\"unreadable\"") == NULL && strstr(text, "\"unknown\"") == NULL &&
	     strstr(text, "\"not_written\"") == NULL))
		fail_msg("%s, fault %zu: %u %s", target, n, answer->status, text);
	test_free(text);
}

static bool look_with_fault(struct controlling *fix, size_t which, size_t n, void (*fail_after)(size_t),
			    bool (*put_right)(void), const char *whole)
{
	struct answer answer = { 0 };
	bool failed;

	fail_after(n);
	controlling_answer(fix, looks[which].method, looks[which].target, looks[which].body, &answer);
	failed = put_right();
	if (answer.status == 200) {
		char *text = dump_of(&answer);

		assert_string_equal(text, whole);
		test_free(text);
	} else {
		assert_true(failed);
		assert_says_no(&answer, looks[which].target, n);
	}
	answer_free(&answer);
	return failed;
}

/* Nothing is left out, and nothing is said that is not so. */
static void assert_whole_or_error(struct controlling *fix, void (*fail_after)(size_t),
				  bool (*put_right)(void))
{
	for (size_t i = 0; i < LOOKS; i++) {
		struct answer answer = { 0 };
		char *whole;

		controlling_answer(fix, looks[i].method, looks[i].target, looks[i].body, &answer);
		assert_int_equal(answer.status, 200);
		whole = dump_of(&answer);
		for (size_t n = 0; look_with_fault(fix, i, n, fail_after, put_right, whole); n++)
			;
		test_free(whole);
		answer_free(&answer);
	}
}

static void what_is_looked_at_without_memory_is_whole_or_an_error(void **state)
{
	assert_whole_or_error(*state, memory_fail_after, memory_restore);
}

static void what_is_looked_at_while_the_state_fails_is_whole_or_an_error(void **state)
{
	assert_whole_or_error(*state, faults_fail_after, faults_restore);
}

/* Of each state of a retirement a status names the first few, and keeps no more than those. */
static void a_status_of_many_that_retire_is_answered_without_memory(void **state)
{
	static char names[MANY][32];
	struct controlling *fix = *state;
	bool failed = true;

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%02zu.example.org", i);
		assert_int_equal(
			hosting_publish(fix->hosting, hosting_configured(names[i], MODE_NONE, NULL, "")),
			ERR_OK);
	}
	for (size_t n = 0; failed; n++) {
		struct answer answer = { 0 };

		memory_fail_after(n);
		controlling_answer(fix, METHOD_GET, "/v1/status", "", &answer);
		failed = memory_restore();
		assert_true(failed || answer.status == 200);
		answer_free(&answer);
	}
}

/* Without memory to list them, too, unknown domains keep an order from being done for the others. */
static void an_unknown_domain_keeps_all_others_unchanged_without_memory(void **state)
{
	struct controlling *fix = *state;
	bool failed = true;

	for (size_t n = 0; failed; n++) {
		struct answer answer = { 0 };

		memory_fail_after(n);
		controlling_answer(fix, METHOD_POST, "/v1/switch",
				   "{\"domains\": [\"unknown.example\", \"" B "\"], \"mode\": \"none\"}",
				   &answer);
		failed = memory_restore();
		assert_int_not_equal(answer.status, 200);
		answer_free(&answer);
		assert_int_equal(registry_domain(fix->host.registry, B)->published->mode, MODE_TESTING);
	}
}

/* Orders that change B. */
static const struct {
	const char *target;
	const char *body;
} orders[] = {
	{ "/v1/switch", "{\"domains\": [\"" B "\"], \"mode\": \"none\"}" },
	{ "/v1/switch", "{\"match\": \"b.*\", \"mode\": \"enforce\", \"reason\": \"test\"}" },
};

static void answer_code(const struct answer *answer, char code[32])
{
	json_t *json =
		json_loadb(answer->body.bytes != NULL ? answer->body.bytes : "", answer->body.len, 0, NULL);
	const char *got = "";

	(void)json_unpack(json, "{s: {s: s}}", "error", "code", &got);
	(void)snprintf(code, 32, "%s", got);
	json_decref(json);
}

/* B, as it is served; and that is what is on disk. */
static const struct domain *b_of(struct controlling *fix)
{
	const struct domain *domain = registry_domain(fix->hosting->registry, B);
	char sql[160];

	assert_non_null(domain);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT id = '%s' FROM revision WHERE superseded_at IS NULL AND domain ="
		       " (SELECT id FROM domain WHERE name = '" B "')",
		       domain->published->id);
	assert_int_equal(hosting_count(fix->hosting, sql), 1);
	return domain;
}

/* As it was before any order: its history would grow, and with it what an order takes. */
static void begin_anew(struct controlling *fix)
{
	if (b_of(fix)->switching->active) {
		hosting_restore(fix->hosting);
		fix->host.store = fix->hosting->store;
		fix->host.registry = fix->hosting->registry;
		fix->host.tally = fix->hosting->tally;
		registry_attach(fix->hosting->registry, B,
				hosting_configured(B, MODE_TESTING, "mx.example.org", ""), false);
		hosting_copy(fix->hosting);
	}
	assert_false(b_of(fix)->switching->active);
}

static bool order_with_fault(struct controlling *fix, size_t which, size_t n, void (*fail_after)(size_t),
			     bool (*put_right)(void))
{
	struct answer answer = { 0 };
	char code[32] = "";
	bool changed, failed;

	begin_anew(fix);
	fail_after(n);
	controlling_answer(fix, METHOD_POST, orders[which].target, orders[which].body, &answer);
	failed = put_right();
	answer_code(&answer, code);
	assert_int_equal(registry_recover(fix->hosting->registry, fix->hosting->store), ERR_OK);
	changed = b_of(fix)->switching->active;
	if (answer.status == 200)
		assert_true(changed);
	else
		assert_says_no(&answer, orders[which].target, n);
	if (code[0] != '\0' && strcmp(code, "unknown") != 0)
		assert_false(changed);
	assert_true(failed || answer.status == 200);
	answer_free(&answer);
	return failed;
}

static void assert_done_or_not(struct controlling *fix, void (*fail_after)(size_t), bool (*put_right)(void))
{
	hosting_copy(fix->hosting);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		size_t n = 0;

		while (order_with_fault(fix, i, n, fail_after, put_right))
			n++;
		assert_true(n > 10);
	}
}

static void an_order_without_memory_is_done_when_it_says_so_and_not_when_it_says_not(void **state)
{
	assert_done_or_not(*state, memory_fail_after, memory_restore);
}

static void an_order_while_the_state_fails_is_done_when_it_says_so_and_not_when_it_says_not(void **state)
{
	assert_done_or_not(*state, faults_fail_after, faults_restore);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_looked_at_without_memory_is_whole_or_an_error),
		TEST(a_status_of_many_that_retire_is_answered_without_memory),
		TEST(an_unknown_domain_keeps_all_others_unchanged_without_memory),
		TEST(what_is_looked_at_while_the_state_fails_is_whole_or_an_error),
		TEST(an_order_without_memory_is_done_when_it_says_so_and_not_when_it_says_not),
		TEST(an_order_while_the_state_fails_is_done_when_it_says_so_and_not_when_it_says_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
