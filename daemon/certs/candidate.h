/* SPDX-License-Identifier: ISC */
#ifndef CERTS_CANDIDATE_H
#define CERTS_CANDIDATE_H

/**
 * The files of a pair while they are looked at: read, parsed and checked, before anything is put into use.
 *
 * For pair.c only.  Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "base/err.h"
#include "base/file.h"
#include "base/names.h"
#include "certs/key.h"

#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

/** Largest file read, bytes: a chain of ten large RSA certificates and a key fit ten times. */
#define CANDIDATE_FILE_LIMIT 262144

/** Longest chain taken, certificates: a handshake carries all of them. */
#define CANDIDATE_CHAIN_LIMIT 10

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
	bool disordered; /**< the file's chain was out of order; chain is in order */
	bool odd;        /**< a part of it could not be read, and was left out */
	gnutls_x509_privkey_t key;
	enum key_kind kind;
	struct names names; /**< sorted */
	time_t not_before, not_after;
	time_t issuers_not_before, issuers_not_after; /**< what these leave of the dates above */
	struct complaints doubts;                     /**< what makes some senders refuse it: warnings */
};

/**
 * Read and check everything that pair_load() promises to refuse; stops at the first fault.
 *
 * @return ERR_OK (every member is filled in), ERR_REFUSED (complained about), ERR_NO_MEMORY
 */
enum err candidate_check(struct candidate *candidate);

/** The file that the key came from. */
const struct file *candidate_key_file(const struct candidate *candidate);

/** Free what a candidate holds, whatever candidate_check() returned. */
void candidate_free(struct candidate *candidate);

#endif
