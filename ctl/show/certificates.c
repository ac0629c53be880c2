/* SPDX-License-Identifier: ISC */
#include "ctl/show/certificates.h"

#include "client/reply.h"
#include "ctl/cli/print.h"
#include "ctl/cli/table.h"
#include "policy/domain.h"

#include <string.h>

enum err certificates_say_names(const struct status_certificate *certificate, struct text *out)
{
	enum err err = text_appendf(out, "%s", certificate->host);

	if (err == ERR_OK && certificate->names > 1)
		err = text_appendf(out, " and %" JSON_INTEGER_FORMAT " more", certificate->names - 1);
	return err;
}

enum err certificates_say_left(const struct status_certificate *certificate, struct text *out)
{
	char days[PRINT_COUNT_SIZE];

	if (status_certificate_is(certificate, "expired"))
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

#define FROM_HOOK "\"mta-stsctl cert install --from-hook\""

/* Everybody who takes mail reads what is sent to postmaster (RFC 5321, section 4.5.1). */
static void print_lego(FILE *out, const char *domain, const char *verb, const char *hook)
{
	(void)fprintf(out,
		      "  lego --http --path /var/lib/lego --domains mta-sts.%s \\\n"
		      "      --email postmaster@%s %s \\\n"
		      "      --%s " FROM_HOOK "\n",
		      domain, domain, verb, hook);
}

static void print_uacme(FILE *out, const char *domain)
{
	(void)fprintf(out,
		      "  uacme -h /usr/share/uacme/uacme.sh issue mta-sts.%s && \\\n"
		      "      mta-stsctl cert install /etc/ssl/uacme/mta-sts.%s/cert.pem \\\n"
		      "      /etc/ssl/uacme/private/mta-sts.%s/key.pem\n",
		      domain, domain, domain);
}

/* What is going to be pasted into a shell is a domain and nothing else. */
static bool is_domain(const char *domain)
{
	char same[DOMAIN_SIZE];

	return domain_normalise(domain, same, NULL) == ERR_OK && strcmp(domain, same) == 0;
}

void certificates_print_first(FILE *out, const char *domain)
{
	if (!is_domain(domain))
		return;
	(void)fprintf(out,
		      "  certbot certonly --standalone -d mta-sts.%s \\\n"
		      "      --deploy-hook " FROM_HOOK "\n",
		      domain);
	print_lego(out, domain, "run", "run-hook");
	print_uacme(out, domain);
	(void)fputs(
		"certbot and lego listen on port 80 themselves; uacme needs \"uacme new\" once, and a web\n"
		"server there for /var/www.  All need the address of that host in DNS.\n",
		out);
}

void certificates_print_renewal(FILE *out, const char *host)
{
	const char *domain = domain_of_host(host);

	(void)fputs("  certbot renew\n", out);
	if (domain != NULL && is_domain(domain)) {
		print_lego(out, domain, "renew", "renew-hook");
		print_uacme(out, domain);
	}
	(void)fputs("or hand it over, if it is renewed already: mta-stsctl cert install CHAIN KEY\n", out);
}

/* So many domains without a certificate are named. */
#define UNCOVERED_SHOWN 20

static enum err show_names(json_t *value, struct text *cell)
{
	struct status_certificate certificate;
	enum err err = status_certificate(value, &certificate);

	return err == ERR_OK ? certificates_say_names(&certificate, cell) : err;
}

static enum err show_issuer(json_t *value, struct text *cell)
{
	return certificates_say_issuer(json_string_value(value), cell);
}

static enum err show_used(json_t *value, struct text *cell)
{
	return text_appendf(cell, json_is_true(value) ? "yes" : "no");
}

static enum err show_place(json_t *value, struct text *cell)
{
	bool installed = strcmp(json_string_value(json_object_get(value, "source")), "installed") == 0;

	return text_appendf(cell, "%s",
			    installed ? "installed" : json_string_value(json_object_get(value, "file")));
}

/* The first checks the row for all. */
static const struct table_column columns[] = {
	{ "NAMES", NULL, show_names },      { "ISSUER", "issuer", show_issuer },
	{ "DAYS LEFT", "days_left", NULL }, { "STAGE", "stage", NULL },
	{ "USED", "used", show_used },      { "FROM", NULL, show_place },
};

static enum err print_table(FILE *out, const json_t *certificates)
{
	struct table table = { .columns = 6 };

	if (json_array_size(certificates) == 0) {
		(void)fputs("no certificate is loaded\n", out);
		return ERR_OK;
	}
	table_fill(&table, columns, certificates);
	return table_end(&table, "", out);
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
	print_text(out, first);
	(void)fputs(", with one of\n", out);
	certificates_print_first(out, first);
	return ERR_OK;
}

enum err certificates_print(const struct print_view *view, json_t *reply)
{
	json_t *certificates, *uncovered;
	enum err err;

	if (reply_array(reply, "certificates", &certificates) != ERR_OK ||
	    reply_array(reply, "uncovered_domains", &uncovered) != ERR_OK)
		return ERR_SYNTAX;
	err = print_table(view->out, certificates);
	return err == ERR_OK ? print_uncovered(view->out, uncovered) : err;
}
