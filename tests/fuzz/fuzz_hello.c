/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as a ClientHello. */
#include "certs/facts.h"
#include "tls/hello.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if ((hello_keys(data, size) & ~KEY_ANY) != 0)
		abort();
	return 0;
}
