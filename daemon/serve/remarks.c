/* SPDX-License-Identifier: ISC */
#include "serve/remarks.h"

#include "base/clock.h"
#include "log/log.h"
#include "policy/domain.h"
#include "serve/clients.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct remarks {
	pthread_mutex_t mutex;
	struct log_limit limit[REMARK_COUNT];
	uint64_t left_out;
};

enum err remarks_new(unsigned max_lines, struct remarks **remarks)
{
	struct remarks *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return ERR_NO_MEMORY;
	if (pthread_mutex_init(&new->mutex, NULL) != 0) {
		free(new);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < REMARK_COUNT; i++)
		new->limit[i].burst = max_lines;
	*remarks = new;
	return ERR_OK;
}

void remarks_free(struct remarks **remarks)
{
	if (*remarks == NULL)
		return;
	(void)pthread_mutex_destroy(&(*remarks)->mutex);
	free(*remarks);
	*remarks = NULL;
}

static bool allowed(struct remarks *remarks, enum remark kind)
{
	bool is_allowed;

	if (remarks == NULL)
		return false;
	(void)pthread_mutex_lock(&remarks->mutex);
	is_allowed = log_allowed(&remarks->limit[kind], clock_ms());
	if (!is_allowed)
		remarks->left_out++;
	(void)pthread_mutex_unlock(&remarks->mutex);
	return is_allowed;
}

void remarks_connection(struct remarks *remarks, enum remark kind, const struct in6_addr *address,
			const char *event, const char *reason)
{
	char text[INET6_ADDRSTRLEN];

	if (allowed(remarks, kind))
		log_info("connection %s, %s (%s)", clients_text(address, text), event, reason);
}

void remarks_line(struct remarks *remarks, enum remark kind, const char *subject, const char *event,
		  const char *reason)
{
	if (allowed(remarks, kind))
		log_warning("%s, %s (%s)", subject, event, reason);
}

uint64_t remarks_left_out(struct remarks *remarks)
{
	uint64_t left_out;

	(void)pthread_mutex_lock(&remarks->mutex);
	left_out = remarks->left_out;
	(void)pthread_mutex_unlock(&remarks->mutex);
	return left_out;
}

/* Bytes that are kept of an address, IPv4 mapped into IPv6 among them, and how that is written. */
struct cut {
	size_t kept;
	const char *prefix;
};

static struct cut cut_of(const struct in6_addr *address, bool whole)
{
	if (whole || IN6_IS_ADDR_UNSPECIFIED(address)) /* of a Unix socket */
		return (struct cut){ sizeof(*address), "" };
	return IN6_IS_ADDR_V4MAPPED(address) ? (struct cut){ 15, "/24" } : (struct cut){ 6, "/48" };
}

/* Room for an address or the beginning of one. */
#define CLIENT_SIZE (INET6_ADDRSTRLEN + 4)

static const char *show_client(const struct in6_addr *address, bool whole, char out[CLIENT_SIZE])
{
	struct cut cut = cut_of(address, whole);
	struct in6_addr shown = { 0 };
	char text[INET6_ADDRSTRLEN] = "::"; /* of an address that ends in nothing, and is nobody's socket */

	memcpy(&shown, address, cut.kept);
	if (IN6_IS_ADDR_UNSPECIFIED(address) || !IN6_IS_ADDR_UNSPECIFIED(&shown))
		(void)clients_text(&shown, text);
	(void)snprintf(out, CLIENT_SIZE, "%s%s", text, cut.prefix);
	return out;
}

static const char *show_domain(const struct remarks_access *access)
{
	const char *domain = domain_of_host(access->host);

	return domain != NULL ? domain : "-";
}

void remarks_answer(const struct remarks_access *access, bool whole)
{
	char client[CLIENT_SIZE];

	log_info("fetch, answered (domain=%s status=%u id=%s tls=%s client=%s)", show_domain(access),
		 access->status, access->note[0] != '\0' ? access->note : "-", access->tls,
		 show_client(access->address, whole, client));
}

void remarks_challenge(const struct remarks_access *access, bool whole)
{
	char client[CLIENT_SIZE];

	log_info("challenge, answered (domain=%s tls=%s client=%s)", show_domain(access), access->tls,
		 show_client(access->address, whole, client));
}
