/* SPDX-License-Identifier: ISC */
#include "core/manifest.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "config.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1

/* Of more certificates than anybody has. */
#define MANIFEST_LIMIT ((size_t)256 << 20)

#define SUM_STEP 65536

#define HEAD        "mta-stsd-backup"
#define END_LINE    "end 0123456789abcdef\n"
#define CERTIFICATE MANIFEST_CERTIFICATES "/"

/* One line of the list. */
struct entry {
	long long size;
	uint64_t sum;
};

enum err manifest_begin(struct manifest *manifest)
{
	char now[CLOCK_TEXT_SIZE];

	return text_appendf(&manifest->text,
			    HEAD " %d\nmade %s by " PACKAGE_VERSION "\nholds schema=%d domains=%" PRId64
				 " revisions=%" PRId64 "\n",
			    FORMAT, clock_text(clock_now(), now), manifest->facts.schema,
			    manifest->facts.domains, manifest->facts.revisions);
}

static enum err unreadable(const char *path, const char *why)
{
	log_error("backup, %s cannot be read (%s)", path, why);
	return ERR_IO;
}

static enum err sum_up(int fd, const char *path, struct entry *entry)
{
	static char bytes[SUM_STEP];
	ssize_t got;

	*entry = (struct entry){ .sum = TEXT_SUM_EMPTY };
	while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
		entry->sum = text_sum(entry->sum, bytes, (size_t)got);
		entry->size += got;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return got == 0 ? ERR_OK : unreadable(path, strerror(errno));
}

static enum err sum_file(const char *path, struct entry *entry)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	enum err err = ERR_REFUSED;

	if (fd < 0)
		return unreadable(path, strerror(errno));
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		err = sum_up(fd, path, entry);
	else
		log_error("backup, %s is not a regular file", path);
	(void)close(fd);
	return err;
}

static enum err sum_name(const char *backup, const char *name, struct entry *entry)
{
	char *path = file_path(backup, name);
	enum err err = path != NULL ? sum_file(path, entry) : ERR_NO_MEMORY;

	free(path);
	return err;
}

static bool is_certificate(const char *name)
{
	const char *base = name + strlen(CERTIFICATE);

	return strncmp(name, CERTIFICATE, strlen(CERTIFICATE)) == 0 && base[0] != '\0' && base[0] != '.' &&
	       strchr(base, '/') == NULL;
}

/* Names go into lines, and come out of them as parts of paths. */
static bool is_fit(const char *name)
{
	for (const char *c = name; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ')
			return false;
	}
	return strcmp(name, BACKUP_DATABASE) == 0 || is_certificate(name);
}

enum err manifest_add(struct manifest *manifest, const char *backup, const char *name)
{
	struct entry entry;
	enum err err;

	if (!is_fit(name)) {
		log_error("backup, %s is not a name for a file in a backup: rename the certificate's file",
			  name);
		return ERR_REFUSED;
	}
	err = sum_name(backup, name, &entry);
	if (err == ERR_OK && is_certificate(name))
		err = names_put(&manifest->certificates, name + strlen(CERTIFICATE));
	return err == ERR_OK ? text_appendf(&manifest->text, "file %lld %016" PRIx64 " %s\n", entry.size,
					    entry.sum, name)
			     : err;
}

enum err manifest_end(struct manifest *manifest)
{
	const struct text *text = &manifest->text;

	return text_appendf(&manifest->text, "end %016" PRIx64 "\n",
			    text_sum(TEXT_SUM_EMPTY, text->bytes, text->len));
}

static enum err refuse(const char *backup, const char *name, const char *what)
{
	log_error("restore, %s/%s %s: the backup is not whole, take another one", backup, name, what);
	return ERR_REFUSED;
}

static enum err check_file(const char *backup, const char *line, struct manifest *manifest, bool *database)
{
	struct entry entry, there;
	int name = 0;
	enum err err;

	if (sscanf(line, "file %lld %" SCNx64 " %n", &entry.size, &entry.sum, &name) != 2 || name == 0 ||
	    !is_fit(line + name))
		return refuse(backup, MANIFEST_FILE, "has a line that is not one of its own");
	err = sum_name(backup, line + name, &there);
	if (err != ERR_OK)
		return err == ERR_NO_MEMORY ? err : refuse(backup, line + name, "cannot be read");
	if (entry.size != there.size || entry.sum != there.sum)
		return refuse(backup, line + name, "is not as it was written");
	if (!is_certificate(line + name)) {
		*database = true;
		return ERR_OK;
	}
	return names_put(&manifest->certificates, line + name + strlen(CERTIFICATE));
}

