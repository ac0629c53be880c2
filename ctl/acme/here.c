/* SPDX-License-Identifier: ISC */
#include "ctl/acme/here.h"

#include "client/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CHALLENGES "/v1/challenges"
#define TIMEOUT_MS 60000
#define HTTP_OK    200

/* 6 bits a letter, without padding; a digest takes 43. */
#define LETTERS_SIZE ((LEAD_DIGEST_SIZE * 8 + 5) / 6 + 1)

/* What nobody can guess; the digest stands for the key authorization (RFC 8737, section 3). */
struct secret {
	unsigned char digest[LEAD_DIGEST_SIZE];
	char token[LETTERS_SIZE];
	char authorization[LETTERS_SIZE];
};

static void write_letters(const unsigned char bytes[LEAD_DIGEST_SIZE], char letters[LETTERS_SIZE])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < LEAD_DIGEST_SIZE; i++) {
		bits = (bits << 8 | bytes[i]) & 0x3fff;
		for (count += 8; count >= 6; count -= 6)
			*letters++ = alphabet[bits >> (count - 6) & 0x3f];
	}
	*letters++ = alphabet[bits << (6 - count) & 0x3f];
	*letters = '\0';
}

static enum err make_secret(struct secret *secret)
{
	unsigned char token[LEAD_DIGEST_SIZE];

	if (getrandom(token, sizeof(token), 0) != (ssize_t)sizeof(token) ||
	    getrandom(secret->digest, sizeof(secret->digest), 0) != (ssize_t)sizeof(secret->digest))
		return ERR_NO_MEMORY;
	write_letters(token, secret->token);
	write_letters(secret->digest, secret->authorization);
	return ERR_OK;
}

static enum err explain(const struct client_reply *reply, struct text *refusal)
{
	const json_t *error = json_object_get(reply->body, "error");
	const char *message = json_string_value(json_object_get(error, "message"));
	enum err err = text_append_shown(refusal, message != NULL ? message : "it gives no reason");

	return err == ERR_OK ? ERR_REFUSED : err;
}

static enum err ask(const char *socket, const struct client_request *request, struct text *refusal)
{
	struct client_reply reply = { 0 };
	struct client_failure failure = { .cause = 0 };
	enum err err = client_ask(socket, request, TIMEOUT_MS, &reply, &failure);

	if (err == ERR_OK && reply.status != HTTP_OK) {
		err = explain(&reply, refusal);
	} else if (err != ERR_OK) {
		err = text_append_shown(refusal,
					failure.cause != 0 ? strerror(failure.cause) : "it does not answer");
		err = err == ERR_OK ? ERR_REFUSED : err;
	}
	client_reply_free(&reply);
	return err;
}

static enum err open_challenge(const char *socket, const char *host, const struct secret *secret,
			       struct text *refusal)
{
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:s, s:i}", "host", host, "type", "tls-alpn-01", "token",
			  secret->token, "authorization", secret->authorization, "lifetime", HERE_LIFETIME);
	struct client_request request = { .method = "POST", .path = strdup(CHALLENGES) };
	enum err err = ERR_NO_MEMORY;

	request.body = json_dumps(body, JSON_COMPACT);
	if (request.path != NULL && request.body != NULL)
		err = ask(socket, &request, refusal);
	json_decref(body);
	client_request_free(&request);
	return err;
}

/* If that does not succeed it ends soon. */
static void end_challenge(const char *socket, const struct secret *secret)
{
	struct client_request request = { .method = "DELETE" };
	struct text unsaid = { 0 };

	if (client_path(CHALLENGES, "/", secret->token, &request.path) == ERR_OK)
		(void)ask(socket, &request, &unsaid);
	text_free(&unsaid);
	client_request_free(&request);
}

enum err here_find(const char *socket, const char *host, struct lead *leads, size_t count,
		   struct text *refusal)
{
	struct secret secret;
	const struct lead_trial trial = {
		.host = host, .port = LEAD_PORT, .timeout_ms = LEAD_TIMEOUT_MS, .digest = secret.digest
	};
	enum err err = make_secret(&secret);

	if (err == ERR_OK)
		err = open_challenge(socket, host, &secret, refusal);
	if (err != ERR_OK)
		return err;
	err = lead_try(&trial, leads, count);
	end_challenge(socket, &secret);
	return err;
}
