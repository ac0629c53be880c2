/* SPDX-License-Identifier: ISC */
#include "control/dns.h"

#include "api/shape_order.h"
#include "control/reply.h"
#include "control/view_record.h"
#include "control/view_retirement.h"
#include "evidence/looks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVATIONS_MAX 1000

/* Of more domains than this that joined a record it is not told who shares it. */
#define SHARERS_SHOWN 10

/* Looks of a request as they are read; the strings belong to the request's JSON. */
struct looks {
	struct look *item;
	char (*name)[DOMAIN_SIZE];
	char (*owner)[OWNER_SIZE];
	size_t count;
};

static bool is_short(const char *string, size_t limit)
{
	return string == NULL || strlen(string) <= limit;
}

static bool is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return *text == '\0' || inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool read_texts(const json_t *texts, struct record_answer *server, struct answer *answer)
{
	const json_t *text;
	size_t i;

	if (json_array_size(texts) > RECORD_TEXTS_MAX)
		return action_refuse(answer, "there are more than 16 texts at one server: send the first 16");
	json_array_foreach(texts, i, text)
	{
		if (!is_short(json_string_value(text), API_TEXT_MAX))
			return action_refuse(answer, "a text is longer than 1024 bytes: cut it");
		server->texts[server->text_count++] = json_string_value(text);
	}
	return true;
}

static bool check_server(const struct api_answer *given, struct answer *answer)
{
	if (!is_short(given->server, API_WORDS_MAX) || !is_short(given->error, API_WORDS_MAX))
		return action_refuse(answer, "server or error is longer than 255 bytes: shorten it");
	if (!is_address(given->address))
		return action_refuse(answer, "address is not valid: write an IPv4 or IPv6 address, or \"\" "
					     "when the server has none");
	if (given->texts == NULL && given->error == NULL && !given->skipped)
		return action_refuse(answer, "a server has neither texts nor an error: say what it said; [] "
					     "when nothing is there");
	return true;
}

static bool read_server(json_t *object, struct record_answer *server, struct answer *answer)
{
	struct api_answer given;

	if (!body_check_object(object, &shape_answer, answer))
		return false;
	if (shape_read(&shape_answer, object, &given) != ERR_OK || given.ttl > INT32_MAX)
		return action_refuse(answer, "ttl is out of range: write seconds from 0 to 2147483647");
	if (!check_server(&given, answer))
		return false;
	*server = (struct record_answer){ .server = given.server,
					  .address = given.address,
					  .ttl = given.ttl > 0 ? (uint32_t)given.ttl : 0,
					  .error = given.error,
					  .skipped = given.skipped };
	if (given.named_by != NULL && (record_named_parse(given.named_by, &server->named) != ERR_OK ||
				       server->named == RECORD_NAMED_UNKNOWN))
		return action_refuse(answer,
				     "named_by is unknown: write \"both\", \"zone\" or \"zone_above\"");
	return read_texts(given.texts, server, answer);
}

static bool read_servers(const json_t *servers, struct look *look, struct answer *answer)
{
	json_t *server;
	size_t i;

	if (json_array_size(servers) > RECORD_SERVERS_MAX)
		return action_refuse(answer,
				     "there are more than 64 servers for one domain: send the first 64");
	json_array_foreach(servers, i, server)
	{
		if (!read_server(server, &look->answer[look->answers++], answer))
			return false;
	}
	return true;
}

static bool read_owner(const char *given, char owner[OWNER_SIZE], const char **record)
{
	*record = owner;
	return record_owner_normalise(given, owner) == ERR_OK;
}

static bool read_look(const struct host *host, json_t *object, struct looks *looks, struct answer *answer)
{
	struct look *look = &looks->item[looks->count];
	char *name = looks->name[looks->count];
	struct api_observation given;

	if (!body_check_object(object, &shape_observation, answer))
		return false;
	(void)shape_read(&shape_observation, object, &given);
	if (!is_short(given.error, API_WORDS_MAX))
		return action_refuse(answer, "error is longer than 255 bytes: shorten it");
	if (domain_normalise(given.domain, name, NULL) != ERR_OK)
		return action_refuse(answer,
				     "domain is not valid: write a policy domain such as example.org");
	if (given.record != NULL && !read_owner(given.record, looks->owner[looks->count], &look->record))
		return action_refuse(answer, "record is not the name of a record: write where the CNAME of "
					     "_mta-sts.DOMAIN leads, or leave it out");
	look->domain = name;
	look->error = given.error;
	if (!read_servers(given.servers, look, answer))
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
	looks->owner = calloc(count + 1, sizeof(*looks->owner));
	if (looks->item == NULL || looks->name == NULL || looks->owner == NULL) {
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

/* @param sharers  whether to name who shares the record, which takes a walk over all domains */
static json_t *view_look(const struct host *host, const struct look *look, bool sharers)
{
	const struct domain *domain = registry_domain(host->registry, look->domain);
	const char *id = owner_id(host->registry, domain);
	struct view_record record;
	struct api_look shown = { .domain = domain->name,
				  .id = id,
				  .joined = look->joins,
				  .record_domains = (json_int_t)owner_domains(host->registry, domain),
				  .txt = view_txt(domain->name, owner_of(host->registry, domain), id,
						  &record) };
	struct view_retirement retirement = { 0 };
	struct view_dns dns = { 0 };
	json_t *json = NULL;

	if (view_dns(host, domain, &dns) != ERR_OK)
		goto out;
	if (view_retirement(host, domain, &retirement) != ERR_OK) {
		json_decref(dns.shown.servers);
		goto out;
	}
	shown.shares_with = sharers ? view_sharers(host, domain) : json_array();
	shown.dns = dns.shown;
	shown.retirement = retirement.shown;
	json = shape_write(&shape_look, &shown);
out:
	view_retirement_free(&retirement);
	view_dns_free(&dns);
	return json;
}

static void run(const struct host *host, const struct order *order, const struct looks *looks,
		struct answer *answer)
{
	const struct complaints none = { 0 };
	struct api_looks shown = { .domains = NULL };
	size_t joined = 0;
	enum err err = looks_take(host->registry, host->store, order, looks->item, looks->count);

	if (err != ERR_OK) {
		reply_failure(answer, err, &none);
		return;
	}
	shown.domains = json_array();
	for (size_t i = 0; i < looks->count; i++)
		shown.domains = reply_append(
			shown.domains,
			view_look(host, &looks->item[i], looks->item[i].joins && joined++ < SHARERS_SHOWN));
	reply_done(answer, shape_write(&shape_looks, &shown));
}

void dns_take(struct control *control, const json_t *body, const struct order *order, struct answer *answer)
{
	struct looks looks = { 0 };

	action_catch_up(control->host);
	if (read_looks(control->host, json_object_get(body, "observations"), &looks, answer))
		run(control->host, order, &looks, answer);
	free(looks.item);
	free(looks.name);
	free(looks.owner);
}
