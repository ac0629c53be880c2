/* SPDX-License-Identifier: ISC */
/* Which domain a policy file below the directories of a web server is of. */
#include "ctl/orders/web_root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define END "/.well-known/mta-sts.txt"

static void the_nearest_policy_host_counts_or_else_the_nearest_domain(void **state)
{
	static const char *const cases[][2] = {
		{ "/var/www/mta-sts.example.org" END, "example.org" },
		{ "/var/www/example.org" END, "example.org" },
		{ "/var/www/vhosts/Example.ORG/mta-sts" END, "example.org" },
		{ "/srv/example.org/mta-sts.example.net/htdocs.old" END, "example.net" },
		{ "/srv/mta-sts.a.example/sites/b.example" END, "a.example" },
		{ "/home/u1/domains/example.org/public_html" END, "example.org" },
		{ "example.org" END, "example.org" },
		{ "/srv/example.org/mta-sts.txt", "example.org" },
	};
	static const char *const none[] = {
		"/var/www/html" END,
		"/var/www/mta-sts" END,
		"mta-sts.txt",
		"/mta-sts.example.org",
		"",
		"/var/www/..",
		"/var/www/a_b.example!" END,
		"/var/www/mta-sts." END,
	};
	char domain[DOMAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(web_root_domain(cases[i][0], domain), ERR_OK);
		assert_string_equal(domain, cases[i][1]);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_int_equal(web_root_domain(none[i], domain), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_policy_host_counts_or_else_the_nearest_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
