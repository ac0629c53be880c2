/* SPDX-License-Identifier: ISC */
#include "config/domain_file.h"

#include "base/file.h"
#include "base/text.h"
#include "config/domains.h"
#include "policy/syntax.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD "mode = \"enforce\"; max_age = 604800; mx = [ \"mail.example.org\" ];\n"

/* A parse that fails leaks a little inside libconfig. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static size_t count_refused(const struct domains *domains)
{
	size_t count = 0;

	for (size_t i = 0; i < domains->files; i++)
		count += domains->file[i]->refused;
	return count;
}

static struct domains *load(struct scratch *scratch)
{
	struct domains *domains = NULL;

	assert_int_equal(domains_load(scratch->folder, NULL, &scratch->complaints, &domains), ERR_OK);
	return domains;
}

/* Assert that a file alone in the directory is refused with one complaint. */
static void assert_refused(void **state, const char *name, const char *text, const char *complaint)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, name, text);
	struct domains *domains = load(scratch);

	scratch_assert_complaint(scratch, complaint);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 0);
	assert_int_equal(domains->files, 1);
	assert_true(domains_refuse(domains, path));
	domains_free(&domains);
	assert_int_equal(unlink(path), 0);
}

/* The place at which the domain is named that has so many before it. */
static const struct configured *nth(const struct domains *domains, size_t n)
{
	struct index_place place = index_first(&domains->index);

	while (n-- > 0)
		index_next(&place);
	return index_at(&place);
}

static void a_file_is_one_domain_named_after_it(void **state)
{
	struct scratch *scratch = *state;
	const char *path = scratch_write(scratch, "Example.ORG.conf", GOOD "id = \"a1\";");
	struct domains *domains = load(scratch);
	const struct configured *found = domains_find(domains, "example.org").said;

	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 1);
	assert_non_null(found);
	assert_int_equal(found->terms->policy->mode, MODE_ENFORCE);
	assert_int_equal(found->terms->policy->max_age, 604800);
	assert_int_equal(found->terms->policy->mx.count, 1);
	assert_string_equal(found->terms->policy->mx.item[0], "mail.example.org");
	assert_string_equal(found->terms->id, "a1");
	assert_string_equal(found->terms->file, path);
	assert_int_equal(found->line, 0);
	assert_false(domains_find(domains, "example.org").twice);
	assert_null(domains_find(domains, "example.com").said);
	domains_free(&domains);
	assert_null(domains);
}

static void a_domain_inside_overrides_the_name_of_the_file(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "anything.conf", GOOD "domain = \"EXAMPLE.net.\";\n");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_non_null(domains_find(domains, "example.net").said);
	assert_int_equal(domains_find(domains, "example.net").said->line, 2);
	assert_string_equal(domains_find(domains, "example.net").said->terms->id, "");
	domains_free(&domains);
}

static void names_in_any_language_become_a_labels(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch,
			    "b\xc3\xbc"
			    "cher.example.conf",
			    GOOD);
	(void)scratch_write(scratch, "more.conf", GOOD "domains = [ \"M\xc3\x9cller.example\" ];");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_non_null(domains_find(domains, "xn--bcher-kva.example").said);
	assert_non_null(domains_find(domains, "xn--mller-kva.example").said);
	domains_free(&domains);
}

static void many_domains_share_one_policy(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "customers.conf",
			    GOOD "domains = [\n\"b.example\",\n\"a.example\"\n];\n");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 2);
	assert_string_equal(nth(domains, 0)->domain, "a.example");
	assert_int_equal(nth(domains, 0)->line, 4);
	assert_int_equal(nth(domains, 1)->line, 3);
	assert_ptr_equal(nth(domains, 0)->terms->policy, nth(domains, 1)->terms->policy);
	assert_ptr_equal(nth(domains, 0)->terms->file, nth(domains, 1)->terms->file);
	domains_free(&domains);
}

