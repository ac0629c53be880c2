/* SPDX-License-Identifier: ISC */
/* wrap: audit_last_of audit_last_order clock_now; commits memory */
#include "commits.h"
#include "hosting.h"
#include "memory.h"

#include "core/undo.h"
#include "log/log_event.h"
#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DOMAIN  "example.org"
#define ENFORCE "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 604800\r\n"
#define NONE    "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define FIRST   "20261123160000"
#define SECOND  "20261123160001"
#define THIRD   "20261123160002"
#define FOURTH  "20261123160003"

static struct hosting *current;

/* Whom the tests' undos are by, and of what. */
static struct {
	struct order by;
	int64_t entry;
} how;

/* Whether what happened last cannot be asked for. */
static bool audit_unreadable;

/* cmocka's wrappers; the names are the linker's. */
__typeof__(audit_last_of) __wrap_audit_last_of;
__typeof__(audit_last_of) __real_audit_last_of;
__typeof__(audit_last_order) __wrap_audit_last_order;
__typeof__(audit_last_order) __real_audit_last_order;

enum err __wrap_audit_last_of(struct store *store, const char *domain, int64_t *number)
{
	return audit_unreadable ? ERR_STORE : __real_audit_last_of(store, domain, number);
}

enum err __wrap_audit_last_order(struct store *store, int64_t *number)
{
	return audit_unreadable ? ERR_STORE : __real_audit_last_order(store, number);
}

static enum err publish(const char *domain, const char *mx, const char *id)
{
	return hosting_publish(current, hosting_configured(domain, MODE_ENFORCE, mx, id));
}

/* The audit has entry 1: the reload that published example.org. */
static int setup(void **state)
{
	commits_reset();
	audit_unreadable = false;
	if (hosting_setup(state) != 0)
		return -1;
	current = *state;
	how.by = (struct order){ .uid = 1000, .who = "ann (uid 1000)", .reason = "too early" };
	how.entry = 0;
	return publish(DOMAIN, "mail.example.org", "") == ERR_OK ? 0 : -1;
}

static void order(const char *domain, const struct hosting_switch *order)
{
	assert_int_equal(hosting_order(current, domain, order), ERR_OK);
}

static void order_none(const char *domain)
{
	const struct hosting_switch none = hosting_none();

	order(domain, &none);
}

static void order_both(void)
{
	const struct hosting_switch none = hosting_none();
	struct names names = { 0 };
	struct changes *changes = NULL;

	assert_int_equal(names_put(&names, DOMAIN), ERR_OK);
	assert_int_equal(names_put(&names, "two.example"), ERR_OK);
	assert_int_equal(switch_run(current->registry, current->store, &none.by, &names, &none.to,
				    &current->complaints, &changes),
			 ERR_OK);
	changes_free(&changes);
	names_free(&names);
}

/* What the last undo that went well said. */
static int64_t undone;
static size_t changed;
static int64_t audit;

static enum err undo(void)
{
	struct changes *changes = NULL;
	int64_t entry = how.entry;
	enum err err;

	complaints_free(&current->complaints);
	err = undo_run(current->registry, current->store, &how.by, &entry, &current->complaints, &changes);
	undone = err == ERR_OK ? entry : -1;
	assert_int_equal(err == ERR_OK, changes != NULL);
	if (changes != NULL) {
		changed = changes->published;
		audit = changes->audit;
	}
	changes_free(&changes);
	return err;
}

static void assert_refused(const char *domain, const char *what)
{
	assert_int_equal(undo(), ERR_REFUSED);
	assert_int_equal(current->complaints.errors, 1);
	assert_string_equal(current->complaints.item[0].file, domain);
	assert_string_equal(current->complaints.item[0].what, what);
	assert_int_equal(undone, -1);
}

static const struct switching *switch_of(const char *domain)
{
	return registry_domain(current->registry, domain)->switching;
}

static void the_text_of_before_comes_back_under_a_new_id(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	assert_false(switch_of(DOMAIN)->active);
	assert_int_equal(registry_standing(registry_domain(current->registry, DOMAIN)), STANDING_CONFIGURED);
	assert_int_equal(undone, 2);
	assert_int_equal(changed, 1);
	hosting_restart(*state);
	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	assert_false(switch_of(DOMAIN)->active);
}

