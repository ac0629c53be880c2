/* SPDX-License-Identifier: ISC */
#include "client/reply.h"

#include <string.h>

#define TXT_PREFIX    "_mta-sts."
#define TXT_VALUE_MAX 255

/* These two go into zones and scripts as they are: nothing that could end a name, a string or a line. */
static bool is_record_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t len = strlen(name);

	return strncmp(name, TXT_PREFIX, strlen(TXT_PREFIX)) == 0 && name[len - 1] == '.' &&
	       strspn(name + 1, letters) == len - 1;
}

static bool is_record_value(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if (value[i] < ' ' || value[i] >= 0x7f || value[i] == '"' || value[i] == '\\')
			return false;
	}
	return len > 0 && len <= TXT_VALUE_MAX;
}

static enum err check_txt(const struct reply_txt *txt)
{
	return is_record_name(txt->name) && is_record_value(txt->value) ? ERR_OK : ERR_SYNTAX;
}

enum err reply_txt(json_t *reply, struct reply_txt *txt)
{
	struct reply_txt got;

	if (json_unpack(reply, "{s:s, s:s}", "name", &got.name, "value", &got.value) != 0 ||
	    check_txt(&got) != ERR_OK)
		return ERR_SYNTAX;
	*txt = got;
	return ERR_OK;
}

bool reply_is_time(const char *when)
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	if (strlen(when) != strlen(shape))
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == '0' ? when[i] < '0' || when[i] > '9' : when[i] != shape[i])
			return false;
	}
	return true;
}

enum err reply_string(const json_t *value, const char **string)
{
	if (!json_is_string(value) && !json_is_null(value))
		return ERR_SYNTAX;
	*string = json_string_value(value);
	return ERR_OK;
}

enum err reply_number(const json_t *value, json_int_t least, json_int_t *number)
{
	if (!json_is_null(value) && (!json_is_integer(value) || json_integer_value(value) < least))
		return ERR_SYNTAX;
	*number = json_is_null(value) ? least - 1 : json_integer_value(value);
	return ERR_OK;
}

static bool unpack_switch(json_t *order, struct reply_row *row)
{
	if (json_is_null(order)) {
		row->switch_mode = row->switch_since = row->switch_by = NULL;
		return true;
	}
	return json_unpack(order, "{s:s, s:s, s:s}", "mode", &row->switch_mode, "since", &row->switch_since,
			   "by", &row->switch_by) == 0;
}

enum err reply_retirement(json_t *reply, struct reply_retirement *retirement)
{
	struct reply_retirement got = { 0 };
	json_t *safe_at, *wait, *held;
	int foreign = 0;

	if (!json_is_null(reply) &&
	    (json_unpack(reply, "{s:s, s:s, s:s, s:o, s:o, s:o}", "state", &got.state, "text", &got.text,
			 "next", &got.next, "safe_at", &safe_at, "wait", &wait, "held", &held) != 0 ||
	     reply_string(safe_at, &got.safe_at) != ERR_OK || reply_number(wait, 0, &got.wait) != ERR_OK ||
	     (!json_is_null(held) && json_unpack(held, "{s:s, s:s, s:b}", "id", &got.held_id, "mode",
						 &got.held_mode, "foreign", &foreign) != 0)))
		return ERR_SYNTAX;
	got.held_foreign = foreign != 0;
	*retirement = got;
	return ERR_OK;
}

enum err reply_dns(json_t *reply, struct reply_dns *dns)
{
	struct reply_dns got = { 0 };
	json_t *seen_since, *ttl, *error;

	if (!json_is_null(reply) &&
	    (json_unpack(reply, "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "verdict", &got.verdict, "text",
			 &got.text, "at", &got.at, "id", &got.id, "seen_since", &seen_since, "ttl", &ttl,
			 "error", &error, "servers", &got.servers) != 0 ||
	     reply_string(seen_since, &got.seen_since) != ERR_OK ||
	     reply_number(ttl, 0, &got.ttl) != ERR_OK || reply_string(error, &got.error) != ERR_OK ||
	     !json_is_array(got.servers)))
		return ERR_SYNTAX;
	*dns = got;
	return ERR_OK;
}

enum err reply_server(json_t *reply, struct reply_server *server)
{
	struct reply_server got = { 0 };
	int foreign = 0;
	json_t *said;

	if (json_unpack(reply, "{s:s, s:s, s:s, s?b, s:o}", "server", &got.server, "address", &got.address,
			"verdict", &got.verdict, "foreign", &foreign, "said", &said) != 0 ||
	    reply_string(said, &got.said) != ERR_OK)
		return ERR_SYNTAX;
	got.foreign = foreign != 0;
	*server = got;
	return ERR_OK;
}

enum err reply_say_server(const struct reply_server *server, struct text *out)
{
	bool bare = *server->address == '\0';
	enum err err = text_appendf(out, "%s%s%s%s: ", server->server, bare ? "" : " (", server->address,
				    bare ? "" : ")");
	size_t begin = out->len;

