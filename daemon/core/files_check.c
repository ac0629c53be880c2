/* SPDX-License-Identifier: ISC */
#include "core/files_check.h"

#include "core/certificates.h"
#include "core/coverage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What it says of its file is the first thing to do: it may be the key of a certificate that is there. */
static bool has_wrong_rights(const struct complaints *complaints)
{
	static const char *const whats[] = { "file may not be read",
					     "private key may be read or written by everybody" };

	for (size_t i = 0; i < complaints->count; i++) {
		for (size_t k = 0; k < sizeof(whats) / sizeof(*whats); k++) {
			if (strncmp(complaints->item[i].what, whats[k], strlen(whats[k])) == 0)
				return true;
		}
	}
	return false;
}

/* One look at all configured domains. */
struct look {
	struct certs *certs;
	struct complaints *complaints;
	struct files_checked *checked;
	const char *instead;
};

static enum err check_one(void *context, const struct said_entry *entry)
{
	const struct look *look = context;
	const struct configured *configured = entry->said;
	char policy_host[HOST_SIZE];

	if (entry->twice || certs_serve(look->certs, domain_host(configured->domain, policy_host)))
		return ERR_OK;
	if (look->checked->uncovered++ < COVERAGE_NAMED)
		complain(look->complaints, SEVERITY_WARNING, configured->terms->file, configured->line,
			 "domain has no certificate for its policy host", policy_host, look->instead);
	return ERR_OK;
}

/*
 * A domain that no certificate covers is not wrong in itself, so it is a warning; the first few stand for
 * all.
 */
static void check_covered(const struct domains *domains, struct certs *certs, const char *directory,
			  struct complaints *complaints, struct files_checked *checked)
{
	char more[32];
	struct look look = { certs, complaints, checked,
			     has_wrong_rights(complaints)
				     ? "correct the rights to the files complained about; if none of them is "
				       "its certificate or key, get one"
				     : "get one, and put it below a directory of \"certificates\"" };

	(void)domains_each(domains, check_one, &look);
	if (checked->uncovered <= COVERAGE_NAMED)
		return;
	(void)snprintf(more, sizeof(more), "%zu", checked->uncovered - COVERAGE_NAMED);
	complain(complaints, SEVERITY_WARNING, directory, 0,
		 "more domains have no certificate for their policy hosts", more,
		 "get those that are named, then run mta-stsd --check again");
}

enum err files_check(const char *config_path, const struct settings *passed, struct complaints *complaints,
		     struct files_checked *checked)
{
	struct settings *settings = NULL;
	struct domains *domains = NULL;
	struct certs *certs = NULL;
	enum err err = settings_load(config_path, complaints, &settings);
	const char *state = NULL;

	if (err == ERR_OK)
		settings_tell_passed(passed, settings, config_path, complaints);
	/* Whoever only checks the files may not be allowed to look into the state. */
	if (err == ERR_OK && access(settings->state, R_OK | X_OK) == 0)
		state = settings->state;
	*checked = (struct files_checked){ .settings = err == ERR_OK };
	if (err == ERR_OK)
		err = certs_new(&certs);
	if (err == ERR_OK)
		err = certificates_load(certs, settings, state, complaints);
	if (err == ERR_OK)
		err = domains_load(settings->domains, NULL, complaints, &domains);
	if (err == ERR_OK) {
		checked->counted = true;
		checked->domains = domains->count;
		check_covered(domains, certs, settings->domains, complaints, checked);
	}
	certs_free(&certs);
	domains_free(&domains);
	settings_free(&settings);
	return err == ERR_IO ? ERR_OK : err; /* a directory that cannot be read is complained about */
}