static void an_undo_leaves_an_audit_entry(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(undo(), ERR_OK);

	assert_int_equal(audit, 3);
	assert_int_equal(hosting_count(*state,
				       "SELECT count(*) FROM audit JOIN audit_change ON audit = audit.number"
				       " WHERE number = 3 AND uid = 1000 AND who = 'ann (uid 1000)'"
				       " AND command = 'undo' AND undoes = 2 AND reason = 'too early'"
				       " AND before = '" SECOND "' AND after = '" THIRD "'"),
			 1);
}

static void a_dry_run_changes_nothing(void **state)
{
	order_none(DOMAIN);
	how.by.dry_run = true;
	assert_int_equal(undo(), ERR_OK);

	assert_int_equal(undone, 2);
	assert_int_equal(changed, 1);
	assert_int_equal(audit, 0);
	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
	assert_true(switch_of(DOMAIN)->active);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit"), 2);
}

static void without_an_order_there_is_nothing_to_undo(void **state)
{
	assert_int_equal(undo(), ERR_REFUSED); /* what the files said was published */
	hosting_sql(*state, "DELETE FROM audit_change; DELETE FROM audit");
	assert_int_equal(undo(), ERR_NOT_FOUND);
	how.entry = 99;
	assert_int_equal(undo(), ERR_NOT_FOUND);
	how.entry = INT64_MAX - 1;
	assert_int_equal(undo(), ERR_NOT_FOUND);
	how.entry = -1;
	assert_int_equal(undo(), ERR_NOT_FOUND);
}

/* Not the order before it: who says undo means what happened last. */
static void what_came_after_the_last_order_keeps_it_from_being_taken_for_the_last(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(hosting_publish(*state, hosting_configured("later.example", MODE_TESTING,
								    "mx.example.org", "")),
			 ERR_OK);
	assert_refused("audit", "entry cannot be taken back");

	assert_string_equal(current->complaints.item[0].instead,
			    "only orders are; the last one is entry 2, and mta-stsctl undo 2 takes it back");
	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
}

static void an_undo_before_what_came_last_is_not_said_to_be_an_order_to_take_back(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(undo(), ERR_OK);
	assert_int_equal(hosting_publish(*state, hosting_configured("later.example", MODE_TESTING,
								    "mx.example.org", "")),
			 ERR_OK);
	assert_refused("audit", "entry cannot be taken back");

	assert_string_equal(current->complaints.item[0].instead,
			    "only orders are; the last one is entry 3, an undo itself, and mta-stsctl undo 3 "
			    "does again what that took back");
}

static void an_undo_can_be_undone_and_the_switch_comes_back_as_it_was(void **state)
{
	order_none(DOMAIN);
	hosting_now += 3600;
	assert_int_equal(undo(), ERR_OK);
	assert_int_equal(undo(), ERR_OK);

	assert_int_equal(undone, 3);
	hosting_assert_serves(*state, DOMAIN, "20261123170001", NONE);
	hosting_restart(*state);
	assert_true(switch_of(DOMAIN)->active);
	assert_int_equal(switch_of(DOMAIN)->mode, MODE_NONE);
	assert_int_equal(switch_of(DOMAIN)->max_age, 86400);
	assert_int_equal(switch_of(DOMAIN)->since, HOSTING_NOW);
	assert_string_equal(switch_of(DOMAIN)->who, "root (uid 0)");
}

static void the_switch_that_a_reset_ended_comes_back_as_it_was(void **state)
{
	const struct hosting_switch reset = { { .who = "bob (uid 7)", .reason = "" }, { .reset = true } };
	struct hosting_switch none = hosting_none();

	none.to.keep_mx = true;
	none.to.max_age = 7200;
	order(DOMAIN, &none);
	hosting_now += 60;
	order(DOMAIN, &reset);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, "20261123160101",
			      "version: STSv1\r\nmode: none\r\nmx: mail.example.org\r\nmax_age: 7200\r\n");
	hosting_restart(*state);
	assert_true(switch_of(DOMAIN)->active && switch_of(DOMAIN)->keep_mx);
	assert_int_equal(switch_of(DOMAIN)->max_age, 7200);
	assert_int_equal(switch_of(DOMAIN)->since, HOSTING_NOW);
	assert_string_equal(switch_of(DOMAIN)->who, "root (uid 0)");
}

