/* SPDX-License-Identifier: ISC */
/* wrap: candidates_find clock_now clock_of_files stamps_hold stamps_renew store_commit */
#include "core/candidates.h"

#include "app/host.h"
#include "base/clock.h"
#include "base/text.h"
#include "config/stamp.h"
#include "core/registry_load.h"
#include "core/reload.h"
#include "core/switch.h"
#include "core/undo.h"
#include "evidence/forget.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES   12
#define DOMAINS 30

/* Whether every file is parsed, and every domain a candidate whose wish is worked out. */
static bool long_way;

/* Whether no commit succeeds. */
static bool full;

static time_t now = 1800000000;

__typeof__(candidates_find) __real_candidates_find;
__typeof__(candidates_find) __wrap_candidates_find;
enum err __wrap_candidates_find(const struct registry *registry, const struct domains *before,
				const struct domains *files, const struct names *told,
				struct candidates *candidates)
{
	return __real_candidates_find(registry, long_way ? NULL : before, files, told, candidates);
}

__typeof__(stamps_hold) __real_stamps_hold;
__typeof__(stamps_hold) __wrap_stamps_hold;
bool __wrap_stamps_hold(const struct stamps *stamps)
{
	return !long_way && __real_stamps_hold(stamps);
}

__typeof__(stamps_renew) __real_stamps_renew;
__typeof__(stamps_renew) __wrap_stamps_renew;
bool __wrap_stamps_renew(struct stamps *stamps)
{
	return !long_way && __real_stamps_renew(stamps);
}

__typeof__(store_commit) __real_store_commit;
__typeof__(store_commit) __wrap_store_commit;
enum err __wrap_store_commit(struct store_txn **txn)
{
	return full ? ERR_STORE : __real_store_commit(txn);
}

__typeof__(clock_now) __wrap_clock_now;
time_t __wrap_clock_now(void)
{
	return now;
}

/* The files have been left alone for long. */
__typeof__(clock_of_files) __real_clock_of_files;
__typeof__(clock_of_files) __wrap_clock_of_files;
struct timespec __wrap_clock_of_files(void)
{
	struct timespec time = __real_clock_of_files();

	time.tv_sec += 60;
	return time;
}

/* Two hosts of the same files: the first is spared what the second does each time. */
struct fixture {
	struct scratch *scratch;
	struct host *host[2];
	struct text said[2]; /* by each in this step */
};

static void open_host(struct fixture *fix, int i)
{
	struct complaints complaints = { 0 };
	struct settings *settings = NULL;
	const char *path = scratch_path(fix->scratch, i == 0 ? "conf0" : "conf1");

	assert_int_equal(settings_load(path, &complaints, &settings), ERR_OK);
	assert_int_equal(complaints.count, 0);
	assert_int_equal(host_open(path, &settings, &fix->host[i]), ERR_OK);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));
	void *scratch = NULL;
	const char *folder;
	char name[16], conf[1024];

	if (fix == NULL || scratch_setup(&scratch) != 0)
		return -1;
	fix->scratch = scratch;
	folder = fix->scratch->folder;
	assert_int_equal(mkdir(scratch_path(fix->scratch, "d"), 0700), 0);
	assert_int_equal(mkdir(scratch_path(fix->scratch, "c"), 0700), 0);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(mkdir(scratch_path(fix->scratch, name), 0700), 0);
		(void)snprintf(conf, sizeof(conf),
			       "domains = \"%s/d\"; certificates = [ \"%s/c\" ]; state = \"%s/s%d\"; control "
			       "= \"%s/x\";\n",
			       folder, folder, folder, i, folder);
		(void)snprintf(name, sizeof(name), "conf%d", i);
		(void)scratch_write(fix->scratch, name, conf);
		open_host(fix, i);
	}
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;
	void *scratch = fix->scratch;

	host_close(&fix->host[0]);
	host_close(&fix->host[1]);
	free(fix);
	return scratch_teardown(&scratch);
}

static const struct order by = { .uid = -1, .who = "test", .reason = "" };

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *text, const char *format, ...)
{
	char line[512];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	assert_int_equal(text_append(text, line, strlen(line)), ERR_OK);
}

