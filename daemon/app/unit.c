/* SPDX-License-Identifier: ISC */
#include "app/unit.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

/* systemd's own socket, for root: the bus of all may not be there. */
#define PRIVATE_BUS "unix:path=/run/systemd/private"
#define SYSTEMD     "org.freedesktop.systemd1"
#define MANAGER     SYSTEMD ".Manager"
#define SERVICE     SYSTEMD ".Service"

#define TIMEOUT_US 5000000

/* With these it reads what its user may not; CAP_NET_BIND_SERVICE, for sockets of its own, is no matter. */
#define READING ((uint64_t)1 << CAP_DAC_OVERRIDE | (uint64_t)1 << CAP_DAC_READ_SEARCH)

/* The root that the unit of the package has: nothing but places to mount at. */
#define OWN_ROOT RUNSTATEDIR "/mta-stsd.root"

/* One conversation about one unit; the first fault ends it. */
struct question {
	sd_bus *bus;
	const char *path; /* of the unit's object */
	struct unit *unit;
	const char *why; /* not NULL: why it cannot be imitated */
	int result;      /* negative: a fault */
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

static bool ask_flag(struct question *question, const char *name)
{
	int value = 0;

	if (question->result >= 0)
		question->result = sd_bus_get_property_trivial(question->bus, SYSTEMD, question->path,
							       SERVICE, name, NULL, 'b', &value);
	return value != 0;
}

static sd_bus_message *ask_list(struct question *question, const char *name, const char *type)
{
	sd_bus_message *reply = NULL;

	if (question->result >= 0)
		question->result = sd_bus_get_property(question->bus, SYSTEMD, question->path, SERVICE, name,
						       NULL, &reply, type);
	return reply;
}

static void free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* The path is what lies behind a directory and a name, or either. */
static int put_place(struct unit *unit, struct unit_place place, const char *directory, const char *name)
{
	struct unit_place *longer = reallocarray(unit->place, unit->count + 1, sizeof(*longer));

	if (longer == NULL)
		return -1;
	unit->place = longer;
	if (asprintf(&place.path, "%s%s", directory, name) < 0)
		return -1;
	place.from = strdup(place.from != NULL ? place.from : place.path);
	longer[unit->count++] = place;
	return place.from != NULL ? 0 : -1;
}

static void put(struct question *question, enum unit_place_kind kind, const char *path, bool may_miss)
{
	const struct unit_place place = { .kind = kind, .may_miss = may_miss };

	if (question->result >= 0)
		question->result = put_place(question->unit, place, path, "");
}

static int read_shown(sd_bus_message *reply, struct unit *unit)
{
	char *from;
	const char *to;
	int may_miss;
	int result = sd_bus_message_enter_container(reply, 'a', "(ssbt)");

	while (result >= 0) {
		result = sd_bus_message_read(reply, "(ssbt)", &from, &to, &may_miss, NULL);
		if (result <= 0)
			break;
		if (put_place(unit,
			      (struct unit_place){
				      .kind = UNIT_SHOWS, .from = from, .may_miss = may_miss != 0 },
			      to, "") != 0)
			return -1;
	}
	return result;
}

static void ask_shown(struct question *question, const char *name)
{
	sd_bus_message *reply = ask_list(question, name, "a(ssbt)");

	if (question->result >= 0)
		question->result = read_shown(reply, question->unit);
	(void)sd_bus_message_unref(reply);
}

/* Its own directories are there whatever else is. */
static void ask_directories(struct question *question, const char *name, const char *above)
{
	char **names = ask_strings(question, name);
	const struct unit_place place = { .kind = UNIT_SHOWS, .may_miss = true };

	for (size_t i = 0; question->result >= 0 && names != NULL && names[i] != NULL; i++)
		question->result = put_place(question->unit, place, above, names[i]);
	free_list(names);
}

/* A path without a plus is not one of its own root, if it has one. */
static void ask_hidden(struct question *question)
{
	char **paths = ask_strings(question, "InaccessiblePaths");

	for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
		size_t marks = strspn(paths[i], "-+");
		bool own = memchr(paths[i], '+', marks) != NULL;

		if (own || !question->unit->confined)
			put(question, UNIT_HIDES, paths[i] + marks, memchr(paths[i], '-', marks) != NULL);
	}
	free_list(paths);
}

