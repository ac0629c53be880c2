/* SPDX-License-Identifier: ISC */
/* wrap: sd_booted sd_bus_set_address */
/* What systemd says of the unit, and which of it cannot be imitated.  A process of its own is systemd here.
 */
#include "app/unit.h"

#include "config/settings.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cmocka.h>

#define OBJECT "/org/freedesktop/systemd1"
#define UNIT   OBJECT "/unit/mta_2dstsd_2eservice"

/* What it answers; every member is text: a list by blanks, a pair by a colon, "-" before it may be missing.
 */
struct answers {
	const char *state, *command, *user, *dynamic, *ambient, *root, *image, *mounts, *shown, *hidden,
		*cleared, *home, *private_tmp, *directories;
};

static struct answers answers;

static int bus_fd;

int __wrap_sd_booted(void);
int __wrap_sd_bus_set_address(sd_bus *bus, const char *address);

int __wrap_sd_booted(void)
{
	return answers.state != NULL;
}

int __wrap_sd_bus_set_address(sd_bus *bus, const char *address)
{
	(void)address;
	return sd_bus_set_fd(bus, bus_fd, bus_fd);
}

/* What of a list is one entry: type by type, from a word. */
static int put_entry(sd_bus_message *reply, const char *type, char *word)
{
	char *second;
	bool may_miss = word[0] == '-';

	if (strcmp(type, "s") == 0)
		return sd_bus_message_append(reply, type, word);
	word += may_miss ? 1 : 0;
	second = strchr(word, ':');
	if (second != NULL)
		*second++ = '\0';
	if (strcmp(type, "(ssbt)") == 0)
		return sd_bus_message_append(reply, type, word, second != NULL ? second : word, may_miss,
					     (uint64_t)0);
	return strcmp(type, "(ss)") == 0 ? sd_bus_message_append(reply, type, word, "")
					 : sd_bus_message_append(reply, type, word, word, 0, 0);
}

static int put_list(sd_bus_message *reply, const char *type, const char *text)
{
	char *copy = strdup(text), *rest = NULL;
	int result = sd_bus_message_open_container(reply, 'a', type);

	for (char *word = strtok_r(copy, " ", &rest); word != NULL && result >= 0;
	     word = strtok_r(NULL, " ", &rest))
		result = put_entry(reply, type, word);
	free(copy);
	return result >= 0 ? sd_bus_message_close_container(reply) : result;
}

static int put_command(sd_bus_message *reply, const char *text)
{
	static const char type[] = "sasbttttuii";
	int result = sd_bus_message_open_container(reply, 'a', "(sasbttttuii)");

	if (result >= 0 && text[0] != '\0')
		result = sd_bus_message_open_container(reply, 'r', type);
	if (result >= 0 && text[0] != '\0')
		result = sd_bus_message_append(reply, "s", "/usr/sbin/program");
	if (result >= 0 && text[0] != '\0')
		result = put_list(reply, "s", text);
	if (result >= 0 && text[0] != '\0')
		result = sd_bus_message_append(reply, "bttttuii", 0, (uint64_t)0, (uint64_t)0, (uint64_t)0,
					       (uint64_t)0, 0, 0, 0);
	if (result >= 0 && text[0] != '\0')
		result = sd_bus_message_close_container(reply);
	return result >= 0 ? sd_bus_message_close_container(reply) : result;
}

/* By the type of the property. */
static int answer(sd_bus *bus, const char *path, const char *interface, const char *property,
		  sd_bus_message *reply, void *value, sd_bus_error *error)
{
	const char *text = *(const char **)value != NULL ? *(const char **)value : "";
	const char *type = NULL;
	char kind = 0;

	(void)bus;
	(void)path;
	(void)interface;
	(void)error;
	if (strcmp(property, "ExecStart") == 0)
		return put_command(reply, text);
	type = strcmp(property, "MountImages") == 0           ? "(ssba(ss))"
	       : strcmp(property, "ExtensionImages") == 0     ? "(sba(ss))"
	       : strncmp(property, "Bind", 4) == 0            ? "(ssbt)"
	       : strcmp(property, "TemporaryFileSystem") == 0 ? "(ss)"
							      : NULL;
	if (type != NULL)
		return put_list(reply, type, text);
	if (strcmp(property, "InaccessiblePaths") == 0 || strcmp(property, "StateDirectory") == 0 ||
	    strcmp(property, "RuntimeDirectory") == 0 || strcmp(property, "SupplementaryGroups") == 0 ||
	    strcmp(property, "ExtensionDirectories") == 0)
		return put_list(reply, "s", text);
	kind = strcmp(property, "AmbientCapabilities") == 0 ? 't' : 'b';
	if (kind == 't')
		return sd_bus_message_append(reply, "t", (uint64_t)strtoull(text, NULL, 0));
	if (strcmp(property, "DynamicUser") == 0 || strcmp(property, "PrivateTmp") == 0)
		return sd_bus_message_append(reply, "b", strcmp(text, "yes") == 0);
	return sd_bus_message_append(reply, "s", text);
}

