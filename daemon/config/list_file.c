/* SPDX-License-Identifier: ISC */
#include "config/list_file.h"

#include "config/naming.h"
#include "config/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS          " \t\r\f\v"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A list being read. */
struct reading {
	const char *path;
	const struct policy *policy;
	const struct said_extra *extra;
	struct complaints *complaints;
	struct complaints_alike wrong; /* names */
	struct said *said;
	size_t names;
};

static void complain_name(struct reading *reading, unsigned line, const char *name,
			  const struct naming_fault *fault)
{
	if (complaints_wanted(&reading->wrong, reading->path, line))
		complain(reading->complaints, SEVERITY_ERROR, reading->path, line, fault->what,
			 complaint_name(name), fault->instead);
}

/* A line without its comment and the blanks around what is left; NUL at its end. */
static char *trim(char *line)
{
	char *begin = line + strspn(line, BLANKS);
	size_t len = strcspn(begin, "#");

	while (len > 0 && strchr(BLANKS, begin[len - 1]) != NULL)
		len--;
	begin[len] = '\0';
	return begin;
}

static enum err read_line(struct reading *reading, char *text, unsigned line)
{
	char *name = trim(text), domain[DOMAIN_SIZE];
	struct naming_fault fault;

	if (name[0] == '\0')
		return ERR_OK;
	if (complaint_is_pem(name)) {
		complain(reading->complaints, SEVERITY_ERROR, reading->path, line, COMPLAINT_PEM, NULL,
			 COMPLAINT_PEM_INSTEAD);
		return ERR_SYNTAX;
	}
	if (++reading->names > LIST_FILE_NAMES) {
		complain(reading->complaints, SEVERITY_ERROR, reading->path, line, "list has too many names",
			 NULL, "divide it: a list may have 5000000");
		return ERR_SYNTAX;
	}
	if (naming_read("domain", name,
			"write one domain in each line, such as example.org, and # before a comment", domain,
			&fault))
		return said_add(reading->said, domain, reading->path, line, reading->policy, reading->extra);
	complain_name(reading, line, name, &fault);
	return ERR_OK;
}

static enum err read_lines(struct reading *reading, struct file *file)
{
	char *at = file->bytes;
	enum err err = ERR_OK;

	if (strlen(file->bytes) != file->len) {
		complain(reading->complaints, SEVERITY_ERROR, reading->path, 0, "file has a NUL character",
			 NULL, "save it as plain text (UTF-8)");
		return ERR_SYNTAX;
	}
	if (strncmp(at, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		at += strlen(BYTE_ORDER_MARK);
	for (unsigned line = 1; err == ERR_OK && *at != '\0'; line++) {
		char *end = at + strcspn(at, "\n");
		bool last = *end == '\0';

		*end = '\0';
		err = read_line(reading, at, line);
		at = last ? end : end + 1;
	}
	complain_others(
		reading->complaints, SEVERITY_ERROR, &reading->wrong,
		"check whether the file is a list of domains at all, and correct or remove the lines");
	return err;
}

static enum err read_file(const struct list_asked *asked, struct reading *reading)
{
	struct file file = { 0 };
	const char *why = NULL;
	enum err err = stamps_read(&reading->said->stamps, reading->path, LIST_FILE_LIMIT, &file, &why);

	if (err == ERR_NO_MEMORY)
		return err;
	if (err != ERR_OK) {
		complain_unreadable(reading->complaints, asked->file, asked->line, reading->path, why,
				    LIST_FILE_LIMIT);
		return ERR_SYNTAX;
	}
	err = read_lines(reading, &file);
	file_free(&file);
	if (err == ERR_OK && reading->names == 0)
		complain(reading->complaints, SEVERITY_ERROR, reading->path, 0, "list has no names", NULL,
			 "write one domain in each line, or remove the file that asks for the list");
	return err;
}

enum err list_file_read(const struct list_asked *asked, const struct policy *policy,
			const struct said_extra *extra, struct complaints *complaints, struct said *said)
{
	struct reading reading = { .policy = policy, .extra = extra, .complaints = complaints, .said = said };
	char *path = NULL;
	enum err err = source_beside(asked->first, asked->path, &path);

	reading.path = path;
	if (err == ERR_OK)
		err = read_file(asked, &reading);
	if (err == ERR_REFUSED) {
		complain(complaints, SEVERITY_ERROR, asked->file, asked->line,
			 "list is outside of the file's directory", asked->path,
			 "put the list into that directory and write its name alone");
		err = ERR_SYNTAX;
	}
	free(path);
	return err;
}
