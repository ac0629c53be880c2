/* SPDX-License-Identifier: ISC */
/* wrap: gnutls_x509_crt_get_signature_algorithm */
#include "make_cert.h"

#include "base/file.h"
#include "certs/pair.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST       "mta-sts.example.org"
#define DISORDERED "chain is out of order, or has certificates that do not belong to it"
#define CLIENTS    "1.3.6.1.5.5.7.3.2"

/* How often more the library does not know what signed a certificate, as when it is refused memory. */
static unsigned unknown_signatures;

int __real_gnutls_x509_crt_get_signature_algorithm(gnutls_x509_crt_t certificate);
int __wrap_gnutls_x509_crt_get_signature_algorithm(gnutls_x509_crt_t certificate);

int __wrap_gnutls_x509_crt_get_signature_algorithm(gnutls_x509_crt_t certificate)
{
	if (unknown_signatures == 0)
		return __real_gnutls_x509_crt_get_signature_algorithm(certificate);
	unknown_signatures--;
	return GNUTLS_SIGN_UNKNOWN;
}

struct fixture {
	char *directory;
	struct complaints complaints;
	struct pair *pair;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .directory = make_cert_directory() };
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fix = *state;

	pair_release(&fix->pair);
	complaints_free(&fix->complaints);
	make_cert_remove(&fix->directory);
	return 0;
}

static enum err load(struct fixture *fix, const char *chain, const char *key)
{
	return pair_load(make_cert_path(fix->directory, chain), make_cert_path(fix->directory, key),
			 MAKE_CERT_NOW, &fix->complaints, &fix->pair);
}

static enum err load_usual(struct fixture *fix)
{
	return load(fix, "a.crt", "a.key");
}

static void make_usual(struct fixture *fix, const struct make_cert *what)
{
	make_cert(what, fix->directory, "a.crt", "a.key");
}

/* Refused, with one complaint about one file, and advice that has a word in it. */
static void assert_complains(struct fixture *fix, enum severity severity, const char *name, const char *what,
			     const char *advice)
{
	const struct complaint *complaint = fix->complaints.item;

	assert_int_equal(fix->complaints.count, 1);
	assert_int_equal(complaint->severity, severity);
	assert_string_equal(complaint->file, make_cert_path(fix->directory, name));
	assert_string_equal(complaint->what, what);
	if (strstr(complaint->instead, advice) == NULL)
		fail_msg("\"%s\" has no \"%s\"", complaint->instead, advice);
}

static void assert_refused(struct fixture *fix, const char *name, const char *what, const char *advice)
{
	assert_int_equal(load_usual(fix), ERR_REFUSED);
	assert_null(fix->pair);
	assert_complains(fix, SEVERITY_ERROR, name, what, advice);
}

static void tells_what_it_is(void **state)
{
	struct fixture *fix = *state;
	const struct facts *info;

	make_usual(fix, &(struct make_cert){ .names = { "mta-sts.b.example", "*.A.example", HOST } });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);

	info = pair_facts(fix->pair);
	assert_string_equal(info->file, make_cert_path(fix->directory, "a.crt"));
	assert_int_equal(info->key, KEY_ECDSA);
	assert_int_equal(info->not_before, MAKE_CERT_NOW - MAKE_CERT_DAY);
	assert_int_equal(info->not_after, MAKE_CERT_NOW + 90 * MAKE_CERT_DAY);
	assert_int_equal(info->names.count, 3);
	assert_string_equal(info->names.item[0], "*.a.example");
	assert_string_equal(info->names.item[1], "mta-sts.b.example");
	assert_string_equal(info->names.item[2], HOST);
}

