/* SPDX-License-Identifier: ISC */
/* wrap: readdir clock_of_files file_is_foreign */
#include "base/clock.h"
#include "base/file.h"
#include "certs/walk_private.h"
#include "make_cert.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TOO_MANY "too many files to search for certificates"

struct fixture {
	char *directory;
	struct names roots;
	struct complaints complaints;
	struct finds finds;
};

static time_t waited;      /* since whatever was written */
static unsigned listed;    /* entries */
static bool endless;       /* directories have no end */
static ino_t crowded;      /* this one has CROWD entries instead of its own, or fewer before them */
static const char *suffix; /* of their names */
static unsigned given, crowd_size;

#define CROWD (WALK_ENTRIES_BARREN + 100)

__typeof__(clock_of_files) __wrap_clock_of_files;
__typeof__(clock_of_files) __real_clock_of_files;
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *__real_readdir(DIR *dir);

static struct dirent *give_one_of_a_crowd(void)
{
	static struct dirent entry = { .d_type = DT_REG };

	if (given == crowd_size)
		return NULL;
	(void)snprintf(entry.d_name, sizeof(entry.d_name), "f%06u%s", given++, suffix);
	return &entry;
}

struct timespec __wrap_clock_of_files(void)
{
	struct timespec later = __real_clock_of_files();

	later.tv_sec += waited;
	return later;
}

/* Whether all lies in a file system of other machines, too. */
static bool foreign;

__typeof__(file_is_foreign) __wrap_file_is_foreign;

bool __wrap_file_is_foreign(const char *path)
{
	(void)path;
	return foreign;
}

struct dirent *__wrap_readdir(DIR *dir)
{
	static struct dirent again = { .d_type = DT_REG, .d_name = "again.txt" };
	struct stat status;

	listed++;
	if (crowded != 0 && fstat(dirfd(dir), &status) == 0 && status.st_ino == crowded) {
		struct dirent *one = give_one_of_a_crowd();

		if (one == NULL && crowd_size != CROWD)
			one = __real_readdir(dir);
		if (one == NULL)
			given = 0;
		return one;
	}
	return endless ? &again : __real_readdir(dir);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .directory = make_cert_directory() };
	*state = &fixture;
	waited = 10;
	endless = false;
	crowded = 0;
	given = 0;
	crowd_size = CROWD;
	suffix = ".txt";
	return names_put(&fixture.roots, fixture.directory) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	finds_free(&fix->finds);
	names_free(&fix->roots);
	complaints_free(&fix->complaints);
	make_cert_remove(&fix->directory);
	return 0;
}

/* What is in a file matters only where its name does not tell: test_match.c has those. */
static void touch(struct fixture *fix, const char *name)
{
	bool both = fnmatch("*.pem", name, 0) == 0;

	make_cert_file(fix->directory, name,
		       both ? "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n" : "", 0640);
}

static void walk(struct fixture *fix)
{
	finds_free(&fix->finds);
	complaints_free(&fix->complaints);
	assert_int_equal(walk_directories(&fix->roots, MAKE_CERT_NOW, NULL, &fix->complaints, &fix->finds),
			 ERR_OK);
}

static void assert_find(struct fixture *fix, size_t at, const char *chain, const char *key)
{
	assert_true(at < fix->finds.count);
	assert_string_equal(fix->finds.item[at].chain_path, make_cert_path(fix->directory, chain));
	assert_string_equal(fix->finds.item[at].key_path, make_cert_path(fix->directory, key));
}

static void assert_complaint(struct fixture *fix, const char *name, const char *what)
{
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].file, make_cert_path(fix->directory, name));
	assert_string_equal(fix->complaints.item[0].what, what);
}

static void finds_what_certbot_leaves(void **state)
{
	static const char *const files[] = {
		"live/README",
		"live/a.example/README",
		"live/a.example/cert.pem",
		"live/a.example/chain.pem",
		"live/a.example/fullchain.pem",
		"live/a.example/privkey.pem",
		"archive/a.example/cert1.pem",
		"archive/a.example/fullchain1.pem",
		"accounts/server/private_key.json",
		"csr/0000_csr.pem",
		"keys/0000_key.pem",
		"renewal/a.example.conf",
		"renewal-hooks/deploy/x.pem",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "live/a.example/fullchain.pem", "live/a.example/privkey.pem");
	assert_int_equal(fix->complaints.count, 0);
}

