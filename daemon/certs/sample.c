/* SPDX-License-Identifier: ISC */
#include "certs/sample_private.h"

#include "certs/candidate_private.h"
#include "certs/content_private.h"

#include <stdlib.h>

bool sample_reads(const struct named *named)
{
	return named->told != TOLD_COMPANION && named->told != TOLD_BINARY;
}

static enum err lacks_half(const struct match *match, const struct named *named, bool *lacks)
{
	char *path = file_path(match->folder->path, named->name);
	enum err err = path != NULL ? content_lacks_half(path, lacks) : ERR_NO_MEMORY;

	free(path);
	return err;
}

/* Files with both halves cost no more than a look into the first few; alone, one has nothing to be paired
 * with. */
static enum err look_into_some(const struct match *match, size_t candidates, bool *wanted)
{
	size_t looked = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; candidates > 1 && err == ERR_OK && !*wanted && i < match->count; i++) {
		if (match->files[i].told == TOLD_BOTH && looked++ < MATCH_SAMPLE)
			err = lacks_half(match, &match->files[i], wanted);
	}
	return err;
}

static enum err is_wanted(const struct match *match, bool *wanted)
{
	size_t candidates = 0, both = 0;

	*wanted = false;
	for (size_t i = 0; i < match->count; i++) {
		enum told told = match->files[i].told;

		*wanted = *wanted || told == TOLD_LIKELY || told == TOLD_KEYLESS;
		both += told == TOLD_BOTH ? 1 : 0;
		candidates += told == TOLD_BOTH || told == TOLD_TAKEN || told == TOLD_KEY ? 1 : 0;
	}
	return *wanted || both == 0 ? ERR_OK : look_into_some(match, candidates, wanted);
}

static void measure(const struct match *match, const struct named *named, size_t *files, size_t *bytes)
{
	struct stat status;
	char *path = file_path(match->folder->path, named->name);

	if (path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	    status.st_size <= CANDIDATE_FILE_LIMIT) {
		*bytes += (size_t)status.st_size;
		++*files;
	}
	free(path);
}

static bool is_too_much(const struct match *match)
{
	size_t files = 0, bytes = 0;

	for (size_t i = 0; i < match->count; i++) {
		if (sample_reads(&match->files[i]))
			measure(match, &match->files[i], &files, &bytes);
	}
	return files > MATCH_FILES_LIMIT || bytes > MATCH_BYTES_LIMIT;
}

enum err sample_folder(const struct match *match, enum sample *sample)
{
	bool wanted = false;
	enum err err = is_wanted(match, &wanted);

	if (err == ERR_OK && wanted)
		*sample = is_too_much(match) ? SAMPLE_TOO_MUCH : SAMPLE_READ;
	else if (err == ERR_OK)
		*sample = SAMPLE_TOLD;
	return err;
}
