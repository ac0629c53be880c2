/* SPDX-License-Identifier: ISC */
#include "http/head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A part of the head. */
struct span {
	const char *bytes;
	size_t len;
};

/* The fields that decide how a request is framed and whom it is for; all others are checked and forgotten. */
enum field { FIELD_HOST, FIELD_CONTENT_LENGTH, FIELD_TRANSFER_ENCODING, FIELD_EXPECT };

#define FIELD_COUNT (FIELD_EXPECT + 1)

static const char *const field_names[FIELD_COUNT] = { "Host", "Content-Length", "Transfer-Encoding",
						      "Expect" };

struct parsed {
	struct head head;
	bool is_http_1_0;
	unsigned times[FIELD_COUNT];
	struct span value[FIELD_COUNT]; /* the last one */
};

enum err head_find(const char *bytes, size_t len, size_t *end)
{
	size_t limit = len < HEAD_LIMIT ? len : HEAD_LIMIT;
	size_t start = 0;

	while (start < limit) {
		const char *newline = memchr(bytes + start, '\n', limit - start);
		size_t next;

		if (newline == NULL)
			break;
		next = (size_t)(newline - bytes) + 1;
		if (next - start == 1 || (next - start == 2 && bytes[start] == '\r')) {
			*end = next;
			return ERR_OK;
		}
		start = next;
	}
	return len >= HEAD_LIMIT ? ERR_RANGE : ERR_AGAIN;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9110, section 5.6.2. */
static bool is_token(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_visible(char c)
{
	return c > ' ' && c < 0x7f;
}

/* RFC 9110, section 5.5, with obs-text. */
static bool is_value(char c)
{
	return is_visible(c) || c == ' ' || c == '\t' || (unsigned char)c >= 0x80;
}

/* Whether a part has at least min bytes, all of a kind. */
static bool consists_of(struct span span, bool (*is_kind)(char c), size_t min)
{
	for (size_t i = 0; i < span.len; i++) {
		if (!is_kind(span.bytes[i]))
			return false;
	}
	return span.len >= min;
}

/* Cut off what stands before the first separator, and the separator with it. */
static bool take_until(struct span *rest, char separator, struct span *taken)
{
	const char *at = memchr(rest->bytes, separator, rest->len);
	size_t len;

	if (at == NULL)
		return false;
	len = (size_t)(at - rest->bytes);
	*taken = (struct span){ rest->bytes, len };
	*rest = (struct span){ at + 1, rest->len - len - 1 };
	return true;
}

/* A CR or LF anywhere but here is found later: it is of no kind that a part may consist of. */
static bool take_line(struct span *rest, struct span *line)
{
	if (!take_until(rest, '\n', line) || line->len == 0 || line->bytes[line->len - 1] != '\r')
		return false;
	line->len--;
	return true;
}

/* RFC 9112, section 2.3. */
static unsigned read_version(struct span version, struct parsed *parsed)
{
	const char *v = version.bytes;

	if (version.len != 8 || memcmp(v, "HTTP/", 5) != 0 || !is_digit(v[5]) || v[6] != '.' ||
	    !is_digit(v[7]))
		return 400;
	parsed->is_http_1_0 = v[7] == '0';
	return v[5] == '1' && v[7] <= '1' ? 0 : 505;
}

/* RFC 9112, section 3; an empty line before it, which may be ignored, is not. */
static unsigned read_request_line(struct span *rest, size_t target_limit, struct parsed *parsed)
{
	struct span line;
	struct span method;
	struct span target;
	unsigned status;

	if (!take_line(rest, &line) || !take_until(&line, ' ', &method) || !take_until(&line, ' ', &target) ||
	    !consists_of(method, is_token, 1) || !consists_of(target, is_visible, 1))
		return 400;
	parsed->head.method = routes_method(method.bytes, method.len);
	parsed->head.target = target.bytes;
	parsed->head.target_len = target.len;
	status = read_version(line, parsed);
	return status == 0 && target.len > target_limit ? 414 : status;
}

static struct span trim(struct span span)
{
	while (span.len > 0 && (span.bytes[0] == ' ' || span.bytes[0] == '\t'))
		span = (struct span){ span.bytes + 1, span.len - 1 };
	while (span.len > 0 && (span.bytes[span.len - 1] == ' ' || span.bytes[span.len - 1] == '\t'))
		span.len--;
	return span;
}

/* RFC 9112, section 5.  A folded line begins with a blank and so has no token for a name. */
static unsigned read_field(struct span line, struct parsed *parsed)
{
	struct span name;

	if (!take_until(&line, ':', &name) || !consists_of(name, is_token, 1) ||
	    !consists_of(line, is_value, 0))
		return 400;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strlen(field_names[i]) == name.len &&
		    strncasecmp(field_names[i], name.bytes, name.len) == 0) {
			parsed->times[i]++;
			parsed->value[i] = trim(line);
		}
	}
	return 0;
}

static unsigned read_fields(struct span *rest, struct parsed *parsed)
{
	struct span line;
	unsigned status = 0;

	while (status == 0) {
		if (!take_line(rest, &line))
			return 400;
		if (line.len == 0)
			return rest->len == 0 ? 0 : 400;
		status = read_field(line, parsed);
	}
	return status;
}

