/* SPDX-License-Identifier: ISC */
#include "certs/fitness_private.h"

#include <stdio.h>
#include <string.h>

#define OID_SIZE   128
#define VALUE_SIZE 256

/* More extensions or purposes than this are not looked at; whoever has so many has no use for a server. */
#define LIST_LIMIT 100

#define EXTENDED_KEY_USAGE "2.5.29.37"
#define PRECERTIFICATE     "1.3.6.1.4.1.11129.2.4.3"

/* Values of the TLS feature extension that demand a stapled answer (RFC 7633; RFC 6066; RFC 6961). */
#define STATUS_REQUEST    5
#define STATUS_REQUEST_V2 17

static const struct {
	unsigned bit;
	const char *name;
} usages[] = {
	{ GNUTLS_KEY_DIGITAL_SIGNATURE, "digitalSignature" },
	{ GNUTLS_KEY_NON_REPUDIATION, "nonRepudiation" },
	{ GNUTLS_KEY_KEY_ENCIPHERMENT, "keyEncipherment" },
	{ GNUTLS_KEY_DATA_ENCIPHERMENT, "dataEncipherment" },
	{ GNUTLS_KEY_KEY_AGREEMENT, "keyAgreement" },
	{ GNUTLS_KEY_KEY_CERT_SIGN, "keyCertSign" },
	{ GNUTLS_KEY_CRL_SIGN, "cRLSign" },
};

/* Extensions that OpenSSL and GnuTLS both take when they are critical; others make either refuse the lot. */
static const char *const known_critical[] = {
	"2.5.29.15", /* keyUsage */
	"2.5.29.17", /* subjectAltName */
	"2.5.29.19", /* basicConstraints */
	"2.5.29.30", /* nameConstraints */
	"2.5.29.31", /* cRLDistributionPoints */
	"2.5.29.32", /* certificatePolicies */
	"2.5.29.37", /* extKeyUsage */
	"2.5.29.54", /* inhibitAnyPolicy */
};

/* What a sender's verification would say of a chain that it follows to the last certificate in it. */
static const struct {
	unsigned bit;
	const char *words;
} faults[] = {
	{ GNUTLS_CERT_SIGNATURE_FAILURE, "an issuer has not signed the certificate before it" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, "an issuer is not a CA" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "an issuer may not issue the certificate before it" },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "an issuer has an unknown critical extension" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, "an issuer is not for servers" },
	{ GNUTLS_CERT_INVALID, "it does not lead on" },
};

/* What a check knows of the purposes of a certificate. */
struct purposes {
	bool stated; /* otherwise it is for all */
	bool server;
	bool any;
	char first[OID_SIZE]; /* "" when there is none */
};

/* Each check returns ERR_OK when there is nothing to say, ERR_REFUSED with a value, or ERR_NO_MEMORY. */

static enum err failed(int result, char value[VALUE_SIZE])
{
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	(void)snprintf(value, VALUE_SIZE, "%s", gnutls_strerror(result));
	return ERR_REFUSED;
}

static enum err check_signing(const struct fitness *fitness, char value[VALUE_SIZE])
{
	unsigned usage = 0, critical;
	size_t len = 0;
	int result = gnutls_x509_crt_get_key_usage(fitness->chain[0], &usage, &critical);

	if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) != 0)
		return ERR_OK;
	if (result < 0)
		return failed(result, value);
	(void)snprintf(value, VALUE_SIZE, "keyUsage: nothing at all");
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++) {
		if ((usage & usages[i].bit) != 0)
			len += (size_t)snprintf(value + len, VALUE_SIZE - len, "%s%s",
						len == 0 ? "keyUsage: " : ", ", usages[i].name);
	}
	return ERR_REFUSED;
}

static enum err read_purposes(gnutls_x509_crt_t leaf, struct purposes *purposes)
{
	size_t size = 0;
	unsigned critical;
	int result =
		gnutls_x509_crt_get_extension_by_oid(leaf, EXTENDED_KEY_USAGE, 0, NULL, &size, &critical);

