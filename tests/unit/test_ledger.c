/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/acme/ledger.h"

#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

#define NOW       ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define DIRECTORY "https://acme-v02.api.letsencrypt.org/directory"
#define HEADER    "ledger 1 " DIRECTORY "\n"
#define HOST      "mta-sts.example.org"

/* A ledger that is read. */
struct fix {
	struct budget budget;
	struct complaints complaints;
	bool worn;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fix));
	budget_begin(&((struct fix *)*state)->budget, DIRECTORY);
	return 0;
}

static int teardown(void **state)
{
	struct fix *fix = *state;

	budget_free(&fix->budget);
	complaints_free(&fix->complaints);
	free(fix);
	return 0;
}

static enum err read_bytes(struct fix *fix, const char *bytes, size_t len, time_t now)
{
	budget_free(&fix->budget);
	complaints_free(&fix->complaints);
	budget_begin(&fix->budget, DIRECTORY);
	return ledger_read(bytes, len, DIRECTORY, now, &fix->budget, "ledger", &fix->complaints, &fix->worn);
}

static void assert_reads(struct fix *fix, const char *text)
{
	assert_int_equal(read_bytes(fix, text, strlen(text), NOW), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);
}

static void assert_refused(struct fix *fix, const char *text, const char *complaint)
{
	struct text shown = { 0 };

	assert_int_equal(read_bytes(fix, text, strlen(text), NOW), ERR_SYNTAX);
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(complaint_render(&fix->complaints.item[0], &shown), ERR_OK);
	shown.bytes[strlen(complaint)] = '\0';
	assert_string_equal(shown.bytes, complaint);
	text_free(&shown);
}

static time_t next(const struct budget *budget, enum entry_what what, const char *domain, const char *host)
{
	const struct entry order = { .what = what, .when = NOW, .domain = domain, .host = host };

	return budget_next(budget, &order, NULL);
}

static void a_ledger_tells_what_was_ordered_and_what_came_of_it(void **state)
{
	struct fix *fix = *state;

	assert_reads(fix, HEADER "2026-11-30T20:00:00Z new example.org mta-sts.example.org\n"
				 "2026-11-30T20:00:01Z failed mta-sts.example.org\n"
				 "2026-11-30T20:30:00Z new example.org mta-sts.example.org\n"
				 "2026-11-30T20:30:00Z renewal example.net mta-sts.example.net\n"
				 "2026-11-30T20:30:01Z issued mta-sts.example.net\n"
				 "2026-11-30T20:30:01Z wait-domain example.com 2026-12-02T00:00:00Z\n");
	assert_int_equal(budget_host(&fix->budget, HOST)->tries, 2);
	assert_true(budget_host(&fix->budget, HOST)->is_open);
	assert_int_equal(spent_count(&fix->budget.orders), 2);
	assert_int_equal(spent_count(&fix->budget.issued), 1);
	assert_int_equal(next(&fix->budget, ENTRY_NEW, "example.com", "mta-sts.example.com"), NOW + DAY);
	assert_false(fix->worn);
}

/* One of each: what is written of it is what was read. */
static void each_entry_has_a_line(void **state)
{
	struct fix *fix = *state;

	for (unsigned what = 1; what < ENTRY_COUNT; what++) {
		const struct entry entry = { .what = (enum entry_what)what,
					     .when = NOW - HOUR,
					     .domain = "example.org",
					     .host = HOST,
					     .until = NOW + HOUR,
					     .since = NOW - DAY,
					     .maker = "O=\xc3\x9c, Let's 100%",
					     .tries = 7 };
		struct text text = { 0 };

		assert_int_equal(text_append(&text, HEADER, strlen(HEADER)), ERR_OK);
		assert_int_equal(ledger_line_write(&entry, &text), ERR_OK);
		assert_reads(fix, text.bytes);
		text_free(&text);
	}
}

/* Answers to all questions, before and after. */
static void assert_same(const struct budget *a, const struct budget *b)
{
	static const char *const domains[] = { "a.example", "b.example", "c.example", "d.example" };

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned j = 0; j < 20; j++) {
			const struct key *known, *again;
			char host[40];

			(void)snprintf(host, sizeof(host), "mta-sts.%u.%s", j, domains[i]);
			assert_int_equal(next(a, ENTRY_NEW, domains[i], host),
					 next(b, ENTRY_NEW, domains[i], host));
			assert_int_equal(next(a, ENTRY_RENEWAL, domains[i], host),
					 next(b, ENTRY_RENEWAL, domains[i], host));
			known = budget_host(a, host);
			again = budget_host(b, host);
			assert_int_equal(known != NULL ? known->tries : 0, again != NULL ? again->tries : 0);
			assert_int_equal(known != NULL ? known->tried : 0, again != NULL ? again->tried : 0);
			assert_int_equal(known != NULL ? known->first_tried : 0,
					 again != NULL ? again->first_tried : 0);
		}
	}
	assert_int_equal(next(a, ENTRY_NEW, NULL, NULL), next(b, ENTRY_NEW, NULL, NULL));
}