static void a_list_holds_many_policies(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "list.conf",
			    "domains = ( { domain = \"b.example\"; mode = \"none\"; max_age = 0; },\n"
			    "{ domain = \"a.example\"; mode = \"testing\"; max_age = 31557600; mx = [ "
			    "\"*.x.example\" ];\n"
			    "  id = \"2\" } );\n");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 2);
	assert_int_equal(domains_find(domains, "b.example").said->terms->policy->mode, MODE_NONE);
	assert_int_equal(domains_find(domains, "b.example").said->terms->policy->max_age, 0);
	assert_int_equal(domains_find(domains, "a.example").said->terms->policy->mode, MODE_TESTING);
	assert_int_equal(domains_find(domains, "a.example").said->terms->policy->max_age, 31557600);
	assert_string_equal(domains_find(domains, "a.example").said->terms->policy->mx.item[0],
			    "*.x.example");
	assert_string_equal(domains_find(domains, "a.example").said->terms->id, "2");
	assert_int_equal(domains_find(domains, "a.example").said->line, 2);
	domains_free(&domains);
}

static void a_policy_file_of_another_server_is_taken_as_it_is(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "example.org.txt",
			    "mode: testing\nmx: *.example.net\r\nversion: STSv1\nmax_age: 86400\nx: y\n");
	domains = load(scratch);
	scratch_assert_complaint(scratch, "example.org.txt:5: warning: field is unknown and not served (x): "
					  "remove it; version, mode, mx and max_age are known");
	assert_int_equal(domains_find(domains, "example.org").said->terms->policy->mode, MODE_TESTING);
	assert_int_equal(count_refused(domains), 0);
	domains_free(&domains);
}

static void a_bad_policy_file_is_refused_with_its_line(void **state)
{
	assert_refused(state, "example.org.txt",
		       "version: STSv1\nmode: enforced\nmax_age: 86400\nmx: a.example\n",
		       "example.org.txt:2: mode is unknown (enforced): write enforce");
	assert_refused(state, "nodots.txt", "version: STSv1\nmode: none\nmax_age: 86400\n",
		       "nodots.txt: domain that the file is named after has only one label (nodots): name "
		       "the file after its domain, such as example.org.conf");
}

