/* SPDX-License-Identifier: ISC */
#include "control/permit.h"

#include "base/clock.h"
#include "base/log_event.h"
#include "base/sock.h"
#include "base/text.h"
#include "control/reply.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SHOWN 32

static void describe(uid_t uid, struct permit_peer *peer)
{
	char buffer[4096], name[TEXT_SHOWN_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;

	peer->uid = uid;
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		(void)snprintf(peer->who, sizeof(peer->who), "%.*s (uid %u)", NAME_SHOWN,
			       text_escape(entry.pw_name, strlen(entry.pw_name), name), (unsigned)uid);
	else
		(void)snprintf(peer->who, sizeof(peer->who), "uid %u", (unsigned)uid);
}

static bool is_operator(const struct control *control, int fd, uid_t uid)
{
	return uid == 0 || uid == geteuid() ||
	       (control->operators != (gid_t)-1 && sock_peer_in_group(fd, control->operators));
}

static bool is_observer(const struct control *control, int fd)
{
	return control->observers != (gid_t)-1 && sock_peer_in_group(fd, control->observers);
}

static bool refuse(const struct request *request, struct answer *answer, uid_t uid)
{
	static struct log_limit limit;
	struct permit_peer peer;

	if (log_allowed(&limit, clock_ms())) {
		describe(uid, &peer);
		log_event(EVENT_REQUEST_REFUSED, &(struct log_fields){ .who = peer.who, .uid = &peer.uid },
			  "control, %s refused (%s is in no group that may)", request->path, peer.who);
	}
	reply_error(answer, REPLY_FORBIDDEN, NULL, NULL);
	return false;
}

bool permit_look(const struct control *control, const struct request *request, struct answer *answer)
{
	struct sock_peer peer = { .uid = (uid_t)-1 };

	if (sock_peer(request->peer_fd, &peer) == ERR_OK &&
	    (is_operator(control, request->peer_fd, peer.uid) || is_observer(control, request->peer_fd)))
		return true;
	return refuse(request, answer, peer.uid);
}

bool permit_order(const struct control *control, const struct request *request, struct answer *answer,
		  struct permit_peer *peer)
{
	struct sock_peer credentials = { .uid = (uid_t)-1 };

	if (sock_peer(request->peer_fd, &credentials) != ERR_OK ||
	    !is_operator(control, request->peer_fd, credentials.uid))
		return refuse(request, answer, credentials.uid);
	describe(credentials.uid, peer);
	return true;
}

bool permit_connect(void *context, int fd)
{
	const struct control *control = context;
	struct sock_peer peer;

	return sock_peer(fd, &peer) == ERR_OK &&
	       (is_operator(control, fd, peer.uid) || is_observer(control, fd));
}
