/* SPDX-License-Identifier: ISC */
/* libFuzzer: any text as the target of a request over the control socket, and as what is read out of it. */
#include "base/clock.h"
#include "control/body.h"
#include "policy/domain.h"

#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECODED_SIZE 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* Each byte stands for itself or is one of "%hh"; with all of them encoded a text is decoded to the same
 * again. */
static void check_decoded(const char *typed, const char *decoded)
{
	char encoded[3 * DECODED_SIZE] = "";
	char again[DECODED_SIZE];
	size_t len = 0;

	for (; *typed != '\0'; typed += *typed == '%' ? 3 : 1)
		len++;
	require(strlen(decoded) == len && len < DECODED_SIZE);
	for (size_t i = 0; i < len; i++)
		(void)snprintf(encoded + 3 * i, 4, "%%%02x", (unsigned)(unsigned char)decoded[i]);
	require(body_decode(encoded, again, sizeof(again)) && strcmp(again, decoded) == 0);
}

/* What is accepted is in its one form. */
static void check_domain(const char *domain)
{
	char again[DOMAIN_SIZE];
	char host[HOST_SIZE];

	require(domain_normalise(domain, again, NULL) == ERR_OK && strcmp(again, domain) == 0);
	(void)snprintf(host, sizeof(host), DOMAIN_HOST_PREFIX "%s", domain);
	require(strcmp(domain_of_host(host), domain) == 0);
}

static void read_typed(const char *typed)
{
	static const char host[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.a.aa.aaa.example";
	char decoded[DECODED_SIZE];
	char domain[DOMAIN_SIZE];

	if (!body_decode(typed, decoded, sizeof(decoded)))
		return;
	check_decoded(typed, decoded);
	if (domain_normalise(decoded, domain, NULL) == ERR_OK)
		check_domain(domain);
	/* A pattern that somebody else has thought out must not take long. */
	(void)fnmatch(decoded, host, FNM_CASEFOLD);
}

/* Of all that looks like a time, what is none is refused. */
static void read_moment(const uint8_t *data, size_t size)
{
	char moment[CLOCK_TEXT_SIZE];
	char text[CLOCK_TEXT_SIZE];
	time_t when;

	if (size < 6)
		return;
	(void)snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ", 1900u + data[0], data[1] % 14u,
		       data[2] % 33u, data[3] % 26u, data[4] % 62u, data[5] % 63u);
	require(clock_parse(text, &when) != ERR_OK || strcmp(clock_text(when, moment), text) == 0);
}

static void handle(void *context, const struct request *request, struct answer *answer)
{
	const char *target = context;

	/* The parts are all there is: path and query are the target, and the rest is the end of the path. */
	require(strncmp(target, request->path, strlen(request->path)) == 0);
	require(*request->query == '\0' || strcmp(target + strlen(request->path) + 1, request->query) == 0);
	require(strlen(request->rest) <= strlen(request->path));
	read_typed(request->rest);
	read_typed(request->query);
	answer->status = 200;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct route table[] = {
		{ "/a", METHOD_GET, RIGHT_LOOK, true, handle },
		{ "/a/*", METHOD_GET, RIGHT_LOOK, false, handle },
		{ NULL, 0, RIGHT_UNSET, false, NULL },
	};
	char *target = strndup((const char *)data, size);
	struct routes routes = { .table = table, .context = target };
	struct request request = { .method = METHOD_GET,
				   .target = target,
				   .host = "",
				   .body = "",
				   .peer = { .right = RIGHT_LOOK } };
	struct answer answer = { 0 };

	require(target != NULL);
	read_moment(data, size);
	routes_answer(&routes, &request, &answer);
	require(answer.status == 200 || answer.status == 404 || answer.status == 414);
	answer_free(&answer);
	free(target);
	return 0;
}
