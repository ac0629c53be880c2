/* SPDX-License-Identifier: ISC */
#include "serve/reports.h"

#include "base/clock.h"
#include "log/log.h"
#include "serve/clients.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct reports {
	pthread_mutex_t mutex;
	struct log_limit limit[REPORT_COUNT];
	uint64_t left_out;
};

enum err reports_new(unsigned max_lines, struct reports **reports)
{
	struct reports *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	if (pthread_mutex_init(&new->mutex, NULL) != 0) {
		free(new);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < REPORT_COUNT; i++)
		new->limit[i].burst = max_lines;
	*reports = new;
	return ERR_OK;
}

void reports_free(struct reports **reports)
{
	if (*reports == NULL)
		return;
	(void)pthread_mutex_destroy(&(*reports)->mutex);
	free(*reports);
	*reports = NULL;
}

static bool allowed(struct reports *reports, enum report kind)
{
	bool is_allowed;

	if (reports == NULL)
		return false;
	(void)pthread_mutex_lock(&reports->mutex);
	is_allowed = log_allowed(&reports->limit[kind], clock_ms());
	if (!is_allowed)
		reports->left_out++;
	(void)pthread_mutex_unlock(&reports->mutex);
	return is_allowed;
}

void reports_connection(struct reports *reports, enum report kind, const struct in6_addr *address,
			const char *event, const char *reason)
{
	char text[INET6_ADDRSTRLEN];

	if (allowed(reports, kind))
		log_info("connection %s, %s (%s)", clients_text(address, text), event, reason);
}

void reports_line(struct reports *reports, enum report kind, const char *subject, const char *event,
		  const char *reason)
{
	if (allowed(reports, kind))
		log_warning("%s, %s (%s)", subject, event, reason);
}

uint64_t reports_left_out(struct reports *reports)
{
	uint64_t left_out;

	(void)pthread_mutex_lock(&reports->mutex);
	left_out = reports->left_out;
	(void)pthread_mutex_unlock(&reports->mutex);
	return left_out;
}
