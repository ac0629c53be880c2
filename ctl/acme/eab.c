/* SPDX-License-Identifier: ISC */
#include "ctl/acme/eab.h"

#include "base/file.h"
#include "ctl/cli/print.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static enum err refuse(FILE *err, const char *path, const char *why)
{
	print_problem(err, "the credentials in '%s' cannot be used: %s", path, why);
	return ERR_REFUSED;
}

/* As uacme takes them; spaces and what is not visible are in none. */
static bool are_credentials(const char *line)
{
	const char *colon = strchr(line, ':');

	if (colon == NULL || colon == line || colon[1] == '\0')
		return false;
	for (const char *at = line; at < colon; at++)
		if (*at <= ' ' || *at >= 0x7f)
			return false;
	return colon[1 + strspn(colon + 1, BASE64URL)] == '\0';
}

static bool is_private(const struct stat *status)
{
	return (status->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	       (status->st_uid == geteuid() || status->st_uid == 0);
}

enum err eab_read(const char *path, FILE *err, char credentials[EAB_SIZE])
{
	struct file file = { 0 };
	const char *why = NULL;
	enum err result = file_read(path, EAB_SIZE - 1, &file, &why);

	if (result == ERR_NO_MEMORY)
		return result;
	if (result != ERR_OK)
		return refuse(err, path, why);
	if (file.len > 0 && file.bytes[file.len - 1] == '\n')
		file.bytes[--file.len] = '\0';
	if (!is_private(&file.status))
		result = refuse(err, path, "others may read it: chmod 600, as its owner");
	else if (strlen(file.bytes) != file.len || !are_credentials(file.bytes))
		result = refuse(err, path, "not one line KEYID:KEY, the key in base64url");
	else
		memcpy(credentials, file.bytes, file.len + 1);
	file_free(&file);
	return result;
}
