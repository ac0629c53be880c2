/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; commits memory */
#include "commits.h"
#include "hosting.h"
#include "memory.h"

#include "app/host.h"
#include "core/registry_load.h"
#include "core/undo.h"
#include "evidence/forget.h"
#include "policy/retire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define A      "a.example"
#define B      "b.example"
#define FIRST  "20261123160000"
#define SECOND "20261123160001"

/* From the look on: the TTL that nobody saw, the enforce of a week, and an hour. */
#define DRAINS (86400 + 604800 + 3600)

struct fixture {
	struct scratch *scratch;
	struct host *host;
	struct hosting hosting; /* the same store and registry, for what hosting.h can do with them */
	struct complaints complaints;
	struct forgotten_list list;
	struct changes *changes;
};

static struct fixture *current;

/* Whom the tests' orders are by, and how. */
static struct {
	struct order by;
	bool force;
} how;

static void write_file(const struct fixture *fix, const char *domain, const char *mode)
{
	char name[64];
	char text[128];

	(void)snprintf(name, sizeof(name), "d/%s.conf", domain);
	(void)snprintf(text, sizeof(text), "mode = \"%s\"; max_age = 604800; mx = [ \"mx.example.org\" ];\n",
		       mode);
	(void)scratch_write(fix->scratch, name, text);
}

static void remove_file(const struct fixture *fix, const char *domain)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "d/%s.conf", domain);
	assert_int_equal(unlink(scratch_path(fix->scratch, name)), 0);
}

static void reload(struct fixture *fix)
{
	const struct order order = { .uid = -1, .who = "test", .reason = "" };
	struct changes *changes = NULL;

	assert_int_equal(reload_run(fix->host, &order, false, &changes), ERR_OK);
	changes_free(&changes);
}

static void open_host(struct fixture *fix)
{
	struct complaints complaints = { 0 };
	struct settings *settings = NULL;
	const char *path = scratch_path(fix->scratch, "conf");

	assert_int_equal(settings_load(path, &complaints, &settings), ERR_OK);
	assert_int_equal(host_open(path, &settings, &fix->host), ERR_OK);
	fix->hosting = (struct hosting){ .scratch = fix->scratch,
					 .store = fix->host->store,
					 .registry = fix->host->registry };
}

static void restart(struct fixture *fix)
{
	host_close(&fix->host);
	open_host(fix);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;
	char conf[512];

	hosting_now = HOSTING_NOW;
	how.by = (struct order){ .uid = 1000, .who = "ann (uid 1000)", .reason = "customer left" };
	how.force = false;
	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	current = fix;
	fix->scratch = scratch;
	(void)snprintf(
		conf, sizeof(conf),
		"domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = \"%s/s\";\n",
		fix->scratch->folder, fix->scratch->folder, fix->scratch->folder, fix->scratch->folder);
	(void)scratch_write(fix->scratch, "conf", conf);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "c"), 0700), 0);
	write_file(fix, A, "enforce");
	write_file(fix, B, "enforce");
	commits_reset();
	open_host(fix);
	reload(fix);
	hosting_settle(&fix->hosting, A);
	hosting_settle(&fix->hosting, B);
	commits_reset();
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	complaints_free(&fix->complaints);
	complaints_free(&fix->hosting.complaints);
	forget_free(&fix->list);
	changes_free(&fix->changes);
	host_close(&fix->host);
	free(fix);
	return scratch_teardown(&scratch);
}

static void order_none(struct fixture *fix, const char *domain)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(&fix->hosting, domain, &none), ERR_OK);
}

static void orphan(struct fixture *fix, const char *domain)
{
	remove_file(fix, domain);
	reload(fix);
}

/* Take a domain along the whole way; DNS shows its id all the time. */
static void make_safe(struct fixture *fix, const char *domain)
{
	order_none(fix, domain);
	hosting_look(&fix->hosting, domain, SECOND);
	orphan(fix, domain);
	hosting_now += DRAINS;
	hosting_look(&fix->hosting, domain, SECOND);
}

