/* SPDX-License-Identifier: ISC */
#include "certs/candidate_private.h"

#include "base/clock.h"
#include "certs/content_private.h"
#include "certs/fitness_private.h"
#include "policy/mx.h"

#include <stdio.h>
#include <string.h>

#define NAMES_LIMIT 10000

enum err candidate_refuse(struct candidate *candidate, const char *file, const char *what, const char *value,
			  const char *instead)
{
	complain(candidate->complaints, SEVERITY_ERROR, file, 0, what, value, instead);
	return ERR_REFUSED;
}

enum err candidate_refuse_parse(struct candidate *candidate, const char *file, const char *what, int result,
				const char *instead)
{
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	return candidate_refuse(candidate, file, what, gnutls_strerror(result), instead);
}

static bool is_combined(const struct candidate *candidate)
{
	return strcmp(candidate->chain_path, candidate->key_path) == 0;
}

const struct file *candidate_key_file(const struct candidate *candidate)
{
	return is_combined(candidate) ? &candidate->chain_file : &candidate->key_file;
}

static enum err read_file(struct candidate *candidate, const char *path, struct file *file)
{
	const char *why = NULL;
	enum err err = file_read(path, CANDIDATE_FILE_LIMIT, file, &why);

	if (err == ERR_OK || err == ERR_NO_MEMORY)
		return err;
	complain_unreadable(candidate->complaints, path, 0, path, why, CANDIDATE_FILE_LIMIT);
	return ERR_REFUSED;
}

static enum err read_files(struct candidate *candidate)
{
	enum err err;

	if (candidate->chain_file.bytes != NULL)
		return ERR_OK;
	err = read_file(candidate, candidate->chain_path, &candidate->chain_file);
	if (err == ERR_OK && !is_combined(candidate))
		err = read_file(candidate, candidate->key_path, &candidate->key_file);
	candidate->facts.stamp = facts_stamp(&candidate->chain_file.status);
	candidate->facts.key_stamp = facts_stamp(&candidate_key_file(candidate)->status);
	candidate->facts.young = facts_is_young(&candidate->chain_file.status, candidate->now) ||
				 facts_is_young(&candidate_key_file(candidate)->status, candidate->now);
	return err;
}

/* A file for both that has no key may be a CA's: worth a word, but no reason for a reload to fail. */
static enum err check_key_present(struct candidate *candidate)
{
	if (content_has(candidate_key_file(candidate), CONTENT_KEY))
		return ERR_OK;
	if (!is_combined(candidate))
		return candidate_refuse(candidate, candidate->key_path, "file holds no private key", NULL,
					"write the certificate's private key in PEM form");
	complain(candidate->complaints, SEVERITY_WARNING, candidate->chain_path, 0,
		 "file holds no private key", NULL,
		 "add the key to the file, or move the file elsewhere if it is no server's certificate");
	return ERR_REFUSED;
}

static enum err check_key_mode(struct candidate *candidate)
{
	char mode[8];

