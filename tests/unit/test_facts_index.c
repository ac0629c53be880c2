/* SPDX-License-Identifier: ISC */
/* wrap: clock_now facts_are_current facts_stamp file_read */
#include "make_cert.h"

#include "base/clock.h"
#include "base/file.h"
#include "certs/certs.h"
#include "certs/warm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define INDEX "certificates.index"
#define A     "mta-sts.a.example"
#define B     "mta-sts.b.example"
#define MANY  200

struct fixture {
	char *directory;
	char *state;
	struct names roots;
	struct complaints complaints;
	struct certs *certs;
	struct file index;
};

static time_t later; /* than the clock of the file system */
static bool stamps_stand_still;
static bool no_files_left;

__typeof__(clock_now) __wrap_clock_now;
__typeof__(facts_are_current) __wrap_facts_are_current;
__typeof__(facts_are_current) __real_facts_are_current;
__typeof__(facts_stamp) __wrap_facts_stamp;
__typeof__(facts_stamp) __real_facts_stamp;
__typeof__(file_read) __wrap_file_read;
__typeof__(file_read) __real_file_read;

time_t __wrap_clock_now(void)
{
	return time(NULL) + later;
}

/* As when a file is written twice within one step of the file system's clock. */
bool __wrap_facts_are_current(const struct facts *facts)
{
	return stamps_stand_still || __real_facts_are_current(facts);
}

uint64_t __wrap_facts_stamp(const struct stat *status)
{
	return stamps_stand_still ? 1 : __real_facts_stamp(status);
}

enum err __wrap_file_read(const char *path, size_t limit, struct file *file, const char **why)
{
	if (!no_files_left)
		return __real_file_read(path, limit, file, why);
	*why = strerror(EMFILE);
	return ERR_IO;
}

static const char *index_path(const struct fixture *fix)
{
	return make_cert_path(fix->state, INDEX);
}

static void make(struct fixture *fix, const char *stem, const char *name)
{
	char chain[64], key[64];

	(void)snprintf(chain, sizeof(chain), "%s.crt", stem);
	(void)snprintf(key, sizeof(key), "%s.key", stem);
	make_cert(&(struct make_cert){ .names = { name },
				       .not_before = time(NULL) - MAKE_CERT_DAY,
				       .not_after = time(NULL) + 90 * MAKE_CERT_DAY,
				       .issuers = 1 },
		  fix->directory, chain, key);
}

/* A start, up to where it serves: pairs that the index knows are yet to be read. */
static void start(struct fixture *fix)
{
	certs_free(&fix->certs);
	complaints_free(&fix->complaints);
	assert_int_equal(certs_new(&fix->certs), ERR_OK);
	assert_int_equal(certs_keep_index(fix->certs, fix->state), ERR_OK);
	assert_int_equal(certs_load(fix->certs, &fix->roots, &fix->complaints), ERR_OK);
}

static void settle(struct fixture *fix)
{
	while (certs_settle(fix->certs, 1, &fix->complaints))
		continue;
}

static void reload(struct fixture *fix)
{
	assert_int_equal(certs_load(fix->certs, &fix->roots, &fix->complaints), ERR_OK);
}

static size_t parsed(const struct fixture *fix)
{
	return certs_work(fix->certs).parsed;
}

