/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; commits */
#include "commits.h"
#include "hosting.h"
#include "make_cert.h"
#include "storing.h"

#include "app/host.h"
#include "core/coverage.h"
#include "core/registry_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DOMAINS 3000
#define STEPS   60

struct fixture {
	struct scratch *scratch;
	struct host *host;
	struct complaints complaints;
	struct names roots;
	char *certificates;
	uint32_t chance;
};

static uint32_t chance(struct fixture *fix, uint32_t below)
{
	fix->chance = fix->chance * 1664525 + 1013904223;
	return (fix->chance >> 8) % below;
}

static void write_domains(struct fixture *fix)
{
	struct text text = { 0 };

	for (int i = 0; i < DOMAINS; i++)
		assert_int_equal(text_appendf(&text, "%s\"d%d.example\"", i == 0 ? "domains = [ " : ", ", i),
				 ERR_OK);
	assert_int_equal(
		text_appendf(&text, " ]; mode = \"testing\"; max_age = 86400; mx = [ \"mx.example\" ];\n"),
		ERR_OK);
	(void)scratch_write(fix->scratch, "d/all.conf", text.bytes);
	text_free(&text);
}

static void reload(struct fixture *fix)
{
	const struct order order = { .uid = -1, .who = "test", .reason = "" };
	struct changes *changes = NULL;

	assert_int_equal(reload_run(fix->host, &order, false, &changes), ERR_OK);
	changes_free(&changes);
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	struct settings *settings = NULL;
	void *scratch = NULL;
	char conf[512];

	hosting_now = HOSTING_NOW;
	commits_reset();
	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	fix->chance = 7;
	(void)snprintf(
		conf, sizeof(conf),
		"domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = \"%s/s\";\n",
		fix->scratch->folder, fix->scratch->folder, fix->scratch->folder, fix->scratch->folder);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "c"), 0700), 0);
	fix->certificates = strdup(scratch_path(fix->scratch, "c"));
	assert_int_equal(names_put(&fix->roots, fix->certificates), ERR_OK);
	write_domains(fix);
	assert_int_equal(
		settings_load(scratch_write(fix->scratch, "conf", conf), &fix->complaints, &settings),
		ERR_OK);
	assert_int_equal(host_open(scratch_path(fix->scratch, "conf"), &settings, &fix->host), ERR_OK);
	reload(fix);
	*state = fix;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	host_close(&fix->host);
	names_free(&fix->roots);
	complaints_free(&fix->complaints);
	free(fix->certificates);
	free(fix);
	return scratch_teardown(&scratch);
}

static void make(struct fixture *fix, unsigned file, const char *name, const char *other, time_t days)
{
	const struct make_cert what = { .names = { name, other },
					.not_before = hosting_now - MAKE_CERT_DAY,
					.not_after = hosting_now + days * MAKE_CERT_DAY };
	char stem[32];

	(void)snprintf(stem, sizeof(stem), "%u.pem", file);
	make_cert(&what, fix->certificates, stem, stem);
}

static void load(struct fixture *fix)
{
	complaints_free(&fix->complaints);
	assert_int_equal(certs_load(fix->host->certs, &fix->roots, &fix->complaints), ERR_OK);
}

static size_t look(struct fixture *fix)
{
	return coverage_look(fix->host->registry, fix->host->certs);
}

static enum err is_marked_rightly(void *context, const struct domain *domain)
{
	const struct fixture *fix = context;
	char host[HOST_SIZE];

	assert_true(domain->looked_at);
	assert_int_equal(domain->covered, certs_serve(fix->host->certs, domain_host(domain->name, host)));
	return ERR_OK;
}

static void assert_marked(struct fixture *fix)
{
	const struct registry *registry = fix->host->registry;

	(void)registry_each(registry, is_marked_rightly, fix);
	assert_int_equal(registry_marked(registry, MARK_COVERED) + registry_marked(registry, MARK_UNCOVERED),
			 registry_count(registry));
}