static void finds_what_lego_leaves(void **state)
{
	static const char *const files[] = {
		"accounts/server/me/account.json",   "accounts/server/me/keys/me.key",
		"certificates/a.example.crt",        "certificates/a.example.issuer.crt",
		"certificates/a.example.json",       "certificates/a.example.key",
		"archives/1700000000.b.example.crt", "archives/1700000000.b.example.key",
		"archives/c.example_1700000000.zip",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "certificates/a.example.crt", "certificates/a.example.key");
	assert_int_equal(fix->complaints.count, 0);
}

static void finds_what_uacme_leaves(void **state)
{
	static const char *const files[] = { "a.example/cert.pem", "private/a.example/key.pem",
					     "private/key.pem" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "a.example/cert.pem", "private/a.example/key.pem");
	assert_int_equal(fix->complaints.count, 0);
}

static void finds_what_uacme_leaves_from_a_root_with_a_slash(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "a.example/cert.pem");
	touch(fix, "private/a.example/key.pem");
	names_free(&fix->roots);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "a.example//")), ERR_OK);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "a.example/cert.pem", "private/a.example/key.pem");
}

static void finds_what_acme_sh_leaves(void **state)
{
	static const char *const files[] = {
		"a.example/a.example.cer",     "a.example/a.example.conf",
		"a.example/a.example.csr",     "a.example/a.example.csr.conf",
		"a.example/a.example.key",     "a.example/ca.cer",
		"a.example/fullchain.cer",     "a.example_ecc/a.example.cer",
		"a.example_ecc/a.example.key", "a.example_ecc/ca.cer",
		"a.example_ecc/fullchain.cer", "ca/server/account.key",
		"_ecc/fullchain.cer",          "_ecc/_ecc.key",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 3);
	assert_find(fix, 0, "_ecc/fullchain.cer", "_ecc/_ecc.key");
	assert_find(fix, 1, "a.example/fullchain.cer", "a.example/a.example.key");
	assert_find(fix, 2, "a.example_ecc/fullchain.cer", "a.example_ecc/a.example.key");
	assert_int_equal(fix->complaints.count, 0);
}

