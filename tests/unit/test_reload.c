/* SPDX-License-Identifier: ISC */
/* wrap: certs_load domains_load settings_load store_commit */
#include "scratch.h"

#include "app/host.h"
#include "base/clock.h"
#include "core/files_check.h"
#include "core/switch.h"
#include "evidence/tally.h"
#include "log/log_event.h"
#include "store/revisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES 12

/* What there is no memory for, or no room on the disk. */
static struct {
	bool settings, certificates, domains, commit;
} refused;

__typeof__(settings_load) __real_settings_load;
__typeof__(settings_load) __wrap_settings_load;
enum err __wrap_settings_load(const char *path, struct complaints *complaints, struct settings **settings)
{
	return refused.settings ? ERR_NO_MEMORY : __real_settings_load(path, complaints, settings);
}

__typeof__(certs_load) __real_certs_load;
__typeof__(certs_load) __wrap_certs_load;
static unsigned certificate_loads;
enum err __wrap_certs_load(struct certs *certs, const struct names *directories,
			   struct complaints *complaints)
{
	certificate_loads++;
	return refused.certificates ? ERR_NO_MEMORY : __real_certs_load(certs, directories, complaints);
}

__typeof__(domains_load) __real_domains_load;
__typeof__(domains_load) __wrap_domains_load;
enum err __wrap_domains_load(const char *directory, const struct domains *before,
			     struct complaints *complaints, struct domains **domains)
{
	return refused.domains ? ERR_NO_MEMORY : __real_domains_load(directory, before, complaints, domains);
}

__typeof__(store_commit) __real_store_commit;
__typeof__(store_commit) __wrap_store_commit;
enum err __wrap_store_commit(struct store_txn **txn)
{
	return refused.commit ? ERR_STORE : __real_store_commit(txn);
}

struct fixture {
	struct scratch *scratch;
	struct host *host;
};

static void write_domain(const struct fixture *fix, unsigned i, const char *mode)
{
	char name[64];
	char text[128];

	(void)snprintf(name, sizeof(name), "d/n%u.example.conf", i);
	(void)snprintf(text, sizeof(text), "mode = \"%s\"; max_age = 86400; mx = [ \"mx.example.org\" ];\n",
		       mode);
	(void)scratch_write(fix->scratch, name, text);
}

static void remove_domain(const struct fixture *fix, unsigned i)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "d/n%u.example.conf", i);
	assert_int_equal(unlink(scratch_path(fix->scratch, name)), 0);
}

static enum err reload(struct fixture *fix, bool force, size_t *published)
{
	const struct order order = { .uid = -1, .who = "test", .reason = "" };
	struct changes *changes = NULL;
	enum err err = reload_run(fix->host, &order, force, &changes);

	if (published != NULL)
		*published = changes != NULL ? changes->published : 0;
	changes_free(&changes);
	return err;
}

static void open_host(struct fixture *fix)
{
	struct complaints complaints = { 0 };
	struct settings *settings = NULL;
	const char *path = scratch_path(fix->scratch, "conf");

	assert_int_equal(settings_load(path, &complaints, &settings), ERR_OK);
	assert_int_equal(complaints.count, 0);
	assert_int_equal(host_open(path, &settings, &fix->host), ERR_OK);
	assert_null(settings);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;
	char conf[1024];

	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	(void)snprintf(
		conf, sizeof(conf),
		"domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = \"%s/s\";\n",
		fix->scratch->folder, fix->scratch->folder, fix->scratch->folder, fix->scratch->folder);
	(void)scratch_write(fix->scratch, "conf", conf);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "c"), 0700), 0);
	for (unsigned i = 0; i < FILES; i++)
		write_domain(fix, i, "testing");
	open_host(fix);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	host_close(&fix->host);
	free(fix);
	return scratch_teardown(&scratch);
}

static enum standing standing(const struct fixture *fix, const char *name)
{
	const struct domain *domain = registry_domain(fix->host->registry, name);

	assert_non_null(domain);
	return registry_standing(domain);
}

static enum mode mode(const struct fixture *fix, const char *name)
{
	return registry_domain(fix->host->registry, name)->published->mode;
}

