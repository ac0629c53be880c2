/* SPDX-License-Identifier: ISC */
#include "ctl/acme/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WHOLE(meta) "{\"newAccount\":\"https://ca.example/a\",\"newOrder\":\"https://ca.example/o\"" meta "}"

static void what_an_authority_says_of_itself_is_read(void **state)
{
	static const char text[] =
		WHOLE(",\"meta\":{\"caaIdentities\":[\"CA.example\",\"ca.test\"],\"termsOfService\":"
		      "\"https://ca.example/\\u001bterms\",\"externalAccountRequired\":true}");
	struct directory directory = { 0 };

	(void)state;
	assert_int_equal(directory_read(text, strlen(text), &directory), ERR_OK);
	assert_int_equal(directory.identities.count, 2);
	assert_string_equal(directory.identities.item[0], "ca.example");
	assert_string_equal(directory.identities.item[1], "ca.test");
	assert_string_equal(directory.terms, "https://ca.example/\\x1bterms");
	assert_true(directory.needs_binding);
	directory_free(&directory);
}

static void one_without_any_of_that_is_one(void **state)
{
	static const char text[] = WHOLE("");
	struct directory directory = { 0 };

	(void)state;
	assert_int_equal(directory_read(text, strlen(text), &directory), ERR_OK);
	assert_int_equal(directory.identities.count, 0);
	assert_null(directory.terms);
	assert_false(directory.needs_binding);
	directory_free(&directory);
}

static void where_it_tells_of_renewals_is_an_address_that_can_be_asked_safely(void **state)
{
	static const struct {
		const char *text, *url;
	} cases[] = {
		{ WHOLE(",\"renewalInfo\":\"https://ca.example/ari\""), "https://ca.example/ari" },
		{ WHOLE(",\"renewalInfo\":\"http://ca.example/ari\""), NULL },
		{ WHOLE(",\"renewalInfo\":\"file:///etc/passwd\""), NULL },
		{ WHOLE(",\"renewalInfo\":\"https://ca.example/\\r\\nHost: x\""), NULL },
		{ WHOLE(",\"renewalInfo\":[]"), NULL },
		{ WHOLE(""), NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct directory directory = { 0 };

		assert_int_equal(directory_read(cases[i].text, strlen(cases[i].text), &directory), ERR_OK);
		assert_true(directory.is_read);
		assert_int_equal(directory.renewal_info != NULL, cases[i].url != NULL);
		if (cases[i].url != NULL)
			assert_string_equal(directory.renewal_info, cases[i].url);
		directory_free(&directory);
	}
}

static void what_is_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"<html>",
		"[]",
		"{}",
		"{\"newOrder\":\"https://ca.example/o\"}",
		"{\"newOrder\":1,\"newAccount\":\"x\"}",
		WHOLE(",\"meta\":{\"caaIdentities\":[1]}"),
		WHOLE(",\"meta\":{\"caaIdentities\":[\"a b\"]}"),
		WHOLE(",\"meta\":{\"caaIdentities\":[\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\","
		      "\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\",\"a.b\"]}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct directory directory = { 0 };

		assert_int_equal(directory_read(texts[i], strlen(texts[i]), &directory), ERR_SYNTAX);
		directory_free(&directory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_authority_says_of_itself_is_read),
		cmocka_unit_test(one_without_any_of_that_is_one),
		cmocka_unit_test(where_it_tells_of_renewals_is_an_address_that_can_be_asked_safely),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