	if ((candidate_key_file(candidate)->status.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return ERR_OK;
	(void)snprintf(mode, sizeof(mode), "%04o",
		       (unsigned)candidate_key_file(candidate)->status.st_mode & 07777u);
	return candidate_refuse(candidate, candidate->key_path,
				"private key may be read or written by everybody", mode,
				"chmod 0640: the key must not be readable by others");
}

static enum err take_apart(struct candidate *candidate)
{
	enum err err = pem_read(&candidate->chain_file, candidate_key_file(candidate), &candidate->pem);

	candidate->plain = err == ERR_OK;
	return err == ERR_REFUSED ? ERR_OK : err;
}

static int import_chain(struct candidate *candidate, unsigned flags)
{
	gnutls_datum_t pem = { (unsigned char *)candidate->chain_file.bytes,
			       (unsigned)candidate->chain_file.len };
	gnutls_x509_crt_t *chain = NULL;
	unsigned len = 0;
	int result = gnutls_x509_crt_list_import2(&chain, &len, &pem, GNUTLS_X509_FMT_PEM, flags);

	if (result < 0)
		return result;
	candidate->chain = chain;
	candidate->chain_len = len;
	return 0;
}

/* What was understood of the chain, in DER: the file's own, unless something is between or in another order.
 */
static enum err write_chain(struct candidate *candidate)
{
	struct pem pem = { .chain_len = 0 };
	bool same = candidate->plain && candidate->pem.chain_len == candidate->chain_len;

	for (unsigned i = 0; i < candidate->chain_len; i++) {
		gnutls_datum_t *der = &pem.chain[i];

		if (gnutls_x509_crt_export2(candidate->chain[i], GNUTLS_X509_FMT_DER, der) < 0) {
			pem_free(&pem);
			return ERR_NO_MEMORY;
		}
		pem.chain_len++;
		same = same && der->size == candidate->pem.chain[i].size &&
		       memcmp(der->data, candidate->pem.chain[i].data, der->size) == 0;
	}
	candidate->plain = same;
	if (same) {
		pem_free(&pem);
		return ERR_OK;
	}
	pem_free(&candidate->pem);
	candidate->pem = pem;
	return ERR_OK;
}

static size_t size_of_chain(const struct candidate *candidate)
{
	size_t sum = 0;

	for (unsigned i = 0; i < candidate->pem.chain_len; i++)
		sum += candidate->pem.chain[i].size;
	return sum;
}

static enum err parse_chain(struct candidate *candidate)
{
	enum err err;
	int result;

	if (!content_has(&candidate->chain_file, CONTENT_CERTIFICATE))
		return candidate_refuse(candidate, candidate->chain_path, "file holds no certificate", NULL,
					"write the certificate and then its issuers in PEM form");
	result = import_chain(candidate, GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
	if (result == GNUTLS_E_CERTIFICATE_LIST_UNSORTED) {
		candidate->facts.disordered = true;
		result = import_chain(candidate, GNUTLS_X509_CRT_LIST_SORT);
	}
	if (result < 0)
		return candidate_refuse_parse(
			candidate, candidate->chain_path, "certificate cannot be read", result,
			"write the certificate and then its issuers, whole, in PEM form");
	if (candidate->chain_len > CANDIDATE_CHAIN_LIMIT)
		return candidate_refuse(
			candidate, candidate->chain_path, "chain has more than 10 certificates", NULL,
			"write the certificate and the issuers that lead to a root, no others");
	err = write_chain(candidate);
	if (err == ERR_OK && size_of_chain(candidate) > CANDIDATE_CHAIN_SIZE)
		return candidate_refuse(candidate, candidate->chain_path,
					"chain has more than 12288 bytes in DER", NULL,
					"ask for certificates with fewer names each");
	return err;
}

static enum err check_dates(struct candidate *candidate)
{
	char text[CLOCK_TEXT_SIZE];

	candidate->facts.not_before = gnutls_x509_crt_get_activation_time(candidate->chain[0]);
	candidate->facts.not_after = gnutls_x509_crt_get_expiration_time(candidate->chain[0]);
	if (candidate->facts.not_before == (time_t)-1 || candidate->facts.not_after == (time_t)-1)
		return candidate_refuse(candidate, candidate->chain_path, "certificate has no readable dates",
					NULL, "order a new one");
	if (candidate->facts.not_after < candidate->now)
		return candidate_refuse(candidate, candidate->chain_path, "certificate has expired",
					clock_text(candidate->facts.not_after, text), "renew it");
	return ERR_OK;
}

/* The narrowest dates of the issuers, which count as much as the certificate's own. */
static enum err check_issuer_dates(struct candidate *candidate)
{
	candidate->facts.issuers_not_before = candidate->facts.not_before;
	candidate->facts.issuers_not_after = candidate->facts.not_after;
	for (unsigned i = 1; i < candidate->chain_len; i++) {
		time_t not_before = gnutls_x509_crt_get_activation_time(candidate->chain[i]);
		time_t not_after = gnutls_x509_crt_get_expiration_time(candidate->chain[i]);

		candidate->odd = candidate->odd || not_before == (time_t)-1 || not_after == (time_t)-1;
		if (not_before > candidate->facts.issuers_not_before)
			candidate->facts.issuers_not_before = not_before;
		if (not_after < candidate->facts.issuers_not_after)
			candidate->facts.issuers_not_after = not_after;
	}
	return ERR_OK;
}

static enum err read_issuer(struct candidate *candidate)
{
	candidate->facts.issuer = candidate->issuer;
	return issuer_write(candidate->chain[0], candidate->issuer);
}

static enum err read_renewal_id(struct candidate *candidate)
{
	enum err err = renewal_write(candidate->chain[0], candidate->renewal_id);

	candidate->facts.renewal_id = candidate->renewal_id[0] != '\0' ? candidate->renewal_id : NULL;
	return err;
}

static enum err check_fitness(struct candidate *candidate)
{
	const struct fitness fitness = { candidate->chain_path, candidate->chain, candidate->chain_len,
					 candidate->issuer };

	enum err err = fitness_check(&fitness, candidate->complaints, &candidate->facts.doubts);

	candidate->facts.doubted = candidate->facts.doubts.count + candidate->facts.doubts.lost > 0;
	return err;
}

/* Senders do not look at the common name (RFC 8461, section 3.3), where old tools write it alone. */
static enum err refuse_nameless(struct candidate *candidate)
{
	char name[MX_SIZE], normal[MX_SIZE];
	size_t size = sizeof(name);
	const char *why;
	int result = gnutls_x509_crt_get_dn_by_oid(candidate->chain[0], GNUTLS_OID_X520_COMMON_NAME, 0, 0,
						   name, &size);

	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	if (result == 0 && strlen(name) == size && mx_normalise(name, normal, &why) == ERR_OK)
		return candidate_refuse(
			candidate, candidate->chain_path,
			"name is only the common name of the certificate, which senders do not look at",
			normal, "order one with this name among its subjectAltNames");
	return candidate_refuse(candidate, candidate->chain_path, "certificate has no DNS names", NULL,
				"order one with mta-sts.DOMAIN among its subjectAltNames");
}

static enum err collect_names(struct candidate *candidate)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; err == ERR_OK && i < NAMES_LIMIT; i++) {
		char san[MX_SIZE], name[MX_SIZE];
		size_t size = sizeof(san);
		const char *why;
		int type = gnutls_x509_crt_get_subject_alt_name(candidate->chain[0], i, san, &size, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type == GNUTLS_E_MEMORY_ERROR)
			return ERR_NO_MEMORY;
		candidate->odd = candidate->odd || type < 0;
		/* They have the form of mx patterns; others cannot be asked for and do no harm. */
		if (type == GNUTLS_SAN_DNSNAME && strlen(san) == size &&
		    mx_normalise(san, name, &why) == ERR_OK)
			err = names_put(&candidate->facts.names, name);
	}
	names_sort(&candidate->facts.names);
	if (err == ERR_OK && candidate->facts.names.count == 0)
		return refuse_nameless(candidate);
	return err;
}

static enum err sum_up(struct candidate *candidate)
{
	enum err err = candidate_write_key(candidate);

