/* SPDX-License-Identifier: ISC */
#include "app/offline.h"

#include "app/unit.h"
#include "base/file.h"
#include "config/kept.h"
#include "config/settings.h"
#include "core/backup.h"
#include "core/files_check.h"
#include "core/restoring.h"
#include "log/log_event.h"
#include "policy/syntax.h"
#include "store/restore.h"
#include "store/switches.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A number that is not known is none. */
static void tell_totals(const struct files_checked *checked, size_t errors, size_t warnings)
{
	if (checked->counted)
		log_notice("mta-stsd, checked (domains: %zu, without certificate: %zu; errors: %zu, "
			   "warnings: %zu)",
			   checked->domains, checked->uncovered, errors, warnings);
	else if (checked->settings)
		log_notice("mta-stsd, checked without the domain files, which cannot be read (errors: %zu, "
			   "warnings: %zu)",
			   errors, warnings);
	else
		log_notice("mta-stsd, checked the settings alone, without domain files and certificates "
			   "(errors: %zu, warnings: %zu)",
			   errors, warnings);
}

static enum err check(const char *config, const struct settings *passed)
{
	struct complaints complaints = { 0 };
	struct files_checked checked;
	enum err err = files_check(config, passed, &complaints, &checked);
	size_t errors = complaints.errors;

	log_event_complaints(&complaints);
	if (err == ERR_NO_MEMORY)
		log_error("mta-stsd, not checked (%s)", err_text(err));
	else
		tell_totals(&checked, errors, complaints.count + complaints.lost - errors);
	complaints_free(&complaints);
	if (err == ERR_NO_MEMORY)
		return err;
	return err == ERR_OK && errors == 0 ? ERR_OK : ERR_SYNTAX;
}

/* What a process that could not become the service ends with; all else is an enum err. */
#define NOT_BECOME 255

static void tell_whose(const struct unit *unit)
{
	enum unit_place_kind kind = unit->confined ? UNIT_SHOWS : UNIT_HIDES;
	const char *what = unit->confined ? ", which sees nothing but" : ", which does not see";
	struct text text = { 0 };
	enum err err = text_appendf(&text, "mta-stsd, checking as %s, the user of " UNIT_NAME, unit->user);

	for (size_t i = 0; err == ERR_OK && i < unit->count; i++) {
		if (unit->place[i].kind != kind)
			continue;
		err = text_appendf(&text, "%s %s", what, unit->place[i].path);
		what = "";
	}
	log_notice("%s", err == ERR_OK ? text.bytes : "mta-stsd, checking as the service's user");
	text_free(&text);
}

static void tell_not_become(const char *why)
{
	log_warning("mta-stsd, checking as root: whether the service can read the files is not known (%s)",
		    why);
}

/* By the path that the service has them at. */
static int check_as_service(struct unit *unit)
{
	const char *why;

	if (unit_become(unit, &why) != ERR_OK) {
		tell_not_become(why);
		return NOT_BECOME;
	}
	tell_whose(unit);
	return (int)check(unit->config, &unit->passed);
}

/* In a process of its own: what it becomes it stays. */
static bool has_checked_as_service(struct unit *unit, enum err *err)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(check_as_service(unit));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
		tell_not_become("another process cannot be started, or was killed");
		return false;
	}
	*err = (enum err)WEXITSTATUS(status);
	return WEXITSTATUS(status) != NOT_BECOME;
}

static void tell_other(const struct unit *unit)
{
	log_warning(
		"mta-stsd, checking as root: whether the service can read the files is not known (" UNIT_NAME
		" reads other settings, %s)",
		unit->config);
}

/* Root reads everything, and the service does not. */
static bool is_checked_as_service(const char *config, enum err *err)
{
	struct unit unit = { 0 };
	const char *why;
	bool done = false;

	if (unit_ask(&unit, &why) != ERR_OK)
		tell_not_become(why);
	else if (!unit_uses(&unit, config))
		tell_other(&unit);
	else
		done = has_checked_as_service(&unit, err);
	unit_free(&unit);
	return done;
}

/* Nobody but root can take the service's place. */
static void tell_own(void)
{
	const struct passwd *user = getpwuid(geteuid());

	log_notice("mta-stsd, checking as %s: what is said of reading is said of this user, and not of the "
		   "service "
		   "(run it as root for that)",
		   user != NULL ? user->pw_name : "a user without a name");
}

enum err offline_check(const char *config)
{
	enum err err = ERR_OK;

	if (geteuid() == 0 && is_checked_as_service(config, &err))
		return err;
	if (geteuid() != 0)
		tell_own();
	return check(config, NULL);
}

/* Of more domains than this the rest is counted only. */
#define RESTORE_NAMED 20

struct restored {
	size_t differ;
	size_t renewed; /* are in the copy, and get a new id */
	size_t weaker;  /* were none, and will not be */
};

static const char *mode_of(const char *text)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;
	const char *mode = "not published";

	if (text != NULL)
		mode = syntax_parse(text, strlen(text), "policy", &complaints, &policy) == ERR_OK
			       ? mode_text(policy->mode)
			       : "unreadable";
	policy_free(&policy);
	complaints_free(&complaints);
	return mode;
}

