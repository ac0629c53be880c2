/* SPDX-License-Identifier: ISC */
#include "config/domain_file.h"

#include "base/file.h"
#include "config/list_file.h"
#include "config/naming.h"
#include "config/reader.h"
#include "policy/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field { FIELD_DOMAIN, FIELD_MODE, FIELD_MAX_AGE, FIELD_MX, FIELD_ID, FIELD_RECORD, FIELD_DOMAINS };

#define FIELD_COUNT (FIELD_DOMAINS + 1)

/* The file being read. */
struct job {
	const char *path;
	const char *name;
	struct complaints *complaints;
	struct said *said;
	struct reader *reader;
};

static const char *id_fault(const char *value)
{
	return id_is_valid(value) ? NULL : "is not an id";
}

static const char *record_fault_of(const char *value)
{
	char owner[OWNER_SIZE];

	return record_owner_normalise(value, owner) == ERR_OK ? NULL : "is not the name of a record";
}

/* What may stand in a file, and what in one of its groups: the same but the last row. */
static const struct setting fields[FIELD_COUNT] = {
	[FIELD_DOMAIN] = { .name = "domain",
			   .type = SETTING_STRING,
			   .help = "write domain = \"example.org\"" },
	[FIELD_MODE] = { .name = "mode",
			 .type = SETTING_STRING,
			 .help = "write mode = \"testing\" (or \"enforce\", or \"none\")" },
	[FIELD_MAX_AGE] = { .name = "max_age",
			    .type = SETTING_INTEGER,
			    .max = POLICY_MAX_AGE_LIMIT,
			    .unit = "seconds",
			    .help = "write seconds in digits without quotes, such as max_age = 604800" },
	[FIELD_MX] = { .name = "mx",
		       .type = SETTING_STRINGS,
		       .max = POLICY_MX_MAX,
		       .help = "write a list of names, such as mx = [ \"mail.example.org\" ]" },
	[FIELD_ID] = { .name = "id",
		       .type = SETTING_STRING,
		       .help = "write 1 to 32 letters and digits in quotes, such as \"20260101\"",
		       .fault = id_fault },
	[FIELD_RECORD] = { .name = "record",
			   .type = SETTING_STRING,
			   .help = "write the name at which the TXT record is, where the CNAME of "
				   "_mta-sts.DOMAIN "
				   "leads, such as \"_mta-sts.provider.example\"",
			   .fault = record_fault_of },
	[FIELD_DOMAINS] = { .name = "domains",
			    .type = SETTING_ENTRIES,
			    .min = 1,
			    .max = INT64_MAX,
			    .help = "write a list of names [ \"a.example\" ] or of policies ( { ... } ), or "
				    "the "
				    "\"FILE\" that has a name in each line" },
};

enum domain_file_kind domain_file_kind(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot != NULL && strcmp(dot, ".conf") == 0)
		return DOMAIN_FILE_CONF;
	return dot != NULL && strcmp(dot, ".txt") == 0 ? DOMAIN_FILE_TXT : DOMAIN_FILE_NONE;
}

static enum err add_written(struct job *job, const config_setting_t *node, const struct policy *policy,
			    const struct said_extra *extra)
{
	const char *name = reader_string(node);
	char domain[DOMAIN_SIZE];
	struct naming_fault fault;
	const char *file;
	unsigned line;

	if (name == NULL)
		return ERR_OK;
	if (!naming_read("domain", name, "write what follows the @ of its mail addresses", domain, &fault)) {
		reader_complain(job->reader, node, fault.what, name, fault.instead);
		return ERR_OK;
	}
	file = reader_place(job->reader, node, &line);
	return said_add(job->said, domain, file, line, policy, extra);
}

static enum err add_named_by_file(struct job *job, const struct policy *policy,
				  const struct said_extra *extra)
{
	char *name = strndup(job->name, (size_t)(strrchr(job->name, '.') - job->name));
	char domain[DOMAIN_SIZE];
	struct naming_fault fault;
	enum err err = ERR_OK;

	if (name == NULL)
		return ERR_NO_MEMORY;
	if (naming_read("domain that the file is named after", name,
			"name the file after its domain, such as example.org.conf", domain, &fault))
		err = said_add(job->said, domain, job->path, 0, policy, extra);
	else
		complain(job->complaints, SEVERITY_ERROR, job->path, 0, fault.what, name, fault.instead);
	free(name);
	return err;
}

