/* SPDX-License-Identifier: ISC */
/* wrap: stat; memory */
#include "base/file.h"
#include "certs/match_private.h"
#include "certs/walk_private.h"

#include "make_cert.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BARE "directory has no certificate with its private key"

struct fixture {
	char *directory;
	struct names roots;
	struct complaints complaints;
	struct finds finds;
};

/* A pair in pieces. */
struct pieces {
	char *leaf;
	char *issuer;
	char *key;
};

static off_t swollen; /* what every file seems to have, unless 0 */

__typeof__(stat) __wrap_stat;
__typeof__(stat) __real_stat;

int __wrap_stat(const char *restrict path, struct stat *restrict status)
{
	int result = __real_stat(path, status);

	if (swollen != 0)
		status->st_size = swollen;
	return result;
}

static int set_up(void **state)
{
	static struct fixture fixture;

	swollen = 0;
	fixture = (struct fixture){ .directory = make_cert_directory() };
	*state = &fixture;
	return names_put(&fixture.roots, make_cert_path(fixture.directory, "certs")) == ERR_OK ? 0 : -1;
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

static char *slurp(struct fixture *fix, const char *name)
{
	struct file file = { 0 };
	const char *why;

	assert_int_equal(file_read(make_cert_path(fix->directory, name), 1000000, &file, &why), ERR_OK);
	return file.bytes;
}

static struct pieces make_pieces(struct fixture *fix, const struct make_cert *what)
{
	struct make_cert made = *what;
	struct pieces pieces;
	char *second;

	made.issuers = 1;
	if (made.names[0] == NULL)
		made.names[0] = "mta-sts.example.org";
	make_cert(&made, fix->directory, "pieces/chain", "pieces/key");
	pieces.leaf = slurp(fix, "pieces/chain");
	pieces.key = slurp(fix, "pieces/key");
	second = strstr(pieces.leaf + 1, "-----BEGIN");
	assert_non_null(second);
	pieces.issuer = strdup(second);
	*second = '\0';
	return pieces;
}

static void free_pieces(struct pieces *pieces)
{
	free(pieces->leaf);
	free(pieces->issuer);
	free(pieces->key);
}

/* A file of these pieces: 'l'eaf, 'i'ssuer, 'k'ey, or 'x', which is something else in PEM. */
static void put(struct fixture *fix, const char *name, const struct pieces *pieces, const char *parts)
{
	make_cert_file(fix->directory, name, "", 0640);
	for (; *parts != '\0'; parts++)
		make_cert_append(fix->directory, name,
				 *parts == 'l'   ? pieces->leaf
				 : *parts == 'i' ? pieces->issuer
				 : *parts == 'k'
					 ? pieces->key
					 : "-----BEGIN DH PARAMETERS-----\n-----END DH PARAMETERS-----\n");
}

static void put_new(struct fixture *fix, const char *chain, const char *key, const struct make_cert *what)
{
	struct pieces pieces = make_pieces(fix, what);

	put(fix, chain, &pieces, "li");
	put(fix, key, &pieces, "k");
	free_pieces(&pieces);
}

static void link_to(struct fixture *fix, const char *target, const char *name)
{
	assert_int_equal(symlink(target, make_cert_path(fix->directory, name)), 0);
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

static void assert_only_find(struct fixture *fix, const char *chain, const char *key)
{
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, chain, key);
}

static void assert_complaint(struct fixture *fix, enum severity severity, const char *name, const char *what)
{
	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(fix->complaints.item[0].severity, severity);
	assert_string_equal(fix->complaints.item[0].file, make_cert_path(fix->directory, name));
	assert_string_equal(fix->complaints.item[0].what, what);
}

/* Each is one pair as somebody leaves it; a file is its name, a colon and the pieces in it. */
static void one_pair_is_found_in_every_layout(void **state)
{
	static const struct {
		const char *chain, *key;
		const char *files[8];
	} layouts[] = {
		/* DirectAdmin */
		{ "a.cert.combined",
		  "a.key",
		  { "a.cert:l", "a.cacert:i", "a.key:k", "a.cert.combined:li", "a.conf:x" } },
		{ "a.cert", "a.key", { "a.cert:l", "a.key:k", "a.conf:x", "a.subdomains:x" } },
		/* cPanel */
		{ "combined", "combined", { "combined:kli", "combined.cache:x" } },
		{ "certificate", "certificate.key", { "certificate:li", "certificate.key:k", "cabundle:i" } },
		/* Plesk */
		{ "scfAbC12", "scfAbC12", { "scfAbC12:kl" } },
		/* ISPConfig */
		{ "a-le.crt",
		  "a-le.key",
		  { "a-le.crt:li", "a-le.key:k", "a-le.bundle:i", "a-le.key.org:k" } },
		/* Hestia, with issuers and without */
		{ "a.pem", "a.key", { "a.crt:l", "a.key:k", "a.pem:li", "a.ca:i" } },
		{ "a.crt", "a.key", { "a.crt:l", "a.key:k", "a.pem:l" } },
		{ "a.pem", "a.key", { "a.crt:l", "a.key:k", "a.pem:li" } },
		/* Virtualmin */
		{ "ssl.combined",
		  "ssl.key",
		  { "ssl.cert:l", "ssl.key:k", "ssl.ca:i", "ssl.combined:li", "ssl.everything:kli" } },
		{ "ssl.everything",
		  "ssl.everything",
		  { "ssl.cert:l", "ssl.key:k", "ssl.ca:i", "ssl.everything:kli" } },
		/* Caddy, and lego, which may write a file for Windows, too */
		{ "a.crt", "a.key", { "a.crt:li", "a.key:k", "a.json:x" } },
		{ "a.crt", "a.key", { "a.crt:li", "a.key:k", "a.issuer.crt:i", "a.json:x", "a.pfx:x" } },
		/* Kubernetes */
		{ "tls.crt", "tls.key", { "tls.crt:li", "tls.key:k", "ca.crt:i" } },
		/* Traefik's dumper */
		{ "certificate.crt", "privatekey.key", { "certificate.crt:li", "privatekey.key:k" } },
		/* People */
		{ "cert.pem", "key.pem", { "cert.pem:li", "key.pem:k" } },
		{ "cert.pem", "key.pem", { "cert.pem:li", "chain.pem:i", "key.pem:k" } },
		{ "chain.pem", "key.pem", { "chain.pem:li", "key.pem:k" } },
		{ "a.pem", "a-key.pem", { "a.pem:li", "a-key.pem:k" } },
		{ "server.crt", "private.pem", { "server.crt:li", "private.pem:k" } },
		{ "one.pem", "two.pem", { "one.pem:li", "two.pem:k" } },
		{ "one.pem", "two.pem", { "one.pem:li", "two.pem:k", "dhparam.pem:x", "root.pem:i" } },
		{ "fullchain.pem", "my.key", { "fullchain.pem:li", "my.key:k" } },
		{ "fullchain1.pem",
		  "privkey1.pem",
		  { "cert1.pem:l", "chain1.pem:i", "fullchain1.pem:li", "privkey1.pem:k" } },
		{ "fullchain.cer", "other.key", { "fullchain.cer:li", "other.key:k" } },
		{ "SERVER.CRT", "SERVER.KEY", { "SERVER.CRT:li", "SERVER.KEY:k" } },
		{ "a.cer", "secret", { "a.cer:li", "secret:k", "notes:x" } },
		{ "long.crt", "a.key", { "a.crt:l", "a.key:k", "long.crt:li" } },
		{ "all.pem", "all.pem", { "cert.cer:l", "all.pem:kli" } },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });
		char folder[32], chain[64], key[64];

		(void)snprintf(folder, sizeof(folder), "layout%zu", i);
		(void)snprintf(chain, sizeof(chain), "%s/%s", folder, layouts[i].chain);
		(void)snprintf(key, sizeof(key), "%s/%s", folder, layouts[i].key);
		for (size_t j = 0; j < 8 && layouts[i].files[j] != NULL; j++) {
			const char *file = layouts[i].files[j];
			char name[64];

			(void)snprintf(name, sizeof(name), "%s/%.*s", folder, (int)strcspn(file, ":"), file);
			put(fix, name, &pieces, strchr(file, ':') + 1);
		}
		names_free(&fix->roots);
		assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, folder)), ERR_OK);
		assert_only_find(fix, chain, key);
		free_pieces(&pieces);
	}
}

