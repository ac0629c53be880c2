/* SPDX-License-Identifier: ISC */
#include "ctl/print_dns.h"

#include "ctl/escape.h"
#include "ctl/reply.h"
#include "ctl/seen.h"
#include "ctl/table.h"

#include <stdlib.h>
#include <string.h>

#define SPARE 16

/* The states of retirement, and of each the first domain that is in it. */
struct steps {
	const char *state[SPARE];
	struct seen first[SPARE];
	json_int_t more[SPARE];
	size_t count;
	bool all_right;
	bool lost; /* one that is not retiring is not right */
};

static void print(FILE *out, const char *before, const char *text)
{
	(void)fputs(before, out);
	escape_print(out, text, strlen(text));
}

static void note(struct steps *steps, const struct seen *seen)
{
	size_t i = 0;

	if (!seen_is_right(seen)) {
		steps->all_right = false;
		steps->lost = steps->lost || seen->retirement.state == NULL;
	}
	if (seen->retirement.state == NULL)
		return;
	while (i < steps->count && strcmp(steps->state[i], seen->retirement.state) != 0)
		i++;
	if (i < steps->count) {
		steps->more[i]++;
	} else if (i < SPARE) {
		steps->state[i] = seen->retirement.state;
		steps->first[i] = *seen;
		steps->count++;
	}
}

static void print_steps(FILE *out, const struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		print(out, i == 0 ? "\nnext, " : "next, ", steps->first[i].domain);
		if (steps->more[i] > 0)
			(void)fprintf(out, " and %" JSON_INTEGER_FORMAT " more", steps->more[i]);
		print(out, ": ", steps->first[i].retirement.next);
		(void)fputc('\n', out);
	}
	if (steps->lost)
		(void)fputs("\nmta-stsctl txt prints the records as they have to be in DNS\n", out);
}

static void print_server(FILE *out, const struct reply_server *server)
{
	print(out, "  ", server->server);
	if (*server->address != '\0') {
		print(out, " (", server->address);
		(void)fputc(')', out);
	}
	(void)fputs(": ", out);
	for (const char *c = server->verdict; *c != '\0'; c++)
		escape_print(out, *c == '_' ? " " : c, 1);
	if (server->said != NULL)
		print(out, ": ", server->said);
	(void)fputc('\n', out);
}

static enum err print_servers(FILE *out, const struct seen *seen)
{
	json_t *item;
	size_t i;

	if (seen_is_right(seen) || seen->dns.verdict == NULL)
		return ERR_OK;
	if (seen->dns.error != NULL) {
		print(out, "  ", seen->dns.error);
		(void)fputc('\n', out);
	}
	json_array_foreach(seen->dns.servers, i, item)
	{
		struct reply_server server;

		if (reply_server(item, &server) != ERR_OK)
			return ERR_SYNTAX;
		if (strcmp(server.verdict, "right") != 0)
			print_server(out, &server);
	}
	return ERR_OK;
}

static enum err put_rows(struct table *table, json_t *domains, struct steps *steps)
{
	enum err err = table_put(table, (const char *const[]){ "DOMAIN", "ID", "DNS", "RETIREMENT" });
	json_t *item;
	size_t i;

	json_array_foreach(domains, i, item)
	{
		struct seen seen;

		if (err == ERR_OK)
			err = seen_read(item, &seen);
		if (err != ERR_OK)
			break;
		note(steps, &seen);
		err = table_put(table, (const char *const[]){
					       seen.domain, seen.id,
					       seen.dns.verdict != NULL ? seen.dns.text : "never looked at",
					       seen.retirement.state != NULL ? seen.retirement.text
									     : "not retiring" });
	}
	return err;
}

/* The table is laid out as a whole, and each line of it goes before what belongs below. */
static enum err print_rows(FILE *out, const struct table *table, json_t *domains)
{
	char *lines = NULL;
	char *rest;
	size_t len = 0;
	FILE *memory = open_memstream(&lines, &len);
	enum err err = ERR_OK;

	if (memory == NULL)
		return ERR_NO_MEMORY;
	table_print(table, "", memory);
	if (fclose(memory) != 0) {
		free(lines);
		return ERR_NO_MEMORY;
	}
	rest = lines;
	(void)fprintf(out, "%s\n", strsep(&rest, "\n"));
	for (size_t i = 0; i < json_array_size(domains) && err == ERR_OK; i++) {
		struct seen seen;

		(void)fprintf(out, "%s\n", strsep(&rest, "\n"));
		err = seen_read(json_array_get(domains, i), &seen);
		if (err == ERR_OK)
			err = print_servers(out, &seen);
	}
	free(lines);
	return err;
}

enum err print_dns(const struct print_view *view, json_t *reply)
{
	struct table table = { .columns = 4 };
	struct steps steps = { .all_right = true };
	json_t *domains = NULL;
	enum err err;

	err = reply_array(reply, "domains", &domains);
	if (err != ERR_OK)
		return err;
	if (json_array_size(domains) == 0) {
		(void)fputs("nothing to look for: no domain is published with mode none\n", view->out);
		return ERR_OK;
	}
	err = put_rows(&table, domains, &steps);
	if (err == ERR_OK)
		err = print_rows(view->out, &table, domains);
	if (err == ERR_OK)
		print_steps(view->out, &steps);
	table_free(&table);
	return err == ERR_OK && !steps.all_right ? ERR_REFUSED : err;
}
