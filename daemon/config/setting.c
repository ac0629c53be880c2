/* SPDX-License-Identifier: ISC */
#include "config/setting.h"

#include "base/complaints.h"

#include <string.h>

/* NULL: the row is not of that group. */
static const char *name_in(const struct setting *row, const char *group)
{
	size_t len = strlen(group);

	return strncmp(row->name, group, len) == 0 && strchr(row->name + len, '.') == NULL ? row->name + len
											     : NULL;
}

size_t setting_find(const struct setting *rows, size_t count, const char *group, const char *name)
{
	size_t row = 0;

	for (; row < count; row++) {
		const char *known = name_in(&rows[row], group);

		if (known != NULL && strcmp(known, name) == 0)
			break;
	}
	return row;
}

static enum err name_known(const struct setting *rows, size_t count, const char *group, struct text *out)
{
	enum err err = text_appendf(out, "known here are");
	const char *between = " ";

	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		const char *name = name_in(&rows[i], group);

		if (name == NULL)
			continue;
		err = text_appendf(out, "%s%s", between, name);
		between = ", ";
	}
	return err;
}

enum err setting_advise(const struct setting *rows, size_t count, const char *group, const char *name,
			struct text *out)
{
	const char *meant = NULL;
	size_t best = COMPLAINT_FOREIGN;

	for (size_t i = 0; i < count; i++) {
		const char *known = name_in(&rows[i], group);
		size_t typos = known != NULL ? complaint_typos(name, known) : COMPLAINT_FOREIGN;

		if (typos < best) {
			best = typos;
			meant = known;
		}
	}
	return meant != NULL ? text_appendf(out, "write %s", meant) : name_known(rows, count, group, out);
}