static void tell_change(void *context, const struct restore_change *change)
{
	struct restored *restored = context;
	const char *before = mode_of(change->before);
	const char *after = mode_of(change->after);
	char shown[TEXT_SHOWN_SIZE];

	restored->weaker += strcmp(before, mode_text(MODE_NONE)) == 0 && strcmp(after, before) != 0;
	restored->renewed += change->after != NULL;
	if (restored->differ++ < RESTORE_NAMED)
		log_notice("restore, %s differs (published: %s, in the copy: %s)",
			   text_escape(change->domain, strlen(change->domain), shown), before, after);
}

static void tell_restored(const struct restored *restored, bool compared)
{
	if (!compared)
		log_warning("restore, what was published after the copy was made is not known: compare "
			    "mta-stsctl list with "
			    "what was ordered since, and run mta-stsctl check for each domain");
	else
		log_notice("restore, domains that differ and get a new id: %zu; mta-stsctl list shows them",
			   restored->renewed);
	if (restored->differ > restored->renewed)
		log_notice("restore, domains that are not in the copy and not published before a file names "
			   "them: %zu",
			   restored->differ - restored->renewed);
	if (restored->weaker > 0)
		log_warning(
			"restore, domains that were none and are not in the copy: %zu; if they should be, "
			"order none as "
			"soon as mta-stsd runs",
			restored->weaker);
	log_notice("restore, done: start mta-stsd, then look at mta-stsctl status");
}

static enum err restore(const char *state, const char *from, struct restoring *restoring)
{
	char who[SWITCH_WHO_SIZE];
	struct restored restored = { 0 };
	const bool certificates = restoring != NULL && restoring->manifest->certificates.count > 0;
	const struct restore restore = {
		.from = from,
		.uid = (int64_t)getuid(),
		.who = who,
		.each = tell_change,
		.context = &restored,
		.certificates = certificates ? restoring_certificates : NULL,
		.certificates_context = restoring,
	};
	bool compared = false;
	enum err err;

	(void)snprintf(who, sizeof(who), "uid %lld, by --restore", (long long)restore.uid);
	err = restore_run(state, &restore, &compared);
	if (err == ERR_OK && certificates)
		log_notice("restore, certificates (from the backup: %zu, that stay since they expire later: "
			   "%zu, that the backup does not have: %zu; what was there before is "
			   "before-restore.certificates)",
			   restoring->taken, restoring->later, restoring->kept);
	if (err == ERR_OK)
		tell_restored(&restored, compared);
	else
		log_error("restore, not done (%s)", err_text(err));
	return err;
}

/* All of it is checked before anything is touched. */
static enum err restore_backup(const char *state, const char *backup)
{
	struct manifest manifest = { 0 };
	struct restoring restoring = { .backup = backup, .manifest = &manifest, .state = state };
	char *database = file_path(backup, BACKUP_DATABASE);
	enum err err = database != NULL ? manifest_check(backup, &manifest) : ERR_NO_MEMORY;

	if (err == ERR_OK)
		err = restore(state, database, &restoring);
	else
		log_error("restore, not done (%s)", err_text(err));
	manifest_free(&manifest);
	free(database);
	return err == ERR_NOT_FOUND ? ERR_REFUSED : err;
}

enum err offline_restore(const char *config, const char *from)
{
	struct complaints complaints = { 0 };
	struct settings *settings = NULL;
	enum err err = settings_load(config, &complaints, &settings);
	struct stat status;

	if (err != ERR_OK)
		log_event_complaints(&complaints);
	complaints_free(&complaints);
	if (err == ERR_OK)
		err = stat(from, &status) == 0 && S_ISDIR(status.st_mode)
			      ? restore_backup(settings->state, from)
			      : restore(settings->state, from, NULL);
	settings_free(&settings);
	return err;
}

/* A settings file that is wrong is no reason to be without a backup. */
static enum err load_settings(const char *config, struct settings **settings)
{
	struct complaints complaints = { 0 };
	enum err err = settings_load(config, &complaints, settings);

	if (err != ERR_OK)
		log_event_complaints(&complaints);
	complaints_free(&complaints);
	if (err != ERR_SYNTAX || kept_read(settings) != ERR_OK)
		return err;
	log_warning("backup, with the settings that were good last (%s cannot be used)", config);
	return ERR_OK;
}

static void tell_backup(const char *config, const char *directory, const struct backup_done *done)
{
	const struct backup_facts *facts = &done->manifest.facts;
	bool usual = strcmp(config, SETTINGS_FILE) == 0;

	log_notice(
		"backup, done and read back: %s/%s (domains: %lld, revisions: %lld, certificates: %zu; older "
		"backups removed: %zu); not in it: settings, domain files and certificates in /etc",
		directory, done->name, (long long)facts->domains, (long long)facts->revisions,
		done->manifest.certificates.count, done->removed);
	log_notice("backup, to restore it stop mta-stsd (systemctl stop mta-stsd.target), then run: mta-stsd "
		   "%s%s%s--restore %s/%s",
		   usual ? "" : "--config ", usual ? "" : config, usual ? "" : " ", directory, done->name);
}

enum err offline_backup(const char *config, const char *directory, unsigned keep)
{
	struct settings *settings = NULL;
	struct backup_done done = { .name = "" };
	struct backup_order order = { .directory = directory, .keep = keep };
	enum err err = load_settings(config, &settings);

	if (err == ERR_OK) {
		order.state = settings->state;
		err = backup_run(&order, &done);
	}
	if (err == ERR_OK || err == ERR_UNKNOWN)
		tell_backup(config, directory, &done);
	else
		log_error("backup, not done (%s)", err_text(err));
	manifest_free(&done.manifest);
	settings_free(&settings);
	return err;
}
