/* SPDX-License-Identifier: ISC */
#include "ctl/orders/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct pair hook;
	char *said;
	size_t said_len;
};

static int set_up(void **state)
{
	static const char *const variables[] = { "RENEWED_LINEAGE",         "RENEWED_DOMAINS",
						 "LEGO_CERT_DOMAIN",        "LEGO_CERT_PATH",
						 "LEGO_CERT_KEY_PATH",      "LEGO_HOOK_CERT_PATH",
						 "LEGO_HOOK_CERT_KEY_PATH", "LEGO_HOOK_CERT_DOMAINS",
						 "CERT_FULLCHAIN_PATH",     "CERT_KEY_PATH" };

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		(void)unsetenv(variables[i]);
	*state = calloc(1, sizeof(struct fixture));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	pair_free(&fix->hook);
	free(fix->said);
	free(fix);
	return 0;
}

static enum err read_hook(struct fixture *fix)
{
	FILE *err;
	enum err result;

	free(fix->said);
	err = open_memstream(&fix->said, &fix->said_len);
	result = pair_from_hook(err, &fix->hook);
	(void)fclose(err);
	return result;
}

static void certbot_names_a_directory_and_all_names(void **state)
{
	struct fixture *fix = *state;

	(void)setenv("RENEWED_LINEAGE", "/etc/letsencrypt/live/mta-sts.example.org", 1);
	(void)setenv("RENEWED_DOMAINS", "mta-sts.example.org mta-sts.example.net", 1);

	assert_int_equal(read_hook(fix), ERR_OK);

	assert_string_equal(fix->hook.from, "certbot");
	assert_string_equal(fix->hook.chain, "/etc/letsencrypt/live/mta-sts.example.org/fullchain.pem");
	assert_string_equal(fix->hook.key, "/etc/letsencrypt/live/mta-sts.example.org/privkey.pem");
	assert_string_equal(fix->hook.names, "mta-sts.example.org mta-sts.example.net");
}

static void lego_names_files_and_not_all_names(void **state)
{
	struct fixture *fix = *state;

	(void)setenv("LEGO_CERT_DOMAIN", "example.org", 1);
	(void)setenv("LEGO_CERT_PATH", "/l/example.org.crt", 1);
	(void)setenv("LEGO_CERT_KEY_PATH", "/l/example.org.key", 1);

	assert_int_equal(read_hook(fix), ERR_OK);

	assert_string_equal(fix->hook.from, "lego");
	assert_string_equal(fix->hook.chain, "/l/example.org.crt");
	assert_string_equal(fix->hook.key, "/l/example.org.key");
	assert_null(fix->hook.names);
	assert_true(pair_is_wanted(&fix->hook));
}

static void lego_5_names_files_and_all_names(void **state)
{
	struct fixture *fix = *state;

	(void)setenv("LEGO_HOOK_CERT_PATH", "/l/a.crt", 1);
	(void)setenv("LEGO_HOOK_CERT_KEY_PATH", "/l/a.key", 1);
	(void)setenv("LEGO_HOOK_CERT_DOMAINS", "example.org,mta-sts.example.org", 1);
	assert_int_equal(read_hook(fix), ERR_OK);
	assert_string_equal(fix->hook.from, "lego");
	assert_string_equal(fix->hook.chain, "/l/a.crt");
	assert_string_equal(fix->hook.key, "/l/a.key");
	assert_true(pair_is_wanted(&fix->hook));
	(void)setenv("LEGO_HOOK_CERT_DOMAINS", "example.org,www.example.org", 1);
	pair_free(&fix->hook);
	assert_int_equal(read_hook(fix), ERR_OK);
	assert_false(pair_is_wanted(&fix->hook));
}

static void acme_sh_names_files_and_no_names(void **state)
{
	struct fixture *fix = *state;

	(void)setenv("CERT_FULLCHAIN_PATH", "/a/example.org_ecc/fullchain.cer", 1);
	(void)setenv("CERT_KEY_PATH", "/a/example.org_ecc/example.org.key", 1);
	assert_int_equal(read_hook(fix), ERR_OK);
	assert_string_equal(fix->hook.from, "acme.sh");
	assert_string_equal(fix->hook.chain, "/a/example.org_ecc/fullchain.cer");
	assert_string_equal(fix->hook.key, "/a/example.org_ecc/example.org.key");
	assert_true(pair_is_wanted(&fix->hook));
}

static void without_a_client_it_says_what_is_expected(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(read_hook(fix), ERR_SYNTAX);
	assert_non_null(strstr(fix->said, "RENEWED_LINEAGE"));
	assert_non_null(strstr(fix->said, "LEGO_CERT_PATH and LEGO_CERT_KEY_PATH"));
	assert_non_null(strstr(fix->said, "CERT_FULLCHAIN_PATH and CERT_KEY_PATH"));
	assert_non_null(strstr(fix->said, "mta-stsctl cert install CHAIN KEY"));
	assert_null(fix->hook.chain);
}

static void half_of_what_a_client_tells_is_nothing(void **state)
{
	(void)setenv("RENEWED_LINEAGE", "", 1);
	(void)setenv("LEGO_CERT_PATH", "/l/example.org.crt", 1);
	assert_int_equal(read_hook(*state), ERR_SYNTAX);
}

static void policy_hosts_and_wildcards_concern_us(void **state)
{
	static const struct {
		const char *names;
		bool expected;
	} cases[] = {
		{ "mta-sts.example.org", true },
		{ "example.org MTA-STS.example.org", true },
		{ "*.example.org", true },
		{ "  example.org   *.example.org ", true },
		{ "example.org", false },
		{ "www.mta-sts.example.org example.org", false },
		{ "mta-sts", false },
		{ "*", false },
		{ "   ", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct pair hook = { .names = cases[i].names };

		assert_int_equal(pair_is_wanted(&hook), cases[i].expected);
	}
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(certbot_names_a_directory_and_all_names),   UNIT(lego_names_files_and_not_all_names),
		UNIT(certbot_names_a_directory_and_all_names),   UNIT(lego_5_names_files_and_all_names),
		UNIT(certbot_names_a_directory_and_all_names),   UNIT(acme_sh_names_files_and_no_names),
		UNIT(without_a_client_it_says_what_is_expected), UNIT(half_of_what_a_client_tells_is_nothing),
		UNIT(policy_hosts_and_wildcards_concern_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