/* By their names alone: nothing is in the files, and a host may have thousands of such directories. */
static void finds_what_hosting_panels_leave(void **state)
{
	static const char *const files[] = {
		"directadmin/a.example.cacert",
		"directadmin/a.example.cert",
		"directadmin/a.example.cert.combined",
		"directadmin/a.example.conf",
		"directadmin/a.example.key",
		"hestia/a.example.ca",
		"hestia/a.example.crt",
		"hestia/a.example.key",
		"hestia/a.example.pem",
		"virtualmin/ssl.ca",
		"virtualmin/ssl.cert",
		"virtualmin/ssl.combined",
		"virtualmin/ssl.everything",
		"virtualmin/ssl.key",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		make_cert_file(fix->directory, files[i], "", 0640);
	walk(fix);
	assert_int_equal(fix->finds.count, 3);
	assert_find(fix, 0, "directadmin/a.example.cert.combined", "directadmin/a.example.key");
	assert_find(fix, 1, "hestia/a.example.pem", "hestia/a.example.key");
	assert_find(fix, 2, "virtualmin/ssl.combined", "virtualmin/ssl.key");
	assert_int_equal(fix->complaints.count, 0);
}

static void finds_what_dehydrated_leaves(void **state)
{
	static const char *const names[] = { "cert", "chain", "fullchain", "privkey" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char old[64], dated[64], plain[64];

		(void)snprintf(old, sizeof(old), "certs/a.example/%s-1700000000.pem", names[i]);
		(void)snprintf(dated, sizeof(dated), "certs/a.example/%s-1760000000.pem", names[i]);
		(void)snprintf(plain, sizeof(plain), "certs/a.example/%s.pem", names[i]);
		touch(fix, old);
		touch(fix, dated);
		assert_int_equal(symlink(strrchr(dated, '/') + 1, make_cert_path(fix->directory, plain)), 0);
	}
	touch(fix, "certs/a.example/cert-1760000000.csr");
	touch(fix, "accounts/server/account_key.pem.json");
	touch(fix, "b/cert-2.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "b/cert-2.pem", "b/cert-2.pem");
	assert_find(fix, 1, "certs/a.example/fullchain.pem", "certs/a.example/privkey.pem");
	assert_int_equal(fix->complaints.count, 0);
}

static void finds_what_mod_md_leaves(void **state)
{
	static const char *const files[] = {
		"accounts/ACME-0000/account.pem",
		"archive/a.example.1/pubcert.pem",
		"challenges/a.example/acme-tls-alpn-01.cert.pem",
		"domains/a.example/fallback-cert.pem",
		"domains/a.example/fallback-privkey.pem",
		"domains/a.example/job.json",
		"domains/a.example/md.json",
		"domains/a.example/privkey.pem",
		"domains/a.example/privkey.secp384r1.pem",
		"domains/a.example/pubcert.pem",
		"domains/a.example/pubcert.secp384r1.pem",
		"fallback-cert.pem",
		"fallback-privkey.pem",
		"md_store.json",
		"ocsp/a.example/x.pem",
		"staging/a.example/pubcert.pem",
		"tmp/x.pem",
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "domains/a.example/pubcert.pem", "domains/a.example/privkey.pem");
	assert_find(fix, 1, "domains/a.example/pubcert.secp384r1.pem",
		    "domains/a.example/privkey.secp384r1.pem");
	assert_int_equal(fix->complaints.count, 0);
}

static void takes_files_that_only_sound_like_theirs(void **state)
{
	static const char *const files[] = { "a/fallback-cert.pem", "a/privkey.x.pem", "a/pubcert.x.y.pem",
					     "b/fallback-privkey.pem", "c/fullchain-1.pem" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	touch(fix, "d/fullchain.cer");
	touch(fix, "d/other.key");
	walk(fix);
	assert_int_equal(fix->finds.count, sizeof(files) / sizeof(*files));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_find(fix, i, files[i], files[i]);
	assert_complaint(fix, "d", "directory has no certificate with its private key");
	assert_string_equal(fix->complaints.item[0].value, "fullchain.cer");
}

static void takes_any_other_pem_for_a_combined_file(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "b.example.pem");
	touch(fix, "a/cert.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "a/cert.pem", "a/cert.pem");
	assert_find(fix, 1, "b.example.pem", "b.example.pem");
}

static void a_directory_of_which_nothing_is_used_is_named(void **state)
{
	static const char *const files[] = { "panel/example.cer", "panel/example.key",
					     "panel/deep/x.p12",  "used/a.pem",
					     "used/b.cer",        "keys/account_key.pem.key" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].file, make_cert_path(fix->directory, "panel"));
	assert_string_equal(fix->complaints.item[1].file, make_cert_path(fix->directory, "panel/deep"));
}

static void passes_other_files_over(void **state)
{
	static const char *const files[] = { "README", "notes.txt",   "a.csr",
					     "b.key",  ".hidden.pem", ".git/c.pem" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		touch(fix, files[i]);
	walk(fix);
	assert_int_equal(fix->finds.count, 0);
	assert_int_equal(fix->complaints.count, 0);
}

static void looks_into_folders_that_only_sound_like_theirs(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "keys/a.pem");
	touch(fix, "staging/a.pem");
	touch(fix, "domains/b.txt");
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
}

static void complains_of_a_crt_without_its_key(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "a.crt");
	touch(fix, "b.crt");
	touch(fix, "b.key");
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_complaint(fix, "a.crt", "private key is missing");
	assert_string_equal(fix->complaints.item[0].value, make_cert_path(fix->directory, "a.key"));
	assert_int_equal(fix->complaints.errors, 1);
}

static void complains_of_a_fullchain_without_its_key(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "a/fullchain.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 0);
	assert_complaint(fix, "a/fullchain.pem", "private key is missing");
}

static void complains_of_a_missing_directory_and_goes_on(void **state)
{
	struct fixture *fix = *state;

	names_free(&fix->roots);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "missing")), ERR_OK);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "there")), ERR_OK);
	touch(fix, "there/a.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_complaint(fix, "missing", "directory cannot be read");
	assert_string_equal(fix->complaints.item[0].value, "No such file or directory");
}

