/* SPDX-License-Identifier: ISC */
#include "certs/challenges.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "certs/proof_private.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME  "challenges"
#define FILE_ASIDE "challenges.new"

#define FILE_LIMIT (CHALLENGES_LIMIT * CHALLENGE_LINE_SIZE)

struct open {
	struct challenge challenge; /* of the strings behind it */
	struct pair *pair;          /* of CHALLENGE_TLS_ALPN, else NULL */
	char strings[];
};

/* In the order in which they were put; some may have ended. */
struct list {
	struct open **item;
	size_t count;
};

struct challenges {
	char *folder;
	pthread_rwlock_t lock; /* of the list: the clerk changes it, workers read it */
	struct list list;
	_Atomic(int64_t) until; /* when the last one of CHALLENGE_TLS_ALPN ends */
};

static void free_open(struct open **open)
{
	if (*open != NULL)
		pair_release(&(*open)->pair);
	free(*open);
	*open = NULL;
}

static enum err make_open(const struct challenge *challenge, time_t now, struct open **open)
{
	size_t host = strlen(challenge->host) + 1, token = strlen(challenge->token) + 1;
	size_t authorization = strlen(challenge->authorization) + 1;
	struct open *new = calloc(1, sizeof(*new) + host + token + authorization);
	enum err err = ERR_OK;

	if (new == NULL)
		return ERR_NO_MEMORY;
	new->challenge = (struct challenge){
		.type = challenge->type,
		.host = memcpy(new->strings, challenge->host, host),
		.token = memcpy(new->strings + host, challenge->token, token),
		.authorization = memcpy(new->strings + host + token, challenge->authorization, authorization),
		.until = challenge->until,
	};
	if (challenge->type == CHALLENGE_TLS_ALPN)
		err = proof_new(challenge->host, challenge->authorization, now, challenge->until, &new->pair);
	if (err != ERR_OK)
		free_open(&new);
	else
		*open = new;
	return err;
}

/* Those of a list that go on. */
static enum err copy_some(const struct list *from, bool (*goes_on)(const void *context, const struct open *),
			  const void *context, struct list *to)
{
	to->count = 0;
	to->item = calloc(from->count + 1, sizeof(struct open *)); /* and room for one more */
	if (to->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < from->count; i++) {
		if (goes_on(context, from->item[i]))
			to->item[to->count++] = from->item[i];
	}
	return ERR_OK;
}

static enum err write_list(const struct challenges *challenges, const struct list *list)
{
	struct text text = { 0 };
	int folder = open(challenges->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < list->count; i++)
		err = challenge_write(&list->item[i]->challenge, &text);
	if (err == ERR_OK && (folder < 0 || folder_replace(folder, FILE_ASIDE, FILE_NAME, &text) != ERR_OK)) {
		log_error("challenges, not written (%s/" FILE_NAME ": %s): nothing was changed",
			  challenges->folder, strerror(errno));
		err = ERR_STORE;
	}
	if (folder >= 0)
		(void)close(folder);
	text_free(&text);
	return err;
}

/* Cannot fail; the list that is given has the old one afterwards. */
static void swap(struct challenges *challenges, struct list *list)
{
	struct list old = challenges->list;
	int64_t until = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct challenge *challenge = &list->item[i]->challenge;

		if (challenge->type == CHALLENGE_TLS_ALPN && challenge->until > until)
			until = challenge->until;
	}
	(void)pthread_rwlock_wrlock(&challenges->lock);
	challenges->list = *list;
	(void)pthread_rwlock_unlock(&challenges->lock);
	atomic_store(&challenges->until, until);
	*list = old;
}

static bool has(const struct list *list, const struct open *open)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->item[i] == open)
			return true;
	}
	return false;
}

/* Free a list, and of what is in it all that another one does not have. */
static void free_list(struct list *list, const struct list *other)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!has(other, list->item[i]))
			free_open(&list->item[i]);
	}
	free(list->item);
	*list = (struct list){ NULL, 0 };
}

/* On disk, then in memory. */
static enum err take_into_use(struct challenges *challenges, struct list *next)
{
	enum err err = write_list(challenges, next);

	if (err == ERR_OK)
		swap(challenges, next);
	free_list(next, &challenges->list);
	return err;
}

/* What a new one leaves of the others. */
struct arrival {
	const struct challenge *challenge;
	time_t now;
};

static bool is_left(const void *context, const struct open *open)
{
	const struct arrival *arrival = context;

	return open->challenge.until > arrival->now &&
	       (open->challenge.type != arrival->challenge->type ||
		strcmp(open->challenge.host, arrival->challenge->host) != 0 ||
		strcmp(open->challenge.token, arrival->challenge->token) != 0);
}

enum err challenges_put(struct challenges *challenges, const struct challenge *challenge, time_t now)
{
	const struct arrival arrival = { challenge, now };
	struct list next = { NULL, 0 };
	struct open *new = NULL;
	enum err err = copy_some(&challenges->list, is_left, &arrival, &next);

	if (err == ERR_OK && next.count >= CHALLENGES_LIMIT)
		err = ERR_RANGE;
	if (err == ERR_OK)
		err = make_open(challenge, now, &new);
	if (err != ERR_OK) {
		free(next.item);
		return err;
	}
	next.item[next.count++] = new;
	return take_into_use(challenges, &next);
}

/* What the end of a token leaves. */
struct departure {
	const char *token;
	time_t now;
};

static bool stays(const void *context, const struct open *open)
{
	const struct departure *departure = context;

	return open->challenge.until > departure->now && strcmp(open->challenge.token, departure->token) != 0;
}