static void take_by_chance(struct budget *budget, struct text *text, unsigned *random, time_t when)
{
	static const char *const domains[] = { "a.example", "b.example", "c.example", "d.example" };
	struct entry entry = { .when = when };
	char host[40];

	*random = *random * 1103515245 + 12345;
	entry.what = (enum entry_what)(1 + (*random >> 16) % ENTRY_WAIT_HOST);
	entry.domain = domains[(*random >> 20) % 4];
	(void)snprintf(host, sizeof(host), "mta-sts.%u.%s", (*random >> 22) % 20, entry.domain);
	entry.host = host;
	entry.until = when + (entry.what == ENTRY_WAIT ? 1 : HOUR);
	assert_int_equal(budget_take(budget, &entry), ERR_OK);
	assert_int_equal(ledger_line_write(&entry, text), ERR_OK);
}

static void a_ledger_read_again_and_one_written_anew_make_the_same_budget(void **state)
{
	struct fix *fix = *state;

	for (unsigned seed = 1; seed <= 50; seed++) {
		struct text text = { 0 }, anew = { 0 };
		struct budget budget;
		unsigned random = seed;

		budget_begin(&budget, DIRECTORY);
		assert_int_equal(text_append(&text, HEADER, strlen(HEADER)), ERR_OK);
		for (time_t when = NOW - 8 * DAY; when < NOW; when += seed * MINUTE)
			take_by_chance(&budget, &text, &random, when);
		assert_int_equal(read_bytes(fix, text.bytes, text.len, NOW), ERR_OK);
		assert_same(&budget, &fix->budget);
		assert_int_equal(ledger_write(&budget, DIRECTORY, NOW, &anew), ERR_OK);
		assert_int_equal(read_bytes(fix, anew.bytes, anew.len, NOW), ERR_OK);
		assert_same(&budget, &fix->budget);
		text_free(&text);
		text_free(&anew);
		budget_free(&budget);
	}
}

static void who_makes_the_certificates_is_never_over(void **state)
{
	struct fix *fix = *state;
	struct text text = { 0 };

	assert_reads(fix, HEADER "2020-01-01T00:00:00Z maker O=\xc3\x9c,%20Let's%20100%25\n"
				 "2020-01-01T00:00:00Z maker O=\xc3\x9c,%20Let's%20100%25\n");
	assert_int_equal(fix->budget.makers.count, 1);
	assert_int_equal(ledger_write(&fix->budget, DIRECTORY, NOW, &text), ERR_OK);
	assert_string_equal(text.bytes, HEADER "2026-12-01T00:00:00Z maker O=%C3%9C,%20Let's%20100%25\n");
	assert_reads(fix, text.bytes);
	assert_true(budget_has_maker(&fix->budget, "O=\xc3\x9c, Let's 100%"));
	assert_true(budget_has_maker(&fix->budget, "O=Let's Encrypt"));
	assert_false(budget_has_maker(&fix->budget, "O=Other"));
	text_free(&text);
}

static void a_line_that_was_being_written_is_passed_over(void **state)
{
	struct fix *fix = *state;

	assert_reads(fix, "");
	assert_true(fix->worn);
	assert_reads(fix, "ledger 1 https://ac");
	assert_true(fix->worn);
	assert_reads(fix, HEADER "2026-11-30T20:00:00Z new example.org mta-sts.example.org\n2026-11-30T20:0");
	assert_int_equal(spent_count(&fix->budget.orders), 1);
	assert_reads(fix, HEADER);
	assert_false(fix->worn);
}

/* The clock is behind, or was ahead: no order is sent by it, and nothing is written. */
static void a_time_that_is_still_to_come_is_refused_but_for_an_hour(void **state)
{
	struct fix *fix = *state;

	assert_reads(fix, HEADER "2026-12-01T01:00:00Z new example.org mta-sts.example.org\n");
	assert_int_equal(spent_count(&fix->budget.orders), 1);
	assert_refused(
		fix,
		HEADER "2026-11-30T20:00:00Z issued " HOST "\n"
		       "2026-12-01T01:00:01Z new example.org mta-sts.example.org\n",
		"ledger:3: time is still to come (2026-12-01T01:00:01Z): set the clock if it is wrong; ");
	assert_reads(fix, HEADER "2026-11-30T20:00:00Z wait 2099-01-01T00:00:00Z\n");
	assert_true(next(&fix->budget, ENTRY_NEW, NULL, NULL) <= NOW + 8 * DAY);
}

