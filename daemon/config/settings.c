/* SPDX-License-Identifier: ISC */
#include "config/settings.h"

#include "base/network.h"
#include "base/sock.h"
#include "config/reader.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Largest mta-stsd.conf with what it includes, bytes. */
#define FILE_LIMIT (1UL << 20)

static const char *path_fault(const char *value)
{
	return value[0] == '/' ? NULL : "is not an absolute path";
}

static const char *socket_fault(const char *value)
{
	return strlen(value) < sizeof(((struct sockaddr_un *)NULL)->sun_path) ? path_fault(value)
									      : "is longer than 107 bytes";
}

static const char *address_fault(const char *value)
{
	struct sock_address address;

	return sock_parse(value, &address) == ERR_OK ? NULL : "is not an address with a port";
}

static const char *proxy_fault(const char *value)
{
	struct network network;
	enum err err = network_parse(value, &network);

	if (err == ERR_OK || strcmp(value, "unix") == 0)
		return NULL;
	return err == ERR_RANGE ? "has bits set behind its prefix" : "is not an address or a network";
}

static bool same_proxy(const char *a, const char *b)
{
	struct network one, other;

	if (network_parse(a, &one) != ERR_OK || network_parse(b, &other) != ERR_OK)
		return strcmp(a, b) == 0;
	return memcmp(&one, &other, sizeof(one)) == 0;
}

static const char *group_fault(const char *value)
{
	errno = 0;
	if (value[0] == '\0' || getgrnam(value) != NULL)
		return NULL;
	return errno == ENOMEM ? "cannot be looked up: out of memory" : "is not a group on this system";
}

static const char *const access_log_words[] = {
	[ACCESS_LOG_OFF] = "off",
	[ACCESS_LOG_TRUNCATED] = "truncated",
	[ACCESS_LOG_FULL] = "full",
};

#define ACCESS_LOG_WORDS (sizeof(access_log_words) / sizeof(*access_log_words))

/* ACCESS_LOG_WORDS when it is none of them. */
static size_t find_access_log(const char *value)
{
	size_t i = ACCESS_LOG_OFF;

	while (i < ACCESS_LOG_WORDS && strcmp(value, access_log_words[i]) != 0)
		i++;
	return i;
}

static const char *access_log_fault(const char *value)
{
	return find_access_log(value) < ACCESS_LOG_WORDS ? NULL : "is not a kind of access log";
}

/* With port 0 each gets a port of its own. */
static bool same_address(const char *a, const char *b)
{
	struct sock_address one, other;
	char text[SOCK_TEXT_SIZE], other_text[SOCK_TEXT_SIZE];

	if (sock_parse(a, &one) != ERR_OK || sock_parse(b, &other) != ERR_OK)
		return false;
	return strcmp(sock_text(&one, text), sock_text(&other, other_text)) == 0 &&
	       strcmp(strrchr(text, ':'), ":0") != 0;
}

/* The place of a member that has to be of a type; one that is not does not compile. */
#define AT(type, member)                                                                                     \
	(offsetof(struct settings, member) + 0 * sizeof((type *)0 == &((struct settings *)0)->member))

/* A number that counts from the start on. */
#define NUMBER(member, usual, least, most, what, advice)                                                     \
	{                                                                                                    \
		.name = #member, .type = SETTING_INTEGER, .offset = AT(int64_t, member), .fallback = usual,  \
		.min = least, .max = most, .unit = what, .at_start = true, .help = advice                    \
	}

