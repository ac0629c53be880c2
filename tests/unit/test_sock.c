/* SPDX-License-Identifier: ISC */
/* wrap: bind chown connect getsockopt listen */
#include "base/sock.h"

#include "scratch.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int why_not_connect; /* errno of connect(), or 0 */

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	if (why_not_connect == 0)
		return __real_connect(fd, address, len);
	errno = why_not_connect;
	return -1;
}

static void assert_round_trip(const char *text, int family)
{
	struct sock_address address;
	char shown[SOCK_TEXT_SIZE];

	assert_int_equal(sock_parse(text, &address), ERR_OK);
	assert_int_equal(address.storage.ss_family, family);
	assert_string_equal(sock_text(&address, shown), text);
}

static void addresses_are_read_and_written_the_same_way(void **state)
{
	(void)state;
	assert_round_trip("192.0.2.1:443", AF_INET);
	assert_round_trip("0.0.0.0:0", AF_INET);
	assert_round_trip("[2001:db8::1]:65535", AF_INET6);
	assert_round_trip("[::]:443", AF_INET6);
	assert_round_trip("[::ffff:192.0.2.1]:1", AF_INET6);
	assert_round_trip("[2001:db8:1111:2222:3333:4444:5555:6666]:443", AF_INET6);
}

static void what_is_no_address_with_a_port_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"443",
		"192.0.2.1",
		"192.0.2.1:",
		"192.0.2.1:65536",
		"192.0.2.1:+1",
		"192.0.2.1: 1",
		"192.0.2.1:1x",
		"192.0.2.1:000001",
		"192.0.2.256:1",
		"::1:443",
		"[::1]",
		"[::1]443",
		"[]:443",
		"[::1:443",
		"::]:443",
		"[192.0.2.1]:443",
		"localhost:443",
		"[::g]:443",
		":443",
		"*:443",
		"[fe80::1%lo]:443",
		"192.0.2.1:443 ",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444:5555:6666]:443",
	};
	struct sock_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (sock_parse(bad[i], &address) != ERR_SYNTAX)
			fail_msg("taken for an address: %s", bad[i]);
	}
}

static void other_families_are_shown_as_far_as_they_can_be(void **state)
{
	struct sock_address address = { .storage.ss_family = AF_UNSPEC };
	struct sockaddr_un *un = (void *)&address.storage;
	char shown[SOCK_TEXT_SIZE];

	(void)state;
	assert_string_equal(sock_text(&address, shown), "?");
	un->sun_family = AF_UNIX;
	memset(un->sun_path, 'x', sizeof(un->sun_path));
	assert_int_equal(strlen(sock_text(&address, shown)), 107);
}

/* The address that a socket was given. */
static struct sock_address bound(int fd)
{
	struct sock_address address = { .len = sizeof(address.storage) };

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address.storage, &address.len), 0);
	return address;
}

static void only_what_the_kernel_calls_unreachable_has_no_route(void **state)
{
	static const struct {
		int why;
		bool reached;
	} rows[] = { { ENETUNREACH, false }, { EADDRNOTAVAIL, false }, { EAFNOSUPPORT, false },
		     { EACCES, true },       { EPERM, true },          { 0, true } };
	struct sock_address address;

	(void)state;
	assert_int_equal(sock_parse("127.0.0.1:443", &address), ERR_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		why_not_connect = rows[i].why;
		assert_int_equal(sock_has_route(&address), rows[i].reached);
	}
	why_not_connect = 0;
}

static void a_listening_socket_takes_connections(void **state)
{
	struct sock_address address;
	int fd = -1;
	int client = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(sock_parse("127.0.0.1:0", &address), ERR_OK);
	assert_int_equal(sock_listen_tcp(&address, &fd), ERR_OK);
	assert_true(sock_is_listening(fd, AF_INET));
	assert_false(sock_is_listening(fd, AF_INET6));
	assert_false(sock_is_listening(client, AF_INET));
	address = bound(fd);
	assert_int_equal(connect(client, (struct sockaddr *)&address.storage, address.len), 0);
	(void)close(client);
	(void)close(fd);
}