static void every_domain_of_the_files_is_published(void **state)
{
	struct fixture *fix = *state;
	size_t published;

	assert_int_equal(reload(fix, false, &published), ERR_OK);

	assert_int_equal(published, FILES);
	assert_int_equal(registry_count(fix->host->registry), FILES);
	assert_int_equal(standing(fix, "n3.example"), STANDING_CONFIGURED);
	assert_int_equal(fix->host->coverage->uncovered_count, FILES);
	assert_int_equal(fix->host->coverage->uncovered.count, COVERAGE_NAMED);
}

static void a_reload_publishes_only_what_changed(void **state)
{
	struct fixture *fix = *state;
	size_t published;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	write_domain(fix, 3, "enforce");
	assert_int_equal(reload(fix, false, &published), ERR_OK);

	assert_int_equal(published, 1);
	assert_int_equal(mode(fix, "n3.example"), MODE_ENFORCE);
	assert_int_equal(mode(fix, "n4.example"), MODE_TESTING);
}

static void order_none(struct fixture *fix, unsigned i)
{
	const struct order by = { .uid = -1, .who = "test", .reason = "" };
	const struct switch_to none = { .mode = MODE_NONE, .max_age = 86400 };
	struct complaints complaints = { 0 };
	struct names names = { 0 };
	struct changes *changes = NULL;
	char name[32];

	(void)snprintf(name, sizeof(name), "n%u.example", i);
	assert_int_equal(names_put(&names, name), ERR_OK);
	assert_int_equal(
		switch_run(fix->host->registry, fix->host->store, &by, &names, &none, &complaints, &changes),
		ERR_OK);
	changes_free(&changes);
	complaints_free(&complaints);
	names_free(&names);
}

static void write_shared(const struct fixture *fix, const char *max_age)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "mode = \"testing\"; max_age = %s; mx = [ \"mx.example.org\" ];\n"
		       "domains = [ \"n100.example\", \"n101.example\", \"n102.example\" ];\n",
		       max_age);
	(void)scratch_write(fix->scratch, "d/shared.conf", text);
}

static const char *text_of(const struct fixture *fix, const char *name)
{
	return registry_domain(fix->host->registry, name)->published->text;
}

static void domains_of_one_file_say_the_same_but_those_that_are_switched(void **state)
{
	struct fixture *fix = *state;

	write_shared(fix, "86400");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_ptr_equal(text_of(fix, "n101.example"), text_of(fix, "n100.example"));
	order_none(fix, 101);
	write_shared(fix, "172800");
	write_domain(fix, 3, "enforce");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);

	assert_string_equal(text_of(fix, "n100.example"), "version: STSv1\r\nmode: testing\r\n"
							  "mx: mx.example.org\r\nmax_age: 172800\r\n");
	assert_int_equal(mode(fix, "n101.example"), MODE_NONE);
	assert_ptr_equal(text_of(fix, "n102.example"), text_of(fix, "n100.example"));
	assert_int_equal(mode(fix, "n3.example"), MODE_ENFORCE);
	assert_int_equal(mode(fix, "n4.example"), MODE_TESTING);
}

static unsigned announced;
static char last_announced[512];

static bool take_event(const struct iovec *field, size_t count)
{
	char event[sizeof(last_announced)] = "";

	for (size_t i = 0; i < count; i++) {
		if (strlen(event) + field[i].iov_len + 2 < sizeof(event))
			(void)strncat(event, field[i].iov_base, field[i].iov_len);
		(void)strcat(event, "\n");
	}
	if (strstr(event, log_event_row(EVENT_DOMAIN_PUBLISHED)->id) != NULL) {
		(void)strcpy(last_announced, event);
		announced++;
	}
	return true;
}

static void a_reload_announces_what_it_published_and_nothing_else(void **state)
{
	struct fixture *fix = *state;

	announced = 0;
	log_event_open(take_event);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(announced, FILES);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(announced, FILES);

	remove_domain(fix, 4);
	(void)scratch_write(fix->scratch, "d/moved.conf",
			    "domain = \"n4.example\"; mode = \"testing\"; max_age = 86400; "
			    "mx = [ \"mx.example.org\" ];\n");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(announced, FILES);

	write_domain(fix, 3, "none");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	log_event_open(NULL);

	assert_int_equal(announced, FILES + 1);
	assert_non_null(strstr(last_announced, "MTA_STS_DOMAIN=n3.example\nMTA_STS_MODE=none\n"));
	assert_null(strstr(last_announced, "MTA_STS_UID"));
}