static void each_chain_gets_its_own_key_in_one_directory(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.pem", "certs/z-key.pem", &(struct make_cert){ .names = { "a.example" } });
	put_new(fix, "certs/b.pem", "certs/y-key.pem", &(struct make_cert){ .names = { "b.example" } });
	put_new(fix, "certs/c.cer", "certs/x", &(struct make_cert){ .key = MAKE_CERT_RSA2048 });
	put_new(fix, "certs/d.crt", "certs/d.key", &(struct make_cert){ .names = { "d.example" } });
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 4);
	assert_find(fix, 0, "certs/a.pem", "certs/z-key.pem");
	assert_find(fix, 1, "certs/b.pem", "certs/y-key.pem");
	assert_find(fix, 2, "certs/c.cer", "certs/x");
	assert_find(fix, 3, "certs/d.crt", "certs/d.key");
}

static void two_certificates_may_have_one_key(void **state)
{
	struct fixture *fix = *state;
	struct make_cert rsa = { .key = MAKE_CERT_RSA2048 };

	put_new(fix, "certs/a.cer", "certs/k", &rsa);
	put_new(fix, "certs/b.cer", "certs/k", &rsa);
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 0, "certs/a.cer", "certs/k");
	assert_find(fix, 1, "certs/b.cer", "certs/k");
}

