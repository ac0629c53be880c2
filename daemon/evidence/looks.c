/* SPDX-License-Identifier: ISC */
#include "evidence/looks.h"

#include "base/text.h"
#include "core/place.h"
#include "evidence/retirement.h"
#include "log/log.h"
#include "store/observations.h"
#include "store/past.h"
#include "store/records.h"
#include "store/revisions.h"

#include <stdlib.h>
#include <string.h>

/* What one look comes to; the strings live here or in the look. */
struct judged {
	struct observed_answer server[RECORD_SERVERS_MAX];
	char id[RECORD_SERVERS_MAX][RECORD_TEXTS_MAX][ID_SIZE]; /* what stands there, or stands for it */
	char other[RECORD_SERVERS_MAX][ID_SIZE];
	char said[RECORD_SERVERS_MAX][TEXT_SHOWN_SIZE];
	char beside[RECORD_SERVERS_MAX][TEXT_SHOWN_SIZE];
};

static void escape(const char *text, char shown[TEXT_SHOWN_SIZE])
{
	if (text == NULL)
		text = "";
	(void)text_escape(text, strlen(text), shown);
}

/* What counts, what stands beside it, or the error; without either what stands there alone. */
static void describe(const struct record_answer *answer, const struct record_reading *reading,
		     struct judged *judged, size_t place)
{
	const char *said = answer->error != NULL ? answer->error : reading->record;

	escape(said != NULL ? said : reading->beside, judged->said[place]);
	escape(said != NULL && answer->error == NULL ? reading->beside : NULL, judged->beside[place]);
}

/* One domain, and what its ids stand for. */
struct judging {
	struct store *store;
	const struct domain *domain;
	char last[ID_SIZE];   /* an id that was looked up */
	char stands[ID_SIZE]; /* the id of the domain's revision that it stands for, or "" */
};

/*
 * Under an id of its record a sender holds the revision that the domain had when it was given out, or a newer
 * one.  The same id stands at most servers.
 */
static enum err stands_for(struct judging *judging, const char *id, const char **stands)
{
	const char *name = judging->domain->name;
	int64_t since = 0;
	enum err err = ERR_OK;

	if (strcmp(id, judging->last) != 0) {
		judging->last[0] = '\0';
		err = records_since(judging->store, name, id, &since);
		if (err == ERR_OK)
			err = revisions_at_most(judging->store, name, since, judging->stands);
		if (err == ERR_OK)
			memcpy(judging->last, id, strlen(id) + 1);
	}
	*stands = judging->stands[0] != '\0' ? judging->stands : id;
	return err;
}

/* There are senders that go by a record even when more stands beside it. */
static enum err read_ids(struct judging *judging, const struct record_answer *answer, char id[][ID_SIZE],
			 size_t *count)
{
	const char *stands;
	char got[ID_SIZE];
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < answer->text_count; i++) {
		if (record_parse(answer->texts[i], got) != ERR_OK)
			continue;
		err = stands_for(judging, got, &stands);
		if (err == ERR_OK)
			memcpy(id[(*count)++], stands, strlen(stands) + 1);
	}
	return err;
}

/*
 * Read what stands there: an id of the record that is right for the domain is as good as its own, and its own
 * is not right when the record had it before.
 */
static enum err read_answer(struct judging *judging, const struct record_answer *answer, char other[ID_SIZE],
			    struct record_reading *reading)
{
	const char *published = judging->domain->published->id;
	const char *stands;
	enum err err;

	*reading = record_read(answer->texts, answer->text_count, published);
	other[0] = '\0';
	if (reading->verdict != VERDICT_OLD_ID && reading->verdict != VERDICT_RIGHT)
		return ERR_OK;
	(void)record_parse(reading->record, other);
	err = stands_for(judging, other, &stands);
	reading->verdict = strcmp(judging->stands, published) == 0 ? VERDICT_RIGHT : VERDICT_OLD_ID;
	if (strcmp(other, published) == 0 && reading->verdict == VERDICT_RIGHT)
		other[0] = '\0';
	return err;
}

