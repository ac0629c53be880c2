/* SPDX-License-Identifier: ISC */
/* wrap: catalogue_make clock_now clock_of_files */
#include "base/clock.h"
#include "certs/catalogue_private.h"
#include "certs/certs.h"
#include "certs/recall_private.h"
#include "make_cert.h"

#include <fcntl.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST    "mta-sts.example.org"
#define READERS 3

struct fixture {
	char *directory;
	struct names roots;
	struct complaints complaints;
	struct certs *certs;
};

static _Atomic(time_t) now;
static bool large; /* the directory has so much in it that it is recalled, and was left alone for long */
static time_t aged;
static enum err entry_fails;

__typeof__(clock_now) __wrap_clock_now;
__typeof__(clock_of_files) __wrap_clock_of_files;
__typeof__(clock_of_files) __real_clock_of_files;
__typeof__(catalogue_make) __wrap_catalogue_make;
__typeof__(catalogue_make) __real_catalogue_make;

time_t __wrap_clock_now(void)
{
	return now;
}

struct timespec __wrap_clock_of_files(void)
{
	struct timespec later = __real_clock_of_files();

	later.tv_sec += large ? 10 : 0;
	return later;
}

enum err __wrap_catalogue_make(struct pair **pair, struct catalogue_entry **entry)
{
	if (entry_fails == ERR_OK)
		return __real_catalogue_make(pair, entry);
	pair_release(pair);
	return entry_fails;
}

static int in_a_large_directory(void **state)
{
	(void)state;
	large = true;
	return 0;
}

static void fill(const char *directory)
{
	char name[16];

	for (unsigned i = 0; large && i < RECALL_ENTRIES_FEW; i++) {
		(void)snprintf(name, sizeof(name), "more%u.txt", i);
		make_cert_file(directory, name, "", 0640);
	}
}

static int set_up(void **state)
{
	static struct fixture fixture;

	now = MAKE_CERT_NOW;
	entry_fails = ERR_OK;
	fixture = (struct fixture){ .directory = make_cert_directory() };
	*state = &fixture;
	fill(fixture.directory);
	if (names_put(&fixture.roots, fixture.directory) != ERR_OK || certs_new(&fixture.certs) != ERR_OK)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	certs_free(&fix->certs);
	names_free(&fix->roots);
	complaints_free(&fix->complaints);
	make_cert_remove(&fix->directory);
	return 0;
}

static void make(struct fixture *fix, const char *stem, const struct make_cert *what)
{
	char chain[64], key[64];

	(void)snprintf(chain, sizeof(chain), "%s.crt", stem);
	(void)snprintf(key, sizeof(key), "%s.key", stem);
	make_cert(what, fix->directory, chain, key);
}

/* However coarse the times of the file system are, a directory that has changed gets another one. */
static void age(const char *directory)
{
	struct stat status;

	if (!large || stat(directory, &status) != 0 || status.st_mtim.tv_sec == aged)
		return;
	const struct timespec times[] = { { .tv_sec = aged + 1 }, { .tv_sec = aged + 1 } };

	assert_int_equal(utimensat(AT_FDCWD, directory, times, 0), 0);
	aged++;
}

static void load(struct fixture *fix)
{
	age(fix->directory);
	complaints_free(&fix->complaints);
	assert_int_equal(certs_load(fix->certs, &fix->roots, &fix->complaints), ERR_OK);
}

static void load_clean(struct fixture *fix)
{
	load(fix);
	assert_int_equal(fix->complaints.count, 0);
}

static void assert_complaint(struct fixture *fix, enum severity severity, const char *name, const char *what)
{
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(fix->complaints.item[0].severity, severity);
	assert_string_equal(fix->complaints.item[0].file, make_cert_path(fix->directory, name));
	assert_string_equal(fix->complaints.item[0].what, what);
}