static void the_switch_that_another_one_replaced_comes_back(void **state)
{
	struct hosting_switch testing = { { .who = "bob (uid 7)", .reason = "" }, { .mode = MODE_TESTING } };

	order_none(DOMAIN);
	order(DOMAIN, &testing);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, FOURTH, NONE);
	assert_int_equal(switch_of(DOMAIN)->mode, MODE_NONE);
	assert_string_equal(switch_of(DOMAIN)->who, "root (uid 0)");
}

static void a_switch_that_published_nothing_is_taken_back_without_a_revision(void **state)
{
	const struct hosting_switch enforce = { { .who = "root (uid 0)", .reason = "" },
						{ .mode = MODE_ENFORCE } };

	order(DOMAIN, &enforce);
	assert_true(switch_of(DOMAIN)->active);
	assert_int_equal(undo(), ERR_OK);

	assert_int_equal(changed, 0);
	hosting_assert_serves(*state, DOMAIN, FIRST, ENFORCE);
	assert_false(switch_of(DOMAIN)->active);
}

static void a_new_id_is_none_that_was_ever_used(void **state)
{
	/* A file had the ids that come next by time. */
	assert_int_equal(publish(DOMAIN, "mx1.example.org", THIRD), ERR_OK);
	assert_int_equal(publish(DOMAIN, "mx2.example.org", FOURTH), ERR_OK);
	assert_int_equal(publish(DOMAIN, "mail.example.org", "own"), ERR_OK);
	assert_int_equal(publish(DOMAIN, "mail.example.org", ""), ERR_OK);
	hosting_assert_id(*state, DOMAIN, "own");
	order_none(DOMAIN);
	hosting_assert_id(*state, DOMAIN, SECOND);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, "20261123160004", ENFORCE);
}

static void what_is_no_order_cannot_be_undone(void **state)
{
	how.entry = 1;
	assert_refused("audit", "entry cannot be taken back");

	hosting_assert_id(*state, DOMAIN, FIRST);
}

static void a_later_order_stands_in_the_way(void **state)
{
	const struct hosting_switch reset = hosting_reset();

	order_none(DOMAIN);
	order(DOMAIN, &reset);
	how.entry = 2;
	assert_refused(DOMAIN, "was changed again since");

	assert_string_equal(current->complaints.item[0].value, "audit entry 3");
	hosting_assert_id(*state, DOMAIN, THIRD);
}

static void an_order_is_undone_once(void **state)
{
	order_none(DOMAIN);
	how.entry = 2;
	assert_int_equal(undo(), ERR_OK);
	assert_refused(DOMAIN, "was changed again since");

	hosting_assert_id(*state, DOMAIN, THIRD);
}

static void a_reload_that_published_stands_in_the_way(void **state)
{
	const struct hosting_switch testing = { { .who = "root (uid 0)", .reason = "" },
						{ .mode = MODE_TESTING } };

	order(DOMAIN, &testing);
	assert_int_equal(publish(DOMAIN, "other.example.org", ""), ERR_OK);
	how.entry = 2;
	assert_refused(DOMAIN, "was changed again since");

	hosting_assert_id(*state, DOMAIN, THIRD);
}

static void a_reload_that_published_nothing_does_not(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(publish(DOMAIN, "mail.example.org", ""), ERR_OK);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
}

static void a_file_that_says_something_else_by_now_stands_in_the_way(void **state)
{
	order_none(DOMAIN);
	assert_int_equal(publish(DOMAIN, "other.example.org", ""), ERR_OK);
	assert_refused(DOMAIN, "its file says something else by now");

	assert_string_equal(current->complaints.item[0].value, "/d/it.conf");
	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
}

static void an_id_of_the_file_that_was_used_stands_in_the_way(void **state)
{
	assert_int_equal(publish("own.example", "mail.example.org", "mine1"), ERR_OK);
	order_none("own.example");
	assert_refused("/d/it.conf", "id belongs to another revision of the domain");

	hosting_assert_serves(*state, "own.example", FIRST, NONE);
}

static void orders_for_other_domains_do_not_stand_in_the_way(void **state)
{
	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_none(DOMAIN);
	order_none("two.example");
	how.entry = 3;
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	hosting_assert_serves(*state, "two.example", SECOND, NONE);
}

