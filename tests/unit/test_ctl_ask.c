/* SPDX-License-Identifier: ISC */
/* wrap: connect; memory */
#include "ctl/dns/ask.h"

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

#define NAME "_mta-sts.example.org"
#define SIZE 64

/* Long for whoever answers, and short for who does not. */
#define PATIENT_MS   5000
#define IMPATIENT_MS 50

static const struct name_server_row rows[] = {
	{ NAME, ns_t_txt, 300, "v=STSv1; |id=1;" },
	{ "alias.example.org", ns_t_cname, 60, NAME },
	{ "example.org", ns_t_mx, 300, "10 mail.example.org" },
};

static int no_route; /* errno of connect(), or 0 */

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (no_route == 0)
		return __real_connect(fd, address, len);
	errno = no_route;
	return -1;
}

/* A server of these rows and the address to ask at. */
struct place {
	struct name_server_setup setup;
	struct name_server *server;
	char at[SIZE];
};

static void start(struct place *place, enum name_server_manner manner, int rcode)
{
	place->setup = (struct name_server_setup){ .address = "127.0.0.1",
						   .manner = manner,
						   .rcode = rcode,
						   .rows = rows,
						   .count = sizeof(rows) / sizeof(*rows) };
	place->server = name_server_start(&place->setup);
	assert_non_null(place->server);
	(void)snprintf(place->at, sizeof(place->at), "127.0.0.1:%u", name_server_port(place->server));
}

static int set_up(void **state)
{
	no_route = 0;
	*state = calloc(1, sizeof(struct place));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	(void)memory_restore();
	name_server_stop(&place->server);
	free(place);
	return 0;
}

/* Ask one question of the server that was started. */
static struct ask ask_it(const struct place *place, const char *name, int type, int timeout_ms)
{
	struct ask_way way = { .resolver = "192.0.2.1", .timeout_ms = timeout_ms };
	struct ask ask = { .server = place->at, .name = name, .type = type };

	assert_int_equal(ask_all(&way, &ask, 1), ERR_OK);
	return ask;
}

static void a_record_is_found_with_all_its_strings(void **state)
{
	struct place *place = *state;
	const struct ask_record *txt;
	struct ask ask;

	start(place, NAME_SERVER_GOOD, 0);
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_ANSWERED);
	assert_true(ask.authoritative);
	assert_null(ask.why);
	txt = ask_next(&ask, ns_t_txt, NULL);
	assert_non_null(txt);
	assert_string_equal(txt->text, "v=STSv1; id=1;");
	assert_string_equal(txt->owner, NAME);
	assert_int_equal(txt->ttl, 300);
	assert_null(ask_next(&ask, ns_t_txt, txt));
	ask_free(&ask, 1);
	ask_free(&ask, 1);
	assert_string_equal(ask.name, NAME);
}

static void a_cname_is_told_beside_where_it_leads(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_GOOD, 0);
	ask = ask_it(place, "alias.example.org", ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_ANSWERED);
	assert_string_equal(ask_next(&ask, ns_t_cname, NULL)->text, NAME);
	assert_string_equal(ask_next(&ask, ns_t_txt, NULL)->owner, NAME);
	ask_free(&ask, 1);
}

static void what_is_not_there_is_told_apart(void **state)
{
	struct place *place = *state;
	struct ask nothing, no_name;

	start(place, NAME_SERVER_LAME, 0);
	nothing = ask_it(place, NAME, ns_t_mx, PATIENT_MS);
	no_name = ask_it(place, "other.example.org", ns_t_txt, PATIENT_MS);
	assert_int_equal(nothing.state, ASK_NOTHING);
	assert_int_equal(no_name.state, ASK_NO_NAME);
	assert_false(nothing.authoritative);
	ask_free(&nothing, 1);
	ask_free(&no_name, 1);
}

static void a_server_that_refuses_says_so(void **state)
{
	static const struct {
		int rcode;
		const char *why;
	} samples[] = { { ns_r_formerr, "answered FORMERR" },
			{ ns_r_servfail, "answered SERVFAIL" },
			{ ns_r_notimpl, "answered NOTIMP" },
			{ ns_r_refused, "answered REFUSED" },
			{ ns_r_notauth, "answered with an error" } };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		struct ask ask;

		start(place, NAME_SERVER_GOOD, samples[i].rcode);
		ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
		assert_int_equal(ask.state, ASK_FAILED);
		assert_string_equal(ask.why, samples[i].why);
		ask_free(&ask, 1);
		name_server_stop(&place->server);
	}
}

static void a_truncated_answer_is_asked_for_over_tcp(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_TRUNCATES, 0);
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_ANSWERED);
	assert_int_equal(name_server_tally(place->server).over_tcp, 1);
	ask_free(&ask, 1);
}

