/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_AUTHORITIES_H
#define CTL_ACME_AUTHORITIES_H

/**
 * The authorities of a run, in order of preference, and at which of them each name is ordered.
 *
 * Threads: the main thread only.
 */

#include "api/ordering.h"
#include "base/authority.h"
#include "ctl/acme/advice.h"
#include "ctl/acme/directory.h"
#include "ctl/acme/ledger_file.h"
#include "ctl/acme/outlook.h"
#include "ctl/acme/silence.h"
#include "ctl/acme/vetting.h"

/** One of them. */
struct authority {
	const char *url;            /**< of its directory */
	char name[TEXT_SHOWN_SIZE]; /**< what people read of it: the host of its URL, escaped; "" where it is
				       the only one, and goes without saying */
	struct directory says;      /**< of itself, when it was asked */
	struct ledger_file ledger;
	struct advice advice;           /**< whose windows are the inventory's */
	char account[ACCOUNT_URI_SIZE]; /**< URI of the account there; "": it is not known */
	struct vetting vetting;
	struct names forbidden; /**< hosts that CAA keeps from it, as was seen in this run */
	struct plan plan;
	bool has_account;              /**< as far as is known */
	bool is_asked;                 /**< whether orders can be sent there was found out in this run ... */
	enum ordering_problem problem; /**< ... and why not; 0: they can */
	unsigned unheard;              /**< orders in a row that failed before it said why */
	bool is_over;                  /**< no more is ordered there in this run */
};

/** Begin with authorities_begin(), end with authorities_end(). */
struct authorities {
	const struct names *urls;
	struct authority item[AUTHORITY_MOST];
	size_t count;
	struct silence silence[AUTHORITY_MOST];
};

/** Begin with nothing known of them but their URLs, 1 to AUTHORITY_MOST, which are lent. */
void authorities_begin(struct authorities *all, const struct names *urls);

/**
 * Read which of them have an account, and which do not answer.
 *
 * @param folder  of the account; fine when there is none
 */
void authorities_recall(struct authorities *all, const char *folder, time_t now);

/** Tell whether orders can be sent to one now, as far as is known. */
bool authorities_is_open(const struct authorities *all, size_t index, time_t now);

/**
 * Note what came of opening or reading the ledger of one: where it cannot be used, the others may be.
 *
 * @param status  RUN_DONE, RUN_NOT_DONE, or why it is not known, such as for want of memory
 * @return status, but RUN_DONE where there is more than one and it was not the last
 */
enum run_status authorities_note_ledger(struct authorities *all, size_t index, enum run_status status);

/** Tell whether the ledger of any of them cannot be used. */
bool authorities_has_broken_ledger(const struct authorities *all);

/**
 * Note that one was asked in vain; kept for the next runs where there is more than one.
 *
 * @param is_mute  its directory answers, and orders do not
 * @return ERR_OK, ERR_IO (it is not kept), ERR_NO_MEMORY
 */
enum err authorities_note_silence(struct authorities *all, size_t index, const struct account *account,
				  bool is_mute);

/**
 * Note that one answers.
 *
 * @param to_order  an order was answered; else its directory is there, which does not tell that
 * @return as above
 */
enum err authorities_note_answer(struct authorities *all, size_t index, const struct account *account,
				 bool to_order);

/** Tell why orders cannot be sent to one now, as far as is known; 0: they can. */
enum ordering_problem authorities_problem(const struct authorities *all, size_t index, time_t now);

/** Ask for all domains; see ctl/acme/inventory.h. */
enum run_status authorities_inventory(const struct authorities *all, const struct run_view *view,
				      struct inventory *inventory);

/** Decide for a name at one of them. */
struct outlook authorities_outlook_at(const struct authorities *all, size_t index,
				      const struct inventory_item *has, time_t now, uint64_t seed);

/** Decide for a name, at the one where it is to be ordered. */
struct outlook authorities_outlook(const struct authorities *all, const struct inventory_item *has,
				   time_t now, uint64_t seed);

/**
 * Note that a name is ordered at one of them: where it changes to that, the ledgers of the others, as far as
 * they can be used, keep it from them for a while.
 *
 * @return as ledger_file_put()
 */
enum err authorities_turn(struct authorities *all, size_t index, const struct inventory_item *has,
			  time_t now);

/** Free what they hold. */
void authorities_end(struct authorities *all);

#endif
