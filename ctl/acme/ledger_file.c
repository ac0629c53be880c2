/* SPDX-License-Identifier: ISC */
#include "ctl/acme/ledger_file.h"

#include "base/file.h"
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASIDE "ledger.new"
#define OLD   ".old"

const char *ledger_file_name(const char *directory, char name[LEDGER_FILE_SIZE])
{
	(void)snprintf(name, LEDGER_FILE_SIZE, "ledger-%016" PRIx64,
		       text_sum(TEXT_SUM_EMPTY, directory, strlen(directory)));
	return name;
}

/* One that is not there is empty. */
static enum err read_bytes(const char *folder, const char *name, const char *path,
			   struct complaints *complaints, struct file *file)
{
	const char *why = NULL;
	enum err err = file_read_in(folder, name, LEDGER_MOST, file, &why);

	if (err == ERR_OK || err == ERR_NO_MEMORY)
		return err;
	if (err == ERR_NOT_FOUND) {
		*file = (struct file){ 0 };
		return ERR_OK;
	}
	complain_unreadable(complaints, path, 0, path, why, LEDGER_MOST);
	return ERR_SYNTAX;
}

enum err ledger_file_read(const char *folder, const char *directory, time_t now, struct budget *budget,
			  struct complaints *complaints, bool *worn)
{
	char name[LEDGER_FILE_SIZE];
	struct file file = { 0 };
	char *path = file_path(folder, ledger_file_name(directory, name));
	enum err err = path != NULL ? ERR_OK : ERR_NO_MEMORY;

	budget_begin(budget, directory);
	if (err == ERR_OK)
		err = read_bytes(folder, name, path, complaints, &file);
	if (err == ERR_OK)
		err = ledger_read(file.bytes != NULL ? file.bytes : "", file.len, directory, now, budget,
				  path, complaints, worn);
	file_free(&file);
	free(path);
	return err;
}

/* What it was is there as long as it is not written anew again: the clock may have been wrong. */
static enum err keep_old(int parent, const char *name)
{
	char old[LEDGER_FILE_SIZE + sizeof(OLD)];

	(void)snprintf(old, sizeof(old), "%s" OLD, name);
	(void)unlinkat(parent, old, 0);
	return linkat(parent, name, parent, old, 0) == 0 || errno == ENOENT ? ERR_OK : ERR_IO;
}

static enum err renew(const struct budget *budget, int parent, const char *directory, time_t now)
{
	char name[LEDGER_FILE_SIZE];
	struct text text = { 0 };
	enum err err = ledger_write(budget, directory, now, &text);

	if (err == ERR_OK)
		err = keep_old(parent, ledger_file_name(directory, name));
	if (err == ERR_OK)
		err = folder_replace(parent, ASIDE, name, &text);
	text_free(&text);
	return err;
}

/* What a program that died left of a line ends with no line end, and would be glued to the next one. */
static enum err cut_tail(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END), at = end;
	char byte = '\0';

	while (at > 0 && byte != '\n') {
		if (pread(fd, &byte, 1, at - 1) != 1)
			return ERR_IO;
		at -= byte != '\n';
	}
	return end >= 0 && (at == end || ftruncate(fd, at) == 0) ? ERR_OK : ERR_IO;
}

enum err ledger_file_open(const char *folder, int parent, const char *directory, time_t now,
			  struct complaints *complaints, struct ledger_file *file)
{
	char name[LEDGER_FILE_SIZE];
	bool worn = false;
	enum err err;

	*file = (struct ledger_file){ .fd = -1 };
	err = ledger_file_read(folder, directory, now, &file->budget, complaints, &worn);
	if (err == ERR_OK && worn)
		err = renew(&file->budget, parent, directory, now);
	if (err != ERR_OK)
		return err;
	file->fd =
		openat(parent, ledger_file_name(directory, name), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	return file->fd >= 0 ? cut_tail(file->fd) : ERR_IO;
}

/*
 * What a full disk took of a line would be glued to the next one: it is cut off again.  Where that fails,
 * too, nothing more is written, since the file would be refused.
 */
static enum err append(struct ledger_file *file, const struct text *line)
{
	off_t end = lseek(file->fd, 0, SEEK_END);
	ssize_t written = end >= 0 ? write(file->fd, line->bytes, line->len) : -1;
	int cause = errno;

	if (written == (ssize_t)line->len && fdatasync(file->fd) == 0)
		return ERR_OK;
	cause = written >= 0 && (size_t)written < line->len ? ENOSPC : written < 0 ? cause : errno;
	if (end < 0 || ftruncate(file->fd, end) != 0) {
		(void)close(file->fd);
		file->fd = -1;
	}
	errno = cause;
	return ERR_IO;
}

enum err ledger_file_put(struct ledger_file *file, const struct entry *entry)
{
	struct text line = { 0 };
	enum err err = ledger_line_write(entry, &line);

	if (err == ERR_OK && file->fd < 0) {
		errno = EIO;
		err = ERR_IO;
	}
	if (err == ERR_OK)
		err = append(file, &line);
	if (err == ERR_OK)
		err = budget_take(&file->budget, entry);
	text_free(&line);
	return err;
}

void ledger_file_close(struct ledger_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->budget.limits != NULL)
		budget_free(&file->budget);
	*file = (struct ledger_file){ .fd = -1 };
}
