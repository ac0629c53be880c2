/* SPDX-License-Identifier: ISC */
#include "certs/layouts_private.h"

#include "base/file.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one call of layouts_take() works on. */
struct look {
	const struct folder *folder;
	const char *name;
	struct finds *finds;
	enum told told;
};

/* What most rows come to; those that take something say so on the way. */
static enum err tell(struct look *look, enum told told)
{
	look->told = told;
	return ERR_OK;
}

static bool is_beside(const struct look *look, const char *name)
{
	return names_has_sorted(look->folder->entries, name);
}

/* The name with another ending, to be asked for with is_beside(); what is too long for a name is beside none.
 */
static const char *renamed(const struct look *look, const char *ending, const char *instead,
			   char name[NAME_MAX + 1])
{
	int len = (int)(strlen(look->name) - strlen(ending));

	if (snprintf(name, NAME_MAX + 1, "%.*s%s", len, look->name, instead) > NAME_MAX)
		name[0] = '\0';
	return name;
}

static bool has_sibling(const struct look *look, const char *ending, const char *instead)
{
	char name[NAME_MAX + 1];

	return is_beside(look, renamed(look, ending, instead, name));
}

static enum err take_with_key(struct look *look, const char *key)
{
	if (!is_beside(look, key))
		return tell(look, TOLD_KEYLESS);
	look->told = TOLD_TAKEN;
	return finds_put(look->finds, file_path(look->folder->path, look->name),
			 file_path(look->folder->path, key));
}

static enum err take_certbot(struct look *look)
{
	return take_with_key(look, "privkey.pem");
}

static enum err take_combined(struct look *look)
{
	look->told = TOLD_BOTH;
	return finds_put(look->finds, file_path(look->folder->path, look->name),
			 file_path(look->folder->path, look->name));
}

static const char *folder_name(const struct folder *folder)
{
	const char *slash = strrchr(folder->path, '/');

	return slash != NULL ? slash + 1 : folder->path;
}

/* Hestia and Vesta: the certificate in NAME.crt, its issuers in NAME.ca, and both in NAME.pem. */
static bool is_hestia(const struct look *look, const char *ending)
{
	return has_sibling(look, ending, ".crt") && has_sibling(look, ending, ".key") &&
	       has_sibling(look, ending, ".ca") && has_sibling(look, ending, ".pem");
}

static enum err take_lego(struct look *look)
{
	char key[NAME_MAX + 1];

	if (is_hestia(look, ".crt"))
		return tell(look, TOLD_COMPANION);
	return take_with_key(look, renamed(look, ".crt", ".key", key));
}

static enum err take_pem(struct look *look)
{
	char key[NAME_MAX + 1];

	return is_hestia(look, ".pem") ? take_with_key(look, renamed(look, ".pem", ".key", key))
				       : take_combined(look);
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
	return is_beside(look, chain) ? tell(look, TOLD_KEY) : take_combined(look);
}

/* What mod_md serves while it has nothing else. */
static enum err take_fallback(struct look *look)
{
	bool both = is_beside(look, "fallback-cert.pem") && is_beside(look, "fallback-privkey.pem");

	return both ? tell(look, TOLD_COMPANION) : take_combined(look);
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
	return is_beside(look, key) ? take_with_key(look, key) : tell(look, TOLD_LIKELY);
}

static enum err pass_acme_sh(struct look *look)
{
	return tell(look, is_beside(look, "fullchain.cer") ? TOLD_COMPANION : TOLD_LIKELY);
}

/* dehydrated keeps every version, and a link of the plain name to the one in use. */
static enum err take_dated(struct look *look)
{
	char plain[NAME_MAX + 1];

	(void)snprintf(plain, sizeof(plain), "%.*s.pem", (int)strcspn(look->name, "-"), look->name);
	return is_beside(look, plain) ? tell(look, TOLD_COMPANION) : take_combined(look);
}

static enum err take_uacme(struct look *look)
{
	const char *path = look->folder->path, *last = folder_name(look->folder);
	struct stat status;
	char *key = NULL;

	/* Others': the fullchain.pem beside it has the issuers, too. */
	if (is_beside(look, "fullchain.pem"))
		return tell(look, TOLD_COMPANION);
	if (asprintf(&key, "%.*sprivate/%s/key.pem", (int)(last - path), path, last) < 0)
		return ERR_NO_MEMORY;
	if (stat(key, &status) != 0) {
		free(key);
		return take_combined(look);
	}
	look->told = TOLD_TAKEN;
	return finds_put(look->finds, file_path(path, look->name), key);
}

/* Issuers alone, as everybody has them beside the certificate. */
static enum err pass_chain(struct look *look)
{
	bool known = is_beside(look, "fullchain.pem") || is_beside(look, "cert.pem");

	return tell(look, known ? TOLD_COMPANION : TOLD_LIKELY);
}

/* DirectAdmin: "NAME.cert.combined" with "NAME.key", and Virtualmin: "NAME.combined" with "NAME.key". */
static enum err take_panel(struct look *look)
{
	bool cert = fnmatch("*.cert.combined", look->name, 0) == 0;
	char key[NAME_MAX + 1];

	(void)renamed(look, cert ? ".cert.combined" : ".combined", ".key", key);
	return is_beside(look, key) ? take_with_key(look, key) : tell(look, TOLD_LIKELY);
}