static enum err run(struct fixture *fix, const struct names *names)
{
	const struct host *host = fix->host;
	const struct forget forget = { .domains = names,
				       .force = how.force,
				       .unread = host->files->domains == NULL ? host->files->settings->domains
									      : NULL,
				       .since = host->started_at };

	return forget_run(host->registry, host->store, &how.by, &forget, &fix->complaints, &fix->list,
			  &fix->changes);
}

/* Forget one domain or two; what it left is in the fixture. */
static enum err forget(struct fixture *fix, const char *one, const char *two)
{
	struct names names = { 0 };
	enum err err;

	if (one != NULL)
		assert_int_equal(names_put(&names, one), ERR_OK);
	if (two != NULL)
		assert_int_equal(names_put(&names, two), ERR_OK);
	complaints_free(&fix->complaints);
	forget_free(&fix->list);
	changes_free(&fix->changes);
	err = run(fix, &names);
	if (err != ERR_OK)
		assert_int_equal(fix->list.count, 0);
	names_free(&names);
	return err;
}

static bool is_served(const struct fixture *fix, const char *domain)
{
	struct revision *revision = registry_find(fix->host->registry, domain);
	bool served = revision != NULL;

	revision_release(&revision);
	return served;
}

static void assert_untouched(struct fixture *fix, const char *domain)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM revision JOIN domain ON domain.id = revision.domain"
		       " WHERE superseded_at IS NULL AND name = '%s'",
		       domain);
	assert_true(is_served(fix, domain));
	assert_int_equal(hosting_count(&fix->hosting, sql), 1);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM audit WHERE command = 'forget'"),
			 0);
}

static void assert_refused(struct fixture *fix, const char *domain, const char *what, const char *value)
{
	assert_int_equal(forget(fix, domain, NULL), ERR_REFUSED);
	assert_int_equal(fix->complaints.errors, 1);
	assert_string_equal(fix->complaints.item[0].file, domain);
	assert_string_equal(fix->complaints.item[0].what, what);
	if (value != NULL)
		assert_string_equal(fix->complaints.item[0].value, value);
	assert_untouched(fix, domain);
}

static void what_is_safe_is_forgotten(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);

	assert_false(is_served(fix, A));
	assert_true(is_served(fix, B));
	assert_int_equal(registry_count(fix->host->registry), 1);
	assert_int_equal(fix->list.count, 1);
	assert_int_equal(fix->list.forced, 0);
	assert_string_equal(fix->changes->item[0].domain, A);
	assert_string_equal(fix->changes->item[0].before->id, SECOND);
	assert_int_equal(fix->list.item[0].state, RETIREMENT_SAFE);
	assert_false(fix->list.item[0].forced);
}

static void forgetting_leaves_an_audit_entry_and_the_history_and_nothing_else(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);

	assert_int_equal(hosting_count(&fix->hosting,
				       "SELECT number FROM audit JOIN audit_change ON audit = number"
				       " WHERE uid = 1000 AND who = 'ann (uid 1000)' AND command = 'forget'"
				       " AND reason = 'customer left' AND before = '" SECOND
				       "' AND after = '' AND was_mode = 'none'"),
			 (int)fix->changes->audit);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM revision WHERE domain = 1"), 2);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM revision WHERE domain = 1"
						      " AND superseded_at IS NULL"),
			 0);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM switch"), 0);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM observation"), 0);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM observation_server"), 0);
}

static void what_is_not_turned_off_is_refused(void **state)
{
	orphan(*state, A);

	assert_refused(*state, A, "it is not turned off: published", "enforce");
}

static void what_nobody_looked_at_is_refused(void **state)
{
	order_none(*state, A);
	orphan(*state, A);

	assert_refused(*state, A,
		       "senders may hold the old policy: nobody looked into DNS since it was turned off",
		       NULL);
}

static void what_dns_does_not_show_is_refused(void **state)
{
	struct fixture *fix = *state;

	order_none(fix, A);
	orphan(fix, A);
	hosting_look(&fix->hosting, A, FIRST);

	assert_refused(fix, A, "senders may hold the old policy: the new id is not everywhere in DNS", NULL);
}

