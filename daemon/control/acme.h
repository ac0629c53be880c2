/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ACME_H
#define CONTROL_ACME_H

/**
 * What a client of a certificate authority asks of us: requests for certificates whose keys stay here, and
 * answers to challenges.
 *
 * Threads: the clerk's.
 */

#include "control/action.h"

/** GET /v1/acme: what the settings say of the ordering of certificates. */
void acme_show(void *context, const struct request *request, struct answer *answer);

/** POST /v1/certificates/request: a request for the policy hosts of served domains. */
void acme_request(struct control *control, const json_t *body, const struct order *order,
		  struct answer *answer);

/** POST /v1/challenges: answer a challenge from now on. */
void acme_challenge(struct control *control, const json_t *body, const struct order *order,
		    struct answer *answer);

/** GET /v1/challenges: those that are open. */
void acme_list_challenges(void *context, const struct request *request, struct answer *answer);

/** DELETE /v1/challenges/TOKEN: answer those of a token no more. */
void acme_end_challenge(void *context, const struct request *request, struct answer *answer);

#endif