	return err == ERR_OK
		       ? pem_digest(&candidate->pem, candidate->facts.digest, sizeof(candidate->facts.digest))
		       : err;
}

static enum err take_steps(struct candidate *candidate)
{
	static enum err (*const steps[])(struct candidate *) = {
		read_files,    check_key_present,  check_key_mode,  take_apart,
		parse_chain,   candidate_read_key, check_dates,     check_issuer_dates,
		collect_names, read_issuer,        read_renewal_id, check_fitness,
		sum_up,
	};
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < sizeof(steps) / sizeof(*steps); i++)
		err = steps[i](candidate);
	return err;
}

static bool are_alike(const struct complaints *a, const struct complaints *b)
{
	bool alike = a->count == b->count && a->lost == 0 && b->lost == 0;

	for (size_t i = 0; alike && i < a->count; i++)
		alike = strcmp(a->item[i].what, b->item[i].what) == 0;
	return alike;
}

static bool is_seen_again(const struct candidate *first, const struct file files[2], enum err err)
{
	struct complaints complaints = { 0 };
	struct candidate again = { .chain_path = first->chain_path,
				   .key_path = first->key_path,
				   .now = first->now,
				   .complaints = &complaints,
				   .chain_file = files[0],
				   .key_file = files[1] };
	bool seen = take_steps(&again) == err && are_alike(first->complaints, &complaints) &&
		    are_alike(&first->facts.doubts, &again.facts.doubts) &&
		    first->facts.names.count == again.facts.names.count;

	if (files[0].bytes != NULL) /* not its own */
		again.chain_file = again.key_file = (struct file){ 0 };
	candidate_free(&again);
	complaints_free(&complaints);
	return seen;
}

/*
 * Where memory is short, the library calls a certificate faulty more often than it says why.  So nothing is
 * said against one that is not seen at a second look, too.
 */
enum err candidate_check(struct candidate *candidate)
{
	const struct file files[2] = { candidate->chain_file, candidate->key_file };
	struct complaints *complaints = candidate->complaints;
	struct complaints found = { 0 };
	enum err err;

	candidate->complaints = &found;
	err = take_steps(candidate);
	if ((err == ERR_REFUSED || candidate->facts.doubted || candidate->odd) &&
	    !is_seen_again(candidate, files, err))
		err = ERR_NO_MEMORY;
	candidate->complaints = complaints;
	if (err != ERR_NO_MEMORY)
		complaints_move(complaints, &found);
	complaints_free(&found);
	return err;
}

void candidate_free(struct candidate *candidate)
{
	for (unsigned i = 0; i < candidate->chain_len; i++)
		gnutls_x509_crt_deinit(candidate->chain[i]);
	gnutls_free(candidate->chain);
	if (candidate->key != NULL)
		gnutls_x509_privkey_deinit(candidate->key);
	pem_free(&candidate->pem);
	names_free(&candidate->facts.names);
	complaints_free(&candidate->facts.doubts);
	file_free(&candidate->key_file);
	file_free(&candidate->chain_file);
	*candidate = (struct candidate){ 0 };
}
