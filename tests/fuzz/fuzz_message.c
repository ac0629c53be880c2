/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as a DNS answer. */
#include "ctl/dns/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME "_mta-sts.example.org"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const uint8_t *data, size_t size, bool referral)
{
	static struct message message;
	struct message_record record = { 0 };
	size_t count = 0;

	if (message_open(data, size, NAME, &message) != ERR_OK)
		return;
	if (message.names < 1 || message.names > MESSAGE_CNAMES_MAX + 1)
		abort();
	message.referral = referral;
	while (message_next(&message, &record) == ERR_OK) {
		/* A record takes eleven bytes at least. */
		if (++count > size / 11 ||
		    (record.text.bytes != NULL && strlen(record.text.bytes) != record.text.len))
			abort();
	}
	message_record_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_all(data, size, false);
	read_all(data, size, true);
	return 0;
}
