/* SPDX-License-Identifier: ISC */
#include "ctl/cli/selection.h"

#include "base/text.h"
#include "ctl/cli/print.h"
#include "policy/domain.h"

#include <errno.h>
#include <string.h>

const char *selection_hint(const char *name)
{
	return domain_of_host(*name == '_' ? name + 1 : name);
}

/* place is "" or "LIST:3: ". */
static enum err put(const char *name, const char *place, FILE *err, struct names *domains)
{
	const char *hint = selection_hint(name);
	const char *why = NULL;
	char domain[DOMAIN_SIZE];

	if (domain_normalise(name, domain, &why) == ERR_OK)
		return names_put(domains, domain);
	if (hint != NULL)
		print_problem(err, "%s'%s' %s: did you mean %s?", place, name, why, hint);
	else
		print_problem(err, "%s'%s' %s: name a domain such as example.org", place, name, why);
	return ERR_SYNTAX;
}

static char *trim(char *line)
{
	static const char blanks[] = " \t\r\n";
	size_t len;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, blanks);
	len = strlen(line);
	while (len > 0 && strchr(blanks, line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
	return line;
}

/* Goes on after a bad name, so that all of them are complained about at once. */
static enum err put_lines(char *lines, const char *path, FILE *err, struct names *domains)
{
	char place[TEXT_SHOWN_SIZE];
	enum err result = ERR_OK;
	unsigned number = 0;
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		const char *name = trim(line);
		enum err one;

		(void)snprintf(place, sizeof(place), "%s:%u: ", path, ++number);
		if (*name == '\0')
			continue;
		one = put(name, place, err, domains);
		if (one == ERR_NO_MEMORY)
			return one;
		if (one != ERR_OK)
			result = one;
	}
	return result;
}

static enum err read_whole(FILE *list, const char *path, FILE *err, struct text *text)
{
	char part[4096];
	size_t len;

	while (text->len <= SELECTION_LIST_MAX && (len = fread(part, 1, sizeof(part), list)) > 0) {
		if (text_append(text, part, len) != ERR_OK)
			return ERR_NO_MEMORY;
	}
	if (ferror(list))
		print_problem(err, "cannot read '%s' (%s)", path, strerror(errno));
	else if (text->len > SELECTION_LIST_MAX)
		print_problem(err, "'%s' is longer than 16 MiB: split it", path);
	else if (text->len > 0 && memchr(text->bytes, '\0', text->len) != NULL)
		print_problem(err, "'%s' has a NUL byte: write one domain a line", path);
	else
		return ERR_OK;
	return ERR_SYNTAX;
}

static enum err read_list(const char *path, FILE *err, struct names *domains)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	FILE *list = is_stdin ? stdin : fopen(path, "re");
	struct text text = { 0 };
	enum err result;

	if (list == NULL) {
		print_problem(err, "cannot open '%s' (%s)", path, strerror(errno));
		return ERR_SYNTAX;
	}
	result = read_whole(list, name, err, &text);
	if (result == ERR_OK)
		result = put_lines(text.bytes, name, err, domains);
	if (result == ERR_OK && domains->count == 0) {
		print_problem(err, "'%s' names no domain: write one a line", name);
		result = ERR_SYNTAX;
	}
	if (!is_stdin)
		(void)fclose(list);
	text_free(&text);
	return result;
}

enum err selection_load(const struct options *options, FILE *err, struct names *domains)
{
	struct names got = { 0 };
	enum err result = ERR_OK;

	if (options_has(options, OPTION_FILE))
		result = read_list(options->value[OPTION_FILE], err, &got);
	for (size_t i = 0; i < options->word_count && result == ERR_OK; i++)
		result = put(options->words[i], "", err, &got);
	if (result != ERR_OK) {
		names_free(&got);
		return result;
	}
	names_sort(&got);
	*domains = got;
	return ERR_OK;
}
