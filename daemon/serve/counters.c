/* SPDX-License-Identifier: ISC */
#include "serve/counters.h"

#include <stdlib.h>
#include <string.h>

#define CONNECTIONS "https_connections_total", "Connections accepted."
#define HANDSHAKES  "tls_handshakes_total", "TLS handshakes that succeeded, by version.", "version"
#define FAILURES    "tls_handshake_failures_total", "TLS handshakes that failed, by reason.", "reason"
#define CHALLENGES  "tls_challenge_handshakes_total", "TLS handshakes that answered a challenge."
#define PLAIN       "http_plain_connections_total", "Connections without TLS, among those accepted."
#define CHALLENGE_CONNECTIONS                                                                                \
	"http_challenge_connections_total", "Connections at sockets for challenges, among those accepted."
#define CHALLENGE_REQUESTS                                                                                   \
	"http_challenge_requests_total", "Requests at sockets for challenges, by whether one was answered.", \
		"answered"
#define HEADERS    "https_proxy_headers_total", "PROXY headers of connections, by what they named.", "named"
#define REQUESTS   "http_requests_total", "Requests answered, by status.", "status"
#define UNANSWERED "http_requests_unanswered_total", "Requests for whose answer the system lacked something."
#define LATE                                                                                                 \
	"https_deadline_closes_total", "Connections closed by a deadline, by what they were waited for.",    \
		"phase"
#define GONE                                                                                                 \
	"https_client_closes_total", "Connections that the client ended, by what it was waited for.", "phase"
#define REFUSED "https_refusals_total", "Connections closed when they came, by the limit they met.", "limit"
#define CROWDED                                                                                              \
	"https_evictions_total", "Connections closed before their handshake to make room, by the limit.",    \
		"limit"
#define RECEIVED "https_received_bytes_total", "Bytes received on HTTPS connections."
#define SENT     "https_sent_bytes_total", "Bytes sent on HTTPS connections."

const struct counter_row counters_table[COUNTER_COUNT] = {
	[COUNTER_ACCEPTED] = { CONNECTIONS, NULL, NULL },
	[COUNTER_TLS_1_2] = { HANDSHAKES, "1.2" },
	[COUNTER_TLS_1_3] = { HANDSHAKES, "1.3" },
	[COUNTER_FAILED + (int) FAILURE_NO_NAME] = { FAILURES, "no_name" },
	[COUNTER_FAILED + (int) FAILURE_UNKNOWN_NAME] = { FAILURES, "unknown_name" },
	[COUNTER_FAILED + (int) FAILURE_KEY] = { FAILURES, "no_common_key_type" },
	[COUNTER_FAILED + (int) FAILURE_VERSION] = { FAILURES, "no_common_version" },
	[COUNTER_FAILED + (int) FAILURE_CIPHER] = { FAILURES, "no_common_cipher" },
	[COUNTER_FAILED + (int) FAILURE_GROUP] = { FAILURES, "no_common_group" },
	[COUNTER_FAILED + (int) FAILURE_PROTOCOL] = { FAILURES, "no_common_protocol" },
	[COUNTER_FAILED + (int) FAILURE_ALERT] = { FAILURES, "client_alert" },
	[COUNTER_FAILED + (int) FAILURE_GONE] = { FAILURES, "client_gone" },
	[COUNTER_FAILED + (int) FAILURE_MALFORMED] = { FAILURES, "malformed" },
	[COUNTER_CHALLENGE] = { CHALLENGES, NULL, NULL },
	[COUNTER_PLAIN] = { PLAIN, NULL, NULL },
	[COUNTER_CHALLENGE_CONNECTIONS] = { CHALLENGE_CONNECTIONS, NULL, NULL },
	[COUNTER_CHALLENGE_ANSWERED] = { CHALLENGE_REQUESTS, "yes" },
	[COUNTER_CHALLENGE_REFUSED] = { CHALLENGE_REQUESTS, "no" },
	[COUNTER_PROXY_CLIENT] = { HEADERS, "client" },
	[COUNTER_PROXY_NONE] = { HEADERS, "none" },
	[COUNTER_PROXY_MALFORMED] = { HEADERS, "malformed" },
	[COUNTER_STATUS_200] = { REQUESTS, "200" },
	[COUNTER_STATUS_400] = { REQUESTS, "400" },
	[COUNTER_STATUS_404] = { REQUESTS, "404" },
	[COUNTER_STATUS_405] = { REQUESTS, "405" },
	[COUNTER_STATUS_414] = { REQUESTS, "414" },
	[COUNTER_STATUS_421] = { REQUESTS, "421" },
	[COUNTER_STATUS_431] = { REQUESTS, "431" },
	[COUNTER_STATUS_501] = { REQUESTS, "501" },
	[COUNTER_STATUS_505] = { REQUESTS, "505" },
	[COUNTER_STATUS_OTHER] = { REQUESTS, "other" },
	[COUNTER_UNANSWERED] = { UNANSWERED, NULL, NULL },
	[COUNTER_LATE_PROXY] = { LATE, "proxy" },
	[COUNTER_LATE_HELLO] = { LATE, "hello" },
	[COUNTER_LATE_HANDSHAKE] = { LATE, "handshake" },
	[COUNTER_LATE_REQUEST] = { LATE, "request" },
	[COUNTER_LATE_ANSWER] = { LATE, "answer" },
	[COUNTER_LATE_LINGER] = { LATE, "linger" },
	[COUNTER_GONE_PROXY] = { GONE, "proxy" },
	[COUNTER_GONE_HELLO] = { GONE, "hello" },
	[COUNTER_GONE_REQUEST] = { GONE, "request" },
	[COUNTER_GONE_ANSWER] = { GONE, "answer" },
	[COUNTER_REFUSED_CLIENT] = { REFUSED, "client" },
	[COUNTER_REFUSED_CONNECTIONS] = { REFUSED, "connections" },
	[COUNTER_REFUSED_MEMORY] = { REFUSED, "memory" },
	[COUNTER_REFUSED_SYSTEM] = { REFUSED, "system" },
	[COUNTER_CROWDED_CONNECTIONS] = { CROWDED, "connections" },
	[COUNTER_CROWDED_MEMORY] = { CROWDED, "memory" },
	[COUNTER_RECEIVED] = { RECEIVED, NULL, NULL },
	[COUNTER_SENT] = { SENT, NULL, NULL },
};

/* There is one writer, so no addition can be lost; nobody reads one count in the light of another. */
void counters_add(struct counters *counters, enum counter counter, uint64_t more)
{
	atomic_uint_least64_t *count = &counters->count[counter];

	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

void counters_add_to(const struct counters *counters, uint64_t totals[COUNTER_COUNT])
{
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		totals[i] += atomic_load_explicit(&counters->count[i], memory_order_relaxed);
}

enum counter counters_failure(enum failure failure)
{
	return (enum counter)(COUNTER_FAILED + (unsigned)failure);
}

enum counter counters_status(unsigned status)
{
	for (enum counter counter = COUNTER_STATUS_200; counter < COUNTER_STATUS_OTHER; counter++) {
		if (strtoul(counters_table[counter].value, NULL, 10) == status)
			return counter;
	}
	return COUNTER_STATUS_OTHER;
}