	if (err == ERR_OK)
		err = text_appendf(out, "%s", server->foreign ? "other id" : server->verdict);
	for (size_t i = begin; i < out->len; i++) {
		if (out->bytes[i] == '_')
			out->bytes[i] = ' ';
	}
	if (err == ERR_OK && server->said != NULL)
		err = text_appendf(out, ": %s", server->said);
	return err;
}

enum err reply_row(json_t *reply, struct reply_row *row)
{
	struct reply_row got = { 0 };
	json_t *order, *file, *txt, *retirement, *line = NULL;
	int orphaned, refused, certificate;

	if (json_unpack(reply, "{s:s, s:s, s:I, s:s, s:s, s:s, s:o, s:o, s?o, s:b, s:b, s:b, s:o, s:o}",
			"domain", &got.domain, "mode", &got.mode, "max_age", &got.max_age, "id", &got.id,
			"published_at", &got.published_at, "standing", &got.standing, "switch", &order,
			"file", &file, "line", &line, "orphaned", &orphaned, "refused", &refused,
			"certificate", &certificate, "txt", &txt, "retirement", &retirement) != 0)
		return ERR_SYNTAX;
	if (reply_string(file, &got.file) != ERR_OK || !unpack_switch(order, &got) ||
	    reply_txt(txt, &got.txt) != ERR_OK || reply_retirement(retirement, &got.retirement) != ERR_OK)
		return ERR_SYNTAX;
	got.line = json_integer_value(line);
	got.orphaned = orphaned != 0;
	got.refused = refused != 0;
	got.certificate = certificate != 0;
	*row = got;
	return ERR_OK;
}

enum err reply_policy(json_t *reply, struct reply_policy *policy)
{
	struct reply_policy got = { 0 };

	if (!json_is_null(reply) && (json_unpack(reply, "{s:s, s:I, s:o}", "mode", &got.mode, "max_age",
						 &got.max_age, "mx", &got.mx) != 0 ||
				     !json_is_array(got.mx)))
		return ERR_SYNTAX;
	*policy = got;
	return ERR_OK;
}

enum err reply_change(json_t *reply, struct reply_change *change)
{
	struct reply_change got = { 0 };
	const char *after;
	json_t *before;
	int changed, switched, orphaned, certificate;

	if (json_unpack(reply, "{s:s, s:b, s:o, s:{s:s, s:s}, s:I, s:b, s:b, s:b, s:{s:s, s:s}}", "domain",
			&got.domain, "changed", &changed, "before", &before, "after", "mode", &after, "id",
			&got.id, "wait", &got.wait, "switched", &switched, "orphaned", &orphaned,
			"certificate", &certificate, "txt", "name", &got.txt.name, "value",
			&got.txt.value) != 0)
		return ERR_SYNTAX;
	if (!json_is_null(before) && json_unpack(before, "{s:s}", "mode", &got.before) != 0)
		return ERR_SYNTAX;
	if (mode_parse(after, &got.after) != ERR_OK || check_txt(&got.txt) != ERR_OK)
		return ERR_SYNTAX;
	got.changed = changed != 0;
	got.switched = switched != 0;
	got.orphaned = orphaned != 0;
	got.certificate = certificate != 0;
	*change = got;
	return ERR_OK;
}

enum err reply_refusal(json_t *reply, struct reply_refusal *error)
{
	struct reply_refusal got = { 0 };

	if (json_unpack(reply, "{s:{s:s, s:s, s?o}}", "error", "code", &got.code, "message", &got.message,
			"details", &got.details) != 0)
		return ERR_SYNTAX;
	*error = got;
	return ERR_OK;
}

enum err reply_array(json_t *reply, const char *name, json_t **array)
{
	json_t *value = json_object_get(reply, name);

	if (!json_is_array(value))
		return ERR_SYNTAX;
	*array = value;
	return ERR_OK;
}

enum err reply_join(const json_t *array, const char *separator, struct text *out)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *string = json_string_value(item);
		enum err err;

		if (string == NULL)
			return ERR_SYNTAX;
		err = text_appendf(out, "%s%s", i > 0 ? separator : "", string);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

enum err reply_look(json_t *reply, struct reply_look *seen)
{
	struct reply_look got = { 0 };
	json_t *dns, *retirement;

	if (json_unpack(reply, "{s:s, s:s, s:o, s:o}", "domain", &got.domain, "id", &got.id, "dns", &dns,
			"retirement", &retirement) != 0 ||
	    reply_dns(dns, &got.dns) != ERR_OK || reply_retirement(retirement, &got.retirement) != ERR_OK)
		return ERR_SYNTAX;
	*seen = got;
	return ERR_OK;
}

bool reply_look_is_right(const struct reply_look *seen)
{
	return seen->dns.verdict != NULL && strcmp(seen->dns.verdict, "right") == 0;
}