/* The lines after the first, each ended already, up to the last one. */
static enum err check_lines(const char *backup, char *lines, char *end, struct manifest *manifest)
{
	struct backup_facts *facts = &manifest->facts;
	bool database = false;
	bool known = false;
	enum err err = ERR_OK;

	for (char *line = lines; err == ERR_OK && line < end; line += strlen(line) + 1) {
		if (strncmp(line, "file ", 5) == 0)
			err = check_file(backup, line, manifest, &database);
		else if (strncmp(line, "holds ", 6) == 0)
			known = sscanf(line, "holds schema=%d domains=%" SCNd64 " revisions=%" SCNd64,
				       &facts->schema, &facts->domains, &facts->revisions) == 3;
	}
	if (err == ERR_OK && (!database || !known))
		err = refuse(backup, MANIFEST_FILE, "names no database");
	names_sort(&manifest->certificates);
	return err;
}

static bool is_listed(const char *name)
{
	return strcmp(name, BACKUP_DATABASE) == 0 || strcmp(name, MANIFEST_FILE) == 0 ||
	       strcmp(name, MANIFEST_CERTIFICATES) == 0;
}

static enum err refuse_more(const char *backup, const char *name)
{
	log_error("restore, %s/%s is not in its " MANIFEST_FILE
		  ": take it away, or take another backup; nobody knows what it would change",
		  backup, name);
	return ERR_REFUSED;
}

/* SQLite would read a log that lies beside the database as a part of it. */
static enum err check_rest(const char *backup, const struct manifest *manifest)
{
	char *path = file_path(backup, MANIFEST_CERTIFICATES);
	struct names all = { 0 }, certificates = { 0 };
	enum err err = path != NULL ? folder_list(backup, &all) : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < all.count; i++)
		err = is_listed(all.item[i]) ? ERR_OK : refuse_more(backup, all.item[i]);
	if (err == ERR_OK && names_has_sorted(&all, MANIFEST_CERTIFICATES))
		err = folder_list(path, &certificates);
	for (size_t i = 0; err == ERR_OK && i < certificates.count; i++) {
		if (!names_has_sorted(&manifest->certificates, certificates.item[i]))
			err = refuse_more(path, certificates.item[i]);
	}
	if (err == ERR_IO || err == ERR_NOT_FOUND)
		err = refuse(backup, MANIFEST_CERTIFICATES, "cannot be read");
	names_free(&all);
	names_free(&certificates);
	free(path);
	return err;
}

static enum err check_text(const char *backup, struct file *file, struct manifest *manifest)
{
	char *end = file->bytes;
	int format = 0;
	uint64_t sum = 0;

	if (strlen(file->bytes) != file->len || sscanf(file->bytes, HEAD " %d\n", &format) != 1)
		return refuse(backup, MANIFEST_FILE, "does not begin as one");
	if (format != FORMAT) {
		log_error("restore, %s was made by a newer mta-stsd: restore it with that version", backup);
		return ERR_REFUSED;
	}
	for (char *at = end; (at = strstr(at, "\nend ")) != NULL;)
		end = ++at;
	if (strlen(end) != strlen(END_LINE) || end[strlen(END_LINE) - 1] != '\n' ||
	    sscanf(end, "end %" SCNx64, &sum) != 1 ||
	    text_sum(TEXT_SUM_EMPTY, file->bytes, (size_t)(end - file->bytes)) != sum)
		return refuse(backup, MANIFEST_FILE, "is not as it was written");
	for (char *c = file->bytes; c < end; c++) {
		if (*c == '\n')
			*c = '\0';
	}
	return check_lines(backup, file->bytes, end, manifest);
}

enum err manifest_check(const char *backup, struct manifest *manifest)
{
	char *path = file_path(backup, MANIFEST_FILE);
	struct file file = { 0 };
	const char *why = "out of memory";
	enum err err = path != NULL ? file_read(path, MANIFEST_LIMIT, &file, &why) : ERR_NO_MEMORY;

	if (err == ERR_OK) {
		err = check_text(backup, &file, manifest);
		if (err == ERR_OK)
			err = check_rest(backup, manifest);
	} else if (err != ERR_NO_MEMORY) {
		log_error("restore, %s is not a backup (%s in it %s): name the directory that mta-stsd "
			  "--backup "
			  "made, or a copy of the database",
			  backup, MANIFEST_FILE, why);
		err = ERR_NOT_FOUND;
	}
	file_free(&file);
	free(path);
	if (err != ERR_OK)
		manifest_free(manifest);
	return err;
}

void manifest_free(struct manifest *manifest)
{
	names_free(&manifest->certificates);
	text_free(&manifest->text);
	*manifest = (struct manifest){ 0 };
}
