/* SPDX-License-Identifier: ISC */
#include "certs/facts_index_private.h"

#include "base/allocation.h"
#include "certs/pair.h"
#include "config.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a million pairs with ten names take fits in. */
#define SIZE_LIMIT ((size_t)1 << 30)

#define ASIDE FACTS_INDEX_FILE ".new"

/* Records may be few and pairs none; below this it is not worth to write it anew. */
#define RECORDS_FEW 1000

/* What the file begins with: the form, and who has judged. */
struct head {
	char form[32];
	char judge[96];
	uint64_t order; /* of bytes */
};

/* Grows when a fact is added that records of before do not tell: they are read again behind the start. */
#define FACTS 2

#define ORDER UINT64_C(0x0102030405060708)

static struct head head_of_ours(void)
{
	struct head head = { .order = ORDER };

	(void)snprintf(head.form, sizeof(head.form), "mta-stsd certificates %d\n", KNOWN_VERSION);
	(void)snprintf(head.judge, sizeof(head.judge), "mta-stsd " PACKAGE_VERSION ", facts %d, gnutls %s\n",
		       FACTS, gnutls_check_version(NULL));
	return head;
}

/* Whatever the order in which records of one path came: the later one stands at a higher address. */
static int by_file(const void *a, const void *b)
{
	const struct known *one = a, *other = b;
	int order = strcmp(one->file, other->file);

	return order != 0 ? order : one->file < other->file ? 1 : -1;
}

static int to_file(const void *path, const void *member)
{
	return strcmp(path, ((const struct known *)member)->file);
}

static void drop_older(struct facts_index *index)
{
	size_t kept = 0;

	if (index->count > 0)
		qsort(index->known, index->count, sizeof(*index->known), by_file);
	for (size_t i = 0; i < index->count; i++) {
		if (kept == 0 || strcmp(index->known[kept - 1].file, index->known[i].file) != 0)
			index->known[kept++] = index->known[i];
	}
	index->count = kept;
}

static enum err read_records(struct facts_index *index)
{
	const char *at = index->file.bytes + sizeof(struct head), *end = index->file.bytes + index->file.len;
	size_t capacity = 0;
	struct known record;

	while (known_read(&at, end, &record)) {
		struct known *known =
			allocation_grow(index->known, index->count, &capacity, sizeof(*index->known));

		if (known == NULL)
			return ERR_NO_MEMORY;
		index->known = known;
		known[index->count++] = record;
	}
	index->records = index->count;
	index->size = at == end ? (uint64_t)index->file.len : 0;
	drop_older(index);
	return ERR_OK;
}

static bool is_ours(const struct file *file)
{
	return file->status.st_uid == geteuid() && file->status.st_nlink == 1 &&
	       (file->status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

enum err facts_index_read(struct facts_index *index)
{
	/* The directory itself may be a link: that is for its owner to say. */
	char *folder = file_path(index->folder, ".");
	const struct head ours = head_of_ours();
	struct head head;
	const char *why;
	enum err err = folder != NULL ? file_read_in(folder, FACTS_INDEX_FILE, SIZE_LIMIT, &index->file, &why)
				      : ERR_NO_MEMORY;

	free(folder);
	if (err != ERR_OK)
		return err == ERR_NO_MEMORY ? err : ERR_OK;
	if (index->file.len < sizeof(head) || !is_ours(&index->file))
		return ERR_OK;
	memcpy(&head, index->file.bytes, sizeof(head));
	if (memcmp(head.form, ours.form, sizeof(head.form)) != 0 || head.order != ours.order)
		return ERR_OK;
	index->unproven = memcmp(head.judge, ours.judge, sizeof(head.judge)) != 0;
	err = read_records(index);
	if (index->unproven)
		index->size = 0;
	return err;
}

enum err facts_index_find(const struct facts_index *index, const char *chain_path, const char *key_path,
			  struct pair **pair)
{
	const struct known *record = NULL;
	struct pair *found = NULL;
	enum err err;

	*pair = NULL;
	if (index->count > 0)
		record = bsearch(chain_path, index->known, index->count, sizeof(*record), to_file);
	if (record == NULL)
		return ERR_OK;
	err = known_pair(record, &found);
	if (err != ERR_OK)
		return err;
	found->unproven = index->unproven;
	if (strcmp(found->facts.key_file, key_path) == 0)
		*pair = found;
	else
		pair_release(&found);
	return ERR_OK;
}

void facts_index_forget(struct facts_index *index)
{
	free(index->known);
	index->known = NULL;
	index->count = 0;
	file_free(&index->file);
}

/* Whatever stands there, it is not waited for. */
static int open_in(const struct facts_index *index, const char *name, int flags)
{
	int folder = open(index->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = folder >= 0 ? openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600) : -1;

	if (folder >= 0)
		(void)close(folder);
	return fd;
}

/* Not to the disk: after a power cut it may be damaged, and is found to be. */
static enum err write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno != EINTR)
			return ERR_IO;
		bytes += put > 0 ? put : 0;
		len -= put > 0 ? (size_t)put : 0;
	}
	return ERR_OK;
}

/* Nobody else writes it; what is another file by now has not what we know. */
static bool is_the_same(const struct facts_index *index, int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	       status.st_nlink == 1 && (uint64_t)status.st_size == index->size;
}

void facts_index_append(struct facts_index *index, const struct text *records, size_t count)
{
	int fd = index->size > 0 ? open_in(index, FACTS_INDEX_FILE, O_WRONLY | O_APPEND) : -1;

	if (fd >= 0 && is_the_same(index, fd) && write_all(fd, records->bytes, records->len) == ERR_OK) {
		index->size += records->len;
		index->records += count;
	} else {
		index->size = 0;
	}
	if (fd >= 0)
		(void)close(fd);
}

bool facts_index_is_worn(const struct facts_index *index, size_t pairs)
{
	return index->size == 0 || (index->records > RECORDS_FEW && index->records > 2 * pairs);
}

static void remove_aside(const struct facts_index *index)
{
	int folder = open(index->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	(void)unlinkat(folder, ASIDE, 0);
	(void)close(folder);
}

int facts_index_begin(struct facts_index *index)
{
	const struct head head = head_of_ours();
	int fd;

	remove_aside(index);
	index->size = 0;
	index->records = 0;
	fd = open_in(index, ASIDE, O_WRONLY | O_CREAT | O_EXCL);
	if (fd >= 0 && write_all(fd, (const char *)&head, sizeof(head)) == ERR_OK) {
		index->size = sizeof(head);
		return fd;
	}
	if (fd >= 0)
		facts_index_end(index, fd, false);
	return -1;
}

enum err facts_index_put(struct facts_index *index, int fd, struct text *records, size_t count)
{
	enum err err = write_all(fd, records->bytes, records->len);

	index->size += records->len;
	index->records += count;
	records->len = 0;
	return err;
}

static bool put_into_place(const struct facts_index *index)
{
	int folder = open(index->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool put = folder >= 0 && renameat(folder, ASIDE, folder, FACTS_INDEX_FILE) == 0;

	if (folder >= 0)
		(void)close(folder);
	return put;
}

void facts_index_end(struct facts_index *index, int fd, bool whole)
{
	if (close(fd) == 0 && whole && put_into_place(index))
		return;
	log_info("certificates, index not written (%s): the next start reads all of them", strerror(errno));
	remove_aside(index);
	index->size = 0;
}

void facts_index_free(struct facts_index *index)
{
	facts_index_forget(index);
	free(index->folder);
	*index = (struct facts_index){ .size = 0 };
}
