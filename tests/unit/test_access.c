/* SPDX-License-Identifier: ISC */
/* wrap: log_write */
#include "log/log.h"
#include "serve/remarks.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char line[512];

__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	assert_int_equal(level, LOG_LEVEL_INFO);
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
}

static struct remarks_access fetch_from(const struct in6_addr *address)
{
	return (struct remarks_access){ .address = address,
					.host = "mta-sts.example.org",
					.tls = "1.3",
					.status = 200,
					.note = "20261123180000" };
}

static const char *written(bool whole, const char *from)
{
	struct in6_addr address;
	struct remarks_access access = fetch_from(&address);

	assert_int_equal(inet_pton(AF_INET6, from, &address), 1);
	line[0] = '\0';
	remarks_answer(&access, whole);
	return line;
}

static void address_is_cut_to_its_network(void **state)
{
	(void)state;
	assert_string_equal(written(false, "::ffff:192.0.2.77"),
			    "fetch, answered (domain=example.org status=200 id=20261123180000 tls=1.3 "
			    "client=192.0.2.0/24)");
	assert_non_null(strstr(written(false, "2001:db8:aaaa:bbbb::1"), " client=2001:db8:aaaa::/48)"));
}

static void address_is_whole_when_it_is_asked_for(void **state)
{
	(void)state;
	assert_non_null(strstr(written(true, "::ffff:192.0.2.77"), " client=192.0.2.77)"));
	assert_non_null(strstr(written(true, "2001:db8:aaaa:bbbb::1"), " client=2001:db8:aaaa:bbbb::1)"));
}

static void what_does_not_apply_is_a_dash(void **state)
{
	const struct in6_addr address = IN6ADDR_LOOPBACK_INIT;
	struct remarks_access access = fetch_from(&address);

	(void)state;
	access.host = "www.example.org";
	access.note = "";
	access.status = 404;
	remarks_answer(&access, true);
	assert_string_equal(line, "fetch, answered (domain=- status=404 id=- tls=1.3 client=::1)");
}

static void challenge_is_not_logged_as_a_fetch(void **state)
{
	struct in6_addr address;
	struct remarks_access access = fetch_from(&address);

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.77", &address), 1);
	remarks_challenge(&access, false);
	assert_string_equal(line, "challenge, answered (domain=example.org tls=1.3 client=192.0.2.0/24)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_cut_to_its_network),
		cmocka_unit_test(address_is_whole_when_it_is_asked_for),
		cmocka_unit_test(what_does_not_apply_is_a_dash),
		cmocka_unit_test(challenge_is_not_logged_as_a_fetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