static void takes_the_kinds_of_keys_it_promises(void **state)
{
	static const struct {
		enum make_cert_key made;
		enum key_kind key;
	} good[] = {
		{ MAKE_CERT_P256, KEY_ECDSA },
		{ MAKE_CERT_P384, KEY_ECDSA },
		{ MAKE_CERT_RSA2048, KEY_RSA },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		make_usual(fix, &(struct make_cert){ .names = { HOST }, .key = good[i].made });
		assert_int_equal(load_usual(fix), ERR_OK);
		assert_int_equal(pair_facts(fix->pair)->key, good[i].key);
		pair_release(&fix->pair);
	}
}

static void refuses_other_kinds_of_keys(void **state)
{
	static const struct {
		enum make_cert_key made;
		const char *value;
	} bad[] = {
		{ MAKE_CERT_P521, "ECDSA" },
		{ MAKE_CERT_RSA1024, "RSA, 1024 bits" },
		{ MAKE_CERT_ED25519, "Ed25519" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		make_usual(fix, &(struct make_cert){ .names = { HOST }, .key = bad[i].made });
		assert_refused(fix, "a.key", "kind of key is not supported", "P-256");
		assert_non_null(strstr(fix->complaints.item[0].value, bad[i].value));
		complaints_free(&fix->complaints);
	}
}

static void takes_one_file_with_both(void **state)
{
	struct fixture *fix = *state;

	make_cert(&(struct make_cert){ .names = { HOST }, .issuers = 1 }, fix->directory, "a.pem", "a.pem");
	assert_int_equal(load(fix, "a.pem", "a.pem"), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);
}

static void warns_only_when_a_file_for_both_has_no_key(void **state)
{
	struct fixture *fix = *state;

	make_cert(&(struct make_cert){ .names = { HOST } }, fix->directory, "ca.pem", "ca.key");
	assert_int_equal(load(fix, "ca.pem", "ca.pem"), ERR_REFUSED);
	assert_complains(fix, SEVERITY_WARNING, "ca.pem", "file holds no private key", "elsewhere");
}

static void refuses_a_key_that_does_not_match(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	make_cert(&(struct make_cert){ .names = { HOST } }, fix->directory, "b.crt", "a.key");
	assert_refused(fix, "a.crt", "first certificate does not match the key", "renewal");
}

static void refuses_a_chain_that_begins_with_the_issuer(void **state)
{
	struct fixture *fix = *state;

	make_cert(&(struct make_cert){ .names = { HOST }, .issuers = 1 }, fix->directory, "b.crt", "b.key");
	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(load(fix, "b.crt", "a.key"), ERR_REFUSED);
	assert_complains(fix, SEVERITY_ERROR, "b.crt", "first certificate does not match the key", "renewal");
}

static void takes_a_chain_in_order(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 2 });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);
}

static void warns_of_a_chain_out_of_order(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 2, .reversed = true });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_complains(fix, SEVERITY_WARNING, "a.crt", DISORDERED, "first");
}

static void refuses_what_has_expired(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST },
					     .not_before = MAKE_CERT_NOW - 9 * MAKE_CERT_DAY,
					     .not_after = MAKE_CERT_NOW - 1 });
	assert_refused(fix, "a.crt", "certificate has expired", "renew it");
	assert_string_equal(fix->complaints.item[0].value, "2025-12-31T23:59:59Z");
}

static void takes_what_expires_this_second(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .not_after = MAKE_CERT_NOW });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(fix->complaints.count, 0);
	assert_true(facts_are_valid(pair_facts(fix->pair), MAKE_CERT_NOW));
	assert_false(facts_are_valid(pair_facts(fix->pair), MAKE_CERT_NOW + 1));
}

static void warns_of_what_is_not_valid_yet(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .not_before = MAKE_CERT_NOW + 1 });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_complains(fix, SEVERITY_WARNING, "a.crt", "certificate is not valid yet", "clock");
	assert_false(facts_are_valid(pair_facts(fix->pair), MAKE_CERT_NOW));
}

static void refuses_must_staple(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .must_staple = true });
	assert_refused(fix, "a.crt", "certificate requires a stapled OCSP response", "without must-staple");
}

