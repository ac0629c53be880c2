/* SPDX-License-Identifier: ISC */
#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LINE   "GET /.well-known/mta-sts.txt HTTP/1.1\r\n"
#define HOST   "Host: mta-sts.example.org\r\n"
#define LETTER "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A string literal with the NULs in it. */
#define BYTES(literal) literal, sizeof(literal) - 1

struct part {
	const char *bytes;
	size_t len;
	unsigned status;
};

static const char token[] = LETTER "0123456789!#$%&'*+-.^_`|~";

static unsigned check_parts(const char *before, const char *part, size_t len, const char *after,
			    struct head *head)
{
	char bytes[HEAD_LIMIT];
	size_t before_len = strlen(before);

	memcpy(bytes, before, before_len);
	memcpy(bytes + before_len, part, len);
	memcpy(bytes + before_len + len, after, strlen(after));
	return head_check(bytes, before_len + len + strlen(after), head);
}

static void assert_statuses(const char *before, const struct part *parts, size_t count, const char *after)
{
	char shown[TEXT_SHOWN_SIZE];
	struct head head;

	for (size_t i = 0; i < count; i++) {
		unsigned status = check_parts(before, parts[i].bytes, parts[i].len, after, &head);

		if (status != parts[i].status)
			fail_msg("\"%s\": %u, not %u", text_escape(parts[i].bytes, parts[i].len, shown),
				 status, parts[i].status);
	}
}