/* The file of the pair that a host gets. */
static void assert_gets(struct fixture *fix, const char *host, unsigned keys, const char *name)
{
	struct pair *pair = certs_find(fix->certs, host, keys);

	assert_non_null(pair);
	assert_string_equal(pair_facts(pair)->file, make_cert_path(fix->directory, name));
	pair_release(&pair);
	assert_true(certs_cover(fix->certs, host));
}

static void assert_gets_none(struct fixture *fix, const char *host)
{
	struct pair *pair = certs_find(fix->certs, host, KEY_ANY);

	assert_null(pair);
	assert_false(certs_cover(fix->certs, host));
}

static void begins_empty(void **state)
{
	struct fixture *fix = *state;

	assert_gets_none(fix, HOST);
	load_clean(fix);
	assert_gets_none(fix, HOST);
}

static void finds_every_name_of_every_pair(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { "mta-sts.a.example", "mta-sts.c.example" } });
	make(fix, "b", &(struct make_cert){ .names = { "mta-sts.b.example", "mta-sts.d.example" } });
	load_clean(fix);
	assert_gets(fix, "mta-sts.a.example", KEY_ANY, "a.crt");
	assert_gets(fix, "mta-sts.b.example", KEY_ANY, "b.crt");
	assert_gets(fix, "mta-sts.c.example", KEY_ANY, "a.crt");
	assert_gets(fix, "mta-sts.d.example", KEY_ANY, "b.crt");
	assert_gets_none(fix, "mta-sts.e.example");
	assert_gets_none(fix, "a.example");
}

static void prefers_an_exact_name_to_a_wildcard(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a-wild",
	     &(struct make_cert){ .names = { "*.example.org" },
				  .not_after = MAKE_CERT_NOW + 300 * MAKE_CERT_DAY });
	make(fix, "exact", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "exact.crt");
	assert_gets(fix, "other.example.org", KEY_ANY, "a-wild.crt");
}

static void lets_a_wildcard_cover_one_label_only(void **state)
{
	struct fixture *fix = *state;

	make(fix, "wild", &(struct make_cert){ .names = { "*.example.org" } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "wild.crt");
	assert_gets_none(fix, "a.mta-sts.example.org");
	assert_gets_none(fix, "example.org");
}

static void chooses_by_kind_of_key(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a-rsa",
	     &(struct make_cert){ .names = { HOST },
				  .key = MAKE_CERT_RSA2048,
				  .not_after = MAKE_CERT_NOW + 300 * MAKE_CERT_DAY });
	make(fix, "ecdsa", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "ecdsa.crt");
	assert_gets(fix, HOST, KEY_BIT(KEY_ECDSA), "ecdsa.crt");
	assert_gets(fix, HOST, KEY_BIT(KEY_RSA), "a-rsa.crt");
	assert_null(certs_find(fix->certs, HOST, 0));
}

static void takes_pairs_of_one_name_that_come_in_a_later_load(void **state)
{
	struct fixture *fix = *state;

	make(fix, "before", &(struct make_cert){ .names = { "mta-sts.before.example" } });
	load_clean(fix);
	make(fix, "a-rsa", &(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048 });
	make(fix, "b-ecdsa", &(struct make_cert){ .names = { HOST } });
	make(fix, "c-ecdsa", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "b-ecdsa.crt");
	assert_gets(fix, HOST, KEY_BIT(KEY_RSA), "a-rsa.crt");
}

static void prefers_what_is_valid_longest(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a",
	     &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + 30 * MAKE_CERT_DAY });
	make(fix, "b",
	     &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + 60 * MAKE_CERT_DAY });
	make(fix, "c",
	     &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + 50 * MAKE_CERT_DAY });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "b.crt");
}

static void prefers_what_is_valid_now(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST }, .not_before = MAKE_CERT_NOW + MAKE_CERT_DAY });
	make(fix, "b",
	     &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + 2 * MAKE_CERT_DAY });
	load(fix);
	assert_complaint(fix, SEVERITY_WARNING, "a.crt", "certificate is not valid yet");
	assert_gets(fix, HOST, KEY_ANY, "b.crt");
	now = MAKE_CERT_NOW + MAKE_CERT_DAY;
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
}