static int set_up(void **state)
{
	static struct fixture fixture;

	later = 3600;
	stamps_stand_still = false;
	no_files_left = false;
	fixture = (struct fixture){ .directory = make_cert_directory(), .state = make_cert_directory() };
	*state = &fixture;
	if (names_put(&fixture.roots, fixture.directory) != ERR_OK)
		return -1;
	make(&fixture, "a", A);
	make(&fixture, "b", B);
	start(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	certs_free(&fix->certs);
	names_free(&fix->roots);
	complaints_free(&fix->complaints);
	file_free(&fix->index);
	make_cert_remove(&fix->directory);
	make_cert_remove(&fix->state);
	return 0;
}

/* As a handshake does. */
static bool serves(struct fixture *fix, const char *host)
{
	struct pair *pair = certs_find(fix->certs, host, KEY_ANY);
	struct warm *warm = NULL;
	bool served = pair != NULL && warm_get(pair, &warm) == ERR_OK;

	warm_release(&warm);
	pair_release(&pair);
	return served;
}

static void assert_serves_both(struct fixture *fix)
{
	assert_true(serves(fix, A));
	assert_true(serves(fix, B));
	assert_int_equal(fix->complaints.count, 0);
}

static void a_start_parses_nothing_that_is_as_it_was(void **state)
{
	struct fixture *fix = *state;
	char stem[16], name[64];

	assert_int_equal(parsed(fix), 2);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(stem, sizeof(stem), "n%d", i);
		(void)snprintf(name, sizeof(name), "mta-sts.n%d.example", i);
		make(fix, stem, name);
	}
	reload(fix);
	assert_int_equal(parsed(fix), 2 + MANY);

	start(fix);
	assert_int_equal(certs_work(fix->certs).read, 0);
	settle(fix);
	assert_int_equal(certs_work(fix->certs).read, 2 + MANY);
	assert_int_equal(parsed(fix), 0);
	assert_serves_both(fix);
	assert_true(serves(fix, "mta-sts.n7.example"));
	make(fix, "n7", "mta-sts.n7.example");
	reload(fix);
	assert_int_equal(parsed(fix), 1);
	assert_int_equal(certs_changed(fix->certs), 1);
}

static void a_start_parses_what_was_renewed_since(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", A);
	start(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 1);
	assert_serves_both(fix);
	start(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 0);
}

static void what_is_doubtful_is_complained_about_at_each_start(void **state)
{
	struct fixture *fix = *state;
	const struct make_cert own = { .names = { A },
				       .not_before = time(NULL) - MAKE_CERT_DAY,
				       .not_after = time(NULL) + MAKE_CERT_DAY,
				       .self_signed = true };

	make_cert(&own, fix->directory, "a.crt", "a.key");
	for (size_t i = 0; i < 3; i++) {
		start(fix);
		settle(fix);
		assert_int_equal(fix->complaints.count, 1);
		assert_string_equal(fix->complaints.item[0].what,
				    "certificate is self-signed: senders do not trust it");
		assert_non_null(fix->complaints.item[0].value);
		assert_int_equal(parsed(fix), i == 0);
	}
	/* The dates are judged anew. */
	later = 2 * MAKE_CERT_DAY;
	start(fix);
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].what, "certificate has expired");
	assert_false(serves(fix, A));
}

static void read_index(struct fixture *fix)
{
	const char *why;

	file_free(&fix->index);
	assert_int_equal(file_read(index_path(fix), SIZE_MAX, &fix->index, &why), ERR_OK);
}

static void write_index(struct fixture *fix, const char *bytes, size_t len)
{
	FILE *file = fopen(index_path(fix), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(index_path(fix), 0600), 0);
}

static void any_damaged_byte_is_found(void **state)
{
	struct fixture *fix = *state;

	read_index(fix);
	for (size_t i = 0; i < fix->index.len; i += i < 200 ? 1 : 7) {
		fix->index.bytes[i] = (char)(fix->index.bytes[i] ^ 0x41);
		write_index(fix, fix->index.bytes, fix->index.len);
		fix->index.bytes[i] = (char)(fix->index.bytes[i] ^ 0x41);
		start(fix);
		settle(fix);
		assert_true(parsed(fix) > 0);
		assert_serves_both(fix);
		start(fix);
		settle(fix);
		assert_int_equal(parsed(fix), 0);
	}
}

static void any_length_will_do(void **state)
{
	struct fixture *fix = *state;

	read_index(fix);
	for (size_t len = 0; len < fix->index.len; len += 13) {
		write_index(fix, fix->index.bytes, len);
		start(fix);
		settle(fix);
		assert_serves_both(fix);
		start(fix);
		settle(fix);
		assert_int_equal(parsed(fix), 0);
	}
}

/* The rest of one that was not written whole is not taken for a record when others are appended. */
static void what_is_behind_the_last_record_is_not_kept(void **state)
{
	struct fixture *fix = *state;

	read_index(fix);
	write_index(fix, fix->index.bytes, fix->index.len - 1);
	start(fix);
	settle(fix);
	make(fix, "c", "mta-sts.c.example");
	reload(fix);
	start(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 0);
	assert_true(serves(fix, "mta-sts.c.example"));
}