static void of_two_keys_that_fit_the_first_by_name_is_taken(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/a.cer", &pieces, "li");
	put(fix, "certs/y", &pieces, "k");
	put(fix, "certs/b", &pieces, "k");
	put(fix, "certs/z", &pieces, "k");
	/* It would be refused. */
	make_cert_file(fix->directory, "certs/a", pieces.key, 0644);
	free_pieces(&pieces);
	assert_only_find(fix, "certs/a.cer", "certs/b");
}

static void a_key_of_another_certificate_is_not_taken(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.cer", "elsewhere/a", &(struct make_cert){ 0 });
	put_new(fix, "elsewhere/b", "certs/a-key.pem", &(struct make_cert){ 0 });
	walk(fix);
	assert_int_equal(fix->finds.count, 0);
	assert_complaint(fix, SEVERITY_WARNING, "certs", BARE);
	assert_string_equal(fix->complaints.item[0].value, "a-key.pem and 1 more");
}

static void a_chain_is_not_paired_with_a_key_of_another_directory(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/public/a.cer", "certs/secret/a.key", &(struct make_cert){ 0 });
	walk(fix);
	assert_int_equal(fix->finds.count, 0);
	assert_complaint(fix, SEVERITY_WARNING, "certs/public", BARE);
}

static void what_the_names_tell_is_found_as_before(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.crt", "certs/a.key", &(struct make_cert){ .names = { "a.example" } });
	put_new(fix, "certs/b.pem", "certs/other", &(struct make_cert){ .names = { "b.example" } });
	/* Names say that these belong together; that they do not is told by whoever loads them. */
	put_new(fix, "certs/c.crt", "elsewhere/c", &(struct make_cert){ .names = { "c.example" } });
	put_new(fix, "elsewhere/d", "certs/c.key", &(struct make_cert){ .names = { "d.example" } });
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 3);
	assert_find(fix, 0, "certs/a.crt", "certs/a.key");
	assert_find(fix, 1, "certs/b.pem", "certs/other");
	assert_find(fix, 2, "certs/c.crt", "certs/c.key");
}

static void an_older_version_is_passed_over_beside_a_newer_one(void **state)
{
	struct fixture *fix = *state;
	const struct make_cert old = { .key = MAKE_CERT_RSA2048,
				       .not_before = MAKE_CERT_NOW - 90 * MAKE_CERT_DAY,
				       .not_after = MAKE_CERT_NOW - 1 };

	put_new(fix, "certs/fullchain1.pem", "certs/privkey1.pem", &old);
	assert_only_find(fix, "certs/fullchain1.pem", "certs/privkey1.pem");

	put_new(fix, "certs/fullchain2.pem", "certs/privkey2.pem", &(struct make_cert){ 0 });
	assert_only_find(fix, "certs/fullchain2.pem", "certs/privkey2.pem");
}

static void a_certificate_without_its_key_beside_pairs_is_a_warning(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.crt", "certs/a.key", &(struct make_cert){ .names = { "a.example" } });
	put_new(fix, "certs/b.cer", "elsewhere/b.key", &(struct make_cert){ .names = { "b.example" } });
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_complaint(fix, SEVERITY_WARNING, "certs/b.cer",
			 "no private key in the same directory fits the certificate");
}

