/* SPDX-License-Identifier: ISC */
#include "ctl/acme/hook.h"

#include "ctl/acme/manner.h"
#include "ctl/acme/proving.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

#define CHALLENGES "/v1/challenges"

/* What a hook is told, in this order. */
enum hook_word { WORD_METHOD, WORD_TYPE, WORD_NAME, WORD_TOKEN, WORD_AUTHORIZATION };

#define WORDS COMMAND_HOOK_WORDS

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Where the words of a hook begin; 0 when it is none. */
static int first_word(int argc, char *argv[])
{
	if (argc == WORDS + 1 && strcmp(base_of(argv[0]), HOOK_NAME) == 0)
		return 1;
	return argc == WORDS + 2 && strcmp(argv[1], HOOK_NAME) == 0 ? 2 : 0;
}

char **hook_arguments(int *argc, char *argv[])
{
	static char name[] = HOOK_NAME, no_more_options[] = "--";
	int first = *argc > 0 ? first_word(*argc, argv) : 0;
	char **words = first > 0 ? calloc(WORDS + 4, sizeof(*words)) : NULL;

	if (words == NULL)
		return NULL;
	words[0] = argv[0];
	words[1] = name;
	words[2] = no_more_options;
	memcpy(words + 3, argv + first, WORDS * sizeof(*words));
	*argc = WORDS + 3;
	return words;
}

static enum err make_opening(char *const words[], struct client_request *request)
{
	json_t *body = json_pack("{ssssssss}", "host", words[WORD_NAME], "type", words[WORD_TYPE], "token",
				 words[WORD_TOKEN], "authorization", words[WORD_AUTHORIZATION]);

	request->method = "POST";
	request->path = strdup(CHALLENGES);
	request->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return request->path != NULL && request->body != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err make_closing(char *const words[], struct client_request *request)
{
	request->method = "DELETE";
	return client_path(CHALLENGES, "/", words[WORD_TOKEN], &request->path);
}

static enum run_status ask(const struct run_view *view, bool begins)
{
	struct client_request request = { 0 };
	json_t *reply = NULL;
	enum run_status status;
	enum err err = begins ? make_opening(view->options->words, &request)
			      : make_closing(view->options->words, &request);

	status = err == ERR_OK ? run_ask(view, &request, true, &reply) : output_end(view->err, err);
	json_decref(reply);
	client_request_free(&request);
	return status;
}

/* By hand, or from another program, it takes what the daemon can answer. */
static bool is_taken(const struct run_view *view, const char *type)
{
	struct manner manner = { .reply = NULL };
	unsigned way = proving_find(type), ways = PROVING_TLS_ALPN;

	if (way != 0 && !proving_is_let(&ways) && (way & ways) == 0) {
		if (manner_ask(view, &manner) == RUN_DONE && manner.http)
			ways = PROVING_ALL;
		manner_free(&manner);
	}
	return (way & ways) != 0;
}

enum run_status hook_run(const struct run_view *view)
{
	char *const *words = view->options->words;
	bool begins;

	if (command_check(view->command, view->options, view->err) != ERR_OK)
		return RUN_USAGE;
	begins = strcmp(words[WORD_METHOD], "begin") == 0;
	if (begins && !is_taken(view, words[WORD_TYPE]))
		return RUN_NOT_DONE;
	if (!begins && strcmp(words[WORD_METHOD], "done") != 0 && strcmp(words[WORD_METHOD], "failed") != 0) {
		print_problem(view->err, "'%s' is not a method of a hook: begin, done or failed",
			      words[WORD_METHOD]);
		return RUN_USAGE;
	}
	return ask(view, begins);
}
