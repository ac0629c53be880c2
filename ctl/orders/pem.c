/* SPDX-License-Identifier: ISC */
#include "ctl/orders/pem.h"

#include "base/file.h"
#include "ctl/cli/problem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A member of the request, what its file must hold, and what to do about one that does not. */
static const struct part {
	const char *field;
	const char *mark;
	const char *without;
} parts[] = {
	{ "certificate", "CERTIFICATE-----",
	  "holds no certificate in PEM: name the file with the certificate and its issuers first, then the "
	  "key" },
	{ "key", "PRIVATE KEY-----",
	  "holds no private key in PEM: name the file with the certificate and its issuers first, then the "
	  "key" },
};

static enum err refuse(const char *path, enum err read, const char *why, FILE *err)
{
	if (read == ERR_NO_MEMORY)
		return read;
	if (read == ERR_RANGE)
		problem_print(err, "'%s' is longer than 64 KiB: leave only the chain and its key in it",
			      path);
	else if (read == ERR_IO && access(path, R_OK) != 0 && errno == EACCES)
		problem_print(err, "'%s' may not be read by this user: run it as root", path);
	else
		problem_print(err, "'%s' %s: name the files of the chain and its key", path, why);
	return ERR_REFUSED;
}

static enum err put(const struct part *part, const struct file *file, const char *path, FILE *err,
		    json_t *fields)
{
	json_t *text;

	if (memmem(file->bytes, file->len, part->mark, strlen(part->mark)) == NULL) {
		problem_print(err, "'%s' %s", path, part->without);
		return ERR_REFUSED;
	}
	text = json_stringn(file->bytes, file->len);
	if (text == NULL || memchr(file->bytes, '\0', file->len) != NULL) {
		json_decref(text);
		problem_print(err, "'%s' holds more than text: leave only its parts in PEM", path);
		return ERR_REFUSED;
	}
	return json_object_set_new(fields, part->field, text) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

enum err pem_load(const char *chain, const char *key, FILE *err, json_t **fields)
{
	const char *const paths[] = { chain, key };
	json_t *got = json_object();
	enum err result = got != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && result == ERR_OK; i++) {
		struct file file = { 0 };
		const char *why = "";

		result = file_read(paths[i], PEM_MAX, &file, &why);
		if (result == ERR_OK)
			result = put(&parts[i], &file, paths[i], err, got);
		else
			result = refuse(paths[i], result, why, err);
		file_free(&file);
	}
	if (result == ERR_OK)
		*fields = got;
	else
		json_decref(got);
	return result;
}
