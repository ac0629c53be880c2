/* SPDX-License-Identifier: ISC */
#include "ctl/orders/pair.h"

#include "base/file.h"
#include "ctl/cli/print.h"
#include "policy/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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
	{ "lego", "LEGO_HOOK_CERT_PATH", "", "LEGO_HOOK_CERT_KEY_PATH", "", "LEGO_HOOK_CERT_DOMAINS" },
	{ "acme.sh", "CERT_FULLCHAIN_PATH", "", "CERT_KEY_PATH", "", NULL },
};

/* What stands between the names. */
#define GAPS " ,"

static const char *value_of(const char *variable)
{
	const char *value = variable != NULL ? getenv(variable) : NULL;

	return value != NULL && *value != '\0' ? value : NULL;
}

static enum err take(const struct client *client, struct pair *pair)
{
	struct pair got = { .from = client->from, .names = value_of(client->names) };

	if (asprintf(&got.chain, "%s%s", value_of(client->chain), client->chain_end) < 0)
		return ERR_NO_MEMORY;
	if (asprintf(&got.key, "%s%s", value_of(client->key), client->key_end) < 0) {
		free(got.chain);
		return ERR_NO_MEMORY;
	}
	*pair = got;
	return ERR_OK;
}

enum err pair_from_hook(FILE *err, struct pair *pair)
{
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		if (value_of(clients[i].chain) != NULL && value_of(clients[i].key) != NULL)
			return take(&clients[i], pair);
	}
	print_problem(err,
		      "--from-hook is for hooks of certbot, which set RENEWED_LINEAGE, of lego, which set "
		      "LEGO_CERT_PATH and LEGO_CERT_KEY_PATH (lego 5: LEGO_HOOK_CERT_PATH and "
		      "LEGO_HOOK_CERT_KEY_PATH), and of acme.sh, which set CERT_FULLCHAIN_PATH and "
		      "CERT_KEY_PATH");
	print_problem(err, "none of them is set: name the files instead, mta-stsctl cert install CHAIN KEY");
	return ERR_SYNTAX;
}

/* The name may stand between others. */
static bool is_wanted(const char *name)
{
	return strncmp(name, "*.", 2) == 0 ||
	       strncasecmp(name, DOMAIN_HOST_PREFIX, strlen(DOMAIN_HOST_PREFIX)) == 0;
}

bool pair_is_wanted(const struct pair *pair)
{
	const char *name = pair->names;

	if (name == NULL)
		return true;
	for (name += strspn(name, GAPS); *name != '\0'; name += strspn(name, GAPS)) {
		if (is_wanted(name))
			return true;
		name += strcspn(name, GAPS);
	}
	return false;
}

void pair_free(struct pair *pair)
{
	free(pair->chain);
	free(pair->key);
	*pair = (struct pair){ 0 };
}

/* A member of the request, what its file must hold, and what to do about one that does not. */
static const struct part {
	const char *field;
	const char *mark;
	const char *without;
} parts[] = {
	{ "certificate", "CERTIFICATE-----",
	  "holds no certificate in PEM: name the file with the certificate and its issuers first, then the "
	  "key" },
	{ "key", "PRIVATE KEY-----",
	  "holds no private key in PEM: name the file with the certificate and its issuers first, then the "
	  "key" },
};

static enum err refuse(const char *path, enum err read, const char *why, FILE *err)
{
	if (read == ERR_NO_MEMORY)
		return read;
	if (read == ERR_RANGE)
		print_problem(err, "'%s' is longer than 64 KiB: leave only the chain and its key in it",
			      path);
	else if (read == ERR_IO && access(path, R_OK) != 0 && errno == EACCES)
		print_problem(err, "'%s' may not be read by this user: run it as root", path);
	else
		print_problem(err, "'%s' %s: name the files of the chain and its key", path, why);
	return ERR_REFUSED;
}

static bool holds(const struct file *file, const struct part *part)
{
	return memmem(file->bytes, file->len, part->mark, strlen(part->mark)) != NULL;
}

static enum err put(const struct part *part, const struct file *file, const char *path, FILE *err,
		    json_t *fields)
{
	json_t *text;

	if (!holds(file, part)) {
		print_problem(err, "'%s' %s", path, part->without);
		return ERR_REFUSED;
	}
	text = json_stringn(file->bytes, file->len);
	if (text == NULL || memchr(file->bytes, '\0', file->len) != NULL) {
		json_decref(text);
		print_problem(err, "'%s' holds more than text: leave only its parts in PEM", path);
		return ERR_REFUSED;
	}
	return json_object_set_new(fields, part->field, text) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

enum err pair_read(const struct pair *pair, FILE *err, json_t **fields)
{
	const char *const paths[] = { pair->chain, pair->key != NULL ? pair->key : pair->chain };
	json_t *got = json_object();
	enum err result = got != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && result == ERR_OK; i++) {
		struct file file = { 0 };
		const char *why = "";

		result = file_read(paths[i], PAIR_FILE_MAX, &file, &why);
		if (result == ERR_OK && (i == 0 || pair->key != NULL || holds(&file, &parts[i])))
			result = put(&parts[i], &file, paths[i], err, got);
		else if (result != ERR_OK)
			result = refuse(paths[i], result, why, err);
		file_free(&file);
	}
	if (result == ERR_OK)
		*fields = got;
	else
		json_decref(got);
	return result;
}
