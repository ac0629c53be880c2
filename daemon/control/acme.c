/* SPDX-License-Identifier: ISC */
#include "control/acme.h"

#include "api/shape_acme.h"
#include "api/shape_text.h"
#include "base/authority.h"
#include "base/clock.h"
#include "certs/challenges.h"
#include "certs/requests.h"
#include "control/reply.h"
#include "core/certificates.h"
#include "core/registry_load.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void acme_show(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	const struct settings *settings = control->host->files->settings;
	const struct names *directories = &settings->acme_directories;
	struct api_acme shown = { .directory = authority_url(directories->item[0]),
				  .directories = json_array(),
				  .key = settings->acme_key,
				  .addresses = reply_names(&settings->acme_addresses),
				  .http = control->listen_challenge->count > 0 };

	(void)request;
	for (size_t i = 0; i < directories->count; i++)
		shown.directories =
			reply_append(shown.directories, json_string(authority_url(directories->item[i])));
	reply_json(answer, shape_write(&shape_acme, &shown));
}

static bool read_kind(const json_t *key, enum key_kind *kind, struct answer *answer)
{
	for (*kind = KEY_ECDSA; key != NULL && *kind < KEY_KINDS; ++*kind) {
		if (strcmp(json_string_value(key), key_kind_text(*kind)) == 0)
			return true;
	}
	return key == NULL || action_refuse(answer, "key is unknown: write \"ecdsa\" or \"rsa\"");
}

static bool check_count(const struct names *domains, struct answer *answer)
{
	return (domains->count >= 1 && domains->count <= REQUESTS_NAMES_MAX) ||
	       action_refuse(answer, "domains are too many, or none: write 1 to 25 of them");
}

static enum err list_hosts(const struct names *domains, struct names *hosts)
{
	char host[HOST_SIZE];
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < domains->count; i++)
		err = names_put(hosts, domain_host(domains->item[i], host));
	return err;
}

static void reply_requested(struct answer *answer, const struct names *hosts, enum key_kind kind,
			    const struct request_made *made)
{
	struct api_requested shown = { .request = made->pem.bytes,
				       .names = reply_names(hosts),
				       .key = key_kind_text(kind) };

	shape_put_time(made->since, shown.since);
	reply_json(answer, shape_write(&shape_requested, &shown));
}

static void request(struct control *control, const struct names *domains, enum key_kind kind,
		    struct answer *answer)
{
	char *directory = certificates_requested(control->host->files->started->state);
	struct names hosts = { 0 };
	struct request_made made = { .pem = { 0 } };
	enum err err = directory != NULL ? list_hosts(domains, &hosts) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = requests_make(directory, &hosts, kind, clock_now(), &made);
	if (err == ERR_OK)
		reply_requested(answer, &hosts, kind, &made);
	else
		reply_failure(answer, err, NULL);
	text_free(&made.pem);
	names_free(&hosts);
	free(directory);
}

void acme_request(struct control *control, const json_t *body, const struct order *order,
		  struct answer *answer)
{
	struct names domains = { 0 };
	enum key_kind kind = KEY_ECDSA;

	(void)order;
	if (read_kind(json_object_get(body, "key"), &kind, answer) &&
	    action_select(control->host->registry, body, answer, &domains) && check_count(&domains, answer))
		request(control, &domains, kind, answer);
	names_free(&domains);
}

/* Whoever may open challenges could prove to an authority that any name is his: so there are those of
 * domains that are served, and no others. */
static bool read_host(const struct control *control, const json_t *given, char host[HOST_SIZE],
		      struct answer *answer)
{
	struct registry *registry = control->host->registry;
	const char *domain;

	if (domain_normalise_host(json_string_value(given), json_string_length(given), host, NULL) != ERR_OK)
		return action_refuse(answer, "host is not a host name: write that of a policy host, "
					     "\"mta-sts.example.org\"");
	domain = domain_of_host(host);
	if (domain != NULL && registry_domain(registry, domain) != NULL)
		return true;
	action_refuse_unknown(answer, domain != NULL && registry_is_unreadable(registry, domain),
			      "host is the policy host of no domain that is served: write one of a domain in "
			      "mta-stsctl list",
			      NULL);
	return false;
}

