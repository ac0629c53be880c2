/* SPDX-License-Identifier: ISC */
/* wrap: clock_now registry_find registry_is_expecting registry_is_unreadable revision_release tally_note */
#include "site/site.h"

#include "base/clock.h"
#include "core/registry_load.h"
#include "evidence/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define POLICY "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

#define NOW ((time_t)1795449600)

struct registry {
	struct revision *revision;
	unsigned lent;
	unsigned counted;
	bool expecting;
};

__typeof__(registry_find) __wrap_registry_find;
__typeof__(registry_is_unreadable) __wrap_registry_is_unreadable;
__typeof__(registry_is_expecting) __wrap_registry_is_expecting;
__typeof__(revision_release) __real_revision_release;
__typeof__(revision_release) __wrap_revision_release;
__typeof__(tally_note) __wrap_tally_note;
__typeof__(clock_now) __wrap_clock_now;

static struct registry registry;

struct revision *__wrap_registry_find(struct registry *asked, const char *domain)
{
	assert_ptr_equal(asked, &registry);
	registry.expecting = false;
	if (strcmp(domain, "example.org") != 0)
		return NULL;
	registry.lent++;
	return registry.revision;
}

bool __wrap_registry_is_unreadable(struct registry *asked, const char *domain)
{
	assert_ptr_equal(asked, &registry);
	return strcmp(domain, "damaged.example") == 0;
}

bool __wrap_registry_is_expecting(const struct registry *asked)
{
	return asked->expecting;
}

/* The registry is its own tally. */
static struct site site = { &registry, (struct tally *)(void *)&registry };

void __wrap_tally_note(struct tally *tally, struct revision *revision, time_t now)
{
	assert_ptr_equal(tally, &registry);
	assert_ptr_equal(revision, registry.revision);
	assert_int_equal(now, NOW);
	assert_true(registry.lent > 0);
	registry.counted++;
}

time_t __wrap_clock_now(void)
{
	return NOW;
}

void __wrap_revision_release(struct revision **revision)
{
	assert_ptr_equal(*revision, registry.revision);
	registry.lent--;
	*revision = NULL;
}

static struct answer ask(enum method method, const char *host, const char *target)
{
	const struct routes routes = site_routes(&site);
	const struct request request = {
		.method = method, .target = target, .host = host, .body = "", .peer.right = RIGHT_ANY
	};
	struct answer answer = { 0 };

	routes_answer(&routes, &request, &answer);
	return answer;
}

static void policy_is_lent_until_the_answer_is_freed(void **state)
{
	struct answer answer = ask(METHOD_GET, "mta-sts.example.org", "/.well-known/mta-sts.txt");

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.content_type, "text/plain; charset=utf-8");
	assert_ptr_equal(answer.lent, registry.revision->text);
	assert_int_equal(answer.lent_len, sizeof(POLICY) - 1);
	assert_int_equal(answer.allow, 0);
	assert_int_equal(registry.lent, 1);

	answer_free(&answer);
	assert_int_equal(registry.lent, 0);
}

static void nothing_else_is_served(void **state)
{
	static const struct {
		enum method method;
		const char *host;
		const char *target;
		unsigned status;
	} cases[] = {
		{ METHOD_HEAD, "mta-sts.example.org", "/.well-known/mta-sts.txt", 200 },
		{ METHOD_GET, "mta-sts.example.net", "/.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.damaged.example", "/.well-known/mta-sts.txt", 503 },
		{ METHOD_GET, "mta-sts.damaged.example", "/", 404 },
		{ METHOD_GET, "example.org", "/.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "www.example.org", "/.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.mta-sts.example.org", "/.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/mta-sts.txt?", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/mta-sts.txt?x=1", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/mta-sts.txt/", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/MTA-STS.txt", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/../.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.example.org", "//.well-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/%2ewell-known/mta-sts.txt", 404 },
		{ METHOD_GET, "mta-sts.example.org", "https://mta-sts.example.org/.well-known/mta-sts.txt",
		  404 },
		{ METHOD_GET, "mta-sts.example.org", "*", 404 },
		{ METHOD_GET, "mta-sts.example.org", "/", 404 },
		{ METHOD_POST, "mta-sts.example.org", "/.well-known/mta-sts.txt", 405 },
		{ METHOD_OTHER, "mta-sts.example.org", "/.well-known/mta-sts.txt", 405 },
		{ METHOD_OTHER, "mta-sts.example.net", "/.well-known/mta-sts.txt", 405 },
		{ METHOD_POST, "mta-sts.example.org", "/", 404 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct answer answer = ask(cases[i].method, cases[i].host, cases[i].target);

		if (answer.status != cases[i].status)
			fail_msg("%s %s: %u", cases[i].host, cases[i].target, answer.status);
		assert_int_equal(answer.allow, answer.status == 405 ? METHOD_GET | METHOD_HEAD : 0);
		assert_int_equal(answer.lent != NULL, answer.status == 200);
		assert_int_equal(answer.body.len, 0);
		answer_free(&answer);
		assert_int_equal(registry.lent, 0);
	}
}

/* Also where the files come to be read just after the domain was looked for. */
static void what_is_still_expected_is_not_said_to_be_missing(void **state)
{
	static const struct {
		const char *host;
		const char *target;
		unsigned status;
	} cases[] = {
		{ "mta-sts.example.org", "/.well-known/mta-sts.txt", 200 },
		{ "mta-sts.example.net", "/.well-known/mta-sts.txt", 503 },
		{ "mta-sts.example.net", "/", 404 },
		{ "example.net", "/.well-known/mta-sts.txt", 404 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct answer answer;

		registry.expecting = true;
		answer = ask(METHOD_GET, cases[i].host, cases[i].target);
		assert_int_equal(answer.status, cases[i].status);
		answer_free(&answer);
	}
	registry.expecting = false;
}

static void only_a_whole_policy_counts_as_a_fetch(void **state)
{
	static const struct {
		enum method method;
		const char *host;
		const char *target;
		unsigned counted;
	} cases[] = {
		{ METHOD_GET, "mta-sts.example.org", "/.well-known/mta-sts.txt", 1 },
		{ METHOD_HEAD, "mta-sts.example.org", "/.well-known/mta-sts.txt", 0 },
		{ METHOD_GET, "mta-sts.example.net", "/.well-known/mta-sts.txt", 0 },
		{ METHOD_GET, "example.org", "/.well-known/mta-sts.txt", 0 },
		{ METHOD_GET, "mta-sts.example.org", "/", 0 },
		{ METHOD_POST, "mta-sts.example.org", "/.well-known/mta-sts.txt", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct answer answer;

		registry.counted = 0;
		answer = ask(cases[i].method, cases[i].host, cases[i].target);
		if (registry.counted != cases[i].counted)
			fail_msg("%s %s: %u", cases[i].host, cases[i].target, registry.counted);
		answer_free(&answer);
		assert_int_equal(registry.counted, cases[i].counted);
	}
}

static int setup(void **state)
{
	(void)state;
	return revision_new("17", POLICY, strlen(POLICY), NOW, &registry.revision) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	__real_revision_release(&registry.revision);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_is_lent_until_the_answer_is_freed),
		cmocka_unit_test(nothing_else_is_served),
		cmocka_unit_test(what_is_still_expected_is_not_said_to_be_missing),
		cmocka_unit_test(only_a_whole_policy_counts_as_a_fetch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
