/* SPDX-License-Identifier: ISC */
#include "policy/syntax.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err syntax_render(const struct policy *policy, struct text *out)
{
	size_t start = out->len;
	enum err err = mode_is_valid(policy->mode) ? ERR_OK : ERR_SYNTAX;

	if (err == ERR_OK)
		err = text_appendf(out, "version: STSv1\r\nmode: %s\r\n", mode_text(policy->mode));

	for (size_t i = 0; err == ERR_OK && i < policy->mx.count; i++)
		err = text_appendf(out, "mx: %s\r\n", policy->mx.item[i]);
	if (err == ERR_OK)
		err = text_appendf(out, "max_age: %" PRIu32 "\r\n", policy->max_age);
	if (err == ERR_OK && out->len - start > POLICY_TEXT_LIMIT)
		err = ERR_RANGE;
	return err;
}

/* Pass over a word; false: something else stands there. */
static bool pass(const char **at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool pass_mode(const char **at, const char *end, enum mode *mode)
{
	static const enum mode modes[] = { MODE_ENFORCE, MODE_TESTING, MODE_NONE };

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (pass(at, end, mode_text(modes[i]))) {
			*mode = modes[i];
			return pass(at, end, "\r\n");
		}
	}
	return false;
}

static bool pass_age(const char **at, const char *end, uint32_t *max_age)
{
	const char *digits = *at;
	uint64_t value = 0;

	for (; *at < end && **at >= '0' && **at <= '9' && value <= POLICY_MAX_AGE_LIMIT; (*at)++)
		value = value * 10 + (uint64_t)(**at - '0');
	*max_age = (uint32_t)value;
	return *at > digits && value <= POLICY_MAX_AGE_LIMIT && pass(at, end, "\r\n");
}

bool syntax_peek(const char *bytes, size_t len, enum mode *mode, uint32_t *max_age)
{
	const char *at = bytes, *end = bytes + len;

	if (memchr(bytes, '\0', len) != NULL || !pass(&at, end, "version: STSv1\r\nmode: ") ||
	    !pass_mode(&at, end, mode))
		return false;
	while (pass(&at, end, "mx: ")) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return false;
		at++;
	}
	return pass(&at, end, "max_age: ") && pass_age(&at, end, max_age) && at == end;
}

enum err syntax_check(const struct policy *policy, const char *file, unsigned line,
		      struct complaints *complaints)
{
	struct text text = { 0 };
	enum err err;

	if (!mode_is_valid(policy->mode)) {
		complain(complaints, SEVERITY_ERROR, file, line, "mode is missing", NULL,
			 "write enforce, testing or none");
		return ERR_RANGE;
	}
	if (policy->mx.count == 0 && policy->mode != MODE_NONE) {
		complain(
			complaints, SEVERITY_ERROR, file, line, "mx is missing", NULL,
			"name every MX of the domain, such as mail.example.org; only mode none goes without");
		return ERR_RANGE;
	}
	err = syntax_render(policy, &text);
	text_free(&text);
	if (err == ERR_RANGE)
		complain(complaints, SEVERITY_ERROR, file, line, "policy is over 10240 bytes", NULL,
			 "use fewer mx patterns, such as one wildcard for many hosts");
	return err;
}

/* Longest line worth copying; no legal value is longer. */
#define LINE_MAX_BYTES 1024

#define NOT_A_FIELD "line is not \"name: value\""
#define BLANKS      " \t"

struct reader {
	const char *file;
	struct complaints *complaints;
	struct policy *policy;
	unsigned line;
	unsigned seen; /* one bit a row of the field table */
	unsigned max_age_line;
	unsigned mx_line;                /* of the first */
	bool unread;                     /* a line was no text: any field may have stood in it */
	bool mx_refused;                 /* and so the policy may lack mx for that reason alone */
	enum err err;                    /* the worst so far: ERR_SYNTAX, ERR_NO_MEMORY */
	struct complaints_alike strange; /* lines that are no field */
	struct complaints_alike unknown; /* fields that are not served */
	struct complaints_alike empty;   /* lines without anything */
};

static void refuse(struct reader *reader, const char *what, const char *value, const char *instead)
{
	complain(reader->complaints, SEVERITY_ERROR, reader->file, reader->line, what, value, instead);
	if (reader->err == ERR_OK)
		reader->err = ERR_SYNTAX;
}

/* A line that is no field may be anything, a key as well: it is never shown. */
static void refuse_line(struct reader *reader, const char *what, const char *name, const char *instead)
{
	if (complaints_wanted(&reader->strange, reader->file, reader->line))
		refuse(reader, what, name, instead);
}