static void complains_of_a_file_in_place_of_a_directory(void **state)
{
	struct fixture *fix = *state;

	names_free(&fix->roots);
	touch(fix, "a.pem");
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "a.pem")), ERR_OK);
	walk(fix);
	assert_complaint(fix, "a.pem", "directory cannot be read");
}

static void follows_links_and_enters_each_directory_once(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "real/a.pem");
	assert_int_equal(symlink("real/a.pem", make_cert_path(fix->directory, "b.pem")), 0);
	assert_int_equal(symlink("..", make_cert_path(fix->directory, "real/loop")), 0);
	assert_int_equal(symlink("real", make_cert_path(fix->directory, "twin")), 0);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "real")), ERR_OK);
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "b.pem", "b.pem");
	assert_find(fix, 1, "real/a.pem", "real/a.pem");
	assert_int_equal(fix->complaints.count, 0);
}

static void keeps_dangling_links_for_whoever_reads_them(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(symlink("nowhere", make_cert_path(fix->directory, "a.pem")), 0);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
}

static void stops_at_the_ninth_level(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "1/2/3/4/5/6/7/8/deep.pem");
	touch(fix, "1/2/3/4/5/6/7/8/9/deeper.pem");
	touch(fix, "1/2/3/4/5/6/7/8/x/deeper.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "1/2/3/4/5/6/7/8/deep.pem", "1/2/3/4/5/6/7/8/deep.pem");
	assert_complaint(fix, "1/2/3/4/5/6/7/8/9", "is too deep to be searched");
	assert_string_equal(fix->complaints.item[0].value, "and 1 more");
}

static void stops_after_a_million_entries(void **state)
{
	struct fixture *fix = *state;

	endless = true;
	walk(fix);
	endless = false;
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].file, fix->directory);
	assert_string_equal(fix->complaints.item[0].what, TOO_MANY);
	assert_string_equal(fix->complaints.item[0].value, "more than a million files");
}

static void crowd(struct fixture *fix, const char *name)
{
	struct stat status;

	assert_int_equal(stat(make_cert_path(fix->directory, name), &status), 0);
	crowded = status.st_ino;
}

static void set_root(struct fixture *fix, const char *name)
{
	names_free(&fix->roots);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, name)), ERR_OK);
}

static void stops_where_there_is_hardly_a_certificate(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "certs/a.pem");
	crowd(fix, "certs");
	walk(fix);
	assert_complaint(fix, "certs", TOO_MANY);
	assert_string_equal(fix->complaints.item[0].value, "almost none of them a certificate");
}

/* As many as there may be at all, if each has a pair: what is found on the way counts before the next is
 * entered. */
static void takes_a_crowd_of_directories(void **state)
{
	struct fixture *fix = *state;

	for (unsigned i = 0; i < 20; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "certs/d%u/a.pem", i);
		touch(fix, name);
	}
	crowd(fix, "certs");
	crowd_size = WALK_ENTRIES_BARREN - 10;
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 20);
}

static void takes_a_crowd_of_certificates(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "certs/a.pem");
	crowd(fix, "certs");
	suffix = ".pem";
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, CROWD);
}

/* Whatever its name, it is followed after all else, and what lies behind it is not taken by halves. */
static void a_link_into_a_crowd_costs_no_pair_that_lies_elsewhere(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "certs/z.pem");
	touch(fix, "certs/z/z.pem");
	touch(fix, "elsewhere/a.crt");
	touch(fix, "elsewhere/a.pem");
	touch(fix, "elsewhere/crowd/a.pem");
	assert_int_equal(symlink("../elsewhere", make_cert_path(fix->directory, "certs/a")), 0);
	set_root(fix, "certs");
	crowd(fix, "elsewhere/crowd");
	walk(fix);
	assert_complaint(fix, "certs/a", "link points to too many files to search for certificates");
	assert_string_equal(fix->complaints.item[0].value, make_cert_path(fix->directory, "certs/a/crowd"));
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "certs/z.pem", "certs/z.pem");
}

