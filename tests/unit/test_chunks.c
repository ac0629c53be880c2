/* SPDX-License-Identifier: ISC */
#include "http/chunks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT  64
#define LETTER "abcdefghijklmnopqrstuvwxyz"

/* A string literal with the NULs in it. */
#define BYTES(literal) literal, sizeof(literal) - 1

struct outcome {
	enum err err;
	size_t len;
	char body[LIMIT];
};

/* Bytes that come in pieces of a size. */
static struct outcome take(const char *bytes, size_t len, size_t piece)
{
	struct chunks chunks = { 0 };
	struct text body = { 0 };
	struct outcome outcome = { .err = ERR_AGAIN };

	for (size_t i = 0; outcome.err == ERR_AGAIN && i < len; i += piece)
		outcome.err =
			chunks_take(&chunks, bytes + i, len - i < piece ? len - i : piece, LIMIT, &body);
	assert_true(body.len <= LIMIT);
	outcome.len = body.len;
	if (body.len > 0)
		memcpy(outcome.body, body.bytes, body.len);
	text_free(&body);
	return outcome;
}

static void chunks_are_put_together_however_they_come(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *body;
		size_t body_len;
	} cases[] = {
		{ BYTES("0\r\n\r\n"), BYTES("") },
		{ BYTES("5\r\nhello\r\n0\r\n\r\n"), BYTES("hello") },
		{ BYTES("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), BYTES("hello") },
		{ BYTES("1a\r\n" LETTER "\r\n0\r\n\r\n"), BYTES(LETTER) },
		{ BYTES("1A\r\n" LETTER "\r\n0\r\n\r\n"), BYTES(LETTER) },
		{ BYTES("0005\r\nhello\r\n000\r\n\r\n"), BYTES("hello") },
		{ BYTES("5;a=b;c\r\nhello\r\n0;d\r\n\r\n"), BYTES("hello") },
		{ BYTES("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"), BYTES("hello") },
		{ BYTES("4\r\n\r\n0\n\r\n0\r\n\r\n"), BYTES("\r\n0\n") },
		{ BYTES("3\r\na\0b\r\n0\r\n\r\n"), BYTES("a\0b") },
		{ BYTES("5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), BYTES("hello") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t piece = 1; piece <= cases[i].len; piece++) {
			struct outcome outcome = take(cases[i].bytes, cases[i].len, piece);

			assert_int_equal(outcome.err, ERR_OK);
			assert_int_equal(outcome.len, cases[i].body_len);
			assert_memory_equal(outcome.body, cases[i].body, outcome.len);
		}
	}
}

static void no_part_of_a_body_is_a_body(void **state)
{
	static const char whole[] = "5;a\r\nhello\r\n0\r\nA: b\r\n\r\n";

	(void)state;
	for (size_t len = 1; len < sizeof(whole) - 1; len++)
		assert_int_equal(take(whole, len, len).err, ERR_AGAIN);
	assert_int_equal(take(whole, sizeof(whole) - 1, sizeof(whole)).err, ERR_OK);
}

static void what_two_readers_could_take_in_two_ways_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ BYTES("\r\n") },         { BYTES("x\r\n") },
		{ BYTES(" 5\r\n") },       { BYTES("5 \r\n") },
		{ BYTES("+5\r\n") },       { BYTES("-5\r\n") },
		{ BYTES("0x5\r\n") },      { BYTES("5\n") },
		{ BYTES("5\r\r\n") },      { BYTES("5\rhello") },
		{ BYTES("5\0\r\n") },      { BYTES(";a\r\n") },
		{ BYTES("5;a\nhello") },   { BYTES("5;\0\r\n") },
		{ BYTES("5;\x7f\r\n") },   { BYTES("5\r\nhello0\r\n") },
		{ BYTES("5\r\nhello\n") }, { BYTES("5\r\nhello\r0") },
		{ BYTES("0\r\n\n") },      { BYTES("0\r\nA: b\n") },
		{ BYTES("0\r\n\rA") },     { BYTES("0\r\nA: \0\r\n") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t piece = 1; piece <= cases[i].len; piece++)
			assert_int_equal(take(cases[i].bytes, cases[i].len, piece).err, ERR_SYNTAX);
	}
}

static void body_over_its_limit_is_told_as_soon_as_it_is_known(void **state)
{
	(void)state;
	assert_int_equal(take(BYTES("40\r\n"), 1).err, ERR_AGAIN);
	assert_int_equal(take(BYTES("41\r"), 1).err, ERR_RANGE);
	assert_int_equal(take(BYTES("ffffffffffffffffffffffff"), 1).err, ERR_RANGE);
	assert_int_equal(take(BYTES("1a\r\n" LETTER "\r\n1a\r\n" LETTER "\r\n1a\r\n" LETTER "\r\n"), 7).err,
			 ERR_RANGE);
}

static void lines_are_bounded(void **state)
{
	char bytes[CHUNKS_LINE_LIMIT + 64];

	(void)state;
	memset(bytes, '0', sizeof(bytes));
	assert_int_equal(take(bytes, sizeof(bytes), 100).err, ERR_SYNTAX);
	memcpy(bytes, "5;", 2);
	assert_int_equal(take(bytes, sizeof(bytes), 100).err, ERR_SYNTAX);
	for (size_t i = 0; i + 3 < sizeof(bytes); i += 3)
		memcpy(bytes + i, "a\r\n", 3);
	memcpy(bytes, "0\r\n", 3);
	assert_int_equal(take(bytes, sizeof(bytes), 100).err, ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_put_together_however_they_come),
		cmocka_unit_test(no_part_of_a_body_is_a_body),
		cmocka_unit_test(what_two_readers_could_take_in_two_ways_is_refused),
		cmocka_unit_test(body_over_its_limit_is_told_as_soon_as_it_is_known),
		cmocka_unit_test(lines_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
