/* SPDX-License-Identifier: ISC */
#include "policy/id.h"

#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool id_is_valid(const char *id)
{
	size_t len = strspn(id, LETTERS);

	return len >= 1 && len <= ID_MAX && id[len] == '\0';
}

/* Compare two strings of digits as numbers. */
static int compare(const char *a, const char *b)
{
	size_t a_len;
	size_t b_len;

	a += strspn(a, "0");
	b += strspn(b, "0");
	a_len = strlen(a);
	b_len = strlen(b);
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strcmp(a, b);
}

/* Add one to a string of digits; false when it would need more than ID_MAX of them. */
static bool increment(char id[ID_SIZE])
{
	size_t len = strlen(id);

	for (size_t i = len; i-- > 0;) {
		if (id[i] < '9') {
			id[i]++;
			return true;
		}
		id[i] = '0';
	}
	if (len == ID_MAX)
		return false;
	memmove(id + 1, id, len + 1);
	id[0] = '1';
	return true;
}

void id_next(time_t now, const char *last, char id[ID_SIZE])
{
	char by_time[ID_SIZE] = "1";
	char counted[ID_SIZE];
	struct tm parts;

	if (gmtime_r(&now, &parts) != NULL)
		(void)strftime(by_time, sizeof(by_time), "%Y%m%d%H%M%S", &parts);
	if (id_is_valid(last) && last[strspn(last, DIGITS)] == '\0' && compare(by_time, last) <= 0) {
		memcpy(counted, last, strlen(last) + 1);
		if (increment(counted)) {
			memcpy(id, counted, strlen(counted) + 1);
			return;
		}
	}
	memcpy(id, by_time, strlen(by_time) + 1);
}
