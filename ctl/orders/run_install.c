/* SPDX-License-Identifier: ISC */
#include "ctl/orders/run_install.h"

#include "base/allocation.h"
#include "ctl/cli/escape.h"
#include "ctl/cli/failure.h"
#include "ctl/cli/run.h"
#include "ctl/cli/usage.h"
#include "ctl/orders/hook.h"
#include "ctl/orders/pem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Any of these blocks may have held a key. */
static void wipe(void *block)
{
	if (block != NULL)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

static enum err find_files(const struct options *options, FILE *err, struct hook *hook)
{
	struct hook got = { .from = "files" };

	if (options_has(options, OPTION_FROM_HOOK))
		return hook_read(err, hook);
	got.chain = strdup(options->words[0]);
	got.key = strdup(options->words[options->word_count - 1]);
	if (got.chain == NULL || got.key == NULL) {
		hook_free(&got);
		return ERR_NO_MEMORY;
	}
	*hook = got;
	return ERR_OK;
}

static enum err make_request(const struct run_view *view, const struct hook *hook, struct request *request)
{
	json_t *fields = NULL;
	enum err err = pem_load(hook->chain, hook->key, view->err, &fields);

	if (err == ERR_OK && json_object_set_new(fields, "from", json_string(hook->from)) != 0)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = request_make_with(view->command, view->options, fields, view->err, request);
	json_decref(fields);
	return err;
}

static enum run_status pass_over(const struct run_view *view, const struct hook *hook)
{
	FILE *to = options_has(view->options, OPTION_JSON) ? view->err : view->out;

	(void)fputs("passed over, no name is that of a policy host (mta-sts.DOMAIN): ", to);
	escape_print(to, hook->names, strlen(hook->names));
	return fputc('\n', to) != EOF && fflush(to) == 0 ? RUN_DONE : failure_print(view->err, ERR_IO);
}

static enum run_status install(const struct run_view *view, const struct hook *hook)
{
	struct request request = { 0 };
	json_t *reply = NULL;
	enum run_status status;
	enum err err = make_request(view, hook, &request);

	if (err == ERR_OK)
		status = run_order(view, &request, &reply);
	else if (err == ERR_SYNTAX)
		status = RUN_USAGE;
	else
		status = err == ERR_REFUSED ? RUN_NOT_DONE : failure_print(view->err, err);
	request_free(&request);
	json_decref(reply);
	return status;
}

enum run_status run_install(const struct run_view *view)
{
	struct hook hook = { 0 };
	enum run_status status;
	enum err err = usage_check(view->command, view->options, view->err);

	json_set_alloc_funcs(allocation_make, wipe);
	if (err == ERR_OK)
		err = find_files(view->options, view->err, &hook);
	if (err != ERR_OK)
		return err == ERR_SYNTAX ? RUN_USAGE : failure_print(view->err, err);
	status = hook_concerns(&hook) ? install(view, &hook) : pass_over(view, &hook);
	hook_free(&hook);
	return status;
}
