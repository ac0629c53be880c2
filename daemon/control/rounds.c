/* SPDX-License-Identifier: ISC */
#include "control/rounds.h"

#include "api/ordering.h"
#include "base/clock.h"
#include "control/reply.h"
#include "log/log_event.h"

#include <stdlib.h>
#include <string.h>

/* Of the worst domains. */
#define WORST_SHOWN 10

/* Orders of a report as they are read; the strings belong to the request's JSON, or stand here. */
struct report {
	struct awaited_order *item;
	struct words {
		char domain[DOMAIN_SIZE];
		char detail[API_ORDER_DETAIL_MAX + 1];
	} * words;
	size_t count;
};

static bool refuse_word(struct answer *answer, const char *field, const char *given, unsigned count,
			const char *(*word)(unsigned i))
{
	struct text message = { 0 };
	char shown[TEXT_SHOWN_SIZE];

	(void)text_appendf(&message, "%s is unknown (%s): write", field,
			   text_escape(given, strlen(given), shown));
	for (unsigned i = 1; i < count; i++)
		(void)text_appendf(&message, "%s %s", i > 1 ? "," : "", word(i));
	(void)action_refuse(answer, message.bytes);
	text_free(&message);
	return false;
}

static const char *state_word(unsigned i)
{
	return ordering_state_text((enum ordering_state)i);
}

static const char *problem_word(unsigned i)
{
	return ordering_problem_text((enum ordering_problem)i);
}

static bool read_state(const char *given, unsigned *state, struct answer *answer)
{
	enum ordering_state read;

	if (ordering_state_parse(given, &read) != ERR_OK)
		return refuse_word(answer, "state", given, ORDERING_STATE_COUNT, state_word);
	*state = read;
	return true;
}

static bool read_problem(const char *given, unsigned *problem, struct answer *answer)
{
	enum ordering_problem read;

	*problem = 0;
	if (given == NULL)
		return true;
	if (ordering_problem_parse(given, &read) != ERR_OK)
		return refuse_word(answer, "problem", given, ORDERING_PROBLEM_COUNT, problem_word);
	*problem = read;
	return true;
}

/* Foreign words come from an authority or from name servers: they are kept as they may be shown. */
static bool read_detail(const char *given, char shown[API_ORDER_DETAIL_MAX + 1], struct answer *answer)
{
	if (given != NULL && strlen(given) > API_ORDER_DETAIL_MAX)
		return action_refuse(answer, "detail is longer than 400 bytes: shorten it");
	(void)text_show(given != NULL ? given : "", shown, API_ORDER_DETAIL_MAX + 1);
	return true;
}

/* What is no time was found by its shape. */
static time_t time_of(const char *text)
{
	time_t when = 0;

	(void)clock_parse(text, &when);
	return when;
}

static bool read_order(const struct host *host, json_t *object, struct report *report, struct answer *answer)
{
	struct awaited_order *order = &report->item[report->count];
	struct words *words = &report->words[report->count];
	struct api_certificate_order given;

	if (!body_check_object(object, &shape_certificate_order, answer))
		return false;
	if (shape_read(&shape_certificate_order, object, &given) != ERR_OK)
		return action_refuse(answer, "at is not a time: write UTC as in RFC 3339, "
					     "\"2026-11-23T16:00:00Z\", or null");
	if (domain_normalise(given.domain, words->domain, NULL) != ERR_OK)
		return action_refuse(answer,
				     "domain is not valid: write a policy domain such as example.org");
	if (!read_state(given.state, &order->state, answer) ||
	    !read_detail(given.detail, words->detail, answer))
		return false;
	order->domain = words->domain;
	order->detail = words->detail;
	order->at = time_of(given.at);
	/* One that was forgotten meanwhile must not spoil those of all others. */
	report->count += registry_domain(host->registry, words->domain) != NULL;
	return true;
}

static bool read_orders(const struct host *host, const json_t *orders, struct report *report,
			struct answer *answer)
{
	size_t count = json_array_size(orders), i;
	json_t *order;

	if (count > API_ORDERS_MAX)
		return action_refuse(answer,
				     "there are more than 1000 orders: send them in several requests");
	report->item = calloc(count + 1, sizeof(*report->item));
	report->words = calloc(count + 1, sizeof(*report->words));
	if (report->item == NULL || report->words == NULL) {
		reply_error(answer, REPLY_NO_MEMORY, NULL, NULL);
		return false;
	}
	json_array_foreach(orders, i, order)
	{
		if (!read_order(host, order, report, answer))
			return false;
	}
	return true;
}

static bool read_round(json_t *object, time_t now, struct awaited_round *round,
		       char detail[API_ORDER_DETAIL_MAX + 1], struct answer *answer)
{
	struct api_round given;

	*round = (struct awaited_round){ .reported = now, .detail = detail };
	if (object == NULL)
		return true;
	if (!body_check_object(object, &shape_round, answer))
		return false;
	if (shape_read(&shape_round, object, &given) != ERR_OK)
		return action_refuse(answer, "next is not a time: write UTC as in RFC 3339, "
					     "\"2026-11-23T16:00:00Z\", or null");
	round->next = time_of(given.next);
	return read_problem(given.problem, &round->problem, answer) &&
	       read_detail(given.detail, detail, answer);
}