static void a_policy_file_over_64_kib_is_refused_unread(void **state)
{
	static char text[SYNTAX_BYTES_LIMIT + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_refused(state, "example.org.txt", text,
		       "example.org.txt: file is too large: keep it within 65536 bytes in all");
}

static void what_a_policy_needs_is_asked_for(void **state)
{
	assert_refused(
		state, "a.example.conf", "max_age = 86400; mx = [ \"a.example\" ];",
		"a.example.conf: mode is missing: write mode = \"testing\" (or \"enforce\", or \"none\")");
	assert_refused(state, "a.example.conf", "mode = \"none\";",
		       "a.example.conf: max_age is missing: write seconds in digits without quotes, such as "
		       "max_age = 604800");
	assert_refused(state, "a.example.conf", "mode = \"testing\"; max_age = 86400;",
		       "a.example.conf: mx is missing: name every MX of the domain, such as "
		       "mail.example.org; only mode none goes without");
	assert_refused(state, "list.conf", "domains = (\n{ mode = \"none\"; max_age = 86400; } );",
		       "list.conf:2: domain is missing: write domain = \"example.org\"");
}

static void a_bad_value_is_refused_with_a_hint(void **state)
{
	assert_refused(state, "a.example.conf", "mode = \"none\"; max_age = 31557601;",
		       "a.example.conf:1: max_age is out of range (31557601): write a number from 0 to "
		       "31557600 (seconds)");
	/* 4294967297 is 1 in 32 bits. */
	assert_refused(state, "a.example.conf", "mode = \"none\"; max_age = 4294967297;",
		       "a.example.conf:1: max_age is out of range (4294967297): write a number from 0 to "
		       "31557600 (seconds)");
	assert_refused(
		state, "a.example.conf", "mode = \"enforce\"; max_age = 86400;\nmx = \"a.example\";",
		"a.example.conf:2: mx is not a list (\"a.example\"): write a list of names, such as mx = "
		"[ \"mail.example.org\" ]");
	assert_refused(state, "a.example.conf", "mode = \"none\"; max_age = 86400;\nid = 20260101;",
		       "a.example.conf:2: id is not text in quotes (20260101): write 1 to 32 letters and "
		       "digits in quotes, such as \"20260101\"");
	assert_refused(state, "a.example.conf", "mode = \"none\"; max_age = 86400;\nid = \"a-b\";",
		       "a.example.conf:2: id is not an id (a-b): write 1 to 32 letters and digits in quotes, "
		       "such as \"20260101\"");
	assert_refused(state, "a.example.conf", "mode = \"none\"; maxage = 1; max_age = 86400;",
		       "a.example.conf:1: setting is unknown (maxage): write max_age");
	assert_refused(state, "a.example.conf", "mode = \"none\"; max_age = 86400; to = 1;",
		       "a.example.conf:1: setting is unknown (to): known here are domain, mode, max_age, mx, "
		       "id, record, domains");
	assert_refused(state, "x.conf",
		       "mode = \"none\"; max_age = 86400; domains = [ \"a.example\",\n\"a_b.example\" ];",
		       "x.conf:2: domain has a character other than letters, digits, hyphens and dots "
		       "(a_b.example): write what follows the @ of its mail addresses");
}

static void the_three_forms_do_not_mix(void **state)
{
	assert_refused(
		state, "x.conf",
		"domains = ( { domain = \"a.example\"; mode = \"none\"; max_age = 86400; } );\nmode = "
		"\"none\";",
		"x.conf:2: setting is given beside a list of policies (mode): move it into each { ... } of "
		"the "
		"list");
	assert_refused(state, "x.conf", GOOD "domain = \"a.example\"; domains = [ \"b.example\" ];",
		       "x.conf:2: domain and domains are both given (a.example): write it as one more member "
		       "of domains");
	assert_refused(state, "x.conf",
		       "domains = ( { domains = [ \"b.example\" ]; domain = \"a.example\"; mode = \"none\"; "
		       "max_age = 86400; } );",
		       "x.conf:1: setting is unknown (domains): write domain");
	assert_refused(state, "x.conf", GOOD "domains = [ ];",
		       "x.conf:2: domains is empty: write a list of names [ \"a.example\" ] or of policies ( "
		       "{ ... } ), or the \"FILE\" that has a name in each line");
}

static void everything_wrong_in_a_file_is_said_at_once(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(
		scratch, "list.conf",
		"domains = ( { domain = \"a.example\"; mode = \"report\"; max_age = -1; mx = [ 5 ]; },\n"
		"{ domain = \"b\"; mode = \"testing\"; max_age = 86400; mx = "
		"[\n\"1.2.3.4\",\n\"b\xc3\xbc.example\",\n\"a.*.example\"\n] } );");
	domains = load(scratch);
	scratch_assert_complaint(
		scratch,
		"list.conf:1: max_age is out of range (-1): write a number from 0 to 31557600 (seconds)");
	scratch_assert_complaint(scratch, "list.conf:1: mx has a member of the wrong type (5): write a list "
					  "of names, such as mx = [ \"mail.example.org\" ]");
	scratch_assert_complaint(scratch, "list.conf:1: mode is unknown (report): write testing");
	scratch_assert_complaint(
		scratch,
		"list.conf:2: domain has only one label (b): write what follows the @ of its mail addresses");
	scratch_assert_complaint(
		scratch, "list.conf:3: mx is an IP address, not a name (1.2.3.4): write the host name of the "
			 "MX as it stands in DNS, such as mail.example.org or *.example.org");
	scratch_assert_complaint(scratch, "list.conf:4: mx is not ASCII (b\\xc3\\xbc.example): write its "
					  "A-label form, xn--b-eha.example");
	scratch_assert_complaint(
		scratch,
		"list.conf:5: mx has a wildcard that is not alone in the left-most label (a.*.example): "
		"write *.example.org: the wildcard replaces exactly the left-most label");
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 0);
	domains_free(&domains);
}