static enum err pass_panel(struct look *look)
{
	const char *ending = strrchr(look->name, '.');
	bool taken = has_sibling(look, ending, ".key") &&
		     (has_sibling(look, ending, ".combined") || has_sibling(look, ending, ".cert.combined"));

	return tell(look, taken ? TOLD_COMPANION : TOLD_LIKELY);
}

/* The first row that fits decides: what to do, or what there is to tell without doing anything. */
static const struct {
	const char *pattern;
	enum err (*take)(struct look *look);
	enum told told;
} layouts[] = {
	{ "fullchain.pem", take_certbot, 0 },
	{ "fullchain.cer", take_acme_sh, 0 },
	{ "*.cer", pass_acme_sh, 0 },
	{ "pubcert.pem", take_mod_md, 0 },
	{ "pubcert.*.pem", take_mod_md, 0 },
	{ "chain.pem", pass_chain, 0 },
	{ "privkey.pem", NULL, TOLD_KEY },
	{ "privkey.*.pem", take_mod_md_key, 0 },
	{ "key.pem", NULL, TOLD_KEY },
	{ "fallback-cert.pem", take_fallback, 0 },
	{ "fallback-privkey.pem", take_fallback, 0 },
	{ "cert-[0-9]*.pem", take_dated, 0 },
	{ "chain-[0-9]*.pem", take_dated, 0 },
	{ "fullchain-[0-9]*.pem", take_dated, 0 },
	{ "privkey-[0-9]*.pem", take_dated, 0 },
	{ "cert.pem", take_uacme, 0 },
	{ "*.pem", take_pem, 0 },
	{ "*.issuer.crt", NULL, TOLD_COMPANION },
	{ "*.crt", take_lego, 0 },
	{ "*.key", NULL, TOLD_KEY },
	{ "*.combined", take_panel, 0 },
	{ "*.cert", pass_panel, 0 },
	{ "*.everything", pass_panel, 0 },
	/* What is certainly something else. */
	{ "*.csr", NULL, TOLD_COMPANION },
	{ "*.conf", NULL, TOLD_COMPANION },
	{ "*.json", NULL, TOLD_COMPANION },
	{ "*.log", NULL, TOLD_COMPANION },
	{ "*.txt", NULL, TOLD_COMPANION },
	{ "README*", NULL, TOLD_COMPANION },
	/* Of cPanel and Plesk. */
	{ "combined", take_combined, 0 },
	{ "certificate", NULL, TOLD_LIKELY },
	{ "scf*", take_combined, 0 },
	{ "cert-*", take_combined, 0 },
	/* Of people, and of what their systems do to names. */
	{ "*.chain", NULL, TOLD_LIKELY },
	{ "*.fullchain", NULL, TOLD_LIKELY },
	{ "*.PEM", NULL, TOLD_LIKELY },
	{ "*.CRT", NULL, TOLD_LIKELY },
	{ "*.CER", NULL, TOLD_LIKELY },
	{ "*.der", NULL, TOLD_BINARY },
	{ "*.p12", NULL, TOLD_BINARY },
	{ "*.pfx", NULL, TOLD_BINARY },
};

/* Most patterns are an ending, and need no more than a look at that. */
static bool fits(const char *pattern, const char *name)
{
	size_t len = strlen(name), ending = strlen(pattern) - 1;

	if (pattern[0] != '*' || strpbrk(pattern + 1, "*?[") != NULL)
		return fnmatch(pattern, name, 0) == 0;
	return len >= ending && memcmp(name + len - ending, pattern + 1, ending) == 0;
}

enum err layouts_take(const struct folder *folder, struct named *named, struct finds *finds)
{
	struct look look = { folder, named->name, finds, TOLD_UNKNOWN };
	enum err err = ERR_OK;
	size_t i = 0;

	while (i < sizeof(layouts) / sizeof(*layouts) && !fits(layouts[i].pattern, named->name))
		i++;
	if (i < sizeof(layouts) / sizeof(*layouts))
		err = layouts[i].take != NULL ? layouts[i].take(&look) : tell(&look, layouts[i].told);
	named->told = look.told;
	return err;
}

void layouts_key_name(const char *name, char key[NAME_MAX + 1])
{
	size_t len = strlen(name), ending = strlen(".crt");

	if (len > ending && strcmp(name + len - ending, ".crt") == 0)
		(void)snprintf(key, NAME_MAX + 1, "%.*s.key", (int)(len - ending), name);
	else
		(void)snprintf(key, NAME_MAX + 1, "privkey.pem");
}

/* Old and revoked ones, requests, account keys and what is not finished: known by what is beside. */
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
	{ "archives", "certificates" },
	{ "accounts", "md_store.json" },
	{ "archive", "md_store.json" },
	{ "challenges", "md_store.json" },
	{ "ocsp", "md_store.json" },
	{ "staging", "md_store.json" },
	{ "tmp", "md_store.json" },
};

bool layouts_skip(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < sizeof(skipped) / sizeof(*skipped); i++) {
		if (strcmp(skipped[i].name, name) == 0 &&
		    names_has_sorted(folder->entries, skipped[i].beside))
			return true;
	}
	return false;
}