/* What fails, in numbers: "failed: 2, forbidden: 1", and what keeps all of them; "" when nothing does. */
static enum err say_failing(struct awaited *awaited, time_t now, struct text *said)
{
	const struct awaited_round round = awaited_last_round(awaited, now);
	enum err err = text_append(said, "", 0);

	if (err == ERR_OK && round.problem != 0)
		err = text_appendf(said, "problem: %s", problem_word(round.problem));
	for (unsigned i = 1; err == ERR_OK && i < ORDERING_STATE_COUNT; i++) {
		size_t count = awaited_count(awaited, i, now);

		if (count > 0 && ordering_state_fails((enum ordering_state)i))
			err = text_appendf(said, "%s%s: %zu", said->len > 0 ? ", " : "", state_word(i),
					   count);
	}
	return err;
}

static void log_failing(const char *said, const char *detail)
{
	const struct log_fields fields = { .reason = said };

	if (*said != '\0')
		log_event(EVENT_ORDERS_FAIL, &fields, "certificates, orders fail (%s%s%s)", said,
			  detail != NULL ? "; " : "", detail != NULL ? detail : "");
	else
		log_event(EVENT_ORDERS_WORK, NULL, "certificates, no order fails any more");
}

/* Whoever reports as fast as he can must not fill the log: what is left out is said by a later round. */
static void log_news(struct awaited *awaited, time_t now)
{
	static struct log_limit limit;
	uint64_t *told = awaited_told(awaited);
	struct text said = { 0 };

	if (say_failing(awaited, now, &said) == ERR_OK) {
		uint64_t sum = said.len > 0 ? text_sum(TEXT_SUM_EMPTY, said.bytes, said.len) : 0;

		if (sum != *told && log_allowed(&limit, clock_ms())) {
			log_failing(said.bytes, awaited_last_round(awaited, now).detail);
			*told = sum;
		}
	}
	text_free(&said);
}

static void take(struct control *control, const struct report *report, const struct awaited_round *round,
		 time_t now, struct answer *answer)
{
	struct awaited *awaited = registry_awaited(control->host->registry);
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < report->count; i++)
		err = awaited_put(awaited, &report->item[i], now);
	if (err != ERR_OK) {
		reply_failure(answer, err, NULL);
		return;
	}
	if (round != NULL) {
		awaited_put_round(awaited, round);
		log_news(awaited, now);
	}
	reply_done(answer,
		   shape_write(&shape_orders_kept, &(struct api_orders_kept){ (json_int_t)report->count }));
}

void rounds_take(struct control *control, const json_t *body, const struct order *order,
		 struct answer *answer)
{
	json_t *given = json_object_get(body, "round");
	char detail[API_ORDER_DETAIL_MAX + 1] = "";
	struct report report = { .count = 0 };
	struct awaited_round round;
	time_t now = clock_now();

	(void)order;
	if (read_round(given, now, &round, detail, answer) &&
	    read_orders(control->host, json_object_get(body, "orders"), &report, answer))
		take(control, &report, given != NULL ? &round : NULL, now, answer);
	free(report.item);
	free(report.words);
}

void rounds_show_order(const struct awaited_order *order, struct api_certificate_order *shown)
{
	*shown = (struct api_certificate_order){ .domain = order->domain,
						 .state = state_word(order->state),
						 .detail = order->detail };
	shape_put_time_or_none(order->at, shown->at);
}

void rounds_show_domain(const struct host *host, const char *domain, struct api_certificate_order *shown)
{
	struct awaited_order order;

	if (awaited_find(registry_awaited(host->registry), domain, clock_now(), &order))
		rounds_show_order(&order, shown);
}

/* The states are in the order of how bad they are. */
static json_t *view_worst(struct awaited *awaited, time_t now)
{
	json_t *array = json_array();
	struct awaited_order order = { 0 };
	size_t rows = 0;

	for (unsigned state = 1; state < ORDERING_STATE_COUNT; state++) {
		order.domain = NULL;
		while (rows < WORST_SHOWN && awaited_after_in(awaited, order.domain, state, now, &order)) {
			struct api_certificate_order shown;

			rounds_show_order(&order, &shown);
			array = reply_append(array, shape_write(&shape_certificate_order, &shown));
			rows++;
		}
	}
	return array;
}

static json_t *view_states(struct awaited *awaited, time_t now)
{
	json_t *states = json_object();

	for (unsigned i = 1; states != NULL && i < ORDERING_STATE_COUNT; i++) {
		json_int_t count = (json_int_t)awaited_count(awaited, i, now);

		if (json_object_set_new(states, state_word(i), json_integer(count)) == 0)
			continue;
		json_decref(states);
		return NULL;
	}
	return states;
}

void rounds_show(const struct host *host, struct api_ordering *shown)
{
	struct awaited *awaited = registry_awaited(host->registry);
	time_t now = clock_now();
	const struct awaited_round round = awaited_last_round(awaited, now);

	*shown = (struct api_ordering){ .problem = round.problem != 0 ? problem_word(round.problem) : NULL,
					.detail = round.detail,
					.states = view_states(awaited, now),
					.domains = view_worst(awaited, now) };
	shape_put_time_or_none(round.reported, shown->reported);
	shape_put_time_or_none(round.next, shown->next);
}
