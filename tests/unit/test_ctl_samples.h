/* SPDX-License-Identifier: ISC */
#ifndef TEST_CTL_SAMPLES_H
#define TEST_CTL_SAMPLES_H

/**
 * Replies of the daemon, and what a printer makes of them; shared by the tests of ctl/.
 */

#include "memory.h"

#include "base/err.h"
#include "ctl/cli/view.h"

#include <jansson.h>
#include <stdlib.h>

#define SAMPLE_TXT  "\"txt\":{\"name\":\"_mta-sts.example.org.\",\"value\":\"v=STSv1; id=20261123160000;\"}"
#define SAMPLE_FILE "\"file\":\"/etc/mta-stsd/domains.d/example.org.conf\",\"line\":3"

#define SAMPLE_ROW_FIELDS                                                                                    \
	"\"domain\":\"example.org\",\"mode\":\"enforce\",\"max_age\":604800,\"id\":\"20261123160000\","      \
	"\"published_at\":\"2026-11-23T16:00:00Z\",\"standing\":\"configured\",\"switch\":null," SAMPLE_FILE \
	",\"orphaned\":false,\"refused\":false,\"certificate\":true,\"retirement\":null," SAMPLE_TXT

/** A retirement, draining. */
#define SAMPLE_DRAINING                                                                                      \
	"{\"state\":\"draining\",\"text\":\"draining until 2026-12-01T04:10:00Z\",\"next\":\"keep all\","    \
	"\"safe_at\":\"2026-12-01T04:10:00Z\",\"wait\":608400,\"held\":{\"id\":\"1\",\"mode\":\"enforce\","  \
	"\"max_age\":604800,\"last_served_at\":\"2026-11-23T16:00:00Z\",\"foreign\":false}}"

/** A retirement of a state that has no end yet. */
#define SAMPLE_RETIREMENT(state)                                                                             \
	"{\"state\":\"" state "\",\"text\":\"" state " so\",\"next\":\"do this\","                           \
	"\"safe_at\":null,\"wait\":608400,\"held\":null}"

/** A revision of the past, and the one that replaced it. */
#define SAMPLE_OLD_FIELDS                                                                                    \
	"\"id\":\"20261001120000\",\"mode\":\"enforce\",\"max_age\":604800,"                                 \
	"\"published_at\":\"2026-10-01T12:00:00Z\",\"superseded_at\":\"2026-11-23T16:00:00Z\","              \
	"\"first_served_at\":\"2026-10-01T12:00:07Z\",\"last_served_at\":\"2026-11-23T15:59:00Z\","          \
	"\"fetches\":4213,\"seen_at\":null,\"ttl\":null,\"audit\":null,\"command\":null,\"by\":null,"        \
	"\"reason\":null"
#define SAMPLE_NEW_FIELDS                                                                                    \
	"\"id\":\"20261123160000\",\"mode\":\"none\",\"max_age\":86400,"                                     \
	"\"published_at\":\"2026-11-23T16:00:00Z\",\"superseded_at\":null,\"first_served_at\":null,"         \
	"\"last_served_at\":null,\"fetches\":0,\"seen_at\":\"2026-11-23T17:00:00Z\",\"ttl\":300,"            \
	"\"audit\":7,\"command\":\"none\",\"by\":\"root (uid 0)\",\"reason\":\"moved\""

#define SAMPLE_CHANGE                                                                                        \
	"{\"domain\":\"example.org\",\"changed\":true,"                                                      \
	"\"before\":{\"mode\":\"enforce\",\"max_age\":604800,\"id\":\"1\"},"                                 \
	"\"after\":{\"mode\":\"none\",\"max_age\":86400,\"id\":\"20261123160000\"},\"policy\":\"\","         \
	"\"wait\":608400,\"switched\":true,\"certificate\":true,\"orphaned\":false," SAMPLE_TXT "}"