static void a_key_that_a_layout_asks_for_stays_an_error(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.crt", "certs/a.key", &(struct make_cert){ .names = { "a.example" } });
	put_new(fix, "certs/fullchain.pem", "elsewhere/b.key",
		&(struct make_cert){ .names = { "b.example" } });
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_complaint(fix, SEVERITY_ERROR, "certs/fullchain.pem", "private key is missing");
	assert_string_equal(fix->complaints.item[0].value,
			    make_cert_path(fix->directory, "certs/privkey.pem"));
}

static void a_key_with_a_pass_phrase_is_named_when_it_is_missed(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.cer", "elsewhere/a.key", &(struct make_cert){ 0 });
	make_cert_file(fix->directory, "certs/secret",
		       "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGf\n-----END ENCRYPTED PRIVATE KEY-----\n",
		       0640);
	walk(fix);
	assert_complaint(fix, SEVERITY_ERROR, "certs/secret", "private key cannot be read");

	put_new(fix, "certs/a.cer", "certs/a.key", &(struct make_cert){ 0 });
	assert_only_find(fix, "certs/a.cer", "certs/a.key");
}

/* A loop of links stands in for what may not be read: root may read all. */
static void a_key_that_cannot_be_read_is_named_when_it_is_missed(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.cer", "elsewhere/a.key", &(struct make_cert){ 0 });
	link_to(fix, "a.key", "certs/a.key");
	walk(fix);
	assert_complaint(fix, SEVERITY_ERROR, "certs/a.key", "file is a loop of links");

	put_new(fix, "certs/b.crt", "certs/b.key", &(struct make_cert){ .names = { "b.example" } });
	walk(fix);
	assert_int_equal(fix->finds.count, 1);
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].file, make_cert_path(fix->directory, "certs/a.cer"));
	assert_string_equal(fix->complaints.item[1].file, make_cert_path(fix->directory, "certs/a.key"));

	put_new(fix, "certs/a.cer", "certs/another", &(struct make_cert){ 0 });
	walk(fix);
	assert_int_equal(fix->finds.count, 2);
	assert_int_equal(fix->complaints.count, 0);
}

static void issuers_alone_are_named_once(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/a.pem", &pieces, "i");
	put(fix, "certs/b.pem", &pieces, "i");
	put(fix, "certs/c.pem", &pieces, "i");
	free_pieces(&pieces);
	walk(fix);
	assert_int_equal(fix->finds.count, 0);
	assert_complaint(fix, SEVERITY_WARNING, "certs", BARE);
	assert_string_equal(fix->complaints.item[0].value, "a.pem and 2 more");
}

static void other_forms_are_named_once_with_what_to_do(void **state)
{
	struct fixture *fix = *state;

	make_cert_file(fix->directory, "certs/a.cer", "0\x82\x03\x01", 0640);
	make_cert_file(fix->directory, "certs/a.p12", "0\x82\x03\x01", 0640);
	walk(fix);
	assert_complaint(fix, SEVERITY_WARNING, "certs", BARE);
	assert_string_equal(fix->complaints.item[0].value, "a.cer and 1 more");
	assert_non_null(strstr(fix->complaints.item[0].instead, "openssl pkcs12"));

	put_new(fix, "certs/b.crt", "certs/b.key", &(struct make_cert){ 0 });
	assert_only_find(fix, "certs/b.crt", "certs/b.key");
}

static void what_a_link_elsewhere_leads_to_is_not_complained_about(void **state)
{
	struct fixture *fix = *state;

	/* Chain and key lie apart, and links bring them together. */
	put_new(fix, "certs/store/server.crt", "certs/private/server", &(struct make_cert){ 0 });
	link_to(fix, "store/server.crt", "certs/a.crt");
	link_to(fix, "private/server", "certs/a.key");
	assert_only_find(fix, "certs/a.crt", "certs/a.key");
}

static void halves_that_links_bring_together_are_no_complaint(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/public/server.pem", "certs/secret/server.pem", &(struct make_cert){ 0 });
	link_to(fix, "public/server.pem", "certs/a.crt");
	link_to(fix, "secret/server.pem", "certs/a.key");
	assert_only_find(fix, "certs/a.crt", "certs/a.key");
}

static void a_file_with_both_stays_beside_links_to_it(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/store/both.pem", &pieces, "lik");
	put(fix, "certs/a.key", &pieces, "k");
	link_to(fix, "store/both.pem", "certs/a.crt");
	free_pieces(&pieces);
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 2);
}

