/* SPDX-License-Identifier: ISC */
#include "tls/hello.h"

#include "certs/pair.h"

#define VERSION_AND_RANDOM 34

/* The suites of TLS 1.2 among the priorities of session.c (RFC 5289, RFC 7905). */
static const struct {
	uint16_t suite;
	enum key_kind key;
} suites[] = {
	{ 0xc02b, KEY_ECDSA }, { 0xcca9, KEY_ECDSA }, { 0xc02c, KEY_ECDSA },
	{ 0xc02f, KEY_RSA },   { 0xcca8, KEY_RSA },   { 0xc030, KEY_RSA },
};

static unsigned keys_of(unsigned suite)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		if (suites[i].suite == suite)
			return KEY_BIT(suites[i].key);
	}
	return 0;
}

unsigned hello_keys(const unsigned char *hello, size_t len)
{
	size_t at = VERSION_AND_RANDOM;
	size_t size;
	unsigned keys = 0;

	/* Session id: one byte of length, then as many. */
	if (len <= at)
		return 0;
	at += 1u + hello[at];

	/* Cipher suites: two bytes of length, then two for each. */
	if (len < at + 2)
		return 0;
	size = (size_t)hello[at] << 8 | hello[at + 1];
	at += 2;
	if (size > len - at)
		return 0;
	for (size_t i = 0; i + 1 < size; i += 2)
		keys |= keys_of((unsigned)hello[at + i] << 8 | hello[at + i + 1]);
	return keys;
}
