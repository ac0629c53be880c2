/* SPDX-License-Identifier: ISC */
#include "control/adopt.h"

#include "api/shape_order.h"
#include "control/outcome.h"
#include "control/reply.h"
#include "core/adopt.h"
#include "policy/syntax.h"

#include <stdlib.h>
#include <string.h>

#define DOMAINS_MAX 1000

/* What a request hands over. */
struct adoptions {
	struct adoption *item;
	char (*name)[DOMAIN_SIZE];
	size_t count;
	struct complaints complaints;
};

static bool is_there(const struct adoptions *adoptions, const char *domain)
{
	for (size_t i = 0; i < adoptions->count; i++) {
		if (strcmp(adoptions->name[i], domain) == 0)
			return true;
	}
	return false;
}

static bool read_policy(const char *text, const char *domain, struct adoptions *adoptions,
			struct policy **policy, struct answer *answer)
{
	enum err err = syntax_parse(text, strlen(text), domain, &adoptions->complaints, policy);

	if (err != ERR_OK)
		reply_failure(answer, err == ERR_SYNTAX ? ERR_REFUSED : err, &adoptions->complaints);
	return err == ERR_OK;
}

static bool read_one(json_t *object, struct adoptions *adoptions, struct answer *answer)
{
	struct adoption *item = &adoptions->item[adoptions->count];
	char *name = adoptions->name[adoptions->count];
	struct api_adopted given;

	if (!body_check_object(object, &shape_adopted, answer))
		return false;
	(void)shape_read(&shape_adopted, object, &given);
	if (domain_normalise(given.domain, name, NULL) != ERR_OK)
		return action_refuse(answer,
				     "domain is not valid: write a policy domain such as example.org");
	if (is_there(adoptions, name))
		return action_refuse(answer, "a domain is there twice: write each once");
	if (!id_is_valid(given.id))
		return action_refuse(answer, "id is not valid: write 1 to 32 letters and digits, as they "
					     "stand in the TXT record behind id=");
	*item = (struct adoption){ .domain = name, .id = given.id };
	if (!read_policy(given.policy, name, adoptions, &item->policy, answer))
		return false;
	adoptions->count++;
	return true;
}

static bool read_all(const json_t *domains, struct adoptions *adoptions, struct answer *answer)
{
	size_t count = json_array_size(domains);
	json_t *object;
	size_t i;

	if (count == 0 || count > DOMAINS_MAX)
		return action_refuse(answer, "there are no domains, or more than 1000: send 1 to 1000 in one "
					     "request");
	adoptions->item = calloc(count, sizeof(*adoptions->item));
	adoptions->name = calloc(count, sizeof(*adoptions->name));
	if (adoptions->item == NULL || adoptions->name == NULL) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	json_array_foreach(domains, i, object)
	{
		if (!read_one(object, adoptions, answer))
			return false;
	}
	return true;
}

static void run(const struct control *control, const struct order *order, struct adoptions *adoptions,
		struct answer *answer)
{
	const struct host *host = control->host;
	struct changes *changes = NULL;
	enum err err = adopt_run(host->registry, host->store, order, adoptions->item, adoptions->count,
				 &adoptions->complaints, &changes);

	if (err == ERR_OK)
		outcome_of_changes(host, &changes, order->dry_run, 0, answer);
	else
		reply_failure(answer, err, &adoptions->complaints);
	changes_free(&changes);
}

void adopt_take(struct control *control, const json_t *body, const struct order *order, struct answer *answer)
{
	struct adoptions adoptions = { 0 };

	if (read_all(json_object_get(body, "domains"), &adoptions, answer))
		run(control, order, &adoptions, answer);
	for (size_t i = 0; i < adoptions.count; i++)
		policy_free(&adoptions.item[i].policy);
	free(adoptions.item);
	free(adoptions.name);
	complaints_free(&adoptions.complaints);
}