static const struct setting table[] = {
	{ .name = "listen",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, listen),
	  .fallback = "[::]:443",
	  .min = 1,
	  .max = 64,
	  .at_start = true,
	  .chosen = true,
	  .socket = "mta-stsd.socket",
	  .help = "write [ \"[::]:443\" ] for all addresses, or some such as [ \"192.0.2.1:443\", "
		  "\"[2001:db8::1]:443\" ]",
	  .fault = address_fault,
	  .same = same_address },
	{ .name = "domains",
	  .type = SETTING_STRING,
	  .offset = AT(char *, domains),
	  .fallback = SYSCONFDIR "/mta-stsd/domains.d",
	  .chosen = true,
	  .help = "write the path of a directory, beginning with a slash and in quotes",
	  .fault = path_fault },
	{ .name = "certificates",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, certificates),
	  .fallback = SYSCONFDIR "/mta-stsd/certs",
	  .min = 1,
	  .max = 64,
	  .help = "write paths of directories, such as [ \"/etc/letsencrypt/live\" ]",
	  .fault = path_fault },
	{ .name = "certificates_warm",
	  .type = SETTING_INTEGER,
	  .offset = AT(int64_t, certificates_warm),
	  .fallback = "10000",
	  .min = 1,
	  .max = 1000000,
	  .unit = "certificates",
	  .help = "write digits, such as 10000" },
	{ .name = "state",
	  .type = SETTING_STRING,
	  .offset = AT(char *, state),
	  .fallback = LOCALSTATEDIR "/lib/mta-stsd",
	  .at_start = true,
	  .help = "write the path of a directory, beginning with a slash and in quotes",
	  .fault = path_fault },
	{ .name = "control",
	  .type = SETTING_STRING,
	  .offset = AT(char *, control),
	  .fallback = RUNSTATEDIR "/mta-stsd/control.sock",
	  .at_start = true,
	  .socket = "mta-stsd-control.socket",
	  .help = "write a path of at most 107 bytes, beginning with a slash and in quotes",
	  .fault = socket_fault },
	{ .name = "operator_group",
	  .type = SETTING_STRING,
	  .offset = AT(char *, operator_group),
	  .fallback = "",
	  .at_start = true,
	  .help = "write the name of a group that exists, in quotes, or \"\" for none",
	  .fault = group_fault },
	{ .name = "certifier_group",
	  .type = SETTING_STRING,
	  .offset = AT(char *, certifier_group),
	  .fallback = "",
	  .at_start = true,
	  .help = "write the name of a group that exists, in quotes, or \"\" for none",
	  .fault = group_fault },
	{ .name = "observer_group",
	  .type = SETTING_STRING,
	  .offset = AT(char *, observer_group),
	  .fallback = "",
	  .at_start = true,
	  .help = "write the name of a group that exists, in quotes, or \"\" for none",
	  .fault = group_fault },
	{ .name = "keep_mx",
	  .type = SETTING_BOOLEAN,
	  .offset = AT(bool, keep_mx),
	  .fallback = "false",
	  .help = "write true or false, without quotes" },
	{ .name = "metrics_domains",
	  .type = SETTING_BOOLEAN,
	  .offset = AT(bool, metrics_domains),
	  .fallback = "false",
	  .help = "write true or false, without quotes" },
	{ .name = "watch",
	  .type = SETTING_BOOLEAN,
	  .offset = AT(bool, watch),
	  .fallback = "false",
	  .help = "write true or false, without quotes" },
	NUMBER(workers, "0", 0, 256, "threads", "write digits, or 0 for one thread per core"),
	NUMBER(max_connections, "10000", 16, 1000000, "connections", "write digits, such as 10000"),
	NUMBER(max_connections_per_client, "64", 1, 1000000, "connections", "write digits, such as 64"),
	{ .name = "proxies",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, proxies),
	  .max = 64,
	  .at_start = true,
	  .help = "write addresses, networks or \"unix\", such as [ \"127.0.0.1\", \"::1\", "
		  "\"192.0.2.0/24\" ]",
	  .fault = proxy_fault,
	  .same = same_proxy },
	NUMBER(max_memory, "1024", 1, 1048576, "MiB", "write MiB in digits, such as 1024"),
	NUMBER(max_log_lines, "5", 1, 1000000, "lines", "write digits, such as 5"),
	{ .name = "access_log",
	  .type = SETTING_STRING,
	  .offset = AT(char *, access_log),
	  .fallback = "off",
	  .at_start = true,
	  .help = "write \"off\", \"truncated\" or \"full\"",
	  .fault = access_log_fault },
	NUMBER(handshake_timeout, "10", 1, 600, "seconds", "write seconds in digits, such as 10"),
	NUMBER(request_timeout, "10", 1, 600, "seconds", "write seconds in digits, such as 10"),
	NUMBER(response_timeout, "20", 1, 600, "seconds", "write seconds in digits, such as 20"),
};

#define COUNT (sizeof(table) / sizeof(*table))

const struct setting *settings_table(size_t *count)
{
	*count = COUNT;
	return table;
}

static void *member_of(struct settings *settings, const struct setting *row)
{
	return (char *)settings + row->offset;
}

static enum err put_string(void *member, const char *value)
{
	char **string = member;