static void say_outcome(struct text *text, const char *what, enum err err, struct changes **changes,
			struct complaints *complaints)
{
	say(text, "%s: %s\n", what, err_text(err));
	for (size_t i = 0; *changes != NULL && i < (*changes)->count; i++) {
		const struct change *change = &(*changes)->item[i];

		say(text, "%s %s %d\n", change->domain, change->after != NULL ? change->after->id : "-",
		    change->publishes);
	}
	for (size_t i = 0; i < complaints->count; i++) {
		assert_int_equal(complaint_render(&complaints->item[i], text), ERR_OK);
		say(text, "\n");
	}
	changes_free(changes);
}

static enum err say_domain(void *context, const struct domain *domain)
{
	const struct configured *configured = domain->configured;

	say(context, "%s %s %s %s:%u %s %d %s\n%s", domain->name, domain->published->id,
	    registry_standing_text(registry_standing(domain)),
	    configured != NULL ? configured->terms->file : "", configured != NULL ? configured->line : 0,
	    domain->source, domain->refused, domain->declared != NULL ? domain->declared->name : "",
	    domain->published->text);
	return ERR_OK;
}

static void say_host(struct text *text, const struct host *host)
{
	const struct reload_files *files = host->files;

	assert_int_equal(registry_each(host->registry, say_domain, text), ERR_OK);
	for (int mark = 0; mark < MARK_LOOSE; mark++)
		say(text, "%zu ", registry_marked(host->registry, (enum mark)mark));
	say(text, "%zu %zu %d %d %zu\n", files->files_changed, files->new_orphans, files->held, files->loaded,
	    files->complaints.errors);
}

/* What is done to each of the two alike; the numbers were drawn before. */
struct step {
	int kind;
	unsigned a, b;
};

static void pick(const struct step *step, struct names *names)
{
	char name[32];

	for (unsigned i = 0; i <= step->b % 3; i++) {
		(void)snprintf(name, sizeof(name), "d%02u.example", (step->a + i * 7) % DOMAINS);
		assert_int_equal(names_put(names, name), ERR_OK);
	}
}

static void do_reload(struct host *host, const struct step *step, struct text *text)
{
	struct changes *changes = NULL;
	enum err err;

	full = step->b % 8 == 0;
	err = reload_run(host, &by, step->b % 4 == 1, &changes);
	full = false;
	say_outcome(text, "reload", err, &changes, &host->files->complaints);
}

static void do_switch(struct host *host, const struct step *step, struct text *text)
{
	const struct switch_to to = { .reset = step->a % 4 == 0,
				      .mode = step->a % 4 == 1 ? MODE_TESTING : MODE_NONE,
				      .max_age = 86400 };
	struct complaints complaints = { 0 };
	struct changes *changes = NULL;
	struct names names = { 0 };
	enum err err;

	pick(step, &names);
	err = switch_run(host->registry, host->store, &by, &names, &to, &complaints, &changes);
	say_outcome(text, "switch", err, &changes, &complaints);
	complaints_free(&complaints);
	names_free(&names);
}

static void do_undo(struct host *host, const struct step *step, struct text *text)
{
	struct complaints complaints = { 0 };
	struct changes *changes = NULL;
	int64_t entry = 0;
	enum err err = undo_run(host->registry, host->store, &by, &entry, &complaints, &changes);

	(void)step;
	say_outcome(text, "undo", err, &changes, &complaints);
	complaints_free(&complaints);
}

static void do_forget(struct host *host, const struct step *step, struct text *text)
{
	struct names names = { 0 };
	const struct forget forget = { .domains = &names, .force = true, .since = 1 };
	struct forgotten_list list = { 0 };
	struct complaints complaints = { 0 };
	struct changes *changes = NULL;
	enum err err;

	pick(&(struct step){ 0, step->a, 0 }, &names);
	err = forget_run(host->registry, host->store, &by, &forget, &complaints, &list, &changes);
	say_outcome(text, "forget", err, &changes, &complaints);
	forget_free(&list);
	complaints_free(&complaints);
	names_free(&names);
}

/* What an adoption does to one domain, known or not. */
struct adopting {
	const struct registry *registry;
	const char *domain;
	const char *id;
	struct policy *policy;
	struct complaints complaints;
};

