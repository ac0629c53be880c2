/* SPDX-License-Identifier: ISC */
#include "ctl/show/print_certificates.h"

#include "client/reply.h"
#include "ctl/cli/certificate.h"
#include "ctl/cli/escape.h"
#include "ctl/cli/table.h"
#include "ctl/show/acme.h"

#include <string.h>

/* So many domains without a certificate are named. */
#define UNCOVERED_SHOWN 20

static enum err put_certificate(struct table *table, const struct certificate *certificate)
{
	struct text names = { 0 }, issuer = { 0 };
	char days[32];
	enum err err;

	(void)snprintf(days, sizeof(days), "%" JSON_INTEGER_FORMAT, certificate->days_left);
	err = certificate_say_names(certificate, &names);
	if (err == ERR_OK)
		err = certificate_say_issuer(certificate, &issuer);
	if (err == ERR_OK)
		err = table_put(table, (const char *const[]){
					       names.bytes, issuer.bytes != NULL ? issuer.bytes : "", days,
					       certificate->stage, certificate->used ? "yes" : "no",
					       certificate->installed ? "installed" : certificate->file });
	text_free(&names);
	text_free(&issuer);
	return err;
}

static enum err print_table(FILE *out, const json_t *certificates)
{
	struct table table = { .columns = 6 };
	json_t *item;
	enum err err;
	size_t i;

	if (json_array_size(certificates) == 0) {
		(void)fputs("no certificate is loaded\n", out);
		return ERR_OK;
	}
	err = table_put(&table,
			(const char *const[]){ "NAMES", "ISSUER", "DAYS LEFT", "STAGE", "USED", "FROM" });
	json_array_foreach(certificates, i, item)
	{
		struct certificate certificate;

		if (err == ERR_OK)
			err = certificate_read(item, &certificate);
		if (err == ERR_OK)
			err = put_certificate(&table, &certificate);
	}
	if (err == ERR_OK)
		table_print(&table, "", out);
	table_free(&table);
	return err;
}

static enum err print_uncovered(FILE *out, const json_t *domains)
{
	size_t count = json_array_size(domains);
	const char *first = json_string_value(json_array_get(domains, 0));
	char said[PRINT_COUNT_SIZE];

	if (count == 0)
		return ERR_OK;
	(void)fprintf(out, "\n%s without a valid certificate:\n",
		      print_count((json_int_t)count, "served domain", said));
	for (size_t i = 0; i < count && i < UNCOVERED_SHOWN; i++) {
		const char *domain = json_string_value(json_array_get(domains, i));

		if (domain == NULL)
			return ERR_SYNTAX;
		print_name(out, "", domain);
	}
	if (count > UNCOVERED_SHOWN)
		(void)fprintf(out, "  and %zu more: mta-stsctl --json cert list\n", count - UNCOVERED_SHOWN);
	(void)fputs("\nnext: get a certificate for mta-sts.", out);
	escape_print(out, first, strlen(first));
	(void)fputs(", with one of\n", out);
	acme_print_first(out, first);
	return ERR_OK;
}

enum err print_certificates(const struct print_view *view, json_t *reply)
{
	json_t *certificates, *uncovered;
	enum err err;

	if (reply_array(reply, "certificates", &certificates) != ERR_OK ||
	    reply_array(reply, "uncovered_domains", &uncovered) != ERR_OK)
		return ERR_SYNTAX;
	err = print_table(view->out, certificates);
	return err == ERR_OK ? print_uncovered(view->out, uncovered) : err;
}
