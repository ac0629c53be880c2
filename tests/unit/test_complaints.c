/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "base/complaints.h"

#include "base/text.h"
#include "log/log_event.h"
#include "memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ERROR   SEVERITY_ERROR
#define WARNING SEVERITY_WARNING

static void assert_reads(const struct complaint *complaint, const char *line)
{
	struct text text = { 0 };

	assert_int_equal(complaint_render(complaint, &text), ERR_OK);
	assert_string_equal(text.bytes, line);
	text_free(&text);
}

static void a_complaint_is_place_what_value_and_what_instead(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	complain(&list, ERROR, "/a.conf", 3, "mode is unknown", "enforced", "write enforce");
	complain(&list, ERROR, "/a.conf", 0, "mx is missing", NULL, "name every MX");
	complain(&list, WARNING, "/a.conf", 7, "mx is given twice", "a.example", "remove it");
	assert_int_equal(list.count, 3);
	assert_int_equal(list.errors, 2);
	assert_reads(&list.item[0], "/a.conf:3: mode is unknown (enforced): write enforce");
	assert_reads(&list.item[1], "/a.conf: mx is missing: name every MX");
	assert_reads(&list.item[2], "/a.conf:7: warning: mx is given twice (a.example): remove it");
	complaints_free(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.errors, 0);
}

static void a_value_is_escaped(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	complain(&list, ERROR, "a", 1, "x", "b\nc: d", "y");
	assert_reads(&list.item[0], "a:1: x (b\\x0ac: d): y");
	complaints_free(&list);
}

static void a_quote_is_shown_as_it_is(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	complain(&list, ERROR, "a", 1, "x", "\"\"6\\x22\"", "y");
	assert_reads(&list.item[0], "a:1: x (\"\"6\\x5cx22\"): y");
	complaints_free(&list);
}