/* What the type takes is there: an authority that finds nobody at home counts a failure. */
static bool read_type(const struct control *control, const json_t *given, enum challenge_type *type,
		      struct answer *answer)
{
	if (challenge_type_find(json_string_value(given), type) != ERR_OK)
		return action_refuse(answer,
				     "type is not answered here: write \"tls-alpn-01\" or \"http-01\"");
	if (*type == CHALLENGE_HTTP)
		return control->listen_challenge->count > 0 ||
		       action_refuse(answer, "no socket answers challenges of type http-01: enable "
					     "mta-stsd-challenge.socket, or write the setting "
					     "listen_challenge, and restart mta-stsd");
	return !control->host->coverage->tls_elsewhere ||
	       action_refuse(answer, "TLS ends at the server in front, which has to answer challenges of "
				     "type tls-alpn-01: order the certificate there");
}

static bool read_lifetime(const json_t *given, time_t *lifetime, struct answer *answer)
{
	json_int_t seconds = given != NULL ? json_integer_value(given) : CHALLENGE_LIFETIME_USUAL;

	*lifetime = (time_t)seconds;
	return (seconds >= 1 && seconds <= CHALLENGE_LIFETIME_MAX) ||
	       action_refuse(answer, "lifetime is out of range: write seconds from 1 to 86400");
}

/* A string with a NUL in it is none of them. */
static bool read_proof(const json_t *body, struct challenge *challenge, struct answer *answer)
{
	const json_t *token = json_object_get(body, "token");
	const json_t *authorization = json_object_get(body, "authorization");

	challenge->token = json_string_value(token);
	challenge->authorization = json_string_value(authorization);
	if (strlen(challenge->token) != json_string_length(token) || !challenge_is_token(challenge->token))
		return action_refuse(answer, "token is none: write 1 to 128 letters of base64url");
	return (strlen(challenge->authorization) == json_string_length(authorization) &&
		challenge_is_authorization(challenge->type, challenge->authorization, challenge->token)) ||
	       action_refuse(
		       answer,
		       challenge->type == CHALLENGE_HTTP
			       ? "authorization is not that of the token: write the token, a dot, and the "
				 "43 letters of the digest of the account's key"
			       : "authorization is not that of the token: write the token, a dot, and the "
				 "43 letters of the digest of the account's key, or those of the digest of "
				 "all that");
}

static json_t *view_challenge(const struct challenge *challenge)
{
	struct api_challenge shown = { .host = challenge->host,
				       .type = challenge_type_text(challenge->type),
				       .token = challenge->token };

	shape_put_time(challenge->until, shown.until);
	return shape_write(&shape_challenge, &shown);
}

static void put(struct control *control, const struct challenge *challenge, const struct order *order,
		time_t now, struct answer *answer)
{
	char until[CLOCK_TEXT_SIZE];
	enum err err = challenges_put(control->host->challenges, challenge, now);

	if (err == ERR_RANGE) {
		reply_error(answer, REPLY_REFUSED,
			    "1000 challenges are open: end some, or wait until they end by themselves", NULL);
		return;
	}
	if (err != ERR_OK) {
		reply_failure(answer, err, NULL);
		return;
	}
	log_notice("%s, challenge opened by %s (%s, until: %s)", challenge->host, order->who,
		   challenge_type_text(challenge->type), clock_text(challenge->until, until));
	reply_done(answer, view_challenge(challenge));
}

void acme_challenge(struct control *control, const json_t *body, const struct order *order,
		    struct answer *answer)
{
	char host[HOST_SIZE];
	struct challenge challenge = { .host = host };
	time_t now = clock_now(), lifetime;

	if (!read_type(control, json_object_get(body, "type"), &challenge.type, answer) ||
	    !read_host(control, json_object_get(body, "host"), host, answer) ||
	    !read_proof(body, &challenge, answer) ||
	    !read_lifetime(json_object_get(body, "lifetime"), &lifetime, answer))
		return;
	challenge.until = now + lifetime;
	put(control, &challenge, order, now, answer);
}

static enum err list_challenge(void *context, const struct challenge *challenge)
{
	json_t **array = context;

	*array = reply_append(*array, view_challenge(challenge));
	return *array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void acme_list_challenges(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct api_challenges shown = { .challenges = json_array() };

	(void)request;
	(void)challenges_each(control->host->challenges, clock_now(), list_challenge, &shown.challenges);
	reply_json(answer, shape_write(&shape_challenges, &shown));
}

void acme_end_challenge(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	size_t removed = 0;
	enum err err;

	if (request->body_len > 0) {
		(void)action_refuse(answer, "DELETE takes no body: the token in the path says all");
		return;
	}
	err = challenges_remove(control->host->challenges, request->rest, clock_now(), &removed);

	if (err == ERR_OK)
		reply_done(answer, shape_write(&shape_challenges_removed,
					       &(struct api_challenges_removed){ (json_int_t)removed }));
	else
		reply_failure(answer, err, NULL);
}
