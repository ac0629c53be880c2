/* SPDX-License-Identifier: ISC */
#include "ctl/orders/web_root.h"

#include "ctl/cli/print.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static bool is_domain(const char *name, char domain[DOMAIN_SIZE])
{
	return strchr(name, '.') != NULL && domain_normalise(name, domain, NULL) == ERR_OK;
}

/* From the directory of the file upwards. */
static enum err find_domain(char *path, bool host, char domain[DOMAIN_SIZE])
{
	char *slash;

	while ((slash = strrchr(path, '/')) != NULL) {
		const char *name, *of_host;

		*slash = '\0';
		name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
		of_host = host ? domain_of_host(name) : NULL;
		if ((of_host != NULL || !host) && is_domain(of_host != NULL ? of_host : name, domain))
			return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

enum err web_root_domain(const char *path, char domain[DOMAIN_SIZE])
{
	enum err err = ERR_NOT_FOUND;

	for (int host = 1; host >= 0 && err == ERR_NOT_FOUND; host--) {
		char *copy = strdup(path);

		err = copy != NULL ? find_domain(copy, host != 0, domain) : ERR_NO_MEMORY;
		free(copy);
	}
	return err;
}

static int by_domain(const void *a, const void *b)
{
	return strcmp(((const struct web_file *)a)->domain, ((const struct web_file *)b)->domain);
}

static enum err add(struct web_root *root, const char *path, FILE *err)
{
	struct web_file *file = &root->item[root->count];
	enum err result = web_root_domain(path, file->domain);

	if (result == ERR_NOT_FOUND) {
		if (root->refused++ < PRINT_SOME)
			print_problem(err,
				      "'%s' is left out: no directory of its path is named after a domain; "
				      "adopt it with --policy",
				      path);
		return ERR_OK;
	}
	file->path = result == ERR_OK ? strdup(path) : NULL;
	if (file->path == NULL)
		return ERR_NO_MEMORY;
	root->count++;
	return ERR_OK;
}

/* Of two files of one domain nobody knows which is served. */
static void leave_out_twins(struct web_root *root, FILE *err)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < root->count; i = next) {
		next = i + 1;
		while (next < root->count && strcmp(root->item[i].domain, root->item[next].domain) == 0)
			next++;
		if (next == i + 1) {
			root->item[kept++] = root->item[i];
			continue;
		}
		if (root->refused++ < PRINT_SOME)
			print_problem(
				err,
				"%s is left out: there are two files of it, '%s' and '%s'; adopt it with "
				"--policy",
				root->item[i].domain, root->item[i].path, root->item[i + 1].path);
		for (size_t j = i; j < next; j++)
			free(root->item[j].path);
	}
	root->count = kept;
}

enum err web_root_find(const char *pattern, FILE *err, struct web_root *root)
{
	glob_t found = { 0 };
	int answer = glob(pattern, 0, NULL, &found);
	enum err result = answer == GLOB_NOSPACE ? ERR_NO_MEMORY : ERR_OK;

	if (answer != 0 && result == ERR_OK) {
		print_problem(err, "--files '%s' matches no file that can be read: quote the pattern",
			      pattern);
		result = ERR_NOT_FOUND;
	}
	if (result == ERR_OK)
		root->item = calloc(found.gl_pathc, sizeof(*root->item));
	if (result == ERR_OK && root->item == NULL)
		result = ERR_NO_MEMORY;
	for (size_t i = 0; result == ERR_OK && i < found.gl_pathc; i++)
		result = add(root, found.gl_pathv[i], err);
	globfree(&found);
	if (result != ERR_OK)
		return result;
	qsort(root->item, root->count, sizeof(*root->item), by_domain);
	leave_out_twins(root, err);
	print_rest(err, PRINT_PROBLEM, (json_int_t)root->refused - PRINT_SOME, "see to these first");
	return ERR_OK;
}

void web_root_free(struct web_root *root)
{
	for (size_t i = 0; i < root->count; i++)
		free(root->item[i].path);
	free(root->item);
	*root = (struct web_root){ 0 };
}