static void read_mode(struct job *job, const config_setting_t *node, struct policy *policy)
{
	const char *word = reader_string(node);

	if (word != NULL && mode_parse(word, &policy->mode) != ERR_OK)
		reader_complain(job->reader, node, "mode is unknown", word, mode_hint(word));
}

static enum err read_mx(struct job *job, const config_setting_t *node, struct policy *policy)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err != ERR_NO_MEMORY && i < reader_count(node) && i < POLICY_MX_MAX; i++) {
		const char *pattern = reader_string(reader_at(node, i));
		unsigned line;
		const char *file = reader_place(job->reader, reader_at(node, i), &line);

		if (pattern != NULL)
			err = policy_add_mx(policy, pattern, file, line, job->complaints);
	}
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

static void complain_missing(struct job *job, const config_setting_t *group, enum field field)
{
	char what[32];

	(void)snprintf(what, sizeof(what), "%s is missing", fields[field].name);
	reader_complain(job->reader, group, what, NULL, fields[field].help);
}

/* Whether there would be patterns if none had been refused. */
static bool lacks_mx_by_mistake(const config_setting_t *node, const struct policy *policy)
{
	return node != NULL && policy->mx.count == 0 && (!reader_is_list(node) || reader_count(node) > 0);
}

/* The policy of a group, kept with what the file said; whatever it is worth after complaints. */
static enum err read_policy(struct job *job, const config_setting_t *group,
			    const config_setting_t *const *found, const struct policy **policy)
{
	struct policy *new = calloc(1, sizeof(*new));
	unsigned line, max_age_line;
	const char *file =
		reader_place(job->reader, found[FIELD_MX] != NULL ? found[FIELD_MX] : group, &line);
	enum err err = ERR_OK;

	if (new == NULL)
		return ERR_NO_MEMORY;
	if (found[FIELD_MODE] != NULL)
		read_mode(job, found[FIELD_MODE], new);
	else
		complain_missing(job, group, FIELD_MODE);
	if (found[FIELD_MAX_AGE] != NULL)
		new->max_age = (uint32_t)reader_integer(found[FIELD_MAX_AGE]);
	else
		complain_missing(job, group, FIELD_MAX_AGE);
	if (found[FIELD_MX] != NULL)
		err = read_mx(job, found[FIELD_MX], new);
	*policy = new;
	if (err == ERR_OK && mode_is_valid(new->mode) && !lacks_mx_by_mistake(found[FIELD_MX], new))
		err = syntax_check(new, file, line, job->complaints);
	if (err == ERR_OK && mode_is_valid(new->mode) && found[FIELD_MAX_AGE] != NULL) {
		file = reader_place(job->reader, found[FIELD_MAX_AGE], &max_age_line);
		policy_warn(new, file, max_age_line, job->complaints);
	}
	if (err != ERR_NO_MEMORY)
		err = said_keep(job->said, &new);
	policy_free(&new);
	return err;
}

static const char *string_of(const config_setting_t *node)
{
	return node != NULL ? reader_string(node) : NULL;
}

static struct said_extra extra_of(const config_setting_t *const *found)
{
	return (struct said_extra){ string_of(found[FIELD_ID]), string_of(found[FIELD_RECORD]) };
}

/* One of a list of policies. */
static enum err read_entry(struct job *job, const config_setting_t *group)
{
	const config_setting_t *found[FIELD_COUNT];
	const struct policy *policy;
	struct said_extra extra;
	enum err err;

	if (!reader_is_group(group))
		return ERR_OK;
	reader_match(job->reader, group, fields, FIELD_DOMAINS, found);
	err = read_policy(job, group, found, &policy);
	extra = extra_of(found);
	if (err == ERR_OK && found[FIELD_DOMAIN] != NULL)
		return add_written(job, found[FIELD_DOMAIN], policy, &extra);
	if (err == ERR_OK)
		complain_missing(job, group, FIELD_DOMAIN);
	return err;
}

static enum err read_entries(struct job *job, const config_setting_t *const *found)
{
	const config_setting_t *list = found[FIELD_DOMAINS];
	enum err err = ERR_OK;

	for (int i = 0; i < FIELD_DOMAINS; i++) {
		if (found[i] != NULL)
			reader_complain(job->reader, found[i], "setting is given beside a list of policies",
					fields[i].name, "move it into each { ... } of the list");
	}
	for (size_t i = 0; err == ERR_OK && i < reader_count(list); i++)
		err = read_entry(job, reader_at(list, i));
	return err;
}

