/* SPDX-License-Identifier: ISC */
#include "control/permit.h"

#include "base/clock.h"
#include "base/sock.h"
#include "base/text.h"
#include "log/log_event.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_SHOWN 32

struct permit_peer permit_describe(uid_t uid)
{
	struct permit_peer peer = { .uid = uid };
	char buffer[4096], name[TEXT_SHOWN_SIZE];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
		(void)snprintf(peer.who, sizeof(peer.who), "%.*s (uid %u)", NAME_SHOWN,
			       text_escape(entry.pw_name, strlen(entry.pw_name), name), (unsigned)uid);
	else
		(void)snprintf(peer.who, sizeof(peer.who), "uid %u", (unsigned)uid);
	return peer;
}

static bool is_in(gid_t group, int fd)
{
	return group != (gid_t)-1 && sock_peer_in_group(fd, group);
}

void permit_identify(void *context, int fd, struct peer *peer)
{
	const struct control *control = context;
	struct sock_peer credentials;

	if (sock_peer(fd, &credentials) != ERR_OK)
		return;
	peer->uid = credentials.uid;
	if (peer->uid == 0 || peer->uid == geteuid())
		peer->right = RIGHT_OWNER;
	else if (is_in(control->operators, fd))
		peer->right = RIGHT_ORDER;
	else if (is_in(control->observers, fd))
		peer->right = RIGHT_LOOK;
}

void permit_log_forbidden(void *context, const struct request *request)
{
	static struct log_limit limit;
	struct permit_peer peer;
	char shown[TEXT_SHOWN_SIZE];

	(void)context;
	if (!log_allowed(&limit, clock_ms()))
		return;
	peer = permit_describe(request->peer.uid);
	log_event(EVENT_REQUEST_REFUSED, &(struct log_fields){ .who = peer.who, .uid = &peer.uid },
		  "control, %s refused (%s is in no group that may)",
		  text_escape(request->target, strlen(request->target), shown), peer.who);
}
