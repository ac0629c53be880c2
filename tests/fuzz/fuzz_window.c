/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as an authority's answer to the question when a certificate should be renewed. */
#include "ctl/acme/window.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOT_AFTER ((time_t)1796083200)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* Whatever is read is a window that can be used, and an address that can be printed and kept in a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct window window = { 0 };
	enum err err = window_read((const char *)data, size, NOT_AFTER, &window);

	require(err == ERR_OK || (err == ERR_SYNTAX && window.to == 0 && window.why == NULL));
	if (err == ERR_OK) {
		require(window.from >= 0 && window.from < window.to && window.from <= NOT_AFTER);
		require(window.to - window.from <= WINDOW_MOST);
	}
	for (const char *at = window.why; at != NULL && *at != '\0'; at++)
		require(*at > ' ' && *at < 0x7f);
	window_free(&window);
	return 0;
}
