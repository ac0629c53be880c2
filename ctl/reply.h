/* SPDX-License-Identifier: ISC */
#ifndef CTL_REPLY_H
#define CTL_REPLY_H

/**
 * Checked access to what the daemon replies, mta-stsd-api(7).
 *
 * Every function returns ERR_OK, or ERR_SYNTAX when a field is missing or of another type.  Strings belong to
 * the reply.
 *
 * Threads: any, one object a thread.
 */

#include "base/err.h"
#include "base/text.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdbool.h>

/** A TXT record; its parts can stand in a zone or a script without any quoting. */
struct reply_txt {
	const char *name;  /**< "_mta-sts.example.org." */
	const char *value; /**< "v=STSv1; id=20261123160000;" */
};

/** One domain, as it is published. */
struct reply_row {
	const char *domain;
	const char *mode;
	json_int_t max_age; /**< seconds */
	const char *id;
	const char *published_at;
	const char *standing;
	const char *switch_mode; /**< NULL when the domain is not switched, like the next two */
	const char *switch_since;
	const char *switch_by;
	const char *file; /**< also when it is refused; NULL when no file configures the domain */
	json_int_t line;  /**< 0: the file as a whole */
	bool orphaned;    /**< no file configures it any more, whatever its standing */
	bool refused;     /**< its file has errors, whatever its standing */
	bool certificate; /**< one names its policy host */
	struct reply_txt txt;
};

/** A policy beside the published one. */
struct reply_policy {
	const char *mode; /**< NULL when there is none */
	json_int_t max_age;
	json_t *mx; /**< array of strings */
};

/** What an order did to one domain. */
struct reply_change {
	const char *domain;
	bool changed;
	const char *before; /**< mode; NULL when the domain was not published before */
	enum mode after;
	const char *id;   /**< after */
	json_int_t wait;  /**< seconds from the new record's being visible until no sender holds an older
			     policy */
	bool switched;    /**< held by a switch from then on */
	bool certificate; /**< one names its policy host */
	struct reply_txt txt;
};

/** Why something was not done. */
struct reply_error {
	const char *code;
	const char *message;
	json_t *details; /**< array of strings, or NULL */
};

/** A domain, as a member of "domains" or as the reply to show. */
enum err reply_row(json_t *reply, struct reply_row *row);
/** A policy or null. */
enum err reply_policy(json_t *reply, struct reply_policy *policy);
/** A member of "changes". */
enum err reply_change(json_t *reply, struct reply_change *change);
/** The whole reply of a status other than 200. */
enum err reply_error(json_t *reply, struct reply_error *error);

/** The array that a reply holds under a name. */
enum err reply_array(json_t *reply, const char *name, json_t **array);

/** Append the strings of an array with a separator between them; ERR_NO_MEMORY, too. */
enum err reply_join(const json_t *array, const char *separator, struct text *out);

#endif
