/* SPDX-License-Identifier: ISC */
#include "certs/pair.h"
#include "certs/pair_private.h"

#include "base/clock.h"
#include "certs/candidate_private.h"

#include <string.h>

/* The files of a pair, which were checked when its facts were told. */
struct parts {
	struct file chain, key;
	struct pem pem;
};

static bool is_combined(const struct pair *pair)
{
	return pair->facts.key_file == pair->facts.file;
}

static enum err read_files(const struct pair *pair, struct parts *parts)
{
	const struct facts *facts = &pair->facts;
	const char *why;
	enum err err = file_read(facts->file, CANDIDATE_FILE_LIMIT, &parts->chain, &why);

	if (err == ERR_OK && !is_combined(pair))
		err = file_read(facts->key_file, CANDIDATE_FILE_LIMIT, &parts->key, &why);
	return err;
}

static bool have_stamps(const struct pair *pair, const struct parts *parts)
{
	return facts_stamp(&parts->chain.status) == pair->facts.stamp &&
	       (is_combined(pair) || facts_stamp(&parts->key.status) == pair->facts.key_stamp);
}

/* ERR_REFUSED: they are others by now, or cannot be told to be the same without a look at all of them. */
static enum err read_parts(const struct pair *pair, struct parts *parts)
{
	uint8_t digest[FACTS_DIGEST_SIZE];
	enum err err = read_files(pair, parts);

	if (err == ERR_OK && !have_stamps(pair, parts))
		err = ERR_REFUSED;
	if (err == ERR_OK)
		err = pem_read(&parts->chain, is_combined(pair) ? &parts->chain : &parts->key, &parts->pem);
	if (err == ERR_OK)
		err = pem_digest(&parts->pem, digest, sizeof(digest));
	if (err == ERR_OK && memcmp(digest, pair->facts.digest, sizeof(digest)) != 0)
		err = ERR_REFUSED;
	return err == ERR_OK || err == ERR_NO_MEMORY ? err : ERR_REFUSED;
}

static void free_parts(struct parts *parts)
{
	pem_free(&parts->pem);
	file_free(&parts->key);
	file_free(&parts->chain);
}

static enum err read_known(const struct pair *pair, struct material **material)
{
	struct parts parts = { .pem = { .chain_len = 0 } };
	enum err err = pair->unproven ? ERR_REFUSED : read_parts(pair, &parts);

	if (err == ERR_OK && pair->material == NULL)
		err = material_new(&parts.pem, material);
	free_parts(&parts);
	return err;
}

enum err supply_check(struct pair *pair, enum supply *supply)
{
	struct material *material = NULL;
	enum err err;

	warm_begin(pair);
	err = read_known(pair, &material);
	if (material != NULL)
		pair->material = material;
	*supply = err == ERR_OK && !pair->other && !pair_is_lost(pair) ? SUPPLY_THERE : SUPPLY_OTHER;
	warm_end(pair);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

static bool stands_in(const struct facts *facts, const struct facts *former)
{
	bool all = facts->key == former->key;

	for (size_t i = 0; all && i < former->names.count; i++)
		all = names_has_sorted(&facts->names, former->names.item[i]);
	return all;
}

enum err supply_take(struct pair *pair)
{
	struct complaints unheard = { 0 };
	struct pair *newer = NULL;
	enum err err = read_known(pair, &pair->material);

	if (err != ERR_REFUSED)
		return err;
	err = pair_load(pair->facts.file, pair->facts.key_file, clock_now(), &unheard, &newer);
	if (err == ERR_OK && stands_in(&newer->facts, &pair->facts)) {
		pair->material = newer->material;
		newer->material = NULL;
		pair->other = true;
	} else if (err == ERR_OK) {
		err = ERR_REFUSED;
	}
	pair_release(&newer);
	complaints_free(&unheard);
	return err;
}
