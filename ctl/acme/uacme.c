/* SPDX-License-Identifier: ISC */
#include "ctl/acme/uacme.h"

#include "ctl/acme/proving.h"
#include "ctl/cli/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* What it says, version 1.7, on the ways on which its exit status is the same for all. */
#define TOOK_NONE      "no challenge completed"
#define ASKS_FOR_TERMS "accept the terms at "
#define ASKS_FOR_EAB   "requires external credentials"
#define HAS_ACCOUNT    "Account already exists at "

/* The problem that is no fault of anybody; so often one is tried again. */
#define BAD_NONCE  UACME_PROBLEM "badNonce"
#define NONCE_MORE 3

enum err uacme_find(FILE *err, struct uacme *uacme)
{
	if (child_find("uacme", uacme->path) == ERR_OK)
		return ERR_OK;
	print_problem(err, "uacme, which speaks with the authority, is not installed: apt install uacme");
	return ERR_REFUSED;
}

static enum err put_line(const char *line, json_t *lines)
{
	struct text shown = { 0 };
	enum err err;

	if (strncmp(line, PRINT_PROBLEM, strlen(PRINT_PROBLEM)) == 0)
		line += strlen(PRINT_PROBLEM);
	if (*line == '\0')
		return ERR_OK;
	err = text_append_shown(&shown, line);
	if (err == ERR_OK && json_array_append_new(lines, json_stringn(shown.bytes, shown.len)) != 0)
		err = ERR_NO_MEMORY;
	text_free(&shown);
	return err;
}

enum err uacme_take_lines(const char *text, json_t *lines)
{
	size_t before = json_array_size(lines);
	char *copy = strdup(text), *rest = copy;
	enum err err = copy != NULL ? ERR_OK : ERR_NO_MEMORY;
	const char *line;

	while (err == ERR_OK && (line = strsep(&rest, "\n")) != NULL) {
		err = put_line(line, lines);
		if (json_array_size(lines) > before + UACME_LINES_MAX)
			(void)json_array_remove(lines, before);
	}
	free(copy);
	return err;
}

static const char *output_of(const struct child *child)
{
	return child->output.bytes != NULL ? child->output.bytes : "";
}

/* Whether the last thing that the authority said is that it did not know a nonce (RFC 8555, section 6.5). */
static bool ended_by_nonce(const struct child *child)
{
	const char *last = NULL;

	for (const char *at = output_of(child); (at = strstr(at, UACME_PROBLEM)) != NULL; at++)
		last = at;
	return last != NULL && strncmp(last, BAD_NONCE, strlen(BAD_NONCE)) == 0;
}

/* That means no more than to try again, which uacme does not do at each step; what was validated stays so. */
static enum err run(const char *const argv[], struct child *child)
{
	enum err err = child_run(argv, UACME_TIMEOUT_MS, child);

	for (unsigned more = NONCE_MORE;
	     err == ERR_OK && !child_exited(child, 0) && ended_by_nonce(child) && more > 0; more--) {
		child_free(child);
		err = child_run(argv, UACME_TIMEOUT_MS, child);
	}
	return err;
}

/* Why a run did not do what it should; NULL: it did. */
static const char *failure(enum err run, const struct child *child)
{
	if (run != ERR_OK)
		return "uacme cannot be started";
	if (child->timed_out)
		return "uacme was stopped, since it did not end within 10 minutes";
	if (WIFSIGNALED(child->status))
		return "uacme was killed";
	return child_exited(child, 0) ? NULL : "uacme got no certificate";
}

static enum err issue_by(unsigned ways, const struct uacme *uacme, const char *directory,
			 const char **problem, bool *cut_off, json_t *lines)
{
	char *hook = account_path(uacme->account, ACCOUNT_HOOK);
	char *request = account_path(uacme->account, ACCOUNT_REQUEST);
	const char *const argv[] = { uacme->path, "-a", directory, "-c",    uacme->account->folder,
				     "-h",        hook, "issue",   request, NULL };
	struct child child = { 0 };
	enum err err = hook != NULL && request != NULL ? proving_let(ways) : ERR_NO_MEMORY;
	const char *why;

	if (err == ERR_OK)
		err = run(argv, &child);
	why = failure(err, &child);

	if (err != ERR_NO_MEMORY && why != NULL) {
		*problem = why;
		*cut_off = err == ERR_OK && (child.timed_out || WIFSIGNALED(child.status));
		err = uacme_take_lines(err == ERR_IO ? strerror(errno) : output_of(&child), lines);
		if (err == ERR_OK)
			err = ERR_REFUSED;
	}
	child_free(&child);
	free(hook);
	free(request);
	return err;
}

/* None of the challenges was begun. */
static bool took_none(const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (strstr(json_string_value(line), TOOK_NONE) != NULL)
			return true;
	}
	return false;
}