static void an_address_in_use_is_an_error_with_its_reason(void **state)
{
	struct sock_address address;
	int first = -1;
	int second = -1;

	(void)state;
	assert_int_equal(sock_parse("127.0.0.1:0", &address), ERR_OK);
	assert_int_equal(sock_listen_tcp(&address, &first), ERR_OK);
	address = bound(first);
	assert_int_equal(sock_listen_tcp(&address, &second), ERR_IO);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(second, -1);
	(void)close(first);
}

static void only_the_unspecified_ipv6_address_takes_ipv4_as_well(void **state)
{
	static const struct {
		const char *listen;
		int v6only;
	} cases[] = { { "[::]:0", 0 }, { "[::1]:0", 1 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sock_address address;
		int fd = -1;
		int v6only = -1;
		socklen_t len = sizeof(v6only);

		assert_int_equal(sock_parse(cases[i].listen, &address), ERR_OK);
		if (sock_listen_tcp(&address, &fd) != ERR_OK)
			skip(); /* no IPv6 here */
		assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &len), 0);
		assert_int_equal(v6only, cases[i].v6only);
		(void)close(fd);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(un.sun_path));
	memcpy(un.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static mode_t mode_at_listen;
static const char *listen_path;
int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog)
{
	struct stat status;

	if (listen_path != NULL && stat(listen_path, &status) == 0)
		mode_at_listen = status.st_mode & 0777;
	return __real_listen(fd, backlog);
}

static mode_t mode_at_bind;
int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	int result = __real_bind(fd, address, len);
	struct stat status;

	if (result == 0 && listen_path != NULL && stat(listen_path, &status) == 0)
		mode_at_bind = status.st_mode & 0777;
	return result;
}

static void a_unix_socket_has_its_mode_from_the_first_instant(void **state)
{
	mode_t before = umask(0);
	int fd = -1;
	int client;

	listen_path = scratch_path(*state, "s");
	assert_int_equal(sock_listen_unix(listen_path, 0640, (gid_t)-1, &fd), ERR_OK);
	assert_int_equal(mode_at_bind, 0640);
	assert_int_equal(mode_at_listen, 0640);
	assert_int_equal(umask(before), 0);
	client = connect_to(listen_path);
	assert_true(client >= 0);
	assert_true(sock_is_listening(fd, AF_UNIX));
	listen_path = NULL;
	(void)close(client);
	(void)close(fd);
}

static void a_stale_socket_is_replaced(void **state)
{
	const char *path = scratch_path(*state, "s");
	int stale = -1;
	int fd = -1;
	int client;

	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &stale), ERR_OK);
	(void)close(stale);
	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &fd), ERR_OK);
	client = connect_to(path);
	assert_true(client >= 0);
	(void)close(client);
	(void)close(fd);
}

static void a_socket_somebody_listens_on_is_left_alone(void **state)
{
	const char *path = scratch_path(*state, "s");
	int first = -1;
	int second = -1;
	int client;

	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &first), ERR_OK);
	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &second), ERR_EXISTS);
	assert_int_equal(second, -1);
	client = connect_to(path);
	assert_true(client >= 0);
	(void)close(client);
	(void)close(first);
}

static void a_file_at_the_path_is_left_alone(void **state)
{
	const char *path = scratch_write(*state, "s", "precious");
	struct stat status;
	int fd = -1;

	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &fd), ERR_EXISTS);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 8);
}

static void a_link_at_the_path_is_left_alone(void **state)
{
	const char *path = scratch_path(*state, "s");
	int fd = -1;

	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &fd), ERR_EXISTS);
}

static void a_path_that_does_not_fit_is_out_of_range(void **state)
{
	char path[109];
	int fd = -1;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[108] = '\0';
	assert_int_equal(sock_listen_unix(path, 0600, (gid_t)-1, &fd), ERR_RANGE);
}

static void a_socket_in_no_directory_is_an_error(void **state)
{
	int fd = -1;

	assert_int_equal(sock_listen_unix(scratch_path(*state, "none/s"), 0600, (gid_t)-1, &fd), ERR_IO);
	assert_int_equal(errno, ENOENT);
}

static bool chown_fails;
int __real_chown(const char *path, uid_t uid, gid_t gid);
int __wrap_chown(const char *path, uid_t uid, gid_t gid);
int __wrap_chown(const char *path, uid_t uid, gid_t gid)
{
	if (!chown_fails)
		return __real_chown(path, uid, gid);
	errno = EPERM;
	return -1;
}

