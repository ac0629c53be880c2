/* SPDX-License-Identifier: ISC */
#include "core/certificates.h"

#include "base/file.h"
#include "certs/installed.h"
#include "certs/warm.h"
#include "log/log.h"
#include "store/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *certificates_installed(const char *state)
{
	return file_path(state, "certificates");
}

char *certificates_requested(const char *state)
{
	return file_path(state, "requests");
}

static enum err put_installed(struct names *directories, const char *state)
{
	char *path = certificates_installed(state);
	enum err err = path != NULL ? ERR_OK : ERR_NO_MEMORY;

	/* It is made by the first install. */
	if (err == ERR_OK && (access(path, R_OK | X_OK) == 0 || errno != ENOENT))
		err = names_put(directories, path);
	free(path);
	return err;
}

void certificates_finish(struct store *store, const char *directory)
{
	struct audit_file promised = { .sum = 0 };
	uint64_t left = 0;
	char *path;
	enum err err;

	if (installed_left(directory, &left) != ERR_OK)
		return;
	err = audit_last_file(store, &promised);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return; /* it may be promised all the same: the next start may be able to tell */
	if (err == ERR_NOT_FOUND || promised.sum != left || strchr(promised.name, '/') != NULL) {
		installed_clean(directory);
		return;
	}
	path = file_path(directory, promised.name);
	if (path != NULL && installed_put(directory, path) == ERR_OK)
		log_notice("certificates, install finished (%s): it was interrupted after it was noted",
			   path);
	free(path);
}

enum err certificates_load(struct certs *certs, const struct settings *settings, const char *state,
			   struct complaints *complaints)
{
	struct names directories = { 0 };
	size_t first = complaints->count;
	enum err err = ERR_OK;

	warm_limit((size_t)settings->certificates_warm);
	certs_note_places(certs, settings->watch ? CERTIFICATES_PLACES : 0);
	for (size_t i = 0; err == ERR_OK && i < settings->certificates.count; i++)
		err = names_put(&directories, settings->certificates.item[i]);
	if (err == ERR_OK && state != NULL)
		err = put_installed(&directories, state);
	if (err == ERR_OK)
		err = certs_load(certs, &directories, complaints);
	complaints_sort(complaints, first);
	names_free(&directories);
	return err;
}
