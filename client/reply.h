/* SPDX-License-Identifier: ISC */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

/**
 * Checked access to what the daemon replies, mta-stsd-api(7).
 *
 * Every function returns ERR_OK, or ERR_SYNTAX when a field is missing or of another type.  Strings belong to
 * the reply.
 *
 * Threads: any, one object a thread.
 */

#include "base/text.h"
#include "policy/policy.h"

#include <jansson.h>

/** A TXT record; its parts can stand in a zone or a script without any quoting. */
struct reply_txt {
	const char *name;  /**< "_mta-sts.example.org." */
	const char *value; /**< "v=STSv1; id=20261123160000;" */
};

/** How far a domain is on its way from enforce to nothing. */
struct reply_retirement {
	/** "publishing", "waiting", "draining", "confirming" or "safe"; NULL: not on it */
	const char *state;
	const char *text;    /**< the state with its particulars */
	const char *next;    /**< what to do next */
	const char *safe_at; /**< NULL: not known yet */
	json_int_t wait; /**< seconds from the record's being visible everywhere until safe; -1: unknown */
	const char *held_id; /**< of the older revision that is held longest; NULL: none, like the next */
	const char *held_mode;
	bool held_foreign; /**< this host never published it */
};

/** What the name servers of a domain showed. */
struct reply_dns {
	const char *verdict; /**< NULL: nobody looked yet, and nothing else is set */
	const char *text;
	const char *at;
	const char *id;         /**< that was published at that time */
	const char *seen_since; /**< since when the published id is right everywhere; NULL: it is not */
	json_int_t ttl;         /**< seconds; -1: never seen */
	const char *error;      /**< why no server could be asked; NULL */
	json_t *servers;        /**< array for reply_server() */
};

/** One address of one name server. */
struct reply_server {
	const char *server;
	const char *address;
	const char *verdict;
	bool foreign;     /**< this host never published the id that it has */
	const char *said; /**< NULL when there is nothing to tell */
};

/** A domain after a look at DNS that the daemon was told of. */
struct reply_look {
	const char *domain;
	const char *id; /**< published */
	struct reply_dns dns;
	struct reply_retirement retirement;
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
	struct reply_retirement retirement;
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
	const char *id;  /**< after */
	json_int_t wait; /**< seconds from the record's being visible until no sender holds an older policy */
	bool switched;   /**< held by a switch from then on */
	bool orphaned;   /**< no file configures it */
	bool certificate; /**< one names its policy host */
	struct reply_txt txt;
};

/** Why something was not done. */
struct reply_refusal {
	const char *code;
	const char *message;
	json_t *details; /**< array of strings, or NULL */
};

/** A domain, as a member of "domains" or as the reply to show. */
enum err reply_row(json_t *reply, struct reply_row *row);
/** A retirement or null. */
enum err reply_retirement(json_t *reply, struct reply_retirement *retirement);
/** What DNS showed, or null. */
enum err reply_dns(json_t *reply, struct reply_dns *dns);
/** A member of "domains" of the reply to a look. */
enum err reply_look(json_t *reply, struct reply_look *look);
/** Tell whether the published id is right at every name server. */
bool reply_look_is_right(const struct reply_look *look);
/** A member of "servers". */
enum err reply_server(json_t *reply, struct reply_server *server);
/** Append a server in words, "ns1.example (192.0.2.1): old id: v=STSv1; id=1;"; ERR_NO_MEMORY, too. */
enum err reply_say_server(const struct reply_server *server, struct text *out);
/** A policy or null. */
enum err reply_policy(json_t *reply, struct reply_policy *policy);
/** A member of "changes". */
enum err reply_change(json_t *reply, struct reply_change *change);
/** The whole reply of a status other than 200. */
enum err reply_refusal(json_t *reply, struct reply_refusal *error);

/** A string or null, which becomes NULL. */
enum err reply_string(const json_t *value, const char **string);
/** A number from least on or null, which becomes least - 1. */
enum err reply_number(const json_t *value, json_int_t least, json_int_t *number);
/** Tell whether a string is a time of the API, "2026-11-23T16:00:00Z". */
bool reply_is_time(const char *when);
/** A TXT record, fit to stand in a zone. */
enum err reply_txt(json_t *reply, struct reply_txt *txt);
/** The array under a name. */
enum err reply_array(json_t *reply, const char *name, json_t **array);
/** Append the strings of an array with a separator between them; ERR_NO_MEMORY, too. */
enum err reply_join(const json_t *array, const char *separator, struct text *out);

#endif