/* The bytes of a file; they live until the next call. */
static const char *read_bytes(struct fixture *fix, const char *name)
{
	static struct file file;
	const char *why;

	file_free(&file);
	assert_int_equal(file_read(make_cert_path(fix->directory, name), 65536, &file, &why), ERR_OK);
	return file.bytes;
}

/* The row of fitness.c, what is told of it, and a word of the advice. */
struct oddity {
	const char *what;
	const char *value; /* NULL: none */
	const char *advice;
	struct make_cert made;
};

static void assert_value(const struct fixture *fix, const char *value)
{
	const char *told = fix->complaints.item[0].value;

	if (value == NULL)
		assert_null(told);
	else
		assert_string_equal(told, value);
}

/* Our own handshakes would end with an alert, or OpenSSL and GnuTLS refuse it both. */
static void refuses_what_no_sender_could_use(void **state)
{
#define MAY_NOT_SIGN "certificate's key may not sign, and every handshake would fail"
#define NO_SERVER    "certificate is not for a server, and senders refuse it"
#define CRITICAL     "certificate has a critical extension that senders do not know"
	static const struct oddity bad[] = {
		{ MAY_NOT_SIGN,
		  "keyUsage: keyEncipherment",
		  "digitalSignature",
		  { .usage = GNUTLS_KEY_KEY_ENCIPHERMENT, .key = MAKE_CERT_RSA2048 } },
		{ MAY_NOT_SIGN,
		  "keyUsage: keyAgreement",
		  "digitalSignature",
		  { .usage = GNUTLS_KEY_KEY_AGREEMENT } },
		{ MAY_NOT_SIGN,
		  "keyUsage: keyCertSign, cRLSign",
		  "digitalSignature",
		  { .usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN, .authority = true } },
		{ NO_SERVER, "extendedKeyUsage: " CLIENTS, "serverAuth", { .purpose = CLIENTS } },
		{ CRITICAL, "1.2.3.4.5", "without that extension", { .critical = "1.2.3.4.5" } },
		{ CRITICAL,
		  "1.3.6.1.5.5.7.1.31",
		  "without that extension",
		  { .critical = "1.3.6.1.5.5.7.1.31" } },
		{ "certificate is a precertificate, which no sender accepts",
		  NULL,
		  "issued after it",
		  { .critical = "1.3.6.1.4.1.11129.2.4.3" } },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct make_cert made = bad[i].made;

		made.names[0] = HOST;
		make_usual(fix, &made);
		assert_refused(fix, "a.crt", bad[i].what, bad[i].advice);
		assert_value(fix, bad[i].value);
		complaints_free(&fix->complaints);
	}
}

static void takes_what_every_sender_can_use(void **state)
{
	static const struct make_cert good[] = {
		{ .usage = GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ .usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT,
		  .key = MAKE_CERT_RSA2048 },
		{ .purpose = GNUTLS_KP_TLS_WWW_SERVER },
		{ .tells_issuer = true, .issuers = 1 },
		{ .issuers = 2 },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct make_cert made = good[i];

		made.names[0] = HOST;
		make_usual(fix, &made);
		assert_int_equal(load_usual(fix), ERR_OK);
		assert_int_equal(fix->complaints.count, 0);
		assert_true(facts_are_sound(pair_facts(fix->pair), MAKE_CERT_NOW));
		pair_release(&fix->pair);
	}
}