static void tells_which_links_were_not_followed_any_more(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "certs/z.pem");
	touch(fix, "crowd/a.pem");
	touch(fix, "other/a.pem");
	assert_int_equal(symlink("../crowd", make_cert_path(fix->directory, "certs/a")), 0);
	assert_int_equal(symlink("../other", make_cert_path(fix->directory, "certs/b")), 0);
	set_root(fix, "certs");
	crowd(fix, "crowd");
	walk(fix);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[1].file, make_cert_path(fix->directory, "certs/b"));
	assert_string_equal(fix->complaints.item[1].what, "link is not followed after too many files");
	assert_int_equal(fix->finds.count, 1);
}

static void follows_a_link_that_leads_out(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "live/a.example/fullchain.pem");
	touch(fix, "live/a.example/privkey.pem");
	touch(fix, "certs/b.pem");
	assert_int_equal(symlink("../live/a.example", make_cert_path(fix->directory, "certs/a")), 0);
	set_root(fix, "certs");
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "certs/a/fullchain.pem", "certs/a/privkey.pem");
}

static void follows_no_link_to_where_it_lies_itself(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "certs/a.pem");
	touch(fix, "b.pem");
	assert_int_equal(symlink("/", make_cert_path(fix->directory, "certs/root")), 0);
	assert_int_equal(symlink("..", make_cert_path(fix->directory, "certs/up")), 0);
	set_root(fix, "certs");
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_complaint(fix, "certs/root", "link points to a directory that contains it");
	assert_string_equal(fix->complaints.item[0].value, "and 1 more");
}

static void leaves_alone_what_is_no_file(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "a.pem");
	assert_int_equal(mkfifo(make_cert_path(fix->directory, "fifo"), 0600), 0);
	assert_int_equal(symlink("/dev/zero", make_cert_path(fix->directory, "zero")), 0);
	assert_int_equal(symlink("self", make_cert_path(fix->directory, "self")), 0);
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_int_equal(fix->complaints.count, 0);
}

static void sorts_what_it_finds(void **state)
{
	struct fixture *fix = *state;

	touch(fix, "b/a.pem");
	touch(fix, "b-c.pem");
	touch(fix, "a.pem");
	walk(fix);
	assert_int_equal(fix->finds.count, 3);
	assert_find(fix, 0, "a.pem", "a.pem");
	assert_find(fix, 1, "b-c.pem", "b-c.pem");
	assert_find(fix, 2, "b/a.pem", "b/a.pem");
	for (size_t i = 0; i < fix->finds.count; i++)
		assert_true(finds_has(&fix->finds, fix->finds.item[i].chain_path));
	assert_false(finds_has(&fix->finds, "/nowhere"));
}

static void assert_noted(struct fixture *fix, const struct walk_places *places, const char *name)
{
	assert_true(names_has(&places->paths, make_cert_path(fix->directory, name)));
}

static void notes_where_something_else_may_be_found_as_far_as_it_is_asked_to(void **state)
{
	struct fixture *fix = *state;
	struct walk_memory memory = { .places.most = 6 };
	struct walk_places *const places = &memory.places;

	touch(fix, "live/a.example/README");
	touch(fix, "archive/fullchain1.pem");
	assert_int_equal(symlink("../../archive/fullchain1.pem",
				 make_cert_path(fix->directory, "live/a.example/fullchain.pem")),
			 0);
	assert_int_equal(symlink("nowhere", make_cert_path(fix->directory, "live/a.example/gone.pem")), 0);
	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "later")), ERR_OK);
	assert_int_equal(walk_directories(&fix->roots, MAKE_CERT_NOW, &memory, &fix->complaints, &fix->finds),
			 ERR_OK);
	assert_int_equal(places->paths.count, 6);
	assert_false(places->lost);
	assert_noted(fix, places, "live");
	assert_noted(fix, places, "live/a.example");
	assert_noted(fix, places, "live/a.example/fullchain.pem");
	assert_noted(fix, places, "live/a.example/gone.pem");
	assert_noted(fix, places, "later");
	assert_true(names_has(&places->paths, fix->directory));
	names_free(&places->paths);

	places->most = 5;
	finds_free(&fix->finds);
	assert_int_equal(walk_directories(&fix->roots, MAKE_CERT_NOW, &memory, &fix->complaints, &fix->finds),
			 ERR_OK);
	assert_int_equal(places->paths.count, 5);
	assert_true(places->lost);
	names_free(&places->paths);
}