static void a_directory_behind_a_link_is_searched_once(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/2026-01-01/server.crt", "certs/2026-01-01/private.pem", &(struct make_cert){ 0 });
	link_to(fix, "2026-01-01", "certs/current");
	assert_only_find(fix, "certs/2026-01-01/server.crt", "certs/2026-01-01/private.pem");
}

static void archives_that_are_configured_themselves_are_no_complaint(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/archive/a/cert1.pem", &pieces, "l");
	put(fix, "certs/archive/a/chain1.pem", &pieces, "i");
	put(fix, "certs/archive/a/fullchain1.pem", &pieces, "li");
	put(fix, "certs/archive/a/privkey1.pem", &pieces, "k");
	make_cert_file(fix->directory, "certs/live/README", "", 0640);
	make_cert_file(fix->directory, "certs/live/a/README", "", 0640);
	link_to(fix, "../../archive/a/cert1.pem", "certs/live/a/cert.pem");
	link_to(fix, "../../archive/a/chain1.pem", "certs/live/a/chain.pem");
	link_to(fix, "../../archive/a/fullchain1.pem", "certs/live/a/fullchain.pem");
	link_to(fix, "../../archive/a/privkey1.pem", "certs/live/a/privkey.pem");
	free_pieces(&pieces);
	assert_only_find(fix, "certs/live/a/fullchain.pem", "certs/live/a/privkey.pem");

	assert_int_equal(names_put(&fix->roots, make_cert_path(fix->directory, "certs/archive")), ERR_OK);
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 2);
}

/* Whoever owns a directory may put anything there; the others' pairs do not suffer. */
static void hostile_files_cost_nothing_but_a_word(void **state)
{
	static const char *const names[] = { "a.cer", "b.cert", "c.pem", "d.key", "e", "combined" };
	static const char *const texts[] = {
		"",
		"-----BEGIN CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY----------BEGIN CERTIFICATE-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n",
		"0\x82\xff\xff",
	};
	struct fixture *fix = *state;

	put_new(fix, "certs/good/server.cer", "certs/good/private", &(struct make_cert){ 0 });
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(*names); j++) {
			char name[64];

			(void)snprintf(name, sizeof(name), "certs/bad%zu/%s", i, names[j]);
			make_cert_file(fix->directory, name, texts[i], 0640);
			(void)snprintf(name, sizeof(name), "certs/good/%zu%s", i, names[j]);
			make_cert_file(fix->directory, name, texts[i], 0640);
		}
	}
	walk(fix);
	assert_true(finds_has(&fix->finds, make_cert_path(fix->directory, "certs/good/server.cer")));
	for (size_t i = 0; i < fix->complaints.count; i++)
		assert_null(strstr(fix->complaints.item[i].file, "server.cer"));
}

static void a_file_too_large_for_a_pair_is_not_read(void **state)
{
	struct fixture *fix = *state;
	char *large = calloc(1, 300000);

	assert_non_null(large);
	memset(large, 'x', 299999);
	put_new(fix, "certs/a.cer", "certs/a.key", &(struct make_cert){ 0 });
	make_cert_file(fix->directory, "certs/large", large, 0640);
	make_cert_file(fix->directory, "certs/large.cer", large, 0640);
	free(large);
	assert_only_find(fix, "certs/a.cer", "certs/a.key");
}

static void more_than_can_be_read_is_told_and_leaves_what_the_names_tell(void **state)
{
	struct fixture *fix = *state;

	put_new(fix, "certs/a.crt", "certs/a.key", &(struct make_cert){ .names = { "a.example" } });
	for (unsigned i = 0; i < MATCH_BYTES_LIMIT / 262144; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "certs/%u.cer", i);
		make_cert_file(fix->directory, name, "", 0640);
	}
	put_new(fix, "certs/b.crt", "elsewhere/b.key", &(struct make_cert){ .names = { "b.example" } });
	swollen = 262144;
	walk(fix);
	swollen = 0;
	assert_int_equal(fix->finds.count, 1);
	assert_find(fix, 0, "certs/a.crt", "certs/a.key");
	assert_int_equal(fix->complaints.count, 2);
	assert_string_equal(fix->complaints.item[0].what,
			    "too many files to find certificates and their keys by what is in them");
	assert_string_equal(fix->complaints.item[1].file, make_cert_path(fix->directory, "certs/b.crt"));
	assert_int_equal(fix->complaints.item[1].severity, SEVERITY_ERROR);
}