static void a_server_that_says_nothing_is_silent(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_SILENT, 0);
	ask = ask_it(place, NAME, ns_t_txt, IMPATIENT_MS);
	assert_int_equal(ask.state, ASK_SILENT);
	assert_string_equal(ask.why, "no answer in time");
	assert_int_equal(name_server_tally(place->server).all, 2);
}

static void nobody_at_the_port_is_silence(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_GOOD, 0);
	name_server_stop(&place->server);
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_SILENT);
	assert_string_equal(ask.why, "no answer");
}

static void a_resolver_that_says_nothing_is_named(void **state)
{
	struct place *place = *state;
	struct ask_way way = { .resolver = place->at, .timeout_ms = IMPATIENT_MS };
	struct ask ask = { .name = NAME, .type = ns_t_txt };

	start(place, NAME_SERVER_SILENT, 0);
	assert_int_equal(ask_all(&way, &ask, 1), ERR_OK);
	assert_int_equal(ask.state, ASK_SILENT);
	assert_true(ask.deaf);
	assert_string_equal(ask.why, "the resolver gave no answer in time");
	name_server_stop(&place->server);
	ask_free(&ask, 1);
	assert_int_equal(ask_all(&way, &ask, 1), ERR_OK);
	assert_string_equal(ask.why, "the resolver does not answer");
	ask_free(&ask, 1);
	assert_false(ask.deaf);
}

static void a_resolver_that_refuses_is_named_and_one_that_fails_may_blame_the_zone(void **state)
{
	static const struct {
		int rcode;
		bool deaf;
		const char *why;
	} cases[] = { { ns_r_refused, true, "the resolver answered REFUSED" },
		      { ns_r_servfail, false, "answered SERVFAIL" } };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ask_way way = { .resolver = place->at, .timeout_ms = PATIENT_MS };
		struct ask ask = { .name = NAME, .type = ns_t_txt };

		start(place, NAME_SERVER_GOOD, cases[i].rcode);
		assert_int_equal(ask_all(&way, &ask, 1), ERR_OK);
		assert_int_equal(ask.state, ASK_FAILED);
		assert_int_equal(ask.deaf, cases[i].deaf);
		assert_string_equal(ask.why, cases[i].why);
		ask_free(&ask, 1);
		name_server_stop(&place->server);
	}
}

static void an_answer_to_another_question_is_not_heard(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_FORGED, 0);
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_ANSWERED);
	ask_free(&ask, 1);
}

static void an_answer_without_sense_is_a_failure(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_JUNK, 0);
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_FAILED);
	assert_string_equal(ask.why, "answered what cannot be read");
	assert_int_equal(ask.count, 0);
	ask_free(&ask, 1);
}

static void more_records_than_are_kept_are_a_failure(void **state)
{
	static struct name_server_row many[ASK_RECORDS_MAX + 1];
	struct place *place = *state;
	struct ask ask;

	for (size_t i = 0; i < ASK_RECORDS_MAX + 1; i++)
		many[i] = (struct name_server_row){ NAME, ns_t_txt, 5, "a" };
	start(place, NAME_SERVER_GOOD, 0);
	name_server_stop(&place->server);
	place->setup.rows = many;
	place->setup.count = ASK_RECORDS_MAX + 1;
	place->server = name_server_start(&place->setup);
	(void)snprintf(place->at, sizeof(place->at), "127.0.0.1:%u", name_server_port(place->server));
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_FAILED);
	assert_string_equal(ask.why, "answered with too many records");
	ask_free(&ask, 1);
	name_server_stop(&place->server);
}

static void an_address_family_without_a_route_is_no_silence(void **state)
{
	static const int errors[] = { ENETUNREACH, EADDRNOTAVAIL };
	struct place *place = *state;

	start(place, NAME_SERVER_GOOD, 0);
	for (size_t i = 0; i < 2; i++) {
		struct ask ask;

		no_route = errors[i];
		ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
		assert_int_equal(ask.state, ASK_NO_ROUTE);
	}
	assert_int_equal(name_server_tally(place->server).all, 0);
}

static void a_name_that_the_library_would_misread_is_not_asked_for(void **state)
{
	struct place *place = *state;
	struct ask ask;

	start(place, NAME_SERVER_GOOD, 0);
	ask = ask_it(place, "a\\046b.example", ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_FAILED);
	ask = ask_it(place, "a..example", ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_FAILED);
	assert_string_equal(ask.why, "cannot be asked");
	assert_int_equal(name_server_tally(place->server).all, 0);
}

