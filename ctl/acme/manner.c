/* SPDX-License-Identifier: ISC */
#include "ctl/acme/manner.h"

#include "api/shape_acme.h"
#include "base/text.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"

#include <stdlib.h>
#include <string.h>

static enum err take_addresses(const json_t *addresses, struct names *to)
{
	const json_t *item;
	size_t i;
	enum err err = ERR_OK;

	json_array_foreach(addresses, i, item)
	{
		if (err == ERR_OK)
			err = names_put(to, json_string_value(item));
	}
	return err;
}

static enum err take(const struct run_view *view, struct manner *manner)
{
	const struct options *options = view->options;
	struct api_acme acme = { .directory = API_ACME_LETSENCRYPT, .key = "ecdsa" };
	enum err err = manner->reply != NULL ? shape_read(&shape_acme, manner->reply, &acme) : ERR_OK;

	if (err == ERR_OK)
		err = take_addresses(acme.addresses, &manner->addresses);
	manner->directory = options_has(options, OPTION_DIRECTORY)
				    ? api_acme_url(options->value[OPTION_DIRECTORY])
				    : acme.directory;
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
	return text_sum(TEXT_SUM_EMPTY, manner->directory, strlen(manner->directory));
}

void manner_free(struct manner *manner)
{
	json_decref(manner->reply);
	names_free(&manner->addresses);
	*manner = (struct manner){ .reply = NULL };
}