static void warns_of_what_some_senders_refuse(void **state)
{
#define CHAIN "senders cannot follow the chain"
	static const struct oddity doubtful[] = {
		{ "certificate is self-signed: senders do not trust it",
		  "CN=test leaf",
		  "public CA",
		  { .self_signed = true } },
		{ "certificate is self-signed: senders do not trust it",
		  "CN=test leaf",
		  "public CA",
		  { .self_signed = true, .authority = true } },
		{ "certificate is a CA's own, which some senders refuse",
		  NULL,
		  "CA:FALSE",
		  { .authority = true, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN } },
		{ "certificate does not name servers, and some senders refuse it",
		  "extendedKeyUsage: anyExtendedKeyUsage",
		  "serverAuth",
		  { .purpose = GNUTLS_KP_ANY } },
		{ "signature in the chain is too weak for senders",
		  "certificate 1: ECDSA-SHA1",
		  "new",
		  { .sha1 = true } },
		{ "certificate comes without its issuer's",
		  "CN=test issuer",
		  "fullchain.pem",
		  { .tells_issuer = true } },
		{ CHAIN,
		  "an issuer has not signed the certificate before it",
		  "issuers",
		  { .issuers = 2, .issuer = MAKE_CERT_ISSUER_IMPOSTOR } },
		{ CHAIN,
		  "an issuer is not a CA",
		  "issuers",
		  { .issuers = 1, .issuer = MAKE_CERT_ISSUER_NO_CA } },
		{ CHAIN,
		  "an issuer is not for servers",
		  "issuers",
		  { .issuers = 1, .issuer = MAKE_CERT_ISSUER_CLIENTS } },
		{ "an issuer in the chain has expired",
		  "2025-12-31T23:59:59Z",
		  "renew",
		  { .issuers = 1, .issuer = MAKE_CERT_ISSUER_EXPIRED } },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(doubtful) / sizeof(*doubtful); i++) {
		struct make_cert made = doubtful[i].made;

		made.names[0] = HOST;
		make_usual(fix, &made);
		assert_int_equal(load_usual(fix), ERR_OK);
		assert_complains(fix, SEVERITY_WARNING, "a.crt", doubtful[i].what, doubtful[i].advice);
		assert_value(fix, doubtful[i].value);
		assert_true(facts_are_valid(pair_facts(fix->pair), MAKE_CERT_NOW));
		assert_false(facts_are_sound(pair_facts(fix->pair), MAKE_CERT_NOW));
		pair_release(&fix->pair);
		complaints_free(&fix->complaints);
	}
}

static void what_a_second_look_does_not_see_is_want_of_memory(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 1 });
	unknown_signatures = 1;
	assert_int_equal(load_usual(fix), ERR_NO_MEMORY);
	assert_null(fix->pair);
	assert_int_equal(fix->complaints.count, 0);
	unknown_signatures = 2;
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(unknown_signatures, 0);
	assert_complains(fix, SEVERITY_WARNING, "a.crt", "signature in the chain is too weak for senders",
			 "order");
}

static void an_issuer_that_expires_makes_a_pair_doubtful_by_then(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){
				.names = { HOST }, .issuers = 1, .issuer = MAKE_CERT_ISSUER_EXPIRED });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_true(facts_are_sound(pair_facts(fix->pair), MAKE_CERT_NOW - 1));
	assert_false(facts_are_sound(pair_facts(fix->pair), MAKE_CERT_NOW));
	assert_false(pair_facts(fix->pair)->doubted);
}

static void warns_when_a_certificate_stands_between_that_does_not_belong_there(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	make_cert(&(struct make_cert){ .names = { HOST }, .issuers = 1 }, fix->directory, "b.crt", "b.key");
	make_cert_append(fix->directory, "a.crt", read_bytes(fix, "b.crt"));
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_complains(fix, SEVERITY_WARNING, "a.crt", DISORDERED, "nothing else");
	assert_true(facts_are_sound(pair_facts(fix->pair), MAKE_CERT_NOW));
}

static void refuses_a_key_whose_halves_do_not_belong_together(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048, .damaged = 'p' });
	assert_refused(fix, "a.key", "private key is damaged", "whole copy");
}

static void refuses_a_key_that_others_may_read(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(chmod(make_cert_path(fix->directory, "a.key"), 0644), 0);
	assert_refused(fix, "a.key", "private key may be read or written by everybody", "chmod 0640");
	assert_string_equal(fix->complaints.item[0].value, "0644");
}