static void assert_renewal_id(struct fixture *fix, const char *wanted)
{
	bool used;
	const struct facts *facts = certs_after(fix->certs, NULL, &used);

	assert_non_null(facts);
	assert_non_null(facts->renewal_id);
	assert_memory_equal(facts->renewal_id, wanted, strlen(wanted));
	facts = certs_after(fix->certs, facts->file, &used);
	assert_non_null(facts);
	assert_null(facts->renewal_id);
}

static void by_what_its_authority_knows_a_pair_is_known_after_a_start(void **state)
{
	struct fixture *fix = *state;

	make_cert(&(struct make_cert){ .names = { A },
				       .names_key = true,
				       .not_before = time(NULL) - MAKE_CERT_DAY,
				       .not_after = time(NULL) + MAKE_CERT_DAY },
		  fix->directory, "a.crt", "a.key");
	reload(fix);
	assert_renewal_id(fix, "a2V5.");
	start(fix);
	assert_renewal_id(fix, "a2V5.");
	settle(fix);
	assert_int_equal(parsed(fix), 0);
	assert_renewal_id(fix, "a2V5.");
}

static void what_another_version_judged_is_checked_behind_the_start(void **state)
{
	struct fixture *fix = *state;
	char *judge;

	read_index(fix);
	judge = memmem(fix->index.bytes, fix->index.len, "gnutls ", 7);
	assert_non_null(judge);
	judge[7] = '1';
	write_index(fix, fix->index.bytes, fix->index.len);
	start(fix);
	assert_int_equal(parsed(fix), 0);
	assert_serves_both(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 2);
	assert_serves_both(fix);
	start(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 0);
}

static void a_link_in_its_place_is_neither_read_nor_written(void **state)
{
	struct fixture *fix = *state;
	struct file other = { 0 };
	const char *why;

	read_index(fix);
	for (int hard = 0; hard < 2; hard++) {
		const char *target = make_cert_path(fix->directory, "target");

		make_cert_file(fix->directory, "target", "", 0600);
		assert_int_equal(unlink(index_path(fix)), 0);
		assert_int_equal(hard ? link(target, index_path(fix)) : symlink(target, index_path(fix)), 0);
		write_index(fix, fix->index.bytes, fix->index.len);
		start(fix);
		settle(fix);
		assert_int_equal(parsed(fix), 2);
		assert_int_equal(file_read(target, SIZE_MAX, &other, &why), ERR_OK);
		assert_int_equal(other.len, fix->index.len);
		assert_memory_equal(other.bytes, fix->index.bytes, other.len);
		file_free(&other);
		assert_int_equal(unlink(target), 0);
		start(fix);
		settle(fix);
		assert_int_equal(parsed(fix), 0);
	}
}

static void a_pipe_in_its_place_keeps_nobody_waiting(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	settle(fix);
	assert_int_equal(unlink(index_path(fix)), 0);
	assert_int_equal(mkfifo(index_path(fix), 0600), 0);
	make(fix, "new", "mta-sts.new.example");
	(void)alarm(20);
	reload(fix);
	start(fix);
	settle(fix);
	(void)alarm(0);
	assert_int_equal(parsed(fix), 0);
	assert_serves_both(fix);
}

static void one_that_others_may_write_is_not_believed(void **state)
{
	struct fixture *fix = *state;
	struct stat status;

	assert_int_equal(chmod(index_path(fix), 0620), 0);
	start(fix);
	assert_int_equal(parsed(fix), 2);
	assert_int_equal(stat(index_path(fix), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void nothing_is_lost_where_it_cannot_be_written(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(unlink(index_path(fix)), 0);
	assert_int_equal(mkdir(index_path(fix), 0700), 0);
	for (size_t i = 0; i < 2; i++) {
		start(fix);
		settle(fix);
		assert_int_equal(parsed(fix), 2);
		assert_serves_both(fix);
	}
}

static void a_handshake_before_its_turn_reads_its_own_pair(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	assert_true(serves(fix, A));
	assert_int_equal(certs_work(fix->certs).read, 0);
	/* It has its material now. */
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.crt")), 0);
	warm_limit(1);
	assert_true(serves(fix, B));
	assert_true(serves(fix, A));
	warm_limit(WARM_LIMIT);
}

static void a_renewal_before_its_turn_serves_and_settles(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	make(fix, "a", A);
	assert_true(serves(fix, A));
	settle(fix);
	assert_int_equal(parsed(fix), 1);
	assert_serves_both(fix);
	start(fix);
	settle(fix);
	assert_int_equal(parsed(fix), 0);
}

static void one_for_other_names_before_its_turn_does_not_serve_these(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	make(fix, "a", "mta-sts.other.example");
	assert_false(serves(fix, A));
	assert_null(certs_find(fix->certs, A, KEY_ANY));
	settle(fix);
	assert_false(serves(fix, A));
	assert_true(serves(fix, "mta-sts.other.example"));
}

static void files_that_go_before_their_turn_are_as_if_never_there(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.key")), 0);
	assert_false(serves(fix, A));
	settle(fix);
	assert_false(certs_cover(fix->certs, A));
	assert_true(serves(fix, B));
	reload(fix);
	assert_false(certs_cover(fix->certs, A));

	make(fix, "a", A);
	reload(fix);
	assert_true(serves(fix, A));
}

static void files_that_go_before_their_turn_are_given_up_by_a_reload(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.crt")), 0);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.key")), 0);
	reload(fix);
	assert_false(certs_cover(fix->certs, A));
	settle(fix);
	assert_true(serves(fix, B));
}

