/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "ctl/dns/authority.h"

#include "memory.h"
#include "name_server.h"

#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATIENT_MS 5000

struct fixture {
	struct name_server_setup setup;
	struct name_server *resolver;
	char at[64];
	struct authority authority;
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	(void)memory_restore();
	name_server_stop(&fix->resolver);
	authority_free(&fix->authority);
	free(fix);
	return 0;
}

static void start(struct fixture *fix, const struct name_server_row *rows, size_t count, int rcode)
{
	fix->setup = (struct name_server_setup){
		.address = "127.0.0.1", .rcode = rcode, .rows = rows, .count = count
	};
	fix->resolver = name_server_start(&fix->setup);
	assert_non_null(fix->resolver);
	(void)snprintf(fix->at, sizeof(fix->at), "127.0.0.1:%u", name_server_port(fix->resolver));
}

static enum err find(struct fixture *fix, const char *name)
{
	struct ask_way way = { .resolver = fix->at, .timeout_ms = PATIENT_MS };

	return authority_find(&way, name, &fix->authority);
}

#define START(fix, ...)                                                                                      \
	static const struct name_server_row rows[] = { __VA_ARGS__ };                                        \
	start(fix, rows, sizeof(rows) / sizeof(*rows), 0)

static void assert_server(const struct fixture *fix, size_t i, const char *name, const char *address)
{
	assert_in_range(fix->authority.count, i + 1, AUTHORITY_SERVERS_MAX);
	assert_string_equal(fix->authority.server[i].name, name);
	assert_string_equal(fix->authority.server[i].address, address);
}

/* By name, in whatever order the resolver tells of them. */
static void the_servers_of_the_zone_above_are_found_with_all_addresses(void **state)
{
	struct fixture *fix = *state;

	START(fix, { "example.org", ns_t_ns, 5, "ns2.example.net" },
	      { "example.org", ns_t_ns, 5, "ns1.example.net" }, { "ns1.example.net", ns_t_a, 5, "192.0.2.1" },
	      { "ns1.example.net", ns_t_aaaa, 5, "2001:db8::1" },
	      { "ns2.example.net", ns_t_a, 5, "192.0.2.2" }, { "ns2.example.net", ns_t_a, 5, "192.0.2.3" });
	assert_int_equal(find(fix, "_mta-sts.a.b.example.org"), ERR_OK);
	assert_null(fix->authority.error);
	assert_int_equal(fix->authority.count, 4);
	assert_server(fix, 0, "ns1.example.net", "192.0.2.1");
	assert_server(fix, 1, "ns1.example.net", "2001:db8::1");
	assert_server(fix, 2, "ns2.example.net", "192.0.2.2");
	assert_server(fix, 3, "ns2.example.net", "192.0.2.3");
}

static void a_name_that_is_a_zone_has_its_own_servers(void **state)
{
	struct fixture *fix = *state;

	START(fix, { "_mta-sts.example.org", ns_t_ns, 5, "ns.provider.example" },
	      { "example.org", ns_t_ns, 5, "ns1.example.net" },
	      { "ns.provider.example", ns_t_a, 5, "192.0.2.9" });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 1);
	assert_server(fix, 0, "ns.provider.example", "192.0.2.9");
}

static void the_servers_of_where_a_cname_leads_are_not_those_of_the_name(void **state)
{
	struct fixture *fix = *state;

	START(fix, { "_mta-sts.example.org", ns_t_cname, 5, "provider.example" },
	      { "provider.example", ns_t_ns, 5, "ns.provider.example" },
	      { "ns.provider.example", ns_t_a, 5, "192.0.2.9" },
	      { "example.org", ns_t_ns, 5, "ns1.example.net" },
	      { "ns1.example.net", ns_t_a, 5, "192.0.2.1" });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 1);
	assert_server(fix, 0, "ns1.example.net", "192.0.2.1");
}