static void of_very_many_domains_the_first_are_announced(void **state)
{
	struct fixture *fix = *state;

	for (unsigned i = FILES; i < ORDER_DOMAINS_LOGGED + 5; i++)
		write_domain(fix, i, "testing");
	announced = 0;
	log_event_open(take_event);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	log_event_open(NULL);

	assert_int_equal(announced, ORDER_DOMAINS_LOGGED);
}

static void a_broken_file_leaves_its_last_revision_and_all_others_go_on(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)scratch_write(fix->scratch, "d/n3.example.conf", "mode = \"enforced\"; max_age = 1;");
	write_domain(fix, 4, "enforce");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);

	assert_int_equal(mode(fix, "n3.example"), MODE_TESTING);
	assert_int_equal(standing(fix, "n3.example"), STANDING_REFUSED);
	assert_int_equal(mode(fix, "n4.example"), MODE_ENFORCE);
	assert_true(fix->host->files->complaints.errors >= 1);
}

static void a_broken_file_is_known_as_such_after_a_restart(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)scratch_write(fix->scratch, "d/n3.example.conf", "mode = \"enforced\"; max_age = 1;");
	host_close(&fix->host);
	open_host(fix);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);

	assert_int_equal(mode(fix, "n3.example"), MODE_TESTING);
	assert_int_equal(standing(fix, "n3.example"), STANDING_REFUSED);
}

static void a_broken_file_that_includes_others_orphans_nobody(void **state)
{
	struct fixture *fix = *state;
	const char *rest = "max_age = 86400; mx = [ \"mx.example.org\" ];\n@include \".list\"\n";
	char text[256];

	(void)scratch_write(fix->scratch, "d/.list", "domains = [ \"one.example\", \"two.example\" ];\n");
	(void)snprintf(text, sizeof(text), "mode = \"testing\"; %s", rest);
	(void)scratch_write(fix->scratch, "d/many.conf", text);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "one.example"), STANDING_CONFIGURED);

	(void)snprintf(text, sizeof(text), "mode = \"tested\"; %s", rest);
	(void)scratch_write(fix->scratch, "d/many.conf", text);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "one.example"), STANDING_REFUSED);
}

static void a_vanished_file_makes_an_orphan_that_is_served(void **state)
{
	struct fixture *fix = *state;
	struct revision *revision;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	remove_domain(fix, 3);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);

	assert_int_equal(standing(fix, "n3.example"), STANDING_ORPHANED);
	revision = registry_find(fix->host->registry, "n3.example");
	assert_non_null(revision);
	revision_release(&revision);
}

static void a_file_that_comes_back_ends_the_orphan_under_the_same_id(void **state)
{
	struct fixture *fix = *state;
	size_t published;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	remove_domain(fix, 3);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	write_domain(fix, 3, "testing");
	assert_int_equal(reload(fix, false, &published), ERR_OK);

	assert_int_equal(published, 0);
	assert_int_equal(standing(fix, "n3.example"), STANDING_CONFIGURED);
}

static void ten_orphans_are_few(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 10; i++)
		remove_domain(fix, i);

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_ORPHANED);
}

static void eleven_orphans_of_twelve_are_refused_unless_forced(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	write_domain(fix, 11, "enforce");

	assert_int_equal(reload(fix, false, NULL), ERR_REFUSED);
	assert_int_equal(standing(fix, "n0.example"), STANDING_CONFIGURED);
	assert_int_equal(mode(fix, "n11.example"), MODE_TESTING);
	assert_int_equal(fix->host->files->complaints.errors, 1);

	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_ORPHANED);
	assert_int_equal(mode(fix, "n11.example"), MODE_ENFORCE);
}

static void restart(struct fixture *fix)
{
	host_close(&fix->host);
	open_host(fix);
}

