/* SPDX-License-Identifier: ISC */
/* wrap: clock_ms log_write */
#include "base/clock.h"
#include "log/log.h"
#include "serve/remarks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static unsigned lines;
static char last[512];
static uint64_t now_ms;

__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));
__typeof__(clock_ms) __wrap_clock_ms;

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	lines++;
	va_start(args, format);
	(void)vsnprintf(last, sizeof(last), format, args);
	va_end(args);
}

uint64_t __wrap_clock_ms(void)
{
	return now_ms;
}

static const struct in6_addr address = IN6ADDR_LOOPBACK_INIT;

static int set_up(void **state)
{
	lines = 0;
	now_ms = 1000;
	return remarks_new(2, (struct remarks **)state) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	remarks_free((struct remarks **)state);
	remarks_free((struct remarks **)state);
	return 0;
}

static void lines_beyond_the_limit_are_left_out_and_counted(void **state)
{
	struct remarks *remarks = *state;

	for (int i = 0; i < 5; i++)
		remarks_connection(remarks, REMARK_LATE, &address, "closed", "no handshake in time");

	assert_int_equal(lines, 2);
	assert_string_equal(last, "connection ::1, closed (no handshake in time)");
	assert_int_equal(remarks_left_out(remarks), 3);
}

static void flood_of_one_kind_does_not_hide_another(void **state)
{
	struct remarks *remarks = *state;

	for (int i = 0; i < 5; i++)
		remarks_connection(remarks, REMARK_LATE, &address, "closed", "no handshake in time");
	remarks_line(remarks, REMARK_ACCEPT, "connections", "not accepted for a moment", "no descriptor");

	assert_int_equal(lines, 3);
	assert_string_equal(last, "connections, not accepted for a moment (no descriptor)");
}

static void a_while_later_there_is_room_again(void **state)
{
	struct remarks *remarks = *state;

	for (int i = 0; i < 3; i++)
		remarks_connection(remarks, REMARK_LATE, &address, "closed", "no handshake in time");
	now_ms += 10000;
	remarks_connection(remarks, REMARK_LATE, &address, "closed", "no request in time");

	assert_int_equal(lines, 3); /* how many were left out is said by the log itself */
	assert_string_equal(last, "connection ::1, closed (no request in time)");
	assert_int_equal(remarks_left_out(remarks), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_beyond_the_limit_are_left_out_and_counted),
		TEST(flood_of_one_kind_does_not_hide_another),
		TEST(a_while_later_there_is_room_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
