/* SPDX-License-Identifier: ISC */
#include "control/view_pool.h"

json_t *view_connections(const struct pool_use *use, const struct limits *limits)
{
	return json_pack("{s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: I}", "open",
			 (json_int_t)use->connections, "limit", (json_int_t)limits->max_connections,
			 "clients", (json_int_t)use->clients, "largest_client",
			 (json_int_t)use->largest_client, "per_client_limit",
			 (json_int_t)limits->max_connections_per_client, "memory_bytes",
			 (json_int_t)use->memory, "memory_limit_bytes", (json_int_t)limits->max_memory,
			 "log_lines_left_out", (json_int_t)use->lines_left_out, "log_lines_limit",
			 (json_int_t)limits->max_log_lines);
}

/* The object that holds the values of a family; NULL without memory. */
static json_t *family_of(json_t *counters, const struct counter_row *row)
{
	json_t *family;

	if (row->label == NULL)
		return counters;
	family = json_object_get(counters, row->family);
	if (family != NULL)
		return family;
	(void)json_object_set_new(counters, row->family, json_object());
	return json_object_get(counters, row->family);
}

json_t *view_counters(const struct pool_use *use)
{
	json_t *counters = json_object();

	for (size_t i = 0; counters != NULL && i < COUNTER_COUNT; i++) {
		const struct counter_row *row = &counters_table[i];
		const char *name = row->label != NULL ? row->value : row->family;

		if (json_object_set_new(family_of(counters, row), name,
					json_integer((json_int_t)use->counts[i])) == 0)
			continue;
		json_decref(counters);
		return NULL;
	}
	return counters;
}
