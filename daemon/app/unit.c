/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

/* systemd's own socket, for root: the bus of all may not be there. */
#define PRIVATE_BUS "unix:path=/run/systemd/private"
#define SYSTEMD     "org.freedesktop.systemd1"
#define MANAGER     SYSTEMD ".Manager"
#define SERVICE     SYSTEMD ".Service"

#define TIMEOUT_US 5000000

/* One conversation about one unit; the first fault ends it. */
struct question {
	sd_bus *bus;
	const char *path; /* of the unit's object */
	int result;       /* negative: a fault */
};

static char *ask_string(struct question *question, const char *interface, const char *name)
{
	char *value = NULL;

	if (question->result >= 0)
		question->result = sd_bus_get_property_string(question->bus, SYSTEMD, question->path,
							      interface, name, NULL, &value);
	return value;
}

static char **ask_strings(struct question *question, const char *name)
{
	char **value = NULL;

	if (question->result >= 0)
		question->result = sd_bus_get_property_strv(question->bus, SYSTEMD, question->path, SERVICE,
							    name, NULL, &value);
	return value;
}

static uint64_t ask_number(struct question *question, const char *name)
{
	uint64_t value = 0;

	if (question->result >= 0)
		question->result = sd_bus_get_property_trivial(question->bus, SYSTEMD, question->path,
							       SERVICE, name, NULL, 't', &value);
	return value;
}

static int append(char ***list, const char *value)
{
	size_t count = 0;
	char **longer;

	while (*list != NULL && (*list)[count] != NULL)
		count++;
	longer = reallocarray(*list, count + 2, sizeof(*longer));
	if (longer == NULL)
		return -1;
	*list = longer;
	longer[count + 1] = NULL;
	longer[count] = strdup(value);
	return longer[count] != NULL ? 0 : -1;
}

/* Where, for want of the one outside, the service cannot start, it sees nothing either. */
static int read_shown(sd_bus_message *reply, char ***shown)
{
	const char *from, *to;
	int result = sd_bus_message_enter_container(reply, 'a', "(ssbt)");

	while (result >= 0) {
		result = sd_bus_message_read(reply, "(ssbt)", &from, &to, NULL, NULL);
		if (result <= 0)
			break;
		if (append(shown, from) != 0 || append(shown, to) != 0)
			return -1;
	}
	return result;
}

static void ask_shown(struct question *question, const char *name, char ***shown)
{
	sd_bus_message *reply = NULL;

	if (question->result >= 0)
		question->result = sd_bus_get_property(question->bus, SYSTEMD, question->path, SERVICE, name,
						       NULL, &reply, "a(ssbt)");
	if (question->result >= 0)
		question->result = read_shown(reply, shown);
	(void)sd_bus_message_unref(reply);
}

static int read_uses(sd_bus_message *reply, const char *config, bool *uses)
{
	char **words = NULL;
	int result = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");

	if (result > 0)
		result = sd_bus_message_enter_container(reply, 'r', "sasbttttuii");
	if (result > 0)
		result = sd_bus_message_skip(reply, "s");
	if (result > 0)
		result = sd_bus_message_read_strv(reply, &words);
	for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
		*uses = *uses || strcmp(words[i], config) == 0;
		free(words[i]);
	}
	free(words);
	return result;
}

static void ask_uses(struct question *question, const char *config, bool *uses)
{
	sd_bus_message *reply = NULL;

	if (question->result >= 0)
		question->result = sd_bus_get_property(question->bus, SYSTEMD, question->path, SERVICE,
						       "ExecStart", NULL, &reply, "a(sasbttttuii)");
	if (question->result >= 0)
		question->result = read_uses(reply, config, uses);
	(void)sd_bus_message_unref(reply);
}

static void ask_all(struct question *question, const char *config, struct unit *unit)
{
	char *root = ask_string(question, SERVICE, "RootDirectory");

	unit->user = ask_string(question, SERVICE, "User");
	unit->group = ask_string(question, SERVICE, "Group");
	unit->groups = ask_strings(question, "SupplementaryGroups");
	ask_shown(question, "BindReadOnlyPaths", &unit->shown);
	ask_shown(question, "BindPaths", &unit->shown);
	unit->confined = root != NULL && root[0] != '\0';
	unit->privileged = ask_number(question, "AmbientCapabilities") != 0 ||
			   (unit->user != NULL && (unit->user[0] == '\0' || strcmp(unit->user, "root") == 0));
	ask_uses(question, config, &unit->uses);
	free(root);
}

static int connect_to_systemd(sd_bus **bus)
{
	int result = sd_bus_new(bus);

	if (result >= 0)
		result = sd_bus_set_address(*bus, PRIVATE_BUS);
	if (result >= 0)
		result = sd_bus_start(*bus);
	return result >= 0 ? sd_bus_set_method_call_timeout(*bus, TIMEOUT_US) : result;
}

static enum err ask_about(struct question *question, const char *config, struct unit *unit, const char **why)
{
	char *state = ask_string(question, SYSTEMD ".Unit", "LoadState");
	bool loaded = state != NULL && strcmp(state, "loaded") == 0;

	free(state);
	if (question->result >= 0 && !loaded) {
		*why = "systemd has no unit " UNIT_NAME;
		return ERR_NOT_FOUND;
	}
	ask_all(question, config, unit);
	if (question->result >= 0)
		return ERR_OK;
	*why = "systemd does not tell how " UNIT_NAME " is run";
	return ERR_IO;
}

enum err unit_ask(const char *config, struct unit *unit, const char **why)
{
	struct question question = { 0 };
	sd_bus_message *reply = NULL;
	enum err err = ERR_IO;

	*unit = (struct unit){ .user = NULL };
	*why = "systemd does not run here";
	if (sd_booted() <= 0)
		return ERR_NOT_FOUND;
	*why = "systemd does not answer";
	if (connect_to_systemd(&question.bus) >= 0 &&
	    sd_bus_call_method(question.bus, SYSTEMD, "/org/freedesktop/systemd1", MANAGER, "LoadUnit", NULL,
			       &reply, "s", UNIT_NAME) >= 0 &&
	    sd_bus_message_read(reply, "o", &question.path) > 0)
		err = ask_about(&question, config, unit, why);
	if (err != ERR_OK)
		unit_free(unit);
	(void)sd_bus_message_unref(reply);
	(void)sd_bus_close_unref(question.bus);
	return err;
}

static void free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void unit_free(struct unit *unit)
{
	free(unit->user);
	free(unit->group);
	free_list(unit->groups);
	free_list(unit->shown);
	*unit = (struct unit){ .user = NULL };
}
