/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

/**
 * The settings of mta-stsd.conf.
 *
 * One table says everything about each setting; the reader, conf/mta-stsd.conf, mta-stsd.conf(5) and their
 * tests follow it.
 *
 * Threads: any, one object a thread while it is loaded; read-only afterwards.
 */

#include "base/complaints.h"
#include "base/names.h"

/** Whether each answer is written to the log, and how much of its client's address. */
enum access_log {
	ACCESS_LOG_OFF = 1,
	ACCESS_LOG_TRUNCATED, /**< the /24 of an IPv4 address, the /48 of an IPv6 address */
	ACCESS_LOG_FULL
};

/** Everything mta-stsd.conf can say, defaults filled in. */
struct settings {
	struct names listen; /**< addresses as sock_parse() reads them; none: see settings_salvage() */
	struct names
		listen_challenge;  /**< addresses as listen, for challenges of type http-01; none: nowhere */
	char *domains;             /**< directory of domain files; "": see settings_salvage() */
	struct names certificates; /**< directories of certificates */
	int64_t certificates_warm; /**< certificates that are kept ready for handshakes */
	char *state;               /**< directory of the store */
	char *control;             /**< path of the control socket */
	char *operator_group;  /**< group that may order, "" for none beside root and the service's user */
	char *certifier_group; /**< group that may bring certificates and look, "" for none */
	char *observer_group;  /**< group that may look, "" for none */
	bool keep_mx;          /**< whether a switch to none keeps the mx lines unless told otherwise */
	bool metrics_domains;  /**< whether the metrics tell of each single domain */
	bool watch;            /**< whether files are loaded by themselves when they change */
	struct names acme_directories; /**< "letsencrypt", "staging", or the URL of an authority's directory:
				      in order of preference */
	char *acme_key;                /**< kind of the keys of certificates that are ordered */
	struct names
		acme_addresses;  /**< by which the world reaches this host, as network_parse() reads them */
	int64_t workers;         /**< threads that serve HTTPS; 0: one a core */
	int64_t max_connections; /**< HTTPS connections in all */
	struct names proxies;    /**< networks as network_parse() reads them, or "unix" */
	int64_t max_connections_per_client; /**< of one IPv4 address or IPv6 /64 */
	int64_t max_memory;                 /**< MiB that connections may hold */
	int64_t max_log_lines;              /**< in ten seconds, of each kind that strangers can cause */
	char *access_log;                   /**< see settings_access_log() */
	int64_t handshake_timeout;          /**< seconds from accept to the end of the TLS handshake */
	int64_t request_timeout;            /**< seconds from there to the end of the request head */
	int64_t response_timeout;           /**< seconds from there until the connection is closed */
};

/** Where the settings are unless the command line says otherwise. */
#define SETTINGS_FILE SYSCONFDIR "/mta-stsd/mta-stsd.conf"

struct setting;

/** There are no more of them. */
#define SETTINGS_MOST 64

/** All settings, in the order of the manual; see config/setting.h. */
const struct setting *settings_table(size_t *count);

/**
 * Load mta-stsd.conf.
 *
 * Everything wrong is complained about in one pass: unknown or repeated setting, wrong type, number out of
 * range or too large for 64 bits, an unreadable file, an include outside of the file's directory, a listen
 * address that is none.
 *
 * @param[out] settings  freed with settings_free()
 * @return ERR_OK, ERR_SYNTAX (complained about), ERR_NO_MEMORY
 */
enum err settings_load(const char *path, struct complaints *complaints, struct settings **settings);

/**
 * Name mta-stsd.conf and what it includes, whether they are right or wrong, and those that are not there.
 *
 * @param files  appended to
 * @return ERR_OK, ERR_NO_MEMORY
 */
enum err settings_files(const char *path, struct names *files);

/**
 * Load of a settings file what can be used, and defaults for everything else, without a complaint: but no
 * domains and no listen that are not written there, and of listen those addresses that are right.
 *
 * @param[out] settings  freed with settings_free()
 * @return ERR_OK, ERR_SYNTAX (it cannot be read or taken apart), ERR_NO_MEMORY
 */
enum err settings_salvage(const char *path, struct settings **settings);

/** The defaults alone, without domains and listen.  Returns ERR_OK, ERR_NO_MEMORY. */
enum err settings_default(struct settings **settings);

/** What access_log says. */
enum access_log settings_access_log(const struct settings *settings);

/**
 * Warn of every setting that is written and not used, because the service manager passes other sockets.
 *
 * @param passed  its listen, listen_challenge and control, empty and NULL where it passes none; nothing else
 * of it counts; or NULL
 */
void settings_tell_passed(const struct settings *passed, const struct settings *loaded, const char *path,
			  struct complaints *complaints);

/**
 * Warn of every setting that differs and is not taken over by a reload: it waits for a restart.
 *
 * @param passed  as above: no restart would use the setting instead
 */
void settings_compare(const struct settings *running, const struct settings *passed,
		      const struct settings *loaded, const char *path, struct complaints *complaints);

/** Free settings; NULL inside is fine. */
void settings_free(struct settings **settings);

#endif