	*string = strdup(value);
	return *string != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err store_fallback(struct settings *settings, const struct setting *row)
{
	void *member = member_of(settings, row);

	switch (row->type) {
	case SETTING_STRING:
		return put_string(member, row->fallback);
	case SETTING_BOOLEAN:
		*(bool *)member = strcmp(row->fallback, "true") == 0;
		return ERR_OK;
	case SETTING_INTEGER:
		*(int64_t *)member = strtoll(row->fallback, NULL, 10);
		return ERR_OK;
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	default:
		return row->fallback != NULL ? names_put(member, row->fallback) : ERR_OK;
	}
}

static enum err store_node(struct settings *settings, const struct setting *row, const config_setting_t *node)
{
	void *member = member_of(settings, row);

	switch (row->type) {
	case SETTING_STRING:
		return put_string(member, reader_string(node));
	case SETTING_BOOLEAN:
		*(bool *)member = reader_integer(node) != 0;
		return ERR_OK;
	case SETTING_INTEGER:
		*(int64_t *)member = reader_integer(node);
		return ERR_OK;
	case SETTING_STRINGS:
	case SETTING_ENTRIES:
	default:
		return reader_names(node, row, member);
	}
}

/* A port that nobody chose would be open to everybody, and old files elsewhere would be published. */
static enum err store_unchosen(struct settings *settings, const struct setting *row)
{
	return row->type == SETTING_STRING ? put_string(member_of(settings, row), "") : ERR_OK;
}

static enum err store(const config_setting_t *const *found, bool whole, struct settings **settings)
{
	struct settings *new = calloc(1, sizeof(*new));
	enum err err = new != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; err == ERR_OK && i < COUNT; i++)
		err = found[i] != NULL            ? store_node(new, &table[i], found[i])
		      : whole || !table[i].chosen ? store_fallback(new, &table[i])
						  : store_unchosen(new, &table[i]);
	if (err != ERR_OK)
		settings_free(&new);
	else
		*settings = new;
	return err;
}

enum err settings_load(const char *path, struct complaints *complaints, struct settings **settings)
{
	const config_setting_t *found[COUNT];
	struct reader *reader = NULL;
	size_t errors = complaints->errors;
	size_t first = complaints->count;
	enum err err = reader_open(path, FILE_LIMIT, complaints, &reader);

	if (err == ERR_OK) {
		reader_match(reader, reader_root(reader), table, COUNT, found);
		err = complaints->errors > errors ? ERR_SYNTAX : store(found, true, settings);
		reader_close(&reader);
	}
	complaints_sort(complaints, first);
	return err;
}

enum err settings_files(const char *path, struct names *files)
{
	struct complaints unsaid = { 0 };
	struct stamps stamps = { 0 };
	struct reader *reader = NULL;
	enum err err = reader_open_noting(path, FILE_LIMIT, &stamps, &unsaid, &reader);

	if (err == ERR_SYNTAX)
		err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < stamps.count; i++)
		err = names_put(files, stamps.item[i].path);
	reader_close(&reader);
	stamps_free(&stamps);
	complaints_free(&unsaid);
	return err;
}

enum err settings_salvage(const char *path, struct settings **settings)
{
	const config_setting_t *found[COUNT];
	struct complaints unsaid = { 0 };
	struct reader *reader = NULL;
	enum err err = reader_open(path, FILE_LIMIT, &unsaid, &reader);

	if (err == ERR_OK) {
		reader_match(reader, reader_root(reader), table, COUNT, found);
		for (size_t i = 0; i < COUNT; i++) {
			/* Of listen every address counts that is right. */
			if (found[i] != NULL && !reader_fits(reader, found[i], &table[i]) &&
			    !(table[i].chosen && table[i].type == SETTING_STRINGS))
				found[i] = NULL;
		}
		err = store(found, false, settings);
		reader_close(&reader);
	}
	complaints_free(&unsaid);
	return err;
}

enum err settings_default(struct settings **settings)
{
	const config_setting_t *none[COUNT] = { NULL };

	return store(none, false, settings);
}

enum access_log settings_access_log(const struct settings *settings)
{
	return (enum access_log)find_access_log(settings->access_log);
}

void settings_free(struct settings **settings)
{
	if (*settings == NULL)
		return;
	for (size_t i = 0; i < COUNT; i++) {
		void *member = member_of(*settings, &table[i]);

		if (table[i].type == SETTING_STRING)
			free(*(char **)member);
		else if (table[i].type == SETTING_STRINGS)
			names_free(member);
	}
	free(*settings);
	*settings = NULL;
}