static void takes_a_chain_that_others_may_read(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(chmod(make_cert_path(fix->directory, "a.crt"), 0644), 0);
	assert_int_equal(load_usual(fix), ERR_OK);
}

static void refuses_garbage(void **state)
{
	static const struct {
		const char *broken; /* the file that holds the bytes */
		const char *bytes;
		const char *what;
	} bad[] = {
		{ "a.crt", "", "file holds no certificate" },
		{ "a.crt", "\x01\x02\xff garbage", "file holds no certificate" },
		{ "a.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		  "certificate cannot be read" },
		{ "a.crt", "-----BEGIN CERTIFICATE-----\nMIIB", "certificate cannot be read" },
		{ "a.key", "", "file holds no private key" },
		{ "a.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		  "private key cannot be read" },
		{ "a.key", "-----BEGIN PRIVATE KEY-----\nMIIB", "private key cannot be read" },
		{ "a.key",
		  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		  "private key cannot be read" },
	};
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		make_usual(fix, &(struct make_cert){ .names = { HOST } });
		make_cert_file(fix->directory, bad[i].broken, bad[i].bytes, 0640);
		assert_refused(fix, bad[i].broken, bad[i].what, "PEM");
		complaints_free(&fix->complaints);
	}
}

static void takes_ten_certificates_and_no_more(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 9 });
	assert_int_equal(load_usual(fix), ERR_OK);
	pair_release(&fix->pair);

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 10 });
	assert_refused(fix, "a.crt", "chain has more than 10 certificates", "no others");
}

static void refuses_files_that_are_none(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.key")), 0);
	assert_refused(fix, "a.key", "file does not exist", "create it");
	complaints_free(&fix->complaints);

	assert_int_equal(mkfifo(make_cert_path(fix->directory, "a.key"), 0640), 0);
	assert_refused(fix, "a.key", "file is a FIFO", "put a regular file there");
	complaints_free(&fix->complaints);

	assert_int_equal(unlink(make_cert_path(fix->directory, "a.crt")), 0);
	assert_int_equal(mkdir(make_cert_path(fix->directory, "a.crt"), 0750), 0);
	assert_refused(fix, "a.crt", "file is a directory", "put a regular file there");
}

static void refuses_a_leaf_without_names(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { NULL } });
	assert_refused(fix, "a.crt", "certificate has no DNS names", "subjectAltName");
}

static void a_name_that_only_the_common_name_has_is_said(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { NULL }, .common_name = HOST });
	assert_refused(fix, "a.crt",
		       "name is only the common name of the certificate, which senders do not look at",
		       "subjectAltNames");
	assert_string_equal(fix->complaints.item[0].value, HOST);
}

static void leaves_out_names_that_nobody_can_ask_for(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix,
		   &(struct make_cert){ .names = { "*.*.example.org", "mta-sts.evil.example|.example.org",
						   "a_b.example.org", HOST } });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(pair_facts(fix->pair)->names.count, 1);
	assert_string_equal(pair_facts(fix->pair)->names.item[0], HOST);
}

static void refuses_a_leaf_with_odd_names_only(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){
				.names = { "localhost", "mta-sts.*.example.org", "192.0.2.1", "*" } });
	assert_refused(fix, "a.crt", "certificate has no DNS names", "subjectAltName");
}

static void is_current_until_a_file_changes(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_true(facts_are_current(pair_facts(fix->pair)));

	make_cert_append(fix->directory, "a.key", "\n");
	assert_false(facts_are_current(pair_facts(fix->pair)));
}

static void is_not_current_without_its_chain(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_int_equal(unlink(make_cert_path(fix->directory, "a.crt")), 0);
	assert_false(facts_are_current(pair_facts(fix->pair)));
}

/* A pair as texts; they live until the next call. */
static struct pair_texts read_texts(struct fixture *fix)
{
	static struct file chain, key;
	const char *why;