static void each_fault_of_a_file_has_its_own_remedy(void **state)
{
	static const struct {
		const char *why;
		const char *line;
	} cases[] = {
		{ "does not exist, or is a dangling link",
		  "a:3: file does not exist (/nowhere/b): create it, or correct its name" },
		{ "is a loop of links",
		  "a:3: file is a loop of links (/nowhere/b): point the link at a file, or remove it" },
		{ "is a FIFO", "a:3: file is a FIFO (/nowhere/b): put a regular file there" },
		{ "is a directory", "a:3: file is a directory (/nowhere/b): put a regular file there" },
		{ "is a socket or a device",
		  "a:3: file is a socket or a device (/nowhere/b): put a regular file there" },
		{ "may not be read (permission denied)",
		  "a:3: file may not be read (permission denied) (/nowhere/b): let the service's user read "
		  "it, by its group (chgrp, chmod 0640)" },
		{ "is too large", "a:3: file is too large (/nowhere/b): keep it within 77 bytes in all" },
		{ "cannot be read: input or output error",
		  "a:3: file cannot be read: input or output error (/nowhere/b): look into the system's log "
		  "for the cause, and reload when it is gone" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct complaints list = { 0 };

		complain_unreadable(&list, "a", 3, "/nowhere/b", cases[i].why, 77);
		assert_reads(&list.item[0], cases[i].line);
		assert_int_equal(list.errors, 1);
		complaints_free(&list);
	}
}

static void a_file_that_is_complained_about_itself_is_no_value(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	complain_unreadable(&list, "b", 0, "b", "is a FIFO", 77);
	assert_reads(&list.item[0], "b: file is a FIFO: put a regular file there");
	complaints_free(&list);
}

static void a_word_is_near_a_known_one_whatever_its_case(void **state)
{
	static const struct {
		const char *written;
		const char *known;
		size_t typos;
	} cases[] = {
		{ "WORKERS", "workers", 0 },
		{ "Mode", "mode", 0 },
		{ "worker", "workers", 1 },
		{ "nmx", "mx", 1 },
		{ "wrokers", "workers", 2 },
		{ "x", "mx", COMPLAINT_FOREIGN },
		{ "note", "mode", COMPLAINT_FOREIGN },
		{ "owkrers", "workers", COMPLAINT_FOREIGN },
		{ "", "mx", COMPLAINT_FOREIGN },
		{ "a-name-of-more-than-thirty-two-letters", "mx", COMPLAINT_FOREIGN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(complaint_typos(cases[i].written, cases[i].known), cases[i].typos);
}

static void sorting_is_by_file_and_line_and_keeps_the_order_of_a_line(void **state)
{
	static const char *const lines[] = { "z: first: y", "a: x: y",    "a:2: later: y",
					     "a:2: x: y",   "a:10: x: y", "b:1: x: y" };
	struct complaints list = { 0 };

	(void)state;
	complain(&list, ERROR, "z", 0, "first", NULL, "y");
	complain(&list, ERROR, "b", 1, "x", NULL, "y");
	complain(&list, ERROR, "a", 10, "x", NULL, "y");
	complain(&list, ERROR, "a", 2, "later", NULL, "y");
	complain(&list, ERROR, "a", 2, "x", NULL, "y");
	complain(&list, ERROR, "a", 0, "x", NULL, "y");
	complaints_sort(&list, 1);
	complaints_sort(&list, list.count);
	for (size_t i = 0; i < list.count; i++)
		assert_reads(&list.item[i], lines[i]);
	complaints_free(&list);
}

static void moving_empties_one_list_into_the_other(void **state)
{
	struct complaints to = { 0 };
	struct complaints from = { 0 };

	(void)state;
	complain(&to, ERROR, "a", 1, "x", NULL, "y");
	for (unsigned i = 0; i < 20; i++)
		complain(&from, i % 2 == 0 ? ERROR : WARNING, "b", i, "x", NULL, "y");
	complaints_move(&to, &from);
	assert_int_equal(to.count, 21);
	assert_int_equal(to.errors, 11);
	assert_int_equal(from.count, 0);
	assert_int_equal(from.errors, 0);
	assert_int_equal(to.item[20].line, 19);
	complaints_move(&to, &from);
	assert_int_equal(to.count, 21);
	complaints_free(&to);
}

static void what_cannot_be_kept_for_lack_of_memory_still_counts_as_an_error(void **state)
{
	(void)state;
	for (size_t n = 0; n < 5; n++) {
		struct complaints list = { 0 };

		memory_fail_after(n);
		complain(&list, ERROR, "a", 1, "x", "v", "y");
		assert_true(memory_restore());
		assert_int_equal(list.count, 0);
		assert_int_equal(list.errors, 1);
		assert_int_equal(list.lost, 1);
		complaints_free(&list);
	}
}

static void moving_without_memory_loses_the_text_and_not_the_count(void **state)
{
	struct complaints to = { 0 };
	struct complaints from = { 0 };

	(void)state;
	complain(&from, ERROR, "b", 1, "x", NULL, "y");
	complain(&from, WARNING, "b", 2, "x", NULL, "y");
	memory_fail_after(0);
	complaints_move(&to, &from);
	assert_true(memory_restore());
	assert_int_equal(to.count, 0);
	assert_int_equal(to.errors, 1);
	assert_int_equal(to.lost, 2);
	assert_int_equal(from.count, 0);
	complaints_free(&to);
}

static void the_log_gets_every_complaint_and_how_many_were_lost(void **state)
{
	struct complaints list = { .lost = 2 };
	char got[256] = "";
	int saved = dup(STDERR_FILENO);
	int ends[2];

	(void)state;
	complain(&list, ERROR, "a", 1, "x", NULL, "y");
	complain(&list, WARNING, "b", 2, "x", NULL, "y");
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_event_complaints(&list);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_true(read(ends[0], got, sizeof(got) - 1) > 0);
	assert_string_equal(got, "a:1: x: y\nb:2: warning: x: y\ncomplaints, 2 lost (out of memory)\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(saved);
	complaints_free(&list);
}

static char logged[2][1024];
static unsigned events;

static bool take_event(const struct iovec *field, size_t count)
{
	assert_true(events < 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(logged[events]) + field[i].iov_len + 2 < sizeof(logged[0]));
		(void)strncat(logged[events], field[i].iov_base, field[i].iov_len);
		(void)strcat(logged[events], "\n");
	}
	events++;
	return true;
}

static void the_log_has_file_and_line_in_fields(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	complain(&list, ERROR, "/etc/a.conf", 7, "x", NULL, "y");
	complain(&list, WARNING, "/etc/b.conf", 0, "x", NULL, "y");
	log_event_open(take_event);
	log_event_complaints(&list);
	log_event_open(NULL);
	assert_int_equal(events, 2);
	assert_non_null(strstr(logged[0], "\nPRIORITY=3\n"));
	assert_non_null(strstr(logged[0], "\nMTA_STS_FILE=/etc/a.conf\nMTA_STS_LINE=7\n"));
	assert_non_null(strstr(logged[1], "\nPRIORITY=4\n"));
	assert_non_null(strstr(logged[1], "\nMTA_STS_FILE=/etc/b.conf\n"));
	assert_null(strstr(logged[1], "MTA_STS_LINE"));
	complaints_free(&list);
}

static void of_complaints_alike_the_first_few_are_wanted_and_the_rest_is_counted(void **state)
{
	struct complaints_alike alike = { 0 };
	struct complaints list = { 0 };
	struct text line = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 5; i++)
		assert_true(complaints_wanted(&alike, "f", i));
	complain_others(&list, ERROR, &alike, "y");
	assert_int_equal(list.count, 0);
	for (unsigned i = 6; i <= 100; i++)
		assert_false(complaints_wanted(&alike, "f", i));
	complain_others(&list, ERROR, &alike, "y");
	assert_int_equal(list.errors, 1);
	assert_int_equal(complaint_render(&list.item[0], &line), ERR_OK);
	assert_string_equal(line.bytes, "f:6: there are more like these (95): y");
	text_free(&line);
	complaints_free(&list);
}

static void a_name_is_shown_only_if_it_looks_like_one(void **state)
{
	static const char *const hidden[] = { "",         "-a",  "_a",
					      "a b",      "a:b", "a+b/",
					      "\xc3\xbc", "a\n", "abcdefghijklmnopqrstuvwxyz0123456" };

	(void)state;
	assert_string_equal(complaint_name("max_Age-2.x"), "max_Age-2.x");
	assert_string_equal(complaint_name("abcdefghijklmnopqrstuvwxyz012345"),
			    "abcdefghijklmnopqrstuvwxyz012345");
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		assert_null(complaint_name(hidden[i]));
}

static void a_directory_that_is_there_is_not_to_be_created(void **state)
{
	struct complaints list = { 0 };

	(void)state;
	errno = EACCES;
	complain_directory(&list, "/d");
	errno = ENOENT;
	complain_directory(&list, "/d");
	assert_non_null(strstr(list.item[0].instead, "chmod 0750"));
	assert_null(strstr(list.item[0].instead, "create"));
	assert_non_null(strstr(list.item[1].instead, "create it"));
	complaints_free(&list);
}

static void a_path_is_shown_as_one_line_that_no_terminal_obeys(void **state)
{
	struct complaints list = { 0 };
	struct text line = { 0 };

	(void)state;
	complain(&list, ERROR, "/d/\xc2\x9b\n.conf", 1, "x", NULL, "name it here or at /e/\x1b[2J");
	assert_int_equal(complaint_render(&list.item[0], &line), ERR_OK);
	assert_string_equal(line.bytes, "/d/\\xc2\\x9b\\x0a.conf:1: x: name it here or at /e/\\x1b[2J");
	assert_string_equal(list.item[0].file, "/d/\xc2\x9b\n.conf");
	text_free(&line);
	complaints_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complaint_is_place_what_value_and_what_instead),
		cmocka_unit_test(a_value_is_escaped),
		cmocka_unit_test(a_quote_is_shown_as_it_is),
		cmocka_unit_test(each_fault_of_a_file_has_its_own_remedy),
		cmocka_unit_test(a_file_that_is_complained_about_itself_is_no_value),
		cmocka_unit_test(a_word_is_near_a_known_one_whatever_its_case),
		cmocka_unit_test(sorting_is_by_file_and_line_and_keeps_the_order_of_a_line),
		cmocka_unit_test(moving_empties_one_list_into_the_other),
		cmocka_unit_test(what_cannot_be_kept_for_lack_of_memory_still_counts_as_an_error),
		cmocka_unit_test(moving_without_memory_loses_the_text_and_not_the_count),
		cmocka_unit_test(the_log_gets_every_complaint_and_how_many_were_lost),
		cmocka_unit_test(the_log_has_file_and_line_in_fields),
		cmocka_unit_test(of_complaints_alike_the_first_few_are_wanted_and_the_rest_is_counted),
		cmocka_unit_test(a_name_is_shown_only_if_it_looks_like_one),
		cmocka_unit_test(a_path_is_shown_as_one_line_that_no_terminal_obeys),
		cmocka_unit_test(a_directory_that_is_there_is_not_to_be_created),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