static enum err add_adopted(void *context, struct changes *changes, struct audit_entry *entry)
{
	struct adopting *job = context;
	const struct domain *domain = registry_domain(job->registry, job->domain);
	const struct wish wish = { .configured = domain != NULL ? domain->configured : NULL,
				   .exact = job->policy,
				   .adopted = job->id };

	(void)entry;
	return changes_add(changes, job->domain, &wish, &job->complaints);
}

static void log_nothing(const void *job, const struct changes *changes)
{
	(void)job;
	(void)changes;
}

static void do_adopt(struct host *host, const struct step *step, struct text *text)
{
	static const struct order_kind kind = { .command = "adopt",
						.not_done = EVENT_RELOAD_NOT_DONE,
						.work_out = add_adopted,
						.log_done = log_nothing };
	struct policy *policy = calloc(1, sizeof(*policy));
	struct adopting job = { .registry = host->registry, .policy = policy };
	struct changes *changes = NULL;
	struct names names = { 0 };
	char id[16];
	enum err err;

	assert_non_null(policy);
	pick(&(struct step){ 0, step->a, 0 }, &names);
	(void)snprintf(id, sizeof(id), "x%u", step->b % 5);
	job.domain = names.item[0];
	job.id = id;
	*policy = (struct policy){ .mode = MODE_ENFORCE, .max_age = step->a % 2 == 0 ? 86400 : 604800 };
	assert_int_equal(names_put(&policy->mx, "mx.example"), ERR_OK);
	err = order_run(host->registry, host->store, &by, &kind, &job, &changes);
	say_outcome(text, "adopt", err, &changes, &job.complaints);
	policy_free(&policy);
	complaints_free(&job.complaints);
	names_free(&names);
}

static void do_read_store(struct host *host, const struct step *step, struct text *text)
{
	(void)step;
	say(text, "read: %s\n", err_text(registry_load(host->registry, host->store)));
}