static enum err judge_server(struct judging *judging, const struct record_answer *answer,
			     struct judged *judged, size_t place)
{
	struct observed_answer *server = &judged->server[place];
	struct record_reading reading;
	enum err err = read_answer(judging, answer, judged->other[place], &reading);

	*server = (struct observed_answer){ .server = answer->server,
					    .address = answer->address,
					    .id = (const char(*)[ID_SIZE])judged->id[place],
					    .other_id = judged->other[place],
					    .said = judged->said[place],
					    .beside = judged->beside[place],
					    .named = answer->named };
	describe(answer, &reading, judged, place);
	if (err != ERR_OK || answer->skipped || answer->error != NULL) {
		server->verdict = answer->skipped ? VERDICT_SKIPPED : VERDICT_UNREACHABLE;
		return err;
	}
	server->verdict = reading.verdict;
	if (answer->text_count > 0)
		server->ttl = answer->ttl < LOOK_TTL_MAX ? answer->ttl : LOOK_TTL_MAX;
	return read_ids(judging, answer, judged->id[place], &server->id_count);
}

static bool is_heard_elsewhere(const struct look *look, const char *server)
{
	for (size_t i = 0; i < look->answers; i++) {
		if (!look->answer[i].skipped && strcmp(look->answer[i].server, server) == 0)
			return true;
	}
	return false;
}

static enum verdict worst_of(const struct look *look, const struct judged *judged)
{
	/* With an error there may be more servers than those that were heard. */
	bool all = look->answers > 0 && look->error == NULL;
	enum verdict worst = all ? VERDICT_RIGHT : VERDICT_UNREACHABLE;

	for (size_t i = 0; i < look->answers; i++) {
		enum verdict verdict = judged->server[i].verdict;

		if (look->answer[i].skipped)
			verdict = is_heard_elsewhere(look, look->answer[i].server) ? VERDICT_RIGHT
										   : VERDICT_UNREACHABLE;
		if (verdict > worst)
			worst = verdict;
	}
	return worst;
}

/* Texts of other kinds are no record (RFC 8461, section 3.1).  Nor is one that others have, too, the
 * domain's. */
static enum past_sight sight_of(const struct look *look, const struct judged *judged,
				const struct owner *owner)
{
	bool all = look->answers > 0 && look->error == NULL;

	for (size_t i = 0; i < look->answers; i++) {
		enum verdict verdict = judged->server[i].verdict;

		/* Who says both that he was not heard and what he said is believed the worse. */
		if (look->answer[i].error != NULL && look->answer[i].text_count > 0)
			return PAST_SIGHT_RECORD;
		if (verdict == VERDICT_SKIPPED)
			all = all && is_heard_elsewhere(look, look->answer[i].server);
		else if (verdict == VERDICT_UNREACHABLE)
			all = false;
		else if (verdict != VERDICT_MISSING && verdict != VERDICT_OTHER_TEXT)
			return PAST_SIGHT_RECORD;
	}
	return all && owner == NULL ? PAST_SIGHT_BARE : PAST_SIGHT_NOTHING;
}

/*
 * Silence says nothing.  Nor does a record that is gone when its time is over: nobody can renew anything
 * without one, and taking it away is what comes then.
 */
static enum err find_keeps(struct store *store, const struct domain *domain, struct observation *observation)
{
	struct retirement retirement;
	enum err err;

	observation->keeps = observation->verdict == VERDICT_UNREACHABLE;
	if (observation->verdict != VERDICT_MISSING)
		return ERR_OK;
	err = retirement_of(store, domain, observation->at, 0, &retirement);
	if (err == ERR_OK)
		observation->keeps =
			retirement.state == RETIREMENT_CONFIRMING || retirement.state == RETIREMENT_SAFE;
	return err;
}