	*purposes = (struct purposes){ .stated = result != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE };
	for (unsigned i = 0; purposes->stated && i < LIST_LIMIT; i++) {
		char oid[OID_SIZE];

		size = sizeof(oid);
		result = gnutls_x509_crt_get_key_purpose_oid(leaf, i, oid, &size, &critical);
		if (result == GNUTLS_E_MEMORY_ERROR)
			return ERR_NO_MEMORY;
		if (result == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (result != 0)
			break;
		if (i == 0)
			memcpy(purposes->first, oid, sizeof(oid));
		purposes->server = purposes->server || strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0;
		purposes->any = purposes->any || strcmp(oid, GNUTLS_KP_ANY) == 0;
	}
	return ERR_OK;
}

static enum err check_purpose(const struct fitness *fitness, char value[VALUE_SIZE])
{
	struct purposes purposes;
	enum err err = read_purposes(fitness->chain[0], &purposes);

	if (err != ERR_OK || !purposes.stated || purposes.server || purposes.any)
		return err;
	(void)snprintf(value, VALUE_SIZE, "extendedKeyUsage: %s",
		       purposes.first[0] != '\0' ? purposes.first : "nothing at all");
	return ERR_REFUSED;
}

static enum err check_any_purpose(const struct fitness *fitness, char value[VALUE_SIZE])
{
	struct purposes purposes;
	enum err err = read_purposes(fitness->chain[0], &purposes);

	if (err != ERR_OK || !purposes.any || purposes.server)
		return err;
	(void)snprintf(value, VALUE_SIZE, "extendedKeyUsage: anyExtendedKeyUsage");
	return ERR_REFUSED;
}

static bool is_known(const char *oid)
{
	for (size_t i = 0; i < sizeof(known_critical) / sizeof(*known_critical); i++) {
		if (strcmp(known_critical[i], oid) == 0)
			return true;
	}
	return false;
}

static enum err check_precertificate(const struct fitness *fitness, char value[VALUE_SIZE])
{
	size_t size = 0;
	int result =
		gnutls_x509_crt_get_extension_by_oid(fitness->chain[0], PRECERTIFICATE, 0, NULL, &size, NULL);

	value[0] = '\0';
	return result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? ERR_OK : ERR_REFUSED;
}

/* We staple nothing, and clients that honour the extension would refuse every connection. */
static enum err check_staple(const struct fitness *fitness, char value[VALUE_SIZE])
{
	gnutls_x509_tlsfeatures_t features = NULL;
	unsigned critical, feature = 0;
	bool wanted = false;
	int result;

	if (gnutls_x509_tlsfeatures_init(&features) < 0)
		return ERR_NO_MEMORY;
	result = gnutls_x509_crt_get_tlsfeatures(fitness->chain[0], features, 0, &critical);
	for (unsigned i = 0; result == 0 && gnutls_x509_tlsfeatures_get(features, i, &feature) == 0; i++)
		wanted = wanted || feature == STATUS_REQUEST || feature == STATUS_REQUEST_V2;
	gnutls_x509_tlsfeatures_deinit(features);
	if (result < 0 && result != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return failed(result, value);
	value[0] = '\0';
	return wanted ? ERR_REFUSED : ERR_OK;
}

static enum err check_critical(const struct fitness *fitness, char value[VALUE_SIZE])
{
	for (unsigned i = 0; i < LIST_LIMIT; i++) {
		char oid[OID_SIZE];
		size_t size = sizeof(oid);
		unsigned critical = 0;
		int result = gnutls_x509_crt_get_extension_info(fitness->chain[0], i, oid, &size, &critical);

		if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return ERR_OK;
		if (result < 0)
			return failed(result, value);
		if (critical != 0 && !is_known(oid)) {
			(void)snprintf(value, VALUE_SIZE, "%s", oid);
			return ERR_REFUSED;
		}
	}
	(void)snprintf(value, VALUE_SIZE, "more than %d extensions", LIST_LIMIT);
	return ERR_REFUSED;
}

static bool is_self_signed(gnutls_x509_crt_t certificate)
{
	return gnutls_x509_crt_check_issuer(certificate, certificate) != 0;
}

static enum err name_issuer(const struct fitness *fitness, char value[VALUE_SIZE])
{
	(void)snprintf(value, VALUE_SIZE, "%s", fitness->issuer);
	return ERR_REFUSED;
}

static enum err check_self_signed(const struct fitness *fitness, char value[VALUE_SIZE])
{
	return is_self_signed(fitness->chain[0]) ? name_issuer(fitness, value) : ERR_OK;
}

/* One that cannot be read is refused by every verifier. */
static enum err check_constraints(const struct fitness *fitness, char value[VALUE_SIZE])
{
	int result = gnutls_x509_crt_get_basic_constraints(fitness->chain[0], NULL, NULL, NULL);