static void prefers_a_valid_wildcard_to_an_expired_name(void **state)
{
	struct fixture *fix = *state;

	make(fix, "exact",
	     &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + MAKE_CERT_DAY });
	make(fix, "wild", &(struct make_cert){ .names = { "*.example.org" } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "exact.crt");
	now = MAKE_CERT_NOW + MAKE_CERT_DAY + 1;
	assert_gets(fix, HOST, KEY_ANY, "wild.crt");
}

/* What no sender could use is not loaded at all, however long it would last. */
static void prefers_what_can_serve_to_what_lasts_longer(void **state)
{
	static const struct make_cert unfit[] = {
		{ .usage = GNUTLS_KEY_KEY_ENCIPHERMENT },
		{ .usage = GNUTLS_KEY_KEY_CERT_SIGN, .authority = true },
		{ .purpose = GNUTLS_KP_TLS_WWW_CLIENT },
		{ .critical = "1.2.3.4.5" },
		{ .critical = "1.3.6.1.4.1.11129.2.4.3" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(unfit) / sizeof(*unfit); i++) {
		struct make_cert made = unfit[i];

		made.names[0] = HOST;
		made.not_after = MAKE_CERT_NOW + 300 * MAKE_CERT_DAY;
		make(fix, "a", &made);
		make(fix, "b", &(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048 });
		load(fix);
		assert_int_equal(fix->complaints.count, 1);
		assert_int_equal(fix->complaints.errors, 1);
		assert_gets(fix, HOST, KEY_ANY, "b.crt");
	}
}

/* A pair that some senders refuse serves when there is no other, and only then. */
static void prefers_what_every_sender_takes(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a",
	     &(struct make_cert){ .names = { HOST, "*.example.org" },
				  .self_signed = true,
				  .not_after = MAKE_CERT_NOW + 300 * MAKE_CERT_DAY });
	load(fix);
	assert_complaint(fix, SEVERITY_WARNING, "a.crt",
			 "certificate is self-signed: senders do not trust it");
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
	assert_true(certs_serve(fix->certs, HOST));

	make(fix, "wild", &(struct make_cert){ .names = { "*.example.org" } });
	load(fix);
	assert_gets(fix, HOST, KEY_ANY, "wild.crt");
	assert_gets(fix, "other.example.org", KEY_ANY, "wild.crt");

	make(fix, "c", &(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048 });
	load(fix);
	assert_gets(fix, HOST, KEY_ANY, "c.crt");
	now = MAKE_CERT_NOW + 100 * MAKE_CERT_DAY;
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
}

static void keeps_the_last_good_pair_when_a_renewal_cannot_serve(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	make(fix, "a", &(struct make_cert){ .names = { HOST }, .usage = GNUTLS_KEY_KEY_AGREEMENT });
	load(fix);
	assert_complaint(fix, SEVERITY_ERROR, "a.crt",
			 "certificate's key may not sign, and every handshake would fail");
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
}

static void keeps_the_same_pair_while_its_files_do_not_change(void **state)
{
	struct fixture *fix = *state;
	struct pair *before, *after;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	before = certs_find(fix->certs, HOST, KEY_ANY);
	load_clean(fix);
	after = certs_find(fix->certs, HOST, KEY_ANY);
	assert_ptr_equal(before, after);
	pair_release(&before);
	pair_release(&after);
}

static void takes_a_renewed_pair(void **state)
{
	struct fixture *fix = *state;
	struct pair *before, *after;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	before = certs_find(fix->certs, HOST, KEY_ANY);
	make(fix, "a", &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + MAKE_CERT_DAY });
	load_clean(fix);
	after = certs_find(fix->certs, HOST, KEY_ANY);

	assert_int_equal(pair_facts(after)->not_after, MAKE_CERT_NOW + MAKE_CERT_DAY);
	/* Who holds the old one can still use it. */
	assert_int_equal(pair_facts(before)->not_after, MAKE_CERT_NOW + 90 * MAKE_CERT_DAY);
	pair_release(&before);
	pair_release(&after);
}

