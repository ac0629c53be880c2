/* SPDX-License-Identifier: ISC */
#include "ctl/show/certificates.h"

#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "ctl/show/awaiting.h"
#include "ctl/show/clients.h"
#include "policy/domain.h"

#include <string.h>

/* How much a name tells. */
static int worth(const char *name)
{
	if (domain_of_host(name) != NULL)
		return 2;
	return strncmp(name, "*.", 2) == 0;
}

const char *certificates_host(const struct api_certificate *certificate)
{
	const char *best = json_string_value(json_array_get(certificate->names, 0));
	json_t *item;
	size_t i;

	json_array_foreach(certificate->names, i, item)
	{
		if (worth(json_string_value(item)) > worth(best))
			best = json_string_value(item);
	}
	return best;
}

bool certificates_is(const struct api_certificate *certificate, const char *stage)
{
	return strcmp(certificate->stage, stage) == 0;
}

enum err certificates_say_names(const struct api_certificate *certificate, struct text *out)
{
	size_t count = json_array_size(certificate->names);
	enum err err = text_appendf(out, "%s", certificates_host(certificate));

	if (err == ERR_OK && count > 1)
		err = text_appendf(out, " and %zu more", count - 1);
	return err;
}

enum err certificates_say_left(const struct api_certificate *certificate, struct text *out)
{
	char days[PRINT_COUNT_SIZE];

	if (certificates_is(certificate, "expired"))
		return text_appendf(out, "EXPIRED");
	if (certificate->days_left == 0)
		return text_appendf(out, "less than a day left");
	return text_appendf(out, "%s left", print_count(certificate->days_left, "day", days));
}

/* Of "CN=R3,O=Let's Encrypt" the part behind "CN="; a comma of a value stands behind a backslash. */
static const char *find_common_name(const char *name)
{
	while (strncmp(name, "CN=", 3) != 0) {
		for (; *name != ',' && *name != '\0'; name++) {
			if (name[0] == '\\' && name[1] != '\0')
				name++;
		}
		if (*name == '\0')
			return NULL;
		name++;
	}
	return name + 3;
}

enum err certificates_say_issuer(const char *issuer, struct text *out)
{
	const char *name = find_common_name(issuer);
	size_t len = 0;

	if (name == NULL)
		return text_appendf(out, "%s", *issuer != '\0' ? issuer : "-");
	while (name[len] != ',' && name[len] != '\0')
		len += name[len] == '\\' && name[len + 1] != '\0' ? 2 : 1;
	return text_append(out, name, len);
}

static enum err show_names(const void *row, struct text *cell)
{
	return certificates_say_names(row, cell);
}

static enum err show_issuer(const void *row, struct text *cell)
{
	return certificates_say_issuer(((const struct api_certificate *)row)->issuer, cell);
}

static enum err show_used(const void *row, struct text *cell)
{
	return text_appendf(cell, ((const struct api_certificate *)row)->used ? "yes" : "no");
}

static enum err show_place(const void *row, struct text *cell)
{
	const struct api_certificate *certificate = row;
	bool installed = strcmp(certificate->source, "installed") == 0;

	return text_appendf(cell, "%s", installed ? "installed" : certificate->file);
}

static const struct table_column columns[] = {
	{ "NAMES", NULL, show_names }, { "ISSUER", NULL, show_issuer }, { "DAYS LEFT", "days_left", NULL },
	{ "STAGE", "stage", NULL },    { "USED", NULL, show_used },     { "FROM", NULL, show_place },
};

static enum err print_table(FILE *out, const json_t *certificates)
{
	struct table table = { .columns = 6 };
	struct api_certificate certificate;

	if (json_array_size(certificates) == 0) {
		(void)fputs("no certificate is loaded\n", out);
		return ERR_OK;
	}
	table_fill(&table, columns, &shape_certificate, certificates, &certificate);
	return table_end(&table, "", out);
}

static void print_uncovered(FILE *out, const json_t *domains)
{
	size_t count = json_array_size(domains);
	const char *first = json_string_value(json_array_get(domains, 0));
	char said[PRINT_COUNT_SIZE];

	if (count == 0)
		return;
	(void)fprintf(out, "\n%s without a valid certificate:\n",
		      print_count((json_int_t)count, "served domain", said));
	for (size_t i = 0; i < count && i < PRINT_SOME; i++)
		print_name(out, "", json_string_value(json_array_get(domains, i)));
	print_rest(out, "  ", (json_int_t)count - PRINT_SOME, "mta-stsctl --json cert list");
	(void)fputs("\nnext: get a certificate for mta-sts.", out);
	print_text(out, first);
	(void)fputc('\n', out);
	clients_print_first(out, first);
}

enum err certificates_print(const struct print_view *view, json_t *reply)
{
	struct api_certificates list;
	enum err err = shape_read(&shape_certificates, reply, &list);

	if (err == ERR_OK)
		err = print_table(view->out, list.certificates);
	if (err == ERR_OK && json_array_size(list.orders) > 0)
		return awaiting_print(view->out, list.uncovered_domains, list.orders);
	if (err == ERR_OK)
		print_uncovered(view->out, list.uncovered_domains);
	return err;
}
