/* SPDX-License-Identifier: ISC */
#include "ctl/orders/adopt.h"

#include "api/shape_order.h"
#include "base/file.h"
#include "base/sock.h"
#include "ctl/check/fetch.h"
#include "ctl/check/former.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "ctl/cli/run.h"
#include "ctl/cli/work.h"
#include "ctl/dns/heard.h"
#include "ctl/orders/adopt_order.h"
#include "ctl/orders/adopt_print.h"
#include "ctl/orders/nothing_before.h"
#include "ctl/orders/policy_file.h"
#include "ctl/orders/web_root.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_BYTES_MAX 65536

/* One run. */
struct moving {
	const struct run_view *view;
	struct former_way way;
	char from[INET6_ADDRSTRLEN];
	json_t *body;         /* as the command line makes it */
	struct web_root root; /* what --files found */
	struct former *item;
	size_t count;
	size_t problems;
	size_t written, unwritten; /* files */
	bool begun;                /* something was adopted */
	json_t *printed;           /* for programs */
	atomic_int err;
	struct work_progress progress;
};

static const char *value_of(const struct moving *moving, enum option_index index)
{
	return moving->view->options->value[index];
}

static bool is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Each of them says where the policy is. */
static enum run_status check_source(const struct moving *moving)
{
	const struct options *options = moving->view->options;

	if (options_has(options, OPTION_FROM) + options_has(options, OPTION_POLICY) +
		    options_has(options, OPTION_FILES) <=
	    1)
		return nothing_before_check(moving->view);
	print_problem(moving->view->err, "--from, --policy and --files exclude each other");
	return RUN_USAGE;
}

/* @return RUN_DONE, RUN_USAGE (complained about) */
static enum run_status read_from(struct moving *moving)
{
	const char *from = value_of(moving, OPTION_FROM);
	struct sock_address address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address.storage;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address.storage;

	moving->way.port = FETCH_PORT;
	moving->way.from = from;
	if (from == NULL || is_address(from))
		return RUN_DONE;
	if (sock_parse(from, &address) != ERR_OK || address.storage.ss_family == AF_UNIX) {
		print_problem(moving->view->err,
			      "--from '%s': write an address such as 192.0.2.1, 192.0.2.1:8443 or "
			      "[2001:db8::1]:443",
			      from);
		return RUN_USAGE;
	}
	if (address.storage.ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &v4->sin_addr, moving->from, sizeof(moving->from));
	else
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, moving->from, sizeof(moving->from));
	moving->way.from = moving->from;
	moving->way.port = ntohs(address.storage.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	return RUN_DONE;
}

/* What the operator says himself, of one domain. */
static enum run_status read_word(struct moving *moving)
{
	const char *path = value_of(moving, OPTION_POLICY), *id = value_of(moving, OPTION_ID);
	struct file file = { 0 };
	const char *why;
	enum err err;

	if (path == NULL && id == NULL)
		return RUN_DONE;
	if (moving->count != 1) {
		print_problem(moving->view->err, "--policy and --id tell of one domain: name that one alone");
		return RUN_USAGE;
	}
	if (id != NULL)
		(void)snprintf(moving->item[0].id, ID_SIZE, "%s", id);
	if (path == NULL)
		return RUN_DONE;
	if (file_read(path, POLICY_BYTES_MAX, &file, &why) != ERR_OK) {
		print_problem(moving->view->err, "cannot read '%s' (%s)", path, why);
		return RUN_USAGE;
	}
	err = former_read(file.bytes, file.len, path, &moving->item[0]);
	file_free(&file);
	return output_end(moving->view->err, err);
}

static enum err read_file(const struct web_file *found, struct former *former)
{
	char shown[TEXT_SHOWN_SIZE];
	struct file file = { 0 };
	const char *why;
	enum err err = file_read(found->path, POLICY_BYTES_MAX, &file, &why);

	if (err == ERR_OK) {
		err = former_read(file.bytes, file.len, found->path, former);
	} else if (err != ERR_NO_MEMORY) {
		former->instead = "make it readable, and run this again";
		err = text_appendf(&former->problem, "%s %s",
				   text_escape(found->path, strlen(found->path), shown), why);
	}
	file_free(&file);
	return err;
}

