/* SPDX-License-Identifier: ISC */
/* wrap: chores_load clerk_give clock_ms inotify_add_watch inotify_init1 log_write read statfs; memory */
#include "app/watching.h"

#include "app/debounce.h"
#include "base/clock.h"
#include "base/loop.h"
#include "core/certificates.h"
#include "memory.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cmocka.h>

/* Long enough to be quiet, and for events to be read again. */
#define A_WHILE (DEBOUNCE_QUIET_MS + 200)

/* A host whose files are read by the test, and whose clerk works at once. */
struct fixture {
	struct scratch *scratch;
	struct reload_files files;
	struct host host;
	struct loop *loop;
	struct watching *watching;
};

static struct fixture fixture;
static uint64_t now_ms;
static unsigned asked;        /* loads */
static char log_lines[2048];  /* all of them */
static int watch_problem;     /* errno of inotify_add_watch() */
static int instance_problem;  /* of inotify_init1() */
static unsigned watches_left; /* before there is one */
static bool overflow;         /* of the kernel's queue, at the next read */
static long file_system = -1; /* what each is, or -1 */

__typeof__(chores_load) __wrap_chores_load;
__typeof__(clerk_give) __wrap_clerk_give;
__typeof__(clock_ms) __wrap_clock_ms;
__typeof__(log_write) __wrap_log_write __attribute__((format(printf, 2, 3)));
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_init1(int flags);
int __real_inotify_init1(int flags);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __real_read(int fd, void *bytes, size_t size);
int __wrap_statfs(const char *path, struct statfs *status);
int __real_statfs(const char *path, struct statfs *status);

void __wrap_chores_load(struct chores *chores, int64_t uid, const char *who)
{
	assert_null(chores);
	assert_int_equal(uid, -1);
	assert_string_equal(who, "watch");
	asked++;
}

void __wrap_clerk_give(struct clerk *clerk, struct job *job)
{
	(void)clerk;
	job->run(job);
	job->done(job);
}

uint64_t __wrap_clock_ms(void)
{
	return now_ms;
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	size_t len = strlen(log_lines);
	va_list args;

	(void)level;
	va_start(args, format);
	(void)vsnprintf(log_lines + len, sizeof(log_lines) - len, format, args);
	va_end(args);
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (watch_problem == 0 || watches_left-- > 0)
		return __real_inotify_add_watch(fd, path, mask);
	watches_left = 0;
	errno = watch_problem;
	return -1;
}

int __wrap_inotify_init1(int flags)
{
	if (instance_problem == 0)
		return __real_inotify_init1(flags);
	errno = instance_problem;
	return -1;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	const struct inotify_event lost = { .wd = -1, .mask = IN_Q_OVERFLOW };

	if (!overflow || size < 1000)
		return __real_read(fd, bytes, size);
	overflow = false;
	while (__real_read(fd, bytes, size) > 0)
		;
	memcpy(bytes, &lost, sizeof(lost));
	return sizeof(lost);
}

int __wrap_statfs(const char *path, struct statfs *status)
{
	int result = __real_statfs(path, status);

	if (file_system >= 0)
		status->f_type = (__typeof__(status->f_type))file_system;
	return result;
}

static void read_all(const char *certificates, const char *more)
{
	char text[1024];
	struct complaints complaints = { 0 };
	const char *folder = fixture.scratch->folder;

	(void)snprintf(text, sizeof(text),
		       "domains = \"%s/domains.d\"; certificates = [ \"%s/%s\" ]; state = \"%s/state\";\n%s",
		       folder, folder, certificates, folder, more);
	(void)scratch_write(fixture.scratch, "conf", text);
	if (fixture.files.settings != fixture.files.started)
		settings_free(&fixture.files.settings);
	assert_int_equal(settings_load(fixture.files.config_path, &complaints, &fixture.files.settings),
			 ERR_OK);
	if (fixture.files.started == NULL)
		fixture.files.started = fixture.files.settings;
}

static void read_settings(const char *more)
{
	read_all("certs", more);
}

static void read_certificates(const char *directory)
{
	read_all(directory, "watch = true;");
}

/* How long a load takes, and whether it ends before it has read anything, which leaves what was complained
 * of. */
static uint64_t load_takes;
static bool begins_in_vain;

/* What a load does, as far as it matters here. */
static void load(void)
{
	struct complaints complaints = { 0 };

	if (!begins_in_vain)
		complaints_free(&fixture.files.complaints);
	watching_loading(fixture.watching);
	now_ms += load_takes;
	(void)certificates_load(fixture.host.certs, fixture.files.settings, fixture.files.started->state,
				&complaints);
	complaints_free(&complaints);
	watching_loaded(fixture.watching);
	(void)watching_tick(fixture.watching, now_ms);
}

