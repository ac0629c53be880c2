/* SPDX-License-Identifier: ISC */
/* wrap: clock_now; controlling */
#include "controlling.h"

#include "control/metrics.h"
#include "core/owner.h"
#include "core/registry_load.h"
#include "core/registry_private.h"
#include "evidence/looks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DOMAINS 24
#define STEPS   600
#define SHARED  "_mta-sts.shared.example"

static struct controlling *current;
static char names[DOMAINS][DOMAIN_SIZE];
static struct configured files[DOMAINS];
static struct terms terms[DOMAINS];
static uint64_t state_of_chance;
static size_t most[MARK_COUNT]; /* that bore it at a time */

static unsigned chance(unsigned sides)
{
	state_of_chance = state_of_chance * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state_of_chance >> 33) % sides;
}

static int setup(void **state)
{
	if (controlling_setup(state) != 0)
		return -1;
	current = *state;
	state_of_chance = 8461;
	for (int i = 0; i < DOMAINS; i++)
		(void)snprintf(names[i], sizeof(names[i]), "d%02d.example", i);
	return 0;
}

/* What is to be kept, found by a look at every domain. */
struct counted {
	size_t number[MARK_COUNT];
	struct names orphans, unreadable;
};

static enum err count(void *context, void *object)
{
	struct counted *counted = context;
	const struct domain *domain = object;
	const struct revision *published = domain->published;
	bool damaged = domain->unreadable || domain->renewed || domain->frozen;
	bool orphan = domain->configured == NULL && !domain->refused;

	counted->number[MARK_ENFORCE] += published != NULL && published->mode == MODE_ENFORCE;
	counted->number[MARK_TESTING] += published != NULL && published->mode == MODE_TESTING;
	counted->number[MARK_NONE] += published != NULL && published->mode == MODE_NONE;
	counted->number[MARK_SWITCHED] += published != NULL && domain->switching->active;
	counted->number[MARK_ORPHANED] += published != NULL && orphan;
	counted->number[MARK_REFUSED] += published != NULL && domain->refused;
	counted->number[MARK_UNLOOKED] += published != NULL && !domain->looked_at;
	counted->number[MARK_COVERED] += published != NULL && domain->looked_at && domain->covered;
	counted->number[MARK_UNCOVERED] += published != NULL && domain->looked_at && !domain->covered;
	counted->number[MARK_UNREADABLE] += published == NULL && domain->unreadable;
	counted->number[MARK_AILING] += damaged || (domain->declared != NULL && domain->observed != NULL &&
						    domain->declared != domain->observed);
	counted->number[MARK_PLACED] += domain->declared != NULL || domain->observed != NULL;
	counted->number[MARK_LOOSE] += domain->loose;
	if (published != NULL && orphan && counted->orphans.count < 10)
		assert_int_equal(names_put(&counted->orphans, domain->name), ERR_OK);
	if (published == NULL && domain->unreadable)
		assert_int_equal(names_put(&counted->unreadable, domain->name), ERR_OK);
	return ERR_OK;
}

static void assert_names(const json_t *array, const struct names *wanted)
{
	assert_int_equal(json_array_size(array), wanted->count);
	for (size_t i = 0; i < wanted->count; i++)
		assert_string_equal(json_string_value(json_array_get(array, i)), wanted->item[i]);
}

static void assert_metric(const char *text, const char *name, size_t value)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "\nmta_stsd_%s %zu\n", name, value);
	if (strstr(text, line) == NULL)
		fail_msg("there is no line %s", line);
}

static void assert_metrics(const struct counted *counted)
{
	struct answer answer = { 0 };

	controlling_answer(current, METHOD_GET, "/metrics", "", &answer);
	assert_metric(answer.body.bytes, "domains{mode=\"enforce\"}", counted->number[MARK_ENFORCE]);
	assert_metric(answer.body.bytes, "domains{mode=\"testing\"}", counted->number[MARK_TESTING]);
	assert_metric(answer.body.bytes, "domains{mode=\"none\"}", counted->number[MARK_NONE]);
	assert_metric(answer.body.bytes, "domains_switched", counted->number[MARK_SWITCHED]);
	assert_metric(answer.body.bytes, "domains_orphaned", counted->number[MARK_ORPHANED]);
	assert_metric(answer.body.bytes, "domains_refused", counted->number[MARK_REFUSED]);
	assert_metric(answer.body.bytes, "domains_unreadable", counted->number[MARK_UNREADABLE]);
	answer_free(&answer);
}

