/* SPDX-License-Identifier: ISC */
/* wrap: ask_all connect; memory */
#include "ctl/dns/look.h"

#include "memory.h"
#include "name_server.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define PATIENT_MS   5000
#define IMPATIENT_MS 400

#define NAME   "_mta-sts.example.org"
#define RECORD "v=STSv1; id=1;"
#define TARGET "example.org._mta-sts.provider.example"

#define SERVERS_MAX 4

/* What the resolver tells of: a zone of two servers, one of them with IPv6, and that of a provider. */
static const struct name_server_row world[] = {
	{ "example.org", ns_t_ns, 5, "ns1.example.org" },
	{ "example.org", ns_t_ns, 5, "ns2.example.org" },
	{ "ns1.example.org", ns_t_a, 5, "127.0.0.2" },
	{ "ns2.example.org", ns_t_a, 5, "127.0.0.3" },
	{ "provider.example", ns_t_ns, 5, "ns.provider.example" },
	{ "ns.provider.example", ns_t_a, 5, "127.0.0.4" },
};

static const struct name_server_row right[] = { { NAME, ns_t_txt, 300, "v=STSv1; |id=1;" } };
static const struct name_server_row leading[] = { { NAME, ns_t_cname, 7200, TARGET } };
static const struct name_server_row led_to[] = { { TARGET, ns_t_txt, 300, RECORD } };
static const struct name_server_row empty[] = { { "example.org", ns_t_soa, 300, "ns1.example.org" } };

static struct {
	struct name_server_setup setup[SERVERS_MAX];
	struct name_server *server[SERVERS_MAX];
	size_t count;
	struct look look;
} fix;

static bool without_ipv6;
static bool reversed; /* records come in the other order */

__typeof__(ask_all) __real_ask_all;
__typeof__(ask_all) __wrap_ask_all;
int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (!without_ipv6 || address->sa_family != AF_INET6)
		return __real_connect(fd, address, len);
	errno = ENETUNREACH;
	return -1;
}

/* Servers of the world listen at port 53, ours at any. */
enum err __wrap_ask_all(const struct ask_way *way, struct ask *asks, size_t count)
{
	static char at[RECORD_SERVERS_MAX][64];
	const char *before[RECORD_SERVERS_MAX];
	enum err err;

	for (size_t i = 0; i < count && asks[i].server != NULL; i++) {
		before[i] = asks[i].server;
		for (size_t k = 0; k < fix.count; k++) {
			bool v6 = strchr(before[i], ':') != NULL;

			if (strcmp(fix.setup[k].address, before[i]) != 0)
				continue;
			(void)snprintf(at[i], sizeof(at[i]), "%s%s%s:%u", v6 ? "[" : "", before[i],
				       v6 ? "]" : "", name_server_port(fix.server[k]));
			asks[i].server = at[i];
		}
	}
	err = __real_ask_all(way, asks, count);
	for (size_t i = 0; i < count && asks[i].server != NULL; i++) {
		asks[i].server = before[i];
		for (size_t k = 0; reversed && k < asks[i].count / 2; k++) {
			struct ask_record kept = asks[i].record[k];

			asks[i].record[k] = asks[i].record[asks[i].count - 1 - k];
			asks[i].record[asks[i].count - 1 - k] = kept;
		}
	}
	return err;
}

static bool start_with(const char *address, enum name_server_manner manner, int rcode,
		       const struct name_server_row *rows, size_t count)
{
	struct name_server_setup *setup = &fix.setup[fix.count];

	*setup = (struct name_server_setup){
		.address = address, .manner = manner, .rcode = rcode, .rows = rows, .count = count
	};
	fix.server[fix.count] = name_server_start(setup);
	fix.count += fix.server[fix.count] != NULL;
	return fix.count > 0 && fix.setup[fix.count - 1].address == address;
}

#define COUNT(rows)          (sizeof(rows) / sizeof(*(rows)))
#define START(address, rows) assert_true(start_with(address, NAME_SERVER_GOOD, 0, rows, COUNT(rows)))

static void take_within(int timeout_ms)
{
	char resolver[64];
	struct ask_way way = { .resolver = resolver, .timeout_ms = timeout_ms };

	(void)snprintf(resolver, sizeof(resolver), "127.0.0.1:%u", name_server_port(fix.server[0]));
	assert_int_equal(look_take(&way, "example.org", &fix.look), ERR_OK);
}