enum err uacme_issue(const struct uacme *uacme, const char *directory, unsigned ways, const char **problem,
		     bool *cut_off, json_t *lines)
{
	bool both = ways == PROVING_ALL;
	enum err err = issue_by(both ? PROVING_TLS_ALPN : ways, uacme, directory, problem, cut_off, lines);

	if (!both || err != ERR_REFUSED || *cut_off || !took_none(lines))
		return err;
	(void)json_array_clear(lines);
	return issue_by(PROVING_HTTP, uacme, directory, problem, cut_off, lines);
}

static enum err explain(const char *what, const char *text, FILE *err)
{
	json_t *lines = json_array();
	enum err result = lines != NULL ? uacme_take_lines(text, lines) : ERR_NO_MEMORY;

	if (result == ERR_OK) {
		print_problem(err, "%s", what);
		for (size_t i = 0; i < json_array_size(lines); i++)
			print_problem(err, "  %s", json_string_value(json_array_get(lines, i)));
		result = ERR_REFUSED;
	}
	json_decref(lines);
	return result;
}

/* It asks, and gets no answer. */
static enum err ask_for_agreement(const char *directory, const char *terms, FILE *err)
{
	terms += strlen(ASKS_FOR_TERMS);
	print_problem(err, "there is no account at %s yet, and it requires agreement to its terms: %.*s",
		      directory, (int)strcspn(terms, "\n"), terms);
	print_problem(
		err,
		"if you agree to them, add --agree, and --email ADDRESS if the authority shall be able to "
		"reach you");
	return ERR_REFUSED;
}

/* A URI alone stands behind it; anything else is not taken for one. */
static void read_uri(const char *said, char uri[ACCOUNT_URI_SIZE])
{
	const char *at = strstr(said, HAS_ACCOUNT);
	size_t len = at != NULL ? strcspn(at += strlen(HAS_ACCOUNT), " \r\n") : 0;
	bool is_one = len > 0 && len <= ACCOUNT_URI_MAX && strncmp(at, "https://", strlen("https://")) == 0;

	for (size_t i = 0; i < len && is_one; i++)
		is_one = at[i] > ' ' && at[i] < 0x7f && strchr("\";<>", at[i]) == NULL;
	(void)snprintf(uri, ACCOUNT_URI_SIZE, "%.*s", is_one ? (int)len : 0, is_one ? at : "");
}

/* It says which account there is when it is to make one: once, since it asks the authority.  Without it CAA
 * records are judged as far as they can be. */
static void learn_uri(const struct uacme *uacme, const char *directory)
{
	const char *const argv[] = {
		uacme->path, "-a", directory, "-c", uacme->account->folder, "new", NULL
	};
	struct child child = { 0 };
	char uri[ACCOUNT_URI_SIZE];

	if (run(argv, &child) == ERR_OK && !child.timed_out && WIFEXITED(child.status)) {
		read_uri(output_of(&child), uri);
		if (child_exited(&child, 0) || strstr(output_of(&child), HAS_ACCOUNT) != NULL)
			(void)account_note(uacme->account, directory, uri);
	}
	child_free(&child);
}

static enum err conclude(const struct uacme *uacme, const char *directory, bool agreed,
			 const struct child *child, FILE *err)
{
	const char *said = output_of(child);
	const char *terms = strstr(said, ASKS_FOR_TERMS);

	if (child_exited(child, 0) || strstr(said, HAS_ACCOUNT) != NULL) {
		if (account_note(uacme->account, directory, NULL) == ERR_OK)
			return ERR_OK;
		return explain("the account directory cannot be written to", strerror(errno), err);
	}
	if (strstr(said, ASKS_FOR_EAB) != NULL) {
		print_problem(
			err,
			"%s makes accounts only for its customers: put the credentials that it gave you, "
			"KEYID:KEY, into a file that nobody else may read, and add --eab FILE",
			directory);
		return ERR_REFUSED;
	}
	if (!agreed && terms != NULL)
		return ask_for_agreement(directory, terms, err);
	return explain("no account could be made at the authority, uacme says:", said, err);
}

enum err uacme_enrol(const struct uacme *uacme, const char *directory, bool agreed, const char *eab,
		     const char *email, FILE *err)
{
	const char *argv[CHILD_WORDS_MAX + 1] = { uacme->path, "-a", directory, "-c",
						  uacme->account->folder };
	char uri[ACCOUNT_URI_SIZE];
	size_t words = 5;
	struct child child = { 0 };
	enum err result;

	if (!agreed && account_is_known(uacme->account->folder, directory)) {
		if (!account_uri(uacme->account->folder, directory, uri))
			learn_uri(uacme, directory);
		return ERR_OK;
	}
	if (agreed)
		argv[words++] = "-y";
	/* It takes them in no other way; they are in the list of processes as long as it runs. */
	if (eab != NULL) {
		argv[words++] = "-e";
		argv[words++] = eab;
	}
	argv[words++] = "new";
	argv[words] = email;
	result = run(argv, &child);
	if (result == ERR_OK)
		result = conclude(uacme, directory, agreed, &child, err);
	else if (result == ERR_IO)
		result = explain("uacme cannot be started", strerror(errno), err);
	/* The key may be another one than before. */
	if (result == ERR_OK)
		learn_uri(uacme, directory);
	child_free(&child);
	return result;
}
