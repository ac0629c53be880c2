/* SPDX-License-Identifier: ISC */
#include "api/shape_acme.h"

static const struct shape_field acme_fields[] = {
	SHAPE_ROW_STRING(api_acme, directory, SHAPE_ALWAYS),   SHAPE_ROW_STRING(api_acme, key, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_acme, addresses, SHAPE_ALWAYS),  SHAPE_ROW_BOOLEAN(api_acme, http, SHAPE_LATER),
	SHAPE_ROW_STRINGS(api_acme, directories, SHAPE_LATER), SHAPE_ROW_END,
};

static const struct shape_field requested_fields[] = {
	SHAPE_ROW_STRING(api_requested, request, SHAPE_ALWAYS),
	SHAPE_ROW_STRINGS(api_requested, names, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_requested, key, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_requested, since, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field challenge_fields[] = {
	SHAPE_ROW_STRING(api_challenge, host, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_challenge, type, SHAPE_ALWAYS),
	SHAPE_ROW_STRING(api_challenge, token, SHAPE_ALWAYS),
	SHAPE_ROW_TIME(api_challenge, until, SHAPE_ALWAYS),
	SHAPE_ROW_END,
};

static const struct shape_field challenges_fields[] = {
	SHAPE_ROW_OBJECTS(api_challenges, challenges, SHAPE_ALWAYS, &shape_challenge),
	SHAPE_ROW_END,
};

static const struct shape_field removed_fields[] = {
	SHAPE_ROW_INTEGER(api_challenges_removed, removed, SHAPE_ALWAYS, 0),
	SHAPE_ROW_END,
};

static const struct shape_field request_body[] = {
	SHAPE_ROW_BODY("domains", SHAPE_STRINGS, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("key", SHAPE_STRING, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

static const struct shape_field challenge_body[] = {
	SHAPE_ROW_BODY("host", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("type", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("token", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("authorization", SHAPE_STRING, SHAPE_ALWAYS),
	SHAPE_ROW_BODY("lifetime", SHAPE_INTEGER, SHAPE_MAY_MISS),
	SHAPE_ROW_END,
};

const struct shape shape_acme = { "GET /v1/acme", acme_fields, NULL };
const struct shape shape_requested = { "POST /v1/certificates/request", requested_fields, NULL };
const struct shape shape_challenge = { "POST /v1/challenges", challenge_fields, NULL };
const struct shape shape_challenges = { "GET /v1/challenges", challenges_fields, NULL };
const struct shape shape_challenges_removed = { "DELETE /v1/challenges/TOKEN", removed_fields, NULL };
const struct shape shape_request_body = { "POST /v1/certificates/request", request_body, NULL };
const struct shape shape_challenge_body = { "POST /v1/challenges", challenge_body, NULL };
