/* SPDX-License-Identifier: ISC */
#include "base/authority.h"
#include "base/network.h"
#include "base/sock.h"
#include "config/setting.h"
#include "config/settings.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

/* Longest URL of an authority's directory, bytes. */
#define DIRECTORY_MAX 2000

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

/* RFC 8555, section 7.1.1. */
static const char *directory_fault(const char *value)
{
	static const char https[] = "https://";
	size_t len = strlen(value);

	if (strcmp(value, "letsencrypt") == 0 || strcmp(value, "staging") == 0)
		return NULL;
	if (strncmp(value, https, strlen(https)) != 0 || value[strlen(https)] == '\0')
		return "is not an authority";
	if (len > DIRECTORY_MAX)
		return "is longer than 2000 bytes";
	for (size_t i = 0; i < len; i++) {
		if (value[i] <= ' ' || value[i] > '~')
			return "has letters that a URL has not";
	}
	return NULL;
}

static bool same_directory(const char *a, const char *b)
{
	return strcmp(authority_url(a), authority_url(b)) == 0;
}

/* Nobody trusts what the one for trials would make in the place of the other. */
static const char *directory_beside(const char *first, const char *member)
{
	return authority_is_for_trials(first) == authority_is_for_trials(member)
		       ? NULL
		       : "mixes an authority for trials with others";
}

static const char *key_fault(const char *value)
{
	return strcmp(value, "ecdsa") == 0 || strcmp(value, "rsa") == 0 ? NULL : "is not a kind of key";
}

static const char *host_address_fault(const char *value)
{
	struct network network;

	return strchr(value, '/') == NULL && network_parse(value, &network) == ERR_OK ? NULL
										      : "is not an address";
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
	{ .name = "listen_challenge",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, listen_challenge),
	  .max = 64,
	  .at_start = true,
	  .socket = "mta-stsd-challenge.socket",
	  .help = "write [ \"[::]:80\" ] for all addresses, or some such as [ \"192.0.2.1:80\" ]",
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
	{ .name = "acme",
	  .type = SETTING_GROUP,
	  .help = "write acme = { directory = \"letsencrypt\"; };, with what shall differ from the "
		  "defaults" },
	{ .name = "acme.directory",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, acme_directories),
	  .fallback = "letsencrypt",
	  .min = 1,
	  .max = AUTHORITY_MOST,
	  .lone = true,
	  .help = "write \"letsencrypt\", \"staging\", or the URL of an authority's directory, "
		  "beginning with https://; or a list, the first choice first, either all for trials or none",
	  .fault = directory_fault,
	  .same = same_directory,
	  .beside = directory_beside },
	{ .name = "acme.key",
	  .type = SETTING_STRING,
	  .offset = AT(char *, acme_key),
	  .fallback = "ecdsa",
	  .help = "write \"ecdsa\" or \"rsa\"",
	  .fault = key_fault },
	{ .name = "acme.addresses",
	  .type = SETTING_STRINGS,
	  .offset = AT(struct names, acme_addresses),
	  .max = 64,
	  .help = "write addresses without a port, such as [ \"192.0.2.1\", \"2001:db8::1\" ]",
	  .fault = host_address_fault,
	  .same = same_proxy },
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

static_assert(COUNT <= SETTINGS_MOST, "there is room for a node of each");

const struct setting *settings_table(size_t *count)
{
	*count = COUNT;
	return table;
}

enum access_log settings_access_log(const struct settings *settings)
{
	return (enum access_log)find_access_log(settings->access_log);
}
