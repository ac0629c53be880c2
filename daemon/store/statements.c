/* SPDX-License-Identifier: ISC */
#include "store/statements_private.h"

#define DOMAIN_ID "(SELECT id FROM domain WHERE name = ?1)"

/* What a row was put with: of one that differs nothing is believed. */
#define REVISION_SUM "row_sum(name, revision.id, text, published_at, superseded_at)"
#define SWITCH_SUM   "row_sum(name, mode, max_age, keep_mx)"

/* The rest of REVISION_ROW: whether it is sound is found with the name. */
#define REVISION_BARE "SELECT domain, id, text, published_at, superseded_at, number, sum FROM revision "

#define REVISION_ROW                                                                                         \
	"SELECT domain.name, source, revision.id, text, published_at, number,"                               \
	" sum IS row_sum(domain.name, revision.id, text, published_at, superseded_at),"                      \
	" (SELECT name FROM record WHERE record.id = declared),"                                             \
	" (SELECT name FROM record WHERE record.id = observed)"                                              \
	" FROM revision JOIN domain ON domain.id = revision.domain"

/* Where a domain's record is; none: at its own name, and it is nobody else's. */
#define RECORD_ID                                                                                            \
	"(SELECT coalesce(declared, observed, (SELECT id FROM record"                                        \
	" WHERE record.name = '_mta-sts.' || domain.name)) FROM domain WHERE name = ?1)"

/* A record and those that its domains had before, as far back as anybody knows. */
#define REACH(record)                                                                                        \
	"(WITH RECURSIVE reach (id) AS (SELECT " record " UNION SELECT former FROM record_former"            \
	" JOIN reach ON reach.id = record_former.record) SELECT id FROM reach)"

/* An id of a record, as far as it can be believed. */
#define RECORD_SUM "record_id.sum IS row_sum(record.name, record_id.id, record_id.number, at)"
#define GIVEN      "record_id JOIN record ON record.id = record_id.record AND " RECORD_SUM

/* What this host had given out for the record before it was seen was not foreign, only not known to be of it.
 */
#define EXPLAINED                                                                                            \
	"EXISTS (SELECT 1 FROM " GIVEN " WHERE record_id.record IN " REACH(                                  \
		RECORD_ID) " AND record_id.id = foreign_seen.id AND number > 0 AND at <= first_at)"
#define FOREIGN "FROM foreign_seen WHERE domain = " DOMAIN_ID " AND NOT " EXPLAINED

/* Ids that a record gets from one of its domains. */
#define TAKE_IDS(ids, number, at)                                                                            \
	"INSERT INTO record_id (record, id, number, at, sum) SELECT record.id, ids.id, " number ", " at      \
	", row_sum(record.name, ids.id, " number ", " at                                                     \
	") FROM domain JOIN record ON record.id = " RECORD_ID " JOIN " ids                                   \
	" AS ids ON ids.domain = domain.id WHERE domain.name = ?1"
#define IDS_SUM " row_sum(domain.name, ids.id, text, published_at, superseded_at)"

/* Where ids that a domain brings to its record show that senders knew one earlier than the record has it. */
#define CLASHES_OF(ids, number, at)                                                                          \
	"SELECT record_id.record, " number " AS first, record_id.number AS last FROM domain CROSS JOIN " ids \
	" CROSS JOIN record_id ON record_id.record = " RECORD_ID " AND record_id.id = ids.id"                \
	" WHERE domain.name = ?1 AND record_id.number > " number " AND iif(" number                          \
	" = 0, record_id.at > " at ", record_id.at <> " at ")"
#define CLASHES                                                                                              \
	CLASHES_OF("revision AS ids ON ids.domain = domain.id",                                              \
		   "iif(ids.adopted, record_id.number, ids.number)", "ids.published_at")                     \
	" UNION ALL " CLASHES_OF("foreign_seen AS ids ON ids.domain = domain.id", "0",                       \
				 "ids.first_at") " UNION ALL " CLASHES_OF("record AS own ON own.name = "     \
									  "'_mta-sts.' || domain.name"       \
									  " CROSS JOIN record_id AS ids ON " \
									  "ids.record = own.id",             \
									  "iif(ids.number < 0, "             \
									  "record_id.number, ids.number)",   \
									  "ids.at")

