/* SPDX-License-Identifier: ISC */
#include "control/value.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

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
	char shown[TEXT_SHOWN_SIZE];
	json_t *json;

	if (text == NULL)
		return json_null();
	json = json_string(text);
	return json != NULL ? json : json_string(text_escape(text, strlen(text), shown));
}

json_t *value_names(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		array = value_append(array, json_string(names->item[i]));
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
