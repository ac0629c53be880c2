/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as the beginning of a proxy's connection; what is decided stays so, whatever else
 * comes. */
#include "serve/proxy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* In memory of exactly this size. */
static enum err parse(const uint8_t *data, size_t size, struct proxy_header *header)
{
	char *copy = malloc(size + 1);
	enum err err;

	require(copy != NULL);
	memcpy(copy + 1, data, size);
	err = proxy_parse(copy + 1, size, header);
	free(copy);
	return err;
}

static void check_header(const uint8_t *data, const struct proxy_header *header)
{
	static const struct in6_addr nobody = { 0 };
	struct proxy_header again;

	require(header->len >= 15 && header->len <= PROXY_LIMIT);
	require(data[0] == 'P' ? header->len <= 107 && data[header->len - 1] == '\n' : data[12] >> 4 == 2);
	require(!header->names_client || memcmp(&header->client, &nobody, sizeof(nobody)) != 0);
	require(parse(data, header->len, &again) == ERR_OK && again.len == header->len);
	require(parse(data, header->len - 1, &again) == ERR_AGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header header;
	struct proxy_header before;
	enum err err = parse(data, size, &header);

	require(err == ERR_OK || err == ERR_AGAIN || err == ERR_SYNTAX);
	require(err != ERR_AGAIN || size < PROXY_LIMIT);
	if (err == ERR_OK)
		check_header(data, &header);
	/* What ends earlier has been refused already, has become the same, or may still become anything. */
	for (size_t len = size < 300 ? size : 300; len-- > 0;) {
		enum err early = parse(data, len, &before);

		require(early == ERR_AGAIN || early == err);
	}
	return 0;
}
