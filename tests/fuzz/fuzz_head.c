/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as a request head. */
#include "http/head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_found(const char *bytes, size_t end)
{
	require(end <= HEAD_LIMIT && bytes[end - 1] == '\n');
	require(memmem(bytes, end - 1, "\n\r\n", 3) == NULL && memmem(bytes, end - 1, "\n\n", 2) == NULL);
}

/* What is accepted can be understood in one way only. */
static void check_accepted(const char *bytes, size_t len, const struct head *head)
{
	require(len >= 4 && memcmp(bytes + len - 4, "\r\n\r\n", 4) == 0);
	require(memchr(bytes, '\0', len) == NULL);
	for (size_t i = 0; i < len; i++) {
		require((bytes[i] == '\n') == (i > 0 && bytes[i - 1] == '\r'));
		require(bytes[i] != '\n' || i + 1 == len || (bytes[i + 1] != ' ' && bytes[i + 1] != '\t'));
	}
	require(head->target > bytes && head->target + head->target_len < bytes + len);
}

static void check_host(const struct head *head)
{
	char again[HOST_SIZE];

	require(domain_normalise_host(head->host, strlen(head->host), again, NULL) == ERR_OK);
	require(strcmp(head->host, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct head head;
	size_t end = 0;
	unsigned status;

	if (head_find(bytes, size, &end) == ERR_OK)
		check_found(bytes, end);
	else
		end = size;
	status = head_check(bytes, end, &head);
	require(status == 0 || status == 400 || status == 414 || status == 501 || status == 505);
	if (status == 0) {
		check_accepted(bytes, end, &head);
		check_host(&head);
	}
	status = head_check_control(bytes, end, &head);
	require(status == 0 || status == 400 || status == 414 || status == 501 || status == 505);
	if (status == 0) {
		check_accepted(bytes, end, &head);
		require(!head.is_chunked || head.body_len == 0);
	}
	return 0;
}
