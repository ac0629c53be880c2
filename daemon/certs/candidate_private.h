/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CANDIDATE_PRIVATE_H
#define CERTS_CANDIDATE_PRIVATE_H

/**
 * The files of a pair while they are looked at: read, parsed and checked, before anything is put into use.
 *
 * Threads: any, one object a thread.
 */

#include "certs/facts.h"
#include "certs/issuer_private.h"
#include "certs/pem_private.h"
#include "certs/renewal_private.h"

/** Largest file read, bytes: a chain of ten large RSA certificates and a key fit ten times. */
#define CANDIDATE_FILE_LIMIT 262144

/** Longest chain taken, certificates: a handshake carries all of them. */
#define CANDIDATE_CHAIN_LIMIT PEM_CHAIN_LIMIT

/** Largest chain taken, bytes in DER: every handshake sends it. */
#define CANDIDATE_CHAIN_SIZE 12288

/** Zero-initialise, then fill in the first four. */
struct candidate {
	const char *chain_path;
	const char *key_path;
	time_t now;
	struct complaints *complaints;

	struct file chain_file; /**< with bytes already, neither is read, and the paths are but their names */
	struct file key_file;   /**< empty when one file holds both */
	gnutls_x509_crt_t *chain;
	unsigned chain_len;
	bool odd; /**< a part of it could not be read, and was left out */
	gnutls_x509_privkey_t key;
	struct pem pem; /**< the same in DER, in order */
	bool plain;     /**< it is as it stands in the files */
	char issuer[ISSUER_SIZE];
	char renewal_id[RENEWAL_SIZE];
	struct facts facts; /**< but for the paths; names and doubts are the candidate's own */
};

/**
 * Read and check everything that pair_load() promises to refuse; stops at the first fault.
 *
 * @return ERR_OK (every member is filled in), ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err candidate_check(struct candidate *candidate);

/** Read its key, and check its kind and that it is the chain's; as candidate_check(). */
enum err candidate_read_key(struct candidate *candidate);

/** Have the key among the parts in DER; returns ERR_OK, ERR_NO_MEMORY. */
enum err candidate_write_key(struct candidate *candidate);

/** The file that holds the key; lent. */
const struct file *candidate_key_file(const struct candidate *candidate);

/** Complain about a file; returns ERR_REFUSED. */
enum err candidate_refuse(struct candidate *candidate, const char *file, const char *what, const char *value,
			  const char *instead);

/** The same of what the library could not do with it; returns ERR_REFUSED, ERR_NO_MEMORY. */
enum err candidate_refuse_parse(struct candidate *candidate, const char *file, const char *what, int result,
				const char *instead);

/** Free what a candidate holds, whatever candidate_check() returned. */
void candidate_free(struct candidate *candidate);

#endif
