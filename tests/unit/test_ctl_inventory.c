/* SPDX-License-Identifier: ISC */
/* wrap: client_ask clock_now; memory */
#include "base/clock.h"
#include "client/client.h"
#include "ctl/acme/inventory.h"
#include "test_ctl_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW ((time_t)1796083200) /* 2026-12-01T00:00:00Z */
#define DAY 86400

/* The daemon's part: rows, each of them JSON, the last one NULL. */
static const char *const *domains, *const *certificates;

/* What keeps a domain, a row as JSON; NULL: nothing that the daemon knows. */
static const char *order;

static enum err hand_over(const struct client_request *request, const char *const *rows,
			  struct client_failure *failure)
{
	enum err err = ERR_OK;

	for (; err == ERR_OK && *rows != NULL; rows++) {
		json_t *row = json_loads(*rows, 0, NULL);

		err = row != NULL ? request->row(request->rows, row) : ERR_NO_MEMORY;
		json_decref(row);
	}
	if (err != ERR_OK)
		*failure = (struct client_failure){ .fault = CLIENT_NOT_TAKEN };
	return err;
}

__typeof__(clock_now) __wrap_clock_now;
__typeof__(client_ask) __wrap_client_ask;

time_t __wrap_clock_now(void)
{
	return NOW;
}

enum err __wrap_client_ask(const char *socket, const struct client_request *request, long timeout_ms,
			   struct client_reply *reply, struct client_failure *failure)
{
	bool of_domains = strcmp(request->path, "/v1/domains") == 0;
	json_t *kept = order != NULL && !of_domains ? json_loads(order, 0, NULL) : NULL;
	enum err err = hand_over(request, of_domains ? domains : certificates, failure);

	(void)socket, (void)timeout_ms;
	assert_string_equal(request->method, "GET");
	assert_string_equal(request->member, of_domains ? "domains" : "certificates");
	if (err != ERR_OK)
		return err;
	reply->status = 200;
	if (kept != NULL) {
		assert_string_equal(request->member_behind, "orders");
		assert_int_equal(request->row_behind(request->rows, kept), ERR_OK);
	}
	json_decref(kept);
	reply->body = json_object();
	if (reply->body == NULL)
		*failure = (struct client_failure){ .fault = CLIENT_NO_MEMORY };
	return reply->body != NULL ? ERR_OK : ERR_SYNTAX;
}

#define DOMAIN(name, mode, elsewhere)                                                                        \
	"{\"domain\":\"" name "\",\"mode\":\"" mode "\",\"max_age\":604800,\"id\":\"20261123160000\","       \
	"\"published_at\":\"2026-11-23T16:00:00Z\",\"standing\":\"configured\",\"switch\":null," SAMPLE_FILE \
	",\"orphaned\":false,\"refused\":false,\"certificate\":true,\"tls_elsewhere\":" elsewhere            \
	",\"retirement\":null," SAMPLE_TXT "}"

#define ROW(names, source, not_before, not_after, used, sound)                                               \
	ROW_BY("CN=R3,O=Let's Encrypt,C=US", names, source, not_before, not_after, used, sound)

#define ROW_BY(issuer, names, source, not_before, not_after, used, sound)                                    \
	"{\"file\":\"/a.pem\",\"source\":\"" source "\",\"names\":[" names "],\"issuer\":\"" issuer "\","    \
	"\"key\":\"ecdsa\",\"not_before\":\"" not_before "T00:00:00Z\",\"not_after\":\"" not_after "\","     \
	"\"days_left\":1,\"stage\":\"fine\",\"used\":" used ",\"sound\":" sound "}"

#define CERTIFICATE(names, source, not_after) ROW(names, source, "2026-11-01", not_after, "true", "true")

/* The authority that is asked, and what is known of those who make its certificates. */
static const char *directory = "https://acme-v02.api.letsencrypt.org/directory", *maker;

/* What the command says when it fails. */
static enum run_status ask(struct inventory *inventory, char **said)
{
	const struct entry made = { .what = ENTRY_MAKER, .maker = maker };
	struct options options = { 0 };
	struct run_view view = { .options = &options };
	struct budget budget;
	const struct budget *const budgets[] = { &budget };
	enum run_status status;
	size_t len;

	*inventory = (struct inventory){ 0 };
	view.err = open_memstream(said, &len);
	budget_begin(&budget, directory);
	if (maker != NULL)
		assert_int_equal(budget_take(&budget, &made), ERR_OK);
	status = inventory_ask(&view, budgets, 1, inventory);
	budget_free(&budget);
	(void)fclose(view.err);
	return status;
}