/* Another time than any before, however coarse those of the file system are. */
static void age(struct fixture *fix, const char *name)
{
	static time_t last;
	struct timespec times[2] = { 0 };

	last++;
	for (int i = 0; i < 2; i++)
		times[i].tv_sec = last;
	assert_int_equal(utimensat(AT_FDCWD, make_cert_path(fix->directory, name), times, 0), 0);
}

static void touch_pairs(struct fixture *fix, const char *folder, unsigned count)
{
	char name[64];

	for (unsigned i = 0; i < 2 * count; i++) {
		(void)snprintf(name, sizeof(name), "%s/n%u.%s", folder, i / 2, i % 2 ? "key" : "crt");
		touch(fix, name);
	}
	age(fix, folder);
}

/* How many pairs are found by a walk that has a memory, and then how many entries it has listed. */
static size_t walk_on(struct fixture *fix, struct walk_memory *memory)
{
	finds_free(&fix->finds);
	complaints_free(&fix->complaints);
	listed = 0;
	assert_int_equal(walk_directories(&fix->roots, MAKE_CERT_NOW, memory, &fix->complaints, &fix->finds),
			 ERR_OK);
	return fix->finds.count;
}

/* 2 entries a pair, and their ends: the directory has "certs", "." and "..". */
#define OF_ROOT   4
#define OF(pairs) (OF_ROOT + 2 * (pairs) + 3)

static void lists_a_large_directory_again_only_when_a_name_in_it_changes(void **state)
{
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	touch_pairs(fix, "certs", 10);
	assert_int_equal(walk_on(fix, &memory), 10);
	assert_int_equal(listed, OF(10));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(walk_on(fix, &memory), 0);
		assert_int_equal(listed, OF_ROOT);
		assert_int_equal(memory.recall.count, 1);
		assert_true(memory.recall.item[0].same);
		assert_int_equal(memory.recall.item[0].finds, 10);
	}
	touch_pairs(fix, "certs", 11);
	assert_int_equal(walk_on(fix, &memory), 11);
	assert_int_equal(listed, OF(11));
	recall_forget(&memory.recall, make_cert_path(fix->directory, "certs/n1.crt"));
	assert_int_equal(walk_on(fix, &memory), 11);
	assert_int_equal(walk_on(fix, &memory), 0);
	assert_int_equal(chmod(make_cert_path(fix->directory, "certs"), 0700), 0);
	age(fix, "certs");
	assert_int_equal(walk_on(fix, &memory), 11);
	walk_forget(&memory);
}

static void lists_again_what_was_listed_too_soon_after_a_change(void **state)
{
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	waited = 0;
	touch_pairs(fix, "certs", 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(walk_on(fix, &memory), 10);
	waited = 10;
	assert_int_equal(walk_on(fix, &memory), 10);
	assert_int_equal(walk_on(fix, &memory), 0);
	walk_forget(&memory);
}

/* By whose clock its times are told nobody knows. */
static void lists_again_what_other_machines_may_change(void **state)
{
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	touch_pairs(fix, "certs", 10);
	foreign = true;
	for (int i = 0; i < 3; i++)
		assert_int_equal(walk_on(fix, &memory), 10);
	foreign = false;
	assert_int_equal(walk_on(fix, &memory), 10);
	assert_int_equal(walk_on(fix, &memory), 0);
	walk_forget(&memory);
}

/* Each beside ten pairs. */
static void lists_again_where_names_do_not_tell_all(void **state)
{
	static const char *const others[] = { "certs/a.pem", "certs/fullchain.pem", "certs/b.cer",
					      "certs/cert.pem", "certs/below/c.crt" };
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	touch_pairs(fix, "certs", 10);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		touch(fix, others[i]);
		age(fix, "certs");
		assert_true(walk_on(fix, &memory) >= 10);
		assert_true(walk_on(fix, &memory) >= 10);
		assert_int_equal(unlink(make_cert_path(fix->directory, others[i])), 0);
	}
	walk_forget(&memory);
}