static void what_senders_may_hold_is_refused_with_the_time(void **state)
{
	struct fixture *fix = *state;

	order_none(fix, A);
	orphan(fix, A);
	hosting_look(&fix->hosting, A, SECOND);
	hosting_now += DRAINS - 1;

	assert_refused(fix, A, "senders may hold the old policy until", "2026-12-01T17:00:00Z");
}

static void what_was_not_confirmed_is_refused(void **state)
{
	struct fixture *fix = *state;

	order_none(fix, A);
	orphan(fix, A);
	hosting_look(&fix->hosting, A, SECOND);
	hosting_now += DRAINS;

	assert_refused(fix, A, "one more look at DNS is missing", NULL);
}

static void what_was_confirmed_before_the_restart_is_refused(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	hosting_now += 1;
	restart(fix);
	reload(fix);
	assert_refused(fix, A, "one more look at DNS is missing", NULL);

	hosting_look(&fix->hosting, A, SECOND);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
}

static void what_a_file_names_is_refused_even_when_forced(void **state)
{
	struct fixture *fix = *state;
	char path[256];

	order_none(fix, A);
	how.force = true;
	(void)snprintf(path, sizeof(path), "%s", scratch_path(fix->scratch, "d/a.example.conf"));
	assert_refused(fix, A, "its file still names it", path);

	/* A file that is refused names it as well: it is but a typo away. */
	(void)scratch_write(fix->scratch, "d/a.example.conf", "mode = \"enforced\";");
	reload(fix);
	assert_refused(fix, A, "its file still names it", path);
}

static void what_a_file_names_is_refused_even_when_it_is_safe(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	write_file(fix, A, "none");
	reload(fix);

	assert_refused(fix, A, "its file still names it", NULL);
}

static void without_having_read_the_files_nobody_is_forgotten(void **state)
{
	struct fixture *fix = *state;
	char aside[256];

	make_safe(fix, A);
	(void)snprintf(aside, sizeof(aside), "%s", scratch_path(fix->scratch, "aside"));
	assert_int_equal(rename(scratch_path(fix->scratch, "d"), aside), 0);
	restart(fix);
	reload(fix);
	hosting_look(&fix->hosting, A, SECOND);
	how.force = true;

	assert_refused(fix, A, "nobody knows whether a file names it: the domain files were never read",
		       scratch_path(fix->scratch, "d"));
}

static void what_senders_may_hold_is_forgotten_when_forced(void **state)
{
	struct fixture *fix = *state;

	orphan(fix, A);
	how.force = true;
	assert_int_equal(forget(fix, A, NULL), ERR_OK);

	assert_false(is_served(fix, A));
	assert_int_equal(fix->list.forced, 1);
	assert_true(fix->list.item[0].forced);
	assert_int_equal(fix->list.item[0].state, RETIREMENT_OFF);
}

static void what_is_safe_is_not_forced(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	orphan(fix, B);
	how.force = true;
	assert_int_equal(forget(fix, A, B), ERR_OK);

	assert_int_equal(fix->list.forced, 1);
	assert_false(fix->list.item[0].forced);
	assert_true(fix->list.item[1].forced);
}

static void a_dry_run_forgets_nothing(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	how.by.dry_run = true;
	assert_int_equal(forget(fix, A, NULL), ERR_OK);

	assert_int_equal(fix->list.count, 1);
	assert_int_equal(fix->changes->audit, 0);
	assert_untouched(fix, A);
	assert_refused(fix, B, "it is not turned off: published", "enforce");
}

static void one_that_is_refused_keeps_all_others(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	orphan(fix, B);
	assert_int_equal(forget(fix, A, B), ERR_REFUSED);

	assert_int_equal(fix->complaints.errors, 1);
	assert_untouched(fix, A);
	assert_untouched(fix, B);
}

static void each_one_that_is_refused_is_named(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(forget(fix, A, B), ERR_REFUSED);

	assert_int_equal(fix->complaints.errors, 2);
	assert_string_equal(fix->complaints.item[0].file, A);
	assert_string_equal(fix->complaints.item[1].file, B);
}

static void an_unknown_domain_keeps_all_others(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, "unknown.example"), ERR_NOT_FOUND);

	assert_untouched(fix, A);
}

