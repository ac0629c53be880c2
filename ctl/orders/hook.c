/* SPDX-License-Identifier: ISC */
#include "ctl/orders/hook.h"

#include "ctl/cli/problem.h"
#include "policy/domain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a client: variables, and what stands behind their values in the paths. */
static const struct client {
	const char *from;
	const char *chain, *chain_end;
	const char *key, *key_end;
	const char *names;
} clients[] = {
	{ "certbot", "RENEWED_LINEAGE", "/fullchain.pem", "RENEWED_LINEAGE", "/privkey.pem",
	  "RENEWED_DOMAINS" },
	/* LEGO_CERT_DOMAIN is only the first name. */
	{ "lego", "LEGO_CERT_PATH", "", "LEGO_CERT_KEY_PATH", "", NULL },
};

static const char *value_of(const char *variable)
{
	const char *value = variable != NULL ? getenv(variable) : NULL;

	return value != NULL && *value != '\0' ? value : NULL;
}

static enum err take(const struct client *client, struct hook *hook)
{
	struct hook got = { .from = client->from, .names = value_of(client->names) };

	if (asprintf(&got.chain, "%s%s", value_of(client->chain), client->chain_end) < 0)
		return ERR_NO_MEMORY;
	if (asprintf(&got.key, "%s%s", value_of(client->key), client->key_end) < 0) {
		free(got.chain);
		return ERR_NO_MEMORY;
	}
	*hook = got;
	return ERR_OK;
}

enum err hook_read(FILE *err, struct hook *hook)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		if (value_of(clients[i].chain) != NULL && value_of(clients[i].key) != NULL)
			return take(&clients[i], hook);
	}
	problem_print(err,
		      "--from-hook is for hooks of certbot, which set RENEWED_LINEAGE, and of lego, which "
		      "set LEGO_CERT_PATH and LEGO_CERT_KEY_PATH");
	problem_print(err, "none of them is set: name the files instead, mta-stsctl cert install CHAIN KEY");
	return ERR_SYNTAX;
}

/* The name may stand between others. */
static bool is_wanted(const char *name)
{
	return strncmp(name, "*.", 2) == 0 ||
	       strncasecmp(name, DOMAIN_HOST_PREFIX, strlen(DOMAIN_HOST_PREFIX)) == 0;
}

bool hook_concerns(const struct hook *hook)
{
	const char *name = hook->names;

	if (name == NULL)
		return true;
	for (name += strspn(name, " "); *name != '\0'; name += strspn(name, " ")) {
		if (is_wanted(name))
			return true;
		name += strcspn(name, " ");
	}
	return false;
}

void hook_free(struct hook *hook)
{
	free(hook->chain);
	free(hook->key);
	*hook = (struct hook){ 0 };
}
