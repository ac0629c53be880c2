/* SPDX-License-Identifier: ISC */
#include "ctl/acme/keys.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_FIRST 64

static struct key **place_of(const struct keys *keys, const char *name)
{
	return &keys->place[text_sum(TEXT_SUM_EMPTY, name, strlen(name)) & (keys->places - 1)];
}

static enum err grow(struct keys *keys)
{
	struct keys larger = { .places = keys->places > 0 ? 2 * keys->places : PLACES_FIRST,
			       .count = keys->count };

	larger.place = calloc(larger.places, sizeof(struct key *));
	if (larger.place == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < keys->places; i++) {
		for (struct key *key = keys->place[i], *next; key != NULL; key = next) {
			struct key **place = place_of(&larger, key->name);

			next = key->next;
			key->next = *place;
			*place = key;
		}
	}
	free(keys->place);
	*keys = larger;
	return ERR_OK;
}

struct key *keys_find(const struct keys *keys, const char *name)
{
	struct key *key = keys->places > 0 ? *place_of(keys, name) : NULL;

	while (key != NULL && strcmp(key->name, name) != 0)
		key = key->next;
	return key;
}

enum err keys_get(struct keys *keys, const char *name, struct key **key)
{
	size_t size = strlen(name) + 1;
	struct key *made = keys_find(keys, name);
	enum err err = ERR_OK;

	if (made == NULL && keys->count == keys->places)
		err = grow(keys);
	if (made == NULL && err == ERR_OK) {
		made = calloc(1, sizeof(*made) + size);
		if (made == NULL)
			return ERR_NO_MEMORY;
		memcpy(made->name, name, size);
		made->next = *place_of(keys, name);
		*place_of(keys, name) = made;
		keys->count++;
	}
	if (err == ERR_OK)
		*key = made;
	return err;
}

enum err keys_each(const struct keys *keys, enum err (*each)(void *context, struct key *key), void *context)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < keys->places; i++)
		for (struct key *key = keys->place[i]; err == ERR_OK && key != NULL; key = key->next)
			err = each(context, key);
	return err;
}

static void free_all(struct key *key)
{
	for (struct key *next; key != NULL; key = next) {
		next = key->next;
		free(key);
	}
}

void keys_free(struct keys *keys)
{
	for (size_t i = 0; i < keys->places; i++)
		free_all(keys->place[i]);
	free(keys->place);
	*keys = (struct keys){ 0 };
}
