/* SPDX-License-Identifier: ISC */
#include "ctl/show/observe.h"

#include "client/reply.h"
#include "ctl/cli/crew.h"
#include "ctl/cli/failure.h"
#include "ctl/cli/progress.h"
#include "ctl/cli/request.h"
#include "ctl/cli/resolver.h"
#include "ctl/cli/run.h"
#include "ctl/dns/sight.h"
#include "ctl/show/report.h"

#include <stdatomic.h>
#include <stdlib.h>

/* One batch of domains. */
struct looking {
	struct ask_way way;
	char *const *domain;
	struct sight sight[REPORT_MAX];
	atomic_int err;
	struct progress *progress;
};

static enum err take_names(json_t *reply, struct names *domains)
{
	json_t *rows = NULL;
	enum err err;

	err = reply_array(reply, "domains", &rows);
	for (size_t i = 0; err == ERR_OK && i < json_array_size(rows); i++) {
		const char *name = json_string_value(json_object_get(json_array_get(rows, i), "domain"));

		err = name != NULL ? names_put(domains, name) : ERR_SYNTAX;
	}
	return err;
}

enum run_status observe_select(const struct run_view *view, struct names *domains)
{
	struct request request = { 0 };
	json_t *reply = NULL;
	enum run_status status;
	enum err err;

	err = request_make(view->command, view->options, view->err, &request);
	if (err != ERR_OK)
		return err == ERR_SYNTAX ? RUN_USAGE : failure_print(view->err, err);
	status = run_ask(view, &request, false, &reply);
	request_free(&request);
	if (status != RUN_DONE)
		return status;
	err = take_names(reply, domains);
	json_decref(reply);
	return err == ERR_OK ? RUN_DONE : failure_print(view->err, err);
}

static void look(void *context, size_t index)
{
	struct looking *looking = context;
	enum err err;

	if (atomic_load(&looking->err) != ERR_OK)
		return;
	err = sight_take(&looking->way, looking->domain[index], &looking->sight[index]);
	if (err != ERR_OK)
		atomic_store(&looking->err, (int)err);
	else
		progress_step(looking->progress);
}

static enum run_status observe_batch(const struct run_view *view, struct looking *looking, size_t count,
				     json_t *seen)
{
	enum run_status status;
	enum err err;

	crew_run(count, look, looking);
	progress_clear(looking->progress);
	err = (enum err)atomic_load(&looking->err);
	if (err == ERR_OK)
		status = report_send(view, looking->domain, looking->sight, count, seen);
	else
		status = err == ERR_SYNTAX ? resolver_complain(view) : failure_print(view->err, err);
	for (size_t i = 0; i < count; i++)
		sight_free(&looking->sight[i]);
	return status;
}

enum run_status observe_domains(const struct run_view *view, const struct names *domains, json_t *seen)
{
	struct looking *looking = calloc(1, sizeof(*looking));
	enum run_status status = RUN_DONE;
	struct progress progress;

	if (looking == NULL)
		return failure_print(view->err, ERR_NO_MEMORY);
	progress_begin(&progress, view->err, domains->count);
	looking->way = resolver_way(view);
	looking->progress = &progress;
	for (size_t i = 0; i < domains->count && status == RUN_DONE; i += REPORT_MAX) {
		size_t left = domains->count - i;

		looking->domain = domains->item + i;
		status = observe_batch(view, looking, left < REPORT_MAX ? left : REPORT_MAX, seen);
	}
	progress_end(&progress);
	free(looking);
	return status;
}
