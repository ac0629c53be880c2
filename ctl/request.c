/* SPDX-License-Identifier: ISC */
#include "ctl/request.h"

#include "base/names.h"
#include "ctl/problem.h"
#include "ctl/selection.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* The daemon refuses longer ones, mta-stsd-api(7). */
#define BODY_MAX ((size_t)16 * 1024 * 1024)

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
	return json_integer(options_max_age(options));
}

/* Options that become a field of the body. */
static const struct {
	enum option_index option;
	const char *field;
	json_t *(*value)(const struct options *options);
} fields[] = {
	{ OPTION_ALL, "all", yes },
	{ OPTION_MATCH, "match", match },
	{ OPTION_MAX_AGE, "max_age", max_age },
	{ OPTION_KEEP_MX, "keep_mx", yes },
	{ OPTION_REASON, "reason", reason },
	{ OPTION_DRY_RUN, "dry_run", yes },
	{ OPTION_FORCE, "force", yes },
};

static enum err check_options(const struct command *command, const struct options *options, FILE *err)
{
	unsigned stray = options->seen & ~(command->options | OPTIONS_COMMON);

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if ((stray & OPTION_BIT(i)) == 0)
			continue;
		problem_print(err, "--%s does not go with %s: see mta-stsctl %s --help",
			      options_table[i].name, command->name, command->name);
		return ERR_SYNTAX;
	}
	return ERR_OK;
}

static void refuse_operands(const struct command *command, const char *word, FILE *err)
{
	if ((command->options & OPTION_BIT(OPTION_MATCH)) != 0)
		problem_print(
			err, "%s takes no domains: write mta-stsctl %s --match '%s', or mta-stsctl show '%s'",
			command->name, command->name, word, word);
	else
		problem_print(err, "%s takes no domains, not '%s'", command->name, word);
}

static enum err check_operands(const struct command *command, const struct options *options, FILE *err)
{
	int ways = (options->word_count > 0 || options_has(options, OPTION_FILE)) +
		   options_has(options, OPTION_MATCH) + options_has(options, OPTION_ALL);

	if (command->operands == OPERANDS_NONE && options->word_count > 0)
		refuse_operands(command, options->words[0], err);
	else if (command->operands == OPERANDS_ONE && options->word_count != 1)
		problem_print(err, "%s takes one domain", command->name);
	else if (command->operands == OPERANDS_MANY && ways == 0)
		problem_print(err, "%s wants domains: name them, or give --file, --match or --all",
			      command->name);
	else if (command->operands == OPERANDS_MANY && ways > 1)
		problem_print(err, "domains by name, by --match and by --all exclude each other");
	else
		return ERR_OK;
	return ERR_SYNTAX;
}

static enum err make_path(const struct command *command, const struct options *options,
			  const struct names *domains, char **path)
{
	bool by_name = command->operands == OPERANDS_ONE;
	bool by_match = strcmp(command->method, "GET") == 0 && options_has(options, OPTION_MATCH);
	const char *raw = by_name ? domains->item[0] : by_match ? options->value[OPTION_MATCH] : "";
	char *end = curl_easy_escape(NULL, raw, 0);
	char *made = NULL;
	int len = -1;

	if (end != NULL)
		len = asprintf(&made, "%s%s%s", command->path,
			       by_name    ? "/"
			       : by_match ? "?match="
					  : "",
			       end);
	curl_free(end);
	if (len < 0)
		return ERR_NO_MEMORY;
	*path = made;
	return ERR_OK;
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

static enum err put_fields(const struct command *command, const struct options *options,
			   const struct names *domains, FILE *err, json_t *body)
{
	enum err result = ERR_OK;

	if (domains->count > 0)
		result = put_domains(body, domains);
	if (result == ERR_OK && command->mode != NULL)
		result = put_field(body, "mode", json_string(command->mode));
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && result == ERR_OK; i++) {
		json_t *value;

		if (!options_has(options, fields[i].option))
			continue;
		value = fields[i].value(options);
		if (value == NULL) {
			problem_print(err, "--%s: write it in UTF-8", options_table[fields[i].option].name);
			return ERR_SYNTAX;
		}
		result = put_field(body, fields[i].field, value);
	}
	return result;
}

static enum err make_body(const struct command *command, const struct options *options,
			  const struct names *domains, FILE *err, char **body)
{
	json_t *object = json_object();
	char *made = NULL;
	enum err result = ERR_NO_MEMORY;

	if (object == NULL)
		return ERR_NO_MEMORY;
	result = put_fields(command, options, domains, err, object);
	if (result != ERR_OK)
		goto out;
	made = json_dumps(object, JSON_COMPACT);
	if (made == NULL)
		result = ERR_NO_MEMORY;
	else if (strlen(made) > BODY_MAX) {
		problem_print(err, "these domains are too many for one order: split the list");
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

enum err request_make(const struct command *command, const struct options *options, FILE *err,
		      struct request *request)
{
	struct request got = { .method = command->method };
	struct names domains = { 0 };
	enum err result;

	result = check_options(command, options, err);
	if (result == ERR_OK)
		result = check_operands(command, options, err);
	if (result == ERR_OK)
		result = selection_load(options, err, &domains);
	if (result == ERR_OK)
		result = make_path(command, options, &domains, &got.path);
	if (result == ERR_OK && strcmp(command->method, "POST") == 0)
		result = make_body(command, options, &domains, err, &got.body);
	names_free(&domains);
	if (result == ERR_OK)
		*request = got;
	else
		request_free(&got);
	return result;
}

void request_free(struct request *request)
{
	free(request->path);
	free(request->body);
	*request = (struct request){ 0 };
}
