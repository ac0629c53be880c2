/* SPDX-License-Identifier: ISC */
#include "certs/layouts.h"

#include "base/file.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What one call of layouts_take() works on. */
struct look {
	const struct folder *folder;
	const char *name;
	struct finds *finds;
	struct complaints *complaints;
};

static int to_string(const void *key, const void *member)
{
	return strcmp(key, *(char *const *)member);
}

static bool has(const struct folder *folder, const char *name)
{
	const struct names *entries = &folder->entries;

	return entries->count > 0 &&
	       bsearch(name, entries->item, entries->count, sizeof(*entries->item), to_string) != NULL;
}

static enum err complain_of_key(struct look *look, const char *key)
{
	char *path = file_path(look->folder->path, look->name);
	char *missing = file_path(look->folder->path, key);
	enum err err = path != NULL && missing != NULL ? ERR_OK : ERR_NO_MEMORY;

	if (err == ERR_OK)
		complain(look->complaints, SEVERITY_ERROR, path, 0, "private key is missing", missing,
			 "put the key there, or move the certificate elsewhere");
	free(missing);
	free(path);
	return err;
}

static enum err take_with_key(struct look *look, const char *key)
{
	if (!has(look->folder, key))
		return complain_of_key(look, key);
	return finds_put(look->finds, file_path(look->folder->path, look->name),
			 file_path(look->folder->path, key));
}

static enum err take_certbot(struct look *look)
{
	return take_with_key(look, "privkey.pem");
}

static enum err take_lego(struct look *look)
{
	char key[NAME_MAX + 1];

	/* It fits: ".key" is as long as ".crt". */
	(void)snprintf(key, sizeof(key), "%.*s.key", (int)(strlen(look->name) - strlen(".crt")), look->name);
	return take_with_key(look, key);
}

static enum err take_combined(struct look *look)
{
	return finds_put(look->finds, file_path(look->folder->path, look->name),
			 file_path(look->folder->path, look->name));
}

static enum err take_uacme(struct look *look)
{
	const char *path = look->folder->path;
	const char *slash = strrchr(path, '/');
	const char *last = slash != NULL ? slash + 1 : path;
	struct stat status;
	char *key = NULL;

	/* Certbot's: the fullchain.pem beside it has the issuers, too. */
	if (has(look->folder, "fullchain.pem"))
		return ERR_OK;
	if (asprintf(&key, "%.*sprivate/%s/key.pem", (int)(last - path), path, last) < 0)
		return ERR_NO_MEMORY;
	if (stat(key, &status) == 0)
		return finds_put(look->finds, file_path(path, look->name), key);
	free(key);
	return take_combined(look);
}

/* The first row that fits decides; NULL passes a file over, as does having no row. */
static const struct {
	const char *pattern;
	enum err (*take)(struct look *look);
} layouts[] = {
	{ "fullchain.pem", take_certbot }, { "chain.pem", NULL },
	{ "privkey.pem", NULL },           { "key.pem", NULL },
	{ "cert.pem", take_uacme },        { "*.pem", take_combined },
	{ "*.issuer.crt", NULL },          { "*.crt", take_lego },
};

enum err layouts_take(const struct folder *folder, const char *name, struct finds *finds,
		      struct complaints *complaints)
{
	struct look look = { folder, name, finds, complaints };

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		if (fnmatch(layouts[i].pattern, name, 0) == 0)
			return layouts[i].take != NULL ? layouts[i].take(&look) : ERR_OK;
	}
	return ERR_OK;
}

bool layouts_skip(const struct folder *folder, const char *name)
{
	/* Old versions, requests and account keys; they are certbot's when its live/ is beside them. */
	static const char *const certbots[] = { "accounts", "archive", "csr",
						"keys",     "renewal", "renewal-hooks" };

	for (size_t i = 0; i < sizeof(certbots) / sizeof(*certbots); i++) {
		if (strcmp(name, certbots[i]) == 0)
			return has(folder, "live");
	}
	return false;
}
