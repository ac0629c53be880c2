/* SPDX-License-Identifier: ISC */
#include "config/scan.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS     "0123456789"
#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_START LETTERS "*"
#define NAME_REST  NAME_START DIGITS "-_"
#define BLANKS     " \t\r\f"

/* Whatever has no more digits fits 64 bits. */
#define DIGITS_MAX 18

/* Names in a group, several times what any of ours has: libconfig's time grows with their square. */
#define NAMES_MAX 64

/* Brackets within brackets, several times what any of ours has: libconfig gives up at some thousands. */
#define DEPTH_MAX 16

/* One file on its way into the text. */
struct scan {
	struct source *source;
	struct complaints *complaints;
	size_t limit;
	size_t file;    /* index in source->files */
	unsigned line;  /* of the file */
	const char *at; /* what is left of the file; a NUL ends it */
	unsigned names; /* in the group that was opened last */
	bool in_array;
	bool after_string;
	bool after_comma;
	unsigned held; /* newlines behind a string, not in the text yet */
	enum err err;  /* what ended the scan */
};

static enum err scan_file(struct scan *scan, const char *path, const struct scan *parent);

static void refuse(const struct scan *scan, const char *what, const char *value, const char *instead)
{
	complain(scan->complaints, SEVERITY_ERROR, scan->source->files.item[scan->file], scan->line, what,
		 value, instead);
}

static void refuse_file(struct scan *scan, const char *what, const char *value, const char *instead)
{
	refuse(scan, what, value, instead);
	scan->err = ERR_SYNTAX;
}

static void put(struct scan *scan, const char *bytes, size_t len)
{
	if (scan->err == ERR_OK)
		scan->err = source_put(scan->source, bytes, len);
}

static void put_newlines(struct scan *scan, unsigned count)
{
	if (scan->err == ERR_OK)
		scan->err = source_newlines(scan->source, count);
}

static void release_newlines(struct scan *scan)
{
	put_newlines(scan, scan->held);
	scan->held = 0;
	scan->after_string = false;
}

/*
 * libconfig gives a string the line of the token behind it.  So a bracket, comma or semicolon that ends a
 * string on a later line goes before the newlines, onto the string's own.
 */
static void put_token(struct scan *scan, const char *bytes, size_t len)
{
	if (strchr("]),;}", *bytes) == NULL)
		release_newlines(scan);
	put(scan, bytes, len);
	release_newlines(scan);
	scan->after_comma = *bytes == ',';
}

static void read_newline(struct scan *scan)
{
	scan->at++;
	scan->line++;
	if (scan->after_string)
		scan->held++;
	else
		put_newlines(scan, 1);
}

static void read_blanks(struct scan *scan)
{
	scan->at += strspn(scan->at, BLANKS);
	put(scan, " ", 1);
}

static void read_line_comment(struct scan *scan)
{
	scan->at += strcspn(scan->at, "\n");
}

static void read_comment(struct scan *scan)
{
	const char *end = strstr(scan->at + 2, "*/");

	if (end == NULL) {
		refuse_file(scan, "comment is not closed", NULL, "write */ where it ends");
		return;
	}
	put(scan, " ", 1);
	while (scan->at < end) {
		if (*scan->at == '\n')
			read_newline(scan);
		else
			scan->at++;
	}
	scan->at = end + 2;
}

static void read_string(struct scan *scan)
{
	size_t len = 1;

	/* libconfig would make one of the two: without its comma a list would name a host that is none. */
	if (scan->after_string) {
		refuse_file(scan, "text follows a text", NULL, "write a comma or a semicolon between them");
		return;
	}
	for (;;) {
		len += strcspn(scan->at + len, "\"\\\n");
		if (scan->at[len] != '\\' || scan->at[len + 1] == '\0' || scan->at[len + 1] == '\n')
			break;
		if (strncmp(scan->at + len, "\\x00", 4) == 0) {
			refuse_file(scan, "text has a NUL character", "\\x00",
				    "remove it: what follows would be joined on");
			return;
		}
		len += 2;
	}
	if (scan->at[len] != '"') {
		refuse_file(scan, "quote is not closed", NULL, "write the closing quote on the same line");
		return;
	}
	put_token(scan, scan->at, len + 1);
	scan->at += len + 1;
	scan->after_string = true;
	scan->source->counts.strings++;
}

