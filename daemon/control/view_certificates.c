/* SPDX-License-Identifier: ISC */
#include "control/view_certificates.h"

#include "base/clock.h"
#include "certs/installed.h"
#include "control/reply.h"
#include "control/view.h"
#include "core/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRING_SHOWN 10

static const char *const key_words[KEY_KINDS] = { [KEY_ECDSA] = "ecdsa", [KEY_RSA] = "rsa" };

static bool is_installed(const struct host *host, const char *file)
{
	char *directory = certificates_installed(host->files->started->state);
	bool installed = directory != NULL && installed_has(directory, file);

	free(directory);
	return installed;
}

json_t *view_certificate(const struct host *host, const struct facts *info, bool used)
{
	time_t now = clock_now();

	return json_pack(
		"{s: o, s: s, s: o, s: o, s: s, s: o, s: o, s: I, s: s, s: b}", "file",
		reply_text(info->file), "source", is_installed(host, info->file) ? "installed" : "directory",
		"names", reply_names(&info->names), "issuer", reply_text(info->issuer), "key",
		key_words[info->key], "not_before", reply_time(info->not_before), "not_after",
		reply_time(info->not_after), "days_left", (json_int_t)expiry_days_left(info->not_after, now),
		"stage", expiry_text(expiry_stage(info->not_before, info->not_after, now)), "used", used);
}

struct gathering {
	const struct host *host;
	json_t *array;
};

static enum err gather(void *context, const struct facts *info, bool used)
{
	struct gathering *gathering = context;

	gathering->array = reply_append(gathering->array, view_certificate(gathering->host, info, used));
	return gathering->array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static json_t *view_certificates(const struct host *host)
{
	struct gathering gathering = { host, json_array() };

	(void)certs_each(host->certs, gather, &gathering);
	return gathering.array;
}

/* The first to expire, in that order. */
struct expiring {
	const struct facts *info[EXPIRING_SHOWN];
	size_t count;
	time_t now;
};

static enum err find_expiring(void *context, const struct facts *info, bool used)
{
	struct expiring *expiring = context;
	size_t at = expiring->count;

	if (!used || expiry_stage(info->not_before, info->not_after, expiring->now) == EXPIRY_FINE)
		return ERR_OK;
	while (at > 0 && info->not_after < expiring->info[at - 1]->not_after)
		at--;
	if (at == EXPIRING_SHOWN)
		return ERR_OK;
	expiring->count += expiring->count < EXPIRING_SHOWN;
	memmove(expiring->info + at + 1, expiring->info + at,
		(expiring->count - at - 1) * sizeof(*expiring->info));
	expiring->info[at] = info;
	return ERR_OK;
}

static json_t *view_expiring(const struct host *host)
{
	struct expiring expiring = { .now = clock_now() };
	json_t *array = json_array();

	(void)certs_each(host->certs, find_expiring, &expiring);
	for (size_t i = 0; i < expiring.count; i++)
		array = reply_append(array, view_certificate(host, expiring.info[i], true));
	return array;
}

static json_t *view_stages(const struct view_expiry *expiry)
{
	json_t *object = json_object();

	for (unsigned stage = EXPIRY_FINE; stage < EXPIRY_COUNT; stage++) {
		if (json_object_set_new(object, expiry_text((enum expiry)stage),
					json_integer(expiry->counts[stage])) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *view_certificates_status(const struct host *host)
{
	struct view_expiry expiry;
	json_t *next = json_null();

	view_find_expiry(host, &expiry);
	if (expiry.pairs > 0)
		next = json_pack("{s: o, s: s, s: o}", "file", reply_text(expiry.first.file), "name",
				 expiry.first.names.item[0], "not_after",
				 reply_time(expiry.first.not_after));
	return json_pack("{s: I, s: I, s: o, s: o, s: o, s: o}", "pairs", expiry.pairs, "uncovered",
			 (json_int_t)host->coverage->uncovered_count, "uncovered_domains",
			 reply_names(&host->coverage->uncovered), "next_expiry", next, "stages",
			 view_stages(&expiry), "expiring", view_expiring(host));
}

struct uncovered {
	const struct host *host;
	json_t *array;
};

static enum err gather_uncovered(void *context, const struct domain *domain)
{
	struct uncovered *uncovered = context;
	char policy_host[HOST_SIZE];

	(void)snprintf(policy_host, sizeof(policy_host), DOMAIN_HOST_PREFIX "%s", domain->name);
	if (!certs_serve(uncovered->host->certs, policy_host))
		uncovered->array = reply_append(uncovered->array, json_string(domain->name));
	return uncovered->array != NULL ? ERR_OK : ERR_NO_MEMORY;
}

void view_certificates_list(void *context, const struct request *request, struct answer *answer)
{
	const struct control *control = context;
	struct uncovered uncovered = { control->host, NULL };

	(void)request;
	uncovered.array = json_array();
	(void)registry_each(control->host->registry, gather_uncovered, &uncovered);
	reply_json(answer, json_pack("{s: o, s: I, s: o}", "certificates", view_certificates(control->host),
				     "uncovered", (json_int_t)json_array_size(uncovered.array),
				     "uncovered_domains", uncovered.array));
}