/* What lies elsewhere may be the same file, or half of a pair that is found here. */
static void lists_all_again_when_something_elsewhere_may_depend_on_it(void **state)
{
	static const char *const others[] = { "other/n1.crt", "other/below.der", "other/link.crt" };
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	touch_pairs(fix, "certs", 10);
	touch(fix, "other/README");
	for (size_t i = 0; i < 3 * sizeof(others) / sizeof(*others); i++) {
		const char *path = make_cert_path(fix->directory, others[i / 3]);

		assert_int_equal(walk_on(fix, &memory), 10);
		assert_int_equal(walk_on(fix, &memory), 0);
		if (i % 3 == 0)
			touch(fix, others[i / 3]);
		else if (i % 3 == 1)
			assert_int_equal(symlink("../certs/n1.crt", path), 0);
		else
			assert_int_equal(link(make_cert_path(fix->directory, "certs/n1.crt"), path), 0);
		assert_int_equal(walk_on(fix, &memory), 10);
		assert_int_equal(walk_on(fix, &memory), 10);
		assert_int_equal(fix->complaints.count, i % 3 == 0);
		assert_int_equal(unlink(path), 0);
	}
	walk_forget(&memory);
}

/* The limits are met where they are met without a memory. */
static void counts_what_it_does_not_list_again(void **state)
{
	struct fixture *fix = *state;
	struct walk_memory memory = { 0 };

	touch_pairs(fix, "certs", 100);
	touch(fix, "other/README");
	assert_int_equal(walk_on(fix, &memory), 100);
	crowd(fix, "other");
	crowd_size = WALK_ENTRIES_BARREN + 100 * (WALK_ENTRIES_A_PAIR - 2) - 3;
	assert_int_equal(walk_on(fix, &memory), 0);
	assert_int_equal(fix->complaints.count, 0);
	crowd_size++;
	age(fix, "other");
	walk_on(fix, &memory);
	assert_complaint(fix, "other", TOO_MANY);
	walk_forget(&memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_what_certbot_leaves),
		TEST(finds_what_acme_sh_leaves),
		TEST(finds_what_dehydrated_leaves),
		TEST(finds_what_hosting_panels_leave),
		TEST(finds_what_mod_md_leaves),
		TEST(takes_files_that_only_sound_like_theirs),
		TEST(finds_what_lego_leaves),
		TEST(finds_what_uacme_leaves),
		TEST(finds_what_uacme_leaves_from_a_root_with_a_slash),
		TEST(takes_any_other_pem_for_a_combined_file),
		TEST(a_directory_of_which_nothing_is_used_is_named),
		TEST(passes_other_files_over),
		TEST(looks_into_folders_that_only_sound_like_theirs),
		TEST(complains_of_a_crt_without_its_key),
		TEST(complains_of_a_fullchain_without_its_key),
		TEST(complains_of_a_missing_directory_and_goes_on),
		TEST(complains_of_a_file_in_place_of_a_directory),
		TEST(follows_links_and_enters_each_directory_once),
		TEST(keeps_dangling_links_for_whoever_reads_them),
		TEST(stops_at_the_ninth_level),
		TEST(stops_after_a_million_entries),
		TEST(stops_where_there_is_hardly_a_certificate),
		TEST(takes_a_crowd_of_directories),
		TEST(takes_a_crowd_of_certificates),
		TEST(a_link_into_a_crowd_costs_no_pair_that_lies_elsewhere),
		TEST(tells_which_links_were_not_followed_any_more),
		TEST(follows_a_link_that_leads_out),
		TEST(follows_no_link_to_where_it_lies_itself),
		TEST(leaves_alone_what_is_no_file),
		TEST(sorts_what_it_finds),
		TEST(notes_where_something_else_may_be_found_as_far_as_it_is_asked_to),
		TEST(lists_a_large_directory_again_only_when_a_name_in_it_changes),
		TEST(lists_again_what_was_listed_too_soon_after_a_change),
		TEST(lists_again_what_other_machines_may_change),
		TEST(lists_again_where_names_do_not_tell_all),
		TEST(lists_all_again_when_something_elsewhere_may_depend_on_it),
		TEST(counts_what_it_does_not_list_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
