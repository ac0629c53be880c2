/* SPDX-License-Identifier: ISC */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/**
 * What a function that can fail returns.
 *
 * The detail (which file, which errno) is logged or filed as a complaint once, where it is known; the code
 * says only what the caller can do about it.
 */
enum err {
	ERR_OK = 0,
	ERR_NO_MEMORY, /**< an allocation failed; nothing has changed */
	ERR_NOT_FOUND, /**< what was named does not exist */
	ERR_EXISTS,    /**< what was to be made exists already */
	ERR_RANGE,     /**< a number or a size lies outside of what is allowed */
	ERR_SYNTAX,    /**< the input does not follow its grammar */
	ERR_REFUSED,   /**< understood, and not done: a guard forbids it */
	ERR_AGAIN,     /**< not now: the other side has to move first */
	ERR_CLOSED,    /**< the other side is gone, or the connection has failed */
	ERR_IO,        /**< the operating system refused; errno tells why */
	ERR_STORE,     /**< the state could not be written; nothing has changed */
	ERR_UNKNOWN,   /**< the state may or may not have been written: look before trying again */
	ERR_STOPPED,   /**< given up in the middle, because the program stops; nothing has changed */
};

/** The size of a table that has a row for each. */
#define ERR_COUNT (ERR_STOPPED + 1)

/** One error in words for a log line, such as "not found"; never NULL. */
const char *err_text(enum err err);

#endif