static void assert_held(struct fixture *fix, const char *value)
{
	const struct complaints *complaints = &fix->host->files->complaints;

	assert_int_equal(reload(fix, false, NULL), ERR_REFUSED);
	assert_true(fix->host->files->held);
	assert_int_equal(complaints->count, 1);
	assert_int_equal(complaints->item[0].severity, SEVERITY_ERROR);
	assert_string_equal(complaints->item[0].value, value);
	assert_non_null(strstr(complaints->item[0].instead, "mta-stsctl reload --force"));
}

static void too_many_lost_files_are_held_at_each_load_and_start_until_it_is_answered(void **state)
{
	struct fixture *fix = *state;
	static const char value[] = "11 of 12, such as n0.example";

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	write_domain(fix, 11, "enforce");
	for (unsigned i = 0; i < 3; i++) {
		assert_held(fix, value);
		assert_held(fix, value);
		restart(fix);
	}
	assert_held(fix, value);
	assert_int_equal(mode(fix, "n11.example"), MODE_TESTING);

	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_false(fix->host->files->held);
	assert_int_equal(fix->host->files->new_orphans, 11);
	assert_int_equal(mode(fix, "n11.example"), MODE_ENFORCE);
}

static void who_publishes_none_is_not_counted_as_lost(void **state)
{
	struct fixture *fix = *state;

	for (unsigned i = 12; i < 30; i++)
		write_domain(fix, i, "testing");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 12; i++) {
		order_none(fix, i);
		remove_domain(fix, i);
		assert_int_equal(reload(fix, false, NULL), ERR_OK);
		assert_int_equal(fix->host->files->new_orphans, 1);
	}
	restart(fix);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 12; i < 22; i++)
		remove_domain(fix, i);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	remove_domain(fix, 22);
	assert_held(fix, "11 of 18, such as n12.example");
}

static void an_answer_is_asked_for_once(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	restart(fix);

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(fix->host->files->complaints.count, 0);
	assert_int_equal(standing(fix, "n0.example"), STANDING_ORPHANED);
	assert_int_equal(standing(fix, "n11.example"), STANDING_CONFIGURED);
}

static void an_answer_that_cannot_be_written_is_none(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	refused.commit = true;
	assert_int_equal(reload(fix, true, NULL), ERR_STORE);
	refused.commit = false;

	assert_held(fix, "11 of 12, such as n0.example");
	assert_int_equal(standing(fix, "n0.example"), STANDING_CONFIGURED);
	restart(fix);
	assert_held(fix, "11 of 12, such as n0.example");
}

static void files_that_come_back_are_an_answer_and_are_guarded_again(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		write_domain(fix, i, "testing");
	restart(fix);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_CONFIGURED);

	for (unsigned i = 0; i < 12; i++)
		remove_domain(fix, i);
	restart(fix);
	assert_held(fix, "12 of 12, such as n0.example");
}

static void small_steps_and_restarts_between_them_are_no_way_around(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 10; i++) {
		remove_domain(fix, i);
		assert_int_equal(reload(fix, false, NULL), ERR_OK);
		if (i % 3 == 0) {
			restart(fix);
			assert_int_equal(reload(fix, false, NULL), ERR_OK);
		}
	}
	remove_domain(fix, 10);
	assert_held(fix, "11 of 12, such as n0.example");
	assert_int_equal(standing(fix, "n10.example"), STANDING_CONFIGURED);
	remove_domain(fix, 11);
	assert_held(fix, "12 of 12, such as n0.example");
	restart(fix);
	assert_held(fix, "12 of 12, such as n0.example");
}

static void another_directory_is_guarded_at_a_start_too(void **state)
{
	struct fixture *fix = *state;
	char conf[1024];

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)snprintf(conf, sizeof(conf),
		       "domains = \"%s/c\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = "
		       "\"%s/s\";\n",
		       fix->scratch->folder, fix->scratch->folder, fix->scratch->folder,
		       fix->scratch->folder);
	(void)scratch_write(fix->scratch, "conf", conf);

	assert_held(fix, "12 of 12, such as n0.example");
	restart(fix);
	assert_held(fix, "12 of 12, such as n0.example");
}

