/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/orders/csr.h"

#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PEM "-----BEGIN NEW CERTIFICATE REQUEST-----\\nQQ==\\n-----END NEW CERTIFICATE REQUEST-----\\n"
#define REQUESTED                                                                                            \
	"{\"request\":\"" PEM "\",\"names\":[\"mta-sts.a.example\",\"mta-sts.b.example\"],"                  \
	"\"key\":\"ecdsa\",\"since\":\"2026-11-30T20:00:00Z\"}"

static void the_request_alone_is_on_standard_output(void **state)
{
	struct printed seen = printed(csr_print, FORMAT_ZONE, REQUESTED);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "-----BEGIN NEW CERTIFICATE REQUEST-----\nQQ==\n"
				      "-----END NEW CERTIFICATE REQUEST-----\n");
	assert_string_equal(seen.notes,
			    "certificate request for mta-sts.a.example, mta-sts.b.example\n"
			    "its key (ecdsa, made 2026-11-30T20:00:00Z) stays with the daemon\n"
			    "next: have the request signed, then run mta-stsctl cert install CHAIN\n");
	printed_free(&seen);
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
	char *odd = spoiled(REQUESTED, "request", json_string("a\x1b[2J\r\nb"));
	struct printed seen = printed(csr_print, FORMAT_PEOPLE, odd);

	(void)state;
	assert_int_equal(seen.err, ERR_OK);
	assert_string_equal(seen.out, "a\\x1b[2J\\x0d\nb\n");
	printed_free(&seen);
	free(odd);
}

static void a_reply_that_is_none_is_refused(void **state)
{
	static const char *const members[] = { "request", "names", "key", "since" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *without = spoiled(REQUESTED, members[i], NULL);
		struct printed seen = printed(csr_print, FORMAT_PEOPLE, without);

		assert_int_equal(seen.err, ERR_SYNTAX);
		assert_string_equal(seen.out, "");
		printed_free(&seen);
		free(without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_alone_is_on_standard_output),
		cmocka_unit_test(what_a_terminal_obeys_is_escaped),
		cmocka_unit_test(a_reply_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
