/* SPDX-License-Identifier: ISC */
#include "make_cert.h"

#include <fcntl.h>
#include <ftw.h>
#include <gnutls/x509.h>
#include <limits.h>
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

#define CAS            2
#define STATUS_REQUEST "\x30\x03\x02\x01\x05"
#define TLS_FEATURE    "1.3.6.1.5.5.7.1.24"
#define ALT_NAME       "2.5.29.17"
#define FILLING        "1.3.6.1.4.1.55555.1"

static const struct {
	gnutls_pk_algorithm_t algorithm;
	unsigned bits;
} kinds[] = {
	[MAKE_CERT_P256] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
	[MAKE_CERT_P384] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
	[MAKE_CERT_P521] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) },
	[MAKE_CERT_RSA2048] = { GNUTLS_PK_RSA, 2048 },
	[MAKE_CERT_RSA4096] = { GNUTLS_PK_RSA, 4096 },
	[MAKE_CERT_RSA1024] = { GNUTLS_PK_RSA, 1024 },
	[MAKE_CERT_ED25519] = { GNUTLS_PK_EDDSA_ED25519, 256 },
};

/* The CA that issues the leaves, and the root that issued it. */
static struct {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
} ca[CAS];

char *make_cert_directory(void)
{
	char *path = strdup("/tmp/mta-stsd-test-XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void make_cert_remove(char **directory)
{
	if (*directory != NULL)
		(void)nftw(*directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(*directory);
	*directory = NULL;
}

const char *make_cert_path(const char *directory, const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void make_parents(const char *directory, const char *name)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%s/%.*s", directory, (int)(slash - name), name);
		(void)mkdir(part, 0750);
	}
}

static void write_to(const char *path, int flags, const char *bytes, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

void make_cert_file(const char *directory, const char *name, const char *bytes, mode_t mode)
{
	const char *path = make_cert_path(directory, name);
	char aside[PATH_MAX];

	/* A new inode beside the old one: coarse file times cannot hide that the file is another. */
	(void)snprintf(aside, sizeof(aside), "%s.new", path);
	make_parents(directory, name);
	write_to(aside, O_TRUNC, bytes, mode);
	assert_int_equal(rename(aside, path), 0);
}

void make_cert_append(const char *directory, const char *name, const char *bytes)
{
	write_to(make_cert_path(directory, name), O_APPEND, bytes, 0640);
}

static gnutls_x509_privkey_t make_key(enum make_cert_key kind)
{
	gnutls_x509_privkey_t key;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, kinds[kind].algorithm, kinds[kind].bits, 0), 0);
	return key;
}

/* Made once a run: they are slow, and no test needs two. */
static gnutls_x509_privkey_t leaf_key(enum make_cert_key kind)
{
	static gnutls_x509_privkey_t slow[sizeof(kinds) / sizeof(*kinds)];
	gnutls_x509_privkey_t key;

	if (kinds[kind].algorithm != GNUTLS_PK_RSA)
		return make_key(kind);
	if (slow[kind] == NULL)
		slow[kind] = make_key(kind);
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_cpy(key, slow[kind]), 0);
	return key;
}

static gnutls_x509_crt_t make_crt(gnutls_x509_privkey_t key, const char *common_name, time_t not_before,
				  time_t not_after)
{
	static uint32_t serial;
	gnutls_x509_crt_t crt;

	serial++;
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, &serial, sizeof(serial)), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, not_before), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, not_after), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
						       (unsigned)strlen(common_name)),
			 0);
	return crt;
}

static void make_cas(void)
{
	static const char *const names[CAS] = { "test issuer", "test root" };

	if (ca[0].crt != NULL)
		return;
	for (size_t i = CAS; i-- > 0;) {
		size_t issuer = i + 1 < CAS ? i + 1 : i;

		ca[i].key = make_key(MAKE_CERT_P256);
		ca[i].crt = make_crt(ca[i].key, names[i], MAKE_CERT_NOW - 100 * MAKE_CERT_DAY,
				     MAKE_CERT_NOW + 1000 * MAKE_CERT_DAY);
		assert_int_equal(gnutls_x509_crt_set_ca_status(ca[i].crt, 1), 0);
		assert_int_equal(gnutls_x509_crt_sign2(ca[i].crt, ca[issuer].crt, ca[issuer].key,
						       GNUTLS_DIG_SHA256, 0),
				 0);
	}
}

