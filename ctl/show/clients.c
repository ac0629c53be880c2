/* SPDX-License-Identifier: ISC */
#include "ctl/show/clients.h"

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

bool clients_is_domain(const char *domain)
{
	char same[DOMAIN_SIZE];

	return domain_normalise(domain, same, NULL) == ERR_OK && strcmp(domain, same) == 0;
}

void clients_print_first(FILE *out, const char *domain)
{
	if (!clients_is_domain(domain))
		return;
	(void)fprintf(out,
		      "  " CLIENTS_AGREE "%s\n"
		      "which needs uacme installed, port 443 reached from outside, and the address of that "
		      "host in DNS\n"
		      "or with another ACME client, such as\n"
		      "  certbot certonly --standalone -d mta-sts.%s \\\n"
		      "      --deploy-hook " FROM_HOOK "\n"
		      "which listens on port 80; mta-stsctl(1) has the lines for lego and uacme alone\n",
		      domain, domain);
}

void clients_print_renewal(FILE *out, const char *host)
{
	const char *domain = domain_of_host(host);

	if (domain != NULL && clients_is_domain(domain))
		(void)fprintf(out, "  mta-stsctl cert obtain %s\n", domain);
	(void)fputs("  certbot renew\n", out);
	if (domain != NULL && clients_is_domain(domain)) {
		print_lego(out, domain, "renew", "renew-hook");
		print_uacme(out, domain);
	}
	(void)fputs("or hand it over, if it is renewed already: mta-stsctl cert install CHAIN KEY\n", out);
}