/* The clock went back between two orders, and neither is forgotten before its time. */
static void what_is_written_by_a_clock_that_is_a_little_behind_stays_as_it_was(void **state)
{
	struct fix *fix = *state;
	struct text text = { 0 };

	assert_reads(fix, HEADER "2026-12-01T00:30:00Z new example.org mta-sts.example.org\n"
				 "2026-11-30T23:00:00Z new example.org mta-sts.example.org\n");
	assert_int_equal(ledger_write(&fix->budget, DIRECTORY, NOW, &text), ERR_OK);
	assert_non_null(strstr(text.bytes, "2026-12-01T00:30:00Z was-new example.org\n"));
	assert_reads(fix, text.bytes);
	assert_int_equal(budget_host(&fix->budget, HOST)->tries, 2);
	assert_int_equal(spent_at(&fix->budget.orders, 0)->when, NOW + 30 * MINUTE);
	text_free(&text);
}

static void a_ledger_that_is_mostly_over_is_written_anew(void **state)
{
	struct fix *fix = *state;
	struct text text = { 0 };

	assert_int_equal(text_append(&text, HEADER, strlen(HEADER)), ERR_OK);
	for (unsigned i = 0; i < 700; i++)
		assert_int_equal(text_appendf(&text,
					      "2026-10-01T00:00:00Z new %u.example mta-sts.%u.example\n"
					      "2026-10-01T00:00:00Z issued mta-sts.%u.example\n",
					      i, i, i),
				 ERR_OK);
	/* As they all are by a clock that is far ahead: that forgets none. */
	assert_reads(fix, text.bytes);
	assert_false(fix->worn);
	assert_int_equal(text_appendf(&text, "2026-11-24T00:00:01Z was-new example.org\n"), ERR_OK);
	assert_reads(fix, text.bytes);
	assert_true(fix->worn);
	text_free(&text);
	assert_int_equal(ledger_write(&fix->budget, DIRECTORY, NOW, &text), ERR_OK);
	assert_string_equal(text.bytes, HEADER "2026-11-24T00:00:01Z was-new example.org\n");
	text_free(&text);
}

static void what_is_not_a_ledger_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *complaint;
	} wrong[] = {
		{ "-----BEGIN PRIVATE KEY-----\n", "ledger:1: file is not a ledger: " },
		{ "\n", "ledger:1: file is not a ledger: " },
		{ "ledger 2 " DIRECTORY "\n", "ledger:1: file is not a ledger: " },
		{ "ledger 1 https://localhost:14000/dir\n", "ledger:1: ledger is of another authority: " },
		{ HEADER "\n", "ledger:2: not a time (): " },
		{ HEADER "2026-11-30 new example.org " HOST "\n", "ledger:2: not a time (2026-11-30): " },
		{ HEADER "2026-02-30T20:00:00Z issued " HOST "\n",
		  "ledger:2: not a time (2026-02-30T20:00:00Z): " },
		{ HEADER "2026-11-30T20:00:00Z\n", "ledger:2: not a word of a ledger: " },
		{ HEADER "2026-11-30T20:00:00Z  issued " HOST "\n", "ledger:2: not a word of a ledger (): " },
		{ HEADER "2026-11-30T20:00:00Z Issued " HOST "\n",
		  "ledger:2: not a word of a ledger (Issued): " },
		{ HEADER "2026-11-30T20:00:00Z issued\n", "ledger:2: not a policy host: " },
		{ HEADER "2026-11-30T20:00:00Z issued MTA-STS.example.org\n",
		  "ledger:2: not a policy host (MTA-STS.example.org): " },
		{ HEADER "2026-11-30T20:00:00Z issued " HOST ".\n",
		  "ledger:2: not a policy host (mta-sts.example.org.): " },
		{ HEADER "2026-11-30T20:00:00Z issued " HOST "\r\n",
		  "ledger:2: not a policy host (mta-sts.example.org\\x0d): " },
		{ HEADER "2026-11-30T20:00:00Z issued " HOST " \n", "ledger:2: line is too long (): " },
		{ HEADER "2026-11-30T20:00:00Z was-renewal 1\n", "ledger:2: line is too long (1): " },
		{ HEADER "2026-11-30T20:00:00Z new ../../etc/passwd " HOST "\n",
		  "ledger:2: not a domain (../../etc/passwd): " },
		{ HEADER "2026-11-30T20:00:00Z wait tomorrow\n", "ledger:2: not a time (tomorrow): " },
		{ HEADER "2026-11-30T20:00:00Z tried " HOST " 0 2026-11-30T20:00:00Z\n",
		  "ledger:2: not a number of attempts (0): " },
		{ HEADER "2026-11-30T20:00:00Z tried " HOST " -1 2026-11-30T20:00:00Z\n",
		  "ledger:2: not a number of attempts (-1): " },
		{ HEADER "2026-11-30T20:00:00Z tried " HOST " 1000000 2026-11-30T20:00:00Z\n",
		  "ledger:2: not a number of attempts (1000000): " },
		{ HEADER "2026-11-30T20:00:00Z tried " HOST " 99999999999999999999 2026-11-30T20:00:00Z\n",
		  "ledger:2: not a number of attempts (99999999999999999999): " },
		{ HEADER "2026-11-30T20:00:00Z open " HOST " 1 2026-11-30T20:00:01Z\n",
		  "ledger:2: not a time before (2026-11-30T20:00:01Z): " },
		{ HEADER "2026-11-30T20:00:00Z maker O=%0\n", "ledger:2: not an issuer" },
		{ HEADER "2026-11-30T20:00:00Z maker O=%00\n", "ledger:2: not an issuer" },
		{ HEADER "2026-11-30T20:00:00Z maker \n", "ledger:2: not an issuer" },
		{ HEADER "2026-11-30T20:00:00Z issued " HOST "\n2026-11-30T20:00:00Z issue " HOST "\n",
		  "ledger:3: not a word of a ledger (issue): " },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_refused(*state, wrong[i].text, wrong[i].complaint);
}

