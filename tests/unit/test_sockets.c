/* SPDX-License-Identifier: ISC */
/* wrap: log_write; memory */
#include "memory.h"
#include "scratch.h"

#include "app/sockets.h"
#include "base/sock.h"
#include "log/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY ((gid_t)-1)

struct fixture {
	struct scratch *scratch;
	struct settings settings;
	struct sockets sockets;
	char control[256];
};

/* The last warning or error, "" without. */
static char warned[512];

__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	if (level != LOG_LEVEL_WARNING && level != LOG_LEVEL_ERROR)
		return;
	va_start(args, format);
	(void)vsnprintf(warned, sizeof(warned), format, args);
	va_end(args);
}

/* How many are passed, and what they are called; sd_listen_fds_with_names(3) reads the environment. */
static int passed;
static char names[128];

static void pass(int fd, const char *name)
{
	char text[16];
	size_t len = strlen(names);

	assert_int_equal(dup2(fd, SD_LISTEN_FDS_START + passed), SD_LISTEN_FDS_START + passed);
	if (fd != SD_LISTEN_FDS_START + passed)
		assert_int_equal(close(fd), 0);
	passed++;
	(void)snprintf(names + len, sizeof(names) - len, "%s%s", len > 0 ? ":" : "", name);
	(void)snprintf(text, sizeof(text), "%d", passed);
	assert_int_equal(setenv("LISTEN_FDS", text, 1), 0);
	assert_int_equal(setenv("LISTEN_FDNAMES", names, 1), 0);
	(void)snprintf(text, sizeof(text), "%d", (int)getpid());
	assert_int_equal(setenv("LISTEN_PID", text, 1), 0);
}

static void pass_none(void)
{
	passed = 0;
	names[0] = '\0';
	(void)unsetenv("LISTEN_FDS");
	warned[0] = '\0';
}

/* Descriptors from the first that is passed on are free, so that what a test opens is where it belongs. */
static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;

	for (int fd = SD_LISTEN_FDS_START; fd < 20; fd++)
		(void)close(fd);
	pass_none();
	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	fix->sockets = SOCKETS_NONE;
	(void)snprintf(fix->control, sizeof(fix->control), "%s", scratch_path(scratch, "control"));
	fix->settings.control = fix->control;
	if (names_put(&fix->settings.listen, "127.0.0.1:0") != ERR_OK)
		return -1;
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	sockets_close(&fix->sockets);
	names_free(&fix->settings.listen);
	names_free(&fix->settings.listen_challenge);
	free(fix);
	return scratch_teardown(&scratch);
}

static enum err open_all(struct fixture *fix)
{
	return sockets_open(&fix->settings, NOBODY, false, &fix->sockets);
}

/* Out of the way of what is passed. */
static int aside(int fd)
{
	int moved = fcntl(fd, F_DUPFD, 40);

	assert_true(moved >= 40);
	assert_int_equal(close(fd), 0);
	return moved;
}

static int tcp(const char *text)
{
	struct sock_address address;
	int fd = -1;

	assert_int_equal(sock_parse(text, &address), ERR_OK);
	assert_int_equal(sock_listen_tcp(&address, &fd), ERR_OK);
	return aside(fd);
}

static int local(struct fixture *fix, const char *name)
{
	int fd = -1;

	assert_int_equal(sock_listen_unix(scratch_path(fix->scratch, name), 0600, NOBODY, &fd), ERR_OK);
	return aside(fd);
}