static void complains_of_a_renewal_that_misses_a_name(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST, "mta-sts.lost.example" } });
	load_clean(fix);
	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load(fix);

	assert_int_equal(fix->complaints.errors, 1);
	assert_string_equal(fix->complaints.item[0].value, "mta-sts.lost.example");
	assert_true(certs_cover(fix->certs, HOST));
	assert_false(certs_cover(fix->certs, "mta-sts.lost.example"));
}

static void keeps_the_last_good_pair_when_a_renewal_is_half_written(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	make_cert(&(struct make_cert){ .names = { HOST } }, fix->directory, "a.crt", "new.key");
	load(fix);
	assert_complaint(fix, SEVERITY_ERROR, "a.crt", "first certificate does not match the key");
	assert_gets(fix, HOST, KEY_ANY, "a.crt");

	assert_int_equal(
		rename(make_cert_path(fix->directory, "new.key"), make_cert_path(fix->directory, "a.key")),
		0);
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
}

static void keeps_a_pair_that_has_expired_in_place(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	now = MAKE_CERT_NOW + 91 * MAKE_CERT_DAY;
	for (int i = 0; i < 2; i++) {
		load(fix);
		assert_complaint(fix, SEVERITY_WARNING, "a.crt", "certificate in use has expired");
		assert_gets(fix, HOST, KEY_ANY, "a.crt");
	}
}

/* No name tells which key it is, so a renewal that has come half-way leaves nothing to be loaded. */
static void keeps_the_last_good_pair_when_no_key_fits_its_renewal(void **state)
{
	struct fixture *fix = *state;

	make_cert(&(struct make_cert){ .names = { HOST } }, fix->directory, "server.cer", "secret");
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "server.cer");

	make_cert(&(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW + MAKE_CERT_DAY },
		  fix->directory, "server.cer", "elsewhere/secret");
	load(fix);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].what,
			    "directory has no certificate with its private key");
	assert_string_equal(fix->complaints.item[1].what,
			    "certificate or key is gone, the ones loaded before stay in use");
	assert_gets(fix, HOST, KEY_ANY, "server.cer");
	assert_true(certs_serve(fix->certs, HOST));

	assert_int_equal(rename(make_cert_path(fix->directory, "elsewhere/secret"),
				make_cert_path(fix->directory, "another")),
			 0);
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "server.cer");
	now = MAKE_CERT_NOW + 2 * MAKE_CERT_DAY;
	assert_false(certs_serve(fix->certs, HOST));
}

static void leaves_other_pairs_alone_when_one_is_refused(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { "mta-sts.a.example" }, .must_staple = true });
	make(fix, "b", &(struct make_cert){ .names = { "mta-sts.b.example" } });
	load(fix);
	assert_int_equal(fix->complaints.errors, 1);
	assert_gets_none(fix, "mta-sts.a.example");
	assert_gets(fix, "mta-sts.b.example", KEY_ANY, "b.crt");
}

static void remove_both(struct fixture *fix, const char *chain, const char *key)
{
	assert_int_equal(unlink(make_cert_path(fix->directory, chain)), 0);
	assert_int_equal(unlink(make_cert_path(fix->directory, key)), 0);
}