/* So much time passes, and events are heard; returns how many loads were asked for. */
static unsigned pass(uint64_t ms)
{
	unsigned before = asked;

	(void)watching_tick(fixture.watching, now_ms += 200);
	loop_wait(fixture.loop, 0);
	(void)watching_tick(fixture.watching, now_ms += ms - 200);
	return asked - before;
}

static void make(const char *directory)
{
	assert_int_equal(mkdir(scratch_path(fixture.scratch, directory), 0755), 0);
}

static void write_file(const char *name)
{
	(void)scratch_write(fixture.scratch, name, "anything");
}

static int set_up(void **state)
{
	void *scratch = NULL;

	if (scratch_setup(&scratch) != 0)
		return -1;
	fixture = (struct fixture){ .scratch = scratch };
	fixture.files.config_path = strdup(scratch_path(fixture.scratch, "conf"));
	fixture.files.loaded = true;
	now_ms = 1000000;
	asked = 0;
	log_lines[0] = '\0';
	watch_problem = 0;
	instance_problem = 0;
	watches_left = 0;
	overflow = false;
	file_system = -1;
	load_takes = 0;
	begins_in_vain = false;
	make("domains.d");
	make("certs");
	make("state");
	read_settings("watch = true;");
	fixture.host.files = &fixture.files;
	*state = &fixture;
	return certs_new(&fixture.host.certs) == ERR_OK && loop_open(&fixture.loop) == ERR_OK &&
			       watching_new(&fixture.host, NULL, fixture.loop, NULL, &fixture.watching) ==
				       ERR_OK
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	void *scratch = fixture.scratch;

	(void)state;
	watching_free(&fixture.watching);
	watching_free(&fixture.watching);
	loop_close(&fixture.loop);
	certs_free(&fixture.host.certs);
	reload_close_files(&fixture.files);
	return scratch_teardown(&scratch);
}

/* A load, and the one after it for what may have changed before it was watched. */
static void begin(void)
{
	load();
	assert_int_equal(pass(A_WHILE), 1);
	load();
	assert_int_equal(pass(A_WHILE), 0);
}

static void before_the_first_load_nothing_is_watched(void **state)
{
	(void)state;
	write_file("domains.d/a.conf");
	assert_int_equal(watching_tick(fixture.watching, now_ms), -1);
	assert_int_equal(pass(A_WHILE), 0);
}

static void what_changes_is_loaded_when_it_was_left_alone(void **state)
{
	(void)state;
	begin();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(1000), 0);
	write_file("domains.d/b.conf");
	assert_int_equal(pass(1500), 0);
	assert_int_equal(pass(1000), 1);
	assert_int_equal(pass(A_WHILE), 0);
}

static void one_load_is_asked_for_at_a_time(void **state)
{
	unsigned before;

	(void)state;
	begin();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(A_WHILE), 1);
	write_file("domains.d/b.conf");
	assert_int_equal(pass(A_WHILE), 0);
	before = asked;
	load();
	now_ms += WATCHING_SWEEP_MS;
	(void)pass(A_WHILE);
	assert_int_equal(asked - before, 1);
}

static void a_load_that_takes_long_is_followed_by_a_rest(void **state)
{
	(void)state;
	begin();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(A_WHILE), 1);
	load_takes = 5000;
	load();
	write_file("domains.d/b.conf");
	assert_int_equal(pass(40000), 0);
	assert_int_equal(pass(6000), 1);
}

static void what_came_before_it_in_the_line_is_no_reason_for_a_rest(void **state)
{
	(void)state;
	begin();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(A_WHILE), 1);
	now_ms += 70000; /* somebody's order */
	load();
	write_file("domains.d/b.conf");
	assert_int_equal(pass(A_WHILE), 1);
}

/* The directory of the pairs that the daemon installed itself is state/certificates. */
static void neighbours_of_its_own_pairs_are_watched(void **state)
{
	(void)state;
	make("state/certificates");
	make("state/certificates.d");
	make("state/certificates.d/a");
	read_certificates("state/certificates.d");
	begin();
	write_file("state/certificates.d/a/cert.pem");
	assert_int_equal(pass(A_WHILE), 1);
	load();
	write_file("state/certificates/note");
	assert_int_equal(pass(A_WHILE), 0);
}

static void while_no_load_can_begin_a_gap_is_complained_about_once(void **state)
{
	(void)state;
	watch_problem = ENOSPC;
	load();
	begins_in_vain = true;
	for (int i = 0; i < 5; i++) {
		load();
		assert_int_equal(fixture.files.complaints.count, 1);
	}
}

static unsigned lines_that_say(const char *what)
{
	unsigned count = 0;

	for (const char *at = log_lines; (at = strstr(at, what)) != NULL; at += strlen(what))
		count++;
	return count;
}

