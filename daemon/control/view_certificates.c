/* SPDX-License-Identifier: ISC */
#include "control/view_certificates.h"

#include "api/shape_text.h"
#include "base/allocation.h"
#include "base/clock.h"
#include "certs/installed.h"
#include "control/pieces.h"
#include "control/reply.h"
#include "control/rounds.h"
#include "control/view.h"
#include "core/certificates.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRING_SHOWN 10

static bool is_installed(const struct host *host, const char *file)
{
	char *directory = certificates_installed(host->files->started->state);
	bool installed = directory != NULL && installed_has(directory, file);

	free(directory);
	return installed;
}

void view_certificate_put(const struct host *host, const struct facts *info, bool used,
			  struct api_certificate *shown)
{
	time_t now = clock_now();

	*shown = (struct api_certificate){
		.file = info->file,
		.source = is_installed(host, info->file) ? "installed" : "directory",
		.names = reply_names(&info->names),
		.issuer = info->issuer,
		.key = key_kind_text(info->key),
		.days_left = expiry_days_left(info->not_after, now),
		.stage = expiry_text(expiry_stage(info->not_before, info->not_after, now)),
		.used = used,
		.sound = facts_are_sound(info, now),
		.renewal_id = info->renewal_id,
	};
	shape_put_time(info->not_before, shown->not_before);
	shape_put_time(info->not_after, shown->not_after);
}

static json_t *view_certificate(const struct host *host, const struct facts *info, bool used)
{
	struct api_certificate shown;

	view_certificate_put(host, info, used, &shown);
	return shape_write(&shape_certificate, &shown);
}

/* The first to expire, in that order. */
struct expiring {
	const struct facts *info[EXPIRING_SHOWN];
	size_t count;
	time_t now;
};

static enum err find_expiring(void *context, const struct facts *info, bool used)
{
	struct expiring *expiring = context;
	size_t at = expiring->count;

	if (!used || expiry_stage(info->not_before, info->not_after, expiring->now) == EXPIRY_FINE)
		return ERR_OK;
	while (at > 0 && info->not_after < expiring->info[at - 1]->not_after)
		at--;
	if (at == EXPIRING_SHOWN)
		return ERR_OK;
	expiring->count += expiring->count < EXPIRING_SHOWN;
	memmove(expiring->info + at + 1, expiring->info + at,
		(expiring->count - at - 1) * sizeof(*expiring->info));
	expiring->info[at] = info;
	return ERR_OK;
}

static json_t *view_expiring(const struct host *host)
{
	struct expiring expiring = { .now = clock_now() };
	json_t *array = json_array();

	(void)certs_each(host->certs, find_expiring, &expiring);
	for (size_t i = 0; i < expiring.count; i++)
		array = reply_append(array, view_certificate(host, expiring.info[i], true));
	return array;
}

void view_covering(const struct host *host, struct api_covering *shown)
{
	struct view_expiry expiry;

	view_find_expiry(host, &expiry);
	*shown = (struct api_covering){
		.pairs = expiry.pairs,
		.uncovered = (json_int_t)host->coverage->uncovered_count,
		.uncovered_domains = reply_names(&host->coverage->uncovered),
		.tls_elsewhere = host->coverage->tls_elsewhere,
		.stages = { .fine = expiry.counts[EXPIRY_FINE],
			    .soon = expiry.counts[EXPIRY_SOON],
			    .urgent = expiry.counts[EXPIRY_URGENT],
			    .expired = expiry.counts[EXPIRY_EXPIRED] },
		.expiring = view_expiring(host),
	};
	rounds_show(host, &shown->ordering);
	if (expiry.pairs == 0)
		return;
	shown->next_expiry.file = expiry.first.file;
	shown->next_expiry.name = expiry.first.names.item[0];
	shape_put_time(expiry.first.not_after, shown->next_expiry.not_after);
}

static enum err gather_uncovered(void *context, const struct domain *domain)
{
	json_t **array = context;