static void assert_status(const struct counted *counted)
{
	json_t *status = controlling_ask(current, METHOD_GET, "/v1/status", "", 200);
	const json_t *totals = json_object_get(status, "domains");
	const struct {
		const char *name;
		size_t wanted;
	} rows[] = {
		{ "enforce", counted->number[MARK_ENFORCE] },
		{ "testing", counted->number[MARK_TESTING] },
		{ "none", counted->number[MARK_NONE] },
		{ "switched", counted->number[MARK_SWITCHED] },
		{ "orphaned", counted->number[MARK_ORPHANED] },
		{ "refused", counted->number[MARK_REFUSED] },
		{ "total", counted->number[MARK_ENFORCE] + counted->number[MARK_TESTING] +
				   counted->number[MARK_NONE] },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(json_integer_value(json_object_get(totals, rows[i].name)), rows[i].wanted);
	assert_names(json_object_get(status, "orphaned_domains"), &counted->orphans);
	assert_names(json_object_get(status, "unreadable_domains"), &counted->unreadable);
	json_decref(status);
}

static enum err count_one(void *context, const struct domain *domain)
{
	(void)domain;
	++*(size_t *)context;
	return ERR_OK;
}

static void assert_kept(bool told)
{
	const struct registry *registry = current->host.registry;
	struct counted counted = { .number = { 0 } };

	assert_int_equal(ordered_each(&registry->domains, count, &counted), ERR_OK);
	for (unsigned mark = 0; mark < MARK_COUNT; mark++) {
		size_t met = 0;

		assert_int_equal(registry_each_marked(registry, mark, count_one, &met), ERR_OK);
		assert_int_equal(met, counted.number[mark]);
		assert_int_equal(registry_marked(registry, mark), counted.number[mark]);
		most[mark] = met > most[mark] ? met : most[mark];
	}
	if (told) {
		assert_status(&counted);
		assert_metrics(&counted);
	}
	names_free(&counted.orphans);
	names_free(&counted.unreadable);
}

static void publish(unsigned i)
{
	static const enum mode modes[] = { MODE_ENFORCE, MODE_TESTING, MODE_NONE };
	enum mode mode = modes[chance(3)];

	files[i] = *hosting_configured(names[i], mode, mode != MODE_NONE ? "mx.example" : NULL, "");
	terms[i] = *files[i].terms;
	terms[i].record = chance(4) == 0 ? SHARED : NULL;
	files[i].terms = &terms[i];
	(void)hosting_publish(current->hosting, &files[i]);
}

static void order(unsigned i)
{
	const struct hosting_switch none = hosting_none(), reset = hosting_reset();
	/* What most of them publish anyway. */
	const struct hosting_switch enforce = { none.by, { .mode = MODE_ENFORCE } };
	const struct hosting_switch *const orders[] = { &none, &reset, &enforce };

	(void)hosting_order(current->hosting, names[i], orders[chance(3)]);
}

static void join(unsigned i)
{
	const struct domain *domain = registry_domain(current->host.registry, names[i]);
	unsigned what = chance(3);

	if (domain != NULL)
		registry_attach(current->host.registry, names[i], what == 0 ? &files[i] : NULL, what == 1);
}

static void ask(const char *target, const char *body)
{
	struct answer answer = { 0 };

	controlling_answer(current, METHOD_POST, target, body, &answer);
	answer_free(&answer);
}

static void forget(unsigned i)
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"domains\": [\"%s\"], \"force\": true}", names[i]);
	current->files.domains = (struct domains *)(uintptr_t) "read"; /* nobody looks into them */
	ask("/v1/forget", body);
	current->files.domains = NULL;
}

static void undo(unsigned i)
{
	(void)i;
	ask("/v1/undo", "{}");
}

static void see(unsigned i)
{
	const struct order by = { .uid = -1, .who = "test", .reason = "" };
	struct look look = { .domain = names[i], .record = SHARED, .answers = 1 };

	look.answer[0] = (struct record_answer){ .server = "ns.example", .address = "192.0.2.1", .ttl = 300 };
	(void)looks_take(current->host.registry, current->host.store, &by, &look, 1);
}

static void load(unsigned i)
{
	(void)i;
	assert_int_equal(registry_load(current->host.registry, current->host.store), ERR_OK);
}

static void damage(unsigned i)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       chance(2) == 0
			       ? "UPDATE revision SET text = 'x' WHERE superseded_at IS NULL AND domain ="
				 " (SELECT id FROM domain WHERE name = '%s')"
			       : "UPDATE switch SET mode = 'testing' WHERE domain ="
				 " (SELECT id FROM domain WHERE name = '%s')",
		       names[i]);
	hosting_sql(current->hosting, sql);
	load(i);
}

static void restart(unsigned i)
{
	(void)i;
	hosting_restart(current->hosting);
	current->host.store = current->hosting->store;
	current->host.registry = current->hosting->registry;
	current->host.tally = current->hosting->tally;
}

/* Whatever is ordered, forgotten, taken back, damaged or read anew. */
static void what_is_kept_is_what_a_count_of_all_finds(void **state)
{
	static void (*const steps[])(unsigned i) = { publish, publish, publish, order, order, order, join,
						     join,    join,    forget,  undo,  see,   load,  damage };

	(void)state;
	for (unsigned step = 0; step < STEPS; step++) {
		steps[chance(sizeof(steps) / sizeof(*steps))](chance(DOMAINS));
		if (step % 100 == 99)
			restart(0);
		assert_kept(step % 10 == 0);
	}
	for (unsigned mark = 0; mark < MARK_COUNT; mark++)
		assert_true(mark == MARK_COVERED || most[mark] > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, controlling_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_kept_is_what_a_count_of_all_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