static void a_domain_twice_in_a_file_refuses_the_file(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "x.conf",
			    GOOD "domains = [ \"a.example\",\n\"b.example\",\n\"A.example.\" ];");
	domains = load(scratch);
	scratch_assert_complaint(scratch, "x.conf:2: domain is named twice (a.example): name it here or at "
					  "x.conf:4, not at both places");
	scratch_assert_complaint(scratch, "x.conf:4: domain is named twice (a.example): name it here or at "
					  "x.conf:2, not at both places");
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 0);
	assert_int_equal(count_refused(domains), 1);
	domains_free(&domains);
}

static void an_include_outside_refuses_the_file(void **state)
{
	assert_refused(state, "a.example.conf", GOOD "@include \"/etc/passwd\"\n",
		       "a.example.conf:2: include is outside of the file's directory (/etc/passwd): put the "
		       "included file into that directory and write its name alone");
}

static void an_included_file_may_hold_the_common_part(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, ".common", "mx = [ \"mail.example.org\" ];");
	(void)scratch_write(scratch, "a.example.conf",
			    "mode = \"testing\"; max_age = 86400;\n@include \".common\"\n");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_string_equal(domains_find(domains, "a.example").said->terms->policy->mx.item[0],
			    "mail.example.org");
	domains_free(&domains);
}

static void a_policy_that_would_be_too_long_is_refused(void **state)
{
	struct text text = { 0 };

	assert_int_equal(text_appendf(&text, "mode = \"enforce\"; max_age = 86400; mx = [ \"a.b\""), ERR_OK);
	for (int i = 0; i < 600; i++)
		assert_int_equal(text_appendf(&text, ", \"host%d.example.org\"", i), ERR_OK);
	assert_int_equal(text_appendf(&text, " ];"), ERR_OK);
	assert_refused(state, "a.example.conf", text.bytes,
		       "a.example.conf:1: policy is over 10240 bytes: use fewer mx patterns, such as one "
		       "wildcard for many hosts");
	text_free(&text);
}

static void the_examples_of_the_source_tree_load_without_a_complaint(void **state)
{
	static const char *const examples[] = { "example.org.conf", "shared.conf", "policies.conf",
						"customers.conf", "customers.list" };
	struct scratch *scratch = *state;
	const char *srcdir = getenv("srcdir");
	struct domains *domains;

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct file file = { 0 };
		const char *why = "";
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/conf/domains.d/%s.example",
			       srcdir != NULL ? srcdir : ".", examples[i]);
		if (file_read(path, 65536, &file, &why) != ERR_OK)
			fail_msg("%s: %s", path, why);
		(void)scratch_write(scratch, examples[i], file.bytes);
		file_free(&file);
	}
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 7);
	domains_free(&domains);
}

static void a_name_made_from_the_domain_is_refused_in_every_place(void **state)
{
	static const char hint[] = "write example.org: the host mta-sts.example.org is made from it";
	static const struct {
		const char *name;
		const char *text;
		const char *complaint;
	} cases[] = {
		{ "mta-sts.example.org.conf", GOOD,
		  "mta-sts.example.org.conf: domain that the file is named after begins with mta-sts. "
		  "(mta-sts.example.org): " },
		{ "_mta-sts.example.org.txt", "version: STSv1\nmode: none\nmax_age: 86400\n",
		  "_mta-sts.example.org.txt: domain that the file is named after begins with _mta-sts. "
		  "(_mta-sts.example.org): " },
		{ "x.conf", GOOD "domain = \"MTA-STS.Example.org.\";",
		  "x.conf:2: domain begins with mta-sts. (MTA-STS.Example.org.): " },
		{ "x.conf", GOOD "domains = [\n\"_mta-sts.example.org\" ];",
		  "x.conf:3: domain begins with _mta-sts. (_mta-sts.example.org): " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char complaint[300];

		(void)snprintf(complaint, sizeof(complaint), "%s%s", cases[i].complaint, hint);
		assert_refused(state, cases[i].name, cases[i].text, complaint);
	}
}

static void a_domain_that_only_looks_like_a_made_name_is_taken(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "x.conf",
			    GOOD "domains = [ \"mta-sts.example\", \"mta-stsx.a.example\" ];");
	domains = load(scratch);
	scratch_assert_no_more(scratch);
	assert_int_equal(domains->count, 2);
	domains_free(&domains);
}

