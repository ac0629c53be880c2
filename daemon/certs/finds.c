/* SPDX-License-Identifier: ISC */
#include "certs/finds_private.h"

#include "base/allocation.h"
#include "base/file.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err finds_put(struct finds *finds, char *chain_path, char *key_path)
{
	struct find *item = NULL;

	if (chain_path != NULL && key_path != NULL)
		item = allocation_grow(finds->item, finds->count, &finds->capacity, sizeof(*item));
	if (item == NULL) {
		free(chain_path);
		free(key_path);
		return ERR_NO_MEMORY;
	}
	finds->item = item;
	finds->item[finds->count++] = (struct find){ chain_path, key_path };
	return ERR_OK;
}

static int by_chain_path(const void *a, const void *b)
{
	return strcmp(((const struct find *)a)->chain_path, ((const struct find *)b)->chain_path);
}

static int to_chain_path(const void *path, const void *member)
{
	return strcmp(path, ((const struct find *)member)->chain_path);
}

void finds_sort(struct finds *finds)
{
	if (finds->count > 0)
		qsort(finds->item, finds->count, sizeof(*finds->item), by_chain_path);
}

bool finds_has(const struct finds *finds, const char *chain_path)
{
	return finds->count > 0 &&
	       bsearch(chain_path, finds->item, finds->count, sizeof(*finds->item), to_chain_path) != NULL;
}

void finds_cut(struct finds *finds, size_t count)
{
	while (finds->count > count) {
		struct find *last = &finds->item[--finds->count];

		free(last->chain_path);
		free(last->key_path);
	}
}

void finds_free(struct finds *finds)
{
	finds_cut(finds, 0);
	free(finds->item);
	*finds = (struct finds){ 0 };
}

/* What one call of finds_take() works on. */
struct look {
	const struct folder *folder;
	const char *name;
	struct finds *finds;
	struct complaints *complaints;
};

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
	if (!names_has_sorted(&look->folder->entries, key))
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

static const char *folder_name(const struct folder *folder)
{
	const char *slash = strrchr(folder->path, '/');

	return slash != NULL ? slash + 1 : folder->path;
}

static bool is_beside(const struct look *look, const char *name)
{
	return names_has_sorted(&look->folder->entries, name);
}

/* "privkey.pem" to "pubcert.pem", and "privkey.secp384r1.pem" to "pubcert.secp384r1.pem". */
static enum err take_mod_md(struct look *look)
{
	char key[NAME_MAX + 1];

	(void)snprintf(key, sizeof(key), "privkey%s", look->name + strlen("pubcert"));
	return is_beside(look, key) ? take_with_key(look, key) : take_combined(look);
}

static enum err take_mod_md_key(struct look *look)
{
	char chain[NAME_MAX + 1];

	(void)snprintf(chain, sizeof(chain), "pubcert%s", look->name + strlen("privkey"));
	return is_beside(look, chain) ? ERR_OK : take_combined(look);
}

/* What mod_md serves while it has nothing else. */
static enum err take_fallback(struct look *look)
{
	bool both = is_beside(look, "fallback-cert.pem") && is_beside(look, "fallback-privkey.pem");

	return both ? ERR_OK : take_combined(look);
}

/* The key has the name of the folder, which says of one kind of key that it is another's. */
static enum err take_acme_sh(struct look *look)
{
	const char *name = folder_name(look->folder);
	size_t len = strlen(name), kind = strlen("_ecc");
	char key[NAME_MAX + sizeof(".key")];

	if (len > kind && strcmp(name + len - kind, "_ecc") == 0)
		len -= kind;
	(void)snprintf(key, sizeof(key), "%.*s.key", (int)len, name);
	return is_beside(look, key) ? take_with_key(look, key) : ERR_OK;
}

/* dehydrated keeps every version, and a link of the plain name to the one in use. */
static enum err take_dated(struct look *look)
{
	char plain[NAME_MAX + 1];

	(void)snprintf(plain, sizeof(plain), "%.*s.pem", (int)strcspn(look->name, "-"), look->name);
	return is_beside(look, plain) ? ERR_OK : take_combined(look);
}

static enum err take_uacme(struct look *look)
{
	const char *path = look->folder->path, *last = folder_name(look->folder);
	struct stat status;
	char *key = NULL;

	/* Others': the fullchain.pem beside it has the issuers, too. */
	if (names_has_sorted(&look->folder->entries, "fullchain.pem"))
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
	{ "fullchain.pem", take_certbot },
	{ "fullchain.cer", take_acme_sh },
	{ "pubcert.pem", take_mod_md },
	{ "pubcert.*.pem", take_mod_md },
	{ "chain.pem", NULL },
	{ "privkey.pem", NULL },
	{ "privkey.*.pem", take_mod_md_key },
	{ "key.pem", NULL },
	{ "fallback-cert.pem", take_fallback },
	{ "fallback-privkey.pem", take_fallback },
	{ "cert-[0-9]*.pem", take_dated },
	{ "chain-[0-9]*.pem", take_dated },
	{ "fullchain-[0-9]*.pem", take_dated },
	{ "privkey-[0-9]*.pem", take_dated },
	{ "cert.pem", take_uacme },
	{ "*.pem", take_combined },
	{ "*.issuer.crt", NULL },
	{ "*.crt", take_lego },
};

enum err finds_take(const struct folder *folder, const char *name, struct finds *finds,
		    struct complaints *complaints)
{
	struct look look = { folder, name, finds, complaints };

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		if (fnmatch(layouts[i].pattern, name, 0) == 0)
			return layouts[i].take != NULL ? layouts[i].take(&look) : ERR_OK;
	}
	return ERR_OK;
}

bool finds_resembles(const char *name)
{
	static const char *const patterns[] = {
		"*.pem", "*.crt", "*.cer", "*.cert", "*.der", "*.p12", "*.pfx"
	};
	bool resembles = false;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		resembles = resembles || fnmatch(patterns[i], name, 0) == 0;
	return resembles && strstr(name, "key") == NULL && strcmp(name, "fallback-cert.pem") != 0;
}

/* Old versions, requests, account keys and what is not finished: known by what is beside. */
static const struct {
	const char *name;
	const char *beside;
} skipped[] = {
	{ "accounts", "live" },
	{ "archive", "live" },
	{ "csr", "live" },
	{ "keys", "live" },
	{ "renewal", "live" },
	{ "renewal-hooks", "live" },
	{ "accounts", "md_store.json" },
	{ "archive", "md_store.json" },
	{ "challenges", "md_store.json" },
	{ "ocsp", "md_store.json" },
	{ "staging", "md_store.json" },
	{ "tmp", "md_store.json" },
};

bool finds_skip(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < sizeof(skipped) / sizeof(*skipped); i++) {
		if (strcmp(skipped[i].name, name) == 0 &&
		    names_has_sorted(&folder->entries, skipped[i].beside))
			return true;
	}
	return false;
}
