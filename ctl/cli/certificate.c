/* SPDX-License-Identifier: ISC */
#include "ctl/cli/certificate.h"

#include "ctl/cli/print.h"
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

enum err certificate_say_names(const struct certificate *certificate, struct text *out)
{
	enum err err = text_appendf(out, "%s", certificate->host);

	if (err == ERR_OK && certificate->names > 1)
		err = text_appendf(out, " and %" JSON_INTEGER_FORMAT " more", certificate->names - 1);
	return err;
}

enum err certificate_say_left(const struct certificate *certificate, struct text *out)
{
	char days[PRINT_COUNT_SIZE];

	if (certificate_is(certificate, "expired"))
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

enum err certificate_say_issuer(const struct certificate *certificate, struct text *out)
{
	const char *name = find_common_name(certificate->issuer);
	size_t len = 0;

	if (name == NULL)
		return text_appendf(out, "%s", *certificate->issuer != '\0' ? certificate->issuer : "-");
	while (name[len] != ',' && name[len] != '\0')
		len += name[len] == '\\' && name[len + 1] != '\0' ? 2 : 1;
	return text_append(out, name, len);
}
