/* SPDX-License-Identifier: ISC */
#include "api/shape_certificate.h"

#include "api/shape_order.h"

static enum err check_certificate(const void *object)
{
	const struct api_certificate *certificate = object;

	return json_array_size(certificate->names) > 0 ? ERR_OK : ERR_SYNTAX;
}

static const struct shape_field certificate_fields[] = {
	SHAPE_ROW_STRING(api_certificate, file, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_certificate, source, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_certificate, names, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_certificate, issuer, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_certificate, key, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_certificate, not_before, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_certificate, not_after, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_certificate, days_left, SHAPE_ALWAYS, -SHAPE_INTEGER_MAX),
	SHAPE_ROW_STRING(api_certificate, stage, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN(api_certificate, used, SHAPE_ALWAYS),
	SHAPE_ROW_BOOLEAN_OR_TRUE(api_certificate, sound, SHAPE_LATER),
	SHAPE_ROW_STRING(api_certificate, renewal_id, SHAPE_OR_NULL_LATER),
	SHAPE_ROW_END,
};

static const struct shape_field certificates_fields[] = {
	SHAPE_ROW_OBJECTS(api_certificates, certificates, SHAPE_ALWAYS, &shape_certificate),
	SHAPE_ROW_INTEGER(api_certificates, uncovered, SHAPE_ALWAYS, 0),
	SHAPE_ROW_STRINGS(api_certificates, uncovered_domains, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECTS(api_certificates, orders, SHAPE_LATER, &shape_certificate_order),
	SHAPE_ROW_END,
};

static const struct shape_field installed_fields[] = {
	SHAPE_ROW_BOOLEAN(api_installed, dry_run, SHAPE_ALWAYS),
	SHAPE_ROW_OBJECT(api_installed, certificate, SHAPE_ALWAYS, api_certificate, &shape_certificate),
	SHAPE_ROW_STRINGS(api_installed, replaced, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_installed, covers, SHAPE_ALWAYS),
	SHAPE_ROW_INTEGER(api_installed, covers_count, SHAPE_ALWAYS, 0),
	SHAPE_ROW_INTEGER(api_installed, uncovered, SHAPE_ALWAYS, 0),
	SHAPE_ROW_OBJECTS(api_installed, complaints, SHAPE_ALWAYS, &shape_complaint),
	SHAPE_ROW_INTEGER(api_installed, audit, SHAPE_OR_NULL, 1),
	SHAPE_ROW_END,
};

const struct shape shape_certificate = { "Certificates", certificate_fields, check_certificate };
const struct shape shape_certificates = { "GET /v1/certificates", certificates_fields, NULL };
const struct shape shape_installed = { "POST /v1/certificates", installed_fields, NULL };