static enum err put(struct store *store, struct store_txn *txn, const struct domain *domain,
		    const struct look *look, const struct owner *owner, time_t now)
{
	struct judged judged;
	struct observation observation = { .at = now,
					   .id = domain->published->id,
					   .error = look->error != NULL ? look->error : "",
					   .server = judged.server,
					   .server_count = look->answers };
	struct judging judging = { .store = store, .domain = domain };
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < look->answers; i++)
		err = judge_server(&judging, &look->answer[i], &judged, i);
	if (err != ERR_OK)
		return err;
	observation.verdict = worst_of(look, &judged);
	err = find_keeps(store, domain, &observation);
	if (err == ERR_OK)
		err = past_look(txn, domain->name, sight_of(look, &judged, owner));
	return err == ERR_OK ? observations_put(txn, domain->name, &observation) : err;
}

/* Looks on their way into the store. */
struct job {
	struct registry *registry;
	struct store *store;
	struct look *look;
	size_t count;
	struct place *place; /* one for each look */
	time_t now;
};

static enum err find_place(struct job *job, struct look *look, struct place *place)
{
	const struct domain *domain = registry_domain(job->registry, look->domain);
	enum err err = domain != NULL ? place_observe(job->registry, domain, look->record, place) : ERR_OK;

	look->joins = place->moves;
	return err;
}

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;
	enum err err = ERR_OK;

	(void)changes;
	job->now = entry->at;
	for (size_t i = 0; err == ERR_OK && i < job->count; i++)
		err = find_place(job, &job->look[i], &job->place[i]);
	return err;
}

static bool matters(const void *context)
{
	return ((const struct job *)context)->count > 0;
}

/* All of them move first: what one brings along may be what another one saw. */
static enum err write(void *context, struct store_txn *txn, int64_t audit)
{
	const struct job *job = context;
	enum err err = ERR_OK;

	(void)audit;
	for (size_t i = 0; err == ERR_OK && i < job->count; i++) {
		const struct domain *domain = registry_domain(job->registry, job->look[i].domain);

		if (domain != NULL)
			err = place_write(txn, domain->name, domain->published->number, NULL, job->now,
					  &job->place[i]);
	}
	for (size_t i = 0; err == ERR_OK && i < job->count; i++) {
		const struct domain *domain = registry_domain(job->registry, job->look[i].domain);

		if (domain != NULL)
			err = place_settle(job->store, txn, domain->name, domain->published->number, NULL,
					   job->now, &job->place[i]);
	}
	for (size_t i = 0; err == ERR_OK && i < job->count; i++) {
		const struct domain *domain = registry_domain(job->registry, job->look[i].domain);

		if (domain != NULL)
			err = put(job->store, txn, domain, &job->look[i], job->place[i].owner, job->now);
	}
	return err;
}

static void log_place(const struct domain *domain, const struct place *place)
{
	if (place->owner == NULL)
		log_notice("%s, its TXT record is at its own name", domain->name);
	else
		log_notice("%s, its TXT record is at %s (id %s)", domain->name, place->owner->name,
			   place->owner->id);
}

static enum err publish(void *context)
{
	const struct job *job = context;
	size_t logged = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct domain *domain = registry_domain(job->registry, job->look[i].domain);

		if (domain == NULL)
			continue;
		place_publish(job->registry, domain->name, &job->place[i]);
		if (job->place[i].moves && logged++ < ORDER_DOMAINS_LOGGED)
			log_place(domain, &job->place[i]);
	}
	return ERR_OK;
}

static void log_done(const void *context, const struct changes *changes)
{
	(void)changes;
	log_info("dns, looked at (domains: %zu)", ((const struct job *)context)->count);
}

static const struct order_kind kind = {
	.command = "dns",
	.not_done = EVENT_ORDER_NOT_DONE,
	.modest = true,
	.work_out = work_out,
	.log_done = log_done,
	.matters = matters,
	.write = write,
	.publish = publish,
};

enum err looks_take(struct registry *registry, struct store *store, const struct order *order,
		    struct look *looks, size_t count)
{
	struct job job = { registry, store, looks, count, calloc(count + 1, sizeof(*job.place)), 0 };
	enum err err = ERR_NO_MEMORY;

	if (job.place != NULL)
		err = order_run(registry, store, order, &kind, &job, NULL);
	for (size_t i = 0; job.place != NULL && i < count; i++)
		place_end(&job.place[i]);
	free(job.place);
	return err;
}