/* Assert what the next of the servers said: a text, "" for nothing, or an error. */
static void assert_said(size_t i, const char *address, const char *text, const char *error)
{
	const struct record_answer *server = &fix.look.answer[i];

	assert_in_range(fix.look.count, i + 1, RECORD_SERVERS_MAX);
	assert_string_equal(server->address, address);
	assert_string_equal(server->error != NULL ? server->error : "", error != NULL ? error : "");
	assert_int_equal(server->text_count, text != NULL && *text != '\0');
	if (server->text_count > 0)
		assert_string_equal(server->texts[0], text);
	assert_false(server->skipped);
}

static int set_up(void **state)
{
	(void)state;
	without_ipv6 = reversed = false;
	START("127.0.0.1", world);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)memory_restore();
	for (; fix.count > 0; fix.count--)
		name_server_stop(&fix.server[fix.count - 1]);
	look_free(&fix.look);
	return 0;
}

static void every_server_is_told_with_what_it_says(void **state)
{
	static const struct name_server_row old[] = { { NAME, ns_t_txt, 300, "v=STSv1; id=0;" } };

	(void)state;
	START("127.0.0.2", right);
	START("127.0.0.3", old);
	take_within(PATIENT_MS);
	assert_null(fix.look.error);
	assert_int_equal(fix.look.count, 2);
	assert_string_equal(fix.look.answer[0].server, "ns1.example.org");
	assert_said(0, "127.0.0.2", RECORD, NULL);
	assert_int_equal(fix.look.answer[0].ttl, 300);
	assert_said(1, "127.0.0.3", "v=STSv1; id=0;", NULL);
}

static void a_server_that_has_nothing_is_told_so(void **state)
{
	static const struct name_server_row other[] = { { NAME, ns_t_a, 300, "192.0.2.1" } };

	(void)state;
	START("127.0.0.2", empty);
	START("127.0.0.3", other);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", "", NULL);
	assert_said(1, "127.0.0.3", "", NULL);
}

static void several_records_are_all_told(void **state)
{
	static const struct name_server_row two[] = { { NAME, ns_t_txt, 60, RECORD },
						      { NAME, ns_t_txt, 600, "something else" } };

	(void)state;
	START("127.0.0.2", two);
	START("127.0.0.3", right);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.answer[0].text_count, 2);
	assert_string_equal(fix.look.answer[0].texts[0], "something else");
	assert_int_equal(fix.look.answer[0].ttl, 600);
}

static void a_cname_into_another_zone_is_followed(void **state)
{
	(void)state;
	START("127.0.0.2", leading);
	START("127.0.0.3", leading);
	START("127.0.0.4", led_to);
	take_within(PATIENT_MS);
	assert_null(fix.look.error);
	assert_int_equal(fix.look.count, 1);
	assert_string_equal(fix.look.answer[0].server, "ns.provider.example");
	assert_said(0, "127.0.0.4", RECORD, NULL);
	assert_int_equal(fix.look.answer[0].ttl, 7200);
}

/* The first CNAME lives longest, and the order of the records means nothing. */
static void a_chain_of_cnames_is_followed_step_by_step(void **state)
{
	static const struct name_server_row chain[] = { { NAME, ns_t_cname, 7200, "b.example.org" },
							{ "b.example.org", ns_t_cname, 60, "c.example.org" },
							{ "c.example.org", ns_t_txt, 300, RECORD } };
	static const struct name_server_row cut[] = { { NAME, ns_t_cname, 7200, "b.example.org" } };

	(void)state;
	reversed = true;
	START("127.0.0.2", chain);
	START("127.0.0.3", cut);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 3);
	assert_said(0, "127.0.0.3", "", NULL);
	assert_said(1, "127.0.0.2", RECORD, NULL);
	assert_int_equal(fix.look.answer[1].ttl, 7200);
	assert_said(2, "127.0.0.3", "", NULL);
}

static void a_server_that_does_not_lead_on_like_the_others_is_told(void **state)
{
	(void)state;
	START("127.0.0.2", leading);
	START("127.0.0.3", empty);
	START("127.0.0.4", led_to);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.3", "", NULL);
	assert_said(1, "127.0.0.4", RECORD, NULL);
}

