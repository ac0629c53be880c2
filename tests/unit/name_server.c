/* SPDX-License-Identifier: ISC */
#include "name_server.h"

#include "base/sock.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ATTEMPTS 16
#define FLAG_QR  0x80
#define FLAG_AA  0x04
#define FLAG_TC  0x02

struct name_server {
	const struct name_server_setup *setup;
	int udp, tcp, stop;
	uint16_t port;
	pthread_t thread;
	atomic_uint all, over_tcp, recursive;
};

/* Where an answer grows. */
struct pen {
	unsigned char *start, *at;
	unsigned char *names[64];
};

static void put_name(struct pen *pen, const char *name)
{
	int left = NAME_SERVER_ANSWER_SIZE - (int)(pen->at - pen->start);

	pen->at += dn_comp(name, pen->at, left, pen->names, pen->names + 63);
}

static void put16(struct pen *pen, unsigned value)
{
	ns_put16(value, pen->at);
	pen->at += NS_INT16SZ;
}

static void put_strings(struct pen *pen, const char *data)
{
	for (size_t len; data != NULL; data = data[len] == '|' ? data + len + 1 : NULL) {
		len = strcspn(data, "|");
		*pen->at++ = (unsigned char)len;
		memcpy(pen->at, data, len);
		pen->at += len;
	}
}

/* Its value goes up to the end. */
static void put_caa(struct pen *pen, const char *data)
{
	char *rest = NULL;
	unsigned long flags = strtoul(data, &rest, 10);
	size_t len = strcspn(rest + 1, " ");

	*pen->at++ = (unsigned char)flags;
	*pen->at++ = (unsigned char)len;
	memcpy(pen->at, rest + 1, len);
	pen->at += len;
	rest += len + 2;
	memcpy(pen->at, rest, strlen(rest));
	pen->at += strlen(rest);
}

static void put_data(struct pen *pen, const struct name_server_row *row)
{
	char *rest = NULL;

	switch (row->type) {
	case ns_t_a:
		pen->at += inet_pton(AF_INET, row->data, pen->at) == 1 ? 4 : 0;
		break;
	case ns_t_aaaa:
		pen->at += inet_pton(AF_INET6, row->data, pen->at) == 1 ? 16 : 0;
		break;
	case ns_t_txt:
		put_strings(pen, row->data);
		break;
	case ns_t_caa:
		put_caa(pen, row->data);
		break;
	case ns_t_mx:
		put16(pen, (unsigned)strtoul(row->data, &rest, 10));
		put_name(pen, rest + 1);
		break;
	default:
		put_name(pen, row->data);
	}
}

static void put_record(struct pen *pen, const struct name_server_row *row)
{
	unsigned char *len;

	put_name(pen, row->owner);
	put16(pen, (unsigned)row->type);
	put16(pen, ns_c_in);
	ns_put32(row->ttl, pen->at);
	pen->at += NS_INT32SZ;
	len = pen->at;
	pen->at += NS_INT16SZ;
	put_data(pen, row);
	ns_put16((unsigned)(pen->at - len - NS_INT16SZ), len);
}

/* The records at a name; returns where it leads. */
static const char *put_records(struct pen *pen, const char *name, int type, unsigned *count,
			       const struct name_server_setup *setup)
{
	const char *next = NULL;

	for (size_t i = 0; i < setup->count; i++) {
		const struct name_server_row *row = &setup->rows[i];

		if (strcasecmp(row->owner, name) != 0 || (row->type != type && row->type != ns_t_cname))
			continue;
		put_record(pen, row);
		++*count;
		if (row->type == ns_t_cname && type != ns_t_cname)
			next = row->data;
	}
	return next;
}

/* A name exists when something stands there or below. */
static int exists(const char *name, const struct name_server_setup *setup)
{
	for (size_t i = 0; i < setup->count; i++) {
		size_t len = strlen(name), whole = strlen(setup->rows[i].owner);
		const char *tail = setup->rows[i].owner + whole - len;

		if (whole >= len && strcasecmp(tail, name) == 0 && (whole == len || tail[-1] == '.'))
			return 1;
	}
	return 0;
}

size_t name_server_compose(unsigned char *out, const char *name, int type,
			   const struct name_server_setup *setup)
{
	struct pen pen = { .start = out, .at = out + NS_HFIXEDSZ, .names = { out } };
	const char *at = name;
	unsigned count = 0;
	int rcode = setup->rcode;

	memset(out, 0, NS_HFIXEDSZ);
	put_name(&pen, name);
	put16(&pen, (unsigned)type);
	put16(&pen, ns_c_in);
	for (int hops = 0; at != NULL && hops < 20 && rcode == 0; hops++)
		at = put_records(&pen, at, type, &count, setup);
	if (rcode == 0 && count == 0 && !exists(name, setup))
		rcode = ns_r_nxdomain;
	if (setup->manner == NAME_SERVER_JUNK) {
		memset(pen.at, 0xff, 40);
		pen.at += 40;
		count = 3;
	}
	out[2] = FLAG_QR | (setup->manner == NAME_SERVER_LAME ? 0 : FLAG_AA);
	out[3] = (unsigned char)rcode;
	ns_put16(1, out + 4);
	ns_put16(count, out + 6);
	return (size_t)(pen.at - out);
}