static void a_group_that_may_not_be_given_leaves_no_socket_behind(void **state)
{
	const char *path = scratch_path(*state, "s");
	struct stat status;
	int fd = -1;

	chown_fails = true;
	assert_int_equal(sock_listen_unix(path, 0660, getgid() + 1, &fd), ERR_IO);
	chown_fails = false;
	assert_int_equal(errno, EPERM);
	assert_int_equal(lstat(path, &status), -1);
}

static void a_group_that_is_right_already_is_not_given_again(void **state)
{
	int fd = -1;

	chown_fails = true;
	assert_int_equal(sock_listen_unix(scratch_path(*state, "s"), 0660, getgid(), &fd), ERR_OK);
	chown_fails = false;
	assert_int_equal(close(fd), 0);
}

static void the_group_is_set(void **state)
{
	const char *path = scratch_path(*state, "s");
	struct stat status;
	int fd = -1;

	assert_int_equal(sock_listen_unix(path, 0660, getgid(), &fd), ERR_OK);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_gid, getgid());
	(void)close(fd);
}

static void the_kernel_says_who_is_at_the_other_end(void **state)
{
	struct sock_peer peer;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(sock_peer(ends[0], &peer), ERR_OK);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.pid, getpid());
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void what_is_no_unix_socket_has_no_peer(void **state)
{
	struct sock_peer peer;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sock_peer(ends[0], &peer), ERR_IO);
	assert_false(sock_peer_in_group(ends[0], getegid()));
	assert_false(sock_is_listening(ends[0], AF_UNIX));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* A kernel that vouches for a peer with one primary and two supplementary groups. */
static bool fake_groups;
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	static const gid_t groups[] = { 1001, 1002 };
	static const struct ucred cred = { .gid = 1000 };

	if (!fake_groups || (option != SO_PEERGROUPS && option != SO_PEERCRED))
		return __real_getsockopt(fd, level, option, value, len);
	if (option == SO_PEERCRED) {
		memcpy(value, &cred, sizeof(cred));
		*len = sizeof(cred);
	} else {
		memcpy(value, groups, sizeof(groups));
		*len = sizeof(groups);
	}
	return 0;
}

static void a_peer_is_in_its_primary_and_supplementary_groups_and_no_other(void **state)
{
	(void)state;
	fake_groups = true;
	assert_true(sock_peer_in_group(0, 1000));
	assert_true(sock_peer_in_group(0, 1001));
	assert_true(sock_peer_in_group(0, 1002));
	assert_false(sock_peer_in_group(0, 999));
	assert_false(sock_peer_in_group(0, 0));
	fake_groups = false;
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(addresses_are_read_and_written_the_same_way),
		WITH_SCRATCH(what_is_no_address_with_a_port_is_refused),
		WITH_SCRATCH(other_families_are_shown_as_far_as_they_can_be),
		WITH_SCRATCH(only_what_the_kernel_calls_unreachable_has_no_route),
		WITH_SCRATCH(a_listening_socket_takes_connections),
		WITH_SCRATCH(an_address_in_use_is_an_error_with_its_reason),
		WITH_SCRATCH(only_the_unspecified_ipv6_address_takes_ipv4_as_well),
		WITH_SCRATCH(a_unix_socket_has_its_mode_from_the_first_instant),
		WITH_SCRATCH(a_stale_socket_is_replaced),
		WITH_SCRATCH(a_socket_somebody_listens_on_is_left_alone),
		WITH_SCRATCH(a_file_at_the_path_is_left_alone),
		WITH_SCRATCH(a_link_at_the_path_is_left_alone),
		WITH_SCRATCH(a_path_that_does_not_fit_is_out_of_range),
		WITH_SCRATCH(a_socket_in_no_directory_is_an_error),
		WITH_SCRATCH(a_group_that_may_not_be_given_leaves_no_socket_behind),
		WITH_SCRATCH(a_group_that_is_right_already_is_not_given_again),
		WITH_SCRATCH(the_group_is_set),
		WITH_SCRATCH(the_kernel_says_who_is_at_the_other_end),
		WITH_SCRATCH(what_is_no_unix_socket_has_no_peer),
		WITH_SCRATCH(a_peer_is_in_its_primary_and_supplementary_groups_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
