/* SPDX-License-Identifier: ISC */
#include "ctl/acme/manner.h"

#include "api/shape_acme.h"
#include "base/authority.h"
#include "base/text.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

static enum err put_all(const json_t *list, struct names *to)
{
	const json_t *item;
	size_t i;
	enum err err = ERR_OK;

	json_array_foreach(list, i, item)
	{
		if (err == ERR_OK)
			err = names_put(to, json_string_value(item));
	}
	return err;
}

/* A daemon of before has one. */
static enum err put_directories(const struct options *options, const struct api_acme *acme, struct names *to)
{
	if (options_has(options, OPTION_DIRECTORY))
		return names_put(to, authority_url(options->value[OPTION_DIRECTORY]));
	if (json_array_size(acme->directories) == 0)
		return names_put(to, acme->directory);
	return json_array_size(acme->directories) <= AUTHORITY_MOST ? put_all(acme->directories, to)
								    : ERR_SYNTAX;
}

static enum err take(const struct run_view *view, struct manner *manner)
{
	const struct options *options = view->options;
	struct api_acme acme = { .directory = AUTHORITY_LETSENCRYPT, .key = "ecdsa" };
	enum err err = manner->reply != NULL ? shape_read(&shape_acme, manner->reply, &acme) : ERR_OK;

	if (err == ERR_OK)
		err = put_all(acme.addresses, &manner->addresses);
	if (err == ERR_OK)
		err = put_directories(options, &acme, &manner->directories);
	manner->http = acme.http;
	manner->key = options_has(options, OPTION_RSA) ? "rsa" : acme.key;
	return err;
}

enum run_status manner_ask(const struct run_view *view, struct manner *manner)
{
	const struct client_request request = { .method = "GET", .path = (char[]){ "/v1/acme" } };
	enum run_status status = run_find(view, &request, &manner->reply);

	return status == RUN_DONE ? output_end(view->err, take(view, manner)) : status;
}

uint64_t manner_seed(const struct manner *manner)
{
	const char *first = manner->directories.item[0];

	return text_sum(TEXT_SUM_EMPTY, first, strlen(first));
}

void manner_free(struct manner *manner)
{
	json_decref(manner->reply);
	names_free(&manner->addresses);
	names_free(&manner->directories);
	*manner = (struct manner){ .reply = NULL };
}
