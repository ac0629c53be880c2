/* SPDX-License-Identifier: ISC */
#include "control/rows.h"

#include "api/shape_text.h"
#include "base/allocation.h"
#include "control/reply.h"
#include "control/view.h"
#include "core/registry_load.h"
#include "store/reading.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Of a piece; the clerk has others to serve, too. */
#define ROWS_MAX 64
#define SEEN_MAX 2000

/* shape_list begins so when it has no rows. */
static const char begin[] = "{\"domains\":[";

struct stream {
	const struct host *host;
	struct rows rows;
	enum { AT_BEGIN, AT_ROWS, AT_END } at;
	char *match;
	size_t next;            /* of the names */
	char last[DOMAIN_SIZE]; /* where the walk has come to; "": nowhere */
	bool any;               /* row that was written */
};

static void free_stream(void *owner)
{
	struct stream *stream = owner;

	names_free(&stream->rows.names);
	free(stream->match);
	free(stream);
}

/* Those that were forgotten since are passed over. */
static const struct domain *next_named(struct stream *stream)
{
	const struct names *names = &stream->rows.names;
	const struct domain *domain = NULL;

	while (domain == NULL && stream->next < names->count)
		domain = registry_domain(stream->host->registry, names->item[stream->next++]);
	return domain;
}

static const struct domain *next_domain(struct stream *stream)
{
	const struct domain *domain;

	if (stream->rows.named)
		return next_named(stream);
	domain = registry_after(stream->host->registry, stream->last[0] != '\0' ? stream->last : NULL);
	if (domain != NULL)
		(void)snprintf(stream->last, sizeof(stream->last), "%s", domain->name);
	return domain;
}

static bool is_wanted(const struct stream *stream, const struct domain *domain)
{
	return domain->published->published_at >= stream->rows.since &&
	       (stream->match == NULL || fnmatch(stream->match, domain->name, FNM_CASEFOLD) == 0);
}

static enum err put_row(struct stream *stream, const struct domain *domain, struct text *piece)
{
	enum err err = stream->any ? text_append(piece, ",", 1) : ERR_OK;

	stream->any = true;
	return err == ERR_OK ? shape_append_json(view_domain(stream->host, domain), piece) : err;
}

/* A blank, where many domains were passed over: JSON allows it, and the client sees that it goes on. */
static enum err put_rows(struct stream *stream, struct text *piece)
{
	size_t rows = 0;
	enum err err = ERR_OK;

	for (size_t seen = 0; err == ERR_OK && rows < ROWS_MAX && seen < SEEN_MAX; seen++) {
		const struct domain *domain = next_domain(stream);

		if (domain == NULL) {
			stream->at = AT_END;
			return ERR_OK;
		}
		if (!is_wanted(stream, domain))
			continue;
		err = put_row(stream, domain, piece);
		rows++;
	}
	return err == ERR_OK && rows == 0 ? text_append(piece, " ", 1) : err;
}

/* All but the rows, which stand behind what it begins with. */
static enum err put_rest(const struct stream *stream, struct text *piece)
{
	const struct host *host = stream->host;
	const struct api_list list = { .domains = json_array(),
				       .unreadable = view_unreadable(host),
				       .partial = registry_is_partial(host->registry),
				       .files_held = host->files->held };
	struct text whole = { 0 };
	enum err err = shape_append_json(shape_write(&shape_list, &list), &whole);

	if (err == ERR_OK)
		err = text_append(piece, whole.bytes + strlen(begin), whole.len - strlen(begin));
	text_free(&whole);
	return err == ERR_OK ? text_append(piece, "\n", 1) : err;
}

static enum err next_piece(void *owner, struct text *piece)
{
	struct stream *stream = owner;
	enum err err = ERR_OK;

	if (stream->at == AT_END)
		return ERR_OK;
	if (stream->at == AT_BEGIN)
		err = text_append(piece, begin, strlen(begin));
	stream->at = AT_ROWS;
	reading_begin(stream->host->store);
	if (err == ERR_OK)
		err = put_rows(stream, piece);
	reading_end(stream->host->store);
	if (err == ERR_OK && stream->at == AT_END)
		err = put_rest(stream, piece);
	if (allocation_was_refused())
		err = ERR_NO_MEMORY;
	if (err != ERR_OK)
		log_error("control, answer with a row a domain cut off (%s)", err_text(err));
	return err;
}

/* A name has the room of an allocation, which two pointers more are close to. */
static size_t memory_of(const struct names *names)
{
	size_t sum = names->capacity * sizeof(*names->item);

	for (size_t i = 0; i < names->count; i++)
		sum += strlen(names->item[i]) + 1 + 2 * sizeof(void *);
	return sum;
}

void rows_answer(const struct host *host, struct rows *rows, struct answer *answer)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	char *match = rows->match != NULL ? strdup(rows->match) : NULL;

	if (stream == NULL || (rows->match != NULL && match == NULL)) {
		free(stream);
		free(match);
		names_free(&rows->names);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return;
	}
	*stream = (struct stream){ .host = host, .rows = *rows, .match = match };
	answer->status = 200;
	answer->content_type = "application/json";
	answer->more = next_piece;
	answer->held = memory_of(&stream->rows.names);
	answer->owner = stream;
	answer->release = free_stream;
}
