/* SPDX-License-Identifier: ISC */
#include "ctl/orders/csr.h"

#include "api/shape_acme.h"

#include <string.h>

/* Line after line, so that nothing but the ends of lines is let through as it is. */
static void print_lines(FILE *out, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		print_escaped(out, text, len);
		(void)fputc('\n', out);
	}
}

enum err csr_print(const struct print_view *view, json_t *reply)
{
	struct api_requested requested;
	struct text names = { 0 };
	enum err err = shape_read(&shape_requested, reply, &requested);

	if (err == ERR_OK)
		err = print_join(requested.names, ", ", &names);
	if (err != ERR_OK)
		goto out;
	print_lines(view->out, requested.request);
	(void)fputs("certificate request for ", view->aside);
	print_escaped(view->aside, names.bytes, names.len);
	(void)fputs("\nits key (", view->aside);
	print_text(view->aside, requested.key);
	(void)fprintf(view->aside,
		      ", made %s) stays with the daemon\n"
		      "next: have the request signed, then run mta-stsctl cert install CHAIN\n",
		      requested.since);
out:
	text_free(&names);
	return err;
}
