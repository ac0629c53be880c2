/* SPDX-License-Identifier: ISC */
#include "log/log_event.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	const struct event *row = events_row(event);
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
