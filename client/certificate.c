/* SPDX-License-Identifier: ISC */
#include "client/certificate.h"

#include "policy/domain.h"

#include <string.h>

/* How much a name tells a mail administrator. */
static int worth(const char *name)
{
	if (domain_of_host(name) != NULL)
		return 2;
	return strncmp(name, "*.", 2) == 0;
}

static const char *find_host(const json_t *names)
{
	const char *best = json_string_value(json_array_get(names, 0));
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item)
	{
		const char *name = json_string_value(item);

		if (name == NULL)
			return NULL;
		if (worth(name) > worth(best))
			best = name;
	}
	return best;
}

enum err certificate_read(json_t *reply, struct certificate *certificate)
{
	struct certificate got = { 0 };
	const char *source;
	json_t *names;
	int used;

	if (json_unpack(reply, "{s:s, s:s, s:o, s:s, s:s, s:I, s:s, s:b}", "file", &got.file, "source",
			&source, "names", &names, "issuer", &got.issuer, "not_after", &got.not_after,
			"days_left", &got.days_left, "stage", &got.stage, "used", &used) != 0)
		return ERR_SYNTAX;
	got.host = find_host(names);
	got.names = (json_int_t)json_array_size(names);
	got.installed = strcmp(source, "installed") == 0;
	got.used = used != 0;
	if (got.host == NULL)
		return ERR_SYNTAX;
	*certificate = got;
	return ERR_OK;
}

bool certificate_is(const struct certificate *certificate, const char *stage)
{
	return strcmp(certificate->stage, stage) == 0;
}
