/* SPDX-License-Identifier: ISC */
#include "core/restoring.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "certs/pair.h"
#include "core/certificates.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any pair has that is let through. */
#define PAIR_LIMIT (1U << 20)

/* The two places that a pair may come from, and the one that it goes to. */
struct way {
	struct restoring *restoring;
	char *backup;    /* the directory of certificates in it */
	char *installed; /* that in the state directory */
	int to;
	struct stat owner;
};

static enum err failed(const char *doing, const char *path)
{
	log_error("restore, %s %s failed (%s)", doing, path, strerror(errno));
	return ERR_STORE;
}

/* Until when a pair can be used; 0: not at all. */
static enum err find_expiry(const char *path, time_t *expiry)
{
	struct complaints complaints = { 0 };
	struct pair *pair = NULL;
	struct stat status;
	enum err err = ERR_OK;

	*expiry = 0;
	if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return ERR_OK; /* none of ours, and never copied */
	err = pair_load(path, path, clock_now(), &complaints, &pair);
	*expiry = err == ERR_OK ? pair_facts(pair)->not_after : 0;
	pair_release(&pair);
	complaints_free(&complaints);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

static const char *until(time_t expiry, char out[CLOCK_TEXT_SIZE])
{
	return expiry != 0 ? clock_text(expiry, out) : "cannot be used";
}

static enum err put(struct way *way, const char *from, const char *name)
{
	char *path = file_path(from, name);
	struct file file = { 0 };
	const char *why = "out of memory";
	enum err err = path != NULL ? file_read_in(from, name, PAIR_LIMIT, &file, &why) : ERR_NO_MEMORY;
	const struct text bytes = { .bytes = file.bytes, .len = file.len };

	if (err == ERR_OK && folder_put(way->to, name, &bytes, &way->owner) != ERR_OK) {
		err = failed("writing the copy of", path);
	} else if (err == ERR_REFUSED && from == way->installed) {
		log_warning("restore, %s %s and no certificate: it is left out", path, why);
		err = ERR_OK;
	} else if (err != ERR_OK && err != ERR_NO_MEMORY) {
		log_error("restore, %s %s", path, why);
		err = ERR_STORE;
	}
	file_free(&file);
	free(path);
	return err;
}

static void tell_choice(const char *name, bool stays, time_t here, time_t there)
{
	char one[CLOCK_TEXT_SIZE], other[CLOCK_TEXT_SIZE];

	if (stays)
		log_warning("restore, certificate %s stays (installed: %s, in the backup: %s): that of the "
			    "backup is not "
			    "used",
			    name, until(here, one), until(there, other));
	else
		log_notice("restore, certificate %s is that of the backup (installed: %s, in the backup: %s)",
			   name, until(here, one), until(there, other));
}

static bool is_alike(const struct way *way, const char *name)
{
	struct file one = { 0 }, other = { 0 };
	const char *why;
	bool alike = file_read_in(way->installed, name, PAIR_LIMIT, &one, &why) == ERR_OK &&
		     file_read_in(way->backup, name, PAIR_LIMIT, &other, &why) == ERR_OK &&
		     one.len == other.len && memcmp(one.bytes, other.bytes, one.len) == 0;

	file_free(&one);
	file_free(&other);
	return alike;
}

static enum err compare(const char *name, const char *here, const char *there, bool *stays)
{
	time_t one = 0, other = 0;
	enum err err = find_expiry(here, &one);

	if (err == ERR_OK)
		err = find_expiry(there, &other);
	*stays = one >= other;
	if (err == ERR_OK)
		tell_choice(name, *stays, one, other);
	return err;
}

/* Both have one of this name. */
static enum err choose(struct way *way, const char *name)
{
	char *here = file_path(way->installed, name);
	char *there = file_path(way->backup, name);
	enum err err = here != NULL && there != NULL ? ERR_OK : ERR_NO_MEMORY;
	bool stays = false;

	if (err == ERR_OK && !is_alike(way, name))
		err = compare(name, here, there, &stays);
	if (err == ERR_OK)
		err = put(way, stays ? way->installed : way->backup, name);
	if (err == ERR_OK) {
		way->restoring->later += stays;
		way->restoring->taken += !stays;
	}
	free(here);
	free(there);
	return err;
}

static enum err put_all(struct way *way, const struct names *installed)
{
	const struct names *backup = &way->restoring->manifest->certificates;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < backup->count; i++) {
		if (names_has_sorted(installed, backup->item[i])) {
			err = choose(way, backup->item[i]);
		} else {
			err = put(way, way->backup, backup->item[i]);
			way->restoring->taken++;
		}
	}
	for (size_t i = 0; err == ERR_OK && i < installed->count; i++) {
		if (names_has_sorted(backup, installed->item[i]))
			continue;
		err = put(way, way->installed, installed->item[i]);
		way->restoring->kept++;
	}
	return err;
}

static enum err refuse_link(const char *path)
{
	log_error("restore, %s is a symbolic link, which is not followed: find out who made it, then put the "
		  "directory itself in its place, or remove it",
		  path);
	return ERR_REFUSED;
}

static enum err put_into(struct way *way, int directory_fd, const char *name)
{
	struct names installed = { 0 };
	struct stat status;
	enum err err;

	if (lstat(way->installed, &status) == 0 && S_ISLNK(status.st_mode))
		return refuse_link(way->installed);
	err = folder_list(way->installed, &installed);
	if (err == ERR_IO)
		err = failed("reading", way->installed);
	else if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err == ERR_OK &&
	    (fstat(directory_fd, &way->owner) != 0 || folder_make(directory_fd, name, &way->to) != ERR_OK))
		err = failed("making", name);
	if (err == ERR_OK)
		err = put_all(way, &installed);
	if (err == ERR_OK && (folder_give_open(way->to, &way->owner) != ERR_OK || fsync(way->to) != 0))
		err = failed("syncing", name);
	names_free(&installed);
	return err;
}

enum err restoring_certificates(void *context, int directory_fd, const char *name)
{
	struct restoring *restoring = context;
	struct way way = {
		.restoring = restoring,
		.backup = file_path(restoring->backup, MANIFEST_CERTIFICATES),
		.installed = certificates_installed(restoring->state),
		.to = -1,
	};
	enum err err = ERR_NO_MEMORY;

	if (way.backup != NULL && way.installed != NULL)
		err = put_into(&way, directory_fd, name);
	if (way.to >= 0)
		(void)close(way.to);
	free(way.backup);
	free(way.installed);
	return err;
}