static int load_unit(sd_bus_message *call, void *context, sd_bus_error *error)
{
	(void)context;
	(void)error;
	return sd_bus_reply_method_return(call, "o", UNIT);
}

#define ROW(name, type, member) SD_BUS_PROPERTY(name, type, answer, offsetof(struct answers, member), 0)

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0), SD_BUS_METHOD("LoadUnit", "s", "o", load_unit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable unit_table[] = { SD_BUS_VTABLE_START(0), ROW("LoadState", "s", state),
					    SD_BUS_VTABLE_END };

static const sd_bus_vtable service[] = {
	SD_BUS_VTABLE_START(0),
	ROW("ExecStart", "a(sasbttttuii)", command),
	ROW("User", "s", user),
	ROW("Group", "s", image), /* none; so is what has no member of its own below */
	ROW("SupplementaryGroups", "as", mounts),
	ROW("DynamicUser", "b", dynamic),
	ROW("AmbientCapabilities", "t", ambient),
	ROW("RootDirectory", "s", root),
	ROW("RootImage", "s", image),
	ROW("MountImages", "a(ssba(ss))", mounts),
	ROW("ExtensionImages", "a(sba(ss))", mounts),
	ROW("ExtensionDirectories", "as", mounts),
	ROW("BindReadOnlyPaths", "a(ssbt)", shown),
	ROW("BindPaths", "a(ssbt)", shown),
	ROW("InaccessiblePaths", "as", hidden),
	ROW("TemporaryFileSystem", "a(ss)", cleared),
	ROW("ProtectHome", "s", home),
	ROW("PrivateTmp", "b", private_tmp),
	ROW("StateDirectory", "as", directories),
	ROW("RuntimeDirectory", "as", directories),
	SD_BUS_VTABLE_END,
};

static void be_systemd(int fd)
{
	static const char name[] = "org.freedesktop.systemd1";
	sd_id128_t id = { .bytes = { 1 } };
	sd_bus *bus = NULL;
	char interface[64];
	int result = sd_bus_new(&bus);

	if (result < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_set_anonymous(bus, 1) < 0 || sd_bus_start(bus) < 0)
		_exit(1);
	(void)snprintf(interface, sizeof(interface), "%s.Manager", name);
	result = sd_bus_add_object_vtable(bus, NULL, OBJECT, interface, manager, NULL);
	(void)snprintf(interface, sizeof(interface), "%s.Unit", name);
	if (result >= 0)
		result = sd_bus_add_object_vtable(bus, NULL, UNIT, interface, unit_table, &answers);
	(void)snprintf(interface, sizeof(interface), "%s.Service", name);
	if (result >= 0)
		result = sd_bus_add_object_vtable(bus, NULL, UNIT, interface, service, &answers);
	while (result >= 0) {
		result = sd_bus_process(bus, NULL);
		if (result == 0)
			result = sd_bus_wait(bus, UINT64_MAX);
	}
	_exit(0);
}

/* Ask whom the answers make systemd. */
static enum err ask(struct unit *unit, const char **why)
{
	int fds[2];
	int status;
	pid_t child;
	enum err err;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	child = fork();
	if (child == 0) {
		(void)close(fds[0]);
		be_systemd(fds[1]);
	}
	(void)close(fds[1]);
	bus_fd = fds[0];
	err = unit_ask(unit, why);
	if (answers.state == NULL)
		(void)close(fds[0]);
	(void)kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	return err;
}

static int setup(void **state)
{
	(void)state;
	answers = (struct answers){ .state = "loaded",
				    .command = "/usr/sbin/mta-stsd --config /etc/x.conf",
				    .user = "mta-stsd" };
	return 0;
}

static void assert_not_known(const char *reason)
{
	struct unit unit = { 0 };
	const char *why = "";

	assert_int_not_equal(ask(&unit, &why), ERR_OK);
	if (strstr(why, reason) == NULL)
		print_error("said: %s\n", why);
	assert_non_null(strstr(why, reason));
	assert_null(unit.user);
	(void)setup(NULL);
}

static void how_its_command_line_names_the_settings_is_all_the_same(void **state)
{
	static const struct {
		const char *command, *config;
	} rows[] = {
		{ "/usr/sbin/mta-stsd --config /etc/x.conf", "/etc/x.conf" },
		{ "/usr/sbin/mta-stsd --config=/etc/x.conf", "/etc/x.conf" },
		{ "/usr/sbin/mta-stsd -c /etc/x.conf", "/etc/x.conf" },
		{ "/usr/sbin/mta-stsd -c/etc/x.conf", "/etc/x.conf" },
		{ "/usr/sbin/mta-stsd -c /etc/y.conf --config=/etc/x.conf", "/etc/x.conf" },
		{ "/opt/sbin/mta-stsd", SETTINGS_FILE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct unit unit = { 0 };
		const char *why = "";

		answers.command = rows[i].command;
		assert_int_equal(ask(&unit, &why), ERR_OK);
		assert_string_equal(unit.config, rows[i].config);
		assert_true(unit_uses(&unit, rows[i].config));
		assert_false(unit_uses(&unit, "/etc/passwd"));
		unit_free(&unit);
	}
}

static void settings_are_the_same_by_another_name(void **state)
{
	struct unit unit = { 0 };
	const char *why = "";

	(void)state;
	answers.command = "/usr/sbin/mta-stsd --config /etc/passwd";
	assert_int_equal(ask(&unit, &why), ERR_OK);
	assert_true(unit_uses(&unit, "/etc/../etc/passwd"));
	unit_free(&unit);
}

static void what_cannot_be_imitated_is_not_known_and_the_reason_is_the_true_one(void **state)
{
	(void)state;
	answers.command = "/bin/sh -c mta-stsd";
	assert_not_known("by another program");
	answers.command = "";
	assert_not_known("has no ExecStart=");
	answers.command = "/usr/sbin/mta-stsd --config ${CONF}";
	assert_not_known("by a variable");
	answers.command = "/usr/sbin/mta-stsd --config x.conf";
	assert_not_known("not by a whole path");
	answers.user = "";
	assert_not_known("runs as root");
	answers.user = "0";
	assert_not_known("runs as root");
	answers.dynamic = "yes";
	assert_not_known("DynamicUser=");
	answers.ambient = "0x4"; /* CAP_DAC_READ_SEARCH */
	assert_not_known("AmbientCapabilities=");
	answers.root = "/srv/root";
	assert_not_known("another RootDirectory=");
	answers.image = "/srv/image.raw";
	assert_not_known("files of an image");
	answers.state = "not-found";
	assert_not_known("has no unit");
	answers.state = NULL;
	assert_not_known("does not run here");
}

/* The drop-in for sockets of its own. */
static void a_port_below_1024_is_no_right_to_read(void **state)
{
	struct unit unit = { 0 };
	const char *why = "";

	(void)state;
	answers.ambient = "0x400"; /* CAP_NET_BIND_SERVICE */
	assert_int_equal(ask(&unit, &why), ERR_OK);
	unit_free(&unit);
}

static void assert_places(const char *wanted)
{
	struct unit unit = { 0 };
	const char *why = "";
	char found[1024] = "";

	assert_int_equal(ask(&unit, &why), ERR_OK);
	for (size_t i = 0; i < unit.count; i++)
		(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%c%s:%s ",
			       unit.place[i].may_miss ? "-" : "", "HSC"[unit.place[i].kind],
			       unit.place[i].from, unit.place[i].path);
	assert_string_equal(found, wanted);
	unit_free(&unit);
	(void)setup(NULL);
}

static void what_it_sees_is_what_systemd_says(void **state)
{
	(void)state;
	assert_places("");
	answers.home = "yes";
	assert_places("-H/home:/home -H/root:/root -H/run/user:/run/user ");
	answers.home = "tmpfs";
	assert_places("-C/home:/home -C/root:/root -C/run/user:/run/user ");
	answers.home = "read-only";
	assert_places("");
	answers.hidden = "/a -/b";
	assert_places("H/a:/a -H/b:/b ");
	answers.cleared = "/c";
	answers.private_tmp = "yes";
	assert_places("C/c:/c -C/tmp:/tmp -C/var/tmp:/var/tmp ");
	answers.shown = "/d:/e";
	assert_places("S/d:/e S/d:/e ");
}

static void in_a_root_of_its_own_a_path_counts_where_it_is_one_of_that_root(void **state)
{
	(void)state;
	answers.root = RUNSTATEDIR "/mta-stsd.root";
	answers.shown = "-/usr";
	answers.directories = "mta-stsd";
	answers.hidden = "/a +/b";
	assert_places("-S/usr:/usr -S/usr:/usr -S/var/lib/mta-stsd:/var/lib/mta-stsd "
		      "-S/run/mta-stsd:/run/mta-stsd H/b:/b ");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(how_its_command_line_names_the_settings_is_all_the_same),
		TEST(settings_are_the_same_by_another_name),
		TEST(what_cannot_be_imitated_is_not_known_and_the_reason_is_the_true_one),
		TEST(a_port_below_1024_is_no_right_to_read),
		TEST(what_it_sees_is_what_systemd_says),
		TEST(in_a_root_of_its_own_a_path_counts_where_it_is_one_of_that_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
