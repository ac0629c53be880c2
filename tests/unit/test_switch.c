/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; commits */
#include "commits.h"
#include "hosting.h"

#include "evidence/retirement.h"
#include "log/log_event.h"
#include "store/revisions.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ENFORCE "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 604800\r\n"
#define NONE    "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define FIRST   "20261123160000"
#define SECOND  "20261123160001"
#define THIRD   "20261123160002"

static struct hosting *current;

static int setup(void **state)
{
	commits_reset();
	if (hosting_setup(state) != 0)
		return -1;
	current = *state;
	return hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE, "mail.example.org",
							  "")) == ERR_OK
		       ? 0
		       : -1;
}

static void none_is_served_under_a_new_id(void **state)
{
	const struct hosting_switch none = hosting_none();

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
}

static char logged[1024];

static bool take_event(const struct iovec *field, size_t count)
{
	logged[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(logged) + field[i].iov_len + 2 < sizeof(logged));
		(void)strncat(logged, field[i].iov_base, field[i].iov_len);
		(void)strcat(logged, "\n");
	}
	return true;
}

/* Whoever watches the journal finds domain, mode and new id without reading words. */
static void the_log_has_what_was_ordered_in_fields(void **state)
{
	struct hosting_switch none = hosting_none();

	none.by.uid = 1000;
	none.by.reason = "moving";
	log_event_open(take_event);
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	log_event_open(NULL);

	assert_non_null(strstr(logged, log_event_row(EVENT_DOMAIN_PUBLISHED)->id));
	assert_non_null(strstr(logged, "\nMTA_STS_DOMAIN=example.org\nMTA_STS_MODE=none\nMTA_STS_ID=" SECOND
				       "\nMTA_STS_WHO=root (uid 0)\nMTA_STS_REASON=moving\n"
				       "MTA_STS_UID=1000\n"));
}

static void what_was_not_done_is_logged_with_who_ordered_it(void **state)
{
	struct hosting_switch none = hosting_none();

	none.by.uid = 1000;
	log_event_open(take_event);
	assert_int_equal(hosting_order(*state, "unknown.example", &none), ERR_NOT_FOUND);
	log_event_open(NULL);

	assert_non_null(strstr(logged, log_event_row(EVENT_ORDER_NOT_DONE)->id));
	assert_non_null(strstr(logged, "\nMTA_STS_WHO=root (uid 0)\n"));
	assert_non_null(strstr(logged, "\nMTA_STS_UID=1000\n"));
}

static void asking_twice_makes_no_second_revision(void **state)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_now += 60;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"), 2);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit WHERE command = 'none'"), 1);
}

static void none_takes_a_max_age_and_keeps_mx_when_asked_to(void **state)
{
	struct hosting_switch none = hosting_none();

	none.to.max_age = 3600;
	none.to.keep_mx = true;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND,
			      "version: STSv1\r\nmode: none\r\nmx: mail.example.org\r\nmax_age: 3600\r\n");
}

static void every_mode_takes_a_max_age_that_holds_until_the_next_order(void **state)
{
	static const char brief[] =
		"version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 60\r\n";
	struct hosting_switch enforce = hosting_none();

	enforce.to = (struct switch_to){ .mode = MODE_ENFORCE, .max_age = 60 };
	assert_int_equal(hosting_order(*state, "example.org", &enforce), ERR_OK);
	hosting_assert_serves(*state, "example.org", SECOND, brief);

	/* Neither a restart nor a file that is read again takes it back. */
	hosting_restart(*state);
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);
	hosting_assert_serves(*state, "example.org", SECOND, brief);

	enforce.to.max_age = 0;
	assert_int_equal(hosting_order(*state, "example.org", &enforce), ERR_OK);
	hosting_assert_serves(*state, "example.org", THIRD, ENFORCE);
}

static void reset_goes_back_to_the_file_under_a_third_id(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	assert_int_equal(hosting_order(*state, "example.org", &reset), ERR_OK);

	hosting_assert_serves(*state, "example.org", THIRD, ENFORCE);
	assert_int_equal(registry_standing(registry_domain(current->registry, "example.org")),
			 STANDING_CONFIGURED);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM switch"), 0);
}

