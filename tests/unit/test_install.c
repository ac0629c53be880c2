/* SPDX-License-Identifier: ISC */
/* wrap: clock_now fsync rename; commits memory */
#include "commits.h"
#include "hosting.h"
#include "make_cert.h"
#include "memory.h"
#include "storing.h"

#include "app/host.h"
#include "base/file.h"
#include "core/certificates.h"
#include "core/install.h"
#include "store/audit.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define A "mta-sts.a.example"
#define B "mta-sts.b.example"

struct fixture {
	struct scratch *scratch;
	struct host *host;
	struct complaints complaints;
	struct install_done done;
};

/* The call that fails next: its number; 0: none. */
static unsigned fsync_fails, syncs;
static bool rename_fails;
static bool armed; /* the call comes from the code under test */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_fsync(int fd)
{
	if (!armed || ++syncs != fsync_fails)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	if (!armed || !rename_fails)
		return __real_rename(from, to);
	errno = EIO;
	return -1;
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
	reload(fix);
}

static int set_up(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	const char *domain = "mode = \"enforce\"; max_age = 604800; mx = [ \"mx.example.org\" ];\n";
	void *scratch = NULL;
	char conf[512];

	fsync_fails = 0;
	rename_fails = false;
	hosting_now = HOSTING_NOW;
	commits_reset();
	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	(void)snprintf(conf, sizeof(conf),
		       "domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s\"; control = "
		       "\"%s/s\";\n",
		       fix->scratch->folder, fix->scratch->folder, fix->scratch->folder,
		       fix->scratch->folder);
	(void)scratch_write(fix->scratch, "conf", conf);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "c"), 0700), 0);
	(void)scratch_write(fix->scratch, "d/a.example.conf", domain);
	(void)scratch_write(fix->scratch, "d/b.example.conf", domain);
	open_host(fix);
	commits_reset();
	*state = fix;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	complaints_free(&fix->complaints);
	install_done_free(&fix->done);
	host_close(&fix->host);
	free(fix);
	return scratch_teardown(&scratch);
}

/* A pair for names, of so many days from now on; made in a place of its own. */
struct wanted {
	const char *names[4];
	time_t days;
	enum make_cert_key key;
	time_t starts; /* days from now on */
	bool dry_run;
	bool again;     /* the texts of the last call */
	unsigned usage; /* keyUsage */
	bool self_signed;
};

static struct file chain, key;

static void make_texts(const struct wanted *wanted)
{
	char *directory = make_cert_directory();
	struct make_cert what = { .key = wanted->key,
				  .not_before = hosting_now + (wanted->starts - 1) * MAKE_CERT_DAY,
				  .not_after = hosting_now + wanted->days * MAKE_CERT_DAY,
				  .usage = wanted->usage,
				  .self_signed = wanted->self_signed };
	const char *why;

	for (size_t i = 0; i < 4; i++)
		what.names[i] = wanted->names[i];
	make_cert(&what, directory, "x.crt", "x.key");
	file_free(&chain);
	file_free(&key);
	assert_int_equal(file_read(make_cert_path(directory, "x.crt"), 65536, &chain, &why), ERR_OK);
	assert_int_equal(file_read(make_cert_path(directory, "x.key"), 65536, &key, &why), ERR_OK);
	make_cert_remove(&directory);
}

static enum err install(struct fixture *fix, const struct wanted *wanted)
{
	const struct host *host = fix->host;
	struct install install = { .from = "certbot", .state = host->files->started->state };
	const struct order order = {
		.dry_run = wanted->dry_run, .uid = 1000, .who = "ann (uid 1000)", .reason = "renewed"
	};
	enum err err;

	complaints_free(&fix->complaints);
	install_done_free(&fix->done);
	if (!wanted->again)
		make_texts(wanted);
	syncs = 0;
	install.texts = (struct pair_texts){ chain.bytes, key.bytes };
	armed = true;
	err = install_run(host->registry, host->store, host->certs, &order, &install, &fix->complaints,
			  &fix->done);
	armed = false;
	return err;
}

