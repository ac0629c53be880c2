/* SPDX-License-Identifier: ISC */

/*
 * Fetches a policy many times, each over a TLS connection and a handshake of its own, as senders do, and
 * tells how long it took them.  For tests/bench/run, which measures what the server spends meanwhile.
 *
 *   fetcher ADDRESS PORT HOST CA-FILE PRIORITIES FETCHES THREADS [SECONDS PAUSE]
 *   fetcher ADDRESS PORT HOST CA-FILE PRIORITIES
 *
 * The first prints "fetches N failed N p50_us N p99_us N max_us N".  No server makes a ticket for it.
 * After so many SECONDS it begins no more, and each thread waits for PAUSE milliseconds after each fetch.
 *
 * The second fetches twice and offers, the second time, to resume the first session: "failed N resumed N".
 */

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S    30
#define ANSWER_SIZE   32768
#define THREADS_LIMIT 64

/* What all threads share; constant while they run, but for the counts. */
static struct {
	struct sockaddr_in address;
	const char *host;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	char request[512];
	uint64_t *taken_us; /* of each fetch */
	unsigned fetches;
	uint64_t end_us; /* no fetch begins later */
	unsigned pause_ms;
	atomic_uint next;
	atomic_uint done;
	atomic_uint failed;
} job;

/* A session to be resumed. */
struct memory {
	gnutls_datum_t data;
	bool resumed;
};

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int connect_socket(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&job.address, sizeof(job.address)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool begin_session(int fd, bool takes_tickets, gnutls_session_t *tls)
{
	if (gnutls_init(tls, GNUTLS_CLIENT | (takes_tickets ? 0 : GNUTLS_NO_TICKETS)) != 0)
		return false;
	gnutls_session_set_verify_cert(*tls, job.host, 0);
	gnutls_transport_set_int(*tls, fd);
	return gnutls_priority_set(*tls, job.priority) == 0 &&
	       gnutls_credentials_set(*tls, GNUTLS_CRD_CERTIFICATE, job.credentials) == 0 &&
	       gnutls_server_name_set(*tls, GNUTLS_NAME_DNS, job.host, strlen(job.host)) == 0;
}

static bool shake_hands(gnutls_session_t tls)
{
	int result;

	do
		result = gnutls_handshake(tls);
	while (result == GNUTLS_E_INTERRUPTED);
	return result == 0;
}

/* What comes next, or nothing at the end; some servers end without close_notify. */
static size_t read_some(gnutls_session_t tls, char *bytes, size_t size)
{
	ssize_t got;

	do
		got = gnutls_record_recv(tls, bytes, size);
	while (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN);
	return got > 0 ? (size_t)got : 0;
}

/* A ticket comes before the answer, and there is none to be had from a session that has ended. */
static bool read_policy(gnutls_session_t tls, struct memory *memory)
{
	char answer[ANSWER_SIZE];
	size_t len = read_some(tls, answer, sizeof(answer) - 1);
	size_t got = len;

	if (memory != NULL && memory->data.data == NULL)
		(void)gnutls_session_get_data2(tls, &memory->data);
	while (got > 0) {
		got = read_some(tls, answer + len, sizeof(answer) - 1 - len);
		len += got;
	}
	answer[len] = '\0';
	return strncmp(answer, "HTTP/1.1 200", 12) == 0 && strstr(answer, "version: STSv1") != NULL;
}

static bool talk(int fd, struct memory *memory)
{
	ssize_t len = (ssize_t)strlen(job.request);
	gnutls_session_t tls = NULL;
	bool good = begin_session(fd, memory != NULL, &tls);

	if (good && memory != NULL && memory->data.data != NULL)
		good = gnutls_session_set_data(tls, memory->data.data, memory->data.size) == 0;
	good = good && shake_hands(tls) && gnutls_record_send(tls, job.request, (size_t)len) == len &&
	       read_policy(tls, memory);
	if (good && memory != NULL)
		memory->resumed = gnutls_session_is_resumed(tls) != 0;
	if (tls != NULL)
		gnutls_deinit(tls);
	return good;
}

static void fetch(struct memory *memory)
{
	int fd = connect_socket();

	if (fd < 0 || !talk(fd, memory))
		(void)atomic_fetch_add(&job.failed, 1);
	if (fd >= 0)
		(void)close(fd);
}

static void *fetch_many(void *nothing)
{
	uint64_t begin;

	(void)nothing;
	while (atomic_fetch_add(&job.next, 1) < job.fetches && (begin = now_us()) < job.end_us) {
		fetch(NULL);
		job.taken_us[atomic_fetch_add(&job.done, 1)] = now_us() - begin;
		if (job.pause_ms > 0)
			(void)usleep(job.pause_ms * 1000);
	}
	return NULL;
}

static bool prepare(char **arguments)
{
	job.address.sin_family = AF_INET;
	job.address.sin_port = htons((in_port_t)atoi(arguments[2]));
	job.host = arguments[3];
	(void)snprintf(job.request, sizeof(job.request),
		       "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		       job.host);
	return inet_pton(AF_INET, arguments[1], &job.address.sin_addr) == 1 &&
	       gnutls_certificate_allocate_credentials(&job.credentials) == 0 &&
	       gnutls_certificate_set_x509_trust_file(job.credentials, arguments[4], GNUTLS_X509_FMT_PEM) >
		       0 &&
	       gnutls_priority_init(&job.priority, arguments[5], NULL) == 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a;
	uint64_t other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

static bool measure(unsigned fetches, unsigned threads)
{
	pthread_t thread[THREADS_LIMIT];
	size_t last;

	job.fetches = fetches;
	job.taken_us = calloc(fetches, sizeof(*job.taken_us));
	if (job.taken_us == NULL)
		return false;
	for (unsigned i = 0; i < threads; i++) {
		if (pthread_create(&thread[i], NULL, fetch_many, NULL) != 0)
			return false;
	}
	for (unsigned i = 0; i < threads; i++)
		(void)pthread_join(thread[i], NULL);
	last = atomic_load(&job.done) - 1;
	qsort(job.taken_us, last + 1, sizeof(*job.taken_us), compare);
	(void)printf("fetches %zu failed %u p50_us %llu p99_us %llu max_us %llu\n", last + 1,
		     atomic_load(&job.failed), (unsigned long long)job.taken_us[last / 2],
		     (unsigned long long)job.taken_us[last - last / 100],
		     (unsigned long long)job.taken_us[last]);
	return atomic_load(&job.failed) == 0;
}

static bool try_to_resume(void)
{
	struct memory memory = { 0 };

	fetch(&memory);
	fetch(&memory);
	gnutls_free(memory.data.data);
	(void)printf("failed %u resumed %d\n", atomic_load(&job.failed), memory.resumed);
	return atomic_load(&job.failed) == 0;
}

int main(int count, char **arguments)
{
	bool is_bounded = count == 10;
	int fetches = count == 8 || is_bounded ? atoi(arguments[6]) : 0;
	int threads = count == 8 || is_bounded ? atoi(arguments[7]) : 0;

	job.end_us = is_bounded ? now_us() + (uint64_t)atoi(arguments[8]) * 1000000 : UINT64_MAX;
	job.pause_ms = is_bounded ? (unsigned)atoi(arguments[9]) : 0;
	if (count == 6 && prepare(arguments))
		return try_to_resume() ? 0 : 1;
	if (fetches >= 1 && threads >= 1 && threads <= THREADS_LIMIT && prepare(arguments))
		return measure((unsigned)fetches, (unsigned)threads) ? 0 : 1;
	(void)fprintf(stderr,
		      "fetcher ADDRESS PORT HOST CA-FILE PRIORITIES [FETCHES THREADS [SECONDS PAUSE]]\n");
	return 2;
}