static int deaf(void)
{
	return aside(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int file(void)
{
	return aside(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void without_an_address_only_what_is_passed_is_listened_on(void **state)
{
	struct fixture *fix = *state;

	names_free(&fix->settings.listen);
	assert_int_equal(open_all(fix), ERR_SYNTAX);
	assert_int_equal(fix->sockets.entrance_count, 0);
	assert_non_null(strstr(warned, "write listen = [ \"[::]:443\" ]"));
	sockets_close(&fix->sockets);

	pass(tcp("127.0.0.1:0"), "https");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_int_equal(fix->sockets.entrance_count, 1);
}

static void what_is_passed_takes_the_place_of_the_settings(void **state)
{
	struct fixture *fix = *state;
	int https = tcp("127.0.0.1:0");

	assert_int_equal(fcntl(https, F_SETFL, fcntl(https, F_GETFL) & ~O_NONBLOCK), 0);
	pass(https, "https");
	pass(local(fix, "passed"), "control");
	pass(tcp("[::1]:0"), "https");
	pass(tcp("127.0.0.1:0"), "metrics");
	assert_int_equal(open_all(fix), ERR_OK);

	assert_int_equal(fix->sockets.entrance_count, 2);
	assert_int_equal(fix->sockets.entrances[0].fd, SD_LISTEN_FDS_START);
	assert_true((fcntl(fix->sockets.entrances[0].fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(fix->sockets.listen.count, 2);
	assert_memory_equal(fix->sockets.listen.item[0], "127.0.0.1:", 10);
	assert_memory_equal(fix->sockets.listen.item[1], "[::1]:", 6);
	assert_string_equal(fix->sockets.control_path, scratch_path(fix->scratch, "passed"));
	assert_memory_equal(fix->sockets.metrics_text, "127.0.0.1:", 10);
	assert_false(is_there(fix->control));

	/* Whoever made it takes it away. */
	sockets_close(&fix->sockets);
	assert_true(is_there(scratch_path(fix->scratch, "passed")));
}

static void what_is_not_passed_is_opened_as_the_settings_say(void **state)
{
	struct fixture *fix = *state;
	struct stat status;

	pass(tcp("127.0.0.1:0"), "metrics");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_int_equal(fix->sockets.entrance_count, 1);
	assert_true(sock_is_listening(fix->sockets.entrances[0].fd, AF_INET));
	assert_true(sock_is_listening(fix->sockets.control, AF_UNIX));
	assert_string_equal(fix->sockets.control_path, fix->control);
	assert_int_equal(stat(fix->control, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0660);
	sockets_close(&fix->sockets);
	assert_false(is_there(fix->control));

	pass_none();
	assert_int_equal(sockets_open(&fix->settings, NOBODY, true, &fix->sockets), ERR_OK);
	assert_int_equal(stat(fix->control, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0666);
	assert_int_equal(fix->sockets.metrics, -1);
}

static void assert_refused(struct fixture *fix)
{
	assert_int_equal(open_all(fix), ERR_REFUSED);
	sockets_close(&fix->sockets);
	assert_false(is_there(fix->control));
	for (int i = 0; i < passed; i++)
		(void)close(SD_LISTEN_FDS_START + i);
	pass_none();
}

static void what_is_not_what_its_name_says_is_refused(void **state)
{
	struct fixture *fix = *state;

	pass(local(fix, "a"), "https");
	assert_refused(fix);
	pass(deaf(), "https");
	assert_refused(fix);
	pass(file(), "https");
	assert_refused(fix);
	pass(tcp("127.0.0.1:0"), "control");
	assert_refused(fix);
	pass(file(), "control");
	assert_refused(fix);
	pass(local(fix, "b"), "metrics");
	assert_refused(fix);
	pass(deaf(), "metrics");
	assert_refused(fix);
	pass(file(), "http");
	assert_refused(fix);
	pass(deaf(), "http");
	assert_refused(fix);
	pass(tcp("127.0.0.1:0"), "gopher");
	assert_refused(fix);
}

static void assert_serves_without(struct fixture *fix)
{
	pass(tcp("127.0.0.1:0"), "https");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_int_equal(fix->sockets.entrance_count, 1);
	assert_int_equal(fix->sockets.challenge.count, 0);
	sockets_close(&fix->sockets);
	pass_none();
}

static void a_wrong_socket_for_challenges_keeps_no_policy_back(void **state)
{
	struct fixture *fix = *state;

	pass(local(fix, "c"), "challenge");
	assert_serves_without(fix);
	pass(deaf(), "challenge");
	assert_serves_without(fix);
	pass(file(), "challenge");
	assert_serves_without(fix);
}

static void plain_http_is_for_this_machine_alone(void **state)
{
	static const char *const open[] = { "0.0.0.0:0", "[::]:0" };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		pass(tcp("127.0.0.1:0"), "http");
		pass(tcp(open[i]), "http");
		assert_int_equal(open_all(fix), ERR_REFUSED);
		assert_memory_equal(warned, "socket http, refused (", 22);
		assert_non_null(strstr(warned, " is not a loopback address"));
		sockets_close(&fix->sockets);
		pass_none();
	}
	pass(tcp("127.0.0.1:0"), "http");
	pass(local(fix, "http"), "http");
	pass(tcp("[::1]:0"), "http");
	pass(tcp("127.0.0.1:0"), "https");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_int_equal(fix->sockets.entrance_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(fix->sockets.entrances[i].fd, SD_LISTEN_FDS_START + (int)i);
		assert_int_equal(fix->sockets.entrances[i].kind, i < 3 ? ENTRANCE_PLAIN : ENTRANCE_HTTPS);
	}
	assert_int_equal(fix->sockets.listen.count, 1);
	assert_int_equal(fix->sockets.plain.count, 3);
	assert_string_equal(fix->sockets.plain.item[1], scratch_path(fix->scratch, "http"));
	sockets_close(&fix->sockets);

	/* It does not take the place of the setting listen. */
	pass_none();
	pass(local(fix, "more"), "http");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_int_equal(fix->sockets.listen.count, 1);
	assert_int_equal(fix->sockets.entrance_count, 2);
}

static void for_challenges_there_are_sockets_that_are_passed_or_those_of_the_setting(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(names_put(&fix->settings.listen_challenge, "127.0.0.1:0"), ERR_OK);
	pass(tcp("0.0.0.0:0"), "challenge");
	pass(tcp("[::1]:0"), "challenge");
	assert_int_equal(open_all(fix), ERR_OK);
	assert_false(fix->sockets.challenge_is_ours);
	assert_int_equal(fix->sockets.challenge.count, 2);
	assert_int_equal(fix->sockets.listen.count, 1); /* that of the setting: it is none of HTTPS */
	assert_int_equal(fix->sockets.entrance_count, 3);
	assert_int_equal(fix->sockets.entrances[0].kind, ENTRANCE_CHALLENGE);
	assert_int_equal(fix->sockets.entrances[2].kind, ENTRANCE_HTTPS);
	sockets_close(&fix->sockets);

	pass_none();
	assert_int_equal(open_all(fix), ERR_OK);
	assert_true(fix->sockets.challenge_is_ours);
	assert_int_equal(fix->sockets.challenge.count, 1);
	assert_int_equal(fix->sockets.entrance_count, 2);
	sockets_close(&fix->sockets);

	/* It is nothing that policies are served at. */
	names_free(&fix->settings.listen);
	pass(tcp("127.0.0.1:0"), "challenge");
	assert_int_equal(open_all(fix), ERR_SYNTAX);
}

static void address_for_challenges_that_is_taken_is_left_out(void **state)
{
	struct fixture *fix = *state;
	int taken = tcp("127.0.0.1:0");
	struct sock_address address = { .len = sizeof(address.storage) };
	char text[SOCK_TEXT_SIZE];

	assert_int_equal(getsockname(taken, (struct sockaddr *)&address.storage, &address.len), 0);
	assert_int_equal(names_put(&fix->settings.listen_challenge, sock_text(&address, text)), ERR_OK);
	assert_int_equal(names_put(&fix->settings.listen_challenge, "127.0.0.1:0"), ERR_OK);
	assert_int_equal(open_all(fix), ERR_OK);
	assert_memory_equal(warned, "listen_challenge 127.0.0.1:", 27);
	assert_int_equal(fix->sockets.challenge.count, 1);
	assert_int_equal(fix->sockets.listen.count, 1);
	(void)close(taken);
}

static void there_is_one_for_control_and_one_for_metrics(void **state)
{
	struct fixture *fix = *state;

	pass(local(fix, "a"), "control");
	pass(local(fix, "b"), "control");
	assert_refused(fix);
	pass(tcp("127.0.0.1:0"), "metrics");
	pass(tcp("127.0.0.1:0"), "metrics");
	assert_refused(fix);
}

static void what_is_passed_and_is_not_open_is_an_error(void **state)
{
	struct fixture *fix = *state;

	pass(tcp("127.0.0.1:0"), "https");
	assert_int_equal(close(SD_LISTEN_FDS_START), 0);
	assert_int_equal(open_all(fix), ERR_IO);
	assert_false(is_there(fix->control));
}

static void metrics_that_others_can_reach_are_warned_of(void **state)
{
	static const struct {
		const char *address;
		bool open;
	} cases[] = { { "127.0.0.1:0", false },
		      { "127.8.9.1:0", false },
		      { "[::1]:0", false },
		      { "0.0.0.0:0", true },
		      { "[::]:0", true } };
	struct fixture *fix = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pass_none();
		pass(tcp(cases[i].address), "metrics");
		assert_int_equal(open_all(fix), ERR_OK);
		assert_int_equal(strstr(warned, "open to others") != NULL, cases[i].open);
		sockets_close(&fix->sockets);
	}
}

static void what_cannot_be_opened_is_told_apart(void **state)
{
	struct fixture *fix = *state;
	int other = local(fix, "control");

	assert_int_equal(open_all(fix), ERR_EXISTS);
	sockets_close(&fix->sockets);
	assert_true(is_there(fix->control));
	assert_int_equal(close(other), 0);
	assert_int_equal(open_all(fix), ERR_OK); /* nobody listens there any more */

	sockets_close(&fix->sockets);
	(void)snprintf(fix->control, sizeof(fix->control), "%s",
		       scratch_path(fix->scratch, "missing/control"));
	assert_int_equal(open_all(fix), ERR_IO);
	sockets_close(&fix->sockets);
	memset(fix->control, 'x', 150);
	fix->control[150] = '\0';
	assert_int_equal(open_all(fix), ERR_RANGE);
}

static void an_address_that_is_taken_is_an_error_until_it_is_free(void **state)
{
	struct sock_address address = { .len = sizeof(address.storage) };
	struct fixture *fix = *state;
	int other = tcp("127.0.0.1:0");
	char text[SOCK_TEXT_SIZE];

	assert_int_equal(getsockname(other, (struct sockaddr *)&address.storage, &address.len), 0);
	names_free(&fix->settings.listen);
	assert_int_equal(names_put(&fix->settings.listen, sock_text(&address, text)), ERR_OK);
	assert_int_equal(open_all(fix), ERR_IO);
	assert_false(is_there(fix->control));
	sockets_close(&fix->sockets);
	assert_int_equal(close(other), 0);
	assert_int_equal(open_all(fix), ERR_OK);
	assert_string_equal(fix->sockets.listen.item[0], text);
}

static bool open_without_memory(struct fixture *fix, size_t n, bool all)
{
	enum err err;
	bool failed;

	pass_none();
	if (all) {
		pass(tcp("127.0.0.1:0"), "https");
		pass(local(fix, "passed"), "control");
		pass(tcp("127.0.0.1:0"), "metrics");
		pass(local(fix, "plain"), "http");
	}
	memory_fail_after(n);
	err = open_all(fix);
	failed = memory_restore();
	assert_int_equal(err, failed ? ERR_NO_MEMORY : ERR_OK);
	sockets_close(&fix->sockets);
	assert_false(is_there(fix->control));
	for (int fd = SD_LISTEN_FDS_START; fd < 20; fd++)
		(void)close(fd);
	return failed;
}

static void without_memory_nothing_is_left_behind(void **state)
{
	for (int all = 0; all < 2; all++) {
		size_t n = 0;

		while (open_without_memory(*state, n, all != 0))
			n++;
		assert_true(n > 2);
	}
}

/* A blocking socket must not keep the end of the process waiting either. */
static void who_waits_at_a_passed_socket_is_turned_away(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int clients[2];
	char byte;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		       scratch_path(((struct fixture *)*state)->scratch, "s"));
	assert_int_equal(bind(listening, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 8), 0);
	pass(listening, "control");
	for (size_t i = 0; i < 2; i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(clients[i], (void *)&address, sizeof(address)), 0);
		assert_int_equal(recv(clients[i], &byte, 1, MSG_DONTWAIT), -1);
	}
	sockets_turn_away(passed);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(recv(clients[i], &byte, 1, MSG_DONTWAIT), 0);
		(void)close(clients[i]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_address_only_what_is_passed_is_listened_on),
		TEST(what_is_passed_takes_the_place_of_the_settings),
		TEST(what_is_not_passed_is_opened_as_the_settings_say),
		TEST(what_is_not_what_its_name_says_is_refused),
		TEST(a_wrong_socket_for_challenges_keeps_no_policy_back),
		TEST(who_waits_at_a_passed_socket_is_turned_away),
		TEST(plain_http_is_for_this_machine_alone),
		TEST(for_challenges_there_are_sockets_that_are_passed_or_those_of_the_setting),
		TEST(address_for_challenges_that_is_taken_is_left_out),
		TEST(there_is_one_for_control_and_one_for_metrics),
		TEST(what_is_passed_and_is_not_open_is_an_error),
		TEST(metrics_that_others_can_reach_are_warned_of),
		TEST(what_cannot_be_opened_is_told_apart),
		TEST(an_address_that_is_taken_is_an_error_until_it_is_free),
		TEST(without_memory_nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
