/* SPDX-License-Identifier: ISC */
#ifndef CTL_ACME_ADVICE_H
#define CTL_ACME_ADVICE_H

/**
 * What an authority said of when to renew its certificates, and when it is asked again.
 *
 * It is kept in a file in the directory of the account, one line for each certificate.  What is lost of it is
 * asked again, and until then certificates are renewed as if the authority had said nothing.
 *
 * Threads: any, one object a thread.
 */

#include "base/complaints.h"
#include "ctl/acme/window.h"

/** What is said counts so long at most before it is asked again, seconds. */
#define ADVICE_REST_MOST ((time_t)86400)

/** Room for the name of the file, which follows from the authority's directory, and its end. */
#define ADVICE_FILE_SIZE 32

/** One certificate. */
struct advice_item {
	const char *id;   /**< by which the authority knows it; lent by who put it there */
	time_t not_after; /**< when it expires */
	time_t asked;     /**< when there was an answer last; 0: there never was one */
	time_t next;      /**< not to be asked before; 0: at once */
	struct window window;
};

/** Zero-initialise; freed with advice_free(). */
struct advice {
	struct advice_item *item; /**< sorted by id after advice_read() */
	size_t count, capacity;
	time_t rest_until; /**< the authority is asked nothing before; 0: it may be asked */
};

/** Put a certificate there of which nothing is known.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err advice_put(struct advice *advice, const char *id, time_t not_after);

/**
 * Take what a file says of those that were put there; lines of others are left out.
 *
 * @param bytes  of the file, with a NUL behind them; they are changed
 * @return ERR_OK, ERR_SYNTAX (it is not such a file, or damaged: nothing was taken), ERR_NO_MEMORY
 */
enum err advice_take(struct advice *advice, char *bytes, size_t len, const char *directory, time_t now);

/** Write all of it as a file.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err advice_write(const struct advice *advice, const char *directory, struct text *text);

/**
 * Sort those that were put there, each once, and read what the file in a directory says of them.
 *
 * @param folder  of the account; fine when there is none, or no file in it
 * @param complaints  gets a warning of a file that cannot be used, which is as good as none
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err advice_read(struct advice *advice, const char *folder, const char *directory, time_t now,
		     struct complaints *complaints);

/** Put all of it into the place of the file.  Returns ERR_OK, ERR_IO (errno tells why), ERR_NO_MEMORY. */
enum err advice_keep(const struct advice *advice, int parent, const char *directory);

/** Find one by its id, or NULL; after advice_read(). */
struct advice_item *advice_find(const struct advice *advice, const char *id);

/** Tell whether it is any certificate's turn to be asked about. */
bool advice_is_due(const struct advice *advice, time_t now);

/**
 * List those whose turn it is, the one with the oldest answer first; none that has expired.
 *
 * @param[out] turns  room for all that there are
 * @param most  so many at most
 * @return how many
 */
size_t advice_turns(const struct advice *advice, time_t now, struct advice_item *turns[], size_t most);

/** Free what it holds and leave nothing. */
void advice_free(struct advice *advice);

#endif
