/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as a chunked body; however they come, they mean the same. */
#include "http/chunks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static enum err take(const char *bytes, size_t len, size_t piece, struct text *body)
{
	struct chunks chunks = { 0 };
	enum err err = ERR_AGAIN;

	for (size_t i = 0; err == ERR_AGAIN && i < len; i += piece)
		err = chunks_take(&chunks, bytes + i, len - i < piece ? len - i : piece, LIMIT, body);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct text whole = { 0 };
	struct text dripped = { 0 };
	enum err err = take(bytes, size, size + 1, &whole);

	require(err == ERR_OK || err == ERR_AGAIN || err == ERR_SYNTAX || err == ERR_RANGE);
	require(take(bytes, size, 1, &dripped) == err);
	require(whole.len <= LIMIT);
	if (err == ERR_OK)
		require(whole.len == dripped.len &&
			(whole.len == 0 || memcmp(whole.bytes, dripped.bytes, whole.len) == 0));
	text_free(&whole);
	text_free(&dripped);
	return 0;
}
