/* SPDX-License-Identifier: ISC */
/* wrap: log_write */
#include "log/log_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 20

/* What the sink got, and what went to standard error. */
static char got[ROOM][8192];
static size_t count;
static bool broken;
static enum log_level level_written;
static char written[8192];

__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	level_written = level;
	va_start(args, format);
	(void)vsnprintf(written, sizeof(written), format, args);
	va_end(args);
}

static bool take(const struct iovec *field, size_t fields)
{
	assert_true(fields <= ROOM);
	for (count = 0; count < fields; count++) {
		assert_true(field[count].iov_len < sizeof(got[0]));
		memcpy(got[count], field[count].iov_base, field[count].iov_len);
		got[count][field[count].iov_len] = '\0';
	}
	return !broken;
}

static bool has(const char *field)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(got[i], field) == 0)
			return true;
	}
	return false;
}

static int set_up(void **state)
{
	(void)state;
	count = 0;
	broken = false;
	written[0] = '\0';
	log_event_open(take);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_event_open(NULL);
	return 0;
}

static void every_field_reaches_the_sink(void **state)
{
	const int64_t uid = 1000;
	const struct log_fields fields = {
		.domain = "example.org",
		.mode = "none",
		.id = "20261124",
		.who = "olga (uid 1000)",
		.reason = "moving",
		.file = "/etc/a.conf",
		.uid = &uid,
		.line = 7,
	};
	char id[64];

	(void)state;
	log_event(EVENT_DOMAIN_PUBLISHED, &fields, "%s, none", "example.org");
	(void)snprintf(id, sizeof(id), "MESSAGE_ID=%s", log_event_row(EVENT_DOMAIN_PUBLISHED)->id);
	assert_string_equal(got[0], "MESSAGE=example.org, none");
	assert_true(has(id));
	assert_true(has("PRIORITY=5"));
	assert_true(has("SYSLOG_IDENTIFIER=mta-stsd"));
	assert_true(has("MTA_STS_DOMAIN=example.org"));
	assert_true(has("MTA_STS_MODE=none"));
	assert_true(has("MTA_STS_ID=20261124"));
	assert_true(has("MTA_STS_WHO=olga (uid 1000)"));
	assert_true(has("MTA_STS_REASON=moving"));
	assert_true(has("MTA_STS_FILE=/etc/a.conf"));
	assert_true(has("MTA_STS_UID=1000"));
	assert_true(has("MTA_STS_LINE=7"));
	assert_int_equal(count, 12);
	assert_string_equal(written, "");
}

static void what_is_absent_makes_no_field(void **state)
{
	const int64_t nobody = -1;

	(void)state;
	log_event(EVENT_RELOAD_DONE, &(struct log_fields){ .uid = &nobody, .reason = "" }, "reload");
	assert_int_equal(count, 4);
	log_event(EVENT_READY, NULL, "ready");
	assert_int_equal(count, 4);
}

static void root_is_somebody(void **state)
{
	const int64_t root = 0;

	(void)state;
	log_event(EVENT_UNDO_DONE, &(struct log_fields){ .uid = &root }, "undo");
	assert_true(has("MTA_STS_UID=0"));
}

static void control_characters_cannot_smuggle_a_field(void **state)
{
	(void)state;
	log_event(EVENT_UNDO_DONE, &(struct log_fields){ .reason = "so\nMTA_STS_UID=0\r\x1b\x7f" }, "undo%s",
		  "\nPRIORITY=0");
	assert_string_equal(got[0], "MESSAGE=undo\\x0aPRIORITY=0");
	assert_true(has("MTA_STS_REASON=so\\x0aMTA_STS_UID=0\\x0d\\x1b\\x7f"));
	assert_int_equal(count, 5);
}

static void what_is_too_long_is_cut(void **state)
{
	char file[6000];

	(void)state;
	memset(file, 'x', sizeof(file) - 1);
	file[sizeof(file) - 1] = '\0';
	log_event(EVENT_COMPLAINT_ERROR, &(struct log_fields){ .file = file }, "%s", file);
	assert_int_equal(strlen(got[0]), strlen("MESSAGE=") + 3999);
	assert_int_equal(strlen(got[4]), strlen("MTA_STS_FILE=") + 1000);
}

static void an_event_that_the_sink_does_not_take_is_a_line(void **state)
{
	(void)state;
	broken = true;
	log_event(EVENT_STORE_FAILED, NULL, "store, %s failed", "COMMIT");
	assert_string_equal(written, "store, COMMIT failed");
	assert_int_equal(level_written, LOG_LEVEL_ERROR);
}

static void without_a_sink_an_event_is_a_line(void **state)
{
	(void)state;
	log_event_open(NULL);
	log_event(EVENT_ORDER_NOT_DONE, &(struct log_fields){ .who = "olga" }, "order, 100%% not done");
	assert_string_equal(written, "order, 100% not done");
	assert_int_equal(level_written, LOG_LEVEL_WARNING);
	assert_int_equal(count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_reaches_the_sink),
		TEST(what_is_absent_makes_no_field),
		TEST(root_is_somebody),
		TEST(control_characters_cannot_smuggle_a_field),
		TEST(what_is_too_long_is_cut),
		TEST(an_event_that_the_sink_does_not_take_is_a_line),
		TEST(without_a_sink_an_event_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