static void counts_what_is_new_renewed_or_gone(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	make(fix, "b", &(struct make_cert){ .names = { "*.example.org" } });
	load_clean(fix);
	assert_int_equal(certs_changed(fix->certs), 2);
	load_clean(fix);
	assert_int_equal(certs_changed(fix->certs), 0);
	/* Files that are touched are read anew, and hold what they held. */
	assert_int_equal(utimensat(AT_FDCWD, make_cert_path(fix->directory, "a.crt"), NULL, 0), 0);
	load_clean(fix);
	assert_int_equal(certs_changed(fix->certs), 0);
	make(fix, "b",
	     &(struct make_cert){ .names = { "*.example.org" }, .not_after = MAKE_CERT_NOW + MAKE_CERT_DAY });
	load_clean(fix);
	assert_int_equal(certs_changed(fix->certs), 1);
	/* One that goes, since another has its names; then one that stays in use, though its files are gone.
	 */
	remove_both(fix, "a.crt", "a.key");
	make(fix, "c", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	assert_int_equal(certs_changed(fix->certs), 2);
	remove_both(fix, "b.crt", "b.key");
	load(fix);
	assert_int_equal(certs_changed(fix->certs), 0);
}

static void keeps_a_pair_whose_files_are_gone(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	remove_both(fix, "a.crt", "a.key");
	for (int i = 0; i < 2; i++) {
		load(fix);
		assert_complaint(fix, SEVERITY_WARNING, "a.crt",
				 "certificate or key is gone, the ones loaded before stay in use");
		assert_gets(fix, HOST, KEY_ANY, "a.crt");
	}
}

static void keeps_a_pair_whose_key_alone_is_gone(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	make(fix, "b", &(struct make_cert){ .names = { "mta-sts.b.example" } });
	load_clean(fix);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.key")), 0);
	remove_both(fix, "b.crt", "b.key");
	load(fix);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].what, "private key is missing");
	assert_string_equal(fix->complaints.item[1].what,
			    "certificate or key is gone, the ones loaded before stay in use");
	assert_string_equal(fix->complaints.item[1].value, "and 1 more pair");
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
}

static void complaints_come_in_the_order_of_files(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST }, .must_staple = true });
	make(fix, "b", &(struct make_cert){ .names = { HOST } });
	assert_int_equal(unlink(make_cert_path(fix->directory, "b.key")), 0);
	load(fix);
	/* A missing key is known before any certificate is opened. */
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].what, "certificate requires a stapled OCSP response");
	assert_string_equal(fix->complaints.item[1].what, "private key is missing");
}

static void keeps_all_pairs_when_the_directory_is_gone(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { "mta-sts.a.example" } });
	make(fix, "b", &(struct make_cert){ .names = { "mta-sts.b.example" } });
	make(fix, "c", &(struct make_cert){ .names = { "mta-sts.c.example" } });
	load_clean(fix);
	make_cert_remove(&fix->directory);
	fix->directory = make_cert_directory();
	assert_int_equal(rmdir(fix->directory), 0);
	load(fix);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].what, "directory cannot be read");
	assert_string_equal(fix->complaints.item[1].value, "and 2 more pairs");
	assert_true(certs_cover(fix->certs, "mta-sts.a.example"));
	assert_true(certs_cover(fix->certs, "mta-sts.b.example"));
	assert_true(certs_cover(fix->certs, "mta-sts.c.example"));
}

static void drops_a_gone_pair_when_others_cover_its_names(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST, "mta-sts.a.example" } });
	load_clean(fix);
	remove_both(fix, "a.crt", "a.key");
	make(fix, "b", &(struct make_cert){ .names = { "*.example.org" } });
	load(fix);
	assert_complaint(fix, SEVERITY_WARNING, "a.crt",
			 "certificate or key is gone, the ones loaded before stay in use");
	assert_gets(fix, HOST, KEY_ANY, "a.crt");

	make(fix, "c", &(struct make_cert){ .names = { "mta-sts.a.example" } });
	load_clean(fix);
	assert_gets(fix, HOST, KEY_ANY, "b.crt");
	assert_gets(fix, "mta-sts.a.example", KEY_ANY, "c.crt");
}

static void keeps_a_gone_wildcard_that_a_single_name_cannot_replace(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { "*.example.org" } });
	load_clean(fix);
	remove_both(fix, "a.crt", "a.key");
	make(fix, "b", &(struct make_cert){ .names = { HOST } });
	load(fix);
	assert_gets(fix, "other.example.org", KEY_ANY, "a.crt");
}