/* A disk that was full, or a renewal under way: whoever loads it says so, and keeps the one of before. */
static void an_empty_file_beside_others_is_loaded_to_be_complained_about(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/a.pem", &pieces, "lik");
	put(fix, "certs/b.pem", &pieces, "");
	free_pieces(&pieces);
	walk(fix);
	assert_int_equal(fix->complaints.count, 0);
	assert_int_equal(fix->finds.count, 2);
	assert_find(fix, 1, "certs/b.pem", "certs/b.pem");
}

static void keys_of_others_are_no_complaint(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	put(fix, "certs/ca.cer", &pieces, "i");
	make_cert_file(fix->directory, "certs/id_ed25519",
		       "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n", 0640);
	link_to(fix, "loop.key", "certs/loop.key");
	free_pieces(&pieces);
	walk(fix);
	assert_complaint(fix, SEVERITY_WARNING, "certs", BARE);
}

/* Files of both halves are not read before they are loaded, but for the first few. */
static void a_directory_of_combined_files_is_not_read(void **state)
{
	struct fixture *fix = *state;
	struct pieces pieces = make_pieces(fix, &(struct make_cert){ 0 });

	for (unsigned i = 0; i < MATCH_SAMPLE + 2; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "certs/%02u.pem", i);
		put(fix, name, &pieces, i < MATCH_SAMPLE ? "lik" : "li");
	}
	walk(fix);
	assert_int_equal(fix->finds.count, MATCH_SAMPLE + 2);
	assert_int_equal(fix->complaints.count, 0);
	free_pieces(&pieces);
}

/* Half a list of pairs would take the others out of use. */
static void without_memory_nothing_is_found(void **state)
{
	struct fixture *fix = *state;
	bool refused = true;

	put_new(fix, "certs/a.cer", "certs/a-key.pem", &(struct make_cert){ .names = { "a.example" } });
	put_new(fix, "certs/b.pem", "elsewhere/b", &(struct make_cert){ .names = { "b.example" } });
	put_new(fix, "certs/deep/c.cer", "elsewhere/c", &(struct make_cert){ .names = { "c.example" } });
	for (size_t n = 0; refused; n++) {
		struct finds finds = { 0 };
		struct complaints complaints = { 0 };
		enum err err;

		memory_fail_after(n);
		err = walk_directories(&fix->roots, MAKE_CERT_NOW, NULL, &complaints, &finds);
		refused = memory_restore();
		if (err == ERR_NO_MEMORY) {
			assert_true(refused);
			assert_null(finds.item);
		} else {
			assert_int_equal(err, ERR_OK);
			assert_int_equal(finds.count, 2);
		}
		finds_free(&finds);
		complaints_free(&complaints);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_pair_is_found_in_every_layout),
		TEST(each_chain_gets_its_own_key_in_one_directory),
		TEST(two_certificates_may_have_one_key),
		TEST(of_two_keys_that_fit_the_first_by_name_is_taken),
		TEST(a_key_of_another_certificate_is_not_taken),
		TEST(a_chain_is_not_paired_with_a_key_of_another_directory),
		TEST(what_the_names_tell_is_found_as_before),
		TEST(an_older_version_is_passed_over_beside_a_newer_one),
		TEST(a_certificate_without_its_key_beside_pairs_is_a_warning),
		TEST(a_key_that_a_layout_asks_for_stays_an_error),
		TEST(a_key_with_a_pass_phrase_is_named_when_it_is_missed),
		TEST(a_key_that_cannot_be_read_is_named_when_it_is_missed),
		TEST(issuers_alone_are_named_once),
		TEST(other_forms_are_named_once_with_what_to_do),
		TEST(what_a_link_elsewhere_leads_to_is_not_complained_about),
		TEST(halves_that_links_bring_together_are_no_complaint),
		TEST(a_file_with_both_stays_beside_links_to_it),
		TEST(a_directory_behind_a_link_is_searched_once),
		TEST(archives_that_are_configured_themselves_are_no_complaint),
		TEST(hostile_files_cost_nothing_but_a_word),
		TEST(a_file_too_large_for_a_pair_is_not_read),
		TEST(more_than_can_be_read_is_told_and_leaves_what_the_names_tell),
		TEST(an_empty_file_beside_others_is_loaded_to_be_complained_about),
		TEST(keys_of_others_are_no_complaint),
		TEST(a_directory_of_combined_files_is_not_read),
		TEST(without_memory_nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