	file_free(&chain);
	file_free(&key);
	assert_int_equal(file_read(make_cert_path(fix->directory, "a.crt"), 65536, &chain, &why), ERR_OK);
	assert_int_equal(file_read(make_cert_path(fix->directory, "a.key"), 65536, &key, &why), ERR_OK);
	return (struct pair_texts){ chain.bytes, key.bytes };
}

static enum err parse(struct fixture *fix, const struct pair_texts *texts, struct text *pem)
{
	return pair_parse(texts, MAKE_CERT_NOW, &fix->complaints, &fix->pair, pem);
}

/* What is written must be what a restart can read, whatever the key. */
static void writes_texts_so_that_one_file_loads_again(void **state)
{
	static const enum make_cert_key keys[] = { MAKE_CERT_P256, MAKE_CERT_P384, MAKE_CERT_RSA2048 };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct pair_texts texts;
		struct text pem = { 0 };

		make_usual(fix, &(struct make_cert){
					.names = { HOST }, .key = keys[i], .issuers = 2, .reversed = true });
		texts = read_texts(fix);
		assert_int_equal(parse(fix, &texts, &pem), ERR_OK);
		assert_int_equal(fix->complaints.count, 1);
		assert_string_equal(fix->complaints.item[0].what, DISORDERED);
		complaints_free(&fix->complaints);
		assert_int_equal(pair_settle(fix->pair, "/somewhere/a.pem"), ERR_OK);
		facts_review(pair_facts(fix->pair), MAKE_CERT_NOW, &fix->complaints);
		assert_string_equal(pair_facts(fix->pair)->file, "/somewhere/a.pem");
		assert_false(facts_are_current(pair_facts(fix->pair)));
		pair_release(&fix->pair);
		make_cert_file(fix->directory, "both.pem", pem.bytes, 0600);
		assert_int_equal(load(fix, "both.pem", "both.pem"), ERR_OK);
		assert_int_equal(fix->complaints.count, 0);
		pair_release(&fix->pair);
		text_free(&pem);
	}
}

static void writes_the_same_texts_the_same_way(void **state)
{
	struct fixture *fix = *state;
	struct text one = { 0 }, other = { 0 };
	struct pair_texts texts;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .issuers = 1 });
	texts = read_texts(fix);
	assert_int_equal(parse(fix, &texts, &one), ERR_OK);
	pair_release(&fix->pair);
	make_cert_append(fix->directory, "a.crt", "\nsome words behind it\n");
	texts = read_texts(fix);
	assert_int_equal(parse(fix, &texts, &other), ERR_OK);
	assert_string_equal(one.bytes, other.bytes);
	text_free(&one);
	text_free(&other);
}

/* What only a signature shows. */
static void refuses_texts_whose_key_signs_wrongly(void **state)
{
	struct fixture *fix = *state;
	struct text pem = { 0 };
	struct pair_texts texts;

	make_usual(fix, &(struct make_cert){ .names = { HOST }, .key = MAKE_CERT_RSA2048, .damaged = 'd' });
	texts = read_texts(fix);
	assert_int_equal(parse(fix, &texts, &pem), ERR_REFUSED);
	assert_int_equal(fix->complaints.count, 1);
	assert_string_equal(fix->complaints.item[0].what,
			    "private key signs what its certificate does not verify");
	assert_null(fix->pair);
	assert_null(pem.bytes);
}