static void set_purpose(gnutls_x509_crt_t crt, const char *oid)
{
	if (oid != NULL)
		assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(crt, oid, 0), 0);
}

/* In place of the first issuer: the leaf is signed as ever. */
static gnutls_x509_crt_t make_odd_issuer(enum make_cert_issuer odd)
{
	gnutls_x509_privkey_t other = make_key(MAKE_CERT_P256);
	gnutls_x509_crt_t crt =
		make_crt(odd == MAKE_CERT_ISSUER_IMPOSTOR ? other : ca[0].key, "test issuer",
			 MAKE_CERT_NOW - 100 * MAKE_CERT_DAY,
			 odd == MAKE_CERT_ISSUER_EXPIRED ? MAKE_CERT_NOW - 1 : MAKE_CERT_NOW + MAKE_CERT_DAY);

	assert_int_equal(gnutls_x509_crt_set_ca_status(crt, odd != MAKE_CERT_ISSUER_NO_CA), 0);
	set_purpose(crt, odd == MAKE_CERT_ISSUER_CLIENTS ? GNUTLS_KP_TLS_WWW_CLIENT : NULL);
	assert_int_equal(gnutls_x509_crt_sign2(crt, ca[1].crt, ca[1].key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_privkey_deinit(other);
	return crt;
}

/* By hand, because the library mends names that we want broken: SEQUENCE OF [2] IA5String. */
static void add_names(gnutls_x509_crt_t crt, const char *const *names, size_t count)
{
	unsigned char der[1024] = { 0x30, 0x82 };
	size_t len = 4;

	for (size_t i = 0; i < count && names[i] != NULL; i++) {
		size_t size = strlen(names[i]);

		assert_true(size < 128);
		der[len++] = 0x82;
		der[len++] = (unsigned char)size;
		for (size_t j = 0; j < size; j++)
			der[len++] = names[i][j] == '|' ? '\0' : (unsigned char)names[i][j];
	}
	if (len == 4)
		return;
	der[2] = (unsigned char)((len - 4) >> 8);
	der[3] = (unsigned char)((len - 4) & 0xff);
	assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, ALT_NAME, der, len, 0), 0);
}

static void set_oddities(gnutls_x509_crt_t crt, const struct make_cert *what)
{
	static const char place[] = "http://ca.example/issuer.der";

	if (what->usage != 0)
		assert_int_equal(gnutls_x509_crt_set_key_usage(crt, what->usage), 0);
	set_purpose(crt, what->purpose);
	if (what->critical != NULL)
		assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, what->critical, "\x05", 2, 1), 0);
	if (what->authority)
		assert_int_equal(gnutls_x509_crt_set_ca_status(crt, 1), 0);
	if (what->names_key)
		assert_int_equal(gnutls_x509_crt_set_authority_key_id(crt, "key", 3), 0);
	if (what->tells_issuer)
		assert_int_equal(
			gnutls_x509_crt_set_authority_info_access(
				crt, GNUTLS_IA_CAISSUERS_URI,
				&(gnutls_datum_t){ (unsigned char *)(uintptr_t)place, sizeof(place) - 1 }),
			0);
}

/* Bytes of an extension that nobody knows. */
static void add_filling(gnutls_x509_crt_t crt, size_t size)
{
	unsigned char *filling = calloc(1, size);

	assert_non_null(filling);
	assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, FILLING, filling, size, 0), 0);
	free(filling);
}

static gnutls_x509_crt_t make_leaf(const struct make_cert *what, gnutls_x509_privkey_t key, size_t filling)
{
	time_t not_before = what->not_before != 0 ? what->not_before : MAKE_CERT_NOW - MAKE_CERT_DAY;
	time_t not_after = what->not_after != 0 ? what->not_after : MAKE_CERT_NOW + 90 * MAKE_CERT_DAY;
	const char *common_name = what->common_name != NULL ? what->common_name : "test leaf";
	gnutls_x509_crt_t crt = make_crt(key, common_name, not_before, not_after);

	add_names(crt, what->names, sizeof(what->names) / sizeof(*what->names));
	if (what->must_staple)
		assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, TLS_FEATURE, STATUS_REQUEST,
								      sizeof(STATUS_REQUEST) - 1, 0),
				 0);
	set_oddities(crt, what);
	if (filling > 0)
		add_filling(crt, filling);
	assert_int_equal(gnutls_x509_crt_sign2(crt, what->self_signed ? crt : ca[0].crt,
					       what->self_signed ? key : ca[0].key,
					       what->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0),
			 0);
	return crt;
}

