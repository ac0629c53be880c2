/* SPDX-License-Identifier: ISC */
#include "ctl/dns/ask.h"

#include "ctl/dns/channel.h"
#include "ctl/dns/message.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A question has a socket or two, several threads ask at once, and many systems allow 1024 descriptors. */
#define IN_FLIGHT_MAX 24

/* One question under way. */
struct flight {
	struct ask *ask; /* NULL: none */
	struct channel *channel;
	size_t sockets;
	bool landed;
	bool final;   /* what the first resolver says counts, even if another may know more */
	bool again;   /* and has to be asked for: all of them have failed, which may mean anything */
	enum err err; /* of our own doing; once it has landed */
};

struct flights {
	struct flight flight[IN_FLIGHT_MAX];
	struct pollfd ready[IN_FLIGHT_MAX * CHANNEL_SOCKETS_MAX];
};

static enum err keep(struct ask *ask, const struct message_record *from)
{
	struct ask_record record = { .type = from->type, .ttl = from->ttl, .preference = from->preference };
	struct ask_record *grown = reallocarray(ask->record, ask->count + 1, sizeof(*grown));

	if (grown == NULL)
		return ERR_NO_MEMORY;
	ask->record = grown;
	record.owner = strdup(from->owner);
	record.text = strdup(from->text.bytes != NULL ? from->text.bytes : "");
	if (record.owner == NULL || record.text == NULL) {
		free(record.owner);
		free(record.text);
		return ERR_NO_MEMORY;
	}
	ask->record[ask->count++] = record;
	return ERR_OK;
}

static enum err keep_all(struct ask *ask, struct message *message)
{
	struct message_record record = { 0 };
	enum err err;

	while ((err = message_next(message, &record)) == ERR_OK) {
		err = ask->count < ASK_RECORDS_MAX ? keep(ask, &record) : ERR_REFUSED;
		if (err != ERR_OK)
			break;
	}
	message_record_free(&record);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* How a code ends a question; the last row of a table stands for all other codes. */
#define OTHERS (-1)
struct ending {
	int code;
	enum ask_state state;
	const char *why;
	const char *deaf; /* the same where it was the resolver that had nothing to say of any name */
};

static const struct ending by_rcode[] = {
	{ ns_r_noerror, ASK_NOTHING, NULL, NULL },
	{ ns_r_nxdomain, ASK_NO_NAME, NULL, NULL },
	{ ns_r_formerr, ASK_FAILED, "answered FORMERR", NULL },
	{ ns_r_servfail, ASK_FAILED, "answered SERVFAIL", NULL },
	{ ns_r_notimpl, ASK_FAILED, "answered NOTIMP", NULL },
	{ ns_r_refused, ASK_FAILED, "answered REFUSED", "the resolver answered REFUSED" },
	{ OTHERS, ASK_FAILED, "answered with an error", NULL },
};

static const struct ending by_err[] = {
	{ ERR_AGAIN, ASK_SILENT, "no answer in time", "the resolver gave no answer in time" },
	{ ERR_CLOSED, ASK_SILENT, "no answer", "the resolver does not answer" },
	{ ERR_NOT_FOUND, ASK_NO_ROUTE, "no route to it from here", "no route to the resolver from here" },
	{ ERR_SYNTAX, ASK_FAILED, "answered what cannot be read", NULL },
	{ ERR_RANGE, ASK_FAILED, "answered with too many CNAMEs", NULL },
	{ ERR_REFUSED, ASK_FAILED, "answered with too many records", NULL },
	{ OTHERS, ASK_FAILED, "cannot be asked", NULL },
};

static void end(struct ask *ask, const struct ending *table, int code)
{
	while (table->code != code && table->code != OTHERS)
		table++;
	ask->state = table->state;
	ask->deaf = ask->server == NULL && table->deaf != NULL;
	ask->why = ask->deaf ? table->deaf : table->why;
}

static enum err read_answer(struct ask *ask, const unsigned char *bytes, size_t len)
{
	struct message message;
	enum err err;