static void assert_installs(struct fixture *fix, const struct wanted *wanted)
{
	assert_int_equal(install(fix, wanted), ERR_OK);
}

static const char *in_state(const struct fixture *fix, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "certificates/%s", name);
	return scratch_path(fix->scratch, path);
}

static bool has_file(const struct fixture *fix, const char *name)
{
	return access(in_state(fix, name), F_OK) == 0;
}

/* When the pair ends that a host gets, in days from now; 0: it gets none. */
static time_t days_of(const struct fixture *fix, const char *host)
{
	struct pair *pair = certs_find(fix->host->certs, host, KEY_ANY);
	time_t days = pair != NULL ? (pair_facts(pair)->not_after - hosting_now) / MAKE_CERT_DAY : 0;

	pair_release(&pair);
	return days;
}

static void restart(struct fixture *fix)
{
	host_close(&fix->host);
	open_host(fix);
	assert_int_equal(fix->host->files->complaints.errors, 0);
}

static enum err note_entry(void *context, const struct audit_entry *entry)
{
	char *line = context;

	(void)snprintf(line, 256, "%s|%s|%s|%lld", entry->who, entry->command, entry->reason,
		       (long long)entry->domains);
	return ERR_REFUSED;
}

static void assert_newest_entry(struct fixture *fix, const char *wanted)
{
	char line[256] = "";

	(void)audit_each(fix->host->store, INT64_MAX, 1, note_entry, line);
	assert_string_equal(line, wanted);
}

static void a_pair_is_in_use_and_outlives_a_restart(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(fix->host->coverage->uncovered_count, 2);

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90 });

	assert_int_equal(days_of(fix, A), 90);
	assert_string_equal(pair_facts(fix->done.pair)->file, in_state(fix, A "-ecdsa.pem"));
	assert_true(fix->done.used);
	assert_int_equal(fix->done.covers_count, 1);
	assert_string_equal(fix->done.covers.item[0], "a.example");
	assert_int_equal(fix->done.uncovered, 1);
	assert_int_equal(fix->complaints.count, 0);
	assert_true(fix->done.audit > 0);
	assert_newest_entry(fix, "ann (uid 1000)|cert install|" A
				 " until 2027-02-21T16:00:00Z, from certbot: renewed|0");
	reload(fix);
	assert_int_equal(days_of(fix, A), 90);
	restart(fix);
	assert_int_equal(days_of(fix, A), 90);
}

static void a_renewal_takes_the_place_of_the_older_one(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	assert_installs(fix, &(struct wanted){ .names = { A, B }, .days = 90 });

	assert_int_equal(fix->done.replaced.count, 1);
	assert_string_equal(fix->done.replaced.item[0], in_state(fix, A "-ecdsa.pem"));
	assert_int_equal(days_of(fix, A), 90);
	assert_int_equal(days_of(fix, B), 90);
	assert_true(has_file(fix, A "-ecdsa.pem"));
	assert_false(has_file(fix, A "-ecdsa-2.pem"));
}

static void a_pair_under_another_name_is_removed_when_nobody_needs_it(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { B }, .days = 10 });
	assert_installs(fix, &(struct wanted){ .names = { A, B }, .days = 90 });

	assert_int_equal(fix->done.replaced.count, 1);
	assert_false(has_file(fix, B "-ecdsa.pem"));
	assert_int_equal(days_of(fix, B), 90);
}

static void what_is_needed_still_stays(void **state)
{
	static const struct wanted olds[] = {
		{ .names = { A, B }, .days = 10 },                        /* another name */
		{ .names = { A }, .days = 10, .key = MAKE_CERT_RSA2048 }, /* another kind of key */
		{ .names = { A }, .days = 95 },                           /* valid longer */
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(olds) / sizeof(*olds); i++) {
		assert_installs(fix, &olds[i]);
		assert_int_equal(fix->done.replaced.count, 0);
	}
	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90 });

	assert_int_equal(fix->done.replaced.count, 0);
	assert_true(has_file(fix, A "-ecdsa.pem"));
	assert_true(has_file(fix, A "-rsa.pem"));
	assert_true(has_file(fix, A "-ecdsa-2.pem"));
	assert_true(has_file(fix, A "-ecdsa-3.pem"));
	assert_int_equal(days_of(fix, A), 95);
	assert_int_equal(days_of(fix, B), 10);
	assert_false(fix->done.used);
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(fix->complaints.errors, 0);
}

