/* SPDX-License-Identifier: ISC */
#include "http/reply.h"

#include <stdint.h>
#include <string.h>

static struct MHD_Response *response_of_lent(struct answer *answer)
{
	/* The library's type for the bytes is not const, though it only reads them. */
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		answer->lent_len, (void *)(uintptr_t)answer->lent, answer->release, answer->owner);

	if (response != NULL)
		answer->release = NULL;
	return response;
}

static struct MHD_Response *response_of_body(struct answer *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->body.len, answer->body.bytes, MHD_RESPMEM_MUST_FREE);

	if (response != NULL)
		answer->body = (struct text){ 0 };
	return response;
}

static struct MHD_Response *response_of(struct answer *answer)
{
	if (answer->lent != NULL)
		return response_of_lent(answer);
	if (answer->body.len > 0)
		return response_of_body(answer);
	return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static bool add_headers(struct MHD_Response *response, const char *content_type, unsigned allow)
{
	char methods[ROUTES_ALLOW_SIZE];
	const struct {
		const char *name;
		const char *value; /* NULL: not in this answer */
	} headers[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE, content_type },
		{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
		{ MHD_HTTP_HEADER_ALLOW, allow != 0 ? routes_allow(allow, methods) : NULL },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		if (headers[i].value != NULL &&
		    MHD_add_response_header(response, headers[i].name, headers[i].value) != MHD_YES)
			return false;
	}
	return true;
}

bool reply_queue(struct MHD_Connection *connection, struct answer *answer)
{
	bool has_body = answer->lent != NULL || answer->body.len > 0;
	struct MHD_Response *response = response_of(answer);
	bool queued = response != NULL &&
		      add_headers(response, has_body ? answer->content_type : NULL, answer->allow) &&
		      MHD_queue_response(connection, answer->status, response) == MHD_YES;

	/* The connection has a reference of its own, if it was queued. */
	if (response != NULL)
		MHD_destroy_response(response);
	answer_free(answer);
	return queued;
}

size_t reply_keep_escapes(void *nothing, struct MHD_Connection *connection, char *string)
{
	(void)nothing;
	(void)connection;
	return strlen(string);
}