static void forgetting_nobody_leaves_nothing(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(forget(fix, NULL, NULL), ERR_OK);

	assert_int_equal(fix->list.count, 0);
	assert_int_equal(fix->changes->audit, 0);
	assert_untouched(fix, A);
}

static void all_are_forgotten_in_one_transaction(void **state)
{
	struct fixture *fix = *state;

	orphan(fix, A);
	orphan(fix, B);
	how.force = true;
	commits_reset();
	assert_int_equal(forget(fix, A, B), ERR_OK);

	assert_int_equal(commits_count, 1);
	assert_int_equal(registry_count(fix->host->registry), 0);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM audit WHERE command = 'forget'"),
			 1);
}

static void what_is_forgotten_is_gone_after_a_restart(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	restart(fix);
	reload(fix);

	assert_false(is_served(fix, A));
	assert_true(is_served(fix, B));
}

static void a_domain_that_comes_back_gets_an_id_that_it_never_had(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	hosting_now = HOSTING_NOW;
	write_file(fix, A, "enforce");
	reload(fix);

	hosting_assert_id(&fix->hosting, A, "20261123160002");
	assert_false(registry_domain(fix->host->registry, A)->switching->active);
}

static void what_senders_hold_of_a_domain_that_comes_back_counts(void **state)
{
	struct fixture *fix = *state;
	struct retirement retirement;

	orphan(fix, A);
	how.force = true;
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	write_file(fix, A, "none");
	reload(fix);
	hosting_look(&fix->hosting, A, SECOND);
	assert_int_equal(retirement_of(fix->host->store, registry_domain(fix->host->registry, A), hosting_now,
				       HOSTING_NOW, &retirement),
			 ERR_OK);

	assert_int_equal(retirement.state, RETIREMENT_DRAINING);
	assert_int_equal(retirement.else_safe_at, HOSTING_NOW + DRAINS);
	/* And so may what somebody else published in between. */
	assert_true(retirement.held.unknown_before);
	assert_int_equal(retirement.safe_at,
			 HOSTING_NOW + POLICY_MAX_AGE_LIMIT + RETIRE_TTL_UNKNOWN + RETIRE_MARGIN);
}