static size_t count_of(const struct challenges *challenges, const struct departure *departure)
{
	size_t count = 0;

	for (size_t i = 0; i < challenges->list.count; i++) {
		const struct challenge *challenge = &challenges->list.item[i]->challenge;

		count += challenge->until > departure->now && strcmp(challenge->token, departure->token) == 0;
	}
	return count;
}

enum err challenges_remove(struct challenges *challenges, const char *token, time_t now, size_t *removed)
{
	const struct departure departure = { token, now };
	size_t count = count_of(challenges, &departure);
	struct list next = { NULL, 0 };
	enum err err = ERR_OK;

	if (count > 0)
		err = copy_some(&challenges->list, stays, &departure, &next);
	if (err == ERR_OK && count > 0)
		err = take_into_use(challenges, &next);
	if (err == ERR_OK)
		*removed = count;
	return err;
}

enum err challenges_each(const struct challenges *challenges, time_t now,
			 enum err (*each)(void *context, const struct challenge *challenge), void *context)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < challenges->list.count; i++) {
		if (challenges->list.item[i]->challenge.until > now)
			err = each(context, &challenges->list.item[i]->challenge);
	}
	return err;
}

bool challenges_are_open(struct challenges *challenges)
{
	return atomic_load(&challenges->until) > (int64_t)clock_now();
}

/* The newest one; of whatever token where that is NULL.  With the lock held. */
static const struct open *find(const struct challenges *challenges, enum challenge_type type,
			       const char *host, const char *token)
{
	time_t now = clock_now();

	for (size_t i = challenges->list.count; i-- > 0;) {
		const struct open *open = challenges->list.item[i];

		if (open->challenge.type == type && open->challenge.until > now &&
		    strcmp(open->challenge.host, host) == 0 &&
		    (token == NULL || strcmp(open->challenge.token, token) == 0))
			return open;
	}
	return NULL;
}

struct pair *challenges_find(struct challenges *challenges, const char *host)
{
	const struct open *open;
	struct pair *pair = NULL;

	(void)pthread_rwlock_rdlock(&challenges->lock);
	open = find(challenges, CHALLENGE_TLS_ALPN, host, NULL);
	if (open != NULL)
		pair = pair_retain(open->pair);
	(void)pthread_rwlock_unlock(&challenges->lock);
	return pair;
}

enum err challenges_tell(struct challenges *challenges, const char *host, const char *token,
			 char authorization[CHALLENGE_AUTHORIZATION_SIZE])
{
	const struct open *open;

	(void)pthread_rwlock_rdlock(&challenges->lock);
	open = find(challenges, CHALLENGE_HTTP, host, token);
	if (open != NULL)
		(void)snprintf(authorization, CHALLENGE_AUTHORIZATION_SIZE, "%s",
			       open->challenge.authorization);
	(void)pthread_rwlock_unlock(&challenges->lock);
	return open != NULL ? ERR_OK : ERR_NOT_FOUND;
}

/* ERR_SYNTAX: that is none of ours. */
static enum err read_line(char *line, time_t now, struct list *list)
{
	char host[HOST_SIZE];
	struct challenge challenge;
	enum err err = list->count < CHALLENGES_LIMIT ? challenge_read(line, host, &challenge) : ERR_SYNTAX;

	if (err != ERR_OK)
		return err;
	/* A clock that was set back makes none live longer than the longest. */
	if (challenge.until <= now || challenge.until - now > CHALLENGE_LIFETIME_MAX)
		return ERR_OK;
	err = make_open(&challenge, now, &list->item[list->count]);
	list->count += err == ERR_OK;
	return err;
}

static enum err read_lines(struct file *file, time_t now, struct list *list)
{
	char *rest = NULL;
	enum err err = strlen(file->bytes) == file->len ? ERR_OK : ERR_SYNTAX;

	for (char *line = strtok_r(file->bytes, "\n", &rest); err == ERR_OK && line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		err = read_line(line, now, list);
	return err;
}

static enum err read_file(struct challenges *challenges, time_t now)
{
	struct list list = { calloc(CHALLENGES_LIMIT, sizeof(struct open *)), 0 };
	struct file file = { 0 };
	const char *why = "is none of ours: it is not used, and overwritten by the next challenge";
	enum err err = list.item != NULL
			       ? file_read_in(challenges->folder, FILE_NAME, FILE_LIMIT, &file, &why)
			       : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = read_lines(&file, now, &list);
	if (err == ERR_OK)
		swap(challenges, &list);
	else if (err != ERR_NOT_FOUND && err != ERR_NO_MEMORY)
		log_warning("challenges, lost (%s/" FILE_NAME " %s): orders under way fail and can be tried "
			    "again",
			    challenges->folder, why);
	free_list(&list, &challenges->list);
	file_free(&file);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

enum err challenges_new(const char *folder, time_t now, struct challenges **challenges)
{
	struct challenges *new = calloc(1, sizeof(*new));
	pthread_rwlockattr_t prefer_writer;
	enum err err;

	if (new == NULL)
		return ERR_NO_MEMORY;
	(void)pthread_rwlockattr_init(&prefer_writer);
	/* Whoever asks for challenges must not hold up who opens one. */
	(void)pthread_rwlockattr_setkind_np(&prefer_writer, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	(void)pthread_rwlock_init(&new->lock, &prefer_writer);
	(void)pthread_rwlockattr_destroy(&prefer_writer);
	new->folder = strdup(folder);
	err = new->folder != NULL ? read_file(new, now) : ERR_NO_MEMORY;
	if (err == ERR_OK)
		*challenges = new;
	else
		challenges_free(&new);
	return err;
}

void challenges_free(struct challenges **challenges)
{
	struct challenges *old = *challenges;

	*challenges = NULL;
	if (old == NULL)
		return;
	free_list(&old->list, &(struct list){ NULL, 0 });
	(void)pthread_rwlock_destroy(&old->lock);
	free(old->folder);
	free(old);
}
