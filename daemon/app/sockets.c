/* SPDX-License-Identifier: ISC */
#include "app/sockets.h"

#include "base/sock.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Several times what may wait. */
#define TURNED_AWAY_MAX 65536

static struct sock_address address_of(int fd)
{
	struct sock_address address = { .len = sizeof(address.storage) };

	(void)getsockname(fd, (struct sockaddr *)&address.storage, &address.len);
	return address;
}

static struct names *names_of(struct sockets *sockets, enum entrance_kind kind)
{
	return kind == ENTRANCE_PLAIN       ? &sockets->plain
	       : kind == ENTRANCE_CHALLENGE ? &sockets->challenge
					    : &sockets->listen;
}

static enum err add_entrance(struct sockets *sockets, int fd, enum entrance_kind kind)
{
	struct sock_address address = address_of(fd);
	char text[SOCK_TEXT_SIZE];
	struct entrance *entrances =
		reallocarray(sockets->entrances, sockets->entrance_count + 1, sizeof(*entrances));

	if (entrances == NULL) {
		(void)close(fd);
		return ERR_NO_MEMORY;
	}
	sockets->entrances = entrances;
	sockets->entrances[sockets->entrance_count++] = (struct entrance){ fd, kind };
	return names_put(names_of(sockets, kind), sock_text(&address, text));
}

static enum err inherit_tcp(struct sockets *sockets, int fd, const char *name, enum entrance_kind kind)
{
	if (!sock_is_listening(fd, AF_INET) && !sock_is_listening(fd, AF_INET6)) {
		log_error("socket %s, refused (descriptor %d is not a listening TCP socket): see the socket "
			  "unit",
			  name, fd);
		return ERR_REFUSED;
	}
	return add_entrance(sockets, fd, kind);
}

static enum err inherit_https(struct sockets *sockets, int fd)
{
	return inherit_tcp(sockets, fd, "https", ENTRANCE_HTTPS);
}

static enum err inherit_challenge(struct sockets *sockets, int fd)
{
	enum err err = inherit_tcp(sockets, fd, "challenge", ENTRANCE_CHALLENGE);

	if (err != ERR_REFUSED)
		return err;
	/* It was said; policies are served without. */
	(void)close(fd);
	return ERR_OK;
}

static enum err inherit_control(struct sockets *sockets, int fd)
{
	struct sock_address address;
	char text[SOCK_TEXT_SIZE];

	if (!sock_is_listening(fd, AF_UNIX) || sockets->control >= 0) {
		log_error("socket control, refused (descriptor %d is not a listening Unix socket, or not the "
			  "only one): see the"
			  " socket unit",
			  fd);
		return ERR_REFUSED;
	}
	sockets->control = fd;
	address = address_of(fd);
	sockets->control_path = strdup(sock_text(&address, text));
	return sockets->control_path != NULL ? ERR_OK : ERR_NO_MEMORY;
}

/* Whoever is not on this machine cannot reach a loopback address. */
static bool is_loopback(const struct sock_address *address)
{
	const struct sockaddr_in *in4 = (const void *)&address->storage;
	const struct sockaddr_in6 *in6 = (const void *)&address->storage;

	if (address->storage.ss_family == AF_INET)
		return ntohl(in4->sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

/* What has no file anybody may connect to; and without bytes that come one behind the other there is no HTTP.
 */
static bool is_private_stream(int fd, const struct sock_address *address)
{
	const struct sockaddr_un *local = (const void *)&address->storage;
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM)
		return false;
	return address->storage.ss_family != AF_UNIX || local->sun_path[0] == '/';
}

static enum err inherit_http(struct sockets *sockets, int fd)
{
	struct sock_address address = address_of(fd);
	char text[SOCK_TEXT_SIZE];
	bool is_unix = sock_is_listening(fd, AF_UNIX);

	if (!is_unix && !sock_is_listening(fd, AF_INET) && !sock_is_listening(fd, AF_INET6)) {
		log_error("socket http, refused (descriptor %d is not a listening Unix or TCP socket): see "
			  "the socket unit",
			  fd);
		return ERR_REFUSED;
	}
	if (!is_private_stream(fd, &address)) {
		log_error("socket http, refused (it is no stream socket, or a Unix socket without a path): "
			  "write "
			  "ListenStream= with a path, or with 127.0.0.1 and a port");
		return ERR_REFUSED;
	}
	if (is_unix || is_loopback(&address))
		return add_entrance(sockets, fd, ENTRANCE_PLAIN);
	log_error("socket http, refused (%s is not a loopback address, and plain HTTP is never for others): "
		  "write ListenStream= with a path or with 127.0.0.1 and a port",
		  sock_text(&address, text));
	return ERR_REFUSED;
}

static enum err inherit_metrics(struct sockets *sockets, int fd)
{
	struct sock_address address;
	char text[SOCK_TEXT_SIZE];

	if ((!sock_is_listening(fd, AF_INET) && !sock_is_listening(fd, AF_INET6)) || sockets->metrics >= 0) {
		log_error("socket metrics, refused (descriptor %d is not a listening TCP socket, or not the "
			  "only one): see the socket unit",
			  fd);
		return ERR_REFUSED;
	}
	sockets->metrics = fd;
	address = address_of(fd);
	if (!is_loopback(&address))
		log_warning(
			"socket metrics, open to others (%s is not a loopback address): whoever reaches it "
			"reads the numbers",
			sock_text(&address, text));
	sockets->metrics_text = strdup(sock_text(&address, text));
	return sockets->metrics_text != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static const struct {
	const char *name;
	enum err (*take)(struct sockets *sockets, int fd);
} kinds[] = {
	{ "https", inherit_https },     { "http", inherit_http },       { "challenge", inherit_challenge },
	{ "control", inherit_control }, { "metrics", inherit_metrics },
};

static enum err inherit_one(struct sockets *sockets, const char *name, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return ERR_IO;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].take(sockets, fd);
	}
	log_error("socket %s, refused (unknown name): write FileDescriptorName=https, "
		  "http, challenge, control or metrics",
		  name);
	return ERR_REFUSED;
}