static void a_request_that_holds_the_policy_goes_on(void **state)
{
	struct fixture *fix = *state;
	struct revision *held;

	make_safe(fix, A);
	held = registry_find(fix->host->registry, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	forget_free(&fix->list);

	assert_string_equal(held->text, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
	revision_release(&held);
}

static void nothing_is_forgotten_when_the_disk_fails(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_fault[0] = ERR_STORE;
	assert_int_equal(forget(fix, A, NULL), ERR_STORE);

	assert_untouched(fix, A);
	assert_true(registry_domain(fix->host->registry, A)->switching->active);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM switch"), 1);
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM observation"), 1);
}

static void forgetting_is_tried_again_when_room_was_made_for_it(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_int_equal(forget(fix, A, NULL), ERR_OK);

	assert_false(is_served(fix, A));
	assert_int_equal(hosting_count(&fix->hosting, "SELECT count(*) FROM audit WHERE command = 'forget'"),
			 1);
}

static void expect_all(void)
{
	assert_true(is_served(current, A));
}

static void nothing_is_gone_before_that_is_durable(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_before = expect_all;
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	commits_reset();

	assert_false(is_served(fix, A));
}

static void an_unknown_commit_goes_on_serving_until_the_store_says_it_is_gone(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_fault[0] = ERR_UNKNOWN;
	commits_written = true;
	assert_int_equal(forget(fix, A, NULL), ERR_UNKNOWN);
	assert_true(is_served(fix, A));

	assert_int_equal(registry_recover(fix->host->registry, fix->host->store), ERR_OK);
	assert_false(is_served(fix, A));
	assert_int_equal(registry_count(fix->host->registry), 1);
}

static void an_unknown_commit_that_was_lost_can_be_repeated(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_fault[0] = ERR_UNKNOWN;
	assert_int_equal(forget(fix, A, NULL), ERR_UNKNOWN);
	assert_untouched(fix, A);

	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	assert_false(is_served(fix, A));
}

static void what_was_forgotten_meanwhile_is_unknown(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	commits_fault[0] = ERR_UNKNOWN;
	commits_written = true;
	assert_int_equal(forget(fix, A, NULL), ERR_UNKNOWN);

	assert_int_equal(forget(fix, A, NULL), ERR_NOT_FOUND);
}

static enum err undo(struct fixture *fix, int64_t entry)
{
	const struct order order = { .who = "root (uid 0)", .reason = "" };

	complaints_free(&fix->complaints);
	return undo_run(fix->host->registry, fix->host->store, &order, &entry, &fix->complaints, NULL);
}

static void what_was_forgotten_is_not_brought_back_by_an_undo(void **state)
{
	struct fixture *fix = *state;

	make_safe(fix, A);
	assert_int_equal(forget(fix, A, NULL), ERR_OK);
	assert_int_equal(undo(fix, 0), ERR_REFUSED);
	assert_string_equal(fix->complaints.item[0].what, "entry cannot be taken back");
	assert_int_equal(undo(fix, fix->changes->audit - 1), ERR_REFUSED);
	assert_string_equal(fix->complaints.item[0].what, "was forgotten since");

	assert_false(is_served(fix, A));
}

static void without_memory_nothing_is_half_done(void **state)
{
	struct fixture *fix = *state;
	struct names names = { 0 };
	enum err err = ERR_NO_MEMORY;

	orphan(fix, A);
	orphan(fix, B);
	how.force = true;
	assert_int_equal(names_put(&names, A), ERR_OK);
	assert_int_equal(names_put(&names, B), ERR_OK);
	for (size_t i = 0; err != ERR_OK && i < 1000; i++) {
		memory_fail_after(i);
		err = run(fix, &names);
		(void)memory_restore();
		assert_int_equal(is_served(fix, A), err != ERR_OK);
		assert_int_equal(is_served(fix, B), err != ERR_OK);
		assert_int_equal(hosting_count(&fix->hosting,
					       "SELECT count(*) FROM revision WHERE superseded_at IS NULL"),
				 err != ERR_OK ? 2 : 0);
	}
	names_free(&names);

	assert_int_equal(err, ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_safe_is_forgotten),
		TEST(forgetting_leaves_an_audit_entry_and_the_history_and_nothing_else),
		TEST(what_is_not_turned_off_is_refused),
		TEST(what_nobody_looked_at_is_refused),
		TEST(what_dns_does_not_show_is_refused),
		TEST(what_senders_may_hold_is_refused_with_the_time),
		TEST(what_was_not_confirmed_is_refused),
		TEST(what_was_confirmed_before_the_restart_is_refused),
		TEST(what_a_file_names_is_refused_even_when_forced),
		TEST(what_a_file_names_is_refused_even_when_it_is_safe),
		TEST(without_having_read_the_files_nobody_is_forgotten),
		TEST(what_senders_may_hold_is_forgotten_when_forced),
		TEST(what_is_safe_is_not_forced),
		TEST(a_dry_run_forgets_nothing),
		TEST(one_that_is_refused_keeps_all_others),
		TEST(each_one_that_is_refused_is_named),
		TEST(an_unknown_domain_keeps_all_others),
		TEST(forgetting_nobody_leaves_nothing),
		TEST(all_are_forgotten_in_one_transaction),
		TEST(what_is_forgotten_is_gone_after_a_restart),
		TEST(a_domain_that_comes_back_gets_an_id_that_it_never_had),
		TEST(what_senders_hold_of_a_domain_that_comes_back_counts),
		TEST(a_request_that_holds_the_policy_goes_on),
		TEST(nothing_is_forgotten_when_the_disk_fails),
		TEST(forgetting_is_tried_again_when_room_was_made_for_it),
		TEST(nothing_is_gone_before_that_is_durable),
		TEST(an_unknown_commit_goes_on_serving_until_the_store_says_it_is_gone),
		TEST(an_unknown_commit_that_was_lost_can_be_repeated),
		TEST(what_was_forgotten_meanwhile_is_unknown),
		TEST(what_was_forgotten_is_not_brought_back_by_an_undo),
		TEST(without_memory_nothing_is_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
