/* SPDX-License-Identifier: ISC */
#include "ctl/show/acme.h"

#include "policy/domain.h"

#include <string.h>

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

void acme_print_first(FILE *out, const char *domain)
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

void acme_print_renewal(FILE *out, const char *host)
{
	const char *domain = domain_of_host(host);

	(void)fputs("  certbot renew\n", out);
	if (domain != NULL && is_domain(domain)) {
		print_lego(out, domain, "renew", "renew-hook");
		print_uacme(out, domain);
	}
	(void)fputs("or hand it over, if it is renewed already: mta-stsctl cert install CHAIN KEY\n", out);
}