static void reset_without_a_switch_changes_nothing(void **state)
{
	const struct hosting_switch reset = hosting_reset();

	assert_int_equal(hosting_order(*state, "example.org", &reset), ERR_OK);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
}

static void an_id_is_greater_than_the_last_one_when_the_clock_goes_back(void **state)
{
	const struct hosting_switch none = hosting_none();

	hosting_now -= 86400;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_id(*state, "example.org", SECOND);
}

static void a_switch_survives_a_restart_and_a_reload(void **state)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_restart(*state);
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
	assert_int_equal(registry_standing(registry_domain(current->registry, "example.org")),
			 STANDING_SWITCHED);
}

static void a_restart_changes_no_id(void **state)
{
	hosting_now += 3600;
	hosting_restart(*state);
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
}

static enum err order_two(struct hosting *hosting, const char *one, const char *two,
			  const struct hosting_switch *order)
{
	struct names names = { 0 };
	struct changes *changes = NULL;
	enum err err;

	assert_int_equal(names_put(&names, one), ERR_OK);
	assert_int_equal(names_put(&names, two), ERR_OK);
	err = switch_run(hosting->registry, hosting->store, &order->by, &names, &order->to,
			 &hosting->complaints, &changes);
	if (err != ERR_OK)
		assert_null(changes);
	changes_free(&changes);
	names_free(&names);
	return err;
}

static void an_unknown_domain_keeps_all_others_unchanged(void **state)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(order_two(*state, "example.org", "unknown.example", &none), ERR_NOT_FOUND);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"), 1);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct hosting_switch none = hosting_none();

	none.by.dry_run = true;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"), 1);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM switch"), 0);
}

static void nothing_changes_when_the_disk_fails(void **state)
{
	const struct hosting_switch none = hosting_none();

	commits_fault[0] = ERR_STORE;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_STORE);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
	assert_false(registry_domain(current->registry, "example.org")->switching->active);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM revision"), 1);
}

static void an_unknown_commit_is_said_and_not_served(void **state)
{
	const struct hosting_switch none = hosting_none();

	commits_fault[0] = ERR_UNKNOWN;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_UNKNOWN);

	hosting_assert_serves(*state, "example.org", FIRST, ENFORCE);
}

static void an_order_is_tried_again_when_room_was_made_for_it(void **state)
{
	const struct hosting_switch none = hosting_none();

	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM audit WHERE command = 'none'"), 1);
}

static void expect_the_old_policy(void)
{
	hosting_assert_serves(current, "example.org", FIRST, ENFORCE);
}

static void nothing_is_visible_before_it_is_durable(void **state)
{
	const struct hosting_switch none = hosting_none();

	commits_before = expect_the_old_policy;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
}

static void an_order_leaves_an_audit_entry(void **state)
{
	struct hosting_switch none = hosting_none();

	none.by.uid = 1000;
	none.by.who = "ann (uid 1000)";
	none.by.reason = "mail moves";
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	assert_int_equal(hosting_count(*state,
				       "SELECT count(*) FROM audit JOIN audit_change ON audit = audit.number"
				       " WHERE uid = 1000 AND who = 'ann (uid 1000)' AND command = 'none'"
				       " AND reason = 'mail moves' AND at = 1795449600 AND before = '" FIRST
				       "' AND after = '" SECOND "'"),
			 1);
}

static void a_mode_that_needs_mx_is_refused_without(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch enforce = { { .who = "root (uid 0)", .reason = "" },
						{ .mode = MODE_ENFORCE } };

	/* After a restart without its file nothing knows the mx lines any more. */
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_restart(*state);
	assert_int_equal(hosting_order(*state, "example.org", &enforce), ERR_REFUSED);

	assert_int_equal(current->complaints.errors, 1);
	hosting_assert_serves(*state, "example.org", SECOND, NONE);
}

static void reset_of_an_orphan_is_refused(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_restart(*state);
	assert_int_equal(hosting_order(*state, "example.org", &reset), ERR_REFUSED);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
}

