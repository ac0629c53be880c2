/* SPDX-License-Identifier: ISC */
#include "ctl/acme/obtained.h"

#include "ctl/cli/print.h"
#include "ctl/show/certificates.h"

#include <stdlib.h>
#include <string.h>

#define KEPT "the authority has made it, it is kept, and the next run installs it"

enum err obtained_fail(struct obtained *obtained, enum run_status status, const char *problem,
		       json_t *details)
{
	const char *first = json_string_value(json_array_get(details, 0));

	obtained->status = status;
	obtained->details = details;
	free(obtained->problem);
	obtained->problem = strdup(problem != NULL ? problem : first != NULL ? first : "not known why");
	if (problem == NULL)
		(void)json_array_remove(details, 0);
	return obtained->problem != NULL ? ERR_OK : ERR_NO_MEMORY;
}

bool obtained_is_kept(const struct obtained *obtained)
{
	return obtained->kept != NULL && obtained->installed == NULL && !obtained->is_refused;
}

const struct obtained *obtained_find(const struct obtained items[], size_t count, const char *domain)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].domain, domain) == 0)
			return &items[i];
	return NULL;
}

static void print_failure(FILE *out, const struct obtained *obtained)
{
	json_t *line;
	size_t i;

	(void)fprintf(out, "%s: %s%s%s: %s\n", obtained->domain,
		      obtained->status == RUN_UNKNOWN ? "NOT KNOWN whether installed" : "NOT obtained",
		      obtained->where != NULL ? " from " : "", obtained->where != NULL ? obtained->where : "",
		      obtained->problem);
	json_array_foreach(obtained->details, i, line) print_name(out, "", json_string_value(line));
	if (obtained_is_kept(obtained))
		print_name(out, "", KEPT);
}

enum err obtained_print(FILE *out, const struct obtained *obtained)
{
	struct api_installed installed;
	struct text left = { 0 };
	enum err err;

	if (obtained->installed == NULL) {
		print_failure(out, obtained);
		return ERR_OK;
	}
	err = shape_read(&shape_installed, obtained->installed, &installed);
	if (err == ERR_OK)
		err = certificates_say_left(&installed.certificate, &left);
	if (err == ERR_OK) {
		(void)fprintf(out, "%s: obtained%s%s, valid until %s, %s%s\n", obtained->domain,
			      obtained->where != NULL ? " from " : "",
			      obtained->where != NULL ? obtained->where : "", installed.certificate.not_after,
			      left.bytes,
			      installed.certificate.used ? "" : " (not used, a better one is there)");
		err = print_complaints(out, installed.complaints, "--json shows them all");
	}
	text_free(&left);
	return err;
}

static size_t count_done(const struct obtained items[], size_t count)
{
	size_t done = 0;

	for (size_t i = 0; i < count; i++)
		done += items[i].installed != NULL;
	return done;
}

static void print_again(FILE *out, const struct obtained items[], size_t count, bool due)
{
	size_t left = 0;

	(void)fputs(
		due ? "next: put that right; --due tries again by itself, and at once mta-stsctl cert obtain"
		    : "next: put that right, and run the same command again for",
		out);
	for (size_t i = 0; i < count; i++) {
		if (items[i].installed == NULL && left++ < PRINT_SOME)
			(void)fprintf(out, " %s", items[i].domain);
	}
	(void)fputc('\n', out);
	print_rest(out, "  ", (json_int_t)left - PRINT_SOME, "they are named above");
}

void obtained_print_next(FILE *out, const struct obtained items[], size_t count, bool due)
{
	size_t done = count_done(items, count);

	if (done < count) {
		(void)fprintf(
			out,
			"\nobtained %zu of %zu; certificates that were in use before are not taken away\n",
			done, count);
		print_again(out, items, count, due);
	} else {
		(void)fprintf(out, "next: mta-stsctl check %s tries it as a sender would; %s\n",
			      items[0].domain,
			      due ? "--due renews it, run again and again"
				  : "the same command renews it, when cert list says \"soon\"");
	}
}

static json_t *row_of(const struct obtained *obtained)
{
	json_t *certificate = json_object_get(obtained->installed, "certificate");

	return json_pack("{s:s, s:s?, s:b, s:b, s:O?, s:s?, s:s?, s:O?}", "domain", obtained->domain,
			 "authority", obtained->where, "obtained", obtained->installed != NULL, "kept",
			 obtained_is_kept(obtained), "certificate", certificate, "held",
			 obtained->held != 0 ? ordering_state_text(obtained->held) : NULL, "problem",
			 obtained->problem, "details", obtained->details);
}

enum err obtained_print_json(FILE *out, const struct obtained items[], size_t count)
{
	json_t *rows = json_array();
	size_t done = count_done(items, count);
	json_t *all;
	enum err err = rows != NULL ? ERR_OK : ERR_NO_MEMORY;

	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = json_array_append_new(rows, row_of(&items[i])) == 0 ? ERR_OK : ERR_NO_MEMORY;
	all = json_pack("{s:I, s:I, s:o}", "obtained", (json_int_t)done, "failed", (json_int_t)(count - done),
			"domains", rows);
	if (err == ERR_OK)
		err = all != NULL ? print_json(out, all) : ERR_NO_MEMORY;
	json_decref(all);
	return err;
}

enum run_status obtained_status(const struct obtained items[], size_t count)
{
	enum run_status status = RUN_DONE;

	for (size_t i = 0; i < count; i++) {
		if (items[i].status == RUN_UNKNOWN)
			return RUN_UNKNOWN;
		if (items[i].status != RUN_DONE)
			status = RUN_NOT_DONE;
	}
	return status;
}

void obtained_free(struct obtained *obtained)
{
	json_decref(obtained->requested);
	json_decref(obtained->installed);
	json_decref(obtained->details);
	free(obtained->problem);
	free(obtained->kept);
	*obtained = (struct obtained){ .domain = obtained->domain };
}