/* The names of another file. */
static enum err add_listed(struct job *job, const config_setting_t *node, const struct policy *policy,
			   const struct said_extra *extra)
{
	unsigned line;
	const char *file = reader_place(job->reader, node, &line);
	const struct list_asked asked = { job->path, file, line, reader_string(node) };

	return list_file_read(&asked, policy, extra, job->complaints, job->said);
}

/* One policy for all the file's domains. */
static enum err read_shared(struct job *job, const config_setting_t *const *found)
{
	const config_setting_t *list = found[FIELD_DOMAINS];
	const struct said_extra extra = extra_of(found);
	const struct policy *policy;
	enum err err = read_policy(job, reader_root(job->reader), found, &policy);

	if (err != ERR_OK)
		return err;
	if (list != NULL && found[FIELD_DOMAIN] != NULL)
		reader_complain(job->reader, found[FIELD_DOMAIN], "domain and domains are both given",
				reader_string(found[FIELD_DOMAIN]), "write it as one more member of domains");
	if (found[FIELD_DOMAIN] != NULL)
		return add_written(job, found[FIELD_DOMAIN], policy, &extra);
	if (list == NULL)
		return add_named_by_file(job, policy, &extra);
	if (reader_string(list) != NULL)
		return add_listed(job, list, policy, &extra);
	for (size_t i = 0; err == ERR_OK && i < reader_count(list); i++)
		err = add_written(job, reader_at(list, i), policy, &extra);
	return err;
}

static enum err read_conf(struct job *job)
{
	const config_setting_t *found[FIELD_COUNT];
	enum err err = reader_open_noting(job->path, DOMAIN_FILE_LIMIT, &job->said->stamps, job->complaints,
					  &job->reader);

	if (err != ERR_OK)
		return err;
	reader_match(job->reader, reader_root(job->reader), fields, FIELD_COUNT, found);
	if (found[FIELD_DOMAINS] != NULL && reader_has_groups(found[FIELD_DOMAINS]))
		err = read_entries(job, found);
	else
		err = read_shared(job, found);
	reader_close(&job->reader);
	return err;
}

static enum err read_txt(struct job *job)
{
	struct file file = { 0 };
	struct policy *policy = NULL;
	const struct policy *kept;
	const char *why = NULL;
	enum err err = stamps_read(&job->said->stamps, job->path, SYNTAX_BYTES_LIMIT, &file, &why);

	if (err == ERR_NO_MEMORY)
		return err;
	if (err != ERR_OK) {
		complain_unreadable(job->complaints, job->path, 0, job->path, why, SYNTAX_BYTES_LIMIT);
		return ERR_SYNTAX;
	}
	err = syntax_parse(file.bytes, file.len, job->path, job->complaints, &policy);
	kept = policy;
	if (err == ERR_OK)
		err = said_keep(job->said, &policy);
	if (err != ERR_NO_MEMORY)
		err = add_named_by_file(job, kept, &(struct said_extra){ NULL, NULL });
	policy_free(&policy);
	file_free(&file);
	return err;
}

/* A domain that the file names twice is wrong, too. */
static enum err check_names(const struct said *said, struct complaints *complaints)
{
	struct said_entry *entry = said->count > 1 ? calloc(said->count, sizeof(*entry)) : NULL;

	if (said->count < 2)
		return ERR_OK;
	if (entry == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < said->count; i++)
		entry[i].said = &said->item[i];
	(void)said_order(entry, said->count, complaints);
	free(entry);
	return ERR_OK;
}

enum err domain_file_load(const char *path, const char *name, struct complaints *complaints,
			  struct said **said)
{
	struct complaints own = { 0 };
	struct job job = { .path = path, .name = name, .complaints = &own };
	enum err err = said_new(path, &job.said);

	if (err == ERR_OK)
		err = domain_file_kind(name) == DOMAIN_FILE_TXT ? read_txt(&job) : read_conf(&job);
	if (err == ERR_OK)
		err = check_names(job.said, &own);
	complaints_repeat(complaints, &own);
	if (err == ERR_OK || err == ERR_SYNTAX) {
		said_finish(job.said, err == ERR_SYNTAX || own.errors > 0);
		said_complain(job.said, &own);
		*said = job.said;
		return ERR_OK;
	}
	complaints_free(&own);
	said_release(&job.said);
	return err;
}