	err = message_open(bytes, len, ask->name, &message);
	message.referral = ask->referral;
	if (err == ERR_OK)
		err = keep_all(ask, &message);
	if (err != ERR_OK)
		return err;
	ask->authoritative = message.authoritative;
	end(ask, by_rcode, message.rcode);
	if (ask->state == ASK_NOTHING && ask_next(ask, ask->type, NULL) != NULL)
		ask->state = ASK_ANSWERED;
	return ERR_OK;
}

/* The library calls it the same when no resolver of resolv.conf is there, and when each answers SERVFAIL. */
static bool may_be_error(const struct flight *flight, enum err err)
{
	return !flight->final && (err == ERR_CLOSED || err == ERR_IO);
}

static void land(void *arg, enum err err, const unsigned char *bytes, size_t len)
{
	struct flight *flight = arg;

	flight->landed = true;
	flight->again = may_be_error(flight, err);
	if (err == ERR_OK)
		err = read_answer(flight->ask, bytes, len);
	if (err == ERR_NO_MEMORY)
		flight->err = err;
	else if (err != ERR_OK)
		end(flight->ask, by_err, (int)err);
}

static enum err launch(const struct ask_way *way, struct ask *ask, bool final, struct flight *flight)
{
	struct channel_way to = { .server = ask->server != NULL ? ask->server : way->resolver,
				  .recurse = ask->server == NULL,
				  .timeout_ms = way->timeout_ms };
	enum err err;

	*flight = (struct flight){ .ask = ask, .final = final || to.server != NULL };
	to.final = flight->final;
	err = channel_open(&to, &flight->channel);
	if (err == ERR_OK)
		channel_ask(flight->channel, ask->name, ask->type, land, flight);
	else if (err == ERR_SYNTAX)
		return err;
	else
		land(flight, err, NULL, 0);
	return ERR_OK;
}

static enum err launch_again(const struct ask_way *way, struct flight *flight)
{
	struct ask *ask = flight->ask;

	channel_close(&flight->channel);
	return launch(way, ask, true, flight);
}

static void wait_for_all(struct flights *flights)
{
	struct pollfd *next = flights->ready;
	int timeout_ms = INT_MAX;

	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &flights->flight[i];

		flight->sockets = 0;
		if (flight->ask != NULL && flight->landed)
			timeout_ms = 0;
		else if (flight->ask != NULL)
			flight->sockets = channel_watch(flight->channel, next, &timeout_ms);
		next += flight->sockets;
	}
	/* When it fails nothing is ready, and only the time goes on. */
	(void)poll(flights->ready, (nfds_t)(next - flights->ready), timeout_ms);
	next = flights->ready;
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &flights->flight[i];

		if (flight->ask != NULL && !flight->landed)
			channel_serve(flight->channel, next, flight->sockets);
		next += flight->sockets;
	}
}

static enum err take_down(struct flight *flight)
{
	enum err err = flight->err;

	channel_close(&flight->channel);
	*flight = (struct flight){ 0 };
	return err;
}

void ask_addresses(const char *host, struct ask asks[ASK_FAMILIES])
{
	asks[0] = (struct ask){ .name = host, .type = ns_t_a };
	asks[1] = (struct ask){ .name = host, .type = ns_t_aaaa };
}

enum err ask_all(const struct ask_way *way, struct ask *asks, size_t count)
{
	struct flights *flights = calloc(1, sizeof(*flights));
	enum err err = flights != NULL ? ERR_OK : ERR_NO_MEMORY;
	size_t launched = 0;
	size_t ended = 0;

	while (err == ERR_OK && ended < count) {
		for (size_t i = 0; i < IN_FLIGHT_MAX && err == ERR_OK; i++) {
			if (flights->flight[i].ask == NULL && launched < count)
				err = launch(way, &asks[launched++], false, &flights->flight[i]);
		}
		if (err == ERR_OK)
			wait_for_all(flights);
		for (size_t i = 0; i < IN_FLIGHT_MAX && err == ERR_OK; i++) {
			if (!flights->flight[i].landed)
				continue;
			if (flights->flight[i].again) {
				err = launch_again(way, &flights->flight[i]);
				continue;
			}
			ended++;
			err = take_down(&flights->flight[i]);
		}
	}
	for (size_t i = 0; i < IN_FLIGHT_MAX && flights != NULL; i++)
		(void)take_down(&flights->flight[i]);
	free(flights);
	return err;
}

const struct ask_record *ask_next(const struct ask *ask, int type, const struct ask_record *after)
{
	for (size_t i = after != NULL ? (size_t)(after - ask->record) + 1 : 0; i < ask->count; i++) {
		if (ask->record[i].type == type)
			return &ask->record[i];
	}
	return NULL;
}

const struct ask_record *ask_next_here(const struct ask *ask, int type, const struct ask_record *after)
{
	while ((after = ask_next(ask, type, after)) != NULL && strcasecmp(after->owner, ask->name) != 0)
		;
	return after;
}

void ask_free(struct ask *asks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < asks[i].count; k++) {
			free(asks[i].record[k].owner);
			free(asks[i].record[k].text);
		}
		free(asks[i].record);
		asks[i] = (struct ask){ .server = asks[i].server,
					.name = asks[i].name,
					.type = asks[i].type,
					.referral = asks[i].referral };
	}
}