static void request_line_follows_its_grammar(void **state)
{
	static const struct part lines[] = {
		{ BYTES("GET / HTTP/1.1\r\n"), 0 },
		{ BYTES("GET / HTTP/1.0\r\n"), 0 },
		{ BYTES("HEAD / HTTP/1.1\r\n"), 0 },
		{ BYTES("POST / HTTP/1.1\r\n"), 0 },
		{ BYTES("DELETE / HTTP/1.1\r\n"), 0 },
		{ BYTES("get / HTTP/1.1\r\n"), 0 },
		{ BYTES("M-SEARCH!#$%&'*+.^_`|~9 / HTTP/1.1\r\n"), 0 },
		{ BYTES("GET * HTTP/1.1\r\n"), 0 },
		{ BYTES("OPTIONS * HTTP/1.1\r\n"), 0 },
		{ BYTES("CONNECT mta-sts.example.org:443 HTTP/1.1\r\n"), 0 },
		{ BYTES("GET https://mta-sts.example.org/x HTTP/1.1\r\n"), 0 },
		{ BYTES("GET /?a=b&c#d HTTP/1.1\r\n"), 0 },
		{ BYTES("GET /%00%zz\"<>\\^`{|} HTTP/1.1\r\n"), 0 },
		{ BYTES("GET x HTTP/1.1\r\n"), 0 },
		{ BYTES(""), 400 },
		{ BYTES("\r\n"), 400 },
		{ BYTES("\n"), 400 },
		{ BYTES("\r\nGET / HTTP/1.1\r\n"), 400 },
		{ BYTES("\nGET / HTTP/1.1\r\n"), 400 },
		{ BYTES(" GET / HTTP/1.1\r\n"), 400 },
		{ BYTES("\tGET / HTTP/1.1\r\n"), 400 },
		{ BYTES("GET  / HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /  HTTP/1.1\r\n"), 400 },
		{ BYTES("GET\t/ HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\tHTTP/1.1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.1 \r\n"), 400 },
		{ BYTES("GET / HTTP/1.1\t\r\n"), 400 },
		{ BYTES("GET / x HTTP/1.1\r\n"), 400 },
		{ BYTES("GET  HTTP/1.1\r\n"), 400 },
		{ BYTES("GET HTTP/1.1\r\n"), 400 },
		{ BYTES(" / HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\r\n"), 400 },
		{ BYTES("GET / \r\n"), 400 },
		{ BYTES("GET\r\n"), 400 },
		{ BYTES("GET(x) / HTTP/1.1\r\n"), 400 },
		{ BYTES("G\xc3\x89T / HTTP/1.1\r\n"), 400 },
		{ BYTES("GET\0 / HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\0 HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\x7f HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\x1b HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /\xc3\xa9 HTTP/1.1\r\n"), 400 },
		{ BYTES("GET /a\rb HTTP/1.1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.1\n"), 400 },
		{ BYTES("GET / HTTP/1.1\r"), 400 },
		{ BYTES("GET / HTTP/1.1\r\r\n"), 400 },
		{ BYTES("GET / http/1.1\r\n"), 400 },
		{ BYTES("GET / HTTP/11\r\n"), 400 },
		{ BYTES("GET / HTTP/1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.\r\n"), 400 },
		{ BYTES("GET / HTTP/.1\r\n"), 400 },
		{ BYTES("GET / HTTP/1,1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.10\r\n"), 400 },
		{ BYTES("GET / HTTP/01.1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.x\r\n"), 400 },
		{ BYTES("GET / HTTP/1.1\0\r\n"), 400 },
		{ BYTES("GET / HTTPS/1.1\r\n"), 400 },
		{ BYTES("GET / HTP/1.1\r\n"), 400 },
		{ BYTES("GET / FTP/1.1\r\n"), 400 },
		{ BYTES("GET / HTTP/1.2\r\n"), 505 },
		{ BYTES("GET / HTTP/1.9\r\n"), 505 },
		{ BYTES("GET / HTTP/0.9\r\n"), 505 },
		{ BYTES("GET / HTTP/0.1\r\n"), 505 },
		{ BYTES("GET / HTTP/2.0\r\n"), 505 },
		{ BYTES("GET / HTTP/2.1\r\n"), 505 },
		{ BYTES("PRI * HTTP/2.0\r\n"), 505 },
		{ BYTES("GET / HTTP/9.9\r\n"), 505 },
		{ BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"), 400 },
		{ BYTES("EHLO client.example.org\r\n"), 400 },
	};

	(void)state;
	assert_statuses("", lines, sizeof(lines) / sizeof(*lines), HOST "\r\n");
}

static void fields_follow_their_grammar(void **state)
{
	static const struct part fields[] = {
		{ BYTES(""), 0 },
		{ BYTES("A: b\r\n"), 0 },
		{ BYTES("A:b\r\n"), 0 },
		{ BYTES("A:\r\n"), 0 },
		{ BYTES("A: \t \r\n"), 0 },
		{ BYTES("A:\tb \t\r\n"), 0 },
		{ BYTES("A: b c: d\r\n"), 0 },
		{ BYTES("A::\r\n"), 0 },
		{ BYTES("A: \x80\xff\xc3\xa9\r\n"), 0 },
		{ BYTES("!#$%&'*+-.^_`|~0: x\r\n"), 0 },
		{ BYTES("A: 1\r\nA: 2\r\n"), 0 },
		{ BYTES("User-Agent: Mozilla/5.0 (a; b) \"c\"\r\nAccept: */*\r\n"), 0 },
		{ BYTES("Accept-Encoding: gzip\r\nConnection: keep-alive\r\n"), 0 },
		{ BYTES("Expect: 100-continue\r\n"), 0 },
		{ BYTES("Upgrade: h2c\r\nConnection: Upgrade\r\n"), 0 },
		{ BYTES("Hosts: a\r\nX-Host: b\r\nHos: c\r\n"), 0 },
		{ BYTES("A : b\r\n"), 400 },
		{ BYTES("A\t: b\r\n"), 400 },
		{ BYTES(" A: b\r\n"), 400 },
		{ BYTES("\tA: b\r\n"), 400 },
		{ BYTES("A: b\r\n c\r\n"), 400 },
		{ BYTES("A: b\r\n\tc\r\n"), 400 },
		{ BYTES("A: b\r\n \r\n"), 400 },
		{ BYTES("A:\r\n b: c\r\n"), 400 },
		{ BYTES(": b\r\n"), 400 },
		{ BYTES(":\r\n"), 400 },
		{ BYTES("A\r\n"), 400 },
		{ BYTES("A b\r\n"), 400 },
		{ BYTES("A b: c\r\n"), 400 },
		{ BYTES("A(: c\r\n"), 400 },
		{ BYTES("A\0: c\r\n"), 400 },
		{ BYTES("A\xc3\xa9: c\r\n"), 400 },
		{ BYTES("\"A\": c\r\n"), 400 },
		{ BYTES("A: b\n"), 400 },
		{ BYTES("A: b\r"), 400 },
		{ BYTES("A: b\r\r\n"), 400 },
		{ BYTES("A: b\rc\r\n"), 400 },
		{ BYTES("A: b\nc: d\r\n"), 400 },
		{ BYTES("A: b\0c\r\n"), 400 },
		{ BYTES("A: \x01\r\n"), 400 },
		{ BYTES("A: \x1f\r\n"), 400 },
		{ BYTES("A: \x7f\r\n"), 400 },
		{ BYTES("A: \x0b\r\n"), 400 },
		{ BYTES("A: b\r\n\n"), 400 },
		{ BYTES("\r\nA: b\r\n"), 400 },
		{ BYTES("\r\n"), 400 },
	};

	(void)state;
	assert_statuses(LINE HOST, fields, sizeof(fields) / sizeof(*fields), "\r\n");
	assert_statuses(LINE, fields, sizeof(fields) / sizeof(*fields), HOST "\r\n");
}

static void lengths_and_codings_that_announce_a_body_are_refused(void **state)
{
	static const struct part fields[] = {
		{ BYTES("Content-Length: 0\r\n"), 0 },
		{ BYTES("content-length:000\r\n"), 0 },
		{ BYTES("Content-Length: 1\r\n"), 400 },
		{ BYTES("Content-Length: 01\r\n"), 400 },
		{ BYTES("Content-Length: 18446744073709551616\r\n"), 400 },
		{ BYTES("Content-Length:\r\n"), 400 },
		{ BYTES("Content-Length: -0\r\n"), 400 },
		{ BYTES("Content-Length: +0\r\n"), 400 },
		{ BYTES("Content-Length: 0x0\r\n"), 400 },
		{ BYTES("Content-Length: 0 0\r\n"), 400 },
		{ BYTES("Content-Length: 0, 0\r\n"), 400 },
		{ BYTES("Content-Length: 0\r\nContent-Length: 0\r\n"), 400 },
		{ BYTES("Content-Length: 0\r\ncOnTeNt-LeNgTh: 5\r\n"), 400 },
		{ BYTES("Transfer-Encoding: chunked\r\n"), 501 },
		{ BYTES("TRANSFER-ENCODING: gzip, chunked\r\n"), 501 },
		{ BYTES("Transfer-Encoding: identity\r\n"), 501 },
		{ BYTES("Transfer-Encoding:\r\n"), 501 },
		{ BYTES("Transfer-Encoding: a\r\nTransfer-Encoding: b\r\n"), 501 },
		{ BYTES("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400 },
		{ BYTES("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400 },
		{ BYTES("Transfer-Encoding : chunked\r\n"), 400 },
		{ BYTES("Transfer-Encoding: chunked\r\nHost: mta-sts.example.net\r\n"), 400 },
	};
	static const struct part of_post[] = {
		{ BYTES("Content-Length: 0\r\n"), 0 },
		{ BYTES("Content-Length: 17\r\n"), 0 },
		{ BYTES("Content-Length: 17\r\nContent-Length: 17\r\n"), 400 },
		{ BYTES("Content-Length: a\r\n"), 400 },
		{ BYTES("Content-Length: \r\n"), 400 },
		{ BYTES("Transfer-Encoding: chunked\r\n"), 501 },
		{ BYTES("Transfer-Encoding: chunked\r\nContent-Length: 17\r\n"), 400 },
	};
	static const struct part of_1_0[] = {
		{ BYTES("Content-Length: 0\r\n"), 0 },
		{ BYTES("Content-Length: 1\r\n"), 400 },
		{ BYTES("Transfer-Encoding: chunked\r\n"), 400 },
	};

	(void)state;
	assert_statuses(LINE HOST, fields, sizeof(fields) / sizeof(*fields), "\r\n");
	assert_statuses("HEAD / HTTP/1.1\r\n" HOST, fields, sizeof(fields) / sizeof(*fields), "\r\n");
	assert_statuses("POST / HTTP/1.1\r\n" HOST, of_post, sizeof(of_post) / sizeof(*of_post), "\r\n");
	assert_statuses("GET / HTTP/1.0\r\n" HOST, of_1_0, sizeof(of_1_0) / sizeof(*of_1_0), "\r\n");
}

static void host_is_exactly_one_valid_name(void **state)
{
	static const struct part fields[] = {
		{ BYTES(""), 400 },
		{ BYTES("Host:\r\n"), 400 },
		{ BYTES("Host: \r\n"), 400 },
		{ BYTES("Host: :443\r\n"), 400 },
		{ BYTES("Host: .\r\n"), 400 },
		{ BYTES("Host: org\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org..\r\n"), 400 },
		{ BYTES("Host: .example.org\r\n"), 400 },
		{ BYTES("Host: mta-sts..org\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:x\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:-1\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org: 443\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org :443\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:443:443\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:65536\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:99999\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org:000443\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org mta-sts.example.net\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org,mta-sts.example.net\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org/\r\n"), 400 },
		{ BYTES("Host: user@mta-sts.example.org\r\n"), 400 },
		{ BYTES("Host: https://mta-sts.example.org\r\n"), 400 },
		{ BYTES("Host: mta_sts.example.org\r\n"), 400 },
		{ BYTES("Host: -mta-sts.example.org\r\n"), 400 },
		{ BYTES("Host: mta-sts.ex\xc3\xa4mple.org\r\n"), 400 },
		{ BYTES("Host: mta-sts.ex%61mple.org\r\n"), 400 },
		{ BYTES("Host: mta-sts.example.org\0\r\n"), 400 },
		{ BYTES("Host: *.example.org\r\n"), 400 },
		{ BYTES("Host: 192.0.2.1\r\n"), 400 },
		{ BYTES("Host: 192.0.2.1:443\r\n"), 400 },
		{ BYTES("Host: [2001:db8::1]\r\n"), 400 },
		{ BYTES("Host: [2001:db8::1]:443\r\n"), 400 },
		{ BYTES("Host: 2001:db8::1\r\n"), 400 },
		{ BYTES("Host : mta-sts.example.org\r\n"), 400 },
		{ BYTES(HOST HOST), 400 },
		{ BYTES(HOST "host: mta-sts.example.net\r\n"), 400 },
		{ BYTES(HOST "HOST:\r\n"), 400 },
		{ BYTES("Host:\r\n" HOST), 400 },
		{ BYTES("X-Forwarded-Host: mta-sts.example.org\r\n"), 400 },
	};

	(void)state;
	assert_statuses(LINE, fields, sizeof(fields) / sizeof(*fields), "\r\n");
	assert_statuses("GET / HTTP/1.0\r\n", fields, sizeof(fields) / sizeof(*fields), "\r\n");
}

static void host_is_told_in_its_one_form(void **state)
{
	static const char *const fields[] = {
		"Host: mta-sts.example.org\r\n",       "Host:mta-sts.example.org\r\n",
		"host: \t mta-sts.example.org \t\r\n", "HOST: MTA-STS.Example.ORG\r\n",
		"Host: mta-sts.example.org.\r\n",      "Host: mta-sts.example.org:443\r\n",
		"Host: mta-sts.example.org:0\r\n",     "Host: mta-sts.example.org:65535\r\n",
		"Host: mta-sts.example.org:00443\r\n", "Host: Mta-Sts.Example.Org.:8443\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		struct head head = { 0 };

		assert_int_equal(check_parts(LINE, fields[i], strlen(fields[i]), "\r\n", &head), 0);
		assert_string_equal(head.host, "mta-sts.example.org");
	}
}

static void host_may_be_as_long_as_a_name_can_be(void **state)
{
	char host[HOST_MAX + 2];
	struct head head = { 0 };

	(void)state;
	memset(host, 'a', sizeof(host));
	for (size_t i = 63; i < HOST_MAX; i += 64)
		host[i] = '.';
	assert_int_equal(check_parts(LINE "Host: ", host, HOST_MAX, "\r\n\r\n", &head), 0);
	assert_memory_equal(head.host, host, HOST_MAX);
	assert_int_equal(strlen(head.host), HOST_MAX);

	assert_int_equal(check_parts(LINE "Host: ", host, HOST_MAX + 1, "\r\n\r\n", &head), 400);
}

static void method_is_told(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} cases[] = {
		{ "GET", METHOD_GET },   { "HEAD", METHOD_HEAD },     { "POST", METHOD_POST },
		{ "PUT", METHOD_OTHER }, { "OPTIONS", METHOD_OTHER }, { "Get", METHOD_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct head head = { 0 };

		assert_int_equal(check_parts("", cases[i].name, strlen(cases[i].name),
					     " / HTTP/1.1\r\n" HOST "\r\n", &head),
				 0);
		assert_int_equal(head.method, cases[i].method);
	}
}

static void target_is_limited(void **state)
{
	char target[HEAD_TARGET_LIMIT + 1];
	struct head head;

	(void)state;
	memset(target, '/', sizeof(target));
	assert_int_equal(check_parts("GET ", target, HEAD_TARGET_LIMIT, " HTTP/1.1\r\n" HOST "\r\n", &head),
			 0);
	assert_int_equal(
		check_parts("GET ", target, HEAD_TARGET_LIMIT + 1, " HTTP/1.1\r\n" HOST "\r\n", &head), 414);
	assert_int_equal(
		check_parts("GET ", target, HEAD_TARGET_LIMIT + 1, " HTTP/2.0\r\n" HOST "\r\n", &head), 505);
	assert_int_equal(
		check_parts("GET ", target, HEAD_TARGET_LIMIT + 1, " http/1.1\r\n" HOST "\r\n", &head), 400);
}

/* Each byte at each kind of place, against the grammar written down in another way than in the code. */
static void every_byte_is_accepted_only_where_the_grammar_has_it(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		const char c = (char)i;
		bool is_token = c != '\0' && strchr(token, c) != NULL;
		bool is_target = i >= 0x21 && i <= 0x7e;
		bool is_value = i == '\t' || (i >= 0x20 && i != 0x7f);
		struct head head;

		assert_int_equal(check_parts("G", &c, 1, "T / HTTP/1.1\r\n" HOST "\r\n", &head),
				 is_token ? 0 : 400);
		assert_int_equal(check_parts("GET /", &c, 1, "x HTTP/1.1\r\n" HOST "\r\n", &head),
				 is_target ? 0 : 400);
		assert_int_equal(check_parts(LINE HOST "A", &c, 1, "b: c\r\n\r\n", &head),
				 is_token || c == ':' ? 0 : 400);
		assert_int_equal(check_parts(LINE HOST "A: b", &c, 1, "c\r\n\r\n", &head),
				 is_value ? 0 : 400);
		assert_int_equal(check_parts(LINE "Host: mta-sts.a", &c, 1, "b.org\r\n\r\n", &head),
				 c != '\0' && strchr(LETTER "0123456789-.", c) != NULL ? 0 : 400);
	}
}

static void no_part_of_a_head_is_a_head(void **state)
{
	static const char whole[] = LINE HOST "Accept: */*\r\n\r\n";
	struct head head;

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(head_check(whole, len, &head), 400);
	assert_int_equal(head_check(whole, sizeof(whole) - 1, &head), 0);

	/* One byte more, the NUL of the literal, is not a head either. */
	assert_int_equal(head_check(whole, sizeof(whole), &head), 400);
}

static void refused_head_tells_nothing(void **state)
{
	static const char bytes[] = LINE HOST HOST "\r\n";
	struct head head = { .method = METHOD_POST, .host = "untouched" };

	(void)state;
	assert_int_equal(head_check(bytes, sizeof(bytes) - 1, &head), 400);

	assert_int_equal(head.method, METHOD_POST);
	assert_string_equal(head.host, "untouched");
}

static void end_of_head_is_the_first_empty_line(void **state)
{
	static const struct {
		const char *bytes;
		enum err err;
		size_t end;
	} cases[] = {
		{ "", ERR_AGAIN, 0 },
		{ "GET", ERR_AGAIN, 0 },
		{ "a\r\n", ERR_AGAIN, 0 },
		{ "a\r\n\r", ERR_AGAIN, 0 },
		{ "a\r\nb\r\n", ERR_AGAIN, 0 },
		{ "a\r\n \r\n", ERR_AGAIN, 0 },
		{ "a\r\n\r\r\n", ERR_AGAIN, 0 },
		{ "a\r\r", ERR_AGAIN, 0 },
		{ "a\r\n\r\n", ERR_OK, 5 },
		{ "a\r\n\r\nb\r\n\r\n", ERR_OK, 5 },
		{ "a\r\nb\r\n\r\nc", ERR_OK, 8 },
		{ "a\n\n", ERR_OK, 3 },
		{ "a\r\n\n", ERR_OK, 4 },
		{ "a\n\r\n", ERR_OK, 4 },
		{ "\r\n", ERR_OK, 2 },
		{ "\n", ERR_OK, 1 },
		{ "\r\nGET / HTTP/1.1\r\n\r\n", ERR_OK, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t end = 0;

		assert_int_equal(head_find(cases[i].bytes, strlen(cases[i].bytes), &end), cases[i].err);
		assert_int_equal(end, cases[i].end);
	}
}

static void head_that_does_not_end_within_the_limit_is_too_long(void **state)
{
	char bytes[HEAD_LIMIT + 8];
	size_t end = 0;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(head_find(bytes, HEAD_LIMIT - 1, &end), ERR_AGAIN);
	assert_int_equal(head_find(bytes, HEAD_LIMIT, &end), ERR_RANGE);

	memcpy(bytes + HEAD_LIMIT - 3, "\r\n\r\n", 4);
	assert_int_equal(head_find(bytes, sizeof(bytes), &end), ERR_RANGE);
	assert_int_equal(end, 0);

	memcpy(bytes + HEAD_LIMIT - 4, "\r\n\r\n", 4);
	assert_int_equal(head_find(bytes, sizeof(bytes), &end), ERR_OK);
	assert_int_equal(end, HEAD_LIMIT);
}

#define POST  "POST /v1/query HTTP/1.1\r\n"
#define LOCAL "Host: localhost\r\n"

static void control_side_takes_bodies_and_any_host(void **state)
{
	static const struct {
		struct part head;
		uint64_t body_len;
		bool is_chunked;
		bool expects_go_ahead;
	} cases[] = {
		{ { BYTES(POST LOCAL "\r\n"), 0 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: 5\r\n\r\n"), 0 }, 5, false, false },
		{ { BYTES("GET / HTTP/1.1\r\n" LOCAL "Content-Length: 5\r\n\r\n"), 0 }, 5, false, false },
		{ { BYTES(POST LOCAL "Content-Length: \t 0010 \r\n\r\n"), 0 }, 10, false, false },
		{ { BYTES(POST LOCAL "Content-Length: 18446744073709551599\r\n\r\n"), 0 },
		  18446744073709551599U,
		  false,
		  false },
		{ { BYTES(POST LOCAL "Content-Length: 18446744073709551616\r\n\r\n"), 0 },
		  UINT64_MAX,
		  false,
		  false },
		{ { BYTES(POST LOCAL "Content-Length: 99999999999999999999999\r\n\r\n"), 0 },
		  UINT64_MAX,
		  false,
		  false },
		{ { BYTES(POST LOCAL "Transfer-Encoding: Chunked\r\n\r\n"), 0 }, 0, true, false },
		{ { BYTES(POST LOCAL "Expect: 100-Continue\r\n\r\n"), 0 }, 0, false, true },
		{ { BYTES(POST LOCAL "Expect: something\r\n\r\n"), 0 }, 0, false, false },
		{ { BYTES("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), 0 }, 0, false, false },
		{ { BYTES(POST "Host:\r\n\r\n"), 0 }, 0, false, false },
		{ { BYTES(POST "Host: %2Frun_x:y\r\n\r\n"), 0 }, 0, false, false },
		{ { BYTES(POST "\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL LOCAL "\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST "Host: a b\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400 },
		  0,
		  false,
		  false },
		{ { BYTES(POST LOCAL "Content-Length: 5, 5\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: +5\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: -5\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: 5 5\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length: 0x5\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Content-Length:\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400 },
		  0,
		  false,
		  false },
		{ { BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 }, 0, false, false },
		{ { BYTES(POST LOCAL "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501 }, 0, false, false },
		{ { BYTES(POST LOCAL "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
		    501 },
		  0,
		  false,
		  false },
		{ { BYTES("POST / HTTP/2.0\r\n" LOCAL "\r\n"), 505 }, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct head head = { 0 };
		unsigned status = head_check_control(cases[i].head.bytes, cases[i].head.len, &head);

		if (status != cases[i].head.status || head.body_len != cases[i].body_len ||
		    head.is_chunked != cases[i].is_chunked ||
		    head.expects_go_ahead != cases[i].expects_go_ahead)
			fail_msg("%zu: %u", i, status);
	}
}

static void control_side_takes_a_target_as_long_as_the_head_may_be(void **state)
{
	char bytes[HEAD_LIMIT];
	struct head head;
	int len = snprintf(bytes, sizeof(bytes), "GET /%07000d HTTP/1.1\r\n" LOCAL "\r\n", 0);

	(void)state;
	assert_int_equal(head_check_control(bytes, (size_t)len, &head), 0);
	assert_int_equal(head.target_len, 7001);
	assert_ptr_equal(head.target, bytes + 4);
}

static void what_cannot_begin_a_head_is_told_from_its_first_byte(void **state)
{
	(void)state;
	assert_true(head_may_begin('G'));
	assert_true(head_may_begin('~'));
	assert_false(head_may_begin('\x16'));
	assert_false(head_may_begin('\0'));
	assert_false(head_may_begin('\r'));
	assert_false(head_may_begin(' '));
	assert_false(head_may_begin('\x80'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_line_follows_its_grammar),
		cmocka_unit_test(fields_follow_their_grammar),
		cmocka_unit_test(lengths_and_codings_that_announce_a_body_are_refused),
		cmocka_unit_test(host_is_exactly_one_valid_name),
		cmocka_unit_test(host_is_told_in_its_one_form),
		cmocka_unit_test(host_may_be_as_long_as_a_name_can_be),
		cmocka_unit_test(method_is_told),
		cmocka_unit_test(target_is_limited),
		cmocka_unit_test(every_byte_is_accepted_only_where_the_grammar_has_it),
		cmocka_unit_test(no_part_of_a_head_is_a_head),
		cmocka_unit_test(refused_head_tells_nothing),
		cmocka_unit_test(end_of_head_is_the_first_empty_line),
		cmocka_unit_test(head_that_does_not_end_within_the_limit_is_too_long),
		cmocka_unit_test(control_side_takes_bodies_and_any_host),
		cmocka_unit_test(control_side_takes_a_target_as_long_as_the_head_may_be),
		cmocka_unit_test(what_cannot_begin_a_head_is_told_from_its_first_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
