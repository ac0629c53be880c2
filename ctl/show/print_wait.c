/* SPDX-License-Identifier: ISC */
#include "ctl/show/print_wait.h"

#include "client/reply.h"
#include "client/seen.h"
#include "ctl/cli/escape.h"

#include <string.h>

enum err print_wait(const struct print_view *view, json_t *reply)
{
	json_t *domains = NULL;
	json_t *item;
	enum err err;
	size_t i;

	err = reply_array(reply, "domains", &domains);
	if (err != ERR_OK)
		return err;
	json_array_foreach(domains, i, item)
	{
		struct seen seen;

		if (seen_read(item, &seen) != ERR_OK || seen.retirement.state == NULL)
			return ERR_SYNTAX;
		escape_print(view->out, seen.domain, strlen(seen.domain));
		(void)fputs(": ", view->out);
		escape_print(view->out, seen.retirement.text, strlen(seen.retirement.text));
		(void)fputc('\n', view->out);
	}
	return ERR_OK;
}