static size_t size_of(gnutls_x509_crt_t crt)
{
	gnutls_datum_t der;
	size_t size;

	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	size = der.size;
	gnutls_free(der.data);
	return size;
}

/* By chance a signature is a byte or two shorter: then once more. */
static gnutls_x509_crt_t make_leaf_of_size(const struct make_cert *what, gnutls_x509_privkey_t key)
{
	size_t filling = what->size / 2;
	gnutls_x509_crt_t crt = make_leaf(what, key, filling);

	while (what->size != 0 && size_of(crt) != what->size) {
		filling += what->size - size_of(crt);
		gnutls_x509_crt_deinit(crt);
		crt = make_leaf(what, key, filling);
	}
	return crt;
}

static void append_crt(const char *directory, const char *name, gnutls_x509_crt_t crt)
{
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	make_cert_append(directory, name, (char *)pem.data);
	gnutls_free(pem.data);
}

static void append_issuer(const char *directory, const char *name, const struct make_cert *what, unsigned at)
{
	gnutls_x509_crt_t odd;

	if (at > 0 || what->issuer == MAKE_CERT_ISSUER_FINE) {
		append_crt(directory, name, ca[at].crt);
		return;
	}
	odd = make_odd_issuer(what->issuer);
	append_crt(directory, name, odd);
	gnutls_x509_crt_deinit(odd);
}

static void damage(gnutls_x509_privkey_t *key, char part)
{
	enum { M, E, D, P, Q, U, E1, E2, PARTS };
	gnutls_datum_t raw[PARTS];
	gnutls_datum_t *hit = &raw[part == 'd' ? D : P];
	gnutls_x509_privkey_t damaged;

	assert_int_equal(gnutls_x509_privkey_export_rsa_raw2(*key, &raw[M], &raw[E], &raw[D], &raw[P],
							     &raw[Q], &raw[U], &raw[E1], &raw[E2]),
			 0);
	hit->data[hit->size / 2] ^= 4;
	assert_int_equal(gnutls_x509_privkey_init(&damaged), 0);
	assert_int_equal(gnutls_x509_privkey_import_rsa_raw2(damaged, &raw[M], &raw[E], &raw[D], &raw[P],
							     &raw[Q], &raw[U], &raw[E1], &raw[E2]),
			 0);
	for (size_t i = 0; i < PARTS; i++)
		gnutls_free(raw[i].data);
	gnutls_x509_privkey_deinit(*key);
	*key = damaged;
}

static void append_key(const char *directory, const char *name, gnutls_x509_privkey_t key)
{
	gnutls_datum_t pem;

	assert_int_equal(
		gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem),
		0);
	make_cert_append(directory, name, (char *)pem.data);
	gnutls_free(pem.data);
}

void make_cert(const struct make_cert *what, const char *directory, const char *chain, const char *key)
{
	gnutls_x509_privkey_t private = leaf_key(what->key);
	gnutls_x509_crt_t leaf;

	make_cas();
	leaf = make_leaf_of_size(what, private);
	make_cert_file(directory, chain, "", 0640);
	append_crt(directory, chain, leaf);
	for (unsigned i = 0; i < what->issuers; i++) {
		unsigned at = what->reversed ? what->issuers - 1 - i : i;

		append_issuer(directory, chain, what, at < CAS ? at : CAS - 1);
	}
	if (strcmp(chain, key) != 0)
		make_cert_file(directory, key, "", 0640);
	if (what->damaged != '\0')
		damage(&private, what->damaged);
	append_key(directory, key, private);
	gnutls_x509_crt_deinit(leaf);
	gnutls_x509_privkey_deinit(private);
}
