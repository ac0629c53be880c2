/* SPDX-License-Identifier: ISC */
#include "ctl/acme/addresses.h"

#include <string.h>

static const int types[ASK_FAMILIES] = { ns_t_a, ns_t_aaaa };

/* What the same server says of the other family, if that can be used. */
static const struct record_answer *find_same(const struct look *look, const struct record_answer *as)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct record_answer *answer = &look->answer[i];

		if (look_is_answer(answer) && strcmp(answer->server, as->server) == 0 &&
		    strcmp(answer->address, as->address) == 0)
			return answer;
	}
	return NULL;
}

static enum err gather(const struct look *look, struct addresses *addresses)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < look->count; i++) {
		const struct record_answer *answer = &look->answer[i];

		if (!look_is_answer(answer) && addresses->error == NULL)
			addresses->error = answer->error;
		for (size_t k = 0; k < answer->text_count && err == ERR_OK; k++)
			err = names_put(&addresses->found, answer->texts[k]);
	}
	return err;
}

/* They are sorted. */
static bool are_same(const struct record_answer *a, const struct record_answer *b)
{
	bool same = a->text_count == b->text_count;

	for (size_t i = 0; i < a->text_count && same; i++)
		same = strcmp(a->texts[i], b->texts[i]) == 0;
	return same;
}

static void compare(struct addresses *addresses)
{
	const struct record_answer *first[ASK_FAMILIES] = { NULL };

	for (size_t i = 0; i < addresses->looks[0].count; i++) {
		const struct record_answer *v4 = &addresses->looks[0].answer[i], *v6;

		if (!look_is_answer(v4) || (v6 = find_same(&addresses->looks[1], v4)) == NULL)
			continue;
		if (addresses->answers++ == 0) {
			first[0] = v4;
			first[1] = v6;
		}
		if (!are_same(v4, first[0]) || !are_same(v6, first[1]))
			addresses->differ = true;
		if (v4->text_count + v6->text_count > 0)
			continue;
		if (addresses->empty++ == 0)
			addresses->lacks = v4;
	}
}

enum err addresses_look(const struct ask_way *way, const char *host, struct addresses *addresses)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < ASK_FAMILIES && err == ERR_OK; i++) {
		err = look_at(way, host, types[i], &addresses->looks[i]);
		if (err == ERR_OK)
			err = gather(&addresses->looks[i], addresses);
	}
	if (err != ERR_OK)
		return err;
	names_sort(&addresses->found);
	compare(addresses);
	return ERR_OK;
}

enum err addresses_say_server(const struct record_answer *server, struct text *out)
{
	enum err err = text_append_shown(out, server->server);

	if (err == ERR_OK && *server->address != '\0')
		err = text_appendf(out, " (%s)", server->address);
	return err;
}

void addresses_free(struct addresses *addresses)
{
	for (size_t i = 0; i < ASK_FAMILIES; i++)
		look_free(&addresses->looks[i]);
	names_free(&addresses->found);
	*addresses = (struct addresses){ .answers = 0 };
}
