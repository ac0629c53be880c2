/* SPDX-License-Identifier: ISC */
/* wrap: memory */
#include "core/manifest.h"
#include "memory.h"
#include "scratch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIR MANIFEST_CERTIFICATES "/a b.pem"

static enum err list(const struct scratch *scratch, struct manifest *manifest)
{
	enum err err;

	manifest->facts = (struct backup_facts){ .schema = 7, .domains = 2, .revisions = 5 };
	err = manifest_begin(manifest);
	if (err == ERR_OK)
		err = manifest_add(manifest, scratch->folder, BACKUP_DATABASE);
	if (err == ERR_OK)
		err = manifest_add(manifest, scratch->folder, PAIR);
	return err == ERR_OK ? manifest_end(manifest) : err;
}

static int setup(void **state)
{
	struct manifest manifest = { 0 };

	if (scratch_setup(state) != 0 || mkdir(scratch_path(*state, MANIFEST_CERTIFICATES), 0700) != 0)
		return -1;
	(void)scratch_write(*state, BACKUP_DATABASE, "a database");
	(void)scratch_write(*state, PAIR, "a pair");
	assert_int_equal(list(*state, &manifest), ERR_OK);
	(void)scratch_put(*state, MANIFEST_FILE, manifest.text.bytes, manifest.text.len);
	manifest_free(&manifest);
	return 0;
}

static enum err check(struct scratch *scratch)
{
	struct manifest manifest = { 0 };
	enum err err = manifest_check(scratch->folder, &manifest);

	manifest_free(&manifest);
	return err;
}

static void a_backup_that_is_whole_says_what_it_holds(void **state)
{
	struct scratch *scratch = *state;
	struct manifest manifest = { 0 };

	assert_int_equal(manifest_check(scratch->folder, &manifest), ERR_OK);
	assert_int_equal(manifest.facts.schema, 7);
	assert_int_equal(manifest.facts.domains, 2);
	assert_int_equal(manifest.facts.revisions, 5);
	assert_int_equal(manifest.certificates.count, 1);
	assert_string_equal(manifest.certificates.item[0], "a b.pem");
	manifest_free(&manifest);
}

static void what_the_list_does_not_name_is_refused(void **state)
{
	static const char *const names[] = { BACKUP_DATABASE "-wal", BACKUP_DATABASE "-shm",
					     MANIFEST_CERTIFICATES "/b.pem", "notes" };
	struct scratch *scratch = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)scratch_write(scratch, names[i], "of another time");
		assert_int_equal(check(scratch), ERR_REFUSED);
		assert_int_equal(unlink(scratch_path(scratch, names[i])), 0);
		assert_int_equal(check(scratch), ERR_OK);
	}
}

static void any_byte_of_the_list_that_changed_is_noticed(void **state)
{
	struct scratch *scratch = *state;
	char bytes[512];
	int fd = open(scratch_path(scratch, MANIFEST_FILE), O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, bytes, sizeof(bytes));

	assert_true(len > 0);
	(void)close(fd);
	for (ssize_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		(void)scratch_put(scratch, MANIFEST_FILE, bytes, (size_t)len);
		assert_int_equal(check(scratch), ERR_REFUSED);
		bytes[i] ^= 1;
		(void)scratch_put(scratch, MANIFEST_FILE, bytes, (size_t)i);
		assert_int_equal(check(scratch), ERR_REFUSED);
	}
	(void)scratch_put(scratch, MANIFEST_FILE, bytes, (size_t)len);
	assert_int_equal(check(scratch), ERR_OK);
}

static void a_file_that_changed_is_noticed(void **state)
{
	static const char *const names[] = { BACKUP_DATABASE, PAIR };
	struct scratch *scratch = *state;

	for (size_t i = 0; i < 2; i++) {
		(void)scratch_write(scratch, names[i], "changed..");
		assert_int_equal(check(scratch), ERR_REFUSED);
		assert_int_equal(unlink(scratch_path(scratch, names[i])), 0);
		assert_int_equal(check(scratch), ERR_REFUSED);
		assert_int_equal(mkfifo(scratch_path(scratch, names[i]), 0600), 0);
		assert_int_equal(check(scratch), ERR_REFUSED);
		assert_int_equal(unlink(scratch_path(scratch, names[i])), 0);
		(void)scratch_write(scratch, names[i], i == 0 ? "a database" : "a pair");
		assert_int_equal(check(scratch), ERR_OK);
	}
}

/* Right in itself, and still none of ours. */
static void write_list(struct scratch *scratch, const char *text)
{
	char whole[512];

	(void)snprintf(whole, sizeof(whole), "%send %016" PRIx64 "\n", text,
		       text_sum(TEXT_SUM_EMPTY, text, strlen(text)));
	(void)scratch_write(scratch, MANIFEST_FILE, whole);
}

static void a_list_leads_nowhere_else(void **state)
{
#define HEAD "mta-stsd-backup 1\nholds schema=7 domains=1 revisions=1\n"
	static const char *const lists[] = {
		HEAD "file 0 0000000000000000 ../" BACKUP_DATABASE "\n",
		HEAD "file 0 0000000000000000 certificates/../x\n",
		HEAD "file 0 0000000000000000 certificates/\n",
		HEAD "file 0 0000000000000000 certificates/.new\n",
		HEAD "file 0 0000000000000000 /etc/passwd\n",
		HEAD "file 0 00\n",
		HEAD "file \n",
		HEAD,
		"mta-stsd-backup 2\n",
		"another 1\n",
		"",
	};
	struct scratch *scratch = *state;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		write_list(scratch, lists[i]);
		assert_int_equal(check(scratch), ERR_REFUSED);
	}
	assert_int_equal(unlink(scratch_path(scratch, MANIFEST_FILE)), 0);
	assert_int_equal(check(scratch), ERR_NOT_FOUND);
}

static void a_name_that_breaks_lines_is_not_listed(void **state)
{
	struct scratch *scratch = *state;
	struct manifest manifest = { 0 };

	assert_int_equal(manifest_add(&manifest, scratch->folder, "certificates/a\nb.pem"), ERR_REFUSED);
	assert_int_equal(manifest_add(&manifest, scratch->folder, "certificates/none.pem"), ERR_IO);
	assert_int_equal(manifest.certificates.count, 0);
	manifest_free(&manifest);
}

static void without_memory_nothing_is_called_whole_or_damaged(void **state)
{
	struct scratch *scratch = *state;
	bool failed = true;

	for (size_t i = 0; failed; i++) {
		struct manifest manifest = { 0 };
		enum err err;

		memory_fail_after(i);
		err = list(scratch, &manifest);
		failed = memory_restore();
		manifest_free(&manifest);
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	}
	failed = true;
	for (size_t i = 0; failed; i++) {
		enum err err;

		memory_fail_after(i);
		err = check(scratch);
		failed = memory_restore();
		assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backup_that_is_whole_says_what_it_holds),
		TEST(what_the_list_does_not_name_is_refused),
		TEST(any_byte_of_the_list_that_changed_is_noticed),
		TEST(a_file_that_changed_is_noticed),
		TEST(a_list_leads_nowhere_else),
		TEST(a_name_that_breaks_lines_is_not_listed),
		TEST(without_memory_nothing_is_called_whole_or_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