/* Ids of one record that become those of another. */
#define HAND_DOWN(heir)                                                                                      \
	"INSERT INTO record_id (record, id, number, at, sum)"                                                \
	" SELECT heir.id, record_id.id, number, at, row_sum(heir.name, record_id.id, number, at)"            \
	" FROM " GIVEN " JOIN record AS heir ON " heir

/* What is known of revisions, and who ordered them. */
#define HISTORY(order)                                                                                       \
	"SELECT revision.number, id, text, published_at, superseded_at, first_served_at,"                    \
	" max(coalesce(last_served_at, 0), coalesce((SELECT max(until) FROM lapse"                           \
	" WHERE until >= min(published_at, coalesce(superseded_at, published_at))"                           \
	" AND since <= max(published_at, coalesce(superseded_at, since))), 0)),"                             \
	" fetches, seen_at, ttl, " order ","                                                                 \
	" sum IS row_sum(?1, id, text, published_at, superseded_at),"                                        \
	" revision.number IS (SELECT abs(unknown_before) FROM domain WHERE name = ?1) FROM revision"

static const char *const texts[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_COUNT_UP] = "UPDATE store SET generation = generation + 1",
	[SQL_GENERATION] = "SELECT generation FROM store",
	[SQL_DOMAIN_PUT] = "INSERT INTO domain (name, source) VALUES (?1, ifnull(?2, ''))"
			   " ON CONFLICT (name) DO NOTHING",
	[SQL_DOMAIN_SOURCE] = "UPDATE domain SET source = ?2 WHERE name = ?1",
	[SQL_DOMAIN_LAST] = "SELECT max(id) FROM domain",
	[SQL_DOMAIN_TOTAL] = "SELECT count(*) FROM domain",
	[SQL_DOMAIN_EACH] = "SELECT id, name, source, (SELECT name FROM record WHERE record.id = declared),"
			    " (SELECT name FROM record WHERE record.id = observed) FROM domain NOT INDEXED",
	[SQL_DOMAIN_NUMBERS] = "SELECT id FROM domain ORDER BY name",
	/* What was not known of an earlier stay no look can find out; who was away for a restore was not
	 * away.
	 */
	[SQL_PAST_BEGIN] =
		"UPDATE domain SET unknown_before = CASE"
		" WHEN restored_at <> 0 AND ?3 - restored_at BETWEEN 0 AND 86400 THEN unknown_before"
		" WHEN unknown_before = 0 THEN ?2 ELSE -?2 END, restored_at = 0 WHERE name = ?1",
	[SQL_PAST_BEGIN_FIRST] = "UPDATE domain SET unknown_before = ?2 WHERE id = ?1",
	[SQL_PAST_SETTLE] = "UPDATE domain SET unknown_before = 0 WHERE name = ?1",
	[SQL_PAST_SETTLE_UNSEEN] =
		"UPDATE domain SET unknown_before = 0 WHERE name = ?1 AND unknown_before > 0",
	[SQL_PAST_NOTE_SEEN] =
		"UPDATE domain SET unknown_before = -unknown_before WHERE name = ?1 AND unknown_before > 0",
	[SQL_PAST_IS_UNKNOWN] = "SELECT unknown_before <> 0 FROM domain WHERE name = ?1",
	/* A row that is not sound stays so: nothing proves what it held. */
	[SQL_REVISION_SUPERSEDE] = "UPDATE revision SET superseded_at = ?2,"
				   " sum = iif(sum IS row_sum(?1, id, text, published_at, NULL),"
				   " row_sum(?1, id, text, published_at, ?2), sum)"
				   " WHERE domain = " DOMAIN_ID " AND superseded_at IS NULL",
	[SQL_REVISION_PUT] = "INSERT INTO revision (domain, id, text, published_at, sum)"
			     " VALUES (ifnull(?5, " DOMAIN_ID "), ?2, ?3, ?4, row_sum(?1, ?2, ?3, ?4, NULL))",
	[SQL_REVISION_IS_USED] = "SELECT 1 FROM revision WHERE domain = " DOMAIN_ID " AND id = ?2",
	[SQL_REVISION_AT_MOST] = "SELECT id FROM revision WHERE domain = " DOMAIN_ID
				 " AND number <= ?2 ORDER BY number DESC LIMIT 1",
	[SQL_REVISION_EACH] = REVISION_ROW " WHERE superseded_at IS NULL ORDER BY domain.name",
	[SQL_REVISION_SCAN] = REVISION_BARE "NOT INDEXED WHERE superseded_at IS NULL",
	[SQL_REVISION_PICK] = REVISION_BARE "WHERE superseded_at IS NULL",
	[SQL_REVISION_IS_LOST] = "SELECT 1 FROM revision JOIN domain ON domain.id = revision.domain"
				 " WHERE domain = ?1 AND sum IS NOT " REVISION_SUM " LIMIT 1",
	[SQL_REVISION_AT] = REVISION_ROW " WHERE number = ?1 AND superseded_at IS NULL",
	[SQL_REVISION_LAST] = "SELECT seq FROM sqlite_sequence WHERE name = 'revision'",
	[SQL_REVISION_ADOPT] = "UPDATE revision SET adopted = 1 WHERE domain = " DOMAIN_ID " AND id = ?2",
	[SQL_FOREIGN_ADOPT] =
		"DELETE FROM foreign_seen WHERE domain = " DOMAIN_ID " AND id = ?2 AND mode IS NULL",
	[SQL_REVISION_EACH_LOST] =
		"SELECT name FROM domain WHERE NOT EXISTS (SELECT 1 FROM revision"
		" WHERE revision.domain = domain.id AND superseded_at IS NULL) AND EXISTS (SELECT 1 FROM "
		"revision"
		" WHERE revision.domain = domain.id AND sum IS NOT " REVISION_SUM ") ORDER BY name",
	[SQL_REVISION_SEE] = "UPDATE revision SET seen_at = coalesce(seen_at, ?3)"
			     " WHERE domain = " DOMAIN_ID " AND id = ?2 AND superseded_at IS NULL",
	[SQL_REVISION_UNSEE] = "UPDATE revision SET seen_at = NULL"
			       " WHERE domain = " DOMAIN_ID " AND superseded_at IS NULL",
	/* Where a newer one was right everywhere nothing older than this one could be renewed either. */
	[SQL_REVISION_SEE_LIKE_NEWER] =
		"UPDATE revision SET seen_at = (SELECT min(seen_at) FROM revision AS newer"
		" WHERE newer.domain = revision.domain AND newer.number > revision.number)"
		" WHERE domain = " DOMAIN_ID " AND id = ?2 AND seen_at IS NULL",
	[SQL_REVISION_UNSEE_AFTER] =
		"UPDATE revision SET seen_at = NULL WHERE domain = " DOMAIN_ID
		" AND number > coalesce((SELECT number FROM revision WHERE domain = " DOMAIN_ID
		" AND id = ?2), 0)",
	[SQL_REVISION_TTL] =
		"UPDATE revision SET ttl = max(ttl, ?3) WHERE domain = " DOMAIN_ID " AND id = ?2",
	[SQL_HISTORY_EACH] =
		HISTORY("audit.number, command, who, reason") " LEFT JOIN audit_change ON "
							      "audit_change.domain = revision.domain "
							      "AND after = id"
							      " AND before IS NOT after LEFT JOIN audit ON "
							      "audit.number = audit_change.audit"
							      " WHERE revision.domain = " DOMAIN_ID
							      " ORDER BY revision.number DESC",
	[SQL_HISTORY_EACH_HELD] = HISTORY("0, NULL, NULL, NULL") " WHERE revision.domain = " DOMAIN_ID
								 " ORDER BY revision.number DESC",
	[SQL_RUN_BEGIN] = "UPDATE store SET running = 1, counted_at = ?1",
	[SQL_RUN_COUNTED] = "UPDATE store SET counted_at = ?1",
	[SQL_RUN_END] = "UPDATE store SET running = 0, counted_at = ?1",
	[SQL_LAPSE_PUT] = "INSERT INTO lapse SELECT min(counted_at, ?1), max(counted_at, ?1) FROM store "
			  "WHERE running <> 0",
	[SQL_FETCHES_ADD] =
		"UPDATE revision SET fetches = fetches + ?2, first_served_at = coalesce(first_served_at, ?3),"
		" last_served_at = max(coalesce(last_served_at, 0), ?4) WHERE number = ?1",
	[SQL_FOREIGN_PUT] =
		"INSERT INTO foreign_seen (domain, id, first_at, last_at, ttl, turn) SELECT id, ?2, ?3, ?3, "
		"?4,"
		" coalesce((SELECT max(turn) FROM foreign_seen WHERE foreign_seen.domain = domain.id), 0) + 1"
		" FROM domain WHERE name = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM revision WHERE revision.domain = domain.id AND revision.id = ?2)"
		" ON CONFLICT (domain, id) DO UPDATE SET last_at = max(last_at, ?3), ttl = max(ttl, ?4),"
		" turn = excluded.turn",
	/* More than that DNS has never seen of one domain, and whoever owns the zone must not fill the disk.
	 */
	[SQL_FOREIGN_CUT] = "DELETE FROM foreign_seen WHERE domain = " DOMAIN_ID
			    " AND id IN (SELECT id FROM foreign_seen WHERE domain = " DOMAIN_ID
			    " ORDER BY turn DESC LIMIT -1 OFFSET 1000)",
	[SQL_FOREIGN_IS_ANY] = "SELECT EXISTS (SELECT 1 FROM foreign_seen WHERE domain = " DOMAIN_ID ")",
	[SQL_FOREIGN_LAST] = "SELECT id, max(last_at) OVER (), max(ttl) OVER () " FOREIGN
			     " AND turn > 0 AND mode IS NULL ORDER BY turn DESC LIMIT 1",
	/* Whatever was said of it before may be true, too. */
	[SQL_FOREIGN_TELL] = "UPDATE foreign_seen SET mode = ?3, max_age = ?4 WHERE domain = " DOMAIN_ID
			     " AND id = ?2 AND (mode IS NULL OR " FOREIGN_HOLD(
				     "mode", "max_age") " < " FOREIGN_HOLD("?3", "?4") ")",
	[SQL_FOREIGN_EACH_TOLD] = "SELECT id, last_at, ttl, mode, max_age FROM foreign_seen"
				  " WHERE domain = " DOMAIN_ID " AND turn > 0 AND mode IS NOT NULL",
	[SQL_FOREIGN_IS_TOLD] =
		"SELECT 1 FROM foreign_seen WHERE domain = " DOMAIN_ID " AND id = ?2 AND mode IS NOT NULL",
	[SQL_FOREIGN_IS_SEEN] = "SELECT 1 " FOREIGN " AND id = ?2",
	[SQL_RECORD_PUT] = "INSERT INTO record (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
	[SQL_RECORD_PLACE] = "UPDATE domain SET declared = (SELECT id FROM record WHERE record.name = ?2),"
			     " observed = (SELECT id FROM record WHERE record.name = ?3) WHERE name = ?1",
	[SQL_RECORD_OF] = "SELECT 1 WHERE " RECORD_ID " IS NOT NULL",
	[SQL_RECORD_FOLLOW] =
		"INSERT INTO record_former (record, former) SELECT heir.id, old.id FROM domain"
		" JOIN record AS heir ON heir.name = ?2 JOIN record AS old"
		" ON old.id IN (" RECORD_ID ", observed) AND old.name <> '_mta-sts.' || domain.name"
		" AND old.id <> heir.id WHERE domain.name = ?1 ON CONFLICT DO NOTHING",
	[SQL_RECORD_FOLLOW_OWN] =
		"INSERT INTO record_former (record, former) SELECT heir.id, former FROM record"
		" JOIN record_former ON record_former.record = record.id JOIN record AS heir ON heir.name = "
		"?2"
		" WHERE record.name = '_mta-sts.' || ?1 AND former <> heir.id AND heir.id <> record.id"
		" ON CONFLICT DO NOTHING",
	[SQL_RECORD_HAND_DOWN_OWN] =
		HAND_DOWN("heir.id = " RECORD_ID) " WHERE record.name = '_mta-sts.' || ?1 AND heir.id <> "
						  "record.id" UNLESS_EARLIER,
	[SQL_RECORD_HAND_DOWN_NEWEST] = HAND_DOWN(
		"heir.name = ?2") " WHERE record_id.record = " RECORD_ID
				  " AND heir.id <> record.id AND number > 0"
				  " ORDER BY number DESC, at DESC, record_id.id DESC LIMIT 1" UNLESS_EARLIER,
	[SQL_RECORD_CLASHES] = CLASHES " LIMIT 1",
	[SQL_RECORD_UNSEE] =
		"UPDATE revision SET seen_at = NULL FROM (" CLASHES ") AS lost, domain AS sharer"
		" WHERE sharer.id = revision.domain AND revision.number > lost.first"
		" AND revision.number <= lost.last AND superseded_at IS NULL AND coalesce(sharer.declared,"
		" sharer.observed, (SELECT id FROM record WHERE name = '_mta-sts.' || sharer.name))"
		" = lost.record",
	[SQL_RECORD_TAKE] = TAKE_IDS("revision", "iif(ids.adopted, -ids.number, ids.number)",
				     "published_at") " AND ids.sum IS" IDS_SUM UNLESS_EARLIER,
	[SQL_RECORD_TAKE_FOREIGN] = TAKE_IDS("foreign_seen", "0", "first_at") UNLESS_EARLIER,
	[SQL_RECORD_NOTE_FOREIGN] =
		TAKE_IDS("foreign_seen", "0", "first_at") " AND ids.id = ?2" UNLESS_EARLIER,
	/* Of two ids of one number the later one has the later time: otherwise their names would decide. */
	[SQL_RECORD_GIVE] = "INSERT INTO record_id (record, id, number, at, sum)"
			    " SELECT id, ?2, ?3, at, row_sum(?1, ?2, ?3, at) FROM (SELECT id,"
			    " max(?4, ifnull((SELECT max(at) + 1 FROM record_id"
			    " WHERE record = record.id AND number = ?3 AND record_id.id <> ?2), 0)) AS at"
			    " FROM record WHERE name = ?1) WHERE true" UNLESS_EARLIER,
	[SQL_RECORD_HAS] = "SELECT 1 FROM record_id WHERE id = ?2 AND record IN " REACH(
		"(SELECT id FROM record WHERE name = ?1)"),
	[SQL_RECORD_KNOWS] = "SELECT 1 FROM revision WHERE domain = " DOMAIN_ID
			     " AND id = ?2 UNION ALL SELECT 1 FROM record_id"
			     " WHERE record IN " REACH(RECORD_ID) " AND id = ?2",
	/* First what was adopted, which is what senders hold; of others nobody knows what. */
	[SQL_RECORD_GIVEN] = "SELECT max(number, 0), at, place FROM (SELECT number, published_at AS at, 1 - "
			     "adopted AS place"
			     " FROM revision WHERE domain = " DOMAIN_ID " AND id = ?2 UNION ALL"
			     " SELECT number, iif(number < 0, -1, at), 1 + (number <= 0) FROM " GIVEN
			     " WHERE record_id.record IN " REACH(RECORD_ID) " AND record_id.id = ?2)"
									    " ORDER BY place, number",
	[SQL_RECORD_NEWEST] =
		"SELECT record_id.id, number, 1 FROM " GIVEN " WHERE record.name = ?1 AND number > 0"
		" ORDER BY number DESC, at DESC, record_id.id DESC LIMIT 1",
	[SQL_RECORD_ADOPTED] = "SELECT record_id.id, -number, count(*) OVER () FROM " GIVEN
			       " WHERE record.name = ?1 AND number < 0 ORDER BY number LIMIT 1",
	[SQL_RECORD_EACH] = "SELECT name FROM record ORDER BY name",
	[SQL_RECORD_EACH_SINCE] =
		"SELECT id, own FROM (SELECT own.id, own.number, published_at AS at, own.number AS own"
		" FROM revision AS own WHERE own.domain = " DOMAIN_ID " AND superseded_at IS NULL"
		" UNION SELECT record_id.id, record_id.number, at, own.number FROM " GIVEN
		" JOIN revision AS own ON own.domain = " DOMAIN_ID " AND superseded_at IS NULL"
		" WHERE record_id.record IN " REACH(
			RECORD_ID) " AND (record_id.number >= own.number"
				   " OR record_id.id = own.id)) GROUP BY id ORDER BY max(number) DESC, "
				   "max(at) DESC, id DESC"
				   " LIMIT ?2",
	[SQL_OBSERVATION_PUT] =
		"INSERT INTO observation (domain, at, id, verdict, error, right_at)"
		" VALUES (" DOMAIN_ID
		", ?2, ?3, ?4, ?5, ?6) ON CONFLICT (domain) DO UPDATE SET at = ?2, id = ?3,"
		" verdict = ?4, error = ?5, right_at = iif(?7 <> 0 AND id = ?3, right_at, ?6)",
	[SQL_OBSERVATION_UNCONFIRM] = "UPDATE observation SET right_at = 0 WHERE right_at <> 0",
	[SQL_OBSERVATION_PUT_SERVER] =
		"INSERT INTO observation_server (domain, place, server, address, verdict, ttl, said, named,"
		" other_id, beside) VALUES (" DOMAIN_ID ", ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_OBSERVATION_REMOVE] = "DELETE FROM observation WHERE domain = " DOMAIN_ID,
	[SQL_OBSERVATION_REMOVE_SERVERS] = "DELETE FROM observation_server WHERE domain = " DOMAIN_ID,
	[SQL_OBSERVATION_LAST] =
		"SELECT at, id, verdict, error, right_at FROM observation WHERE domain = " DOMAIN_ID,
	[SQL_OBSERVATION_EACH_SERVER] =
		"SELECT server, address, verdict, ttl, said, named, other_id, beside FROM observation_server"
		" WHERE domain = " DOMAIN_ID " ORDER BY place",
	[SQL_SWITCH_PUT] =
		"INSERT INTO switch (domain, mode, max_age, keep_mx, since, who, sum)"
		" VALUES (" DOMAIN_ID ", ?2, ?3, ?4, ?5, ?6, row_sum(?1, ?2, ?3, ?4))"
		" ON CONFLICT (domain) DO UPDATE SET mode = excluded.mode, max_age = excluded.max_age,"
		" keep_mx = excluded.keep_mx, since = excluded.since, who = excluded.who, sum = excluded.sum",
	[SQL_SWITCH_REMOVE] = "DELETE FROM switch WHERE domain = " DOMAIN_ID,
	[SQL_SWITCH_EACH] = "SELECT name, mode, max_age, keep_mx, since, who, sum IS " SWITCH_SUM
			    " FROM switch JOIN domain ON domain.id = switch.domain ORDER BY name",
	[SQL_SWITCH_COUNT] = "UPDATE store SET switches = switches + ?1",
	[SQL_AUDIT_PUT] = "INSERT INTO audit (at, uid, who, command, reason, undoes, file, file_sum)"
			  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_AUDIT_CHANGE] =
		"INSERT INTO audit_change (audit, domain, before, after, was_known, was_mode, was_max_age,"
		" was_keep_mx, was_since, was_who)"
		" VALUES (?2, ifnull(?10, " DOMAIN_ID "), ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9)",
	[SQL_AUDIT_EACH] = "SELECT number, at, uid, who, command, undoes, reason,"
			   " (SELECT count(*) FROM audit_change WHERE audit_change.audit = number)"
			   " FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
	[SQL_AUDIT_EACH_CHANGE] =
		"SELECT name, before, after, was_known, was_mode, was_max_age, was_keep_mx, was_since, "
		"was_who"
		" FROM audit_change JOIN domain ON domain.id = audit_change.domain WHERE audit = ?1"
		" ORDER BY name LIMIT ?2",
	[SQL_AUDIT_LAST_ORDER] = "SELECT max(number) FROM audit"
				 " WHERE command IN ('none', 'testing', 'enforce', 'reset', 'undo')",
	[SQL_AUDIT_LAST_FILE] =
		"SELECT file, file_sum FROM audit WHERE file IS NOT NULL ORDER BY number DESC LIMIT 1",
	/* What was said of the time before changes nothing that could be taken back. */
	[SQL_AUDIT_LAST_OF] = "SELECT max(audit) FROM audit_change JOIN audit ON number = audit"
			      " WHERE domain = " DOMAIN_ID
			      " AND (command NOT IN ('nothing-before', 'adopt') OR before IS NOT after)",
};

const char *statements_text(enum sql sql)
{
	return texts[sql];
}