static void a_pair_that_is_not_valid_yet_replaces_nothing(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90, .starts = 5 });

	assert_int_equal(fix->done.replaced.count, 0);
	assert_int_equal(days_of(fix, A), 10);
}

static void the_same_pair_again_changes_nothing(void **state)
{
	struct fixture *fix = *state;
	struct stat before, after;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90 });
	assert_int_equal(stat(in_state(fix, A "-ecdsa.pem"), &before), 0);
	commits_reset();

	assert_installs(fix, &(struct wanted){ .again = true });

	assert_int_equal(stat(in_state(fix, A "-ecdsa.pem"), &after), 0);
	assert_true(file_unchanged(&before, &after));
	assert_int_equal(fix->done.replaced.count, 0);
	assert_int_equal(fix->done.audit, 0);
	assert_int_equal(commits_count, 0);
	assert_int_equal(syncs, 0);
}

static void a_dry_run_tells_the_same_and_changes_nothing(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90, .dry_run = true });

	assert_int_equal(fix->done.uncovered, 1);
	assert_int_equal(fix->done.audit, 0);
	assert_true(fix->done.used);
	assert_int_equal(fix->host->coverage->uncovered_count, 2);
	assert_int_equal(days_of(fix, A), 0);
	assert_int_equal(commits_count, 0);
	assert_int_equal(access(scratch_path(fix->scratch, "certificates"), F_OK), -1);
}

static void a_pair_for_nobody_is_taken_with_a_warning(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { "mta-sts.later.example" }, .days = 90 });
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(fix->complaints.errors, 0);
	assert_int_equal(fix->done.covers_count, 0);
}

static void what_is_wrong_is_refused(void **state)
{
	struct fixture *fix = *state;
	struct wanted expired = { .names = { A }, .days = 1 };

	make_texts(&expired);
	hosting_now += 2 * MAKE_CERT_DAY;
	expired.again = true;
	assert_int_equal(install(fix, &expired), ERR_REFUSED);
	assert_int_equal(fix->complaints.errors, 1);
	assert_string_equal(fix->complaints.item[0].file, "certificate");
	assert_int_equal(access(scratch_path(fix->scratch, "certificates"), F_OK), -1);
	assert_int_equal(commits_count, 0);
}

/* Install over an old pair while something fails, and see that the old one goes on. */
static void assert_fails(struct fixture *fix, enum err wanted)
{
	assert_int_equal(install(fix, &(struct wanted){ .names = { A }, .days = 90 }), wanted);
	assert_int_equal(days_of(fix, A), 10);
	assert_null(fix->done.pair);
	fsync_fails = 0;
	rename_fails = false;
	assert_int_equal(has_file(fix, ".new"), wanted == ERR_UNKNOWN);
	restart(fix);
	assert_false(has_file(fix, ".new"));
	assert_int_equal(days_of(fix, A), 10);
}

/* What has its entry is in use from the next start on. */
static void a_pair_with_its_audit_entry_is_put_into_place_by_the_next_start(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	rename_fails = true;
	assert_int_equal(install(fix, &(struct wanted){ .names = { A }, .days = 90 }), ERR_UNKNOWN);
	assert_int_equal(days_of(fix, A), 10);
	rename_fails = false;
	restart(fix);
	assert_false(has_file(fix, ".new"));
	assert_int_equal(days_of(fix, A), 90);
}