static void an_orphan_can_be_switched_to_none(void **state)
{
	const struct hosting_switch none = hosting_none();

	hosting_restart(*state);
	assert_int_equal(registry_standing(registry_domain(current->registry, "example.org")),
			 STANDING_ORPHANED);
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);

	hosting_assert_serves(*state, "example.org", SECOND, NONE);
}

static void a_file_sets_the_id_of_its_policy(void **state)
{
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, "mine1")),
			 ERR_OK);
	hosting_assert_id(*state, "own.example", "mine1");

	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, "mine2")),
			 ERR_OK);
	hosting_assert_id(*state, "own.example", "mine2");
}

static void a_changed_policy_under_an_unchanged_id_is_refused(void **state)
{
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, "mine1")),
			 ERR_OK);
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_TESTING,
								    "mx.example.org", "mine1")),
			 ERR_REFUSED);

	hosting_assert_id(*state, "own.example", "mine1");
	assert_string_equal(current->complaints.item[0].value, "mine1");
	assert_string_equal(current->complaints.item[0].file, "/d/it.conf");
}

static void an_id_of_former_days_is_refused_even_with_its_own_text(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();

	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_TESTING,
								    "mx.example.org", "mine1")),
			 ERR_OK);
	assert_int_equal(hosting_order(*state, "own.example", &none), ERR_OK);
	hosting_assert_id(*state, "own.example", FIRST);
	assert_int_equal(hosting_order(*state, "own.example", &reset), ERR_REFUSED);

	hosting_assert_serves(*state, "own.example", FIRST, NONE);
}

static void a_generated_id_avoids_one_that_a_file_has_set(void **state)
{
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, FIRST)),
			 ERR_OK);
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, "mine")),
			 ERR_OK);
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_TESTING,
								    "mx.example.org", "")),
			 ERR_OK);

	hosting_assert_id(*state, "own.example", SECOND);
}

static uint32_t wait_of(const struct hosting_switch *order)
{
	struct names names = { 0 };
	struct changes *changes = NULL;
	uint32_t wait;

	assert_int_equal(names_put(&names, "example.org"), ERR_OK);
	assert_int_equal(switch_run(current->registry, current->store, &order->by, &names, &order->to,
				    &current->complaints, &changes),
			 ERR_OK);
	assert_int_equal(retirement_wait(current->store, "example.org", hosting_now,
					 order->by.dry_run && changes->item[0].publishes, &wait),
			 ERR_OK);
	changes_free(&changes);
	names_free(&names);
	return wait;
}

/* Who saw it there before it was published keeps the old policy under it. */
static void an_id_that_stood_in_dns_already_is_refused(void **state)
{
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_NONE, NULL, "")),
			 ERR_OK);
	hosting_look(*state, "own.example", "mine");
	assert_int_equal(hosting_publish(*state, hosting_configured("own.example", MODE_TESTING,
								    "mx.example.org", "mine")),
			 ERR_REFUSED);

	hosting_assert_id(*state, "own.example", FIRST);
}

static void what_an_older_policy_holds_counts_for_every_later_order(void **state)
{
	struct hosting_switch none = hosting_none();

	none.to.keep_mx = true;
	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	none.to.keep_mx = false;
	hosting_now += 60;

	/* The enforce of a minute ago: its week, and an hour. */
	assert_int_equal(wait_of(&none), 604800 + 3600);

	/* As long as nobody looked into DNS senders may renew it: asking again says so, whenever that is. */
	hosting_now += 14 * 86400;
	assert_int_equal(wait_of(&none), 604800 + 3600);
}

static void the_wait_is_over_when_dns_showed_the_new_id_for_long_enough(void **state)
{
	const struct hosting_switch none = hosting_none();
	struct hosting_switch other = hosting_none();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_look(*state, "example.org", SECOND);
	hosting_now += 86400 + 604800 + 3600 - 1;
	assert_int_equal(wait_of(&none), 604800 + 3600);
	hosting_now += 1;
	assert_int_equal(wait_of(&none), 0);

	/* Nobody holds the enforce any more, whatever is published next. */
	other.to.max_age = 3600;
	other.by.dry_run = true;
	assert_int_equal(wait_of(&other), 0);
}

