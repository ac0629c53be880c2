/* SPDX-License-Identifier: ISC */
#include "ctl/acme/chains.h"

#include "base/file.h"
#include "base/folder.h"
#include "policy/domain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "kept"

/* In the directory of each: what it is, and the chain, which uacme writes aside first. */
#define NOTE  "order"
#define CHAIN "request-cert.pem"
#define ASIDE CHAIN ".tmp"

/* Two names, and a URL as long as a command line takes. */
#define NOTE_MAX ((size_t)8192)

#define NUMBER_SIZE 16

static const char ending[] = "-----END CERTIFICATE-----";

enum err chains_describe(const struct account *account, const char *host, const char *key,
			 const char *directory)
{
	int work = openat(account->fd, ACCOUNT_WORK, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct text note = { 0 };
	struct stat owner;
	enum err err = work >= 0 && fstat(work, &owner) == 0 ? ERR_OK : ERR_IO;
	int cause;

	if (err == ERR_OK)
		err = text_appendf(&note, "%s %s %s\n", host, key, directory);
	if (err == ERR_OK)
		err = folder_put(work, NOTE, &note, &owner);
	cause = errno;
	if (work >= 0)
		(void)close(work);
	text_free(&note);
	errno = cause;
	return err;
}

/* As file_read_in() does, below the account directory. */
static enum err read_below(const struct account *account, const char *folder, const char *name, size_t limit,
			   struct file *file)
{
	char *path = account_path(account, folder);
	const char *why = NULL;
	enum err err = path != NULL ? file_read_in(path, name, limit, file, &why) : ERR_NO_MEMORY;

	free(path);
	return err;
}

/* That it ends with a certificate is all that tells one that was written whole from one that was not. */
static bool is_whole(const struct file *file)
{
	size_t len = file->len;

	while (len > 0 && file->bytes[len - 1] == '\n')
		len--;
	return len >= sizeof(ending) - 1 &&
	       memcmp(file->bytes + len - (sizeof(ending) - 1), ending, sizeof(ending) - 1) == 0;
}

/* What uacme wrote and had no time to give its name. */
static enum err take_aside(const struct account *account)
{
	struct file file = { 0 };
	enum err err = read_below(account, ACCOUNT_WORK, ASIDE, CHAINS_SIZE_MAX, &file);

	if (err == ERR_OK && !is_whole(&file))
		err = ERR_NOT_FOUND;
	if (err == ERR_OK && renameat(account->fd, ACCOUNT_WORK "/" ASIDE, account->fd, ACCOUNT_CHAIN) != 0)
		err = ERR_IO;
	file_free(&file);
	return err;
}

static enum err look_for_chain(const struct account *account)
{
	struct file file = { 0 };
	enum err err = read_below(account, ACCOUNT_WORK, CHAIN, CHAINS_SIZE_MAX, &file);

	file_free(&file);
	if (err == ERR_NOT_FOUND)
		err = take_aside(account);
	return err == ERR_REFUSED ? ERR_NOT_FOUND : err;
}

/* The first number that none has. */
static enum err move_to(const struct account *account, int folder, char name[NUMBER_SIZE])
{
	for (unsigned number = 1; number <= 2 * CHAINS_MOST; number++) {
		(void)snprintf(name, NUMBER_SIZE, "%u", number);
		if (renameat(account->fd, ACCOUNT_WORK, folder, name) == 0)
			return ERR_OK;
		if (errno != EEXIST && errno != ENOTEMPTY)
			return ERR_IO;
	}
	return ERR_IO;
}

static enum err move(const struct account *account, char name[NUMBER_SIZE])
{
	int folder = -1, cause;
	enum err err = folder_make(account->fd, FOLDER, &folder);

	if (err == ERR_EXISTS) {
		folder = openat(account->fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		err = folder >= 0 ? ERR_OK : ERR_IO;
	}
	if (err == ERR_OK)
		err = move_to(account, folder, name);
	if (err == ERR_OK && (fsync(folder) != 0 || fsync(account->fd) != 0))
		err = ERR_IO;
	cause = errno;
	if (folder >= 0)
		(void)close(folder);
	errno = cause;
	return err;
}

enum err chains_settle(const struct account *account, char **name)
{
	char number[NUMBER_SIZE], *copy;
	enum err err = look_for_chain(account);

	if (err == ERR_OK)
		err = folder_sync(account->fd, ACCOUNT_CHAIN);
	if (err == ERR_OK)
		err = folder_sync(account->fd, ACCOUNT_WORK);
	if (err == ERR_OK)
		err = move(account, number);
	copy = err == ERR_OK ? strdup(number) : NULL;
	if (err == ERR_OK && copy == NULL)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		*name = copy;
	return err;
}

enum err chains_list(const struct account *account, struct names *names)
{
	char *path = account_path(account, FOLDER);
	enum err err = path != NULL ? folder_list(path, names) : ERR_NO_MEMORY;

	free(path);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static bool is_host(const char *host)
{
	char same[HOST_SIZE];

	return domain_normalise_host(host, strlen(host), same, NULL) == ERR_OK && strcmp(same, host) == 0 &&
	       domain_of_host(host) != NULL;
}

/* One line, of which each word was written by chains_describe(). */
static enum err parse(struct file *file, struct chain *chain)
{
	char *at = strchr(file->bytes, '\n');

	if (at == NULL || at + 1 != file->bytes + file->len)
		return ERR_SYNTAX;
	*at = '\0';
	at = chain->note = strdup(file->bytes);
	if (at == NULL)
		return ERR_NO_MEMORY;
	chain->host = strsep(&at, " ");
	chain->key = at != NULL ? strsep(&at, " ") : NULL;
	chain->directory = at;
	return at != NULL && is_host(chain->host) &&
			       (strcmp(chain->key, "ecdsa") == 0 || strcmp(chain->key, "rsa") == 0)
		       ? ERR_OK
		       : ERR_SYNTAX;
}

/* What is too long or no file is not written by us. */
static enum err read_file(const struct account *account, const char *folder, const char *name, size_t limit,
			  struct file *file)
{
	enum err err = read_below(account, folder, name, limit, file);

	return err == ERR_RANGE || err == ERR_REFUSED ? ERR_SYNTAX : err;
}

enum err chains_read(const struct account *account, const char *name, struct chain *chain)
{
	char folder[sizeof(FOLDER) + NAME_MAX + 1];
	struct file note = { 0 }, pem = { 0 };
	enum err err;

	(void)snprintf(folder, sizeof(folder), FOLDER "/%s", name);
	err = read_file(account, folder, CHAIN, CHAINS_SIZE_MAX, &pem);
	if (err == ERR_OK)
		err = read_file(account, folder, NOTE, NOTE_MAX, &note);
	if (err == ERR_OK)
		err = parse(&note, chain);
	if (err == ERR_OK) {
		chain->pem = strdup(pem.bytes);
		err = chain->pem != NULL ? ERR_OK : ERR_NO_MEMORY;
	}
	file_free(&note);
	file_free(&pem);
	if (err != ERR_OK)
		chains_free(chain);
	return err;
}

void chains_end(const struct account *account, const char *name)
{
	int folder = openat(account->fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	char chain[NAME_MAX + 1 + sizeof(CHAIN)];

	if (folder < 0)
		return;
	(void)snprintf(chain, sizeof(chain), "%s/" CHAIN, name);
	/* Without that it is one whose end was cut off. */
	(void)unlinkat(folder, chain, 0);
	(void)folder_remove(folder, name);
	(void)close(folder);
	/* As if nothing had been kept, when this was the last one. */
	(void)unlinkat(account->fd, FOLDER, AT_REMOVEDIR);
}

void chains_free(struct chain *chain)
{
	free(chain->note);
	free(chain->pem);
	*chain = (struct chain){ 0 };
}