static void (*const kinds[])(struct host *host, const struct step *step, struct text *text) = {
	do_reload, do_reload, do_reload, do_switch, do_switch, do_undo, do_forget, do_adopt, do_read_store,
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* Any of what may stand in a file: an id that is used, a record that is shared, a mode that needs more. */
static void write_any(const struct scratch *scratch, unsigned file)
{
	static const char *const modes[] = { "enforce", "enforce", "testing", "none", "off" };
	struct text text = { 0 };
	char name[32];

	(void)snprintf(name, sizeof(name), "d/f%u.conf", file);
	if (rand() % 8 == 0) {
		(void)unlink(scratch_path(scratch, name));
		return;
	}
	for (int i = rand() % 3; i > 0; i--)
		say(&text, "\n");
	say(&text, "mode = \"%s\"; max_age = %d;", modes[rand() % 5], rand() % 2 == 0 ? 86400 : 604800);
	say(&text, " mx = [ \"%s\" ];\n", rand() % 4 == 0 ? "mail.example" : "mx.example");
	if (rand() % 4 == 0)
		say(&text, "id = \"x%d\";\n", rand() % 5);
	if (rand() % 4 == 0)
		say(&text, "record = \"_mta-sts.shared%d.example\";\n", rand() % 2);
	say(&text, "domains = [ \"d%02u.example\"", file * 2 % DOMAINS);
	for (int i = rand() % 3; i > 0; i--)
		say(&text, ", \"d%02u.example\"", (file * 2 + (unsigned)(rand() % 6)) % DOMAINS);
	say(&text, " ];\n");
	(void)scratch_put(scratch, name, text.bytes, text.len);
	text_free(&text);
}

static void restart(struct fixture *fix)
{
	for (int i = 0; i < 2; i++) {
		host_close(&fix->host[i]);
		open_host(fix, i);
	}
}

/* Both texts are longer than what an assertion shows. */
static void assert_same(const char *spared, char *whole)
{
	size_t at = 0, line = 0;

	/* Of their own they have only their settings. */
	for (char *own = whole; (own = strstr(own, "/conf1:")) != NULL;)
		own[strlen("/conf")] = '0';

	for (; spared[at] != '\0' && spared[at] == whole[at]; at++) {
		if (spared[at] == '\n')
			line = at + 1;
	}
	if (spared[at] != whole[at])
		print_error("spared: %.200s\n\nwhole: %.200s\n", spared + line, whole + line);
	assert_true(spared[at] == whole[at]);
}

static void take_step(struct fixture *fix, const struct step *step)
{
	for (int i = 0; i < 2; i++) {
		long_way = i == 1;
		kinds[step->kind](fix->host[i], step, &fix->said[i]);
		say_host(&fix->said[i], fix->host[i]);
	}
	long_way = false;
	assert_same(fix->said[0].bytes, fix->said[1].bytes);
	text_free(&fix->said[0]);
	text_free(&fix->said[1]);
}

static void a_load_that_is_spared_work_ends_as_one_that_does_all_of_it(void **state)
{
	struct fixture *fix = *state;

	srand(15);
	for (unsigned i = 0; i < FILES; i++)
		write_any(fix->scratch, i);
	for (unsigned step = 0; step < 250; step++) {
		for (int i = rand() % 4; i > 0; i--)
			write_any(fix->scratch, (unsigned)rand() % FILES);
		if (rand() % 50 == 0)
			restart(fix);
		now += rand() % 100;
		take_step(fix, &(struct step){ rand() % (int)KINDS, (unsigned)rand(), (unsigned)rand() });
	}
}

#define MANY_FILES   20
#define MANY_DOMAINS 1000

static void write_many(const struct scratch *scratch, unsigned file, const char *mode, unsigned changed)
{
	struct text text = { 0 };
	char name[32];

	(void)snprintf(name, sizeof(name), "d/f%u.conf", file);
	say(&text, "domains = (\n");
	for (unsigned i = 0; i < MANY_DOMAINS; i++)
		say(&text,
		    "%s{ domain = \"d%u.f%u.example\"; mode = \"%s\"; max_age = 86400; "
		    "mx = [ \"mx.example\" ]; }\n",
		    i > 0 ? "," : "", i, file, i == changed ? mode : "testing");
	say(&text, ");\n");
	(void)scratch_put(scratch, name, text.bytes, text.len);
	text_free(&text);
}

static void assert_cost(struct fixture *fix, size_t opened, size_t parsed, size_t worked_out,
			size_t published)
{
	struct host *host = fix->host[0];
	struct changes *changes = NULL;

	assert_int_equal(reload_run(host, &by, false, &changes), ERR_OK);
	assert_int_equal(host->files->domains->opened, opened);
	assert_int_equal(host->files->domains->parsed, parsed);
	assert_int_equal(host->files->worked_out, worked_out);
	assert_int_equal(changes->published, published);
	changes_free(&changes);
}

static void of_twenty_thousand_domains_the_one_that_changed_is_worked_out(void **state)
{
	struct fixture *fix = *state;
	const struct switch_to none = { .mode = MODE_NONE, .max_age = 86400 };
	struct complaints complaints = { 0 };
	struct changes *changes = NULL;
	struct names names = { 0 };

	for (unsigned i = 0; i < MANY_FILES; i++)
		write_many(fix->scratch, i, "testing", 0);
	assert_cost(fix, MANY_FILES, MANY_FILES, MANY_FILES * MANY_DOMAINS, MANY_FILES * MANY_DOMAINS);
	assert_cost(fix, 0, 0, 0, 0);
	write_many(fix->scratch, 7, "enforce", 500);
	assert_cost(fix, 1, 1, 1, 1);
	write_many(fix->scratch, 7, "enforce", 500);
	assert_cost(fix, 1, 0, 0, 0);

	/* What an order has touched is looked at once. */
	assert_int_equal(names_put(&names, "d3.f3.example"), ERR_OK);
	assert_int_equal(names_put(&names, "d4.f4.example"), ERR_OK);
	assert_int_equal(switch_run(fix->host[0]->registry, fix->host[0]->store, &by, &names, &none,
				    &complaints, &changes),
			 ERR_OK);
	assert_cost(fix, 0, 0, 2, 0);
	assert_cost(fix, 0, 0, 0, 0);
	changes_free(&changes);
	complaints_free(&complaints);
	names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_load_that_is_spared_work_ends_as_one_that_does_all_of_it,
						setup, teardown),
		cmocka_unit_test_setup_teardown(of_twenty_thousand_domains_the_one_that_changed_is_worked_out,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
