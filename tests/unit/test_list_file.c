/* SPDX-License-Identifier: ISC */
/* wrap: clock_of_files */
#include "config/list_file.h"

#include "base/clock.h"
#include "base/text.h"
#include "config/domains.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ASKS                                                                                                 \
	"mode = \"enforce\"; max_age = 604800; mx = [ \"mail.example.org\" ];\ndomains = "                   \
	"\"customers.list\";\n"

/* The files have been left alone for long. */
__typeof__(clock_of_files) __real_clock_of_files;
__typeof__(clock_of_files) __wrap_clock_of_files;
struct timespec __wrap_clock_of_files(void)
{
	struct timespec now = __real_clock_of_files();

	now.tv_sec += 60;
	return now;
}

static struct domains *load(struct scratch *scratch, const struct domains *before)
{
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch->folder, before, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

static void a_list_has_a_domain_in_each_line(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "x.conf", ASKS "id = \"7\"; record = \"_mta-sts.provider.example\";");
	(void)scratch_write(scratch, "customers.list",
			    "\xef\xbb\xbf"
			    "a.example\n# whatever\n\n  B.Example.  # a customer\r\n"
			    "\tb\xc3\xbc"
			    "cher.example\r\nlast.example");
	domains = load(scratch, NULL);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 4);
	assert_int_equal(domains_find(domains, "a.example").said->line, 1);
	assert_int_equal(domains_find(domains, "b.example").said->line, 4);
	assert_string_equal(domains_find(domains, "b.example").said->terms->file,
			    scratch_path(scratch, "customers.list"));
	assert_string_equal(domains_find(domains, "b.example").said->terms->source,
			    scratch_path(scratch, "x.conf"));
	assert_string_equal(domains_find(domains, "last.example").said->terms->id, "7");
	assert_string_equal(domains_find(domains, "last.example").said->terms->record,
			    "_mta-sts.provider.example");
	assert_non_null(domains_find(domains, "xn--bcher-kva.example").said);
	domains_free(&domains);
}

static void a_list_that_has_changed_is_read_and_one_that_has_not_is_not(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains, *now;

	(void)scratch_write(scratch, "x.conf", ASKS);
	(void)scratch_write(scratch, "customers.list", "a.example\n");
	domains = load(scratch, NULL);
	now = load(scratch, domains);
	assert_int_equal(now->opened, 0);
	domains_free(&now);
	(void)scratch_write(scratch, "customers.list", "b.example\n");
	now = load(scratch, domains);
	assert_null(domains_find(now, "a.example").said);
	assert_non_null(domains_find(now, "b.example").said);
	domains_free(&now);
	domains_free(&domains);
	scratch_assert_no_more(scratch);
}

/* The file that asks for the list is refused, with one complaint. */
static void assert_refused(struct scratch *scratch, const char *complaint)
{
	struct domains *domains = load(scratch, NULL);

	scratch_assert_complaint(scratch, complaint);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 0);
	assert_true(domains_refuse(domains, scratch_path(scratch, "x.conf")));
	domains_free(&domains);
}

static void one_wrong_name_refuses_the_whole_list(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains = NULL;

	(void)scratch_write(scratch, "x.conf", ASKS);
	(void)scratch_write(scratch, "customers.list",
			    "a.example\nmta-sts.b.example\nd.example e.example\nf..example\na.example\n");
	domains = load(scratch, NULL);
	assert_int_equal(domains->count, 0);
	scratch_assert_complaint(scratch, "customers.list:1: domain is named twice (a.example): name it here "
					  "or at customers.list:5, not at both places");
	scratch_assert_complaint(scratch,
				 "customers.list:2: domain begins with mta-sts. (mta-sts.b.example): "
				 "write b.example: the host mta-sts.b.example is made from it");
	assert_int_equal(scratch->complaints.count, 5);
	assert_null(scratch->complaints.item[2].value); /* it is no name */
	assert_string_equal(scratch->complaints.item[3].value, "f..example");
	domains_free(&domains);
}

static void what_is_no_list_is_not_shown_and_not_told_line_by_line(void **state)
{
	struct scratch *scratch = *state;
	struct text text = { 0 };
	struct domains *domains;

	(void)scratch_write(scratch, "x.conf", ASKS);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(text_appendf(&text, "secret word %d\n", i), ERR_OK);
	(void)scratch_put(scratch, "customers.list", text.bytes, text.len);
	text_free(&text);
	domains = load(scratch, NULL);
	assert_int_equal(scratch->complaints.count, 6);
	for (size_t i = 0; i < 5; i++)
		assert_null(scratch->complaints.item[i].value);
	assert_string_equal(scratch->complaints.item[5].value, "995");
	domains_free(&domains);
}

static void a_key_is_no_list(void **state)
{
	struct scratch *scratch = *state;

	(void)scratch_write(scratch, "x.conf", ASKS);
	(void)scratch_write(scratch, "customers.list", "-----BEGIN PRIVATE KEY-----\nMIIB\n");
	assert_refused(scratch, "customers.list:1: " COMPLAINT_PEM ": " COMPLAINT_PEM_INSTEAD);
}

static void a_list_that_is_missing_or_outside_or_empty_refuses_the_file(void **state)
{
	struct scratch *scratch = *state;

	(void)scratch_write(scratch, "x.conf", ASKS);
	assert_refused(scratch,
		       "x.conf:2: file does not exist (customers.list): create it, or correct its name");
	(void)scratch_write(scratch, "customers.list", "# nobody yet\n");
	assert_refused(scratch,
		       "customers.list: list has no names: write one domain in each line, or remove the "
		       "file that asks for the list");
	(void)scratch_write(scratch, "x.conf", "mode = \"none\"; max_age = 1; domains = \"../a.list\";");
	assert_refused(scratch,
		       "x.conf:1: list is outside of the file's directory (../a.list): put the list into "
		       "that directory and write its name alone");
	(void)scratch_put(scratch, "customers.list", "a.example\n\0b.example\n", 21);
	(void)scratch_write(scratch, "x.conf", ASKS);
	assert_refused(scratch, "customers.list: file has a NUL character: save it as plain text (UTF-8)");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_has_a_domain_in_each_line),
		TEST(a_list_that_has_changed_is_read_and_one_that_has_not_is_not),
		TEST(one_wrong_name_refuses_the_whole_list),
		TEST(what_is_no_list_is_not_shown_and_not_told_line_by_line),
		TEST(a_key_is_no_list),
		TEST(a_list_that_is_missing_or_outside_or_empty_refuses_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
