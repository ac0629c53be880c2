/* SPDX-License-Identifier: ISC */
/* wrap: ask_all; memory */
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

/* What one address says of a zone when it is asked for its NS records. */
struct list {
	const char *address;
	const char *zone;
	enum { REFERS, HAS_IT, IS_LAME, IS_SILENT } manner;
	const char *servers[4];
	const char *glue[3][2]; /* a host, and an address of it */
};

struct fixture {
	const struct list *lists;
	size_t list_count;
	size_t asked; /* questions to servers */
	struct name_server_setup setup;
	struct name_server *resolver;
	char at[64];
	struct authority authority;
};

static struct fixture *fixture;

static int set_up(void **state)
{
	*state = fixture = calloc(1, sizeof(struct fixture));
	return *state != NULL ? 0 : -1;
}

__typeof__(ask_all) __real_ask_all;
__typeof__(ask_all) __wrap_ask_all;

static enum err add(struct ask *ask, int type, const char *owner, const char *text)
{
	struct ask_record *grown = reallocarray(ask->record, ask->count + 1, sizeof(*grown));
	struct ask_record record = { .type = type, .ttl = 5, .owner = strdup(owner), .text = strdup(text) };

	if (grown != NULL)
		ask->record = grown;
	if (grown == NULL || record.owner == NULL || record.text == NULL) {
		free(record.owner);
		free(record.text);
		return ERR_NO_MEMORY;
	}
	ask->record[ask->count++] = record;
	return ERR_OK;
}

static enum err tell(struct ask *ask, const struct list *list)
{
	enum err err = ERR_OK;

	ask->state = ASK_ANSWERED;
	ask->authoritative = list->manner == HAS_IT;
	for (size_t i = 0; i < 4 && list->servers[i] != NULL && err == ERR_OK; i++)
		err = add(ask, ns_t_ns, list->zone, list->servers[i]);
	for (size_t i = 0; i < 3 && list->glue[i][0] != NULL && err == ERR_OK; i++)
		err = add(ask, ns_t_a, list->glue[i][0], list->glue[i][1]);
	return err;
}

/* Of servers each says what its list has; whoever has none is silent. */
enum err __wrap_ask_all(const struct ask_way *way, struct ask *asks, size_t count)
{
	enum err err = ERR_OK;

	if (count == 0 || asks[0].server == NULL)
		return __real_ask_all(way, asks, count);
	for (size_t i = 0; i < count && err == ERR_OK; i++) {
		assert_int_equal(asks[i].type, ns_t_ns);
		assert_true(asks[i].referral);
		fixture->asked++;
		asks[i].state = ASK_SILENT;
		asks[i].why = "no answer in time";
		for (size_t k = 0; k < fixture->list_count && err == ERR_OK; k++) {
			const struct list *list = &fixture->lists[k];

			if (strcmp(list->address, asks[i].server) == 0 &&
			    strcmp(list->zone, asks[i].name) == 0 && list->manner != IS_SILENT)
				err = tell(&asks[i], list);
		}
	}
	return err;
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

#define LISTS(fix, ...)                                                                                      \
	static const struct list lists[] = { __VA_ARGS__ };                                                  \
	(fix)->lists = lists;                                                                                \
	(fix)->list_count = sizeof(lists) / sizeof(*lists)

/* One zone, example.org, below org, whose server is ns.org. */
#define WORLD                                                                                                \
	{ "org", ns_t_ns, 5, "ns.org" }, { "ns.org", ns_t_a, 5, "192.0.2.100" },                             \
		{ "example.org", ns_t_ns, 5, "ns1.example.net" },                                            \
		{ "ns1.example.net", ns_t_a, 5, "192.0.2.1" },                                               \
		{ "ns2.example.net", ns_t_a, 5, "192.0.2.2" },                                               \
	{                                                                                                    \
		"old.example.net", ns_t_a, 5, "192.0.2.66"                                                   \
	}
#define NO_GLUE                                                                                              \
	{                                                                                                    \
		{                                                                                            \
			NULL                                                                                 \
		}                                                                                            \
	}

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
	      { "example.org", ns_t_ns, 5, "ns1.example.net" }, { "ns1.example.net", ns_t_a, 5, "192.0.2.1" },
	      { "ns.provider.example", ns_t_a, 5, "192.0.2.9" });
	LISTS(fix, { "192.0.2.1", "_mta-sts.example.org", REFERS, { "ns.provider.example" }, { { NULL } } });
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
	assert_int_equal(fix->authority.count, 1);
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

	static char addresses[AUTHORITY_SERVERS_MAX + 3][16];

	for (size_t i = 2; i < AUTHORITY_SERVERS_MAX + 3; i++) {
		(void)snprintf(addresses[i], sizeof(addresses[i]), "192.0.2.%zu", i);
		rows[i] = (struct name_server_row){ i % 2 == 0 ? "ns1.example.net" : "ns2.example.net",
						    ns_t_a, 5, addresses[i] };
	}
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

	START(fix, WORLD);
	LISTS(fix,
	      { "192.0.2.100",
		"example.org",
		REFERS,
		{ "ns1.example.net", "ns.example.org" },
		{ { "ns.example.org", "192.0.2.8" } } },
	      { "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net", "ns2.example.net" }, NO_GLUE });
	for (size_t i = 0; failed && i < 400; i++) {
		authority_free(&fix->authority);
		memory_fail_after(i);
		err = find(fix, "_mta-sts.example.org");
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	}
	assert_int_equal(err, ERR_OK);
	assert_int_equal(fix->authority.count, 3);
}

