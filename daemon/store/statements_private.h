/* SPDX-License-Identifier: ISC */
#ifndef STORE_STATEMENTS_PRIVATE_H
#define STORE_STATEMENTS_PRIVATE_H

/**
 * What is said to the database.
 *
 * Threads: any.
 */

/**
 * Whichever of two ways an id came to a record was first counts; what was given counts in the same second.
 * What was adopted for one domain says nothing against an id that was given out for the record.
 */
#define UNLESS_EARLIER                                                                                       \
	" ON CONFLICT (record, id) DO UPDATE SET number = excluded.number, at = excluded.at,"                \
	" sum = excluded.sum WHERE CASE WHEN excluded.number < 0 THEN excluded.number < record_id.number"    \
	" AND record_id.number <= 0 WHEN record_id.number < 0 THEN excluded.number > 0"                      \
	" WHEN excluded.number = 0 THEN record_id.at > excluded.at"                                          \
	" WHEN record_id.number = 0 THEN record_id.at >= excluded.at"                                        \
	" ELSE record_id.number > excluded.number AND record_id.at <> excluded.at END"

/** How long senders hold a policy, as retire_hold() has it. */
#define FOREIGN_HOLD(mode, max_age) "iif(" mode " = 'none', 0, max(" max_age ", 604800))"

/** Every statement of the running daemon; its text stands in statements.c. */
enum sql {
	SQL_BEGIN,
	SQL_READ,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_COUNT_UP,
	SQL_GENERATION,
	SQL_DOMAIN_PUT,
	SQL_DOMAIN_SOURCE,
	SQL_DOMAIN_LAST,
	SQL_DOMAIN_TOTAL,
	SQL_DOMAIN_EACH,
	SQL_DOMAIN_NUMBERS,
	SQL_PAST_BEGIN,
	SQL_PAST_BEGIN_FIRST,
	SQL_PAST_SETTLE,
	SQL_PAST_SETTLE_UNSEEN,
	SQL_PAST_NOTE_SEEN,
	SQL_PAST_IS_UNKNOWN,
	SQL_REVISION_SUPERSEDE,
	SQL_REVISION_PUT,
	SQL_REVISION_IS_USED,
	SQL_REVISION_AT_MOST,
	SQL_REVISION_EACH,
	SQL_REVISION_SCAN,
	SQL_REVISION_PICK,
	SQL_REVISION_IS_LOST,
	SQL_REVISION_AT,
	SQL_REVISION_LAST,
	SQL_REVISION_ADOPT,
	SQL_FOREIGN_ADOPT,
	SQL_REVISION_EACH_LOST,
	SQL_REVISION_SEE,
	SQL_REVISION_UNSEE,
	SQL_REVISION_SEE_LIKE_NEWER,
	SQL_REVISION_UNSEE_AFTER,
	SQL_REVISION_TTL,
	SQL_HISTORY_EACH,
	SQL_HISTORY_EACH_HELD,
	SQL_RUN_BEGIN,
	SQL_RUN_COUNTED,
	SQL_RUN_END,
	SQL_LAPSE_PUT,
	SQL_FETCHES_ADD,
	SQL_FOREIGN_PUT,
	SQL_FOREIGN_CUT,
	SQL_FOREIGN_IS_ANY,
	SQL_FOREIGN_LAST,
	SQL_FOREIGN_TELL,
	SQL_FOREIGN_EACH_TOLD,
	SQL_FOREIGN_IS_TOLD,
	SQL_FOREIGN_IS_SEEN,
	SQL_RECORD_PUT,
	SQL_RECORD_PLACE,
	SQL_RECORD_OF,
	SQL_RECORD_FOLLOW,
	SQL_RECORD_FOLLOW_OWN,
	SQL_RECORD_HAND_DOWN_OWN,
	SQL_RECORD_HAND_DOWN_NEWEST,
	SQL_RECORD_CLASHES,
	SQL_RECORD_UNSEE,
	SQL_RECORD_TAKE,
	SQL_RECORD_TAKE_FOREIGN,
	SQL_RECORD_NOTE_FOREIGN,
	SQL_RECORD_GIVE,
	SQL_RECORD_HAS,
	SQL_RECORD_KNOWS,
	SQL_RECORD_GIVEN,
	SQL_RECORD_NEWEST,
	SQL_RECORD_ADOPTED,
	SQL_RECORD_EACH,
	SQL_RECORD_EACH_SINCE,
	SQL_OBSERVATION_PUT,
	SQL_OBSERVATION_UNCONFIRM,
	SQL_OBSERVATION_PUT_SERVER,
	SQL_OBSERVATION_REMOVE,
	SQL_OBSERVATION_REMOVE_SERVERS,
	SQL_OBSERVATION_LAST,
	SQL_OBSERVATION_EACH_SERVER,
	SQL_SWITCH_PUT,
	SQL_SWITCH_REMOVE,
	SQL_SWITCH_EACH,
	SQL_SWITCH_COUNT,
	SQL_AUDIT_PUT,
	SQL_AUDIT_CHANGE,
	SQL_AUDIT_EACH,
	SQL_AUDIT_EACH_CHANGE,
	SQL_AUDIT_LAST_ORDER,
	SQL_AUDIT_LAST_OF,
	SQL_AUDIT_LAST_FILE,
};
#define SQL_STATEMENTS (SQL_AUDIT_LAST_FILE + 1)

/** The text of a statement. */
const char *statements_text(enum sql sql);

#endif
