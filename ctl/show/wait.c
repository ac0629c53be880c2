/* SPDX-License-Identifier: ISC */
#include "ctl/show/wait.h"

#include "api/shape_status.h"
#include "ctl/cli/output.h"
#include "ctl/cli/print.h"
#include "ctl/show/dns.h"
#include "ctl/show/looks.h"

#include <string.h>
#include <unistd.h>

/* One that is not being retired, and whose record is right. */
#define IN_DNS "right in DNS"

static const char *state_of(const struct api_look *one)
{
	return one->retirement.state != NULL ? one->retirement.state : IN_DNS;
}

/* How many are in each of the states that end a wait. */
static void print_states(FILE *out, const json_t *domains)
{
	static const char *const states[] = { "draining", "confirming", "safe", IN_DNS };
	char count[PRINT_COUNT_SIZE];
	const char *before = ": ";
	bool retiring = false;

	(void)fputs(print_count((json_int_t)json_array_size(domains), "domain", count), out);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		json_int_t some = 0;
		struct api_look one;

		for (size_t j = 0; j < json_array_size(domains); j++)
			some += shape_read(&shape_look, json_array_get(domains, j), &one) == ERR_OK &&
				strcmp(state_of(&one), states[i]) == 0;
		if (some == 0)
			continue;
		(void)fprintf(out, "%s%" JSON_INTEGER_FORMAT " %s", before, some, states[i]);
		before = ", ";
		retiring = retiring || strcmp(states[i], IN_DNS) != 0;
	}
	(void)fputs(retiring ? "; mta-stsctl list --retiring says more\n" : "\n", out);
}

enum err wait_print(const struct print_view *view, json_t *reply)
{
	struct api_looks looks;
	bool brief;
	json_t *item;
	size_t i;

	if (shape_read(&shape_looks, reply, &looks) != ERR_OK)
		return ERR_SYNTAX;
	brief = view->retiring || json_array_size(looks.domains) > PRINT_SOME;
	json_array_foreach(looks.domains, i, item)
	{
		struct api_look one;

		if (shape_read(&shape_look, item, &one) != ERR_OK ||
		    (one.retirement.state == NULL && one.dns.verdict == NULL))
			return ERR_SYNTAX;
		if (brief)
			continue;
		print_text(view->out, one.domain);
		(void)fputs(": ", view->out);
		print_text(view->out, one.retirement.state != NULL ? one.retirement.text : one.dns.text);
		(void)fputc('\n', view->out);
	}
	if (i == 0)
		(void)fputs("nothing to wait for: no domain is being retired\n", view->out);
	else if (brief)
		print_states(view->out, looks.domains);
	return ERR_OK;
}

#define NAP_LEAST 15
#define NAP_MOST  600
#define UNENDING  (UINT64_MAX / 2)

struct waiting {
	const struct run_view *view;
	bool for_safe; /* and not only for DNS */
	bool any;  /* domains that are being retired, whichever: one that no longer is is not waited for */
	bool left; /* there was such a one */
	uint64_t deadline_ms;
	struct names pending;
	json_t *reached;    /* what was seen of the others */
	json_t *looks;      /* what was seen of the pending ones last */
	time_t earliest;    /* when the first of them may be safe; 0: not known */
	struct text notice; /* what was said last */
};

/* A domain that drains may have name servers that are silent at the moment: that is not seen. */
static bool has_reached(const struct api_look *one, bool safe)
{
	return safe ? strcmp(state_of(one), "safe") == 0 : dns_is_right(one);
}

static const char *describe(const struct waiting *waiting, const struct api_look *one)
{
	if (one->dns.verdict == NULL && one->retirement.state == NULL)
		return "unknown: the state cannot be read";
	return waiting->for_safe || one->dns.verdict == NULL ? one->retirement.text : one->dns.text;
}

/* One that was asked for, and that the daemon did not answer for; NULL: none. */
static const char *find_gone(const struct names *asked, const json_t *looks)
{
	for (size_t i = 0; i < asked->count; i++) {
		const json_t *answer = json_array_get(looks, i);
		const char *name = json_string_value(json_object_get(answer, "domain"));

		if (answer == NULL || (name != NULL && strcmp(name, asked->item[i]) != 0))
			return asked->item[i];
	}
	return NULL;
}