static void files_that_go_after_their_turn_stay_in_use(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	settle(fix);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.crt")), 0);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.key")), 0);
	assert_serves_both(fix);
	reload(fix);
	assert_true(serves(fix, A));
	assert_int_equal(fix->complaints.count, 1);
}

/* A renewal has written the certificate and not the key yet, or the other way round. */
static void what_a_handshake_read_stays_in_use_when_the_files_are_refused(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	assert_true(serves(fix, A));
	make_cert_file(fix->directory, "a.key", "", 0600);
	settle(fix);
	assert_true(fix->complaints.count > 0);
	assert_true(serves(fix, A));
	reload(fix);
	assert_true(serves(fix, A));
}

/* The file could not be opened for a moment, and its stamp is as before. */
static void what_a_handshake_could_not_read_serves_once_it_is_settled(void **state)
{
	struct fixture *fix = *state;

	start(fix);
	no_files_left = true;
	assert_false(serves(fix, A));
	no_files_left = false;
	settle(fix);
	assert_serves_both(fix);
}

/* What a stat cannot tell as it was written in the moment in which it was read. */
static void a_file_that_was_just_written_is_compared_by_what_it_holds(void **state)
{
	struct fixture *fix = *state;

	later = 0;
	stamps_stand_still = true;
	make(fix, "a", A);
	start(fix);
	settle(fix);
	make(fix, "a", "mta-sts.other.example");
	reload(fix);
	assert_true(certs_cover(fix->certs, "mta-sts.other.example"));
	make(fix, "a", A);
	start(fix);
	settle(fix);
	assert_serves_both(fix);
	assert_false(certs_cover(fix->certs, "mta-sts.other.example"));
}

static void a_file_that_is_old_enough_is_not_read_again(void **state)
{
	struct fixture *fix = *state;

	later = 0;
	make(fix, "a", A);
	reload(fix);
	reload(fix);
	assert_int_equal(certs_work(fix->certs).read, 1);
	later = 3600;
	reload(fix);
	assert_int_equal(certs_work(fix->certs).read, 2);
	reload(fix);
	assert_int_equal(certs_work(fix->certs).read, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_start_parses_nothing_that_is_as_it_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_start_parses_what_was_renewed_since, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_doubtful_is_complained_about_at_each_start, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(any_damaged_byte_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_length_will_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_behind_the_last_record_is_not_kept, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(by_what_its_authority_knows_a_pair_is_known_after_a_start,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_another_version_judged_is_checked_behind_the_start,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_in_its_place_is_neither_read_nor_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_pipe_in_its_place_keeps_nobody_waiting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_others_may_write_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_lost_where_it_cannot_be_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_handshake_before_its_turn_reads_its_own_pair, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_renewal_before_its_turn_serves_and_settles, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_for_other_names_before_its_turn_does_not_serve_these,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_go_before_their_turn_are_as_if_never_there, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(files_that_go_before_their_turn_are_given_up_by_a_reload,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_go_after_their_turn_stay_in_use, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_a_handshake_read_stays_in_use_when_the_files_are_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_handshake_could_not_read_serves_once_it_is_settled,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_was_just_written_is_compared_by_what_it_holds,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_is_old_enough_is_not_read_again, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
