/* SPDX-License-Identifier: ISC */
#include "app/daemon.h"
#include "app/journal.h"
#include "app/options.h"
#include "config.h"
#include "log/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

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
	journal_open();
	(void)umask(0077);
	if (options.restore != NULL)
		return daemon_restore(&options);
	return options.check ? daemon_check(&options) : daemon_run(&options);
}
