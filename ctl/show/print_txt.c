/* SPDX-License-Identifier: ISC */
#include "ctl/show/print_txt.h"

void print_txt_record(FILE *out, enum options_format format, const struct reply_txt *txt, bool only_would_be)
{
	const char *begin = only_would_be ? "; would be: " : "";

	if (format == FORMAT_NSUPDATE)
		(void)fprintf(out, "%supdate delete %s TXT\n%supdate add %s %d TXT \"%s\"\n%ssend\n", begin,
			      txt->name, begin, txt->name, PRINT_TXT_TTL, txt->value, begin);
	else
		(void)fprintf(out, "%s%s %d IN TXT \"%s\"\n", begin, txt->name, PRINT_TXT_TTL, txt->value);
}

enum err print_txt(const struct print_view *view, json_t *reply)
{
	json_t *domains = NULL;
	json_t *domain;
	size_t i;

	if (reply_array(reply, "domains", &domains) != ERR_OK)
		return ERR_SYNTAX;
	json_array_foreach(domains, i, domain)
	{
		struct reply_row row;

		if (reply_row(domain, &row) != ERR_OK)
			return ERR_SYNTAX;
		print_txt_record(view->out, view->format, &row.txt, false);
	}
	if (i == 0)
		(void)fputs("no domains: nothing to publish\n", view->aside);
	return ERR_OK;
}
