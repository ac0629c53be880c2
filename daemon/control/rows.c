/* SPDX-License-Identifier: ISC */
#include "control/rows.h"

#include "api/shape_text.h"
#include "base/allocation.h"
#include "control/pieces.h"
#include "control/reply.h"
#include "control/view.h"
#include "core/registry_load.h"
#include "store/reading.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct stream {
	const struct host *host;
	struct rows rows;
	struct pieces pieces;
	char *match;
	size_t next;            /* of the names */
	char last[DOMAIN_SIZE]; /* where the walk has come to; "": nowhere */
};

static void free_stream(void *owner)
{
	struct stream *stream = owner;

	pieces_free(&stream->pieces);
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

/* All but the rows. */
static enum err put_rest(struct stream *stream)
{
	const struct host *host = stream->host;
	const struct api_list list = { .domains = json_array(),
				       .unreadable = view_unreadable(host),
				       .partial = registry_is_partial(host->registry),
				       .files_held = host->files->held };

	return pieces_begin(&stream->pieces, shape_write(&shape_list, &list), "domains");
}

/* What stands behind the rows is as true as the last of them. */
static enum err put_row(void *owner, struct text *piece)
{
	struct stream *stream = owner;
	const struct domain *domain = next_domain(stream);
	enum err err = ERR_OK;

	if (domain == NULL) {
		err = put_rest(stream);
		return err == ERR_OK ? ERR_NOT_FOUND : err;
	}
	return is_wanted(stream, domain) ? shape_append_json(view_domain(stream->host, domain), piece) : err;
}

static enum err next_piece(void *owner, struct text *piece)
{
	struct stream *stream = owner;
	enum err err;

	reading_begin(stream->host->store);
	err = pieces_next(&stream->pieces, put_row, stream, piece);
	reading_end(stream->host->store);
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

static enum err begin(const struct host *host, struct rows *rows, struct stream **stream)
{
	*stream = calloc(1, sizeof(**stream));
	if (*stream == NULL) {
		names_free(&rows->names);
		return ERR_NO_MEMORY;
	}
	**stream = (struct stream){ .host = host, .rows = *rows };
	if (rows->match != NULL && ((*stream)->match = strdup(rows->match)) == NULL)
		return ERR_NO_MEMORY;
	return put_rest(*stream);
}

void rows_answer(const struct host *host, struct rows *rows, struct answer *answer)
{
	struct stream *stream;

	if (begin(host, rows, &stream) != ERR_OK) {
		if (stream != NULL)
			free_stream(stream);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return;
	}
	answer->status = 200;
	answer->content_type = "application/json";
	answer->more = next_piece;
	answer->held = memory_of(&stream->rows.names);
	answer->owner = stream;
	answer->release = free_stream;
}