static void bytes_that_no_text_has_are_refused(void **state)
{
	static const char nul[] = HEADER "2026-11-30T20:00:00Z issued \0" HOST "\n";
	struct fix *fix = *state;
	struct text text = { 0 };

	assert_int_equal(read_bytes(fix, nul, sizeof(nul) - 1, NOW), ERR_SYNTAX);
	assert_string_equal(fix->complaints.item[0].what, "line has a NUL character");
	assert_int_equal(text_appendf(&text, HEADER "%0700d\n", 1), ERR_OK);
	assert_int_equal(read_bytes(fix, text.bytes, text.len, NOW), ERR_SYNTAX);
	assert_string_equal(fix->complaints.item[0].what, "line is too long");
	assert_int_equal(fix->complaints.item[0].line, 2);
	assert_int_equal(read_bytes(fix, text.bytes, LEDGER_MOST + 1, NOW), ERR_SYNTAX);
	assert_string_equal(fix->complaints.item[0].what, "ledger is too long");
	text_free(&text);
}

static void the_longest_names_fit(void **state)
{
	char label[64], host[256];
	struct text text = { 0 };

	memset(label, 'a', 63);
	label[63] = '\0';
	(void)snprintf(host, sizeof(host), "mta-sts.%.53s.%s.%s.%s", label, label, label, label);
	assert_int_equal(strlen(host), 253);
	assert_int_equal(text_appendf(&text, HEADER "2026-11-30T20:00:00Z new %s %s\n", host, host), ERR_OK);
	assert_reads(*state, text.bytes);
	text_free(&text);
}

static void without_memory_a_ledger_is_not_read_in_part(void **state)
{
	static const char text[] = HEADER "2026-11-30T20:00:00Z new example.org mta-sts.example.org\n"
					  "2026-11-30T20:00:01Z failed mta-sts.example.org\n";
	struct fix *fix = *state;
	size_t after = 0;
	enum err err;

	do {
		memory_fail_after(after++);
		err = read_bytes(fix, text, sizeof(text) - 1, NOW);
		assert_true(memory_restore() == (err == ERR_NO_MEMORY));
	} while (err == ERR_NO_MEMORY);
	assert_int_equal(err, ERR_OK);
	assert_true(after > 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ledger_tells_what_was_ordered_and_what_came_of_it),
		TEST(each_entry_has_a_line),
		TEST(a_ledger_read_again_and_one_written_anew_make_the_same_budget),
		TEST(who_makes_the_certificates_is_never_over),
		TEST(a_line_that_was_being_written_is_passed_over),
		TEST(a_time_that_is_still_to_come_is_refused_but_for_an_hour),
		TEST(what_is_written_by_a_clock_that_is_a_little_behind_stays_as_it_was),
		TEST(a_ledger_that_is_mostly_over_is_written_anew),
		TEST(what_is_not_a_ledger_is_refused_with_its_line),
		TEST(bytes_that_no_text_has_are_refused),
		TEST(the_longest_names_fit),
		TEST(without_memory_a_ledger_is_not_read_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
