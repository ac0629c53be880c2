/* SPDX-License-Identifier: ISC */
#include "ctl/show/dns.h"

#include "api/shape_status.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/looks.h"
#include "policy/record.h"

#include <stdlib.h>
#include <string.h>

#define ADVICE_MAX 10

/* What is to be done next, each advice once, and the first domain that needs it. */
struct steps {
	struct api_look first[ADVICE_MAX];
	json_int_t more[ADVICE_MAX]; /* domains that need the same */
	size_t count;
	json_int_t rest; /* domains that need yet another advice */
	bool all_right;
	bool lost;              /* one that is not retiring is not right */
	struct api_look before; /* the first that has an id of somebody else's */
	json_int_t more_before; /* how many more do */
};

bool dns_is_right(const struct api_look *look)
{
	return look->dns.verdict != NULL && strcmp(look->dns.verdict, "right") == 0;
}

/* Senders may go by either list, so the two should be the same. */
static bool is_named_once(const struct api_server *server)
{
	return server->named_by != NULL && strcmp(server->named_by, "both") != 0;
}

/* Of a text that was cut the fault may stand behind the cut. */
static enum err say_fault(const char *said, struct text *out)
{
	static const char cut[] = "...";
	size_t len = said != NULL ? strlen(said) : 0;
	const char *fault = said != NULL ? record_fault(said) : NULL;

	if (fault == NULL || (len >= strlen(cut) && strcmp(said + len - strlen(cut), cut) == 0))
		return ERR_OK;
	return text_appendf(out, ", which %s", fault);
}

enum err dns_say_server(const struct api_server *server, struct text *out)
{
	bool bare = *server->address == '\0';
	enum err err = text_appendf(out, "%s%s%s%s: ", server->server, bare ? "" : " (", server->address,
				    bare ? "" : ")");
	size_t begin = out->len;

	if (err == ERR_OK)
		err = text_appendf(out, "%s", server->foreign ? "other id" : server->verdict);
	for (size_t i = begin; i < out->len; i++) {
		if (out->bytes[i] == '_')
			out->bytes[i] = ' ';
	}
	if (err == ERR_OK && server->said != NULL)
		err = text_appendf(out, ": %s", server->said);
	if (err == ERR_OK && strcmp(server->verdict, "malformed") == 0)
		err = say_fault(server->said, out);
	if (err == ERR_OK && server->beside != NULL && strcmp(server->verdict, "two_records") == 0)
		err = text_appendf(out, ", and %s", server->beside);
	else if (err == ERR_OK && server->beside != NULL)
		err = text_appendf(out, "; beside another text, which not every sender ignores: %s",
				   server->beside);
	if (err == ERR_OK && is_named_once(server))
		err = text_appendf(out, "; named by the %s and not by the %s",
				   strcmp(server->named_by, "zone") == 0 ? "zone" : "zone above",
				   strcmp(server->named_by, "zone") == 0 ? "zone above" : "zone");
	return err;
}

bool dns_is_finding(const struct api_server *server)
{
	return strcmp(server->verdict, "right") != 0 || server->beside != NULL || is_named_once(server);
}

static void print(FILE *out, const char *before, const char *text)
{
	(void)fputs(before, out);
	print_text(out, text);
}

/* Tell whether two domains need the same, each under its own name. */
static bool need_same(const struct api_look *a, const struct api_look *b)
{
	const char *x = a->retirement.next, *y = b->retirement.next;
	size_t skip_x = strlen(a->domain), skip_y = strlen(b->domain);

	while (*x != '\0' && *y != '\0') {
		if (skip_x + skip_y > 0 && strncmp(x, a->domain, skip_x) == 0 &&
		    strncmp(y, b->domain, skip_y) == 0) {
			x += skip_x;
			y += skip_y;
		} else if (*x++ != *y++) {
			return false;
		}
	}
	return *x == *y;
}

static bool has_foreign(const struct api_look *look)
{
	json_t *item;
	size_t i;

	json_array_foreach(look->dns.servers, i, item)
	{
		struct api_server server;

		if (shape_read(&shape_server, item, &server) == ERR_OK && server.foreign)
			return true;
	}
	return false;
}

static void note(struct steps *steps, const struct api_look *look)
{
	size_t i = 0;

	/* One that is being retired has changed under it, and cannot be adopted any more. */
	if (look->retirement.state == NULL && has_foreign(look)) {
		steps->more_before += steps->before.domain != NULL;
		if (steps->before.domain == NULL)
			steps->before = *look;
	}
	if (!dns_is_right(look)) {
		steps->all_right = false;
		steps->lost = steps->lost || look->retirement.state == NULL;
	}
	if (look->retirement.state == NULL)
		return;
	while (i < steps->count && !need_same(&steps->first[i], look))
		i++;
	if (i < steps->count)
		steps->more[i]++;
	else if (i < ADVICE_MAX)
		steps->first[steps->count++] = *look;
	else
		steps->rest++;
}

/* A domain that moved here has the id of the host before, which it may keep. */
static void print_before(FILE *out, const struct steps *steps)
{
	if (steps->before.domain == NULL)
		return;
	print(out, "\n", steps->before.domain);
	if (steps->more_before > 0)
		(void)fprintf(out, " and %" JSON_INTEGER_FORMAT " more have", steps->more_before);
	else
		(void)fputs(" has", out);
	(void)fputs(" an id that this host did not give out.  If it is that of the host before,\n"
		    "which served the same policy, this host can go on under it: ",
		    out);
	print(out, "mta-stsctl adopt ", steps->before.domain);
	(void)fputc('\n', out);
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
	if (steps->rest > 0)
		(void)fprintf(out,
			      "and %" JSON_INTEGER_FORMAT
			      " more domains: mta-stsctl show DOMAIN says what each needs\n",
			      steps->rest);
	if (steps->lost)
		(void)fputs("\nmta-stsctl txt prints the records as they have to be in DNS\n", out);
}