static void lost_events_do_not_fill_the_log(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 100; i++) {
		overflow = true;
		write_file("domains.d/a.conf");
		(void)pass(300);
	}
	assert_in_range(lines_that_say("more changes than the kernel keeps"), 1, 20);
}

static void a_certificate_in_a_new_directory_is_loaded(void **state)
{
	(void)state;
	begin();
	make("certs/a");
	assert_int_equal(pass(A_WHILE), 1);
	load();
	assert_int_equal(pass(A_WHILE), 1);
	load();
	write_file("certs/a/cert.pem");
	assert_int_equal(pass(A_WHILE), 1);
}

static void neighbours_of_the_settings_do_not_matter(void **state)
{
	(void)state;
	begin();
	write_file("note");
	write_file("state/mta-stsd.db");
	write_file("domains.d/a.conf~");
	write_file("domains.d/.a.conf.swp");
	assert_int_equal(pass(A_WHILE), 0);
	write_file("conf");
	assert_int_equal(pass(A_WHILE), 1);
}

static void a_file_that_is_open_is_waited_for(void **state)
{
	FILE *file;

	(void)state;
	begin();
	file = fopen(scratch_path(fixture.scratch, "domains.d/a.conf"), "w");
	assert_non_null(file);
	assert_int_equal(pass(A_WHILE), 0);
	(void)fputs("half", file);
	(void)fflush(file);
	assert_int_equal(pass(A_WHILE), 0);
	assert_int_equal(rename(scratch_path(fixture.scratch, "domains.d/a.conf"),
				scratch_path(fixture.scratch, "domains.d/b.conf")),
			 0);
	assert_int_equal(pass(A_WHILE), 0);
	(void)fclose(file);
	assert_int_equal(pass(A_WHILE), 1);
}

static void so_is_one_that_is_written_anew_in_place(void **state)
{
	FILE *file;

	(void)state;
	write_file("domains.d/a.conf");
	begin();
	file = fopen(scratch_path(fixture.scratch, "domains.d/a.conf"), "w");
	assert_non_null(file);
	assert_int_equal(pass(A_WHILE), 0);
	(void)fputs("half", file);
	(void)fflush(file);
	assert_int_equal(pass(A_WHILE), 0);
	(void)fclose(file);
	assert_int_equal(pass(A_WHILE), 1);
}

static void one_that_is_removed_while_it_is_open_is_not(void **state)
{
	FILE *file;

	(void)state;
	begin();
	file = fopen(scratch_path(fixture.scratch, "domains.d/a.conf"), "w");
	assert_non_null(file);
	assert_int_equal(pass(A_WHILE), 0);
	assert_int_equal(remove(scratch_path(fixture.scratch, "domains.d/a.conf")), 0);
	assert_int_equal(pass(A_WHILE), 1);
	(void)fclose(file);
}

static void links_are_whole_at_once(void **state)
{
	(void)state;
	begin();
	assert_int_equal(symlink("nowhere", scratch_path(fixture.scratch, "domains.d/a.conf")), 0);
	assert_int_equal(pass(A_WHILE), 1);
	load();
	write_file("new");
	assert_int_equal(
		link(scratch_path(fixture.scratch, "new"), scratch_path(fixture.scratch, "domains.d/b.conf")),
		0);
	assert_int_equal(pass(A_WHILE), 1);
}

static void who_gets_the_right_to_read_it_has_it_loaded(void **state)
{
	(void)state;
	write_file("certs/key.pem");
	begin();
	assert_int_equal(chmod(scratch_path(fixture.scratch, "certs/key.pem"), 0640), 0);
	assert_int_equal(pass(A_WHILE), 1);
}

static void when_the_kernel_lost_count_everything_is_loaded(void **state)
{
	(void)state;
	begin();
	write_file("domains.d/a.conf~");
	assert_int_equal(pass(A_WHILE), 0);
	overflow = true;
	write_file("domains.d/b.conf~");
	assert_int_equal(pass(A_WHILE), 1);
}

static void the_setting_begins_and_ends_it(void **state)
{
	(void)state;
	begin();
	read_settings("watch = false;");
	load();
	assert_non_null(strstr(log_lines, "watch, ended"));
	write_file("domains.d/a.conf");
	now_ms += WATCHING_SWEEP_MS;
	assert_int_equal(pass(A_WHILE), 0);
	read_settings("watch = true;");
	begin();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(A_WHILE), 1);
}

/* Of what is not watched: everything is loaded by and by. */
static void assert_swept(const char *why)
{
	assert_int_equal(fixture.files.complaints.count, 1);
	assert_string_equal(fixture.files.complaints.item[0].value, why);
	assert_int_equal(pass(WATCHING_SWEEP_MS - 1000), 0);
	assert_int_equal(pass(1000), 1);
	load();
	assert_int_equal(fixture.files.complaints.count, 1);
	assert_non_null(strstr(log_lines, "watch, incomplete"));
	assert_null(strstr(strstr(log_lines, "watch, incomplete") + 1, "watch, incomplete"));
}

