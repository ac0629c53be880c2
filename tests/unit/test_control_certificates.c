/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"
#include "make_cert.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define A     "mta-sts.a.example.org"
#define ROUTE "/v1/certificates"

/* A body that installs a pair of 90 days for a name, with another member; freed with free(). */
static char *body(const char *name, time_t days, const char *member, json_t *value)
{
	char *directory = make_cert_directory();
	struct file chain = { 0 }, key = { 0 };
	const char *why;
	json_t *json;
	char *text;

	make_cert(&(struct make_cert){ .names = { name },
				       .not_before = HOSTING_NOW - (90 - days) * MAKE_CERT_DAY,
				       .not_after = HOSTING_NOW + days * MAKE_CERT_DAY },
		  directory, "x.crt", "x.key");
	assert_int_equal(file_read(make_cert_path(directory, "x.crt"), 65536, &chain, &why), ERR_OK);
	assert_int_equal(file_read(make_cert_path(directory, "x.key"), 65536, &key, &why), ERR_OK);
	json = json_pack("{s: s, s: s}", "certificate", chain.bytes, "key", key.bytes);
	if (member != NULL)
		assert_int_equal(json_object_set_new(json, member, value), 0);
	text = json_dumps(json, 0);
	json_decref(json);
	file_free(&chain);
	file_free(&key);
	make_cert_remove(&directory);
	return text;
}

static json_t *install(struct controlling *fix, const char *name, time_t days)
{
	char *text = body(name, days, NULL, NULL);
	json_t *json = controlling_ask(fix, METHOD_POST, ROUTE, text, 200);

	free(text);
	return json;
}

static void an_install_answers_with_what_became_of_it(void **state)
{
	struct controlling *fix = *state;
	json_t *json = install(fix, A, 20);
	const char *file, *source, *issuer, *key, *before, *after, *stage, *name, *covered;
	int dry, used, sound, days, count, uncovered, audit;
	json_t *replaced, *complaints;

	assert_int_equal(json_unpack_ex(json, NULL, JSON_STRICT,
					"{s: b, s: {s: s, s: s, s: [s!], s: s, s: s, s: s, s: s, s: i, s: s, "
					"s: b, s: b, s: n!},"
					" s: o, s: [s!], s: i, s: i, s: o, s: i}",
					"dry_run", &dry, "certificate", "file", &file, "source", &source,
					"names", &name, "issuer", &issuer, "key", &key, "not_before", &before,
					"not_after", &after, "days_left", &days, "stage", &stage, "used",
					&used, "sound", &sound, "renewal_id", "replaced", &replaced, "covers",
					&covered, "covers_count", &count, "uncovered", &uncovered,
					"complaints", &complaints, "audit", &audit),
			 0);
	assert_string_equal(strrchr(file, '/'), "/" A "-ecdsa.pem");
	assert_string_equal(source, "installed");
	assert_string_equal(name, A);
	assert_string_equal(issuer, "CN=test issuer");
	assert_string_equal(key, "ecdsa");
	assert_string_equal(before, "2026-09-14T16:00:00Z");
	assert_string_equal(after, "2026-12-13T16:00:00Z");
	assert_string_equal(stage, "soon");
	assert_string_equal(covered, "a.example.org");
	assert_true(!dry && used && sound && days == 20 && count == 1 && uncovered == 1 && audit > 0);
	assert_int_equal(json_array_size(replaced), 0);
	assert_int_equal(json_array_size(complaints), 0);
	assert_int_equal(fix->coverage.uncovered_count, 1);
	assert_string_equal(fix->coverage.covered, A);
	json_decref(json);
}

