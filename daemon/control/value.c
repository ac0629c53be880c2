/* SPDX-License-Identifier: ISC */
#include "control/value.h"

#include "base/clock.h"
#include "base/text.h"

json_t *value_append(json_t *array, json_t *item)
{
	if (array != NULL && json_array_append_new(array, item) == 0)
		return array;
	if (array == NULL)
		json_decref(item);
	json_decref(array);
	return NULL;
}

json_t *value_text(const char *text)
{
	struct text shown = { 0 };
	json_t *json = text != NULL ? json_string(text) : json_null();

	if (json != NULL)
		return json;
	if (text_append_shown(&shown, text) == ERR_OK)
		json = json_string(shown.bytes);
	text_free(&shown);
	return json;
}

json_t *value_names(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		array = value_append(array, value_text(names->item[i]));
	return array;
}

json_t *value_time(time_t when)
{
	char text[CLOCK_TEXT_SIZE];

	return json_string(clock_text(when, text));
}

json_t *value_time_or_null(time_t when)
{
	return when != 0 ? value_time(when) : json_null();
}
