/* SPDX-License-Identifier: ISC */
#include "ctl/orders/install.h"

#include "base/allocation.h"
#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "ctl/cli/table.h"
#include "ctl/orders/pair.h"
#include "ctl/show/certificates.h"

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

static enum err find_files(const struct options *options, FILE *err, struct pair *pair)
{
	struct pair got = { .from = "files" };

	if (options_has(options, OPTION_FROM_HOOK))
		return pair_from_hook(err, pair);
	got.chain = strdup(options->words[0]);
	if (options->word_count > 1)
		got.key = strdup(options->words[1]);
	if (got.chain == NULL || (got.key == NULL && options->word_count > 1)) {
		pair_free(&got);
		return ERR_NO_MEMORY;
	}
	*pair = got;
	return ERR_OK;
}

static enum err make_request(const struct run_view *view, const struct pair *pair,
			     struct client_request *request)
{
	json_t *fields = NULL;
	enum err err = pair_read(pair, view->err, &fields);

	if (err == ERR_OK && json_object_set_new(fields, "from", json_string(pair->from)) != 0)
		err = ERR_NO_MEMORY;
	if (err == ERR_OK)
		err = request_make_with(view->command, view->options, fields, view->err, request);
	json_decref(fields);
	return err;
}

static enum run_status pass_over(const struct run_view *view, const struct pair *pair)
{
	FILE *to = options_has(view->options, OPTION_JSON) ? view->err : view->out;

	(void)fputs("passed over, no name is that of a policy host (mta-sts.DOMAIN): ", to);
	print_text(to, pair->names);
	return fputc('\n', to) != EOF && fflush(to) == 0 ? RUN_DONE : output_end(view->err, ERR_IO);
}

static enum run_status install(const struct run_view *view, const struct pair *pair)
{
	struct client_request request = { 0 };
	json_t *reply = NULL;
	enum run_status status;
	enum err err = make_request(view, pair, &request);

	if (err == ERR_OK)
		status = run_order(view, &request, &reply);
	else if (err == ERR_SYNTAX)
		status = RUN_USAGE;
	else
		status = output_end(view->err, err);
	client_request_free(&request);
	json_decref(reply);
	return status;
}

enum run_status install_certificate(const struct run_view *view)
{
	struct pair pair = { 0 };
	enum run_status status;
	enum err err = command_check(view->command, view->options, view->err);

	json_set_alloc_funcs(allocation_make, wipe);
	if (err == ERR_OK)
		err = find_files(view->options, view->err, &pair);
	if (err != ERR_OK)
		return err == ERR_SYNTAX ? RUN_USAGE : output_end(view->err, err);
	status = pair_is_wanted(&pair) ? install(view, &pair) : pass_over(view, &pair);
	pair_free(&pair);
	return status;
}

static const char *heading(const struct api_installed *installed)
{
	if (installed->dry_run)
		return "dry run: nothing was changed\n\nto be installed";
	return installed->audit > 0 ? "installed" : "nothing was changed, it is installed already";
}

static void put_certificate(struct table *table, const struct api_certificate *certificate)
{
	struct text issuer = { 0 }, left = { 0 };

	table_fail(table, certificates_say_issuer(certificate->issuer, &issuer));
	table_fail(table, certificates_say_left(certificate, &left));
	table_putf(table, "issuer", "%s", issuer.bytes != NULL ? issuer.bytes : "");
	table_putf(table, "valid until", "%s, %s", certificate->not_after, left.bytes);
	table_putf(table, "stored in", "%s", certificate->file);
	text_free(&issuer);
	text_free(&left);
}

static void put_covers(struct table *table, const struct api_installed *installed)
{
	struct text domains = { 0 };
	json_int_t more = installed->covers_count - (json_int_t)json_array_size(installed->covers);

	table_fail(table, print_join(installed->covers, ", ", &domains));
	if (more > 0)
		table_fail(table, text_appendf(&domains, " and %" JSON_INTEGER_FORMAT " more", more));
	table_putf(table, "covers", "%s", domains.len > 0 ? domains.bytes : "no domain that is served");
	text_free(&domains);
}

/* The same file, written anew, or others that are of no use any more. */
static void put_replaced(struct table *table, const struct api_installed *installed)
{
	const char *label = "in place of";
	json_t *item;
	size_t i;

	json_array_foreach(installed->replaced, i, item)
	{
		const char *file = json_string_value(item);

		if (strcmp(file, installed->certificate.file) == 0)
			table_putf(table, label, "the older one there");
		else
			table_putf(table, label, "%s", file);
		label = "";
	}
}

static enum err print_details(FILE *out, const struct api_installed *installed)
{
	struct table table = { .columns = 2 };

	put_certificate(&table, &installed->certificate);
	put_replaced(&table, installed);
	put_covers(&table, installed);
	return table_end(&table, "  ", out);
}

static enum err print_warnings(FILE *out, const json_t *complaints)
{
	if (json_array_size(complaints) > 0)
		(void)fputs("complaints:\n", out);
	return print_complaints(out, complaints, "--dry-run --json shows them all");
}

static void print_next(FILE *out, const struct api_installed *installed)
{
	const char *domain = json_string_value(json_array_get(installed->covers, 0));
	char count[PRINT_COUNT_SIZE];

	if (installed->uncovered > 0) {
		(void)fprintf(out, "next: mta-stsctl cert list (%s without a valid certificate)\n",
			      print_count(installed->uncovered, "served domain", count));
	} else if (domain != NULL && installed->audit > 0) {
		(void)fputs("next: mta-stsctl check ", out);
		print_text(out, domain);
		(void)fputs(" tries it as a sender would\n", out);
	}
}

enum err install_print(const struct print_view *view, json_t *reply)
{
	struct api_installed installed;
	struct text names = { 0 };
	enum err err = shape_read(&shape_installed, reply, &installed);

	if (err == ERR_OK)
		err = certificates_say_names(&installed.certificate, &names);
	if (err != ERR_OK)
		goto out;
	(void)fprintf(view->out, "%s: ", heading(&installed));
	print_escaped(view->out, names.bytes, names.len);
	(void)fputs(installed.certificate.used ? "\n" : " (not used, a better one is there)\n", view->out);
	err = print_details(view->out, &installed);
	if (err == ERR_OK)
		err = print_warnings(view->out, installed.complaints);
	if (err == ERR_OK)
		print_next(view->out, &installed);
out:
	text_free(&names);
	return err;
}