static void assert_asks(struct inventory *inventory)
{
	char *said = NULL;

	assert_int_equal(ask(inventory, &said), RUN_DONE);
	assert_string_equal(said, "");
	free(said);
}

static const char *const three[] = { DOMAIN("b.example", "testing", "false"),
				     DOMAIN("a.example", "enforce", "false"),
				     DOMAIN("c.example", "enforce", "true"), NULL };
static const char *const nothing[] = { NULL };

static void every_domain_is_there_but_those_whose_tls_ends_elsewhere(void **state)
{
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = nothing;
	assert_asks(&inventory);
	assert_int_equal(inventory.count, 2);
	assert_string_equal(inventory.item[0].domain, "a.example");
	assert_string_equal(inventory.item[0].host, "mta-sts.a.example");
	assert_int_equal(inventory.item[0].mode, MODE_ENFORCE);
	assert_int_equal(inventory.item[0].not_after, 0);
	assert_int_equal(inventory.item[1].mode, MODE_TESTING);
	assert_null(inventory_find(&inventory, "c.example"));
	assert_null(inventory_find(&inventory, "aa.example"));
	inventory_free(&inventory);
}

static void what_was_installed_counts_before_what_another_program_renews(void **state)
{
	static const char *const rows[] = {
		CERTIFICATE("\"mta-sts.a.example\"", "installed", "2026-12-21T00:00:00Z"),
		CERTIFICATE("\"mta-sts.a.example\"", "installed", "2026-12-31T00:00:00Z"),
		CERTIFICATE("\"mta-sts.a.example\",\"mta-sts.b.example\"", "directory",
			    "2027-01-31T00:00:00Z"),
		CERTIFICATE("\"mta-sts.a.example\"", "installed", "2026-11-30T00:00:00Z"),
		CERTIFICATE("\"www.b.example\",\"a.example\"", "directory", "2028-01-31T00:00:00Z"),
		NULL
	};
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = rows;
	assert_asks(&inventory);
	assert_int_equal(inventory_find(&inventory, "a.example")->not_after, NOW + 30 * DAY);
	assert_int_equal(inventory_find(&inventory, "a.example")->not_before, NOW - 30 * DAY);
	assert_false(inventory_find(&inventory, "a.example")->is_foreign);
	assert_true(inventory_find(&inventory, "a.example")->is_alone);
	assert_int_equal(inventory_find(&inventory, "b.example")->not_after, NOW + 61 * DAY);
	assert_true(inventory_find(&inventory, "b.example")->is_foreign);
	assert_false(inventory_find(&inventory, "b.example")->is_alone);
	inventory_free(&inventory);
}

#define KNOWN(names, source, issuer, id)                                                                     \
	"{\"file\":\"/a.pem\",\"source\":\"" source "\",\"names\":[" names "],\"issuer\":\"" issuer "\","    \
	"\"key\":\"ecdsa\",\"not_before\":\"2026-11-01T00:00:00Z\",\"not_after\":\"2027-01-01T00:00:00Z\","  \
	"\"days_left\":1,\"stage\":\"fine\",\"used\":true,\"sound\":true,\"renewal_id\":" id "}"

static void an_authority_is_asked_about_its_own_that_nobody_else_renews(void **state)
{
	static const struct {
		const char *row, *id;
	} cases[] = {
		{ KNOWN("\"mta-sts.a.example\"", "installed", "CN=E7,O=Let's Encrypt", "\"a.b\""), "a.b" },
		{ KNOWN("\"mta-sts.a.example\"", "installed", "CN=E7,O=Let's Encrypt", "null"), NULL },
		{ KNOWN("\"mta-sts.a.example\"", "installed", "CN=WE1,O=Another", "\"a.b\""), NULL },
		{ KNOWN("\"mta-sts.a.example\"", "directory", "CN=E7,O=Let's Encrypt", "\"a.b\""), NULL },
	};

	(void)state;
	domains = three;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const rows[] = { cases[i].row, NULL };
		struct inventory inventory;
		const char *id;

		certificates = rows;
		assert_asks(&inventory);
		id = inventory_find(&inventory, "a.example")->renewal_id;
		assert_int_equal(id != NULL, cases[i].id != NULL);
		assert_true(id == NULL || strcmp(id, cases[i].id) == 0);
		inventory_free(&inventory);
	}
}

