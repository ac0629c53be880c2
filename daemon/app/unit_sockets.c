/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include "config/reader.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define SYSTEMD "org.freedesktop.systemd1"

static int read_listen(sd_bus_message *reply, const struct setting *row, struct settings *passed)
{
	const char *kind, *address;
	void *member = (char *)passed + row->offset;
	int result = sd_bus_message_enter_container(reply, 'a', "(ss)");

	while (result >= 0) {
		result = sd_bus_message_read(reply, "(ss)", &kind, &address);
		if (result <= 0)
			break;
		if (row->type == SETTING_STRINGS ? names_put(member, address) != ERR_OK
						 : (*(char **)member = strdup(address)) == NULL)
			return -1;
	}
	return result;
}

/* The service gets a socket that is open, and no other. */
static void ask_socket(struct sd_bus *bus, const struct setting *row, struct settings *passed)
{
	sd_bus_message *unit = NULL, *listen = NULL;
	const char *path = NULL;
	char *state = NULL;
	int result = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
					"LoadUnit", NULL, &unit, "s", row->socket);

	if (result >= 0)
		result = sd_bus_message_read(unit, "o", &path);
	if (result > 0)
		result = sd_bus_get_property_string(bus, SYSTEMD, path, SYSTEMD ".Unit", "ActiveState", NULL,
						    &state);
	if (result >= 0 && state != NULL && strcmp(state, "active") == 0 &&
	    sd_bus_get_property(bus, SYSTEMD, path, SYSTEMD ".Socket", "Listen", NULL, &listen, "a(ss)") >= 0)
		(void)read_listen(listen, row, passed);
	free(state);
	(void)sd_bus_message_unref(listen);
	(void)sd_bus_message_unref(unit);
}

void unit_ask_sockets(struct sd_bus *bus, struct settings *passed)
{
	size_t count;
	const struct setting *table = settings_table(&count);

	for (size_t i = 0; bus != NULL && i < count; i++) {
		if (table[i].socket != NULL)
			ask_socket(bus, &table[i], passed);
	}
}

void unit_forget_sockets(struct settings *passed)
{
	names_free(&passed->listen);
	names_free(&passed->listen_challenge);
	free(passed->control);
	passed->control = NULL;
}