	value[0] = '\0';
	return result < 0 && result != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? ERR_REFUSED : ERR_OK;
}

static enum err check_authority(const struct fitness *fitness, char value[VALUE_SIZE])
{
	int status = gnutls_x509_crt_get_ca_status(fitness->chain[0], NULL);

	value[0] = '\0';
	if (status == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	return status > 0 && !is_self_signed(fitness->chain[0]) ? ERR_REFUSED : ERR_OK;
}

/* What signed a root does not count: whoever trusts it does so without a signature. */
static enum err check_signatures(const struct fitness *fitness, char value[VALUE_SIZE])
{
	for (unsigned i = 0; i < fitness->chain_len; i++) {
		int algorithm = gnutls_x509_crt_get_signature_algorithm(fitness->chain[i]);
		const char *name = gnutls_sign_get_name((gnutls_sign_algorithm_t)algorithm);

		if (is_self_signed(fitness->chain[i]) ||
		    gnutls_sign_is_secure2((gnutls_sign_algorithm_t)algorithm,
					   GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS) != 0)
			continue;
		(void)snprintf(value, VALUE_SIZE, "certificate %u: %s", i + 1,
			       name != NULL ? name : "unknown");
		return ERR_REFUSED;
	}
	return ERR_OK;
}

/* A certificate that says where its issuer's is to be had comes from one that senders seldom have. */
static enum err check_alone(const struct fitness *fitness, char value[VALUE_SIZE])
{
	gnutls_datum_t place = { NULL, 0 };
	int result = GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;

	if (fitness->chain_len == 1 && !is_self_signed(fitness->chain[0]))
		result = gnutls_x509_crt_get_authority_info_access(fitness->chain[0], 0,
								   GNUTLS_IA_CAISSUERS_URI, &place, NULL);
	gnutls_free(place.data);
	if (result == GNUTLS_E_MEMORY_ERROR)
		return ERR_NO_MEMORY;
	return result == 0 ? name_issuer(fitness, value) : ERR_OK;
}

/* As a sender would who trusts the last one, but for the dates; what is weak has a row of its own. */
static enum err verify(const struct fitness *fitness, unsigned *status)
{
	const unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |
			       GNUTLS_VERIFY_DISABLE_CRL_CHECKS;
	static unsigned char server[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID, server, 0 };
	gnutls_x509_trust_list_t anchors = NULL;
	unsigned last = fitness->chain_len - 1;
	int result = gnutls_x509_trust_list_init(&anchors, 0);

	if (result == 0 && gnutls_x509_trust_list_add_cas(anchors, &fitness->chain[last], 1, 0) != 1)
		result = GNUTLS_E_MEMORY_ERROR;
	if (result == 0)
		result = gnutls_x509_trust_list_verify_crt2(anchors, fitness->chain, last, &purpose, 1, flags,
							    status, NULL);
	if (anchors != NULL)
		gnutls_x509_trust_list_deinit(anchors, 0);
	if (result < 0 && result != GNUTLS_E_MEMORY_ERROR)
		*status = GNUTLS_CERT_INVALID;
	return result == GNUTLS_E_MEMORY_ERROR ? ERR_NO_MEMORY : ERR_OK;
}

/* The library does not ask the one that is trusted what it is for; OpenSSL does. */
static enum err verify_purposes(const struct fitness *fitness, unsigned *status)
{
	enum err err = ERR_OK;