static void refuses_texts_as_it_does_files(void **state)
{
	struct fixture *fix = *state;
	static char large[PAIR_TEXT_LIMIT + 2];
	struct text pem = { 0 };
	struct pair_texts texts;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	texts = read_texts(fix);
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(parse(fix, &(struct pair_texts){ large, texts.key }, &pem), ERR_REFUSED);
	assert_int_equal(parse(fix, &(struct pair_texts){ texts.chain, large }, &pem), ERR_REFUSED);
	assert_int_equal(parse(fix, &(struct pair_texts){ texts.chain, texts.chain }, &pem), ERR_REFUSED);
	assert_int_equal(parse(fix, &(struct pair_texts){ "", texts.key }, &pem), ERR_REFUSED);
	assert_int_equal(fix->complaints.errors, 4);
	assert_string_equal(fix->complaints.item[0].file, "certificate");
	assert_string_equal(fix->complaints.item[1].file, "key");
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(fix->complaints.item[i].what, "text has more than 65536 bytes");
	assert_null(fix->pair);
	assert_null(pem.bytes);
}

static void names_the_issuer_and_the_hosts_it_covers(void **state)
{
	struct fixture *fix = *state;

	make_usual(fix, &(struct make_cert){ .names = { HOST, "*.example.net" } });
	assert_int_equal(load_usual(fix), ERR_OK);
	assert_string_equal(pair_facts(fix->pair)->issuer, "CN=test issuer");
	assert_true(facts_cover(pair_facts(fix->pair), HOST));
	assert_true(facts_cover(pair_facts(fix->pair), "mta-sts.example.net"));
	assert_false(facts_cover(pair_facts(fix->pair), "mta-sts.a.example.net"));
	assert_false(facts_cover(pair_facts(fix->pair), "example.net"));
	assert_false(facts_cover(pair_facts(fix->pair), "net"));
}

static void lives_until_the_last_reference(void **state)
{
	struct fixture *fix = *state;
	struct pair *other;

	make_usual(fix, &(struct make_cert){ .names = { HOST } });
	assert_int_equal(load_usual(fix), ERR_OK);
	other = pair_retain(fix->pair);
	pair_release(&fix->pair);
	assert_null(fix->pair);
	assert_string_equal(pair_facts(other)->names.item[0], HOST);
	pair_release(&other);
	pair_release(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_what_it_is),
		TEST(takes_the_kinds_of_keys_it_promises),
		TEST(refuses_other_kinds_of_keys),
		TEST(takes_one_file_with_both),
		TEST(warns_only_when_a_file_for_both_has_no_key),
		TEST(refuses_a_key_that_does_not_match),
		TEST(refuses_a_chain_that_begins_with_the_issuer),
		TEST(takes_a_chain_in_order),
		TEST(warns_of_a_chain_out_of_order),
		TEST(refuses_what_has_expired),
		TEST(takes_what_expires_this_second),
		TEST(warns_of_what_is_not_valid_yet),
		TEST(refuses_must_staple),
		TEST(refuses_what_no_sender_could_use),
		TEST(takes_what_every_sender_can_use),
		TEST(warns_of_what_some_senders_refuse),
		TEST(what_a_second_look_does_not_see_is_want_of_memory),
		TEST(an_issuer_that_expires_makes_a_pair_doubtful_by_then),
		TEST(warns_when_a_certificate_stands_between_that_does_not_belong_there),
		TEST(refuses_a_key_whose_halves_do_not_belong_together),
		TEST(refuses_a_key_that_others_may_read),
		TEST(takes_a_chain_that_others_may_read),
		TEST(refuses_garbage),
		TEST(takes_ten_certificates_and_no_more),
		TEST(refuses_files_that_are_none),
		TEST(refuses_a_leaf_without_names),
		TEST(a_name_that_only_the_common_name_has_is_said),
		TEST(leaves_out_names_that_nobody_can_ask_for),
		TEST(refuses_a_leaf_with_odd_names_only),
		TEST(is_current_until_a_file_changes),
		TEST(is_not_current_without_its_chain),
		TEST(writes_texts_so_that_one_file_loads_again),
		TEST(writes_the_same_texts_the_same_way),
		TEST(refuses_texts_as_it_does_files),
		TEST(refuses_texts_whose_key_signs_wrongly),
		TEST(names_the_issuer_and_the_hosts_it_covers),
		TEST(lives_until_the_last_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
