/* SPDX-License-Identifier: ISC */
#include "ctl/cli/request.h"

#include "api/shape_order.h"
#include "policy/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* place is "" or "LIST:3: "; err may be NULL, where enough was said. */
static enum err take_name(const char *name, const char *place, FILE *err, struct names *domains)
{
	const char *hint = domain_meant(name);
	const char *why = NULL;
	char domain[DOMAIN_SIZE];

	if (domain_normalise(name, domain, &why) == ERR_OK)
		return names_put(domains, domain);
	if (err == NULL)
		return ERR_SYNTAX;
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
static enum err take_lines(char *lines, const char *path, FILE *err, struct names *domains)
{
	char place[TEXT_SHOWN_SIZE];
	enum err result = ERR_OK;
	unsigned number = 0;
	json_int_t bad = 0;
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL) {
		const char *name = trim(line);
		enum err one;

		(void)snprintf(place, sizeof(place), "%s:%u: ", path, ++number);
		if (*name == '\0')
			continue;
		one = take_name(name, place, bad < PRINT_SOME ? err : NULL, domains);
		if (one == ERR_NO_MEMORY)
			return one;
		if (one != ERR_OK)
			result = one;
		bad += one != ERR_OK;
	}
	print_rest(err, PRINT_PROBLEM, bad - PRINT_SOME, "correct these first");
	return result;
}

static enum err read_whole(FILE *list, const char *path, FILE *err, struct text *text)
{
	char part[4096];
	size_t len;

	while (text->len <= REQUEST_LIST_MAX && (len = fread(part, 1, sizeof(part), list)) > 0) {
		if (text_append(text, part, len) != ERR_OK)
			return ERR_NO_MEMORY;
	}
	if (ferror(list))
		print_problem(err, "cannot read '%s' (%s)", path, strerror(errno));
	else if (text->len > REQUEST_LIST_MAX)
		print_problem(err, "'%s' is longer than 16 MiB: split it", path);
	else if (text->len > 0 && memchr(text->bytes, '\0', text->len) != NULL)
		print_problem(err, "'%s' has a NUL byte: write one domain per line", path);
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
		result = take_lines(text.bytes, name, err, domains);
	if (result == ERR_OK && domains->count == 0) {
		print_problem(err, "'%s' names no domain: write one per line", name);
		result = ERR_SYNTAX;
	}
	if (!is_stdin)
		(void)fclose(list);
	text_free(&text);
	return result;
}

/*
 * The domains that stand on the command line and in --file, each once and normalised; none when neither is
 * given.
 */
static enum err take_domains(const struct options *options, FILE *err, struct names *domains)
{
	struct names got = { 0 };
	enum err result = ERR_OK;

	if (options_has(options, OPTION_FILE))
		result = read_list(options->value[OPTION_FILE], err, &got);
	for (size_t i = 0; i < options->word_count && result == ERR_OK; i++)
		result = take_name(options->words[i], "", err, &got);
	if (result != ERR_OK) {
		names_free(&got);
		return result;
	}
	names_sort(&got);
	*domains = got;
	return ERR_OK;
}

static json_t *yes(const struct options *options)
{
	(void)options;
	return json_true();
}

static json_t *match(const struct options *options)
{
	return json_string(options->value[OPTION_MATCH]);
}

static json_t *reason(const struct options *options)
{
	return json_string(options->value[OPTION_REASON]);
}

static json_t *max_age(const struct options *options)
{
	return json_integer(options_number(options, OPTION_MAX_AGE));
}

static json_t *changed_since(const struct options *options)
{
	char since[CLOCK_TEXT_SIZE];

	return json_string(options_changed_since(options, since));
}

/* The daemon says what is wrong with one: it knows which domains they are left out of. */
static json_t *except(const struct options *options)
{
	const char *at = options->value[OPTION_EXCEPT];
	json_t *array = json_array();

	for (at += strspn(at, OPTIONS_BETWEEN); *at != '\0'; at += strspn(at, OPTIONS_BETWEEN)) {
		size_t len = strcspn(at, OPTIONS_BETWEEN);

		if (json_array_append_new(array, json_stringn(at, len)) != 0) {
			json_decref(array);
			return NULL;
		}
		at += len;
	}
	return array;
}

static json_t *rsa(const struct options *options)
{
	(void)options;
	return json_string("rsa");
}

/* Options that become a field of the body. */
static const struct {
	enum option_index option;
	const char *field;
	json_t *(*value)(const struct options *options);
} fields[] = {
	{ OPTION_ALL, "all", yes },
	{ OPTION_MATCH, "match", match },
	{ OPTION_RETIRING, "retiring", yes },
	{ OPTION_EXCEPT, "except", except },
	{ OPTION_CHANGED_SINCE, "changed_since", changed_since },
	{ OPTION_MAX_AGE, "max_age", max_age },
	{ OPTION_KEEP_MX, "keep_mx", yes },
	{ OPTION_REASON, "reason", reason },
	{ OPTION_DRY_RUN, "dry_run", yes },
	{ OPTION_FORCE, "force", yes },
	{ OPTION_RSA, "key", rsa },
};

/* What stands behind the path of a look: raw, and to be percent-encoded. */
struct tail {
	const char *begin;
	const char *raw;
};