static void drops_a_gone_pair_when_it_expires(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	remove_both(fix, "a.crt", "a.key");
	now = MAKE_CERT_NOW + 91 * MAKE_CERT_DAY;
	load_clean(fix);
	assert_gets_none(fix, HOST);
}

static void changes_nothing_without_memory(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	make(fix, "a", &(struct make_cert){ .names = { "mta-sts.other.example" } });
	entry_fails = ERR_NO_MEMORY;
	assert_int_equal(certs_load(fix->certs, &fix->roots, &fix->complaints), ERR_NO_MEMORY);
	assert_gets(fix, HOST, KEY_ANY, "a.crt");
	assert_gets_none(fix, "mta-sts.other.example");
}

static enum err note_name(void *context, const struct facts *info, bool used)
{
	char *seen = context;

	assert_true(used);
	strcat(seen, info->names.item[0]);
	strcat(seen, " ");
	return strcmp(info->names.item[0], "b.example") == 0 ? ERR_REFUSED : ERR_OK;
}

static void shows_each_pair_in_order_until_told_to_stop(void **state)
{
	struct fixture *fix = *state;
	char seen[256] = "";

	make(fix, "3", &(struct make_cert){ .names = { "c.example" } });
	make(fix, "1", &(struct make_cert){ .names = { "a.example" } });
	make(fix, "2", &(struct make_cert){ .names = { "b.example" } });
	load_clean(fix);
	assert_int_equal(certs_each(fix->certs, note_name, seen), ERR_REFUSED);
	assert_string_equal(seen, "a.example b.example ");
}

struct tally {
	const char *file; /* the last part of it */
	bool used;
};

static enum err note_use(void *context, const struct facts *info, bool used)
{
	struct tally *tally = context;

	if (strcmp(strrchr(info->file, '/') + 1, tally->file) == 0)
		tally->used = used;
	return ERR_OK;
}

static bool is_used(struct certs *certs, const char *file)
{
	struct tally tally = { .file = file };

	assert_int_equal(certs_each(certs, note_use, &tally), ERR_OK);
	return tally.used;
}

static void tells_which_pairs_are_used(void **state)
{
	struct fixture *fix = *state;

	make(fix, "long",
	     &(struct make_cert){ .names = { "a.example" },
				  .not_after = MAKE_CERT_NOW + 60 * MAKE_CERT_DAY });
	make(fix, "short",
	     &(struct make_cert){ .names = { "a.example" },
				  .not_after = MAKE_CERT_NOW + 30 * MAKE_CERT_DAY });
	make(fix, "rsa", &(struct make_cert){ .names = { "a.example" }, .key = MAKE_CERT_RSA2048 });
	make(fix, "more",
	     &(struct make_cert){ .names = { "a.example", "b.example" },
				  .not_after = MAKE_CERT_NOW + 20 * MAKE_CERT_DAY });
	make(fix, "wild",
	     &(struct make_cert){ .names = { "*.c.example" },
				  .not_after = MAKE_CERT_NOW + 10 * MAKE_CERT_DAY });
	load_clean(fix);

	assert_true(is_used(fix->certs, "long.crt"));
	assert_false(is_used(fix->certs, "short.crt"));
	assert_true(is_used(fix->certs, "rsa.crt"));
	assert_true(is_used(fix->certs, "more.crt"));
	assert_true(is_used(fix->certs, "wild.crt"));
}

static void an_expired_pair_serves_nobody_and_is_used_until_another_stands_in(void **state)
{
	struct fixture *fix = *state;

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	assert_true(certs_serve(fix->certs, HOST));
	now += 100 * MAKE_CERT_DAY;
	assert_false(certs_serve(fix->certs, HOST));
	assert_true(certs_cover(fix->certs, HOST));
	assert_true(is_used(fix->certs, "a.crt"));
	make(fix, "b",
	     &(struct make_cert){
		     .names = { "*.example.org" }, .not_before = now, .not_after = now + MAKE_CERT_DAY });
	load(fix);
	assert_true(certs_serve(fix->certs, HOST));
	assert_false(is_used(fix->certs, "a.crt"));
}