static bool is_word(const char *at, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(at, word, len) == 0;
}

static void read_name(struct scan *scan)
{
	size_t len = strspn(scan->at, NAME_REST);
	char number[24];

	if (++scan->names > NAMES_MAX) {
		refuse_file(scan, "group has too many settings", NULL,
			    "see mta-stsd.conf(5) for what mta-stsd reads");
		return;
	}
	put_token(scan, scan->at, len);
	if (is_word(scan->at, len, "true") || is_word(scan->at, len, "false")) {
		scan->source->counts.booleans++;
	} else {
		(void)snprintf(number, sizeof(number), SCAN_MARK "%zu", ++scan->source->counts.names);
		put(scan, number, strlen(number));
	}
	scan->at += len;
}

/* A group that holds a number which libconfig would not read as it is written. */
static void put_odd_number(struct scan *scan, size_t len)
{
	put(scan, "{" SCAN_MARK "=\"", strlen("{" SCAN_MARK "=\""));
	put(scan, scan->at, len);
	put(scan, "\"}", 2);
	scan->source->counts.groups++;
	scan->source->counts.names++;
	scan->source->counts.strings++;
}

static void read_number(struct scan *scan)
{
	size_t len = strspn(scan->at, DIGITS LETTERS "+-.");
	size_t sign = strchr("+-", *scan->at) != NULL ? 1 : 0;
	size_t digits = strspn(scan->at + sign, DIGITS);
	size_t suffix = strspn(scan->at + sign + digits, "L");

	if (complaint_is_pem(scan->at)) {
		refuse_file(scan, COMPLAINT_PEM, NULL, COMPLAINT_PEM_INSTEAD);
		return;
	}
	release_newlines(scan);
	scan->after_comma = false;
	if (sign + digits + suffix == len && digits > 0 && digits <= DIGITS_MAX && suffix <= 2) {
		put(scan, scan->at, sign + digits);
		put(scan, "L", 1);
		scan->source->counts.numbers++;
	} else {
		put_odd_number(scan, len);
	}
	scan->at += len;
}

static void read_opening(struct scan *scan)
{
	if (scan->in_array) {
		refuse_file(scan, "list in square brackets has more than texts in it", NULL,
			    "write ( ... ) around groups");
		return;
	}
	if (++scan->source->depth > DEPTH_MAX) {
		refuse_file(scan, "brackets are nested too deeply", NULL,
			    "see mta-stsd.conf(5) for what mta-stsd reads");
		return;
	}
	if (*scan->at == '{') {
		scan->names = 0;
		scan->source->counts.groups++;
	} else {
		scan->source->counts.lists++;
	}
	scan->in_array = *scan->at == '[';
	put_token(scan, scan->in_array ? "(" : scan->at, 1);
	scan->at++;
}

static void read_closing(struct scan *scan)
{
	/* libconfig takes it since 1.7; a file says the same everywhere. */
	if (*scan->at != '}' && scan->after_comma)
		refuse_file(scan, "comma has nothing behind it", NULL, "remove it, or write what is missing");
	/* A wrong one stays wrong: libconfig is to see one that does not match. */
	if (scan->in_array)
		put_token(scan, *scan->at == ']' ? ")" : "]", 1);
	else
		put_token(scan, scan->at, 1);
	scan->in_array = false;
	scan->source->depth -= scan->source->depth > 0;
	scan->at++;
}

/* Where an included file is; NULL after a complaint, or without memory. */
static char *include_path(struct scan *scan, const char *path)
{
	char *joined = NULL;
	enum err err = source_beside(scan->source->files.item[0], path, &joined);

	if (err == ERR_NO_MEMORY)
		scan->err = err;
	else if (err != ERR_OK)
		refuse(scan, "include is outside of the file's directory", path,
		       "put the included file into that directory and write its name alone");
	return joined;
}