static void an_orphan_gets_its_text_back(void **state)
{
	order_none(DOMAIN);
	hosting_restart(*state);
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	assert_int_equal(registry_standing(registry_domain(current->registry, DOMAIN)), STANDING_ORPHANED);
}

static void what_was_before_the_upgrade_is_not_known(void **state)
{
	order_none(DOMAIN);
	hosting_sql(*state, "UPDATE audit_change SET was_known = 0");
	assert_refused(DOMAIN, "what it was before is not known");

	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
}

static void a_damaged_text_of_before_cannot_come_back(void **state)
{
	order_none(DOMAIN);
	hosting_sql(*state, "UPDATE revision SET text = 'nonsense' WHERE superseded_at IS NOT NULL");
	assert_refused(DOMAIN, "its previous policy cannot be read");

	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
}

static void all_domains_of_an_order_come_back_at_once(void **state)
{
	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_both();
	commits_reset();
	assert_int_equal(undo(), ERR_OK);

	assert_int_equal(changed, 2);
	assert_int_equal(commits_count, 1);
	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	hosting_assert_serves(*state, "two.example", THIRD, ENFORCE);
}

static void one_domain_that_cannot_come_back_keeps_all_others(void **state)
{
	const struct hosting_switch testing = { { .who = "root (uid 0)", .reason = "" },
						{ .mode = MODE_TESTING } };

	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_both();
	order("two.example", &testing);
	how.entry = 3;
	assert_refused("two.example", "was changed again since");

	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
	hosting_assert_id(*state, "two.example", THIRD);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit"), 4);
}

static void every_domain_that_cannot_come_back_is_named(void **state)
{
	(void)state;
	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_both();
	order_none("two.example");
	hosting_sql(current, "UPDATE audit_change SET was_known = 0");
	assert_int_equal(undo(), ERR_REFUSED);

	assert_int_equal(current->complaints.errors, 2);
}

static void a_domain_that_the_order_left_as_it_was_stays(void **state)
{
	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_none("two.example");
	order_both();
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	hosting_assert_serves(*state, "two.example", SECOND, NONE);
}

static void nothing_changes_when_the_disk_fails(void **state)
{
	order_none(DOMAIN);
	commits_fault[0] = ERR_STORE;
	assert_int_equal(undo(), ERR_STORE);

	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
	assert_true(switch_of(DOMAIN)->active);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM switch"), 1);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit"), 2);
}

static void nothing_is_taken_back_while_the_audit_cannot_be_read(void **state)
{
	order_none(DOMAIN);
	audit_unreadable = true;
	assert_int_equal(undo(), ERR_STORE);
	how.entry = 1; /* no order: the last one would be named */
	assert_int_equal(undo(), ERR_STORE);

	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);
	assert_true(switch_of(DOMAIN)->active);
}

static void an_undo_is_tried_again_when_room_was_made_for_it(void **state)
{
	order_none(DOMAIN);
	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit WHERE command = 'undo'"), 1);
}

static void an_unknown_commit_is_said_and_not_served(void **state)
{
	order_none(DOMAIN);
	commits_fault[0] = ERR_UNKNOWN;
	commits_written = true;
	assert_int_equal(undo(), ERR_UNKNOWN);
	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);

	/* It was written: the next one finds it, and nothing of the order is left to take back. */
	how.entry = 2;
	assert_refused(DOMAIN, "was changed again since");
	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
	assert_false(switch_of(DOMAIN)->active);
}

static void an_unknown_commit_that_was_lost_can_be_repeated(void **state)
{
	order_none(DOMAIN);
	commits_fault[0] = ERR_UNKNOWN;
	assert_int_equal(undo(), ERR_UNKNOWN);
	hosting_assert_serves(*state, DOMAIN, SECOND, NONE);

	assert_int_equal(undo(), ERR_OK);
	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
}

static void expect_none(void)
{
	hosting_assert_serves(current, DOMAIN, SECOND, NONE);
}

static void nothing_is_visible_before_it_is_durable(void **state)
{
	order_none(DOMAIN);
	commits_before = expect_none;
	assert_int_equal(undo(), ERR_OK);

	hosting_assert_serves(*state, DOMAIN, THIRD, ENFORCE);
}

