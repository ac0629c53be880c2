/* SPDX-License-Identifier: ISC */
#include "ctl/show/looks.h"

#include "api/shape_order.h"
#include "api/shape_status.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "ctl/cli/work.h"
#include "ctl/dns/heard.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The daemon takes 16 MiB; what strangers put into their zones can make one domain 7 MB long. */
#define REQUEST_SOFT_MAX ((size_t)8 * 1024 * 1024)

static json_t *make_text(const char *text)
{
	size_t len = strnlen(text, API_TEXT_MAX);
	json_t *made = json_stringn(text, len);
	struct text plain = { 0 };
	enum err err = ERR_OK;

	for (size_t i = 0; made == NULL && err == ERR_OK && i < len && plain.len + 3 <= API_TEXT_MAX; i++)
		err = (text[i] & 0x80) != 0 ? text_append(&plain, "\xef\xbf\xbd", 3)
					    : text_append(&plain, &text[i], 1);
	if (made == NULL && err == ERR_OK)
		made = json_stringn(plain.bytes != NULL ? plain.bytes : "", plain.len);
	text_free(&plain);
	return made;
}

static json_t *make_texts(const struct record_answer *answer)
{
	json_t *array = json_array();

	for (size_t i = 0; i < answer->text_count; i++) {
		if (json_array_append_new(array, make_text(answer->texts[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* Each way of having said nothing goes without the others. */
static json_t *make_answer(const struct record_answer *answer)
{
	char server[API_WORDS_MAX + 1] = "";
	struct api_answer shown = { .server = server,
				    .address = answer->address,
				    .ttl = answer->text_count > 0 ? (json_int_t)answer->ttl : -1,
				    .error = answer->error,
				    .skipped = answer->error == NULL && answer->skipped,
				    .named_by = answer->named != RECORD_NAMED_UNKNOWN
							? record_named_text(answer->named)
							: NULL };

	(void)strncat(server, answer->server, API_WORDS_MAX);
	if (shown.error == NULL && !shown.skipped) {
		shown.texts = make_texts(answer);
		if (shown.texts == NULL)
			return NULL;
	}
	return shape_write(&shape_answer, &shown);
}

/* With an error the servers that are known are not all there are. */
static json_t *make_observation(const char *domain, const struct look *look)
{
	struct api_observation shown = { .domain = domain,
					 .error = look->error,
					 .record = look->record[0] != '\0' ? look->record : NULL,
					 .servers = json_array() };

	for (size_t i = 0; i < look->count && look->error == NULL; i++) {
		if (json_array_append_new(shown.servers, make_answer(&look->answer[i])) != 0) {
			json_decref(shown.servers);
			return NULL;
		}
	}
	return shape_write(&shape_observation, &shown);
}

/* Send what is gathered, and begin to gather anew. */
static enum run_status flush(const struct run_view *view, json_t *observations, json_t *looks)
{
	json_t *body = json_pack("{s:O}", "observations", observations);
	struct client_request request = { .method = "POST",
					  .path = strdup("/v1/dns"),
					  .body = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL };
	enum run_status status = RUN_DONE;
	enum err err = ERR_OK;
	json_t *reply = NULL;
	struct api_looks got;

	json_decref(body);
	if (request.path == NULL || request.body == NULL)
		err = ERR_NO_MEMORY;
	else
		status = run_ask(view, &request, false, &reply);
	if (err == ERR_OK && status == RUN_DONE) {
		err = shape_read(&shape_looks, reply, &got);
		if (err == ERR_OK && json_array_extend(looks, got.domains) != 0)
			err = ERR_NO_MEMORY;
	}
	json_decref(reply);
	client_request_free(&request);
	(void)json_array_clear(observations);
	return err == ERR_OK ? status : output_end(view->err, err);
}

/*
 * Tell the daemon of a look at each domain, at most LOOKS_MAX, in as many requests as it takes.
 *
 * A text that is not UTF-8 is told with U+FFFD for each byte that is not ASCII.
 */
static enum run_status tell(const struct run_view *view, char *const domain[], const struct look look[],
			    size_t count, json_t *looks)
{
	json_t *observations = json_array();
	enum run_status status = RUN_DONE;
	size_t size = 0;

	for (size_t i = 0; i < count && status == RUN_DONE; i++) {
		json_t *observation = make_observation(domain[i], &look[i]);
		size_t more = json_dumpb(observation, NULL, 0, JSON_COMPACT);

		if (size + more > REQUEST_SOFT_MAX && size > 0) {
			status = flush(view, observations, looks);
			size = 0;
		}
		size += more;
		if (json_array_append_new(observations, observation) != 0)
			status = output_end(view->err, ERR_NO_MEMORY);
	}
	if (status == RUN_DONE && size > 0)
		status = flush(view, observations, looks);
	json_decref(observations);
	return status;
}

/* One batch of domains. */
struct looking {
	struct ask_way way;
	char *const *domain;
	struct look look[LOOKS_MAX];
	atomic_int err;
	struct work_progress *progress;
};

static enum err take_names(json_t *reply, struct names *domains)
{
	struct api_list list;
	enum err err = shape_read(&shape_list, reply, &list);

	for (size_t i = 0; err == ERR_OK && i < json_array_size(list.domains); i++) {
		struct api_named row;

		err = shape_read(&shape_named, json_array_get(list.domains, i), &row);
		if (err == ERR_OK)
			err = names_put(domains, row.domain);
	}
	return err;
}

enum run_status looks_select(const struct run_view *view, struct names *domains)
{
	struct client_request request = { 0 };
	json_t *reply = NULL;
	enum run_status status = run_request(view, &request);

	if (status == RUN_DONE)
		status = run_ask(view, &request, false, &reply);
	if (status == RUN_DONE)
		status = output_end(view->err, take_names(reply, domains));
	client_request_free(&request);
	json_decref(reply);
	return status;
}

static void take_one(void *context, size_t index)
{
	struct looking *looking = context;
	enum err err;

	if (atomic_load(&looking->err) != ERR_OK)
		return;
	err = look_take(&looking->way, looking->domain[index], &looking->look[index]);
	if (err != ERR_OK)
		atomic_store(&looking->err, (int)err);
	else
		work_progress_step(looking->progress);
}

static enum run_status take_batch(const struct run_view *view, struct looking *looking, size_t count,
				  json_t *looks)
{
	enum run_status status;
	enum err err;

	work_run(count, take_one, looking);
	work_progress_clear(looking->progress);
	err = (enum err)atomic_load(&looking->err);
	if (err == ERR_OK)
		status = tell(view, looking->domain, looking->look, count, looks);
	else
		status = err == ERR_SYNTAX ? run_refuse_resolver(view) : output_end(view->err, err);
	for (size_t i = 0; i < count; i++)
		look_free(&looking->look[i]);
	return status;
}

enum run_status looks_gather(const struct run_view *view, const struct names *domains, json_t *looks)
{
	struct looking *looking = calloc(1, sizeof(*looking));
	enum run_status status = RUN_DONE;
	struct work_progress progress;

	if (looking == NULL)
		return output_end(view->err, ERR_NO_MEMORY);
	work_progress_begin(&progress, view->err, domains->count);
	looking->way = run_resolver(view);
	looking->progress = &progress;
	status = output_end(view->err, heard_new(&looking->way.heard));
	for (size_t i = 0; i < domains->count && status == RUN_DONE; i += LOOKS_MAX) {
		size_t left = domains->count - i;

		looking->domain = domains->item + i;
		status = take_batch(view, looking, left < LOOKS_MAX ? left : LOOKS_MAX, looks);
	}
	work_progress_end(&progress);
	heard_free(&looking->way.heard);
	free(looking);
	return status;
}