static void what_serves_nobody_counts_as_none(void **state)
{
	static const char *const rows[] = { ROW("\"mta-sts.a.example\"", "directory", "2026-11-01",
						"2036-01-01T00:00:00Z", "true", "false"),
					    ROW("\"mta-sts.a.example\"", "installed", "2026-12-02",
						"2027-01-01T00:00:00Z", "false", "true"),
					    ROW("\"mta-sts.a.example\"", "directory", "2026-11-01",
						"2027-01-01T00:00:00Z", "false", "true"),
					    NULL };
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = rows;
	assert_asks(&inventory);
	assert_int_equal(inventory_find(&inventory, "a.example")->not_after, 0);
	inventory_free(&inventory);
}

static void one_that_is_valid_counts_before_one_that_was(void **state)
{
	static const char *const rows[] = {
		CERTIFICATE("\"mta-sts.a.example\"", "installed", "2026-11-30T00:00:00Z"),
		CERTIFICATE("\"mta-sts.a.example\"", "directory", "2026-12-31T00:00:00Z"),
		CERTIFICATE("\"mta-sts.b.example\"", "installed", "2026-11-30T00:00:00Z"), NULL
	};
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = rows;
	assert_asks(&inventory);
	assert_true(inventory_find(&inventory, "a.example")->is_foreign);
	assert_int_equal(inventory_find(&inventory, "b.example")->not_after, NOW - DAY);
	inventory_free(&inventory);
}

static void a_certificate_that_was_installed_for_it_alone_is_ours_to_renew(void **state)
{
	static const char *const rows[] = {
		CERTIFICATE("\"mta-sts.a.example\"", "installed", "2026-12-31T00:00:00Z"),
		CERTIFICATE("\"*.b.example\"", "installed", "2026-12-31T00:00:00Z"), NULL
	};
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = rows;
	assert_asks(&inventory);
	assert_false(inventory_find(&inventory, "a.example")->is_foreign);
	assert_true(inventory_find(&inventory, "a.example")->is_alone);
	assert_int_equal(inventory_find(&inventory, "b.example")->not_after, NOW + 30 * DAY);
	assert_false(inventory_find(&inventory, "b.example")->is_alone);
	inventory_free(&inventory);
}

#define BY(issuer, source)                                                                                   \
	ROW_BY(issuer, "\"mta-sts.a.example\"", source, "2026-11-01", "2026-12-31T00:00:00Z", "true", "true")

static void a_renewal_is_one_only_where_the_authority_has_made_the_one_before(void **state)
{
	static const struct {
		const char *directory, *maker, *issuer;
		bool is_own;
	} cases[] = {
		{ "https://acme-v02.api.letsencrypt.org/directory", NULL, "CN=E7,O=Let's Encrypt,C=US",
		  true },
		{ "https://acme-v02.api.letsencrypt.org/directory", NULL, "CN=WE1,O=Google Trust Services",
		  false },
		{ "https://acme-staging-v02.api.letsencrypt.org/directory", NULL, "CN=E7,O=Let's Encrypt",
		  false },
		{ "https://ca.example/", NULL, "CN=WE1,O=Google Trust Services", true },
		{ "https://ca.example/", "O=Google Trust Services", "CN=WE1,O=Google Trust Services", true },
		{ "https://ca.example/", "O=Google Trust Services", "CN=E7,O=Let's Encrypt,C=US", false },
	};
	struct inventory inventory;

	(void)state;
	domains = three;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char row[1024];
		const char *const rows[] = { row, NULL };

		(void)snprintf(row, sizeof(row), BY("%s", "installed"), cases[i].issuer);
		certificates = rows;
		directory = cases[i].directory;
		maker = cases[i].maker;
		assert_asks(&inventory);
		assert_int_equal(inventory_find(&inventory, "a.example")->not_after, NOW + 30 * DAY);
		assert_int_equal(inventory_find(&inventory, "a.example")->is_own, cases[i].is_own);
		inventory_free(&inventory);
	}
	directory = "https://acme-v02.api.letsencrypt.org/directory";
	maker = NULL;
}

