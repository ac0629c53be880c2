/* SPDX-License-Identifier: ISC */
#include "certs/challenge.h"

#include "certs/proof_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of the account's key, or of all of a key authorization: a digest of 32 bytes in base64url. */
#define THUMBPRINT_LEN 43

static const char *const types[] = {
	[CHALLENGE_TLS_ALPN] = "tls-alpn-01",
	[CHALLENGE_HTTP] = "http-01",
};

const char *challenge_type_text(enum challenge_type type)
{
	return types[type];
}

enum err challenge_type_find(const char *text, enum challenge_type *type)
{
	for (enum challenge_type i = CHALLENGE_TLS_ALPN; i <= CHALLENGE_HTTP; i++) {
		if (strcmp(text, types[i]) == 0) {
			*type = i;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

static bool is_base64url(const char *text, size_t len)
{
	return strspn(text, PROOF_LETTERS) == len && text[len] == '\0';
}

bool challenge_is_token(const char *token)
{
	size_t len = strlen(token);

	return len >= 1 && len <= CHALLENGE_TOKEN_MAX && is_base64url(token, len);
}

bool challenge_is_authorization(enum challenge_type type, const char *authorization, const char *token)
{
	size_t len = strlen(token);

	if (type == CHALLENGE_TLS_ALPN && strchr(authorization, '.') == NULL)
		return is_base64url(authorization, THUMBPRINT_LEN);
	return strncmp(authorization, token, len) == 0 && authorization[len] == '.' &&
	       is_base64url(authorization + len + 1, THUMBPRINT_LEN);
}

enum err challenge_write(const struct challenge *challenge, struct text *out)
{
	return text_appendf(out, "%s %s %s %" PRId64 " %s\n", challenge->host, challenge->token,
			    challenge->authorization, (int64_t)challenge->until,
			    challenge_type_text(challenge->type));
}

enum err challenge_read(char *line, char host[HOST_SIZE], struct challenge *challenge)
{
	char *rest = NULL, *end = NULL;
	const char *name = strtok_r(line, " ", &rest);
	const char *token = strtok_r(NULL, " ", &rest);
	const char *authorization = strtok_r(NULL, " ", &rest);
	const char *until = strtok_r(NULL, " ", &rest);
	const char *type = strtok_r(NULL, " ", &rest);
	struct challenge read = {
		.type = CHALLENGE_TLS_ALPN, .host = host, .token = token, .authorization = authorization
	};

	if (until == NULL || domain_normalise_host(name, strlen(name), host, NULL) != ERR_OK ||
	    (type != NULL && challenge_type_find(type, &read.type) != ERR_OK) ||
	    !challenge_is_token(read.token) ||
	    !challenge_is_authorization(read.type, read.authorization, read.token))
		return ERR_SYNTAX;
	read.until = (time_t)strtoll(until, &end, 10);
	if (*end != '\0')
		return ERR_SYNTAX;
	*challenge = read;
	return ERR_OK;
}