static void before_the_files_could_be_read_nobody_is_an_orphan(void **state)
{
	struct fixture *fix = *state;
	char aside[256];

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)snprintf(aside, sizeof(aside), "%s", scratch_path(fix->scratch, "aside"));
	assert_int_equal(rename(scratch_path(fix->scratch, "d"), aside), 0);
	restart(fix);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_REFUSED);
	assert_int_equal(mode(fix, "n0.example"), MODE_TESTING);
	assert_int_equal(fix->host->files->complaints.errors, 1);

	/* The mount point without what is mounted there. */
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_held(fix, "12 of 12, such as n0.example");
	assert_int_equal(standing(fix, "n0.example"), STANDING_REFUSED);

	assert_int_equal(rmdir(scratch_path(fix->scratch, "d")), 0);
	assert_int_equal(rename(aside, scratch_path(fix->scratch, "d")), 0);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_CONFIGURED);
}

/* As a start with what is left of the settings begins; the files there may be anybody's. */
static void where_nobody_chose_a_directory_no_file_is_read(void **state)
{
	struct fixture *fix = *state;
	const struct reload_files *files;
	char *good = fix->scratch->folder;
	char conf[1024];

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	restart(fix);
	files = fix->host->files;
	files->settings->domains[0] = '\0';
	write_domain(fix, 0, "none");
	remove_domain(fix, 1);
	(void)scratch_write(fix->scratch, "conf", "domains = 5;\n");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(reload(fix, i > 0, NULL), ERR_OK);
		assert_null(files->domains);
		assert_int_equal(mode(fix, "n0.example"), MODE_TESTING);
		assert_int_equal(standing(fix, "n0.example"), STANDING_REFUSED);
		assert_int_equal(standing(fix, "n1.example"), STANDING_REFUSED);
		assert_int_equal(files->complaints.errors, 2);
		assert_non_null(strstr(files->complaints.item[1].what, "no domain file is read"));
	}

	(void)snprintf(
		conf, sizeof(conf),
		"domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = \"%s/s\";\n",
		good, good, good, good);
	(void)scratch_write(fix->scratch, "conf", conf);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(mode(fix, "n0.example"), MODE_NONE);
	assert_int_equal(standing(fix, "n1.example"), STANDING_ORPHANED);
}

static void whether_the_last_load_was_done_is_known(void **state)
{
	struct fixture *fix = *state;

	assert_false(fix->host->files->loaded);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_true(fix->host->files->loaded);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	assert_int_equal(reload(fix, false, NULL), ERR_REFUSED);
	assert_false(fix->host->files->loaded);
	assert_true(fix->host->files->loaded_at > 0);
	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_true(fix->host->files->loaded);
}

static void a_refused_reload_leaves_the_settings_as_they_were(void **state)
{
	struct fixture *fix = *state;
	char conf[1024];

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	for (unsigned i = 0; i < 11; i++)
		remove_domain(fix, i);
	(void)snprintf(conf, sizeof(conf),
		       "domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = \"%s/s\"; "
		       "keep_mx = true;\n",
		       fix->scratch->folder, fix->scratch->folder, fix->scratch->folder,
		       fix->scratch->folder);
	(void)scratch_write(fix->scratch, "conf", conf);

	assert_int_equal(reload(fix, false, NULL), ERR_REFUSED);
	assert_false(fix->host->files->settings->keep_mx);
	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_true(fix->host->files->settings->keep_mx);
	assert_int_equal(fix->host->files->new_orphans, 11);
}

static void a_directory_that_is_gone_changes_nothing(void **state)
{
	struct fixture *fix = *state;
	char aside[256];

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)snprintf(aside, sizeof(aside), "%s", scratch_path(fix->scratch, "aside"));
	assert_int_equal(rename(scratch_path(fix->scratch, "d"), aside), 0);

	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_int_equal(standing(fix, "n0.example"), STANDING_CONFIGURED);
	assert_int_equal(fix->host->files->complaints.errors, 1);
}

static void a_domain_named_twice_keeps_its_last_revision(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)scratch_write(fix->scratch, "d/a.conf",
			    "domain = \"n3.example\"; mode = \"none\"; max_age = 86400;");
	assert_int_equal(reload(fix, false, NULL), ERR_OK);

	assert_int_equal(mode(fix, "n3.example"), MODE_TESTING);
	assert_int_equal(standing(fix, "n3.example"), STANDING_REFUSED);
	assert_int_equal(fix->host->files->complaints.errors, 2);
}

