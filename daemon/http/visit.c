/* SPDX-License-Identifier: ISC */
#include "http/visit.h"

#include "base/text.h"
#include "http/reply.h"
#include "http/routes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct visit {
	char *target;
	struct text body;
	unsigned refusal; /* status that the request will get once its body has passed by; 0: none */
	bool begun;
};

void *visit_begin(void *routes, const char *target, struct MHD_Connection *connection)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	(void)routes;
	(void)connection;
	if (visit == NULL)
		return NULL;
	visit->target = strdup(target);
	if (visit->target == NULL) {
		free(visit);
		return NULL;
	}
	return visit;
}

static enum MHD_Result refuse(const struct routes *routes, struct MHD_Connection *connection, unsigned status)
{
	struct answer answer = { 0 };

	routes_refuse(routes, status, &answer);
	return reply_queue(connection, &answer, true) ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer_whole(const struct routes *routes, struct MHD_Connection *connection,
				    const char *method, const struct visit *visit)
{
	struct answer answer = { 0 };
	struct request request = {
		.method = routes_method(method, strlen(method)),
		.target = visit->target,
		.host = "",
		.body = visit->body.len > 0 ? visit->body.bytes : "",
		.body_len = visit->body.len,
		.peer_fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
	};

	routes_answer(routes, &request, &answer);
	return reply_queue(connection, &answer, true) ? MHD_YES : MHD_NO;
}

/* The library has checked that it is a number. */
static unsigned long long announced_length(struct MHD_Connection *connection)
{
	const char *value =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return value != NULL ? strtoull(value, NULL, 10) : 0;
}

/* What is refused at once is refused before its body has cost anything. */
static enum MHD_Result begin(const struct routes *routes, struct MHD_Connection *connection)
{
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	if (routes->admit != NULL && !routes->admit(routes->context, fd))
		return refuse(routes, connection, 403);
	return announced_length(connection) > routes->body_limit ? refuse(routes, connection, 413) : MHD_YES;
}

static void gather(struct visit *visit, size_t limit, const char *upload, size_t len)
{
	if (visit->refusal != 0)
		return;
	if (len > limit - visit->body.len)
		visit->refusal = 413;
	else if (text_append(&visit->body, upload, len) != ERR_OK)
		visit->refusal = 503;
	if (visit->refusal != 0)
		text_free(&visit->body);
}

enum MHD_Result visit_handle(void *cls, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload, size_t *upload_len,
			     void **state)
{
	const struct routes *routes = cls;
	struct visit *visit = *state;

	(void)url;
	(void)version;
	if (visit == NULL)
		return MHD_NO;
	if (!visit->begun) {
		visit->begun = true;
		return begin(routes, connection);
	}
	if (*upload_len > 0) {
		gather(visit, routes->body_limit, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	if (visit->refusal != 0)
		return refuse(routes, connection, visit->refusal);
	return answer_whole(routes, connection, method, visit);
}

void visit_end(void *routes, struct MHD_Connection *connection, void **state,
	       enum MHD_RequestTerminationCode why)
{
	struct visit *visit = *state;

	(void)routes;
	(void)connection;
	(void)why;
	if (visit == NULL)
		return;
	text_free(&visit->body);
	free(visit->target);
	free(visit);
	*state = NULL;
}