static void a_cname_with_something_beside_it_is_told(void **state)
{
	static const struct name_server_row beside[] = { { NAME, ns_t_cname, 5, TARGET },
							 { NAME, ns_t_txt, 5, RECORD } };
	static const struct name_server_row two[] = { { NAME, ns_t_cname, 5, TARGET },
						      { NAME, ns_t_cname, 5, "other.example" } };

	(void)state;
	START("127.0.0.2", beside);
	START("127.0.0.3", two);
	START("127.0.0.4", led_to);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", "", "answered with a CNAME and something beside it");
	assert_said(1, "127.0.0.3", "", "answered with a CNAME and something beside it");
}

static void a_name_server_that_is_the_root_has_a_name(void **state)
{
	static const struct name_server_row rootly[] = { { "example.org", ns_t_ns, 5, "." } };

	(void)state;
	name_server_stop(&fix.server[0]);
	fix.count = 0;
	START("127.0.0.1", rootly);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 1);
	assert_string_equal(fix.look.answer[0].server, ".");
	assert_string_equal(fix.look.answer[0].error, "it has no address");
}

static void a_cname_that_leads_nowhere_is_told(void **state)
{
	static const struct name_server_row lost[] = { { NAME, ns_t_cname, 5, "target.nowhere" } };

	(void)state;
	START("127.0.0.2", lost);
	START("127.0.0.3", lost);
	take_within(PATIENT_MS);
	assert_null(fix.look.error);
	assert_int_equal(fix.look.count, 1);
	assert_string_equal(fix.look.answer[0].server, "target.nowhere");
	assert_said(0, "", "", "no zone is known for it");
}

/* The answer of one zone holds both, so that its reader ends it; those of two zones do not. */
static void a_circle_of_cnames_is_told(void **state)
{
	static const struct name_server_row back[] = { { TARGET, ns_t_cname, 5, NAME } };
	static const struct name_server_row both[] = { { NAME, ns_t_cname, 5, TARGET },
						       { TARGET, ns_t_cname, 5, NAME } };

	(void)state;
	START("127.0.0.2", leading);
	START("127.0.0.3", both);
	START("127.0.0.4", back);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.3", "", "answered with too many CNAMEs");
	assert_said(1, "127.0.0.4", "", "its CNAME leads in a circle");
}

/* Two servers know every second name each, so that no answer holds more than one CNAME. */
static void a_chain_that_is_too_long_is_told(void **state)
{
	static char names[10][32];
	static struct name_server_row even[COUNT(names)], odd[COUNT(names)];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *owner = i == 0 ? NAME : names[i - 1];

		(void)snprintf(names[i], sizeof(names[i]), "n%zu.example.org", i);
		even[i] = (struct name_server_row){ i % 2 == 0 ? owner : "unused", ns_t_cname, 5, names[i] };
		odd[i] = (struct name_server_row){ i % 2 == 1 ? owner : "unused", ns_t_cname, 5, names[i] };
	}
	START("127.0.0.2", even);
	START("127.0.0.3", odd);
	take_within(PATIENT_MS);
	/* At each of the nine names one of the servers has nothing, and at the last the other leads on. */
	assert_int_equal(fix.look.count, 10);
	for (size_t i = 0; i < 8; i++)
		assert_said(i, i % 2 == 0 ? "127.0.0.3" : "127.0.0.2", "", NULL);
	assert_said(8, "127.0.0.2", "", "too many CNAMEs");
}

static void a_server_that_is_not_authoritative_has_said_nothing(void **state)
{
	(void)state;
	assert_true(start_with("127.0.0.2", NAME_SERVER_LAME, 0, right, COUNT(right)));
	assert_true(start_with("127.0.0.3", NAME_SERVER_GOOD, ns_r_refused, right, COUNT(right)));
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", "", "answered without being authoritative");
	assert_said(1, "127.0.0.3", "", "answered REFUSED");
}

static void a_cname_of_a_server_that_is_not_authoritative_is_not_followed(void **state)
{
	(void)state;
	assert_true(start_with("127.0.0.2", NAME_SERVER_LAME, 0, leading, COUNT(leading)));
	START("127.0.0.3", right);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", "", "answered without being authoritative");
}