static void assert_named(const struct fixture *fix, size_t i, enum record_named named)
{
	assert_in_range(fix->authority.count, i + 1, AUTHORITY_SERVERS_MAX);
	assert_int_equal(fix->authority.server[i].named, named);
}

static void servers_that_only_the_zone_above_names_are_found(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD);
	LISTS(fix,
	      { "192.0.2.100", "example.org", REFERS, { "ns1.example.net", "old.example.net" }, NO_GLUE },
	      { "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net" }, NO_GLUE },
	      { "192.0.2.66", "example.org", HAS_IT, { "ns1.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_null(fix->authority.error);
	assert_int_equal(fix->authority.count, 2);
	assert_server(fix, 0, "ns1.example.net", "192.0.2.1");
	assert_named(fix, 0, RECORD_NAMED_BOTH);
	assert_server(fix, 1, "old.example.net", "192.0.2.66");
	assert_named(fix, 1, RECORD_NAMED_ABOVE);
}

static void servers_that_only_the_zone_names_are_found_and_whom_they_name(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD);
	LISTS(fix, { "192.0.2.100", "example.org", REFERS, { "ns1.example.net" }, NO_GLUE },
	      { "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net", "ns2.example.net" }, NO_GLUE },
	      { "192.0.2.2", "example.org", HAS_IT, { "old.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 3);
	assert_named(fix, 0, RECORD_NAMED_BOTH);
	assert_server(fix, 1, "ns2.example.net", "192.0.2.2");
	assert_named(fix, 1, RECORD_NAMED_ZONE);
	assert_server(fix, 2, "old.example.net", "192.0.2.66");
	assert_named(fix, 2, RECORD_NAMED_ZONE);
}

static void servers_that_name_others_without_end_are_not_cut_silently(void **state)
{
	enum { CHAIN = 6 };
	static char names[CHAIN][16], addresses[CHAIN][16];
	static struct name_server_row rows[3 + CHAIN] = { { "org", ns_t_ns, 5, "ns.org" },
							  { "ns.org", ns_t_a, 5, "192.0.2.100" } };
	static struct list lists[1 + CHAIN];
	struct fixture *fix = *state;

	for (size_t i = 0; i < CHAIN; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%c.example.net", (char)('a' + i));
		(void)snprintf(addresses[i], sizeof(addresses[i]), "192.0.2.%zu", i + 1);
		rows[3 + i] = (struct name_server_row){ names[i], ns_t_a, 5, addresses[i] };
		lists[1 + i] = (struct list){
			addresses[i], "example.org", HAS_IT, { names[i], names[(i + 1) % CHAIN] }, NO_GLUE
		};
	}
	rows[2] = (struct name_server_row){ "example.org", ns_t_ns, 5, names[0] };
	lists[0] = (struct list){ "192.0.2.100", "example.org", REFERS, { names[0] }, NO_GLUE };
	fix->lists = lists;
	fix->list_count = 1 + CHAIN;
	start(fix, rows, 3 + CHAIN, 0);
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_string_equal(fix->authority.error, "its name servers name ever more name servers");

	/* So many are followed, and not one less. */
	authority_free(&fix->authority);
	lists[4] = (struct list){ addresses[3], "example.org", HAS_IT, { names[3] }, NO_GLUE };
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_null(fix->authority.error);
	assert_int_equal(fix->authority.count, 4);
}

static void what_a_lame_server_names_is_not_the_zones_word(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD);
	LISTS(fix, { "192.0.2.100", "example.org", REFERS, { "ns1.example.net" }, NO_GLUE },
	      { "192.0.2.1", "example.org", IS_LAME, { "old.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 1);
	assert_named(fix, 0, RECORD_NAMED_UNKNOWN);
}

/* Resolvers go by the address that the zone above gives, whatever the zone says later. */
static void an_address_that_only_the_glue_has_is_found(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD, { "ns.example.org", ns_t_a, 5, "192.0.2.7" });
	LISTS(fix, { "192.0.2.100",
		     "example.org",
		     REFERS,
		     { "ns.example.org", "in.example.org" },
		     { { "ns.example.org", "192.0.2.8" },
		       { "in.example.org", "192.0.2.9" },
		       { "www.example.org", "192.0.2.10" } } });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 4);
	assert_server(fix, 0, "in.example.org", "192.0.2.9");
	assert_server(fix, 1, "ns.example.org", "192.0.2.7");
	assert_server(fix, 2, "ns.example.org", "192.0.2.8");
	assert_server(fix, 3, "ns1.example.net", "192.0.2.1");
}

/* Senders' resolvers get their answer from it before they ever see a delegation. */
static void a_server_of_the_zone_above_that_has_the_zone_itself_counts(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD, { "sub.example.org", ns_t_ns, 5, "ns2.example.net" });
	LISTS(fix, { "192.0.2.100", "example.org", REFERS, { "ns1.example.net" }, NO_GLUE },
	      { "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net" }, NO_GLUE },
	      { "192.0.2.1", "sub.example.org", HAS_IT, { "old.example.net" }, NO_GLUE },
	      { "192.0.2.2", "sub.example.org", HAS_IT, { "ns2.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.sub.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 3);
	assert_server(fix, 0, "ns1.example.net", "192.0.2.1");
	assert_server(fix, 1, "ns2.example.net", "192.0.2.2");
	assert_server(fix, 2, "old.example.net", "192.0.2.66");
	assert_named(fix, 1, RECORD_NAMED_UNKNOWN);
}

/* The zone above has moved itself, and its old server delegates to an old one. */
static void every_server_of_the_zone_above_is_asked_level_by_level(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD, { "sub.example.org", ns_t_ns, 5, "ns2.example.net" },
	      { "older.example.net", ns_t_a, 5, "192.0.2.67" });
	LISTS(fix,
	      { "192.0.2.100", "example.org", REFERS, { "ns1.example.net", "old.example.net" }, NO_GLUE },
	      { "192.0.2.1", "sub.example.org", REFERS, { "ns2.example.net" }, NO_GLUE },
	      { "192.0.2.66", "sub.example.org", REFERS, { "older.example.net" }, NO_GLUE },
	      { "192.0.2.2", "sub.example.org", HAS_IT, { "ns2.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.sub.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 2);
	assert_server(fix, 0, "ns2.example.net", "192.0.2.2");
	assert_server(fix, 1, "older.example.net", "192.0.2.67");
	assert_named(fix, 1, RECORD_NAMED_ABOVE);
}

static void silence_of_the_zone_above_is_told(void **state)
{
	struct fixture *fix = *state;

	START(fix, WORLD);
	LISTS(fix, { "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net" }, NO_GLUE });
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 2);
	assert_server(fix, 1, "org", "");
	assert_string_equal(fix->authority.server[1].error, "nobody there tells who has the zone below it");
	assert_named(fix, 0, RECORD_NAMED_UNKNOWN);
}

static void of_a_zone_with_one_label_one_answer_is_enough(void **state)
{
	static struct name_server_row rows[24] = { { "example.org", ns_t_ns, 5, "ns1.example.net" },
						   { "ns1.example.net", ns_t_a, 5, "192.0.2.1" } };
	static char names[11][16], addresses[11][16];
	static struct list lists[12] = {
		{ "192.0.2.1", "example.org", HAS_IT, { "ns1.example.net" }, NO_GLUE },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < 11; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%c.org", (char)('a' + i));
		(void)snprintf(addresses[i], sizeof(addresses[i]), "192.0.2.%zu", 100 + i);
		rows[2 + i] = (struct name_server_row){ "org", ns_t_ns, 5, names[i] };
		rows[13 + i] = (struct name_server_row){ names[i], ns_t_a, 5, addresses[i] };
	}
	/* Four are silent, the fifth answers. */
	lists[1] = (struct list){ addresses[4], "example.org", REFERS, { "ns1.example.net" }, NO_GLUE };
	fix->lists = lists;
	fix->list_count = 2;
	start(fix, rows, 24, 0);
	assert_int_equal(find(fix, "_mta-sts.example.org"), ERR_OK);
	assert_int_equal(fix->authority.count, 1);
	assert_named(fix, 0, RECORD_NAMED_BOTH);
	assert_int_equal(fix->asked, 8 + 1);
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
		UNIT(servers_that_only_the_zone_above_names_are_found),
		UNIT(servers_that_only_the_zone_names_are_found_and_whom_they_name),
		UNIT(servers_that_name_others_without_end_are_not_cut_silently),
		UNIT(what_a_lame_server_names_is_not_the_zones_word),
		UNIT(an_address_that_only_the_glue_has_is_found),
		UNIT(a_server_of_the_zone_above_that_has_the_zone_itself_counts),
		UNIT(every_server_of_the_zone_above_is_asked_level_by_level),
		UNIT(silence_of_the_zone_above_is_told),
		UNIT(of_a_zone_with_one_label_one_answer_is_enough),
		UNIT(memory_that_runs_out_is_told_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
