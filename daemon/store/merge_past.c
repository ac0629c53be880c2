/* SPDX-License-Identifier: ISC */
#include "store/merge_private.h"

/*
 * What the state at hand found out of the time before a revision that it knows, it knows better than the
 * copy, as well as what came to it since.  Revisions have other numbers here.
 */
static const char known[] =
	"UPDATE main.domain SET unknown_before = coalesce((SELECT m.number * sign(o.unknown_before)"
	" FROM old.domain AS o JOIN old.revision AS r ON r.number = abs(o.unknown_before)"
	" JOIN main.revision AS m ON m.id = r.id WHERE o.name = main.domain.name AND m.domain = "
	"main.domain.id), 0)"
	" WHERE name IN (SELECT name FROM old.domain) AND (unknown_before = 0 OR EXISTS"
	" (SELECT 1 FROM main.revision AS m JOIN old.revision AS r ON r.id = m.id JOIN old.domain AS o"
	" ON o.id = r.domain WHERE m.number = abs(main.domain.unknown_before) AND o.name = "
	"main.domain.name));"
	/* Who is published there and not in the copy comes back as soon as a file names it. */
	"UPDATE main.domain SET restored_at = (SELECT now FROM clock)"
	" WHERE name IN (SELECT name FROM differing WHERE after IS NULL);"
	/* Who lost his file and was accepted without it is not asked for again. */
	"UPDATE main.domain SET source = '' WHERE name IN (SELECT name FROM old.domain WHERE source = '');"
	/* What was adopted since is foreign no more. */
	"DELETE FROM main.foreign_seen WHERE mode IS NULL AND EXISTS (SELECT 1 FROM main.revision AS r"
	" WHERE r.domain = foreign_seen.domain AND r.id = foreign_seen.id AND r.adopted)";

/* Who was forgotten since the copy was made may have been somebody else's in between. */
static const char comeback[] =
	"UPDATE main.domain SET unknown_before = iif(unknown_before = 0, 1, -1) * (SELECT max(number)"
	" FROM main.revision AS r WHERE r.domain = main.domain.id)"
	" WHERE name IN (SELECT name FROM differing WHERE after IS NOT NULL)"
	" AND name IN (SELECT o.name FROM old.domain AS o WHERE NOT EXISTS (SELECT 1 FROM old.revision AS r"
	" WHERE r.domain = o.id AND superseded_at IS NULL))";

enum err merge_past(struct sql_connection *copy)
{
	return sql_run_text(copy, known);
}

enum err merge_comeback(struct sql_connection *copy)
{
	return sql_run_text(copy, comeback);
}