static void the_resolver_is_asked_to_ask_others_and_a_server_is_not(void **state)
{
	struct place *place = *state;
	struct ask_way way = { .resolver = place->at, .timeout_ms = PATIENT_MS };
	struct ask asks[] = { { .name = NAME, .type = ns_t_txt },
			      { .server = place->at, .name = NAME, .type = ns_t_txt } };

	start(place, NAME_SERVER_GOOD, 0);
	assert_int_equal(ask_all(&way, asks, 2), ERR_OK);
	assert_int_equal(asks[0].state, ASK_ANSWERED);
	assert_int_equal(asks[1].state, ASK_ANSWERED);
	assert_int_equal(name_server_tally(place->server).all, 2);
	assert_int_equal(name_server_tally(place->server).recursive, 1);
	ask_free(asks, 2);
}

static void every_form_of_an_address_is_understood(void **state)
{
	static const char *const good[] = { "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]",
					    "[2001:db8::1]:5353" };
	static const char *const bad[] = { "",           "localhost",   "192.0.2",         "[192.0.2.1]:53",
					   "192.0.2.1:", "2001:db8::g", "192.0.2.1:65536", "192.0.2.1:0",
					   "[::1]:0",    "[192.0.2.1]" };
	struct ask ask = { .name = NAME, .type = ns_t_txt };

	(void)state;
	no_route = ENETUNREACH;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct ask_way way = { .resolver = good[i], .timeout_ms = PATIENT_MS };

		assert_int_equal(ask_all(&way, &ask, 1), ERR_OK);
		assert_int_equal(ask.state, ASK_NO_ROUTE);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct ask_way way = { .resolver = bad[i], .timeout_ms = PATIENT_MS };

		assert_int_equal(ask_all(&way, &ask, 1), ERR_SYNTAX);
	}
}

static void ipv6_is_spoken(void **state)
{
	struct place *place = *state;
	struct ask ask;

	place->setup = (struct name_server_setup){ .address = "::1", .rows = rows, .count = 1 };
	place->server = name_server_start(&place->setup);
	if (place->server == NULL)
		skip();
	(void)snprintf(place->at, sizeof(place->at), "[::1]:%u", name_server_port(place->server));
	ask = ask_it(place, NAME, ns_t_txt, PATIENT_MS);
	assert_int_equal(ask.state, ASK_ANSWERED);
	ask_free(&ask, 1);
}

static void more_questions_than_fly_at_once_all_end(void **state)
{
	static struct ask asks[200];
	struct place *place = *state;
	struct ask_way way = { .resolver = place->at, .timeout_ms = PATIENT_MS };

	start(place, NAME_SERVER_GOOD, 0);
	for (size_t i = 0; i < 200; i++)
		asks[i] = (struct ask){ .name = i % 2 == 0 ? NAME : "example.org",
					.type = i % 2 == 0 ? ns_t_txt : ns_t_mx };
	assert_int_equal(ask_all(&way, asks, 200), ERR_OK);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(asks[i].state, ASK_ANSWERED);
		assert_int_equal(asks[i].record[0].type, asks[i].type);
	}
	assert_int_equal(asks[1].record[0].preference, 10);
	ask_free(asks, 200);
	assert_int_equal(ask_all(&way, NULL, 0), ERR_OK);
}

static void memory_that_runs_out_is_told_and_nothing_leaks(void **state)
{
	struct place *place = *state;
	struct ask_way way = { .resolver = place->at, .timeout_ms = PATIENT_MS };
	enum err err = ERR_NO_MEMORY;
	bool failed = true;

	start(place, NAME_SERVER_GOOD, 0);
	for (size_t i = 0; failed && i < 100; i++) {
		struct ask asks[] = { { .name = NAME, .type = ns_t_txt },
				      { .name = "example.org", .type = ns_t_mx } };

		memory_fail_after(i);
		err = ask_all(&way, asks, 2);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
		ask_free(asks, 2);
	}
	assert_int_equal(err, ERR_OK);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(a_record_is_found_with_all_its_strings),
		UNIT(a_cname_is_told_beside_where_it_leads),
		UNIT(what_is_not_there_is_told_apart),
		UNIT(a_server_that_refuses_says_so),
		UNIT(a_truncated_answer_is_asked_for_over_tcp),
		UNIT(a_server_that_says_nothing_is_silent),
		UNIT(nobody_at_the_port_is_silence),
		UNIT(a_resolver_that_says_nothing_is_named),
		UNIT(a_resolver_that_refuses_is_named_and_one_that_fails_may_blame_the_zone),
		UNIT(an_answer_to_another_question_is_not_heard),
		UNIT(an_answer_without_sense_is_a_failure),
		UNIT(more_records_than_are_kept_are_a_failure),
		UNIT(an_address_family_without_a_route_is_no_silence),
		UNIT(a_name_that_the_library_would_misread_is_not_asked_for),
		UNIT(the_resolver_is_asked_to_ask_others_and_a_server_is_not),
		UNIT(every_form_of_an_address_is_understood),
		UNIT(ipv6_is_spoken),
		UNIT(more_questions_than_fly_at_once_all_end),
		UNIT(memory_that_runs_out_is_told_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
