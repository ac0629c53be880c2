/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as CAA records, one a line. */
#include "ctl/acme/caa.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char identity[] = "ca.example";
	static char *const item[] = { identity };
	const struct names identities = { .item = (char **)(uintptr_t)item, .count = 1 };
	const struct caa_issuer issuer = { &identities, "https://ca.example/1", "tls-alpn-01" };
	char *copy = strndup((const char *)data, size), *rest = copy;
	const char *records[MOST];
	const char *which = NULL;
	enum caa_verdict verdict;
	size_t count = 0;

	if (copy == NULL)
		return 0;
	while (count < MOST && (records[count] = strsep(&rest, "\n")) != NULL)
		count++;
	verdict = caa_judge(records, count, &issuer, &which);
	/* Nobody is forbidden without a record that says so, nor without records. */
	if ((verdict == CAA_FORBIDDEN) != (which != NULL) || (verdict == CAA_NONE) != (count == 0))
		abort();
	free(copy);
	return 0;
}