static struct tail tail_of(const struct command *command, const struct options *options,
			   const struct names *domains)
{
	if (strcmp(command->method, "GET") != 0)
		return (struct tail){ "", "" };
	if (command->operands == OPERANDS_ONE)
		return (struct tail){ "/", domains->item[0] };
	if (command->operands == OPERANDS_ENTRY && options->word_count > 0)
		return (struct tail){ "/", options->words[0] };
	if (options_has(options, OPTION_BEFORE))
		return (struct tail){ "?before=", options->value[OPTION_BEFORE] };
	if (options_has(options, OPTION_MATCH))
		return (struct tail){ "?match=", options->value[OPTION_MATCH] };
	return (struct tail){ "", "" };
}

static enum err make_path(const struct command *command, const struct options *options,
			  const struct names *domains, char **path)
{
	struct tail tail = tail_of(command, options, domains);

	return client_path(command->path, tail.begin, tail.raw, path);
}

/* NULL also stands for a value that is not UTF-8, which jansson refuses. */
static enum err put_field(json_t *body, const char *name, json_t *value)
{
	return value != NULL && json_object_set_new(body, name, value) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

static enum err put_domains(json_t *body, const struct names *domains)
{
	json_t *array = json_array();

	for (size_t i = 0; i < domains->count; i++) {
		if (json_array_append_new(array, json_string(domains->item[i])) != 0) {
			json_decref(array);
			return ERR_NO_MEMORY;
		}
	}
	return put_field(body, "domains", array);
}

static enum err put_entry(json_t *body, const struct command *command, const struct options *options)
{
	if (command->operands != OPERANDS_ENTRY || options->word_count == 0)
		return ERR_OK;
	return put_field(body, "entry", json_integer(options_entry(options->words[0])));
}

/* A switch does not know force: what --force overrides there is a check of this program's. */
static bool is_field(const struct command *command, const struct options *options, enum option_index option)
{
	return options_has(options, option) && (option != OPTION_FORCE || command->mode == NULL);
}

static enum err put_fields(const struct command *command, const struct options *options,
			   const struct names *domains, FILE *err, json_t *body)
{
	enum err result = ERR_OK;

	if (domains->count > 0)
		result = put_domains(body, domains);
	if (result == ERR_OK && command->mode != NULL)
		result = put_field(body, "mode", json_string(command->mode));
	if (result == ERR_OK)
		result = put_entry(body, command, options);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && result == ERR_OK; i++) {
		json_t *value;

		if (!is_field(command, options, fields[i].option))
			continue;
		value = fields[i].value(options);
		if (value == NULL) {
			print_problem(err, "--%s: write it in UTF-8", options_table[fields[i].option].name);
			return ERR_SYNTAX;
		}
		result = put_field(body, fields[i].field, value);
	}
	return result;
}

static enum err make_body(const struct command *command, const struct options *options,
			  const struct names *domains, json_t *more, FILE *err, char **body)
{
	json_t *object = json_object();
	char *made = NULL;
	enum err result = ERR_NO_MEMORY;

	if (object == NULL || (more != NULL && json_object_update(object, more) != 0))
		goto out;
	result = put_fields(command, options, domains, err, object);
	if (result != ERR_OK)
		goto out;
	made = json_dumps(object, JSON_COMPACT);
	if (made == NULL)
		result = ERR_NO_MEMORY;
	else if (strlen(made) > API_BODY_MAX) {
		print_problem(err, "these domains are too many for one request: split the list");
		result = ERR_SYNTAX;
	} else {
		*body = made;
		made = NULL;
	}
out:
	free(made);
	json_decref(object);
	return result;
}

/* A look at domains that a GET cannot choose is a query, which answers with the same rows. */
static struct command by_query(const struct command *command, const struct options *options)
{
	struct command query = *command;

	if (strcmp(command->method, "GET") == 0 &&
	    (options_has(options, OPTION_RETIRING) || options_has(options, OPTION_EXCEPT))) {
		query.method = "POST";
		query.path = "/v1/query";
	}
	return query;
}

enum err request_make_with(const struct command *command, const struct options *options, json_t *more,
			   FILE *err, struct client_request *request)
{
	struct options given = *options;
	struct client_request got = { 0 };
	struct names domains = { 0 };
	struct command asked;
	enum err result;

	result = command_check(command, options, err);
	if (result != ERR_OK)
		return result;
	given.seen |= command_implied(command, options);
	asked = by_query(command, &given);
	got.method = asked.method;
	if (asked.operands != OPERANDS_ENTRY && asked.operands != OPERANDS_PAIR)
		result = take_domains(&given, err, &domains);
	if (result == ERR_OK)
		result = make_path(&asked, &given, &domains, &got.path);
	if (result == ERR_OK && strcmp(asked.method, "POST") == 0)
		result = make_body(&asked, &given, &domains, more, err, &got.body);
	names_free(&domains);
	if (result == ERR_OK)
		*request = got;
	else
		client_request_free(&got);
	return result;
}

enum err request_make(const struct command *command, const struct options *options, FILE *err,
		      struct client_request *request)
{
	return request_make_with(command, options, NULL, err, request);
}