static void ask_cleared(struct question *question)
{
	sd_bus_message *reply = ask_list(question, "TemporaryFileSystem", "a(ss)");
	const char *path;

	if (question->result >= 0)
		question->result = sd_bus_message_enter_container(reply, 'a', "(ss)");
	while (question->result >= 0 &&
	       (question->result = sd_bus_message_read(reply, "(ss)", &path, NULL)) > 0)
		put(question, UNIT_CLEARS, path, false);
	(void)sd_bus_message_unref(reply);
}

static void ask_homes(struct question *question)
{
	static const char *const homes[] = { "/home", "/root", "/run/user" };
	char *protect = ask_string(question, SERVICE, "ProtectHome");
	bool hidden = protect != NULL && strcmp(protect, "yes") == 0;
	bool cleared = protect != NULL && strcmp(protect, "tmpfs") == 0;

	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes) && (hidden || cleared); i++)
		put(question, hidden ? UNIT_HIDES : UNIT_CLEARS, homes[i], true);
	free(protect);
}

static void ask_places(struct question *question)
{
	ask_shown(question, "BindReadOnlyPaths");
	ask_shown(question, "BindPaths");
	if (question->unit->confined) {
		ask_directories(question, "StateDirectory", "/var/lib/");
		ask_directories(question, "RuntimeDirectory", "/run/");
	}
	ask_hidden(question);
	ask_homes(question);
	ask_cleared(question);
	if (ask_flag(question, "PrivateTmp")) {
		put(question, UNIT_CLEARS, "/tmp", true);
		put(question, UNIT_CLEARS, "/var/tmp", true);
	}
}

/* The last one counts; without any it is the default. */
static const char *find_config(char **words)
{
	const char *config = SETTINGS_FILE;

	for (size_t i = 1; words[i] != NULL; i++) {
		if (strcmp(words[i], "--config") == 0 || strcmp(words[i], "-c") == 0)
			config = words[i + 1] != NULL ? words[++i] : config;
		else if (strncmp(words[i], "--config=", strlen("--config=")) == 0)
			config = words[i] + strlen("--config=");
		else if (strncmp(words[i], "-c", strlen("-c")) == 0)
			config = words[i] + strlen("-c");
	}
	return config;
}

static void take_command(struct question *question, char **words)
{
	const char *program = words[0] != NULL ? strrchr(words[0], '/') : NULL;

	if (program == NULL || strcmp(program, "/mta-stsd") != 0) {
		question->why = UNIT_NAME " starts mta-stsd by another program";
		return;
	}
	question->unit->config = strdup(find_config(words));
	if (question->unit->config == NULL)
		question->result = -1;
	else if (question->unit->config[0] != '/' || strchr(question->unit->config, '$') != NULL)
		question->why = UNIT_NAME " names its settings by a variable, or not by a whole path";
}

static void ask_command(struct question *question)
{
	sd_bus_message *reply = ask_list(question, "ExecStart", "a(sasbttttuii)");
	char **words = NULL;

	if (question->result >= 0)
		question->result = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
	if (question->result >= 0)
		question->result = sd_bus_message_enter_container(reply, 'r', "sasbttttuii");
	if (question->result > 0)
		question->result = sd_bus_message_skip(reply, "s");
	if (question->result > 0)
		question->result = sd_bus_message_read_strv(reply, &words);
	if (question->result >= 0 && words != NULL)
		take_command(question, words);
	else if (question->result >= 0)
		question->why = UNIT_NAME " has no ExecStart=";
	free_list(words);
	(void)sd_bus_message_unref(reply);
}