static void include(struct scan *scan, const char *path)
{
	struct scan inner = { .source = scan->source, .complaints = scan->complaints, .limit = scan->limit };

	if (scan->source->files.count > SCAN_INCLUDES_MAX) {
		refuse_file(scan, "include is one of more than 100", path,
			    "make sure that no file includes itself");
		return;
	}
	release_newlines(scan);
	put_newlines(scan, 1);
	if (scan->err == ERR_OK)
		scan->err = scan_file(&inner, path, scan);
	put_newlines(scan, 1);
	if (scan->err == ERR_OK)
		scan->err = source_begin(scan->source, scan->file, scan->line);
}

static void read_directive(struct scan *scan)
{
	static const char word[] = "@include";
	const char *quote = scan->at + strlen(word);
	size_t len = 0;
	char *path;
	char *joined;

	if (strncmp(scan->at, word, strlen(word)) == 0) {
		quote += strspn(quote, BLANKS);
		len = quote[0] == '"' ? strcspn(quote + 1, "\"\n") : 0;
	}
	if (len == 0 || quote[len + 1] != '"') {
		refuse_file(scan, "directive is unknown", NULL,
			    "write @include \"FILE\", or put the @ into quotes");
		return;
	}
	scan->at = quote + len + 2;
	path = strndup(quote + 1, len);
	joined = path != NULL ? include_path(scan, path) : NULL;
	if (path == NULL)
		scan->err = ERR_NO_MEMORY;
	if (joined != NULL)
		include(scan, joined);
	free(joined);
	free(path);
}

/* What begins with which byte, or with which two; no two rows fit the same, the frequent ones come first. */
static const struct token {
	const char *first;
	char second; /* NUL for any */
	void (*read)(struct scan *scan);
} tokens[] = {
	{ BLANKS, '\0', read_blanks },   { NAME_START, '\0', read_name },
	{ "\n", '\0', read_newline },    { DIGITS "+-.", '\0', read_number },
	{ "\"", '\0', read_string },     { "[({", '\0', read_opening },
	{ "])}", '\0', read_closing },   { "#", '\0', read_line_comment },
	{ "/", '/', read_line_comment }, { "/", '*', read_comment },
	{ "@", '\0', read_directive },
};

static void read_token(struct scan *scan)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++) {
		if (strchr(tokens[i].first, scan->at[0]) != NULL &&
		    (tokens[i].second == '\0' || tokens[i].second == scan->at[1])) {
			tokens[i].read(scan);
			return;
		}
	}
	put_token(scan, scan->at, 1);
	scan->at++;
}

static void read_bytes(struct scan *scan, const struct file *file)
{
	scan->line = 1;
	scan->at = file->bytes;
	if (strlen(file->bytes) != file->len)
		refuse_file(scan, "file has a NUL character", NULL, "save it as plain text (UTF-8)");
	if (strncasecmp(file->bytes, "version:", strlen("version:")) == 0)
		refuse_file(scan, "file is a policy, as web servers have it", NULL,
			    "name it after its domain and .txt, such as example.org.txt");
	while (scan->err == ERR_OK && *scan->at != '\0')
		read_token(scan);
	release_newlines(scan);
}

static enum err scan_file(struct scan *scan, const char *path, const struct scan *parent)
{
	struct source *source = scan->source;
	struct file file = { 0 };
	const char *why = NULL;
	size_t left = scan->limit > source->text.len ? scan->limit - source->text.len : 0;
	enum err err = stamps_read(source->stamps, path, left, &file, &why);

	if (err == ERR_NO_MEMORY)
		return err;
	if (err != ERR_OK) {
		complain_unreadable(scan->complaints,
				    parent != NULL ? source->files.item[parent->file] : path,
				    parent != NULL ? parent->line : 0, path, why, scan->limit);
		return ERR_SYNTAX;
	}
	scan->file = source->files.count;
	scan->err = names_put(&source->files, path);
	if (scan->err == ERR_OK)
		scan->err = source_begin(source, scan->file, 1);
	if (scan->err == ERR_OK)
		read_bytes(scan, &file);
	file_free(&file);
	return scan->err;
}

enum err scan_load(const char *path, size_t limit, struct complaints *complaints, struct source *source)
{
	struct scan scan = { .source = source, .complaints = complaints, .limit = limit };

	return scan_file(&scan, path, NULL);
}
