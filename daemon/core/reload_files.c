/* SPDX-License-Identifier: ISC */
#include "core/reload.h"

#include <stdlib.h>
#include <string.h>

enum err reload_open_files(const char *config_path, struct settings **settings, struct reload_files *files)
{
	char *path = strdup(config_path);

	if (path == NULL)
		return ERR_NO_MEMORY;
	*files = (struct reload_files){ .config_path = path, .started = *settings, .settings = *settings };
	*settings = NULL;
	return ERR_OK;
}

void reload_close_files(struct reload_files *files)
{
	complaints_free(&files->complaints);
	domains_free(&files->domains);
	names_free(&files->told);
	if (files->settings != files->started)
		settings_free(&files->settings);
	settings_free(&files->started);
	free(files->config_path);
	*files = (struct reload_files){ .config_path = NULL };
}