/* The files say what is served. */
static enum err find_web_root(struct moving *moving)
{
	enum err err = web_root_find(value_of(moving, OPTION_FILES), moving->view->err, &moving->root);

	if (err == ERR_OK)
		moving->item = calloc(moving->root.count + 1, sizeof(*moving->item));
	if (err == ERR_OK && moving->item == NULL)
		err = ERR_NO_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < moving->root.count; i++) {
		moving->count++;
		moving->item[i].domain = moving->root.item[i].domain;
		err = read_file(&moving->root.item[i], &moving->item[i]);
	}
	return err == ERR_NOT_FOUND ? ERR_REFUSED : err;
}

static enum err find_named(struct moving *moving)
{
	const json_t *domains = json_object_get(moving->body, "domains");

	moving->count = json_array_size(domains);
	moving->item = calloc(moving->count + 1, sizeof(*moving->item));
	if (moving->item == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < moving->count; i++)
		moving->item[i].domain = json_string_value(json_array_get(domains, i));
	return ERR_OK;
}

static enum run_status begin(struct moving *moving)
{
	enum err err = value_of(moving, OPTION_FILES) != NULL ? find_web_root(moving) : find_named(moving);

	moving->way.ask = run_resolver(moving->view);
	moving->way.ca = value_of(moving, OPTION_CA);
	if (err == ERR_OK)
		err = heard_new(&moving->way.ask.heard);
	return output_end(moving->view->err, err);
}

static void look(void *context, size_t index)
{
	struct moving *moving = context;
	enum err err;

	if (atomic_load(&moving->err) != ERR_OK)
		return;
	err = former_look(&moving->way, &moving->item[index]);
	if (err != ERR_OK)
		atomic_store(&moving->err, (int)err);
	else
		work_progress_step(&moving->progress);
}

/* A file that says something else already must not be lost. */
static enum err find_files(struct moving *moving)
{
	const char *folder = value_of(moving, OPTION_INTO);
	enum err err = ERR_OK;

	for (size_t i = 0; folder != NULL && err == ERR_OK && i < moving->count; i++) {
		struct former *former = &moving->item[i];

		if (former->problem.len == 0)
			err = policy_file_look(folder, former);
	}
	return err;
}

static enum run_status look_at_all(struct moving *moving)
{
	enum err err;

	work_progress_begin(&moving->progress, moving->view->err, moving->count);
	work_run(moving->count, look, moving);
	work_progress_end(&moving->progress);
	err = (enum err)atomic_load(&moving->err);
	if (err == ERR_SYNTAX)
		return run_refuse_resolver(moving->view);
	if (err == ERR_OK)
		err = find_files(moving);
	return output_end(moving->view->err, err);
}

/* The table must not promise what the daemon refuses. */
static enum run_status try_all(struct moving *moving)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0, next; status == RUN_DONE && i < moving->count; i = next) {
		next = i + adopt_order_batch(&moving->item[i], moving->count - i);
		status = adopt_order_try(moving->view, moving->body, &moving->item[i], next - i);
	}
	for (size_t i = 0; i < moving->count; i++)
		moving->problems += moving->item[i].problem.len > 0;
	return status;
}

/* A domain that has a file needs none. */
static enum err write_file(struct moving *moving, const struct api_change *change, size_t *next)
{
	enum err err;

	while (*next < moving->count && strcmp(moving->item[*next].domain, change->domain) != 0)
		(*next)++;
	if (*next == moving->count || !change->orphaned || change->only_before)
		return ERR_OK;
	err = policy_file_write(value_of(moving, OPTION_INTO), &moving->item[*next], moving->view->err);
	moving->written += err == ERR_OK;
	moving->unwritten += err == ERR_REFUSED;
	return err == ERR_REFUSED ? ERR_OK : err;
}

static enum err take_reply(struct moving *moving, const json_t *reply)
{
	struct api_changes changes;
	enum err err = shape_read(&shape_changes, reply, &changes);
	size_t next = 0;

	for (size_t i = 0; err == ERR_OK && !changes.dry_run && i < json_array_size(changes.changes); i++) {
		struct api_change change;

		err = shape_read(&shape_change, json_array_get(changes.changes, i), &change);
		if (err == ERR_OK)
			err = write_file(moving, &change, &next);
	}
	return err;
}