static void broken_settings_leave_the_old_ones_in_use(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	(void)scratch_write(fix->scratch, "conf", "domain = 1;");
	write_domain(fix, 3, "enforce");

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(mode(fix, "n3.example"), MODE_ENFORCE);
	assert_true(fix->host->files->complaints.errors >= 1);
}

static void an_order_outlives_the_reload_that_frees_the_files(void **state)
{
	struct fixture *fix = *state;
	const struct order by = { .who = "test", .reason = "" };
	const struct switch_to none = { .mode = MODE_NONE, .max_age = 86400 };
	const struct switch_to reset = { .reset = true };
	struct complaints complaints = { 0 };
	struct names names = { 0 };
	struct changes *changes = NULL;

	assert_int_equal(names_put(&names, "n3.example"), ERR_OK);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(
		switch_run(fix->host->registry, fix->host->store, &by, &names, &none, &complaints, &changes),
		ERR_OK);
	changes_free(&changes);
	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	assert_int_equal(mode(fix, "n3.example"), MODE_NONE);
	assert_int_equal(
		switch_run(fix->host->registry, fix->host->store, &by, &names, &reset, &complaints, &changes),
		ERR_OK);

	assert_int_equal(mode(fix, "n3.example"), MODE_TESTING);
	changes_free(&changes);
	names_free(&names);
}

static void fetch(const struct fixture *fix)
{
	struct revision *revision = registry_find(fix->host->registry, "n3.example");

	assert_non_null(revision);
	tally_note(fix->host->tally, revision, time(NULL));
	revision_release(&revision);
}

struct served {
	int64_t fetches;
	time_t last_served_at;
};

static enum err note_served(void *context, const struct history_row *row)
{
	struct served *served = context;

	*served = (struct served){ row->fetches, row->last_served_at };
	return ERR_OK;
}

static struct served served(const struct fixture *fix)
{
	struct served found = { -1, -1 };

	assert_int_equal(revisions_history(fix->host->store, "n3.example", note_served, &found), ERR_OK);
	return found;
}

static void fetches_are_written_down_at_times_and_at_the_end(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	fetch(fix);
	tally_keep(fix->host->tally, fix->host->store, clock_now());
	assert_int_equal(served(fix).fetches, 1);

	fetch(fix);
	assert_int_equal(served(fix).fetches, 1);
	host_close(&fix->host);
	open_host(fix);
	assert_int_equal(served(fix).fetches, 2);
}

static void a_run_that_ends_well_lost_no_fetch(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	host_close(&fix->host);
	open_host(fix);

	assert_int_equal(served(fix).last_served_at, 0);
}

/* Open the host in a process that ends without a word. */
static void crash(struct fixture *fix)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		open_host(fix);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_crash_may_have_lost_some_up_to_the_restart(void **state)
{
	struct fixture *fix = *state;
	time_t before;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	host_close(&fix->host);
	crash(fix);
	before = time(NULL);
	open_host(fix);

	assert_true(served(fix).last_served_at >= before && served(fix).last_served_at <= time(NULL));
	assert_int_equal(served(fix).fetches, 0);
}

static void a_check_complains_and_touches_no_state(void **state)
{
	struct fixture *fix = *state;
	struct complaints complaints = { 0 };
	struct files_checked checked;
	char left[16];

	(void)snprintf(left, sizeof(left), "%d", FILES - 1 - COVERAGE_NAMED);
	(void)scratch_write(fix->scratch, "d/n3.example.conf", "mode = \"enforced\"; max_age = 1;");
	assert_int_equal(files_check(scratch_path(fix->scratch, "conf"), NULL, &complaints, &checked),
			 ERR_OK);

	assert_true(complaints.errors >= 1);
	assert_int_equal(checked.domains, FILES - 1);
	assert_int_equal(checked.uncovered, FILES - 1);
	/* the first few by name, and one line that counts the others */
	assert_int_equal(complaints.count - complaints.errors, COVERAGE_NAMED + 1);
	assert_string_equal(complaints.item[complaints.count - 1].value, left);
	assert_int_equal(registry_count(fix->host->registry), 0);
	complaints_free(&complaints);
}

