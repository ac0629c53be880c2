/* SPDX-License-Identifier: ISC */

/*
 * Makes certificates by the thousand, for tests/bench/scale.
 *
 *   certifier CA-FILE CA-KEY DIRECTORY FIRST COUNT NAMES SUFFIX
 *
 * Pair number i, from FIRST on, is for the policy hosts of NAMES domains: d[i * NAMES].SUFFIX and those that
 * follow it.  Each has a P-256 key of its own, and is written as CRT and KEY under the name of its first
 * host.
 */

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define THREADS   2
#define DAYS      60
#define PATH_SIZE 4096

/* What all threads share; constant while they run, but for the count. */
static struct {
	gnutls_x509_crt_t issuer;
	gnutls_x509_privkey_t issuer_key;
	const char *directory;
	const char *suffix;
	unsigned names;
	unsigned end;
	atomic_uint next;
} job;

static void die(const char *what, int result)
{
	(void)fprintf(stderr, "certifier: %s: %s\n", what, gnutls_strerror(result));
	exit(1);
}

static void must(const char *what, int result)
{
	if (result < 0)
		die(what, result);
}

static void write_file(unsigned first, const char *end, const gnutls_datum_t *pem)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/mta-sts.d%u.%s.%s", job.directory, first, job.suffix, end);
	file = fopen(path, "we");
	if (file == NULL || fwrite(pem->data, 1, pem->size, file) != pem->size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void name_hosts(gnutls_x509_crt_t leaf, unsigned first)
{
	for (unsigned i = 0; i < job.names; i++) {
		char name[256];
		int len = snprintf(name, sizeof(name), "mta-sts.d%u.%s", first + i, job.suffix);

		must("name", gnutls_x509_crt_set_subject_alt_name(leaf, GNUTLS_SAN_DNSNAME, name,
								  (unsigned)len, GNUTLS_FSAN_APPEND));
	}
}

static void fill(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key, unsigned number)
{
	const unsigned char serial[] = { 1, (unsigned char)(number >> 24), (unsigned char)(number >> 16),
					 (unsigned char)(number >> 8), (unsigned char)number };
	time_t now = time(NULL);

	must("version", gnutls_x509_crt_set_version(leaf, 3));
	must("serial", gnutls_x509_crt_set_serial(leaf, serial, sizeof(serial)));
	must("begin", gnutls_x509_crt_set_activation_time(leaf, now - 3600));
	must("end", gnutls_x509_crt_set_expiration_time(leaf, now + DAYS * 86400));
	must("key", gnutls_x509_crt_set_key(leaf, key));
	must("purpose", gnutls_x509_crt_set_key_purpose_oid(leaf, GNUTLS_KP_TLS_WWW_SERVER, 0));
	must("usage", gnutls_x509_crt_set_key_usage(leaf, GNUTLS_KEY_DIGITAL_SIGNATURE));
	must("kind", gnutls_x509_crt_set_basic_constraints(leaf, 0, -1));
}

static void make(unsigned number)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t leaf;
	gnutls_datum_t pem;

	must("key", gnutls_x509_privkey_init(&key));
	must("key", gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
						 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	must("certificate", gnutls_x509_crt_init(&leaf));
	fill(leaf, key, number);
	name_hosts(leaf, number * job.names);
	must("signature", gnutls_x509_crt_sign2(leaf, job.issuer, job.issuer_key, GNUTLS_DIG_SHA256, 0));
	must("key as text", gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
	write_file(number * job.names, "key", &pem);
	gnutls_free(pem.data);
	must("certificate as text", gnutls_x509_crt_export2(leaf, GNUTLS_X509_FMT_PEM, &pem));
	write_file(number * job.names, "crt", &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(leaf);
	gnutls_x509_privkey_deinit(key);
}

static void *make_many(void *unused)
{
	unsigned number;

	(void)unused;
	while ((number = atomic_fetch_add(&job.next, 1)) < job.end)
		make(number);
	return NULL;
}

static void read_issuer(const char *file, const char *key_file)
{
	gnutls_datum_t pem;

	must(file, gnutls_load_file(file, &pem));
	must(file, gnutls_x509_crt_init(&job.issuer));
	must(file, gnutls_x509_crt_import(job.issuer, &pem, GNUTLS_X509_FMT_PEM));
	gnutls_free(pem.data);
	must(key_file, gnutls_load_file(key_file, &pem));
	must(key_file, gnutls_x509_privkey_init(&job.issuer_key));
	must(key_file, gnutls_x509_privkey_import2(job.issuer_key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0));
	gnutls_free(pem.data);
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	if (argc != 8) {
		(void)fprintf(stderr, "usage: certifier CA-FILE CA-KEY DIRECTORY FIRST COUNT NAMES SUFFIX\n");
		return 2;
	}
	(void)umask(077);
	read_issuer(argv[1], argv[2]);
	job.directory = argv[3];
	job.end = number(argv[4]) + number(argv[5]);
	job.names = number(argv[6]);
	job.suffix = argv[7];
	atomic_init(&job.next, number(argv[4]));
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, make_many, NULL) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	return 0;
}