static void without_memory_nothing_is_half_done(void **state)
{
	enum err err = ERR_NO_MEMORY;

	assert_int_equal(publish("two.example", "mail.example.org", ""), ERR_OK);
	order_both();
	for (size_t i = 0; err != ERR_OK && i < 1000; i++) {
		struct changes *changes = NULL;
		int64_t entry = how.entry;

		complaints_free(&current->complaints);
		memory_fail_after(i);
		err = undo_run(current->registry, current->store, &how.by, &entry, &current->complaints,
			       &changes);
		(void)memory_restore();
		changes_free(&changes);
		hosting_assert_id(*state, DOMAIN, err == ERR_OK ? THIRD : SECOND);
		hosting_assert_id(*state, "two.example", err == ERR_OK ? THIRD : SECOND);
		assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"),
				 err == ERR_OK ? 6 : 4);
	}

	assert_int_equal(err, ERR_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

static char announced[256];

static bool take_event(const struct iovec *field, size_t count)
{
	static const char name[] = "MESSAGE_ID=";

	for (size_t i = 0; i < count; i++) {
		if (strncmp(field[i].iov_base, name, strlen(name)) == 0 &&
		    strstr(field[i].iov_base, log_event_row(EVENT_DOMAIN_PUBLISHED)->id) == NULL)
			return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (strncmp(field[i].iov_base, "MTA_STS_", 8) == 0)
			(void)strncat(announced, (const char *)field[i].iov_base + 8, field[i].iov_len - 8);
	}
	return true;
}

static void what_an_undo_publishes_is_announced(void **state)
{
	(void)state;
	order_none(DOMAIN);
	announced[0] = '\0';
	log_event_open(take_event);
	assert_int_equal(undo(), ERR_OK);
	log_event_open(NULL);

	assert_string_equal(announced, "DOMAIN=" DOMAIN "MODE=enforceID=" THIRD
				       "WHO=ann (uid 1000)REASON=too earlyUID=1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_text_of_before_comes_back_under_a_new_id),
		TEST(an_undo_leaves_an_audit_entry),
		TEST(what_an_undo_publishes_is_announced),
		TEST(a_dry_run_changes_nothing),
		TEST(without_an_order_there_is_nothing_to_undo),
		TEST(what_came_after_the_last_order_keeps_it_from_being_taken_for_the_last),
		TEST(an_undo_before_what_came_last_is_not_said_to_be_an_order_to_take_back),
		TEST(an_undo_can_be_undone_and_the_switch_comes_back_as_it_was),
		TEST(the_switch_that_a_reset_ended_comes_back_as_it_was),
		TEST(the_switch_that_another_one_replaced_comes_back),
		TEST(a_switch_that_published_nothing_is_taken_back_without_a_revision),
		TEST(a_new_id_is_none_that_was_ever_used),
		TEST(what_is_no_order_cannot_be_undone),
		TEST(a_later_order_stands_in_the_way),
		TEST(an_order_is_undone_once),
		TEST(a_reload_that_published_stands_in_the_way),
		TEST(a_reload_that_published_nothing_does_not),
		TEST(a_file_that_says_something_else_by_now_stands_in_the_way),
		TEST(an_id_of_the_file_that_was_used_stands_in_the_way),
		TEST(orders_for_other_domains_do_not_stand_in_the_way),
		TEST(an_orphan_gets_its_text_back),
		TEST(what_was_before_the_upgrade_is_not_known),
		TEST(a_damaged_text_of_before_cannot_come_back),
		TEST(all_domains_of_an_order_come_back_at_once),
		TEST(one_domain_that_cannot_come_back_keeps_all_others),
		TEST(every_domain_that_cannot_come_back_is_named),
		TEST(a_domain_that_the_order_left_as_it_was_stays),
		TEST(nothing_changes_when_the_disk_fails),
		TEST(nothing_is_taken_back_while_the_audit_cannot_be_read),
		TEST(an_undo_is_tried_again_when_room_was_made_for_it),
		TEST(an_unknown_commit_is_said_and_not_served),
		TEST(an_unknown_commit_that_was_lost_can_be_repeated),
		TEST(nothing_is_visible_before_it_is_durable),
		TEST(without_memory_nothing_is_half_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