static void a_pair_with_its_audit_entry_is_put_into_place_before_another(void **state)
{
	struct fixture *fix = *state;

	rename_fails = true;
	assert_int_equal(install(fix, &(struct wanted){ .names = { A }, .days = 90 }), ERR_UNKNOWN);
	rename_fails = false;
	assert_installs(fix, &(struct wanted){ .names = { B }, .days = 10 });
	restart(fix);
	assert_int_equal(days_of(fix, A), 90);
	assert_int_equal(days_of(fix, B), 10);
}

/* Nobody can tell then whether it has an entry. */
static void a_leftover_stays_while_the_audit_trail_cannot_be_read(void **state)
{
	struct fixture *fix = *state;
	struct store *store = NULL;

	rename_fails = true;
	assert_int_equal(install(fix, &(struct wanted){ .names = { A }, .days = 90 }), ERR_UNKNOWN);
	rename_fails = false;
	host_close(&fix->host);
	storing_sql(fix->scratch, "ALTER TABLE audit RENAME COLUMN file TO lost");
	assert_int_equal(store_open(fix->scratch->folder, &store), ERR_OK);
	certificates_finish(store, scratch_path(fix->scratch, "certificates"));
	store_close(&store);
	assert_true(has_file(fix, ".new"));

	storing_sql(fix->scratch, "ALTER TABLE audit RENAME COLUMN lost TO file");
	open_host(fix);
	assert_int_equal(days_of(fix, A), 90);
}

static void what_cannot_serve_is_refused_and_the_one_before_stays(void **state)
{
	struct fixture *fix = *state;
	unsigned commits;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	commits = commits_count;
	assert_int_equal(
		install(fix,
			&(struct wanted){ .names = { A }, .days = 90, .usage = GNUTLS_KEY_KEY_AGREEMENT }),
		ERR_REFUSED);
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].what,
			    "certificate's key may not sign, and every handshake would fail");
	assert_int_equal(commits_count, commits);
	assert_int_equal(days_of(fix, A), 10);
	assert_false(has_file(fix, A "-ecdsa-2.pem"));
	restart(fix);
	assert_int_equal(days_of(fix, A), 10);
}

/* It is taken, since it may be all there is, and takes the place of none that senders like better. */
static void what_some_senders_refuse_replaces_only_its_like(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90, .self_signed = true });
	assert_int_equal(fix->done.replaced.count, 0);
	assert_false(fix->done.used);
	assert_int_equal(days_of(fix, A), 10);

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 91, .self_signed = true });
	assert_int_equal(fix->done.replaced.count, 1);
	assert_int_equal(days_of(fix, A), 10);

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 92 });
	assert_int_equal(fix->done.replaced.count, 2);
	assert_int_equal(days_of(fix, A), 92);
}

/* An older version took it.  The others are served, and the way out is said. */
static void what_lies_there_and_cannot_serve_is_complained_about(void **state)
{
	struct fixture *fix = *state;
	char *directory = make_cert_directory();
	const struct make_cert bad = { .names = { B },
				       .not_before = hosting_now - MAKE_CERT_DAY,
				       .not_after = hosting_now + MAKE_CERT_DAY,
				       .usage = GNUTLS_KEY_KEY_CERT_SIGN };

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	make_cert(&bad, directory, "b.pem", "b.pem");
	assert_int_equal(rename(make_cert_path(directory, "b.pem"), in_state(fix, B "-ecdsa.pem")), 0);
	make_cert_remove(&directory);
	host_close(&fix->host);
	open_host(fix);
	assert_int_equal(fix->host->files->complaints.errors, 1);
	assert_string_equal(fix->host->files->complaints.item[0].file, in_state(fix, B "-ecdsa.pem"));
	assert_int_equal(days_of(fix, A), 10);
	assert_int_equal(days_of(fix, B), 0);

	assert_installs(fix, &(struct wanted){ .names = { B }, .days = 10 });
	restart(fix);
	assert_int_equal(days_of(fix, B), 10);
}

static void a_disk_that_fails_changes_nothing(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	for (fsync_fails = 1; fsync_fails <= 2; fsync_fails++) {
		unsigned number = fsync_fails;

		commits_reset();
		assert_fails(fix, ERR_STORE);
		fsync_fails = number;
	}
	fsync_fails = 0;
}