static void note_time(const char safe_at[SHAPE_TIME_SIZE], time_t *earliest)
{
	time_t when;

	if (clock_parse(safe_at, &when) == ERR_OK && (*earliest == 0 || when < *earliest))
		*earliest = when;
}

/* One that is on is waited for by name, and only for DNS. */
static bool is_stray(const struct waiting *waiting, const struct api_look *one)
{
	return one->retirement.state == NULL && (waiting->any || waiting->for_safe);
}

/* Part those who have come far enough from those who have not. */
static enum err part(struct waiting *waiting, json_t *looks, const char **stray)
{
	struct names left = { 0 };
	enum err err = ERR_OK;
	json_t *item;
	size_t i;

	waiting->earliest = 0;
	(void)json_array_clear(waiting->looks);
	json_array_foreach(looks, i, item)
	{
		struct api_look one;
		bool reached = false;

		err = shape_read(&shape_look, item, &one);
		if (err == ERR_OK && is_stray(waiting, &one)) {
			*stray = one.domain;
			if (waiting->any)
				continue;
		}
		if (err == ERR_OK)
			reached = has_reached(&one, waiting->for_safe);
		if (err == ERR_OK &&
		    json_array_append(reached ? waiting->reached : waiting->looks, item) != 0)
			err = ERR_NO_MEMORY;
		if (err == ERR_OK && !reached) {
			note_time(one.retirement.safe_at, &waiting->earliest);
			err = names_put(&left, one.domain);
		}
		if (err != ERR_OK)
			break;
	}
	names_free(&waiting->pending);
	waiting->pending = left;
	return err;
}

static enum run_status look(struct waiting *waiting)
{
	FILE *err = waiting->view->err;
	json_t *looks = json_array();
	const char *gone = NULL;
	const char *stray = NULL;
	enum run_status status;
	enum err parted;

	if (looks == NULL)
		return output_end(err, ERR_NO_MEMORY);
	status = looks_gather(waiting->view, &waiting->pending, looks);
	if (status == RUN_DONE && (gone = find_gone(&waiting->pending, looks)) != NULL) {
		print_problem(err, "%s was forgotten in the meantime: see mta-stsctl history %s", gone, gone);
		waiting->left = true;
		status = waiting->any ? RUN_DONE : RUN_NOT_DONE;
	}
	if (status == RUN_DONE) {
		parted = part(waiting, looks, &stray);
		if (parted != ERR_OK)
			status = output_end(err, parted);
	}
	if (status == RUN_DONE && stray != NULL && waiting->any) {
		waiting->left = true;
		print_problem(err, "%s is not being retired any more: see mta-stsctl history %s", stray,
			      stray);
	} else if (status == RUN_DONE && stray != NULL) {
		print_problem(err,
			      "%s is not being retired, and so will not be safe to remove: to wait for its "
			      "record, give --until dns",
			      stray);
		status = RUN_NOT_DONE;
	}
	json_decref(looks);
	return status;
}

/* Say what is waited for when it is not what was said last. */
static enum err announce(struct waiting *waiting)
{
	struct text notice = { 0 };
	struct api_look first;
	enum err err = shape_read(&shape_look, json_array_get(waiting->looks, 0), &first);

	if (err == ERR_OK && waiting->pending.count > 1)
		err = text_appendf(&notice, "waiting for %zu domains, first ", waiting->pending.count);
	else if (err == ERR_OK)
		err = text_appendf(&notice, "waiting for ");
	if (err == ERR_OK)
		err = text_appendf(&notice, "%s: %s", first.domain, describe(waiting, &first));
	if (err == ERR_OK &&
	    (waiting->notice.bytes == NULL || strcmp(waiting->notice.bytes, notice.bytes) != 0)) {
		print_escaped(waiting->view->err, notice.bytes, notice.len);
		(void)fputc('\n', waiting->view->err);
		(void)fflush(waiting->view->err);
	}
	text_free(&waiting->notice);
	waiting->notice = notice;
	return err;
}