static enum err print_server(FILE *out, const struct api_server *server)
{
	struct text line = { 0 };
	enum err err = dns_say_server(server, &line);

	if (err == ERR_OK) {
		print(out, "  ", line.bytes);
		(void)fputc('\n', out);
	}
	text_free(&line);
	return err;
}

/* Where the record turned out to be, and who has it, too. */
static enum err print_joined(FILE *out, const struct api_look *look)
{
	struct text names = { 0 };
	json_int_t others = look->record_domains - 1;
	json_int_t more = others - (json_int_t)json_array_size(look->shares_with);
	enum err err = print_join(look->shares_with, ", ", &names);

	if (err == ERR_OK) {
		print(out, "  its record is at ", look->txt.name);
		if (names.len > 0)
			print(out, ", shared with ", names.bytes);
		else if (others > 0)
			(void)fprintf(out, ", shared with %" JSON_INTEGER_FORMAT " domains", others);
		if (names.len > 0 && more > 0)
			(void)fprintf(out, " and %" JSON_INTEGER_FORMAT " more", more);
		print(out, "; it has to be ", look->txt.value);
		(void)fputc('\n', out);
	}
	text_free(&names);
	return err;
}

static enum err print_servers(FILE *out, const struct api_look *look)
{
	json_t *item;
	size_t i;

	if (look->joined && look->txt.name != NULL) {
		enum err err = print_joined(out, look);

		if (err != ERR_OK)
			return err;
	}
	if (look->dns.verdict == NULL)
		return ERR_OK;
	if (look->dns.error != NULL) {
		print(out, "  ", look->dns.error);
		(void)fputc('\n', out);
	}
	json_array_foreach(look->dns.servers, i, item)
	{
		struct api_server server;
		enum err err = shape_read(&shape_server, item, &server);

		if (err == ERR_OK && dns_is_finding(&server))
			err = print_server(out, &server);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

static enum err show_dns(const void *row, struct text *cell)
{
	const struct api_dns *dns = &((const struct api_look *)row)->dns;

	return text_appendf(cell, "%s", dns->verdict != NULL ? dns->text : "never looked at");
}

static enum err show_retirement(const void *row, struct text *cell)
{
	const struct api_retirement *retirement = &((const struct api_look *)row)->retirement;

	if (retirement->state == NULL)
		return text_appendf(cell, "not retiring");
	/* What a domain waits for stands under DNS already. */
	return text_appendf(cell, "%s",
			    strcmp(retirement->state, "waiting") == 0 ? "waiting for DNS" : retirement->text);
}

static const struct table_column columns[] = {
	{ "DOMAIN", "domain", NULL },
	{ "ID", "id", NULL },
	{ "DNS", NULL, show_dns },
	{ "RETIREMENT", NULL, show_retirement },
};

/* The table as a whole. */
static enum err lay_out(const json_t *domains, char **lines)
{
	struct table table = { .columns = 4 };
	struct api_look look;
	size_t len = 0;
	FILE *memory = open_memstream(lines, &len);
	enum err err;

	if (memory == NULL)
		return ERR_NO_MEMORY;
	table_fill(&table, columns, &shape_look, domains, &look);
	err = table_end(&table, "", memory);
	return fclose(memory) == 0 ? err : ERR_NO_MEMORY;
}

/* Each line of the table goes before what belongs below. */
static enum err print_rows(FILE *out, const json_t *domains, struct steps *steps)
{
	char *lines = NULL;
	enum err err = lay_out(domains, &lines);
	char *rest = lines;

	if (err == ERR_OK)
		(void)fprintf(out, "%s\n", strsep(&rest, "\n"));
	for (size_t i = 0; i < json_array_size(domains) && err == ERR_OK; i++) {
		struct api_look look;

		(void)fprintf(out, "%s\n", strsep(&rest, "\n"));
		err = shape_read(&shape_look, json_array_get(domains, i), &look);
		if (err != ERR_OK)
			break;
		note(steps, &look);
		err = print_servers(out, &look);
	}
	free(lines);
	return err;
}

enum err dns_print(const struct print_view *view, json_t *reply)
{
	struct steps steps = { .all_right = true };
	struct api_looks looks;
	enum err err = shape_read(&shape_looks, reply, &looks);

	if (err != ERR_OK)
		return err;
	if (json_array_size(looks.domains) == 0) {
		(void)fputs("nothing to look for: no domain is published with mode none\n", view->out);
		return ERR_OK;
	}
	err = print_rows(view->out, looks.domains, &steps);
	if (err != ERR_OK)
		return err;
	print_before(view->out, &steps);
	print_steps(view->out, &steps);
	return steps.all_right ? ERR_OK : ERR_REFUSED;
}

enum run_status dns_run(const struct run_view *view)
{
	struct names domains = { 0 };
	json_t *looks = json_array();
	json_t *reply = json_pack("{s:o}", "domains", looks);
	enum run_status status;

	if (reply == NULL)
		return output_end(view->err, ERR_NO_MEMORY);
	status = looks_select(view, &domains);
	if (status == RUN_DONE)
		status = looks_gather(view, &domains, looks);
	if (status == RUN_DONE)
		status = output_end(view->err, output_reply(view, reply));
	names_free(&domains);
	json_decref(reply);
	return status;
}