static void a_damaged_switch_never_lets_the_file_through(void **state)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_sql(*state, "UPDATE switch SET mode = 'nonsense'");
	hosting_restart(*state);
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);

	assert_int_equal(registry_domain(current->registry, "example.org")->published->mode, MODE_NONE);
}

static void a_damaged_revision_keeps_the_switch_of_its_domain(void **state)
{
	const struct hosting_switch none = hosting_none();

	assert_int_equal(hosting_order(*state, "example.org", &none), ERR_OK);
	hosting_sql(*state, "UPDATE revision SET text = 'nonsense' WHERE superseded_at IS NULL");
	hosting_restart(*state);

	/* Not even when the first attempt to publish anew fails. */
	commits_fault[0] = ERR_STORE;
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_STORE);
	assert_int_equal(hosting_publish(*state, hosting_configured("example.org", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);

	assert_int_equal(registry_domain(current->registry, "example.org")->published->mode, MODE_NONE);
	assert_int_equal(hosting_count(*state, "SELECT count(*) FROM switch"), 1);
}

static atomic_bool stop;
static atomic_bool torn;

/* Whoever has seen the first domain switched must see the second one switched. */
static void *read_both(void *context)
{
	struct registry *registry = context;

	while (!atomic_load(&stop)) {
		struct revision *one = registry_find(registry, "example.org");
		struct revision *two = registry_find(registry, "two.example");

		if (strcmp(one->id, two->id) > 0)
			atomic_store(&torn, true);
		revision_release(&one);
		revision_release(&two);
	}
	return NULL;
}

static void all_domains_of_an_order_change_at_once(void **state)
{
	const struct hosting_switch none = hosting_none();
	const struct hosting_switch reset = hosting_reset();
	pthread_t reader;

	assert_int_equal(hosting_publish(*state, hosting_configured("two.example", MODE_ENFORCE,
								    "mail.example.org", "")),
			 ERR_OK);
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&reader, NULL, read_both, current->registry), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(order_two(*state, "example.org", "two.example", i % 2 == 0 ? &none : &reset),
				 ERR_OK);
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(reader, NULL), 0);

	assert_false(atomic_load(&torn));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, hosting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none_is_served_under_a_new_id),
		TEST(the_log_has_what_was_ordered_in_fields),
		TEST(what_was_not_done_is_logged_with_who_ordered_it),
		TEST(asking_twice_makes_no_second_revision),
		TEST(every_mode_takes_a_max_age_that_holds_until_the_next_order),
		TEST(none_takes_a_max_age_and_keeps_mx_when_asked_to),
		TEST(reset_goes_back_to_the_file_under_a_third_id),
		TEST(reset_without_a_switch_changes_nothing),
		TEST(an_id_is_greater_than_the_last_one_when_the_clock_goes_back),
		TEST(a_switch_survives_a_restart_and_a_reload),
		TEST(a_restart_changes_no_id),
		TEST(an_unknown_domain_keeps_all_others_unchanged),
		TEST(a_dry_run_changes_nothing),
		TEST(nothing_changes_when_the_disk_fails),
		TEST(an_unknown_commit_is_said_and_not_served),
		TEST(an_order_is_tried_again_when_room_was_made_for_it),
		TEST(nothing_is_visible_before_it_is_durable),
		TEST(an_order_leaves_an_audit_entry),
		TEST(a_mode_that_needs_mx_is_refused_without),
		TEST(reset_of_an_orphan_is_refused),
		TEST(an_orphan_can_be_switched_to_none),
		TEST(a_file_sets_the_id_of_its_policy),
		TEST(a_changed_policy_under_an_unchanged_id_is_refused),
		TEST(an_id_of_former_days_is_refused_even_with_its_own_text),
		TEST(a_generated_id_avoids_one_that_a_file_has_set),
		TEST(what_an_older_policy_holds_counts_for_every_later_order),
		TEST(an_id_that_stood_in_dns_already_is_refused),
		TEST(the_wait_is_over_when_dns_showed_the_new_id_for_long_enough),
		TEST(a_damaged_switch_never_lets_the_file_through),
		TEST(a_damaged_revision_keeps_the_switch_of_its_domain),
		TEST(all_domains_of_an_order_change_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
