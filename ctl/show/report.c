/* SPDX-License-Identifier: ISC */
#include "ctl/show/report.h"

#include "base/text.h"
#include "client/reply.h"
#include "ctl/cli/failure.h"
#include "ctl/cli/request.h"
#include "ctl/cli/run.h"

#include <string.h>

/* The daemon takes 16 MiB; what strangers put into their zones can make one domain 7 MB long. */
#define REQUEST_SOFT_MAX ((size_t)8 * 1024 * 1024)

static json_t *make_text(const char *text)
{
	size_t len = strnlen(text, REPORT_TEXT_MAX);
	json_t *made = json_stringn(text, len);
	struct text plain = { 0 };
	enum err err = ERR_OK;

	for (size_t i = 0; made == NULL && err == ERR_OK && i < len && plain.len + 3 <= REPORT_TEXT_MAX; i++)
		err = (text[i] & 0x80) != 0 ? text_append(&plain, "\xef\xbf\xbd", 3)
					    : text_append(&plain, &text[i], 1);
	if (made == NULL && err == ERR_OK)
		made = json_stringn(plain.bytes != NULL ? plain.bytes : "", plain.len);
	text_free(&plain);
	return made;
}

static json_t *make_texts(const struct sight_server *server)
{
	json_t *array = json_array();

	for (size_t i = 0; i < server->count; i++) {
		if (json_array_append_new(array, make_text(server->text[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* Each way of having said nothing goes without the others. */
static json_t *make_server(const struct sight_server *server)
{
	json_t *object = json_pack("{s:s%, s:s}", "server", server->server,
				   strnlen(server->server, REPORT_NAME_MAX), "address", server->address);
	int failed = 0;

	if (server->error != NULL)
		failed = json_object_set_new(object, "error", json_string(server->error));
	else if (server->skipped)
		failed = json_object_set_new(object, "skipped", json_true());
	else
		failed = json_object_set_new(object, "texts", make_texts(server));
	if (failed == 0 && server->count > 0)
		failed = json_object_set_new(object, "ttl", json_integer(server->ttl));
	if (failed != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* With an error the servers that are known are not all there are. */
static json_t *make_observation(const char *domain, const struct sight *sight)
{
	json_t *servers = json_array();
	int failed = servers == NULL ? -1 : 0;

	for (size_t i = 0; i < sight->count && sight->error == NULL && failed == 0; i++)
		failed = json_array_append_new(servers, make_server(&sight->server[i]));
	if (failed != 0) {
		json_decref(servers);
		return NULL;
	}
	return json_pack("{s:s, s:s*, s:o}", "domain", domain, "error", sight->error, "servers", servers);
}

/* Send what is gathered, and begin to gather anew. */
static enum run_status flush(const struct run_view *view, json_t *observations, json_t *seen)
{
	json_t *body = json_pack("{s:O}", "observations", observations);
	struct request request = { .method = "POST",
				   .path = strdup("/v1/dns"),
				   .body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL };
	enum run_status status = RUN_DONE;
	enum err err = ERR_OK;
	json_t *reply = NULL;
	json_t *domains;

	json_decref(body);
	if (request.path == NULL || request.body == NULL)
		err = ERR_NO_MEMORY;
	else
		status = run_ask(view, &request, false, &reply);
	if (err == ERR_OK && status == RUN_DONE) {
		err = reply_array(reply, "domains", &domains);
		if (err == ERR_OK && json_array_extend(seen, domains) != 0)
			err = ERR_NO_MEMORY;
	}
	json_decref(reply);
	request_free(&request);
	(void)json_array_clear(observations);
	return err == ERR_OK ? status : failure_print(view->err, err);
}

enum run_status report_send(const struct run_view *view, char *const domain[], const struct sight sight[],
			    size_t count, json_t *seen)
{
	json_t *observations = json_array();
	enum run_status status = RUN_DONE;
	size_t size = 0;

	for (size_t i = 0; i < count && status == RUN_DONE; i++) {
		json_t *observation = make_observation(domain[i], &sight[i]);
		size_t more = json_dumpb(observation, NULL, 0, JSON_COMPACT);

		if (size + more > REQUEST_SOFT_MAX && size > 0) {
			status = flush(view, observations, seen);
			size = 0;
		}
		size += more;
		if (json_array_append_new(observations, observation) != 0)
			status = failure_print(view->err, ERR_NO_MEMORY);
	}
	if (status == RUN_DONE && size > 0)
		status = flush(view, observations, seen);
	json_decref(observations);
	return status;
}