static void warn(struct reader *reader, const char *what, const char *value, const char *instead)
{
	complain(reader->complaints, SEVERITY_WARNING, reader->file, reader->line, what, value, instead);
}

static void read_version(struct reader *reader, const char *value)
{
	if (strcmp(value, "STSv1") != 0)
		refuse(reader, "version is unknown", value, "write STSv1, in exactly these letters");
}

static void read_mode(struct reader *reader, const char *value)
{
	if (mode_parse(value, &reader->policy->mode) != ERR_OK)
		refuse(reader, "mode is unknown", value, mode_hint(value));
}

static void read_max_age(struct reader *reader, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long seconds;

	if (digits == 0 || digits > 10 || value[digits] != '\0') {
		refuse(reader, "max_age is not a number of 1 to 10 digits", value, POLICY_MAX_AGE_HINT);
		return;
	}
	seconds = strtoul(value, NULL, 10);
	if (seconds > POLICY_MAX_AGE_LIMIT)
		refuse(reader, "max_age is out of range", value, POLICY_MAX_AGE_HINT);
	else
		reader->policy->max_age = (uint32_t)seconds;
	reader->max_age_line = reader->line;
}

static void read_mx(struct reader *reader, const char *value)
{
	enum err err = policy_add_mx(reader->policy, value, reader->file, reader->line, reader->complaints);

	if (reader->mx_line == 0)
		reader->mx_line = reader->line;
	reader->mx_refused = reader->mx_refused || err == ERR_SYNTAX;
	if (err == ERR_NO_MEMORY || reader->err == ERR_OK)
		reader->err = err;
}

static const struct field {
	const char *name;
	bool required;
	bool repeats;
	void (*read)(struct reader *reader, const char *value);
	const char *instead; /* how to write it when it is missing */
} fields[] = {
	{ "version", true, false, read_version, "add the line \"version: STSv1\"" },
	{ "mode", true, false, read_mode, "add the line \"mode: testing\" (or enforce, or none)" },
	{ "max_age", true, false, read_max_age, "add a line such as \"max_age: 604800\"" },
	{ "mx", false, true, read_mx, NULL }, /* syntax_check() knows when it is required */
};

#define FIELD_COUNT (sizeof(fields) / sizeof(*fields))

static void warn_unknown(struct reader *reader, const char *name)
{
	char instead[80] = "remove it; version, mode, mx and max_age are known";
	size_t best = COMPLAINT_FOREIGN;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		size_t typos = complaint_typos(name, fields[i].name);

		if (typos < best) {
			best = typos;
			(void)snprintf(instead, sizeof(instead), "write %s", fields[i].name);
		}
	}
	if (complaints_wanted(&reader->unknown, reader->file, reader->line))
		warn(reader, "field is unknown and not served", name, instead);
}

static void read_extension(struct reader *reader, const char *name, const char *value)
{
	if (complaint_name(name) == NULL || value[0] == '\0')
		refuse_line(reader, NOT_A_FIELD, complaint_name(name), "correct the line or remove it");
	else
		warn_unknown(reader, name);
}

static void read_field(struct reader *reader, const char *name, const char *value)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (strcmp(name, fields[i].name) != 0)
			continue;
		if ((reader->seen & 1u << i) != 0 && !fields[i].repeats) {
			warn(reader, "field is given twice, the first one counts", name,
			     "remove the repetition");
			return;
		}
		reader->seen |= 1u << i;
		fields[i].read(reader, value);
		return;
	}
	read_extension(reader, name, value);
}

/* Cut blanks off both ends. */
static char *trim(char *line)
{
	size_t len;

	line += strspn(line, BLANKS);
	len = strlen(line);
	while (len > 0 && strchr(BLANKS, line[len - 1]) != NULL)
		line[--len] = '\0';
	return line;
}

/* What leaves no doubt is taken; it is not served so. */
static void warn_blanks(struct reader *reader, const char *line, const char *colon)
{
	if (strchr(BLANKS, *line) != NULL)
		warn(reader, "line begins with a blank", NULL, "remove it: some senders refuse such a line");
	if (colon > line && strchr(BLANKS, colon[-1]) != NULL)
		warn(reader, "there is a blank before the colon", NULL,
		     "remove it: some senders refuse such a line");
}

