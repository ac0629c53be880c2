/* SPDX-License-Identifier: ISC */
#include "ctl/cli/confirm.h"

#include "api/shape_order.h"
#include "ctl/cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_SIZE 24

static const char *const ways[] = { "domains", "all", "match", "retiring", "except" };

static bool at_terminal(void)
{
	return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

/* Forgetting too early cannot be taken back. */
static bool is_forced(const struct run_view *view)
{
	return view->command->mode == NULL && options_has(view->options, OPTION_FORCE);
}

static bool may_ask(const struct run_view *view)
{
	return view->command->orders && view->command->operands == OPERANDS_MANY &&
	       !options_has(view->options, OPTION_DRY_RUN) && !options_has(view->options, OPTION_YES);
}

/* A few domains by name need no trial. */
static bool are_few(const json_t *body)
{
	const json_t *domains = json_object_get(body, "domains");

	return domains != NULL && json_array_size(domains) <= CONFIRM_ABOVE;
}

enum err confirm_make_trial(const struct client_request *order, struct client_request *trial)
{
	struct client_request made = { .method = order->method, .path = strdup(order->path) };
	json_t *body = json_loads(order->body, 0, NULL);

	if (body != NULL && json_object_set_new(body, "dry_run", json_true()) == 0)
		made.body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (made.path == NULL || made.body == NULL) {
		client_request_free(&made);
		return ERR_NO_MEMORY;
	}
	*trial = made;
	return ERR_OK;
}

enum err confirm_begin(const struct run_view *view, const struct client_request *order,
		       struct client_request *trial)
{
	json_t *body;
	bool few;

	if (!may_ask(view))
		return ERR_OK;
	if (!at_terminal()) {
		if (!is_forced(view))
			return ERR_OK;
		print_problem(view->err,
			      "%s --force cannot be taken back: run it at a terminal, or add --yes",
			      view->command->name);
		return ERR_SYNTAX;
	}
	body = json_loads(order->body, 0, NULL);
	if (body == NULL)
		return ERR_NO_MEMORY;
	few = are_few(body);
	json_decref(body);
	return is_forced(view) || !few ? confirm_make_trial(order, trial) : ERR_OK;
}

/* The names in the reply to an order, whichever. */
static enum err take_names(const json_t *reply, json_t **names)
{
	const json_t *items = json_object_get(reply, "changes");
	json_t *made, *item;
	size_t i;

	if (items == NULL)
		items = json_object_get(reply, "domains");
	if (!json_is_array(items))
		return ERR_SYNTAX;
	made = json_array();
	json_array_foreach(items, i, item)
	{
		json_t *name = json_object_get(item, "domain");

		if (!json_is_string(name) || json_array_append(made, name) != 0) {
			json_decref(made);
			return ERR_SYNTAX;
		}
	}
	*names = made;
	return made != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err name_domains(struct client_request *order, json_t *names, FILE *err)
{
	json_t *body = json_loads(order->body, 0, NULL);
	char *made = NULL;

	if (body == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		(void)json_object_del(body, ways[i]);
	if (json_object_set(body, "domains", names) == 0)
		made = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (made == NULL)
		return ERR_NO_MEMORY;
	if (strlen(made) > API_BODY_MAX) {
		free(made);
		print_problem(err,
			      "these domains are too many for one request: split the list, or add --yes");
		return ERR_REFUSED;
	}
	free(order->body);
	order->body = made;
	return ERR_OK;
}

enum err confirm_name_domains(const struct run_view *view, const json_t *reply, struct client_request *order)
{
	json_t *names = NULL;
	enum err err = take_names(reply, &names);

	if (err == ERR_OK)
		err = name_domains(order, names, view->err);
	json_decref(names);
	return err;
}

/* What has to be typed: the domain's name, or how many there are. */
static const char *expected(const json_t *names, char count[COUNT_SIZE])
{
	if (json_array_size(names) == 1)
		return json_string_value(json_array_get(names, 0));
	(void)snprintf(count, COUNT_SIZE, "%zu", json_array_size(names));
	return count;
}

static void print_question(const struct run_view *view, const json_t *names, const char *word)
{
	const struct command *command = view->command;
	char count[PRINT_COUNT_SIZE];

	(void)fputs("\ntype ", view->err);
	print_text(view->err, word);
	(void)print_count((json_int_t)json_array_size(names), "domain", count);
	if (command->mode != NULL)
		(void)fprintf(view->err, " to switch %s to %s: ", count, command->mode);
	else
		(void)fprintf(view->err, " to %s %s: ", command->name, count);
	(void)fflush(view->err);
}

static bool is_typed(const char *word, FILE *err)
{
	char *line = NULL;
	size_t size = 0;
	bool typed = false;
	ssize_t len;

	/* A list that was read from the terminal before has ended it. */
	clearerr(stdin);
	len = getline(&line, &size, stdin);
	if (len < 0)
		(void)fputc('\n', err);
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		line[--len] = '\0';
	typed = len > 0 && strcmp(line, word) == 0;
	free(line);
	return typed;
}

static enum err ask(const struct run_view *view, json_t *reply, const json_t *names)
{
	char count[COUNT_SIZE];
	const char *word = expected(names, count);
	enum err err = output_preview(view, reply);

	if (err != ERR_OK)
		return err;
	print_question(view, names, word);
	if (is_typed(word, view->err))
		return ERR_OK;
	print_problem(view->err, "nothing was changed");
	return ERR_REFUSED;
}

/* An order on nothing tells that by itself; one that may not be taken back does not wait for more. */
static enum err end_empty(const struct run_view *view, json_t *reply)
{
	enum err err;

	if (!is_forced(view))
		return ERR_OK;
	err = output_preview(view, reply);
	return err == ERR_OK ? ERR_REFUSED : err;
}

enum err confirm_end(const struct run_view *view, json_t *reply, struct client_request *order)
{
	json_t *names = NULL;
	enum err err = take_names(reply, &names);

	if (err != ERR_OK)
		return err;
	if (json_array_size(names) == 0) {
		err = end_empty(view, reply);
		goto out;
	}
	if (is_forced(view) || json_array_size(names) > CONFIRM_ABOVE)
		err = ask(view, reply, names);
	if (err == ERR_OK)
		err = name_domains(order, names, view->err);
out:
	json_decref(names);
	return err;
}