/* It looks like any other, and lasts longer than the real one. */
static void what_was_made_for_a_trial_counts_as_none_where_another_authority_is_asked(void **state)
{
	static const char *const trial[] = {
		BY("CN=(STAGING) Fig,O=(STAGING) Let's Encrypt,C=US", "installed"), NULL
	};
	static const char *const beside[] = { CERTIFICATE("\"mta-sts.a.example\"", "installed",
							  "2026-12-21T00:00:00Z"),
					      BY("CN=Pebble Intermediate CA 1f", "installed"), NULL };
	static const char *const foreign[] = { BY("CN=Pebble Intermediate CA 1f", "directory"), NULL };
	struct inventory inventory;

	(void)state;
	domains = three;
	certificates = trial;
	assert_asks(&inventory);
	assert_int_equal(inventory_find(&inventory, "a.example")->not_after, 0);
	inventory_free(&inventory);

	certificates = beside;
	assert_asks(&inventory);
	assert_int_equal(inventory_find(&inventory, "a.example")->not_after, NOW + 20 * DAY);
	inventory_free(&inventory);

	certificates = foreign;
	assert_asks(&inventory);
	assert_true(inventory_find(&inventory, "a.example")->is_foreign);
	inventory_free(&inventory);

	directory = "https://acme-staging-v02.api.letsencrypt.org/directory";
	certificates = trial;
	assert_asks(&inventory);
	assert_true(inventory_find(&inventory, "a.example")->is_own);
	inventory_free(&inventory);
	directory = "https://acme-v02.api.letsencrypt.org/directory";
}

static void what_was_held_back_at_the_last_look_is_known(void **state)
{
	static const struct {
		const char *order;
		enum ordering_state held;
	} cases[] = {
		{ "{\"domain\":\"b.example\",\"state\":\"elsewhere\"}", 0 },
		{ "{\"domain\":\"a.example\",\"state\":\"elsewhere\"}", ORDERING_ELSEWHERE },
		{ "{\"domain\":\"a.example\",\"state\":\"unknown\"}", ORDERING_UNKNOWN },
		{ "{\"domain\":\"a.example\",\"state\":\"failed\"}", 0 },
		{ "{\"domain\":\"a.example\",\"state\":\"of later\"}", 0 },
		{ "{\"domain\":7}", 0 },
		{ "{\"domain\":\"a.example\"}", 0 },
		{ "{\"domain\":\"c.example\",\"state\":\"unknown\"}", 0 },
		{ NULL, 0 },
	};

	(void)state;
	domains = three;
	certificates = nothing;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct inventory inventory;

		order = cases[i].order;
		assert_asks(&inventory);
		assert_int_equal(inventory_find(&inventory, "a.example")->held, cases[i].held);
		inventory_free(&inventory);
	}
	order = NULL;
}

static void a_row_that_is_none_ends_it(void **state)
{
	static const char *const bad[] = { "{\"domain\":7}", NULL };
	static const char *const late[] = { CERTIFICATE("\"mta-sts.a.example\"", "installed", "soon"), NULL };
	struct inventory inventory;
	char *said = NULL;

	(void)state;
	domains = bad;
	certificates = nothing;
	assert_int_equal(ask(&inventory, &said), RUN_NOT_DONE);
	assert_string_not_equal(said, "");
	free(said);
	inventory_free(&inventory);
	domains = three;
	certificates = late;
	assert_int_equal(ask(&inventory, &said), RUN_NOT_DONE);
	free(said);
	inventory_free(&inventory);
}

static void without_memory_it_ends(void **state)
{
	enum run_status status;
	size_t after = 0;

	(void)state;
	domains = three;
	certificates = nothing;
	do {
		struct inventory inventory;
		char *said = NULL;

		memory_fail_after(after++);
		status = ask(&inventory, &said);
		(void)memory_restore();
		inventory_free(&inventory);
		free(said);
	} while (status != RUN_DONE && after < 100);
	assert_in_range(after, 4, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_domain_is_there_but_those_whose_tls_ends_elsewhere),
		cmocka_unit_test(what_was_installed_counts_before_what_another_program_renews),
		cmocka_unit_test(an_authority_is_asked_about_its_own_that_nobody_else_renews),
		cmocka_unit_test(what_serves_nobody_counts_as_none),
		cmocka_unit_test(one_that_is_valid_counts_before_one_that_was),
		cmocka_unit_test(a_certificate_that_was_installed_for_it_alone_is_ours_to_renew),
		cmocka_unit_test(a_renewal_is_one_only_where_the_authority_has_made_the_one_before),
		cmocka_unit_test(what_was_made_for_a_trial_counts_as_none_where_another_authority_is_asked),
		cmocka_unit_test(what_was_held_back_at_the_last_look_is_known),
		cmocka_unit_test(a_row_that_is_none_ends_it),
		cmocka_unit_test(without_memory_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
