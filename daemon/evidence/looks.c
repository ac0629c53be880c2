/* SPDX-License-Identifier: ISC */
#include "evidence/looks.h"

#include "base/text.h"
#include "evidence/retirement.h"
#include "store/observations.h"

#include <string.h>

/* What one look comes to; the strings live here or in the look. */
struct judged {
	struct observed_answer server[RECORD_SERVERS_MAX];
	char id[RECORD_SERVERS_MAX][RECORD_TEXTS_MAX][ID_SIZE];
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

/* There are senders that go by a record even when more stands beside it. */
static size_t read_ids(const struct record_answer *answer, char id[][ID_SIZE])
{
	size_t count = 0;

	for (size_t i = 0; i < answer->text_count; i++)
		count += record_parse(answer->texts[i], id[count]) == ERR_OK;
	return count;
}

static void judge_server(const struct record_answer *answer, const char *published, struct judged *judged,
			 size_t place)
{
	const struct record_reading reading = record_read(answer->texts, answer->text_count, published);
	struct observed_answer *server = &judged->server[place];

	*server = (struct observed_answer){ .server = answer->server,
					    .address = answer->address,
					    .id = (const char(*)[ID_SIZE])judged->id[place],
					    .said = judged->said[place],
					    .beside = judged->beside[place],
					    .named = answer->named };
	describe(answer, &reading, judged, place);
	if (answer->skipped) {
		server->verdict = VERDICT_SKIPPED;
		return;
	}
	if (answer->error != NULL) {
		server->verdict = VERDICT_UNREACHABLE;
		return;
	}
	server->verdict = reading.verdict;
	server->id_count = read_ids(answer, judged->id[place]);
	if (answer->text_count > 0)
		server->ttl = answer->ttl < LOOK_TTL_MAX ? answer->ttl : LOOK_TTL_MAX;
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
		    const struct look *look, time_t now)
{
	struct judged judged;
	struct observation observation = { .at = now,
					   .id = domain->published->id,
					   .error = look->error != NULL ? look->error : "",
					   .server = judged.server,
					   .server_count = look->answers };
	enum err err;

	for (size_t i = 0; i < look->answers; i++)
		judge_server(&look->answer[i], observation.id, &judged, i);
	observation.verdict = worst_of(look, &judged);
	err = find_keeps(store, domain, &observation);
	if (err != ERR_OK)
		return err;
	return observations_put(txn, domain->name, &observation);
}

/* Looks on their way into the store. */
struct job {
	const struct registry *registry;
	struct store *store;
	const struct look *look;
	size_t count;
	time_t now;
};

static enum err work_out(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct job *job = context;

	(void)changes;
	job->now = entry->at;
	return ERR_OK;
}

static bool matters(const void *context)
{
	return ((const struct job *)context)->count > 0;
}

static enum err write(void *context, struct store_txn *txn, int64_t audit)
{
	const struct job *job = context;
	enum err err = ERR_OK;

	(void)audit;
	for (size_t i = 0; err == ERR_OK && i < job->count; i++) {
		const struct domain *domain = registry_domain(job->registry, job->look[i].domain);

		if (domain != NULL)
			err = put(job->store, txn, domain, &job->look[i], job->now);
	}
	return err;
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
};

enum err looks_take(struct registry *registry, struct store *store, const struct order *order,
		    const struct look *looks, size_t count)
{
	struct job job = { registry, store, looks, count, 0 };

	return order_run(registry, store, order, &kind, &job, NULL);
}