static void looks_only_at_the_domains_of_what_changed(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(registry_marked(fix->host->registry, MARK_UNCOVERED), DOMAINS);
	make(fix, 1, "mta-sts.d7.example", "mta-sts.unknown.example", 90);
	make(fix, 2, "*.d8.example", "*.example", 30);
	load(fix);
	assert_int_equal(look(fix), 2);
	assert_int_equal(registry_marked(fix->host->registry, MARK_COVERED), 2);
	assert_marked(fix);
	assert_int_equal(look(fix), 0);

	make(fix, 1, "mta-sts.d7.example", NULL, 91); /* renewed */
	load(fix);
	assert_in_range(look(fix), 1, 2);
	assert_marked(fix);

	hosting_now += 31 * MAKE_CERT_DAY; /* the other one has expired */
	assert_int_equal(look(fix), 1);
	assert_int_equal(registry_marked(fix->host->registry, MARK_COVERED), 1);
	assert_marked(fix);
	hosting_now -= 31 * MAKE_CERT_DAY;
	assert_int_equal(look(fix), 1);
	assert_marked(fix);
}

static void marks_are_right_whatever_comes_and_goes(void **state)
{
	struct fixture *fix = *state;
	char path[64], name[64], other[64];

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned file = chance(fix, 8);

		(void)snprintf(path, sizeof(path), "%u.pem", file);
		(void)snprintf(name, sizeof(name), "%s.d%u.example", chance(fix, 3) == 0 ? "*" : "mta-sts",
			       (unsigned)chance(fix, 10));
		(void)snprintf(other, sizeof(other), "mta-sts.d%u.example", (unsigned)chance(fix, 10));
		if (chance(fix, 4) == 0)
			(void)unlink(make_cert_path(fix->certificates, path));
		else
			make(fix, file, name, other, 1 + (time_t)chance(fix, 60));
		if (chance(fix, 3) == 0)
			hosting_now += (time_t)chance(fix, 20) * MAKE_CERT_DAY;
		load(fix);
		(void)look(fix);
		if (step % 4 == 0)
			assert_marked(fix);
	}
}

static bool was_told(struct fixture *fix)
{
	return unlink(scratch_path(fix->scratch, WANTED_FILE)) == 0;
}

static void note(struct fixture *fix)
{
	coverage_note(fix->host->coverage, fix->host->registry, fix->host->certs);
}

static void who_orders_certificates_is_told_of_a_domain_that_comes_to_need_one(void **state)
{
	struct fixture *fix = *state;

	assert_true(was_told(fix)); /* of all, at the start */
	reload(fix);
	assert_false(was_told(fix)); /* they are no news */

	make(fix, 1, "mta-sts.d7.example", NULL, 30);
	reload(fix);
	assert_false(was_told(fix));

	hosting_now += 31 * MAKE_CERT_DAY;
	(void)look(fix); /* who asks what there is takes nothing away */
	note(fix);
	assert_true(was_told(fix));
	note(fix);
	assert_false(was_told(fix));

	(void)scratch_write(fix->scratch, "d/new.example.conf",
			    "mode = \"testing\"; max_age = 86400; mx = [ \"mx.example\" ];\n");
	reload(fix);
	assert_true(was_told(fix));
}

static void nobody_is_told_where_tls_ends_elsewhere(void **state)
{
	struct fixture *fix = *state;

	assert_true(was_told(fix));
	fix->host->coverage->tls_elsewhere = true;
	(void)scratch_write(fix->scratch, "d/new.example.conf",
			    "mode = \"testing\"; max_age = 86400; mx = [ \"mx.example\" ];\n");
	reload(fix);
	assert_false(was_told(fix));
}

static void a_reload_is_done_where_nobody_can_be_told(void **state)
{
	struct fixture *fix = *state;

	assert_true(was_told(fix));
	assert_int_equal(mkdir(scratch_path(fix->scratch, WANTED_FILE), 0700), 0);
	(void)scratch_write(fix->scratch, "d/new.example.conf",
			    "mode = \"testing\"; max_age = 86400; mx = [ \"mx.example\" ];\n");
	reload(fix);
	assert_true(fix->host->coverage->wanted.failed);
	assert_int_equal(registry_count(fix->host->registry), DOMAINS + 1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(looks_only_at_the_domains_of_what_changed),
		UNIT(marks_are_right_whatever_comes_and_goes),
		UNIT(who_orders_certificates_is_told_of_a_domain_that_comes_to_need_one),
		UNIT(nobody_is_told_where_tls_ends_elsewhere),
		UNIT(a_reload_is_done_where_nobody_can_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