static void a_fault_of_a_name_is_told_whole(void **state)
{
	assert_refused(state, "a_b.example.conf", GOOD,
		       "a_b.example.conf: domain that the file is named after has a character other than "
		       "letters, digits, hyphens and dots (a_b.example): name the file after its domain, "
		       "such as example.org.conf");
}

static void a_policy_under_the_name_of_a_domain_file_is_told(void **state)
{
	assert_refused(state, "example.org.conf",
		       "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 604800\n",
		       "example.org.conf:1: file is a policy, as web servers have it: name it after its "
		       "domain and .txt, "
		       "such as example.org.txt");
}

static void a_short_max_age_is_warned_of_at_its_place(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "a.example.conf",
			    "mode = \"enforce\"; mx = [ \"a.example\" ];\nmax_age = 60;");
	domains = load(scratch);
	assert_int_equal(domains->count, 1);
	scratch_assert_complaint(
		scratch, "a.example.conf:2: warning: max_age is less than a day (60): write weeks, as "
			 "RFC 8461 expects: 604800 is one; an attacker waits until it is over");
	scratch_assert_no_more(scratch);
	domains_free(&domains);
}

/* Refused, and never a policy that would have every sender refuse all mail. */
static void mx_that_names_no_host_is_refused(void **state)
{
	static const char *const empty[] = { "", " ", ",", " \t,; " };

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++) {
		struct scratch *scratch = *state;
		struct domains *domains;
		char text[96];

		(void)snprintf(text, sizeof(text), "mode = \"enforce\"; max_age = 604800; mx = [ \"%s\" ];",
			       empty[i]);
		(void)scratch_write(scratch, "a.example.conf", text);
		domains = load(scratch);
		assert_int_equal(domains->count, 0);
		assert_int_equal(scratch->complaints.count, 1);
		assert_int_equal(scratch->complaints.errors, 1);
		complaints_free(&scratch->complaints);
		domains_free(&domains);
	}
}

static void missing_mx_is_said_beside_other_faults(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	(void)scratch_write(scratch, "a.example.conf", "mode = \"enforce\"; max_age = -1; mx = [ ];");
	(void)scratch_write(scratch, "b.example.conf",
			    "mode = \"enforce\"; max_age = 86400; max_age = 86402;");
	/* What is refused is not missing. */
	(void)scratch_write(scratch, "c.example.conf",
			    "mode = \"enforce\"; max_age = 86400; mx = [ \"*\" ];");
	(void)scratch_write(scratch, "d.example.conf", "mode = \"enforce\"; max_age = 86400; mx = \"d\";");
	domains = load(scratch);
	assert_int_equal(scratch->complaints.count, 6);
	assert_string_equal(scratch->complaints.item[0].what, "max_age is out of range");
	assert_string_equal(scratch->complaints.item[1].what, "mx is missing");
	assert_int_equal(scratch->complaints.item[1].line, 1);
	assert_string_equal(scratch->complaints.item[2].what, "mx is missing");
	assert_string_equal(scratch->complaints.item[3].what, "setting is given twice");
	assert_string_equal(scratch->complaints.item[3].value, "max_age");
	assert_non_null(strstr(scratch->complaints.item[4].what, "wildcard"));
	assert_string_equal(scratch->complaints.item[5].what, "mx is not a list");
	domains_free(&domains);
}

