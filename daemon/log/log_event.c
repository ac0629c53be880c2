/* SPDX-License-Identifier: ISC */
#include "log/log_event.h"

#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct event table[EVENT_COUNT] = {
	[EVENT_READY] = { "daemon ready", LOG_LEVEL_NOTICE, "2556f9e22c104a9fb087ee7565bdb7a0" },
	[EVENT_NOT_STARTED] = { "daemon not started", LOG_LEVEL_ERROR, "0f0f7b39facc4968aa30f17da909f980" },
	[EVENT_STOPPING] = { "daemon stopping", LOG_LEVEL_NOTICE, "29683abe68c741478e86fcdca1d0b81a" },
	[EVENT_DOMAIN_PUBLISHED] = { "domain published", LOG_LEVEL_NOTICE,
				     "48aae7eb30db49d0a66344ff5b92cede" },
	[EVENT_UNDO_DONE] = { "undo done", LOG_LEVEL_NOTICE, "0403bb10ee6d4412b160532821505092" },
	[EVENT_DOMAIN_FORGOTTEN] = { "domain forgotten", LOG_LEVEL_NOTICE,
				     "6c4704e0601e40f19be847a0df1f07b2" },
	[EVENT_ORDER_NOT_DONE] = { "order not done", LOG_LEVEL_WARNING, "2672d3629d3045fb8d5957d53ddcdb36" },
	[EVENT_UNDO_NOT_DONE] = { "undo not done", LOG_LEVEL_WARNING, "af2b1e8b5bd244e598aeb9fca21b5c79" },
	[EVENT_FORGET_NOT_DONE] = { "forget not done", LOG_LEVEL_WARNING,
				    "04c2b736276347d693ba4ad2a076cc43" },
	[EVENT_RELOAD_DONE] = { "reload done", LOG_LEVEL_NOTICE, "d21d0387027f4d4cae621b7fd5bf9d42" },
	[EVENT_RELOAD_NOT_DONE] = { "reload not done", LOG_LEVEL_ERROR, "206fac2cd9564be1ab5203b448a7e72f" },
	[EVENT_COMPLAINT_ERROR] = { "complaint, an error", LOG_LEVEL_ERROR,
				    "764abbf4578a488ebb64d7c975ebed9d" },
	[EVENT_COMPLAINT_WARNING] = { "complaint, a warning", LOG_LEVEL_WARNING,
				      "2a77ab86171a4fcca6355dc5a93daafe" },
	[EVENT_DOMAIN_ORPHANED] = { "domain orphaned", LOG_LEVEL_WARNING,
				    "05a6f1debcda4e62899548be3b725ce1" },
	[EVENT_CERTIFICATE_INSTALLED] = { "certificate installed", LOG_LEVEL_NOTICE,
					  "022ad0a766644ec6ac4d59233b5cc95e" },
	[EVENT_CERTIFICATE_NOT_INSTALLED] = { "certificate not installed", LOG_LEVEL_WARNING,
					      "d3b039c0b6384c839651145a09be4df9" },
	[EVENT_CERTIFICATE_SOON] = { "certificate expires soon", LOG_LEVEL_WARNING,
				     "dff3a1da46e3485c9fc62ba7590d1a70" },
	[EVENT_CERTIFICATE_URGENT] = { "certificate expires within days", LOG_LEVEL_ERROR,
				       "c7d5d3bd2eee4438ab6525febff797a6" },
	[EVENT_CERTIFICATE_EXPIRED] = { "certificate expired", LOG_LEVEL_ERROR,
					"a7574a26c7524f82ab14178f47d1c88b" },
	[EVENT_ORDERS_FAIL] = { "certificate orders fail", LOG_LEVEL_WARNING,
				"3784bb9e6f3b49e79fe0a48329a63684" },
	[EVENT_ORDERS_WORK] = { "certificate orders fail no more", LOG_LEVEL_NOTICE,
				"412652f483514ac78f56f11f6c263616" },
	[EVENT_STORE_FAILED] = { "store failed", LOG_LEVEL_ERROR, "6522d3e1f3a14f86b73f193b39cb0a19" },
	[EVENT_STORE_DOUBTFUL] = { "store doubtful", LOG_LEVEL_ERROR, "f70e058b9af04073b4ebdad58684bae0" },
	[EVENT_STORE_DAMAGED] = { "store damaged", LOG_LEVEL_ERROR, "7adfdcbb18944eadb17f5a14b9715b87" },
	[EVENT_DOMAIN_UNREADABLE] = { "domain unreadable", LOG_LEVEL_ERROR,
				      "da31117ce97347acba445ddfc31a2ae7" },
	[EVENT_STORE_READABLE] = { "store readable again", LOG_LEVEL_NOTICE,
				   "b769a550eaae41b890b98e2200108976" },
	[EVENT_RESERVE_GIVEN_UP] = { "reserve given up", LOG_LEVEL_WARNING,
				     "26370b6f7dcf4a10b9d7861941946c06" },
	[EVENT_DISK_NEARLY_FULL] = { "disk nearly full", LOG_LEVEL_WARNING,
				     "1ed9afdc9ead439fa074d96d76b6e604" },
	[EVENT_DISK_HAS_ROOM] = { "disk has room again", LOG_LEVEL_NOTICE,
				  "0984c28f16a0497081c89d9e459aff7d" },
	[EVENT_CLOCK_JUMPED] = { "clock jumped", LOG_LEVEL_WARNING, "520f700846c14012a2e7407ca818b45d" },
	[EVENT_CONNECTIONS_LOWERED] = { "max_connections lowered", LOG_LEVEL_WARNING,
					"1895fa9feaba4c3bb80d801bef7d6ade" },
	[EVENT_WORKER_SILENT] = { "worker does not answer", LOG_LEVEL_ERROR,
				  "d2fa236a88a145578901fa946a05f994" },
	[EVENT_REQUEST_REFUSED] = { "control request refused", LOG_LEVEL_WARNING,
				    "85b603edd52a4e89ac4e8c8d2130df3c" },
};

