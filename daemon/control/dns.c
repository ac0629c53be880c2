/* SPDX-License-Identifier: ISC */
#include "control/dns.h"

#include "base/text.h"
#include "control/body.h"
#include "control/control.h"
#include "control/reply.h"
#include "control/value.h"
#include "control/view_retirement.h"
#include "core/observe.h"
#include "policy/domain.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVATIONS_MAX 1000
#define WORDS_MAX        255
#define TEXT_MAX         1024

/* Sightings of a report as they are read; the strings belong to the request's JSON. */
struct report {
	struct sighting *item;
	char (*name)[DOMAIN_SIZE];
	size_t count;
};

static bool refuse(struct answer *answer, const char *message)
{
	reply_error(answer, REPLY_BAD_REQUEST, message, NULL);
	return false;
}

static bool is_short(const json_t *string, size_t limit)
{
	return json_string_length(string) <= limit;
}

static bool is_address(const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return *text == '\0' || inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool read_texts(const json_t *texts, struct sighted_server *server, struct answer *answer)
{
	const json_t *text;
	size_t i;

	if (json_array_size(texts) > OBSERVE_TEXTS_MAX)
		return refuse(answer, "texts are more than 16 at one server: send the first 16");
	json_array_foreach(texts, i, text)
	{
		if (!is_short(text, TEXT_MAX))
			return refuse(answer, "a text is longer than 1024 bytes: cut it");
		server->texts[server->text_count++] = json_string_value(text);
	}
	return true;
}

static bool read_server(json_t *object, struct sighted_server *server, struct answer *answer)
{
	const json_t *name = NULL;
	const json_t *address = NULL;
	const json_t *ttl = NULL;
	const json_t *texts = NULL;
	const json_t *error = NULL;
	const json_t *skipped = NULL;
	const struct body_field table[] = {
		{ "server", BODY_STRING, true, &name },  { "address", BODY_STRING, true, &address },
		{ "ttl", BODY_INTEGER, false, &ttl },    { "texts", BODY_STRINGS, false, &texts },
		{ "error", BODY_STRING, false, &error }, { "skipped", BODY_BOOLEAN, false, &skipped },
	};
	json_int_t seconds;

	if (!body_read_object(object, table, sizeof(table) / sizeof(*table), answer))
		return false;
	seconds = json_integer_value(ttl);
	if (!is_short(name, WORDS_MAX) || !is_short(error, WORDS_MAX))
		return refuse(answer, "server or error is longer than 255 bytes: shorten it");
	if (!is_address(json_string_value(address)))
		return refuse(
			answer,
			"address is none: write an IPv4 or IPv6 address, or \"\" when the server has none");
	if (seconds < 0 || seconds > INT32_MAX)
		return refuse(answer, "ttl is out of range: write seconds from 0 to 2147483647");
	if (texts == NULL && error == NULL && !json_is_true(skipped))
		return refuse(answer, "a server has neither texts nor an error: say what it said; [] when "
				      "nothing is there");
	server->server = json_string_value(name);
	server->address = json_string_value(address);
	server->ttl = (uint32_t)seconds;
	server->error = json_string_value(error);
	server->skipped = json_is_true(skipped);
	return read_texts(texts, server, answer);
}

static bool read_servers(const json_t *servers, struct sighting *sighting, struct answer *answer)
{
	json_t *server;
	size_t i;

	if (json_array_size(servers) > OBSERVE_SERVERS_MAX)
		return refuse(answer, "servers are more than 64 for one domain: send the first 64");
	json_array_foreach(servers, i, server)
	{
		if (!read_server(server, &sighting->server[sighting->server_count++], answer))
			return false;
	}
	return true;
}

static bool read_observation(const struct host *host, json_t *object, struct report *report,
			     struct answer *answer)
{
	struct sighting *sighting = &report->item[report->count];
	char *name = report->name[report->count];
	const json_t *domain = NULL;
	const json_t *error = NULL;
	const json_t *servers = NULL;
	const struct body_field table[] = { { "domain", BODY_STRING, true, &domain },
					    { "error", BODY_STRING, false, &error },
					    { "servers", BODY_OBJECTS, true, &servers } };

	if (!body_read_object(object, table, sizeof(table) / sizeof(*table), answer))
		return false;
	if (!is_short(error, WORDS_MAX))
		return refuse(answer, "error is longer than 255 bytes: shorten it");
	if (domain_normalise(json_string_value(domain), name, NULL) != ERR_OK)
		return refuse(answer, "domain cannot be one: write a policy domain such as example.org");
	sighting->domain = name;
	sighting->error = json_string_value(error);
	if (!read_servers(servers, sighting, answer))
		return false;
	/* One that was forgotten while somebody looked must not spoil the report of all others. */
	if (registry_domain(host->registry, name) != NULL)
		report->count++;
	else
		*sighting = (struct sighting){ 0 };
	return true;
}

static bool read_report(const struct host *host, const json_t *observations, struct report *report,
			struct answer *answer)
{
	size_t count = json_array_size(observations);
	json_t *observation;
	size_t i;

	if (count > OBSERVATIONS_MAX)
		return refuse(answer, "observations are more than 1000: send them in several requests");
	report->item = calloc(count + 1, sizeof(*report->item));
	report->name = calloc(count + 1, sizeof(*report->name));
	if (report->item == NULL || report->name == NULL) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	json_array_foreach(observations, i, observation)
	{
		if (!read_observation(host, observation, report, answer))
			return false;
	}
	return true;
}

static json_t *view_report(const struct host *host, const struct report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->count; i++) {
		const struct domain *domain = registry_domain(host->registry, report->name[i]);

		array = value_append(array,
				     json_pack("{s: s, s: s, s: o, s: o}", "domain", domain->name, "id",
					       domain->published->id, "dns", view_dns(host, domain),
					       "retirement", view_retirement(host, domain)));
	}
	return array;
}

static void run(const struct host *host, const struct report *report, struct answer *answer)
{
	const struct complaints none = { 0 };
	enum err err = observe_run(host->registry, host->store, report->item, report->count);

	if (err == ERR_OK)
		reply_json(answer, json_pack("{s: o}", "domains", view_report(host, report)));
	else
		reply_failure(answer, err, &none);
}

void dns_report(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const json_t *observations = NULL;
	const struct body_field table[] = { { "observations", BODY_OBJECTS, true, &observations } };
	struct report report = { 0 };
	json_t *root = NULL;

	if (body_read(request, table, 1, answer, &root) &&
	    read_report(control->host, observations, &report, answer))
		run(control->host, &report, answer);
	free(report.item);
	free(report.name);
	json_decref(root);
}