static void assert_complete_again(void)
{
	load();
	assert_int_equal(fixture.files.complaints.count, 0);
	assert_non_null(strstr(log_lines, "watch, complete again"));
	now_ms += WATCHING_SWEEP_MS;
	(void)pass(A_WHILE);
	load();
	now_ms += WATCHING_SWEEP_MS;
	assert_int_equal(pass(A_WHILE), 0);
}

static void assert_swept_while(int *problem, int error, const char *why)
{
	*problem = error;
	load();
	assert_swept(why);
	*problem = 0;
	assert_complete_again();
}

static void where_there_are_too_few_watches_all_is_swept_and_it_is_said_once(void **state)
{
	(void)state;
	assert_swept_while(&watch_problem, ENOSPC, "the kernel allows no more watches");
}

static void what_there_are_watches_for_is_watched_all_the_same(void **state)
{
	(void)state;
	watch_problem = ENOSPC;
	watches_left = 3; /* the settings, and the domains with what is above them */
	load();
	assert_int_equal(pass(A_WHILE), 1);
	watches_left = 3;
	load();
	write_file("domains.d/a.conf");
	assert_int_equal(pass(A_WHILE), 1);
}

static void so_it_is_without_inotify_at_all(void **state)
{
	(void)state;
	assert_swept_while(&instance_problem, EMFILE, "the kernel allows no more inotify instances");
}

static void and_where_other_machines_may_write(void **state)
{
	(void)state;
	begin();
	file_system = 0x6969;
	load();
	assert_swept("file system may be changed by other machines");
	file_system = -1;
	assert_complete_again();
}

static void while_a_load_is_held_it_is_tried_again(void **state)
{
	(void)state;
	begin();
	fixture.files.held = true;
	load();
	assert_int_equal(fixture.files.complaints.count, 0);
	assert_int_equal(pass(A_WHILE), 0);
	now_ms += WATCHING_SWEEP_MS;
	assert_int_equal(pass(A_WHILE), 1);
}

/* The disk was full, for one: nobody stands by to order it again. */
static void a_load_that_failed_is_tried_again(void **state)
{
	(void)state;
	begin();
	fixture.files.loaded = false;
	load();
	assert_int_equal(pass(A_WHILE), 0);
	now_ms += WATCHING_SWEEP_MS;
	assert_int_equal(pass(A_WHILE), 1);
}

static void without_memory_what_was_watched_stays_so(void **state)
{
	bool failed = true;
	unsigned rounds = 0;

	(void)state;
	begin();
	for (size_t n = 0; failed; n++, rounds++) {
		complaints_free(&fixture.files.complaints);
		watching_loaded(fixture.watching);
		memory_fail_after(n);
		(void)watching_tick(fixture.watching, now_ms);
		failed = memory_restore();
		write_file("domains.d/a.conf");
		assert_int_equal(pass(A_WHILE), 1);
		load();
		(void)pass(A_WHILE);
		load();
	}
	assert_true(rounds > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_the_first_load_nothing_is_watched),
		TEST(what_changes_is_loaded_when_it_was_left_alone),
		TEST(one_load_is_asked_for_at_a_time),
		TEST(a_load_that_takes_long_is_followed_by_a_rest),
		TEST(what_came_before_it_in_the_line_is_no_reason_for_a_rest),
		TEST(neighbours_of_its_own_pairs_are_watched),
		TEST(while_no_load_can_begin_a_gap_is_complained_about_once),
		TEST(lost_events_do_not_fill_the_log),
		TEST(a_certificate_in_a_new_directory_is_loaded),
		TEST(neighbours_of_the_settings_do_not_matter),
		TEST(a_file_that_is_open_is_waited_for),
		TEST(so_is_one_that_is_written_anew_in_place),
		TEST(one_that_is_removed_while_it_is_open_is_not),
		TEST(links_are_whole_at_once),
		TEST(who_gets_the_right_to_read_it_has_it_loaded),
		TEST(when_the_kernel_lost_count_everything_is_loaded),
		TEST(the_setting_begins_and_ends_it),
		TEST(where_there_are_too_few_watches_all_is_swept_and_it_is_said_once),
		TEST(what_there_are_watches_for_is_watched_all_the_same),
		TEST(so_it_is_without_inotify_at_all),
		TEST(and_where_other_machines_may_write),
		TEST(while_a_load_is_held_it_is_tried_again),
		TEST(a_load_that_failed_is_tried_again),
		TEST(without_memory_what_was_watched_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
