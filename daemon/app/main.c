/* SPDX-License-Identifier: ISC */
#include "app/daemon.h"
#include "app/notify.h"
#include "app/offline.h"
#include "app/options.h"
#include "config.h"
#include "log/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

static int exit_status(enum err err)
{
	static const int statuses[ERR_COUNT] = {
		[ERR_NO_MEMORY] = EX_OSERR, [ERR_NOT_FOUND] = EX_NOINPUT, [ERR_EXISTS] = EX_UNAVAILABLE,
		[ERR_RANGE] = EX_CONFIG,    [ERR_SYNTAX] = EX_CONFIG,     [ERR_REFUSED] = EX_CONFIG,
		[ERR_IO] = EX_OSERR,        [ERR_STORE] = EX_IOERR,       [ERR_UNKNOWN] = EX_IOERR,
	};

	if (err == ERR_OK)
		return EX_OK;
	return err < ERR_COUNT && statuses[err] != 0 ? statuses[err] : EX_SOFTWARE;
}

int main(int argc, char **argv)
{
	struct options options;

	if (!options_parse(argc, argv, &options))
		return EX_USAGE;
	if (options.help) {
		options_help();
		return EX_OK;
	}
	if (options.version) {
		(void)printf("mta-stsd %s\n", PACKAGE_VERSION);
		return EX_OK;
	}
	log_open();
	notify_open_journal();
	(void)umask(0077);
	if (options.backup != NULL)
		return exit_status(offline_backup(options.config, options.backup, options.keep));
	if (options.restore != NULL)
		return exit_status(offline_restore(options.config, options.restore));
	return exit_status(options.check ? offline_check(options.config) : daemon_run(options.config));
}