const struct event *log_event_row(enum log_event event)
{
	assert(event < EVENT_COUNT);
	return &table[event];
}

#define MESSAGE "MESSAGE="

/* As long as a line on standard error. */
#define LINE_SIZE 4000

/* A name and 1000 bytes of value. */
#define FIELD_SIZE 1024
#define VALUE_MAX  1000

#define FIELDS_MAX 12

/* The fields of one event. */
struct record {
	struct iovec field[FIELDS_MAX];
	char text[FIELDS_MAX][FIELD_SIZE];
	size_t count;
};

static log_event_sink *sink;

void log_event_open(log_event_sink *to)
{
	sink = to;
}

static void put(struct record *record, char *text)
{
	record->field[record->count++] = (struct iovec){ .iov_base = text, .iov_len = strlen(text) };
}

static void put_text(struct record *record, const char *name, const char *value)
{
	char *text = record->text[record->count];
	size_t len;

	if (value == NULL || value[0] == '\0')
		return;
	len = (size_t)snprintf(text, FIELD_SIZE, "%s=", name);
	(void)text_show(value, text + len, VALUE_MAX + 1);
	put(record, text);
}

static void put_number(struct record *record, const char *name, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	put_text(record, name, text);
}

static void put_fields(struct record *record, const struct log_fields *fields)
{
	const struct {
		const char *name;
		const char *value;
	} texts[] = {
		{ "MTA_STS_DOMAIN", fields->domain }, { "MTA_STS_MODE", fields->mode },
		{ "MTA_STS_ID", fields->id },         { "MTA_STS_WHO", fields->who },
		{ "MTA_STS_REASON", fields->reason }, { "MTA_STS_FILE", fields->file },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		put_text(record, texts[i].name, texts[i].value);
	if (fields->uid != NULL && *fields->uid >= 0)
		put_number(record, "MTA_STS_UID", *fields->uid);
	if (fields->line > 0)
		put_number(record, "MTA_STS_LINE", fields->line);
}

static bool sent(const struct event *event, const struct log_fields *fields, char *message)
{
	struct record record = { .count = 0 };

	if (sink == NULL)
		return false;
	put(&record, message);
	put_text(&record, "MESSAGE_ID", event->id);
	put_number(&record, "PRIORITY", event->level);
	put_text(&record, "SYSLOG_IDENTIFIER", "mta-stsd");
	if (fields != NULL)
		put_fields(&record, fields);
	return sink(record.field, record.count);
}

void log_event(enum log_event event, const struct log_fields *fields, const char *format, ...)
{
	const struct event *row = log_event_row(event);
	char message[sizeof(MESSAGE) - 1 + LINE_SIZE] = MESSAGE;
	char *shown = message + strlen(MESSAGE);
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(void)text_show(line, shown, sizeof(line));
	if (!sent(row, fields, message))
		log_write(row->level, "%s", line);
}

static void log_one(const struct complaint *complaint, const char *line)
{
	enum log_event event =
		complaint->severity == SEVERITY_ERROR ? EVENT_COMPLAINT_ERROR : EVENT_COMPLAINT_WARNING;

	log_event(event,
		  &(struct log_fields){
			  .file = complaint->file, .line = complaint->line, .reason = complaint->what },
		  "%s", line);
}

void log_event_complaints(const struct complaints *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct text line = { 0 };

		if (complaint_render(&list->item[i], &line) == ERR_OK)
			log_one(&list->item[i], line.bytes);
		text_free(&line);
	}
	if (list->lost > 0)
		log_error("complaints, %zu lost (out of memory)", list->lost);
}