/* A line without its end, as a string: bytes that a string cannot hold have been refused before. */
static void read_line(struct reader *reader, char *line)
{
	char *colon = strchr(line, ':');

	if (*trim(line) == '\0') {
		if (complaints_wanted(&reader->empty, reader->file, reader->line))
			warn(reader, "line is empty", NULL,
			     "remove the line: some senders refuse the whole policy for it");
		return;
	}
	if (colon != NULL)
		*colon = '\0';
	if (colon == NULL || *trim(line) == '\0') {
		refuse_line(reader, NOT_A_FIELD, NULL, "correct the line or remove it");
		return;
	}
	warn_blanks(reader, line, colon);
	read_field(reader, trim(line), trim(colon + 1));
}

static const char *bytes_fault(const char *bytes, size_t len)
{
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return "line begins with a byte order mark";
	if (memchr(bytes, '\r', len) != NULL)
		return "line has a carriage return that does not end it";
	if (memchr(bytes, '\0', len) != NULL)
		return "line has a NUL character";
	return len >= LINE_MAX_BYTES ? "line is too long" : NULL;
}

static void read_bytes(struct reader *reader, const char *bytes, size_t len)
{
	char line[LINE_MAX_BYTES];
	const char *fault;

	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	fault = bytes_fault(bytes, len);
	if (fault != NULL) {
		reader->unread = true;
		refuse_line(reader, fault, NULL, "save the file as plain ASCII text, one field per line");
		return;
	}
	memcpy(line, bytes, len);
	line[len] = '\0';
	read_line(reader, line);
}

/* Files that have nothing to do with a policy; one complaint is enough, and nothing of them is shown. */
static bool is_foreign(struct reader *reader, const char *bytes, size_t len)
{
	char line[LINE_MAX_BYTES] = "";

	memcpy(line, bytes, len < sizeof(line) ? len : sizeof(line) - 1);
	if (complaint_is_pem(line))
		refuse(reader, COMPLAINT_PEM, NULL, COMPLAINT_PEM_INSTEAD);
	else if (reader->line == 1 && len >= 2 &&
		 (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
		refuse(reader, "file is UTF-16", NULL, "save the file as plain ASCII text");
	else
		return false;
	reader->unread = true;
	return true;
}

static void read_lines(struct reader *reader, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = newline != NULL ? newline : end;

		reader->line++;
		if (is_foreign(reader, bytes, (size_t)(stop - bytes)))
			break;
		read_bytes(reader, bytes, (size_t)(stop - bytes));
		bytes = stop + 1;
	}
	complain_others(reader->complaints, SEVERITY_ERROR, &reader->strange,
			"check whether the file is a policy at all, and correct or remove the lines");
	complain_others(reader->complaints, SEVERITY_WARNING, &reader->unknown,
			"remove the fields; version, mode, mx and max_age are known");
	complain_others(reader->complaints, SEVERITY_WARNING, &reader->empty, "remove the empty lines");
}

static void check_required(struct reader *reader)
{
	/* A line that is no field may have been meant as the one that is missing: that is said already. */
	if (reader->unread || reader->strange.count > 0)
		return;
	reader->line = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].required && (reader->seen & 1u << i) == 0)
			refuse(reader, "field is missing", fields[i].name, fields[i].instead);
	}
}

static void check_whole(struct reader *reader)
{
	enum err err;

	if (reader->unread || !mode_is_valid(reader->policy->mode) ||
	    (reader->mx_refused && reader->policy->mx.count == 0))
		return;
	policy_warn(reader->policy, reader->file, reader->max_age_line, reader->complaints);
	err = syntax_check(reader->policy, reader->file, reader->mx_line, reader->complaints);
	if (err == ERR_NO_MEMORY || (err != ERR_OK && reader->err == ERR_OK))
		reader->err = err == ERR_RANGE ? ERR_SYNTAX : err;
}

enum err syntax_parse(const char *bytes, size_t len, const char *file, struct complaints *complaints,
		      struct policy **policy)
{
	struct reader reader = { .file = file, .complaints = complaints };

	if (len > SYNTAX_BYTES_LIMIT) {
		refuse(&reader, "policy is over 65536 bytes", NULL,
		       "use fewer mx patterns, such as one wildcard for many hosts");
		return ERR_SYNTAX;
	}
	reader.policy = calloc(1, sizeof(*reader.policy));
	if (reader.policy == NULL)
		return ERR_NO_MEMORY;
	read_lines(&reader, bytes, len);
	check_required(&reader);
	if (reader.err != ERR_NO_MEMORY)
		check_whole(&reader);
	if (reader.err != ERR_OK)
		policy_free(&reader.policy);
	else
		*policy = reader.policy;
	return reader.err;
}