static void assert_not_loaded(struct fixture *fix, enum err err)
{
	const struct complaint *complaint;

	assert_int_equal(reload(fix, true, NULL), err);
	memset(&refused, 0, sizeof(refused));
	assert_false(fix->host->files->loaded);
	assert_int_equal(mode(fix, "n3.example"), MODE_TESTING);
	assert_int_equal(standing(fix, "n4.example"), STANDING_CONFIGURED);
	assert_int_equal(fix->host->files->complaints.errors, 1);
	complaint = &fix->host->files->complaints.item[fix->host->files->complaints.count - 1];
	assert_string_equal(complaint->what, "files are not loaded");
	assert_string_equal(complaint->value, err_text(err));
}

static void a_reload_without_memory_or_disk_changes_nothing_and_says_so(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(reload(fix, false, NULL), ERR_OK);
	write_domain(fix, 3, "enforce");
	remove_domain(fix, 4);
	refused.settings = true;
	assert_not_loaded(fix, ERR_NO_MEMORY);
	refused.certificates = true;
	assert_not_loaded(fix, ERR_NO_MEMORY);
	refused.domains = true;
	assert_not_loaded(fix, ERR_NO_MEMORY);
	refused.commit = true;
	assert_not_loaded(fix, ERR_STORE);
	assert_int_equal(reload(fix, true, NULL), ERR_OK);
	assert_int_equal(mode(fix, "n3.example"), MODE_ENFORCE);
	assert_int_equal(standing(fix, "n4.example"), STANDING_ORPHANED);
	assert_int_equal(fix->host->files->complaints.errors, 0);
}

static void certificates_are_loaded_whatever_there_is_no_memory_for(void **state)
{
	struct fixture *fix = *state;

	certificate_loads = 0;
	refused.settings = true;
	assert_int_equal(reload(fix, false, NULL), ERR_NO_MEMORY);
	refused.settings = false;
	assert_int_equal(certificate_loads, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_domain_of_the_files_is_published),
		TEST(a_reload_publishes_only_what_changed),
		TEST(domains_of_one_file_say_the_same_but_those_that_are_switched),
		TEST(a_reload_announces_what_it_published_and_nothing_else),
		TEST(of_very_many_domains_the_first_are_announced),
		TEST(a_broken_file_leaves_its_last_revision_and_all_others_go_on),
		TEST(a_broken_file_is_known_as_such_after_a_restart),
		TEST(a_broken_file_that_includes_others_orphans_nobody),
		TEST(a_vanished_file_makes_an_orphan_that_is_served),
		TEST(a_file_that_comes_back_ends_the_orphan_under_the_same_id),
		TEST(ten_orphans_are_few),
		TEST(eleven_orphans_of_twelve_are_refused_unless_forced),
		TEST(too_many_lost_files_are_held_at_each_load_and_start_until_it_is_answered),
		TEST(who_publishes_none_is_not_counted_as_lost),
		TEST(an_answer_is_asked_for_once),
		TEST(an_answer_that_cannot_be_written_is_none),
		TEST(files_that_come_back_are_an_answer_and_are_guarded_again),
		TEST(small_steps_and_restarts_between_them_are_no_way_around),
		TEST(another_directory_is_guarded_at_a_start_too),
		TEST(before_the_files_could_be_read_nobody_is_an_orphan),
		TEST(where_nobody_chose_a_directory_no_file_is_read),
		TEST(whether_the_last_load_was_done_is_known),
		TEST(a_refused_reload_leaves_the_settings_as_they_were),
		TEST(a_directory_that_is_gone_changes_nothing),
		TEST(a_domain_named_twice_keeps_its_last_revision),
		TEST(broken_settings_leave_the_old_ones_in_use),
		TEST(an_order_outlives_the_reload_that_frees_the_files),
		TEST(fetches_are_written_down_at_times_and_at_the_end),
		TEST(a_run_that_ends_well_lost_no_fetch),
		TEST(a_crash_may_have_lost_some_up_to_the_restart),
		TEST(a_check_complains_and_touches_no_state),
		TEST(a_reload_without_memory_or_disk_changes_nothing_and_says_so),
		TEST(certificates_are_loaded_whatever_there_is_no_memory_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