/* The answer to a question that came, or 0. */
static size_t answer(struct name_server *server, const unsigned char *question, size_t len,
		     unsigned char *out)
{
	size_t written;
	ns_msg parsed;
	ns_rr rr;

	if (ns_initparse(question, (int)len, &parsed) != 0 || ns_parserr(&parsed, ns_s_qd, 0, &rr) != 0)
		return 0;
	atomic_fetch_add(&server->all, 1);
	if (ns_msg_getflag(parsed, ns_f_rd) != 0)
		atomic_fetch_add(&server->recursive, 1);
	if (server->setup->manner == NAME_SERVER_SILENT)
		return 0;
	written = name_server_compose(out, ns_rr_name(rr), (int)ns_rr_type(rr), server->setup);
	memcpy(out, question, NS_INT16SZ);
	return written;
}

static void serve_udp(struct name_server *server)
{
	static _Thread_local unsigned char out[NAME_SERVER_ANSWER_SIZE];
	unsigned char question[1500];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t len =
		recvfrom(server->udp, question, sizeof(question), MSG_DONTWAIT, (void *)&from, &from_len);
	size_t written = len > 0 ? answer(server, question, (size_t)len, out) : 0;

	if (written == 0)
		return;
	if (server->setup->manner == NAME_SERVER_TRUNCATES) {
		out[2] |= FLAG_TC;
		ns_put16(0, out + 6);
		/* The head and the question, whose name ends in a NUL. */
		written = NS_HFIXEDSZ + strlen((const char *)out + NS_HFIXEDSZ) + 1 + NS_QFIXEDSZ;
	}
	if (server->setup->manner == NAME_SERVER_FORGED) {
		out[0] ^= 0xff;
		out[3] = ns_r_refused;
		(void)sendto(server->udp, out, written, 0, (void *)&from, from_len);
		out[0] ^= 0xff;
		out[3] = 0;
	}
	(void)sendto(server->udp, out, written, 0, (void *)&from, from_len);
}

static void serve_tcp(struct name_server *server)
{
	static _Thread_local unsigned char out[NS_INT16SZ + NAME_SERVER_ANSWER_SIZE];
	const struct timeval patience = { .tv_sec = 5 };
	unsigned char question[1500];
	int fd = accept4(server->tcp, NULL, NULL, SOCK_CLOEXEC);
	size_t written = 0;

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(fd, question, NS_INT16SZ, MSG_WAITALL) == NS_INT16SZ &&
	    ns_get16(question) <= sizeof(question)) {
		size_t len = ns_get16(question);

		if (recv(fd, question, len, MSG_WAITALL) == (ssize_t)len)
			written = answer(server, question, len, out + NS_INT16SZ);
	}
	atomic_fetch_add(&server->over_tcp, 1);
	ns_put16((unsigned)written, out);
	if (written > 0)
		(void)send(fd, out, written + NS_INT16SZ, MSG_NOSIGNAL);
	(void)close(fd);
}

static void *serve(void *arg)
{
	struct name_server *server = arg;

	for (;;) {
		struct pollfd ready[] = { { .fd = server->stop, .events = POLLIN },
					  { .fd = server->udp, .events = POLLIN },
					  { .fd = server->tcp, .events = POLLIN } };

		(void)poll(ready, sizeof(ready) / sizeof(*ready), -1);
		if (ready[0].revents != 0)
			return NULL;
		if (ready[1].revents != 0)
			serve_udp(server);
		if (ready[2].revents != 0)
			serve_tcp(server);
	}
}

static int open_socket(const struct sock_address *address, int type)
{
	int fd = socket(address->storage.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (const void *)&address->storage, address->len) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, 16) == 0))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* The port that UDP got may be taken for TCP. */
static int open_both(struct name_server *server)
{
	bool v6 = strchr(server->setup->address, ':') != NULL;
	struct sock_address address;
	char text[SOCK_TEXT_SIZE];

	for (int i = 0; i < ATTEMPTS; i++) {
		(void)snprintf(text, sizeof(text), "%s%s%s:0", v6 ? "[" : "", server->setup->address,
			       v6 ? "]" : "");
		if (sock_parse(text, &address) != ERR_OK)
			return -1;
		server->udp = open_socket(&address, SOCK_DGRAM);
		if (server->udp < 0)
			return -1;
		(void)getsockname(server->udp, (void *)&address.storage, &address.len);
		server->port = ntohs(((const struct sockaddr_in *)(const void *)&address.storage)->sin_port);
		server->tcp = open_socket(&address, SOCK_STREAM);
		if (server->tcp >= 0)
			return 0;
		(void)close(server->udp);
		server->udp = -1;
	}
	return -1;
}

struct name_server *name_server_start(const struct name_server_setup *setup)
{
	struct name_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->setup = setup;
	server->stop = eventfd(0, EFD_CLOEXEC);
	if (open_both(server) != 0 || pthread_create(&server->thread, NULL, serve, server) != 0) {
		(void)close(server->stop);
		free(server);
		return NULL;
	}
	return server;
}

void name_server_stop(struct name_server **server)
{
	const uint64_t one = 1;

	if (*server == NULL)
		return;
	(void)!write((*server)->stop, &one, sizeof(one));
	(void)pthread_join((*server)->thread, NULL);
	(void)close((*server)->stop);
	(void)close((*server)->udp);
	(void)close((*server)->tcp);
	free(*server);
	*server = NULL;
}

uint16_t name_server_port(const struct name_server *server)
{
	return server->port;
}

struct name_server_tally name_server_tally(const struct name_server *server)
{
	return (struct name_server_tally){ .all = atomic_load(&server->all),
					   .over_tcp = atomic_load(&server->over_tcp),
					   .recursive = atomic_load(&server->recursive) };
}