static void a_domain_twice_at_one_place_is_said_once(void **state)
{
	struct scratch *scratch = *state;
	struct domains *domains;

	assert_refused(state, "x.conf", GOOD "domains = [ \"a.example\", \"A.example\", \"a.example.\" ];",
		       "x.conf:2: domain is named twice (a.example): remove one");
	(void)scratch_write(scratch, "x.conf",
			    GOOD
			    "domains = [ \"a.example\", \"a.example\",\n\"a.example\",\n\"a.example\" ];");
	domains = load(scratch);
	scratch_assert_complaint(scratch, "x.conf:2: domain is named twice (a.example): name it here or at "
					  "x.conf:3, not at both places");
	scratch_assert_complaint(scratch, "x.conf:3: domain is named twice (a.example): name it here or at "
					  "x.conf:2, not at both places");
	scratch_assert_complaint(scratch, "x.conf:4: domain is named twice (a.example): name it here or at "
					  "x.conf:2, not at both places");
	scratch_assert_no_more(scratch);
	domains_free(&domains);
}

static void a_policy_file_of_much_that_is_not_published_may_be_over_10_kib(void **state)
{
	struct scratch *scratch = *state;
	struct text text = { 0 };
	struct domains *domains;

	assert_int_equal(text_appendf(&text, "version: STSv1\nmode: none\nmax_age: 86400\n"), ERR_OK);
	while (text.len < 3 * POLICY_TEXT_LIMIT)
		assert_int_equal(text_appendf(&text, "note: what another server had to say about it\n"),
				 ERR_OK);
	(void)scratch_put(scratch, "a.example.txt", text.bytes, text.len);
	for (size_t i = text_appendf(&text, "mx: a.b\n"); i < 700; i++)
		assert_int_equal(text_appendf(&text, "mx: host%zu.example.org\n", i), ERR_OK);
	(void)scratch_put(scratch, "b.example.txt", text.bytes, text.len);
	domains = load(scratch);
	assert_non_null(domains_find(domains, "a.example").said);
	assert_null(domains_find(domains, "b.example").said);
	assert_int_equal(scratch->complaints.errors, 1);
	domains_free(&domains);
	text_free(&text);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(a_file_is_one_domain_named_after_it),
		WITH_SCRATCH(a_domain_inside_overrides_the_name_of_the_file),
		WITH_SCRATCH(names_in_any_language_become_a_labels),
		WITH_SCRATCH(many_domains_share_one_policy),
		WITH_SCRATCH(a_list_holds_many_policies),
		WITH_SCRATCH(a_policy_file_of_another_server_is_taken_as_it_is),
		WITH_SCRATCH(a_bad_policy_file_is_refused_with_its_line),
		WITH_SCRATCH(a_policy_file_over_64_kib_is_refused_unread),
		WITH_SCRATCH(what_a_policy_needs_is_asked_for),
		WITH_SCRATCH(a_bad_value_is_refused_with_a_hint),
		WITH_SCRATCH(a_name_made_from_the_domain_is_refused_in_every_place),
		WITH_SCRATCH(a_domain_that_only_looks_like_a_made_name_is_taken),
		WITH_SCRATCH(a_fault_of_a_name_is_told_whole),
		WITH_SCRATCH(a_policy_under_the_name_of_a_domain_file_is_told),
		WITH_SCRATCH(a_short_max_age_is_warned_of_at_its_place),
		WITH_SCRATCH(mx_that_names_no_host_is_refused),
		WITH_SCRATCH(missing_mx_is_said_beside_other_faults),
		WITH_SCRATCH(a_domain_twice_at_one_place_is_said_once),
		WITH_SCRATCH(a_policy_file_of_much_that_is_not_published_may_be_over_10_kib),
		WITH_SCRATCH(the_three_forms_do_not_mix),
		WITH_SCRATCH(everything_wrong_in_a_file_is_said_at_once),
		WITH_SCRATCH(a_domain_twice_in_a_file_refuses_the_file),
		WITH_SCRATCH(an_include_outside_refuses_the_file),
		WITH_SCRATCH(an_included_file_may_hold_the_common_part),
		WITH_SCRATCH(a_policy_that_would_be_too_long_is_refused),
		WITH_SCRATCH(the_examples_of_the_source_tree_load_without_a_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