/* Whole seconds, and not beyond the deadline. */
static unsigned choose_nap(const struct waiting *waiting, uint64_t now_ms)
{
	int64_t nap = NAP_LEAST;
	uint64_t left = (waiting->deadline_ms - now_ms + 999) / 1000;

	if (waiting->for_safe)
		nap = waiting->earliest > 0 ? (int64_t)(waiting->earliest - clock_now()) : NAP_MOST;
	if (nap > NAP_MOST)
		nap = NAP_MOST;
	if (nap < NAP_LEAST)
		nap = NAP_LEAST;
	return (uint64_t)nap < left ? (unsigned)nap : (unsigned)left;
}

static enum run_status print(struct waiting *waiting, enum run_status status)
{
	json_t *reply = json_pack("{s:O}", "domains", waiting->reached);
	enum err err = ERR_NO_MEMORY;

	if (reply != NULL && json_array_extend(waiting->reached, waiting->looks) == 0)
		err = output_reply(waiting->view, reply);
	json_decref(reply);
	return err == ERR_OK ? status : output_end(waiting->view->err, err);
}

static enum run_status give_up(struct waiting *waiting)
{
	json_t *item;
	size_t i;

	json_array_foreach(waiting->looks, i, item)
	{
		struct api_look one;

		if (i < PRINT_SOME && shape_read(&shape_look, item, &one) == ERR_OK)
			print_problem(waiting->view->err, "not in time: %s: %s", one.domain,
				      describe(waiting, &one));
	}
	print_rest(waiting->view->err, PRINT_PROBLEM, (json_int_t)i - PRINT_SOME, "--json shows them all");
	return options_has(waiting->view->options, OPTION_JSON) ? print(waiting, RUN_NOT_DONE) : RUN_NOT_DONE;
}

static enum run_status go_on(struct waiting *waiting)
{
	uint64_t now_ms = clock_ms();
	enum err err;

	if (now_ms >= waiting->deadline_ms)
		return give_up(waiting);
	err = announce(waiting);
	if (err != ERR_OK)
		return output_end(waiting->view->err, err);
	(void)sleep(choose_nap(waiting, now_ms));
	return RUN_DONE;
}

static enum run_status wait_for(struct waiting *waiting)
{
	const struct run_view *view = waiting->view;
	enum run_status status = looks_select(view, &waiting->pending);

	if (status != RUN_DONE)
		return status;
	do
		status = look(waiting);
	while (status == RUN_DONE && waiting->pending.count > 0 && (status = go_on(waiting)) == RUN_DONE);
	return status == RUN_DONE ? print(waiting, waiting->left ? RUN_NOT_DONE : RUN_DONE) : status;
}

static enum run_status begin(const struct run_view *view)
{
	struct waiting waiting = { .view = view, .deadline_ms = UNENDING };
	enum run_status status;

	waiting.for_safe = strcmp(view->options->value[OPTION_UNTIL], "safe") == 0;
	waiting.any = options_has(view->options, OPTION_RETIRING);
	if (options_has(view->options, OPTION_TIMEOUT))
		waiting.deadline_ms =
			clock_ms() + (uint64_t)options_number(view->options, OPTION_TIMEOUT) * 1000;
	waiting.reached = json_array();
	waiting.looks = json_array();
	status = waiting.reached != NULL && waiting.looks != NULL ? wait_for(&waiting)
								  : output_end(view->err, ERR_NO_MEMORY);
	names_free(&waiting.pending);
	text_free(&waiting.notice);
	json_decref(waiting.reached);
	json_decref(waiting.looks);
	return status;
}

/* Of all, those that are being retired. */
enum run_status wait_run(const struct run_view *view)
{
	struct options options = *view->options;
	struct run_view own = *view;

	if (!options_has(view->options, OPTION_UNTIL)) {
		print_problem(view->err, "what should be waited for? give --until dns or --until safe");
		return RUN_USAGE;
	}
	if (options_has(&options, OPTION_ALL))
		options.seen = (options.seen & ~OPTION_BIT(OPTION_ALL)) | OPTION_BIT(OPTION_RETIRING);
	own.options = &options;
	return begin(&own);
}