	for (unsigned i = 1; err == ERR_OK && i < fitness->chain_len; i++) {
		struct purposes purposes;

		err = read_purposes(fitness->chain[i], &purposes);
		if (err == ERR_OK && purposes.stated && !purposes.server && !purposes.any &&
		    !is_self_signed(fitness->chain[i]))
			*status |= GNUTLS_CERT_PURPOSE_MISMATCH;
	}
	return err;
}

static enum err check_chain(const struct fitness *fitness, char value[VALUE_SIZE])
{
	unsigned status = 0;
	enum err err = fitness->chain_len > 1 ? verify(fitness, &status) : ERR_OK;

	if (err == ERR_OK)
		err = verify_purposes(fitness, &status);
	for (size_t i = 0; err == ERR_OK && status != 0 && i < sizeof(faults) / sizeof(*faults); i++) {
		if ((status & faults[i].bit) == 0)
			continue;
		(void)snprintf(value, VALUE_SIZE, "%s", faults[i].words);
		return ERR_REFUSED;
	}
	return err;
}

static const struct row {
	enum severity severity; /* SEVERITY_ERROR: refused; SEVERITY_WARNING: a doubt */
	enum err (*check)(const struct fitness *fitness, char value[VALUE_SIZE]);
	const char *what;
	const char *instead;
} rows[] = {
	{ SEVERITY_ERROR, check_precertificate, "certificate is a precertificate, which no sender accepts",
	  "use the certificate that the CA issued after it" },
	{ SEVERITY_ERROR, check_signing, "certificate's key may not sign, and every handshake would fail",
	  "order one for a web server: with digitalSignature in its keyUsage" },
	{ SEVERITY_ERROR, check_purpose, "certificate is not for a server, and senders refuse it",
	  "order one for a web server: with serverAuth in its extendedKeyUsage" },
	{ SEVERITY_ERROR, check_constraints, "certificate's basicConstraints cannot be read",
	  "order it again: every sender refuses it" },
	{ SEVERITY_ERROR, check_staple, "certificate requires a stapled OCSP response",
	  "order it again without must-staple: mta-stsd staples nothing" },
	{ SEVERITY_ERROR, check_critical, "certificate has a critical extension that senders do not know",
	  "order it again without that extension, or with one that is not critical" },
	{ SEVERITY_WARNING, check_self_signed, "certificate is self-signed: senders do not trust it",
	  "get one from a public CA: mta-stsctl cert list shows how" },
	{ SEVERITY_WARNING, check_authority, "certificate is a CA's own, which some senders refuse",
	  "order one for a web server: with CA:FALSE in its basicConstraints" },
	{ SEVERITY_WARNING, check_any_purpose,
	  "certificate does not name servers, and some senders refuse it",
	  "order one for a web server: with serverAuth in its extendedKeyUsage" },
	{ SEVERITY_WARNING, check_signatures, "signature in the chain is too weak for senders",
	  "order a new certificate, and write the issuers that come with it behind it" },
	{ SEVERITY_WARNING, check_alone, "certificate comes without its issuer's",
	  "write the issuer's behind it, as in certbot's fullchain.pem, unless it is a root" },
	{ SEVERITY_WARNING, check_chain, "senders cannot follow the chain",
	  "write the issuers that came with the certificate behind it, and no others" },
};

enum err fitness_check(const struct fitness *fitness, struct complaints *complaints,
		       struct complaints *doubts)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char value[VALUE_SIZE] = "";
		enum err err = rows[i].check(fitness, value);

		if (err == ERR_NO_MEMORY)
			return err;
		if (err == ERR_OK)
			continue;
		complain(rows[i].severity == SEVERITY_ERROR ? complaints : doubts, rows[i].severity,
			 fitness->file, 0, rows[i].what, value[0] != '\0' ? value : NULL, rows[i].instead);
		if (rows[i].severity == SEVERITY_ERROR)
			return ERR_REFUSED;
	}
	return ERR_OK;
}