static void ask_person(struct question *question)
{
	struct unit *unit = question->unit;

	unit->user = ask_string(question, SERVICE, "User");
	unit->group = ask_string(question, SERVICE, "Group");
	unit->groups = ask_strings(question, "SupplementaryGroups");
	if (ask_flag(question, "DynamicUser"))
		question->why = UNIT_NAME " gets a user of its own at each start (DynamicUser=)";
	else if (unit->user != NULL &&
		 (unit->user[0] == '\0' || strcmp(unit->user, "root") == 0 || strcmp(unit->user, "0") == 0))
		question->why = UNIT_NAME " runs as root";
	else if ((ask_number(question, "AmbientCapabilities") & READING) != 0)
		question->why = UNIT_NAME " may read more than its user (AmbientCapabilities=)";
}

/* What only systemd can put together. */
static void ask_images(struct question *question)
{
	static const struct {
		const char *name;
		const char *type;
	} images[] = { { "MountImages", "a(ssba(ss))" },
		       { "ExtensionImages", "a(sba(ss))" },
		       { "ExtensionDirectories", "as" } };
	char *image = ask_string(question, SERVICE, "RootImage");
	bool has = image != NULL && image[0] != '\0';

	for (size_t i = 0; i < sizeof(images) / sizeof(*images); i++) {
		sd_bus_message *reply = ask_list(question, images[i].name, images[i].type);

		if (question->result >= 0)
			question->result = sd_bus_message_enter_container(reply, 'a', images[i].type + 1);
		has = has || (question->result >= 0 && sd_bus_message_at_end(reply, 0) == 0);
		(void)sd_bus_message_unref(reply);
	}
	if (has)
		question->why = UNIT_NAME " has files of an image";
	free(image);
}

static void ask_root(struct question *question)
{
	char *root = ask_string(question, SERVICE, "RootDirectory");

	question->unit->confined = root != NULL && root[0] != '\0' && strcmp(root, "/") != 0;
	if (question->unit->confined && strcmp(root, OWN_ROOT) != 0)
		question->why = UNIT_NAME " has another RootDirectory= than that of the package";
	free(root);
}

static void ask_all(struct question *question)
{
	ask_command(question);
	ask_root(question);
	ask_images(question);
	ask_places(question);
	ask_person(question);
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

static enum err ask_about(struct question *question, const char **why)
{
	char *state = ask_string(question, SYSTEMD ".Unit", "LoadState");
	bool loaded = state != NULL && strcmp(state, "loaded") == 0;

	free(state);
	if (question->result >= 0 && !loaded) {
		*why = "systemd has no unit " UNIT_NAME;
		return ERR_NOT_FOUND;
	}
	ask_all(question);
	if (question->result >= 0 && question->why == NULL)
		return ERR_OK;
	*why = question->result >= 0 ? question->why : "systemd does not tell how " UNIT_NAME " is run";
	return question->result >= 0 ? ERR_REFUSED : ERR_IO;
}

enum err unit_ask(struct unit *unit, const char **why)
{
	struct question question = { .unit = unit };
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
		err = ask_about(&question, why);
	unit_ask_sockets(question.bus, &unit->passed);
	if (err != ERR_OK)
		unit_free(unit);
	(void)sd_bus_message_unref(reply);
	(void)sd_bus_close_unref(question.bus);
	return err;
}

/* By one name or another. */
bool unit_uses(const struct unit *unit, const char *config)
{
	struct stat its, other;

	return strcmp(unit->config, config) == 0 ||
	       (stat(unit->config, &its) == 0 && stat(config, &other) == 0 && its.st_dev == other.st_dev &&
		its.st_ino == other.st_ino);
}

void unit_free(struct unit *unit)
{
	free(unit->user);
	free(unit->group);
	free_list(unit->groups);
	free(unit->config);
	for (size_t i = 0; i < unit->count; i++) {
		free(unit->place[i].path);
		free(unit->place[i].from);
	}
	free(unit->place);
	unit_forget_sockets(&unit->passed);
	*unit = (struct unit){ .user = NULL };
}
