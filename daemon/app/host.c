/* SPDX-License-Identifier: ISC */
#include "app/host.h"

#include "base/clock.h"
#include "certs/challenges.h"
#include "core/certificates.h"
#include "core/registry_load.h"
#include "core/timekeeper.h"
#include "evidence/tally.h"

#include <pthread.h>
#include <stdlib.h>

/* The public part comes first, so that a pointer to it is a pointer to the whole. */
struct whole {
	struct host host;
	struct reload_files files;
	struct coverage coverage;
	struct timekeeper timekeeper;
};

/* Certificates are read while what is published is. */
struct reading {
	struct certs *certs;
	const struct settings *settings;
};

/* The load of all files complains about what is wrong with them. */
static void *read_certificates(void *context)
{
	const struct reading *reading = context;
	struct complaints complaints = { 0 };

	(void)certificates_load(reading->certs, reading->settings, reading->settings->state, &complaints);
	complaints_free(&complaints);
	return NULL;
}

static enum err read_all(const struct host *host, const struct settings *settings)
{
	struct reading reading = { host->certs, settings };
	pthread_t thread;
	bool beside = pthread_create(&thread, NULL, read_certificates, &reading) == 0;
	enum err err = registry_load(host->registry, host->store);

	if (beside)
		(void)pthread_join(thread, NULL);
	else
		(void)read_certificates(&reading);
	return err;
}

static enum err open_all(struct host *host, const struct settings *settings)
{
	const char *state = settings->state;
	enum err err = registry_new(&host->registry);

	if (err == ERR_OK)
		err = tally_new(&host->tally);
	if (err == ERR_OK)
		err = certs_new(&host->certs);
	if (err == ERR_OK)
		err = certs_keep_index(host->certs, state);
	if (err == ERR_OK)
		err = store_open(state, &host->store);
	/* Behind the lock of the store, since the file is another daemon's otherwise. */
	if (err == ERR_OK)
		err = challenges_new(state, host->started_at, &host->challenges);
	if (err == ERR_OK)
		err = read_all(host, settings);
	return err;
}

enum err host_open(const char *config_path, struct settings **settings, struct host **host)
{
	struct whole *whole = calloc(1, sizeof(*whole));
	struct host *new = &whole->host;
	enum err err;

	if (whole == NULL)
		return ERR_NO_MEMORY;
	new->files = &whole->files;
	new->coverage = &whole->coverage;
	new->timekeeper = &whole->timekeeper;
	new->started_at = clock_now();
	err = open_all(new, *settings);
	if (err == ERR_OK)
		err = reload_open_files(config_path, settings, new->files);
	if (err != ERR_OK) {
		host_close(&new);
		return err;
	}
	new->coverage->wanted.state = new->files->started->state;
	timekeeper_begin(new->timekeeper, store_last_written(new->store));
	tally_keep(new->tally, new->store, clock_now());
	*host = new;
	return ERR_OK;
}

void host_close(struct host **host)
{
	struct host *old = *host;

	if (old == NULL)
		return;
	if (old->tally != NULL)
		tally_end(old->tally, old->store, clock_now());
	tally_free(&old->tally);
	coverage_free(old->coverage);
	registry_free(&old->registry);
	challenges_free(&old->challenges);
	certs_free(&old->certs);
	store_close(&old->store);
	reload_close_files(old->files);
	free(old);
	*host = NULL;
}
