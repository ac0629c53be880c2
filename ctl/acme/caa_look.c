/* SPDX-License-Identifier: ISC */
#include "ctl/acme/caa_look.h"

#include "base/clock.h"
#include "ctl/dns/look.h"

#include <string.h>

/* What the servers say of one name, together. */
struct level {
	size_t answers; /* that can be used */
	size_t allow;   /* of them, those with records, which allow it */
	const char *error;
};

static enum err say_forbidden(const char *name, const char *record, const struct record_answer *answer,
			      struct text *detail)
{
	enum err err = text_appendf(detail, "CAA record '");

	if (err == ERR_OK)
		err = text_append_shown(detail, record);
	if (err == ERR_OK)
		err = text_append(detail, "' at ", strlen("' at "));
	if (err == ERR_OK)
		err = text_append_shown(detail, name);
	if (err == ERR_OK && *answer->address != '\0')
		err = text_appendf(detail, " (said by %s)", answer->address);
	return err == ERR_OK ? ERR_REFUSED : err;
}

static enum err judge(const char *name, const struct look *look, const struct caa_issuer *issuer,
		      struct level *level, struct text *detail)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct record_answer *answer = &look->answer[i];
		const char *which = NULL;

		/* What is beyond those that are held may decide. */
		if (!look_is_answer(answer) || answer->text_count == RECORD_TEXTS_MAX) {
			level->error = answer->error != NULL ? answer->error : "too many records";
			continue;
		}
		level->answers++;
		switch (caa_judge(answer->texts, answer->text_count, issuer, &which)) {
		case CAA_FORBIDDEN:
			return say_forbidden(name, which, answer, detail);
		case CAA_ALLOWED:
			level->allow++;
			break;
		case CAA_NONE:
		default:
			break;
		}
	}
	return ERR_OK;
}

static enum err look_at_level(const struct ask_way *way, const char *name, const struct caa_issuer *issuer,
			      struct level *level, struct text *detail)
{
	struct look look = { 0 };
	enum err err = look_at(way, name, ns_t_caa, &look);

	if (err == ERR_OK)
		err = judge(name, &look, issuer, level, detail);
	look_free(&look);
	return err;
}

static enum err say_unknown(const char *name, const char *why, struct text *detail)
{
	enum err err = text_appendf(detail, "CAA records of ");

	if (err == ERR_OK)
		err = text_append_shown(detail, name);
	if (err == ERR_OK)
		err = text_appendf(detail, ": %s", why);
	return err == ERR_OK ? ERR_AGAIN : err;
}

enum err caa_look(const struct ask_way *way, const char *host, const struct caa_issuer *issuer,
		  uint64_t until_ms, struct text *detail)
{
	for (const char *name = host; name != NULL; name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL) {
		struct level level = { .error = "no answer" };
		enum err err;

		if (clock_ms() >= until_ms)
			return say_unknown(name, "name servers take too long", detail);
		err = look_at_level(way, name, issuer, &level, detail);
		if (err != ERR_OK)
			return err;
		if (level.answers == 0)
			return say_unknown(name, level.error, detail);
		if (level.allow == level.answers)
			return ERR_OK;
	}
	return ERR_OK;
}
