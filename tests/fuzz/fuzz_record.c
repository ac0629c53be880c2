/* SPDX-License-Identifier: ISC */
/* libFuzzer: any text as a TXT record; one that is accepted has an id, and only then can it be right. */
#include "policy/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *const texts[] = { text, text };
	char id[ID_SIZE] = "";
	enum err err;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	err = record_parse(text, id);
	require(err == ERR_OK || err == ERR_SYNTAX || err == ERR_NOT_FOUND);
	require((err == ERR_OK) == id_is_valid(id));
	require((record_fault(text) != NULL) == (err == ERR_SYNTAX));
	require((record_read(texts, 1, id).verdict == VERDICT_RIGHT) == (err == ERR_OK));
	require(record_read(texts, 2, id).verdict == (err == ERR_NOT_FOUND ? VERDICT_OTHER_TEXT
						      : strncmp(text, "v=STSv1;", 8) == 0
							      ? VERDICT_TWO_RECORDS
							      : VERDICT_MALFORMED));
	free(text);
	return 0;
}
