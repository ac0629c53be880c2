/* SPDX-License-Identifier: ISC */
#include "core/certificates.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "certs/expiry.h"
#include "certs/installed.h"
#include "log/log_event.h"
#include "store/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY ((time_t)86400)

char *certificates_installed(const char *state)
{
	return file_path(state, "certificates");
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
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < settings->certificates.count; i++)
		err = names_put(&directories, settings->certificates.item[i]);
	if (err == ERR_OK && state != NULL)
		err = put_installed(&directories, state);
	if (err == ERR_OK)
		err = certs_load(certs, &directories, complaints);
	names_free(&directories);
	return err;
}

/* What is said in a stage; fine ones are not spoken of. */
static const struct {
	enum log_event event;
	const char *words;
} events[EXPIRY_COUNT] = {
	[EXPIRY_EXPIRED] = { EVENT_CERTIFICATE_EXPIRED, "has expired: senders cannot fetch the policies" },
	[EXPIRY_URGENT] = { EVENT_CERTIFICATE_URGENT, "expires in days: renew it now" },
	[EXPIRY_SOON] = { EVENT_CERTIFICATE_SOON, "expires soon: it should have been renewed by now" },
};

struct review {
	struct certificates_warned *warned;
	time_t now;
	enum expiry stage;
	size_t named;   /* today, in this stage */
	size_t unnamed; /* now, in all stages */
};

static void warn(const struct review *review, const struct pair_info *info)
{
	char name[TEXT_SHOWN_SIZE], file[TEXT_SHOWN_SIZE], until[CLOCK_TEXT_SIZE];

	(void)text_escape(info->names->item[0], strlen(info->names->item[0]), name);
	(void)text_escape(info->file, strlen(info->file), file);
	log_event(events[review->stage].event, &(struct log_fields){ .domain = name, .file = info->file },
		  "%s, certificate %s (file: %s, valid until: %s, days left: %ld)", name,
		  events[review->stage].words, file, clock_text(info->not_after, until),
		  expiry_days_left(info->not_after, review->now));
}

static enum err review_pair(void *context, const struct pair_info *info, bool used)
{
	struct review *review = context;
	struct names *told = &review->warned->told;
	char *key = NULL;

	if (!used || expiry_stage(info->not_before, info->not_after, review->now) != review->stage)
		return ERR_OK;
	if (asprintf(&key, "%s %s", expiry_text(review->stage), info->file) < 0)
		return ERR_NO_MEMORY;
	if (!names_has(told, key)) {
		if (review->named < CERTIFICATES_WARNED_NAMED && names_put(told, key) == ERR_OK) {
			review->named++;
			warn(review, info);
		} else {
			review->unnamed++;
		}
	}
	free(key);
	return ERR_OK;
}

static size_t count_told(const struct names *told, enum expiry stage)
{
	size_t len = strlen(expiry_text(stage)), count = 0;

	for (size_t i = 0; i < told->count; i++)
		count += strncmp(told->item[i], expiry_text(stage), len) == 0;
	return count;
}

void certificates_review(struct certs *certs, struct certificates_warned *warned)
{
	struct review review = { .warned = warned, .now = clock_now() };

	if (review.now < warned->since || review.now - warned->since >= DAY) {
		certificates_warned_free(warned);
		warned->since = review.now;
	}
	for (unsigned stage = EXPIRY_COUNT; stage-- > EXPIRY_SOON;) {
		review.stage = (enum expiry)stage;
		review.named = count_told(&warned->told, review.stage);
		(void)certs_each(certs, review_pair, &review);
	}
	if (review.unnamed > warned->unnamed)
		log_warning("certificates, more expire soon or have expired (%zu besides those named today)",
			    review.unnamed);
	warned->unnamed = review.unnamed;
}

void certificates_warned_free(struct certificates_warned *warned)
{
	names_free(&warned->told);
	*warned = (struct certificates_warned){ 0 };
}