	*array = reply_append(*array, json_string(domain->name));
	return *array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* A list of certificates on its way. */
struct stream {
	const struct host *host;
	struct pieces pieces;
	char *last;  /* the file where it has come to, or the domain of an order; NULL: nowhere */
	bool orders; /* whether all certificates are listed, and what keeps others comes */
};

static void free_stream(void *owner)
{
	struct stream *stream = owner;

	pieces_free(&stream->pieces);
	free(stream->last);
	free(stream);
}

static enum err move_on(struct stream *stream, const char *to)
{
	char *last = strdup(to);

	if (last == NULL)
		return ERR_NO_MEMORY;
	free(stream->last);
	stream->last = last;
	return ERR_OK;
}

static enum err put_order(struct stream *stream, struct text *piece)
{
	struct api_certificate_order shown;
	struct awaited_order order;
	enum err err;

	if (!awaited_after(registry_awaited(stream->host->registry), stream->last, clock_now(), &order))
		return ERR_NOT_FOUND;
	err = move_on(stream, order.domain);
	if (err != ERR_OK)
		return err;
	rounds_show_order(&order, &shown);
	return shape_append(&shape_certificate_order, &shown, piece);
}

static void begin_orders(struct stream *stream)
{
	free(stream->last);
	stream->last = NULL;
	stream->orders = true;
	pieces_go_on(&stream->pieces, "orders");
}

/* Those that come or go meanwhile are listed or not, and all others once. */
static enum err put_row(void *owner, struct text *piece)
{
	struct stream *stream = owner;
	bool used = false;
	const struct facts *info;
	struct api_certificate shown;
	enum err err;

	if (stream->orders)
		return put_order(stream, piece);
	info = certs_after(stream->host->certs, stream->last, &used);
	if (info == NULL) {
		begin_orders(stream);
		return ERR_NOT_FOUND;
	}
	err = move_on(stream, info->file);
	if (err != ERR_OK)
		return err;
	view_certificate_put(stream->host, info, used, &shown);
	return shape_append(&shape_certificate, &shown, piece);
}

static enum err next_piece(void *owner, struct text *piece)
{
	struct stream *stream = owner;
	enum err err = pieces_next(&stream->pieces, put_row, stream, piece);

	return allocation_was_refused() ? ERR_NO_MEMORY : err;
}

/* Nobody is told any more by the answer itself. */
static enum err later_piece(void *owner, struct text *piece)
{
	enum err err = next_piece(owner, piece);

	if (err != ERR_OK)
		log_error("control, list of certificates cut off (%s)", err_text(err));
	return err;
}

static json_t *write_rest(const struct host *host)
{
	json_t *uncovered = json_array();
	struct api_certificates shown = { .certificates = json_array(), .orders = json_array() };

	if (!host->coverage->tls_elsewhere)
		(void)registry_each_marked(host->registry, MARK_UNCOVERED, gather_uncovered, &uncovered);
	shown.uncovered = (json_int_t)json_array_size(uncovered);
	shown.uncovered_domains = uncovered;
	return shape_write(&shape_certificates, &shown);
}

static enum err begin(const struct host *host, struct answer *answer, struct stream **stream)
{
	enum err err;

	*stream = calloc(1, sizeof(**stream));
	if (*stream == NULL)
		return ERR_NO_MEMORY;
	(*stream)->host = host;
	err = pieces_begin(&(*stream)->pieces, write_rest(host), "certificates");
	return err == ERR_OK ? next_piece(*stream, &answer->body) : err;
}

void view_certificates_list(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct stream *stream = NULL;

	(void)request;
	(void)coverage_look(control->host->registry, control->host->certs);
	if (begin(control->host, answer, &stream) != ERR_OK) {
		text_free(&answer->body);
		if (stream != NULL)
			free_stream(stream);
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return;
	}
	answer->status = 200;
	answer->content_type = "application/json";
	answer->more = later_piece;
	answer->held = stream->pieces.whole.capacity;
	answer->owner = stream;
	answer->release = free_stream;
}
