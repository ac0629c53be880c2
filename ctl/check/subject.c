/* SPDX-License-Identifier: ISC */
#include "ctl/check/subject.h"

#include "policy/domain.h"
#include "policy/record.h"

#include <string.h>

/* The name becomes a part of others and of a URL. */
static bool is_domain(const char *domain)
{
	char host[HOST_SIZE];

	return strlen(domain) <= DOMAIN_MAX &&
	       domain_normalise_host(domain, strlen(domain), host, NULL) == ERR_OK;
}

static enum err load_mx(const json_t *array, struct names *mx)
{
	enum err err = json_is_array(array) ? ERR_OK : ERR_SYNTAX;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (!json_is_string(item))
			return ERR_SYNTAX;
		err = names_put(mx, json_string_value(item));
		if (err != ERR_OK)
			return err;
	}
	return err;
}

enum err subject_load(json_t *reply, struct subject *subject)
{
	struct subject got = { .reply = reply };
	enum err err = ERR_SYNTAX;
	const char *mode;
	json_t *mx;
	int certificate;

	if (json_unpack(reply, "{s:s, s:s, s:s, s:s, s:b, s:o}", "domain", &got.domain, "mode", &mode, "id",
			&got.id, "policy", &got.policy, "certificate", &certificate, "mx", &mx) == 0 &&
	    mode_parse(mode, &got.mode) == ERR_OK && is_domain(got.domain) && id_is_valid(got.id)) {
		got.certificate = certificate != 0;
		err = load_mx(mx, &got.mx);
	}
	if (err == ERR_OK)
		*subject = got;
	else
		subject_free(&got);
	return err;
}

void subject_free(struct subject *subject)
{
	json_decref(subject->reply);
	names_free(&subject->mx);
	finding_free(&subject->findings);
	*subject = (struct subject){ 0 };
}