static enum err inherit(struct sockets *sockets)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	enum err err = count < 0 ? ERR_IO : ERR_OK;

	for (int i = 0; i < count; i++) {
		if (err == ERR_OK)
			err = inherit_one(sockets, names[i], SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
	return err;
}

static enum err open_tcp(struct sockets *sockets, const char *text, enum entrance_kind kind)
{
	struct sock_address address;
	int fd = -1;
	enum err err = sock_parse(text, &address);

	if (err == ERR_OK)
		err = sock_listen_tcp(&address, &fd);
	return err == ERR_OK ? add_entrance(sockets, fd, kind) : err;
}

static enum err open_https(struct sockets *sockets, const char *text)
{
	enum err err = open_tcp(sockets, text, ENTRANCE_HTTPS);

	if (err == ERR_OK || err == ERR_NO_MEMORY)
		return err;
	log_error("listen %s, not possible (%s): stop what listens there, correct the setting listen, or let "
		  "systemd listen (mta-stsd.socket)",
		  text, strerror(errno));
	return err;
}

static enum err open_control(struct sockets *sockets, const char *path, gid_t operators, bool others)
{
	mode_t mode = others ? 0666 : 0660;
	enum err err;

	sockets->control_path = strdup(path);
	if (sockets->control_path == NULL)
		return ERR_NO_MEMORY;
	err = sock_listen_unix(path, mode, operators, &sockets->control);
	if (err == ERR_EXISTS)
		log_error("control %s, not possible (another mta-stsd listens there, or it is not a socket)",
			  path);
	else if (err == ERR_RANGE)
		log_error("control %s, not possible (a socket's path has at most 107 bytes)", path);
	else if (err != ERR_OK)
		log_error("control %s, not possible (%s): its directory must exist and belong to the "
			  "service's user",
			  path, strerror(errno));
	sockets->control_is_ours = err == ERR_OK;
	return err;
}

static enum err open_listen(struct sockets *sockets, const struct names *listen)
{
	enum err err = ERR_OK;

	if (listen->count == 0 && sockets->plain.count == 0) {
		log_error(
			"listen, not known (no address could be read, and systemd passes no socket): write "
			"listen = [ \"[::]:443\" ] for all addresses, or some, and correct the settings, or "
			"let systemd listen (mta-stsd.socket)");
		return ERR_SYNTAX;
	}
	for (size_t i = 0; err == ERR_OK && i < listen->count; i++)
		err = open_https(sockets, listen->item[i]);
	return err;
}

/* Somebody else may have taken port 80 since; that is no reason not to serve policies. */
static enum err open_challenge(struct sockets *sockets, const char *text)
{
	enum err err = open_tcp(sockets, text, ENTRANCE_CHALLENGE);

	if (err == ERR_OK || err == ERR_NO_MEMORY)
		return err;
	if (errno == EAFNOSUPPORT) {
		log_error("listen_challenge %s, not possible (the service may open no sockets of its own): "
			  "enable mta-stsd-challenge.socket instead; policies are served meanwhile",
			  text);
		return ERR_OK;
	}
	log_error("listen_challenge %s, not possible (%s): stop what listens there, correct the setting, or "
		  "let "
		  "systemd listen (mta-stsd-challenge.socket); policies are served meanwhile",
		  text, strerror(errno));
	return ERR_OK;
}

enum err sockets_open(const struct settings *settings, gid_t operators, bool others, struct sockets *sockets)
{
	enum err err;

	*sockets = SOCKETS_NONE;
	err = inherit(sockets);
	sockets->listen_is_ours = sockets->listen.count == 0;
	if (err == ERR_OK && sockets->listen_is_ours)
		err = open_listen(sockets, &settings->listen);
	sockets->challenge_is_ours = sockets->challenge.count == 0;
	for (size_t i = 0;
	     err == ERR_OK && sockets->challenge_is_ours && i < settings->listen_challenge.count; i++)
		err = open_challenge(sockets, settings->listen_challenge.item[i]);
	if (err == ERR_OK && sockets->control < 0)
		err = open_control(sockets, settings->control, operators, others);
	return err;
}

void sockets_turn_away(int count)
{
	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
		int flags = fcntl(fd, F_GETFL);
		bool ready = flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;

		for (unsigned i = 0; ready && i < TURNED_AWAY_MAX; i++) {
			int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

			ready = client >= 0;
			if (ready)
				(void)close(client);
		}
	}
}

void sockets_close_control(struct sockets *sockets)
{
	if (sockets->control_is_ours)
		(void)unlink(sockets->control_path);
	if (sockets->control >= 0)
		(void)close(sockets->control);
	sockets->control = -1;
	sockets->control_is_ours = false;
}

void sockets_close(struct sockets *sockets)
{
	sockets_close_control(sockets);
	for (size_t i = 0; i < sockets->entrance_count; i++)
		(void)close(sockets->entrances[i].fd);
	free(sockets->entrances);
	names_free(&sockets->listen);
	names_free(&sockets->plain);
	names_free(&sockets->challenge);
	free(sockets->control_path);
	if (sockets->metrics >= 0)
		(void)close(sockets->metrics);
	free(sockets->metrics_text);
	*sockets = SOCKETS_NONE;
}
