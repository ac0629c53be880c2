/* SPDX-License-Identifier: ISC */
#include "control/dns.h"

#include "control/reply.h"
#include "control/view_retirement.h"
#include "evidence/looks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVATIONS_MAX 1000
#define WORDS_MAX        255
#define TEXT_MAX         1024

/* Looks of a request as they are read; the strings belong to the request's JSON. */
struct looks {
	struct look *item;
	char (*name)[DOMAIN_SIZE];
	size_t count;
};

static bool is_short(const json_t *string, size_t limit)
{
	return json_string_length(string) <= limit;
}

static bool is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return *text == '\0' || inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool read_texts(const json_t *texts, struct look_answer *server, struct answer *answer)
{
	const json_t *text;
	size_t i;

	if (json_array_size(texts) > LOOK_TEXTS_MAX)
		return action_refuse(answer, "there are more than 16 texts at one server: send the first 16");
	json_array_foreach(texts, i, text)
	{
		if (!is_short(text, TEXT_MAX))
			return action_refuse(answer, "a text is longer than 1024 bytes: cut it");
		server->texts[server->text_count++] = json_string_value(text);
	}
	return true;
}

static bool check_server(const struct look_answer *server, json_int_t ttl, const json_t *texts,
			 struct answer *answer)
{
	if (!is_address(server->address))
		return action_refuse(answer, "address is not valid: write an IPv4 or IPv6 address, or \"\" "
					     "when the server has none");
	if (ttl < 0 || ttl > INT32_MAX)
		return action_refuse(answer, "ttl is out of range: write seconds from 0 to 2147483647");
	if (texts == NULL && server->error == NULL && !server->skipped)
		return action_refuse(answer, "a server has neither texts nor an error: say what it said; [] "
					     "when nothing is there");
	return true;
}

static bool read_server(json_t *object, struct look_answer *server, struct answer *answer)
{
	static const struct body_field fields[] = {
		{ "server", BODY_STRING, true }, { "address", BODY_STRING, true },
		{ "ttl", BODY_INTEGER, false },  { "texts", BODY_STRINGS, false },
		{ "error", BODY_STRING, false }, { "skipped", BODY_BOOLEAN, false },
		{ NULL, BODY_STRING, false },
	};
	const json_t *texts = json_object_get(object, "texts");
	json_int_t ttl = json_integer_value(json_object_get(object, "ttl"));

	if (!body_check_object(object, fields, answer))
		return false;
	if (!is_short(json_object_get(object, "server"), WORDS_MAX) ||
	    !is_short(json_object_get(object, "error"), WORDS_MAX))
		return action_refuse(answer, "server or error is longer than 255 bytes: shorten it");
	server->server = json_string_value(json_object_get(object, "server"));
	server->address = json_string_value(json_object_get(object, "address"));
	server->error = json_string_value(json_object_get(object, "error"));
	server->skipped = json_is_true(json_object_get(object, "skipped"));
	if (!check_server(server, ttl, texts, answer))
		return false;
	server->ttl = (uint32_t)ttl;
	return read_texts(texts, server, answer);
}

static bool read_servers(const json_t *servers, struct look *look, struct answer *answer)
{
	json_t *server;
	size_t i;

	if (json_array_size(servers) > LOOK_SERVERS_MAX)
		return action_refuse(answer,
				     "there are more than 64 servers for one domain: send the first 64");
	json_array_foreach(servers, i, server)
	{
		if (!read_server(server, &look->answer[look->answers++], answer))
			return false;
	}
	return true;
}

static bool read_look(const struct host *host, json_t *object, struct looks *looks, struct answer *answer)
{
	static const struct body_field fields[] = { { "domain", BODY_STRING, true },
						    { "error", BODY_STRING, false },
						    { "servers", BODY_OBJECTS, true },
						    { NULL, BODY_STRING, false } };
	struct look *look = &looks->item[looks->count];
	char *name = looks->name[looks->count];

	if (!body_check_object(object, fields, answer))
		return false;
	if (!is_short(json_object_get(object, "error"), WORDS_MAX))
		return action_refuse(answer, "error is longer than 255 bytes: shorten it");
	if (domain_normalise(json_string_value(json_object_get(object, "domain")), name, NULL) != ERR_OK)
		return action_refuse(answer,
				     "domain is not valid: write a policy domain such as example.org");
	look->domain = name;
	look->error = json_string_value(json_object_get(object, "error"));
	if (!read_servers(json_object_get(object, "servers"), look, answer))
		return false;
	/* One that was forgotten while somebody looked must not spoil those of all others. */
	if (registry_domain(host->registry, name) != NULL)
		looks->count++;
	else
		*look = (struct look){ 0 };
	return true;
}

static bool read_looks(const struct host *host, const json_t *observations, struct looks *looks,
		       struct answer *answer)
{
	size_t count = json_array_size(observations);
	json_t *observation;
	size_t i;

	if (count > OBSERVATIONS_MAX)
		return action_refuse(answer,
				     "there are more than 1000 observations: send them in several requests");
	looks->item = calloc(count + 1, sizeof(*looks->item));
	looks->name = calloc(count + 1, sizeof(*looks->name));
	if (looks->item == NULL || looks->name == NULL) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	json_array_foreach(observations, i, observation)
	{
		if (!read_look(host, observation, looks, answer))
			return false;
	}
	return true;
}

static json_t *view_looks(const struct host *host, const struct looks *looks)
{
	json_t *array = json_array();

	for (size_t i = 0; i < looks->count; i++) {
		const struct domain *domain = registry_domain(host->registry, looks->name[i]);

		array = reply_append(array,
				     json_pack("{s: s, s: s, s: o, s: o}", "domain", domain->name, "id",
					       domain->published->id, "dns", view_dns(host, domain),
					       "retirement", view_retirement(host, domain)));
	}
	return array;
}

static void run(const struct host *host, const struct order *order, const struct looks *looks,
		struct answer *answer)
{
	const struct complaints none = { 0 };
	enum err err = looks_take(host->registry, host->store, order, looks->item, looks->count);

	if (err == ERR_OK)
		reply_json(answer, json_pack("{s: o}", "domains", view_looks(host, looks)));
	else
		reply_failure(answer, err, &none);
}

void dns_take(struct control *control, const json_t *body, const struct order *order, struct answer *answer)
{
	struct looks looks = { 0 };

	if (read_looks(control->host, json_object_get(body, "observations"), &looks, answer))
		run(control->host, order, &looks, answer);
	free(looks.item);
	free(looks.name);
}