static struct pair *load_pair(struct fixture *fix, const char *stem, const struct make_cert *what)
{
	struct pair *pair = NULL;
	char *other = make_cert_directory();

	make_cert(what, other, "x.pem", "x.pem");
	assert_int_equal(pair_load(make_cert_path(other, "x.pem"), make_cert_path(other, "x.pem"), now,
				   &fix->complaints, &pair),
			 ERR_OK);
	assert_int_equal(pair_settle(pair, make_cert_path(fix->directory, stem)), ERR_OK);
	make_cert_remove(&other);
	return pair;
}

static void a_draft_shows_what_would_be_and_changes_nothing_until_it_replaces(void **state)
{
	struct fixture *fix = *state;
	struct names without = { 0 };
	struct certs *draft = NULL;
	struct pair *pair;

	make(fix, "a", &(struct make_cert){ .names = { "a.example" } });
	make(fix, "b", &(struct make_cert){ .names = { "b.example" } });
	make(fix, "c", &(struct make_cert){ .names = { "c.example" } });
	load_clean(fix);
	pair = load_pair(fix, "a.crt", &(struct make_cert){ .names = { "new.example" } });
	assert_int_equal(names_put(&without, make_cert_path(fix->directory, "b.crt")), ERR_OK);

	assert_int_equal(certs_draft(fix->certs, pair, &without, &draft), ERR_OK);
	assert_true(certs_serve(draft, "new.example"));
	assert_true(certs_serve(draft, "c.example"));
	assert_false(certs_serve(draft, "a.example"));
	assert_false(certs_serve(draft, "b.example"));
	assert_true(certs_serve(fix->certs, "b.example"));
	assert_false(certs_serve(fix->certs, "new.example"));

	certs_replace(fix->certs, &draft);
	assert_null(draft);
	assert_true(certs_serve(fix->certs, "new.example"));
	assert_false(certs_serve(fix->certs, "b.example"));
	pair_release(&pair);
	names_free(&without);
}

static void a_draft_that_fails_changes_nothing(void **state)
{
	struct fixture *fix = *state;
	const struct names without = { 0 };
	struct certs *draft = NULL;
	struct pair *pair = load_pair(fix, "a.crt", &(struct make_cert){ .names = { "new.example" } });

	entry_fails = ERR_NO_MEMORY;
	assert_int_equal(certs_draft(fix->certs, pair, &without, &draft), ERR_NO_MEMORY);
	assert_null(draft);
	assert_false(certs_cover(fix->certs, "new.example"));
	pair_release(&pair);
}

static void replace(struct fixture *fix, const char *file, const struct make_cert *what,
		    const struct names *without)
{
	struct pair *pair = load_pair(fix, file, what);
	struct certs *draft = NULL;

	assert_int_equal(certs_draft(fix->certs, pair, without, &draft), ERR_OK);
	certs_replace(fix->certs, &draft);
	pair_release(&pair);
}

/* Each has the name that all have, and one of its own; in which order they go does not matter. */
static void a_pair_that_goes_takes_its_own_names_with_it_and_no_others(void **state)
{
	static const char *const files[] = { "a.crt", "b.crt", "c.crt", "d.crt" };
	static const char *const own[] = { "a.example", "b.example", "c.example", "d.example" };
	struct fixture *fix = *state;

	for (size_t gone = 0; gone < 4; gone++) {
		struct names without = { 0 };

		for (size_t i = 0; i < 4; i++)
			replace(fix, files[i], &(struct make_cert){ .names = { HOST, own[i] } }, &without);
		for (size_t i = 0; i < 4; i++) {
			size_t next = (gone * 3 + i) % 4;

			assert_true(certs_serve(fix->certs, own[next]));
			assert_int_equal(names_put(&without, make_cert_path(fix->directory, files[next])),
					 ERR_OK);
			names_sort(&without);
			replace(fix, "z.crt", &(struct make_cert){ .names = { "z.example" } }, &without);
			assert_false(certs_serve(fix->certs, own[next]));
			assert_true(certs_serve(fix->certs, HOST) == (i < 3));
		}
		assert_true(certs_serve(fix->certs, "z.example"));
		names_free(&without);
	}
}