static enum run_status order(struct moving *moving, const struct former *items, size_t count)
{
	bool dry = options_has(moving->view->options, OPTION_DRY_RUN);
	struct client_request request;
	json_t *reply = NULL;
	enum run_status status = RUN_DONE;
	enum err err = adopt_order_make(moving->body, items, count, dry, &request);

	if (err == ERR_OK && request.path != NULL)
		status = run_ask(moving->view, &request, true, &reply);
	if (err == ERR_OK && reply != NULL && status == RUN_DONE) {
		err = take_reply(moving, reply);
		moving->begun = moving->begun || !dry;
	}
	json_decref(reply);
	client_request_free(&request);
	return err == ERR_OK ? status : output_end(moving->view->err, err);
}

/* What was adopted before stays so. */
static enum run_status adopt(struct moving *moving)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0, next; status == RUN_DONE && i < moving->count; i = next) {
		next = i + adopt_order_batch(&moving->item[i], moving->count - i);
		status = order(moving, &moving->item[i], next - i);
	}
	if (status == RUN_DONE || !moving->begun)
		return status;
	print_problem(moving->view->err, "some domains were adopted before that: run this again");
	return RUN_UNKNOWN;
}

static void print_end(const struct moving *moving)
{
	bool dry = options_has(moving->view->options, OPTION_DRY_RUN);
	size_t good = moving->count - moving->problems;
	char count[PRINT_COUNT_SIZE];
	FILE *out = moving->view->out;

	(void)print_count((json_int_t)good, "domain", count);
	if (good == 0)
		(void)fputs("\nnothing was changed: no domain can be adopted\n", out);
	else if (value_of(moving, OPTION_INTO) == NULL)
		(void)fprintf(out, "\nnothing was changed: --into DIRECTORY adopts %s\n", count);
	else if (dry)
		(void)fprintf(out, "\ndry run: nothing was changed; %s can be adopted\n", count);
	else
		adopt_print_done(out, moving->item, moving->count, moving->written > 0);
}

static enum run_status conclude(struct moving *moving)
{
	enum err err = ERR_OK;

	if (options_has(moving->view->options, OPTION_JSON))
		err = adopt_print_json(moving->view->out, moving->item, moving->count);
	else
		print_end(moving);
	if (err == ERR_OK && (fflush(moving->view->out) != 0 || ferror(moving->view->out)))
		err = ERR_IO;
	if (err != ERR_OK)
		return moving->begun ? RUN_UNKNOWN : output_end(moving->view->err, err);
	if (moving->unwritten > 0)
		return RUN_UNKNOWN;
	return moving->problems + moving->root.refused == 0 ? RUN_DONE : RUN_NOT_DONE;
}

static enum run_status run(struct moving *moving)
{
	enum run_status status = check_source(moving);

	if (status == RUN_DONE)
		status = begin(moving);
	if (status == RUN_DONE)
		status = read_from(moving);
	if (status == RUN_DONE)
		status = read_word(moving);
	if (status == RUN_DONE)
		status = look_at_all(moving);
	if (status == RUN_DONE)
		status = try_all(moving);
	if (status == RUN_DONE && !options_has(moving->view->options, OPTION_JSON))
		status = output_end(moving->view->err,
				    adopt_print_table(moving->view->out, moving->item, moving->count));
	if (status == RUN_DONE && value_of(moving, OPTION_INTO) != NULL && moving->problems < moving->count)
		status = adopt(moving);
	return status == RUN_DONE ? conclude(moving) : status;
}

enum run_status adopt_run(const struct run_view *view)
{
	struct moving moving = { .view = view };
	struct client_request request = { 0 };
	enum run_status status;

	if (options_has(view->options, OPTION_NOTHING_BEFORE))
		return nothing_before_run(view);
	status = run_request(view, &request);
	if (status != RUN_DONE)
		return status;
	moving.body = json_loads(request.body, 0, NULL);
	status = moving.body != NULL ? run(&moving) : output_end(view->err, ERR_NO_MEMORY);
	for (size_t i = 0; moving.item != NULL && i < moving.count; i++)
		former_free(&moving.item[i]);
	free(moving.item);
	web_root_free(&moving.root);
	heard_free(&moving.way.ask.heard);
	json_decref(moving.body);
	client_request_free(&request);
	return status;
}