static bool is_port(struct span port)
{
	char digits[6] = "";

	if (port.len > 5 || !consists_of(port, is_digit, 1))
		return false;
	memcpy(digits, port.bytes, port.len);
	return strtoul(digits, NULL, 10) <= 65535;
}

/* RFC 9112, section 3.2; HTTP/1.0 needs it here as well, for without a host there is nothing to serve. */
static unsigned check_host(struct parsed *parsed)
{
	struct span port = parsed->value[FIELD_HOST];
	struct span name = port;

	if (parsed->times[FIELD_HOST] != 1 || (take_until(&port, ':', &name) && !is_port(port)))
		return 400;
	return domain_normalise_host(name.bytes, name.len, parsed->head.host, NULL) == ERR_OK ? 0 : 400;
}

static bool is_zero(char c)
{
	return c == '0';
}

/* RFC 9112, section 6.2. */
static unsigned check_content_length(struct parsed *parsed)
{
	bool no_body = (parsed->head.method & (METHOD_GET | METHOD_HEAD)) != 0;

	if (parsed->times[FIELD_CONTENT_LENGTH] == 0)
		return 0;
	return parsed->times[FIELD_CONTENT_LENGTH] == 1 && consists_of(parsed->value[FIELD_CONTENT_LENGTH],
								       no_body ? is_zero : is_digit, 1)
		       ? 0
		       : 400;
}

/* RFC 9112, section 6.1: beside a length, or in HTTP/1.0, it means that somebody is being misled. */
static unsigned check_transfer_encoding(struct parsed *parsed)
{
	if (parsed->times[FIELD_TRANSFER_ENCODING] == 0)
		return 0;
	return parsed->times[FIELD_CONTENT_LENGTH] > 0 || parsed->is_http_1_0 ? 400 : 501;
}

/* RFC 9112, section 3.2: whichever it is, it leads to this socket. */
static unsigned check_any_host(struct parsed *parsed)
{
	unsigned times = parsed->times[FIELD_HOST];

	if (times == 0)
		return parsed->is_http_1_0 ? 0 : 400;
	return times == 1 && consists_of(parsed->value[FIELD_HOST], is_visible, 0) ? 0 : 400;
}

static uint64_t number_of(struct span digits)
{
	uint64_t number = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (number > (UINT64_MAX - 9) / 10)
			return UINT64_MAX;
		number = number * 10 + (uint64_t)(digits.bytes[i] - '0');
	}
	return number;
}

/* RFC 9112, section 6.2. */
static unsigned read_content_length(struct parsed *parsed)
{
	struct span length = parsed->value[FIELD_CONTENT_LENGTH];

	if (parsed->times[FIELD_CONTENT_LENGTH] == 0)
		return 0;
	if (parsed->times[FIELD_CONTENT_LENGTH] > 1 || !consists_of(length, is_digit, 1))
		return 400;
	parsed->head.body_len = number_of(length);
	return 0;
}

static bool is_word(struct span span, const char *word)
{
	return span.len == strlen(word) && strncasecmp(span.bytes, word, span.len) == 0;
}

/* RFC 9112, section 6.1. */
static unsigned read_transfer_encoding(struct parsed *parsed)
{
	unsigned times = parsed->times[FIELD_TRANSFER_ENCODING];

	parsed->head.is_chunked = times == 1 && is_word(parsed->value[FIELD_TRANSFER_ENCODING], "chunked");
	if (parsed->head.is_chunked && parsed->times[FIELD_CONTENT_LENGTH] == 0 && !parsed->is_http_1_0)
		return 0;
	return check_transfer_encoding(parsed);
}

/* RFC 9110, section 10.1.1: HTTP/1.0 knows no go-ahead, and other expectations are nobody's here. */
static unsigned read_expect(struct parsed *parsed)
{
	parsed->head.expects_go_ahead = parsed->times[FIELD_EXPECT] == 1 && !parsed->is_http_1_0 &&
					is_word(parsed->value[FIELD_EXPECT], "100-continue");
	parsed->head.takes_chunks = !parsed->is_http_1_0;
	return 0;
}

/* What the two sides ask of a head, in this order: one that is malformed and asks for too much is malformed.
 */
struct side {
	size_t target_limit;
	unsigned (*checks[4])(struct parsed *parsed);
};

static const struct side public_side = {
	HEAD_TARGET_LIMIT,
	{ check_host, check_content_length, check_transfer_encoding },
};

static const struct side control_side = {
	HEAD_LIMIT,
	{ check_any_host, read_content_length, read_transfer_encoding, read_expect },
};

static unsigned check(const struct side *side, const char *bytes, size_t len, struct head *head)
{
	struct span rest = { bytes, len };
	struct parsed parsed = { 0 };
	unsigned status = read_request_line(&rest, side->target_limit, &parsed);

	if (status == 0)
		status = read_fields(&rest, &parsed);
	for (size_t i = 0; status == 0 && i < sizeof(side->checks) / sizeof(*side->checks); i++) {
		if (side->checks[i] != NULL)
			status = side->checks[i](&parsed);
	}
	if (status == 0)
		*head = parsed.head;
	return status;
}

bool head_may_begin(char byte)
{
	return is_token(byte);
}

unsigned head_check(const char *bytes, size_t len, struct head *head)
{
	return check(&public_side, bytes, len, head);
}

unsigned head_check_control(const char *bytes, size_t len, struct head *head)
{
	return check(&control_side, bytes, len, head);
}
