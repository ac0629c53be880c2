/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "base/text.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* How many complaints of the running test have been asserted. */
static size_t seen;

int scratch_setup(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));
	const char *parent = getenv("TMPDIR");
	char folder[256];

	if (scratch == NULL)
		return -1;
	(void)snprintf(folder, sizeof(folder), "%.200s/mta-stsd-test-XXXXXX",
		       parent != NULL ? parent : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	scratch->folder = strdup(folder);
	seen = 0;
	*state = scratch;
	return scratch->folder != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

int scratch_teardown(void **state)
{
	struct scratch *scratch = *state;
	int failed = nftw(scratch->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	complaints_free(&scratch->complaints);
	free(scratch->folder);
	free(scratch);
	return failed;
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
	static char path[4][512];
	static unsigned next;

	next = (next + 1) % 4;
	(void)snprintf(path[next], sizeof(path[next]), "%s/%s", scratch->folder, name);
	return path[next];
}

const char *scratch_put(const struct scratch *scratch, const char *name, const void *bytes, size_t len)
{
	const char *path = scratch_path(scratch, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

const char *scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
	return scratch_put(scratch, name, text, strlen(text));
}

/* Take every mention of the directory out of a line. */
static void cut(char *line, const char *folder)
{
	char *at;

	while ((at = strstr(line, folder)) != NULL) {
		const char *rest = at + strlen(folder) + 1;

		memmove(at, rest, strlen(rest) + 1);
	}
}

void scratch_assert_complaint(struct scratch *scratch, const char *line)
{
	struct text got = { 0 };
	char shown[1024];

	if (seen == scratch->complaints.count)
		fail_msg("no complaint is left for: %s", line);
	assert_int_equal(complaint_render(&scratch->complaints.item[seen++], &got), ERR_OK);
	(void)snprintf(shown, sizeof(shown), "%s", got.bytes);
	text_free(&got);
	cut(shown, scratch->folder);
	assert_string_equal(shown, line);
}

void scratch_assert_no_more(struct scratch *scratch)
{
	struct text got = { 0 };
	char shown[1024];

	if (seen == scratch->complaints.count)
		return;
	assert_int_equal(complaint_render(&scratch->complaints.item[seen], &got), ERR_OK);
	(void)snprintf(shown, sizeof(shown), "%s", got.bytes);
	text_free(&got);
	fail_msg("complaint not expected: %s", shown);
}
