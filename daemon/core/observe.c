/* SPDX-License-Identifier: ISC */
#include "core/observe.h"

#include "base/clock.h"
#include "base/text.h"
#include "core/registry_load.h"
#include "core/retirement.h"
#include "log/log.h"
#include "store/observations.h"

#include <string.h>

/* What one sighting comes to; the strings live here or in the sighting. */
struct judged {
	struct observed_server server[OBSERVE_SERVERS_MAX];
	char id[OBSERVE_SERVERS_MAX][OBSERVE_TEXTS_MAX][ID_SIZE];
	char said[OBSERVE_SERVERS_MAX][TEXT_SHOWN_SIZE];
};

static void describe(const struct sighted_server *sighted, char said[TEXT_SHOWN_SIZE])
{
	const char *words = sighted->error != NULL    ? sighted->error
			    : sighted->text_count > 0 ? sighted->texts[0]
						      : "";

	(void)text_escape(words, strlen(words), said);
}

/* There are senders that go by a record even when more stands beside it. */
static size_t read_ids(const struct sighted_server *sighted, char id[][ID_SIZE])
{
	size_t count = 0;

	for (size_t i = 0; i < sighted->text_count; i++)
		count += record_parse(sighted->texts[i], id[count]) == ERR_OK;
	return count;
}

static void judge_server(const struct sighted_server *sighted, const char *published, struct judged *judged,
			 size_t place)
{
	struct observed_server *server = &judged->server[place];

	*server = (struct observed_server){ .server = sighted->server,
					    .address = sighted->address,
					    .id = (const char(*)[ID_SIZE])judged->id[place],
					    .said = judged->said[place] };
	describe(sighted, judged->said[place]);
	if (sighted->skipped) {
		server->verdict = VERDICT_COUNT;
		return;
	}
	if (sighted->error != NULL) {
		server->verdict = VERDICT_UNREACHABLE;
		return;
	}
	server->verdict = record_judge(sighted->texts, sighted->text_count, published);
	server->id_count = read_ids(sighted, judged->id[place]);
	if (sighted->text_count > 0)
		server->ttl = sighted->ttl < OBSERVE_TTL_MAX ? sighted->ttl : OBSERVE_TTL_MAX;
}

static bool is_heard_elsewhere(const struct sighting *sighting, const char *server)
{
	for (size_t i = 0; i < sighting->server_count; i++) {
		if (!sighting->server[i].skipped && strcmp(sighting->server[i].server, server) == 0)
			return true;
	}
	return false;
}

static enum verdict worst_of(const struct sighting *sighting, const struct judged *judged)
{
	/* With an error there may be more servers than those that were heard. */
	bool all = sighting->server_count > 0 && sighting->error == NULL;
	enum verdict worst = all ? VERDICT_RIGHT : VERDICT_UNREACHABLE;

	for (size_t i = 0; i < sighting->server_count; i++) {
		enum verdict verdict = judged->server[i].verdict;

		if (sighting->server[i].skipped)
			verdict = is_heard_elsewhere(sighting, sighting->server[i].server)
					  ? VERDICT_RIGHT
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
		    const struct sighting *sighting, time_t now)
{
	struct judged judged;
	struct observation observation = { .at = now,
					   .id = domain->published->id,
					   .error = sighting->error != NULL ? sighting->error : "",
					   .server = judged.server,
					   .server_count = sighting->server_count };
	enum err err;

	for (size_t i = 0; i < sighting->server_count; i++)
		judge_server(&sighting->server[i], observation.id, &judged, i);
	observation.verdict = worst_of(sighting, &judged);
	err = find_keeps(store, domain, &observation);
	if (err != ERR_OK)
		return err;
	return observations_put(txn, domain->name, &observation);
}

enum err observe_run(struct registry *registry, struct store *store, const struct sighting *sightings,
		     size_t count)
{
	struct store_txn *txn = NULL;
	enum err err = registry_recover(registry, store);

	if (err == ERR_OK)
		err = store_begin_modest(store, &txn);
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		const struct domain *domain = registry_domain(registry, sightings[i].domain);

		if (domain != NULL)
			err = put(store, txn, domain, &sightings[i], clock_now());
	}
	if (err == ERR_OK)
		err = store_commit(&txn);
	store_rollback(&txn);
	if (err == ERR_OK)
		log_info("dns, looked at (domains: %zu)", count);
	return err;
}