static void the_list_has_every_pair_and_the_domains_without(void **state)
{
	struct controlling *fix = *state;
	json_t *json, *pairs;
	const char *uncovered;
	int count;

	json_decref(install(fix, A, 80));
	json_decref(install(fix, A, 10));
	json = controlling_ask(fix, METHOD_GET, ROUTE, "", 200);
	assert_int_equal(json_unpack_ex(json, NULL, JSON_STRICT, "{s: o, s: i, s: [s!], s: []!}",
					"certificates", &pairs, "uncovered", &count, "uncovered_domains",
					&uncovered, "orders"),
			 0);
	assert_int_equal(json_array_size(pairs), 2);
	assert_true(json_is_false(json_object_get(json_array_get(pairs, 0), "used")));
	assert_true(json_is_true(json_object_get(json_array_get(pairs, 1), "used")));
	assert_int_equal(count, 1);
	assert_string_equal(uncovered, "b.example.org");
	json_decref(json);
}

static void the_status_counts_used_pairs_and_names_those_that_expire(void **state)
{
	struct controlling *fix = *state;
	char name[64];
	json_t *json, *expiring;
	int pairs, fine, soon, urgent, expired;
	const char *next;

	json_decref(install(fix, "fine.example", 80));
	json_decref(install(fix, "fine.example", 1)); /* which nobody gets */
	for (int i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "h%02d.example", i);
		json_decref(install(fix, name, 25 - i));
	}
	json_decref(install(fix, "urgent.example", 2));
	json = controlling_ask(fix, METHOD_GET, "/v1/status", "", 200);
	assert_int_equal(json_unpack(json, "{s: {s: i, s: {s: i, s: i, s: i, s: i}, s: o, s: {s: s}}}",
				     "certificates", "pairs", &pairs, "stages", "fine", &fine, "soon", &soon,
				     "urgent", &urgent, "expired", &expired, "expiring", &expiring,
				     "next_expiry", "name", &next),
			 0);
	assert_true(pairs == 15 && fine == 1 && soon == 12 && urgent == 1 && expired == 0);
	assert_string_equal(next, "urgent.example");
	assert_int_equal(json_array_size(expiring), 10);
	for (size_t i = 1; i < 10; i++) {
		const json_t *names = json_object_get(json_array_get(expiring, i), "names");

		(void)snprintf(name, sizeof(name), "h%02zu.example", 12 - i);
		assert_string_equal(json_string_value(json_array_get(names, 0)), name);
	}
	json_decref(json);
}

static void assert_refused(struct controlling *fix, const char *member, json_t *value, unsigned status,
			   const char *code)
{
	char *text = body(A, 80, member, value);

	controlling_assert_error(fix, METHOD_POST, ROUTE, text, status, code);
	free(text);
}

static void what_is_malformed_is_refused(void **state)
{
	struct controlling *fix = *state;
	char large[600];

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_refused(fix, "reason", json_string(large), 400, "bad_request");
	large[65] = '\0';
	assert_refused(fix, "from", json_string(large), 400, "bad_request");
	assert_refused(fix, "from", json_string("a\nb"), 400, "bad_request");
	assert_refused(fix, "key", json_null(), 400, "bad_request");
	assert_refused(fix, "colour", json_true(), 400, "bad_request");
	assert_refused(fix, "key", json_string("no key"), 409, "refused");
	assert_int_equal(access(scratch_path(fix->hosting->scratch, "certificates"), F_OK), -1);
	json_decref(controlling_ask(fix, METHOD_GET, ROUTE, "", 200));
}

static void failures_of_the_disk_have_their_codes(void **state)
{
	struct controlling *fix = *state;

	controlling_fault = ERR_STORE;
	assert_refused(fix, "from", json_string("certbot 2.1"), 500, "not_written");
	controlling_fault = ERR_UNKNOWN;
	assert_refused(fix, "from", json_string("certbot 2.1"), 500, "unknown");
	assert_false(certs_serve(fix->host.certs, A));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, controlling_setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_install_answers_with_what_became_of_it),
		TEST(the_list_has_every_pair_and_the_domains_without),
		TEST(the_status_counts_used_pairs_and_names_those_that_expire),
		TEST(what_is_malformed_is_refused),
		TEST(failures_of_the_disk_have_their_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