static void a_silent_server_does_not_hide_the_others(void **state)
{
	(void)state;
	assert_true(start_with("127.0.0.2", NAME_SERVER_SILENT, 0, right, COUNT(right)));
	START("127.0.0.3", right);
	take_within(IMPATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", "", "no answer in time");
	assert_said(1, "127.0.0.3", RECORD, NULL);
}

/* The resolver of this world is asked anew with an IPv6 address of the first server. */
static bool start_with_ipv6(void)
{
	static const struct name_server_row rows[] = { { "example.org", ns_t_ns, 5, "ns1.example.org" },
						       { "ns1.example.org", ns_t_a, 5, "127.0.0.2" },
						       { "ns1.example.org", ns_t_aaaa, 5, "::1" } };

	name_server_stop(&fix.server[0]);
	fix.count = 0;
	START("127.0.0.1", rows);
	START("127.0.0.2", right);
	return start_with("::1", NAME_SERVER_GOOD, 0, empty, COUNT(empty));
}

static void an_ipv6_address_is_asked_too(void **state)
{
	(void)state;
	if (!start_with_ipv6())
		skip();
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_said(0, "127.0.0.2", RECORD, NULL);
	assert_said(1, "::1", "", NULL);
}

static void an_address_family_without_a_route_is_skipped_and_no_error(void **state)
{
	(void)state;
	(void)start_with_ipv6();
	without_ipv6 = true;
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 2);
	assert_false(fix.look.answer[0].skipped);
	assert_true(fix.look.answer[1].skipped);
	assert_null(fix.look.answer[1].error);
	assert_int_equal(fix.look.answer[1].text_count, 0);
}

static void a_server_that_leads_on_by_one_family_is_not_told_of_by_the_other(void **state)
{
	static const struct name_server_row rows[] = { { "example.org", ns_t_ns, 5, "ns1.example.org" },
						       { "ns1.example.org", ns_t_a, 5, "127.0.0.2" },
						       { "ns1.example.org", ns_t_aaaa, 5, "2001:db8::2" },
						       { "provider.example", ns_t_ns, 5,
							 "ns.provider.example" },
						       { "ns.provider.example", ns_t_a, 5, "127.0.0.4" } };

	(void)state;
	name_server_stop(&fix.server[0]);
	fix.count = 0;
	START("127.0.0.1", rows);
	START("127.0.0.2", leading);
	START("127.0.0.4", led_to);
	without_ipv6 = true;
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 1);
	assert_said(0, "127.0.0.4", RECORD, NULL);
}

static void without_any_server_there_is_an_error(void **state)
{
	(void)state;
	name_server_stop(&fix.server[0]);
	fix.count = 0;
	START("127.0.0.1", led_to);
	take_within(PATIENT_MS);
	assert_int_equal(fix.look.count, 0);
	assert_string_equal(fix.look.error, "no zone is known for it");
}

static void memory_that_runs_out_is_told_and_nothing_leaks(void **state)
{
	char resolver[64];
	struct ask_way way = { .resolver = resolver, .timeout_ms = PATIENT_MS };
	enum err err = ERR_NO_MEMORY;
	bool failed = true;

	(void)state;
	START("127.0.0.2", leading);
	START("127.0.0.3", right);
	START("127.0.0.4", led_to);
	(void)snprintf(resolver, sizeof(resolver), "127.0.0.1:%u", name_server_port(fix.server[0]));
	for (size_t i = 0; failed && i < 500; i++) {
		look_free(&fix.look);
		memory_fail_after(i);
		err = look_take(&way, "example.org", &fix.look);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		assert_int_equal(fix.look.count, failed ? 0 : 2);
	}
	assert_int_equal(err, ERR_OK);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(every_server_is_told_with_what_it_says),
		UNIT(a_server_that_has_nothing_is_told_so),
		UNIT(several_records_are_all_told),
		UNIT(a_cname_into_another_zone_is_followed),
		UNIT(a_chain_of_cnames_is_followed_step_by_step),
		UNIT(a_server_that_does_not_lead_on_like_the_others_is_told),
		UNIT(a_cname_with_something_beside_it_is_told),
		UNIT(a_name_server_that_is_the_root_has_a_name),
		UNIT(a_cname_that_leads_nowhere_is_told),
		UNIT(a_circle_of_cnames_is_told),
		UNIT(a_chain_that_is_too_long_is_told),
		UNIT(a_server_that_is_not_authoritative_has_said_nothing),
		UNIT(a_cname_of_a_server_that_is_not_authoritative_is_not_followed),
		UNIT(a_silent_server_does_not_hide_the_others),
		UNIT(an_ipv6_address_is_asked_too),
		UNIT(an_address_family_without_a_route_is_skipped_and_no_error),
		UNIT(a_server_that_leads_on_by_one_family_is_not_told_of_by_the_other),
		UNIT(without_any_server_there_is_an_error),
		UNIT(memory_that_runs_out_is_told_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