/** What is wrong somewhere, as a program and as people read it. */
#define SAMPLE_COMPLAINT(severity, text)                                                                     \
	"{\"severity\":\"" severity "\",\"file\":\"a.conf\",\"line\":3,\"what\":\"bad\","                    \
	"\"value\":null,\"instead\":\"good\",\"text\":\"" text "\"}"

/** All that there is to tell of a domain. */
#define SAMPLE_DOMAIN                                                                                        \
	"{" SAMPLE_ROW_FIELDS ",\"policy\":\"\",\"mx\":[],\"configured\":null,\"wait\":0,\"dns\":null,"      \
	"\"history_readable\":true,\"fetches\":0,\"last_served_at\":null,\"revisions\":[{" SAMPLE_OLD_FIELDS \
	"}],\"revisions_total\":1}"

/** What an order did. */
#define SAMPLE_ORDER(dry_run, changes)                                                                       \
	"{\"dry_run\":" dry_run ",\"changed\":1,\"unchanged\":1,\"audit\":17,\"changes\":[" changes "]}"

/** What a name server has. */
#define SAMPLE_SERVER(server, address, verdict, foreign, said)                                               \
	"{\"server\":\"" server "\",\"address\":\"" address "\",\"verdict\":\"" verdict                      \
	"\",\"foreign\":" foreign ",\"ttl\":null,\"said\":" said "}"

/** What a printer wrote; both freed with printed_free(). */
struct printed {
	char *out;   /**< standard output */
	char *notes; /**< the rest, when the format is not for people; "" otherwise */
	size_t out_len, notes_len;
	enum err err;
};

static inline struct printed printed_once(enum err (*print)(const struct print_view *view, json_t *reply),
					  struct print_view view, const char *json)
{
	struct printed printed = { 0 };
	json_t *reply = json_loads(json, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	FILE *out = open_memstream(&printed.out, &printed.out_len);
	FILE *notes = open_memstream(&printed.notes, &printed.notes_len);

	if (reply == NULL || out == NULL || notes == NULL)
		abort();
	view.out = out;
	view.aside = notes;
	view.notes = view.format == FORMAT_PEOPLE ? out : notes;
	printed.err = print(&view, reply);
	(void)fclose(out);
	(void)fclose(notes);
	json_decref(reply);
	return printed;
}

static inline void printed_free(struct printed *printed)
{
	free(printed->out);
	free(printed->notes);
	*printed = (struct printed){ 0 };
}

/**
 * Run a printer over a reply in JSON, with each of its allocations failing once before (memory.h); of view
 * only what no stream is counts.
 */
static inline struct printed printed_view(enum err (*print)(const struct print_view *view, json_t *reply),
					  struct print_view view, const char *json)
{
	for (size_t granted = 0;; granted++) {
		struct printed printed;
		bool failed;

		memory_fail_after(granted);
		printed = printed_once(print, view, json);
		failed = memory_restore();
		if (!failed)
			return printed;
		if (printed.err != ERR_NO_MEMORY)
			abort();
		printed_free(&printed);
	}
}

/** Run a printer over a reply in JSON. */
static inline struct printed printed(enum err (*print)(const struct print_view *view, json_t *reply),
				     enum options_format format, const char *json)
{
	return printed_view(print, (struct print_view){ .format = format }, json);
}

/** A sample, of another domain. */
static inline json_t *sample_of(const char *json, const char *domain)
{
	json_t *sample = json_loads(json, 0, NULL);

	if (sample == NULL || json_object_set_new(sample, "domain", json_string(domain)) != 0)
		abort();
	return sample;
}

/** A copy of a reply in JSON that lacks one member, or has it with another type; freed with free(). */
static inline char *spoiled(const char *json, const char *member, json_t *instead)
{
	json_t *reply = json_loads(json, 0, NULL);
	char *dump;

	if (json_object_get(reply, member) == NULL)
		abort();
	if (instead != NULL)
		(void)json_object_set_new(reply, member, instead);
	else
		(void)json_object_del(reply, member);
	dump = json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	return dump;
}

#endif