struct reader {
	struct certs *certs;
	atomic_bool stop;
	atomic_uint missed;
	atomic_uint found;
};

static void *find_all_the_time(void *context)
{
	struct reader *reader = context;

	while (!reader->stop) {
		struct pair *pair = certs_find(reader->certs, HOST, KEY_ANY);

		if (pair == NULL || strcmp(pair_facts(pair)->names.item[0], HOST) != 0)
			reader->missed++;
		else
			reader->found++;
		pair_release(&pair);
	}
	return NULL;
}

static void finds_a_pair_at_every_moment_of_a_load(void **state)
{
	struct fixture *fix = *state;
	struct reader reader = { .certs = fix->certs };
	pthread_t threads[READERS];

	make(fix, "a", &(struct make_cert){ .names = { HOST } });
	load_clean(fix);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, find_all_the_time, &reader), 0);
	for (int i = 0; i < 50; i++) {
		make(fix, "a", &(struct make_cert){ .names = { HOST } });
		load(fix);
	}
	while (reader.found + reader.missed < 1000)
		(void)sched_yield();
	reader.stop = true;
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(reader.missed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(begins_empty),
		TEST(finds_every_name_of_every_pair),
		TEST(prefers_an_exact_name_to_a_wildcard),
		TEST(lets_a_wildcard_cover_one_label_only),
		TEST(chooses_by_kind_of_key),
		TEST(takes_pairs_of_one_name_that_come_in_a_later_load),
		TEST(prefers_what_is_valid_longest),
		TEST(prefers_what_is_valid_now),
		TEST(prefers_a_valid_wildcard_to_an_expired_name),
		TEST(prefers_what_can_serve_to_what_lasts_longer),
		TEST(prefers_what_every_sender_takes),
		TEST(keeps_the_last_good_pair_when_a_renewal_cannot_serve),
		TEST(keeps_the_same_pair_while_its_files_do_not_change),
		TEST(takes_a_renewed_pair),
		TEST(counts_what_is_new_renewed_or_gone),
		TEST(complains_of_a_renewal_that_misses_a_name),
		TEST(keeps_the_last_good_pair_when_a_renewal_is_half_written),
		TEST(keeps_a_pair_that_has_expired_in_place),
		TEST(keeps_the_last_good_pair_when_no_key_fits_its_renewal),
		TEST(leaves_other_pairs_alone_when_one_is_refused),
		TEST(keeps_a_pair_whose_files_are_gone),
		TEST(keeps_a_pair_whose_key_alone_is_gone),
		TEST(complaints_come_in_the_order_of_files),
		TEST(keeps_all_pairs_when_the_directory_is_gone),
		TEST(drops_a_gone_pair_when_others_cover_its_names),
		TEST(keeps_a_gone_wildcard_that_a_single_name_cannot_replace),
		TEST(drops_a_gone_pair_when_it_expires),
		TEST(changes_nothing_without_memory),
		TEST(shows_each_pair_in_order_until_told_to_stop),
		TEST(tells_which_pairs_are_used),
		TEST(an_expired_pair_serves_nobody_and_is_used_until_another_stands_in),
		TEST(a_draft_shows_what_would_be_and_changes_nothing_until_it_replaces),
		TEST(a_draft_that_fails_changes_nothing),
		TEST(a_pair_that_goes_takes_its_own_names_with_it_and_no_others),
		TEST(finds_a_pair_at_every_moment_of_a_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) +
	       cmocka_run_group_tests_name("in a large directory", tests, in_a_large_directory, NULL);
}