static void a_server_without_address_is_told(void **state)
{
	struct fixture *fix = *state;

	START(fix, { "example.org", ns_t_ns, 5, "gone.example.net" },
	      { "example.org", ns_t_ns, 5, "ns.example.net" }, { "ns.example.net", ns_t_a, 5, "192.0.2.1" });
	assert_int_equal(find(fix, "example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 2);
	assert_server(fix, 0, "gone.example.net", "");
	assert_string_equal(fix->authority.server[0].error, "it has no address");
	assert_server(fix, 1, "ns.example.net", "192.0.2.1");
	assert_null(fix->authority.server[1].error);
}

/* The address may be there: what cannot be looked up is no absence. */
static void an_address_that_cannot_be_looked_up_is_told(void **state)
{
	struct fixture *fix = *state;

	START(fix, { "example.org", ns_t_ns, 5, "a\\004b.example.net" });
	assert_int_equal(find(fix, "example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 2);
	assert_server(fix, 0, "a\\004b.example.net", "");
	assert_string_equal(fix->authority.server[0].error, "the resolver cannot tell its address");
}

static void a_resolver_that_fails_is_no_answer(void **state)
{
	struct fixture *fix = *state;

	start(fix, NULL, 0, ns_r_servfail);
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 0);
	assert_string_equal(fix->authority.error, "the resolver cannot tell its name servers");
	assert_int_equal(name_server_tally(fix->resolver).all, 1);
}

static void a_name_in_no_zone_is_told(void **state)
{
	struct fixture *fix = *state;

	start(fix, NULL, 0, 0);
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_string_equal(fix->authority.error, "no zone is known for it");
	assert_int_equal(name_server_tally(fix->resolver).all, 3);
}

static void more_servers_than_can_be_asked_are_not_cut_silently(void **state)
{
	struct fixture *fix = *state;
	static struct name_server_row rows[AUTHORITY_SERVERS_MAX + 3] = {
		{ "example.org", ns_t_ns, 5, "ns1.example.net" },
		{ "example.org", ns_t_ns, 5, "ns2.example.net" },
	};

	for (size_t i = 2; i < AUTHORITY_SERVERS_MAX + 3; i++)
		rows[i] = (struct name_server_row){ i % 2 == 0 ? "ns1.example.net" : "ns2.example.net",
						    ns_t_a, 5, "192.0.2.1" };
	start(fix, rows, AUTHORITY_SERVERS_MAX + 2, 0);
	assert_int_equal(find(fix, "example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, AUTHORITY_SERVERS_MAX);
	assert_null(fix->authority.error);
	name_server_stop(&fix->resolver);
	authority_free(&fix->authority);
	start(fix, rows, AUTHORITY_SERVERS_MAX + 3, 0);
	assert_int_equal(find(fix, "example.org"), ERR_OK);
	assert_string_equal(fix->authority.error, "more name servers than can be asked");
}

static void memory_that_runs_out_is_told_and_nothing_leaks(void **state)
{
	struct fixture *fix = *state;
	enum err err = ERR_NO_MEMORY;
	bool failed = true;

	START(fix, { "example.org", ns_t_ns, 5, "ns1.example.net" },
	      { "ns1.example.net", ns_t_a, 5, "192.0.2.1" });
	for (size_t i = 0; failed && i < 200; i++) {
		authority_free(&fix->authority);
		memory_fail_after(i);
		err = find(fix, "_mta-sts.example.org");
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	}
	assert_int_equal(err, ERR_OK);
	assert_int_equal(fix->authority.count, 1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(the_servers_of_the_zone_above_are_found_with_all_addresses),
		UNIT(a_name_that_is_a_zone_has_its_own_servers),
		UNIT(the_servers_of_where_a_cname_leads_are_not_those_of_the_name),
		UNIT(a_server_without_address_is_told),
		UNIT(an_address_that_cannot_be_looked_up_is_told),
		UNIT(a_resolver_that_fails_is_no_answer),
		UNIT(a_name_in_no_zone_is_told),
		UNIT(more_servers_than_can_be_asked_are_not_cut_silently),
		UNIT(memory_that_runs_out_is_told_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