static void a_pair_without_its_audit_entry_is_not_in_use(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 10 });
	commits_fault[0] = ERR_STORE;
	assert_fails(fix, ERR_STORE);
	commits_fault[0] = ERR_UNKNOWN;
	assert_fails(fix, ERR_UNKNOWN);
}

static void a_full_disk_gives_its_reserve_to_the_audit_entry(void **state)
{
	struct fixture *fix = *state;

	commits_fault[0] = ERR_STORE;
	commits_room = true;
	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90 });
	assert_int_equal(commits_count, 2);
	assert_int_equal(days_of(fix, A), 90);
}

static void a_last_sync_that_fails_is_called_unknown(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { B }, .days = 10 });
	fsync_fails = 3;
	assert_int_equal(install(fix, &(struct wanted){ .names = { A, B }, .days = 90 }), ERR_UNKNOWN);

	/* What is in use is what the file says, and what it would replace stays beside it. */
	assert_int_equal(days_of(fix, A), 90);
	assert_true(has_file(fix, B "-ecdsa.pem"));
	assert_true(has_file(fix, A "-ecdsa.pem"));
}

static void without_memory_the_old_pair_goes_on_or_the_new_one_is_whole(void **state)
{
	struct fixture *fix = *state;
	time_t days = 10;
	size_t tries = 0;
	bool failed = true;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = days });
	while (failed) {
		const struct wanted renewal = { .names = { A }, .days = 11 + (time_t)tries };
		enum err err;

		make_texts(&renewal);
		memory_fail_after(tries++);
		err = install(fix, &(struct wanted){ .again = true });
		failed = memory_restore();
		if (err == ERR_OK)
			days = renewal.days;
		else
			assert_int_equal(err, ERR_NO_MEMORY);
		assert_int_equal(days_of(fix, A), days);
	}
	assert_true(tries > 20);
	restart(fix);
	assert_int_equal(days_of(fix, A), days);
	assert_false(has_file(fix, ".new"));
}

static void a_leftover_of_a_crash_is_removed_at_the_start(void **state)
{
	struct fixture *fix = *state;

	assert_installs(fix, &(struct wanted){ .names = { A }, .days = 90 });
	(void)scratch_write(fix->scratch, "certificates/.new", "half a pair");
	restart(fix);
	assert_false(has_file(fix, ".new"));
	assert_int_equal(days_of(fix, A), 90);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pair_is_in_use_and_outlives_a_restart),
		TEST(a_renewal_takes_the_place_of_the_older_one),
		TEST(a_pair_under_another_name_is_removed_when_nobody_needs_it),
		TEST(what_is_needed_still_stays),
		TEST(a_pair_that_is_not_valid_yet_replaces_nothing),
		TEST(the_same_pair_again_changes_nothing),
		TEST(a_dry_run_tells_the_same_and_changes_nothing),
		TEST(a_pair_for_nobody_is_taken_with_a_warning),
		TEST(what_is_wrong_is_refused),
		TEST(what_cannot_serve_is_refused_and_the_one_before_stays),
		TEST(what_some_senders_refuse_replaces_only_its_like),
		TEST(what_lies_there_and_cannot_serve_is_complained_about),
		TEST(a_disk_that_fails_changes_nothing),
		TEST(a_pair_with_its_audit_entry_is_put_into_place_by_the_next_start),
		TEST(a_pair_with_its_audit_entry_is_put_into_place_before_another),
		TEST(a_leftover_stays_while_the_audit_trail_cannot_be_read),
		TEST(a_pair_without_its_audit_entry_is_not_in_use),
		TEST(a_full_disk_gives_its_reserve_to_the_audit_entry),
		TEST(a_last_sync_that_fails_is_called_unknown),
		TEST(without_memory_the_old_pair_goes_on_or_the_new_one_is_whole),
		TEST(a_leftover_of_a_crash_is_removed_at_the_start),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	file_free(&chain);
	file_free(&key);
	return failed;
}
