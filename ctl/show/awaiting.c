/* SPDX-License-Identifier: ISC */
#include "ctl/show/awaiting.h"

#include "base/clock.h"
#include "ctl/cli/print.h"
#include "ctl/show/clients.h"

#include <string.h>

/* A round comes every ten minutes. */
#define STALE ((time_t)3600)

/*
 * What to do.  '$' stands for the domain, '%' for the time and '^' for the detail; a line with one that is
 * not known is left out, but for the first, which has no other than the domain.
 */
static const struct {
	const char *time; /* what the time means, behind what keeps it */
	const char *advice;
} states[ORDERING_STATE_COUNT] = {
	[ORDERING_FAILED] = { "next try", "correct what the authority says of mta-sts.$\n"
					  "  ^\n"
					  "it is tried again at %\n"
					  "at once, by hand: mta-stsctl cert obtain $\n" },
	[ORDERING_FORBIDDEN] = { "next look",
				 "let the authority issue for mta-sts.$, which a CAA record forbids\n"
				 "  ^\n"
				 "put one beside it that names the authority, for Let's Encrypt\n"
				 "  CAA 0 issue \"letsencrypt.org\"\n" },
	[ORDERING_ELSEWHERE] = { "next look",
				 "have each address of mta-sts.$ lead here, or take it out of DNS\n"
				 "  ^\n"
				 "one that leads here for everybody but this machine (NAT): acme.addresses "
				 "in "
				 "mta-stsd.conf(5)\n" },
	[ORDERING_NO_ADDRESS] = { "next look",
				  "publish where mta-sts.$ is: a record for each address of this host\n"
				  "  mta-sts.$. 3600 IN A ADDRESS\n"
				  "  mta-sts.$. 3600 IN AAAA ADDRESS\n"
				  "  ^\n" },
	[ORDERING_UNREACHED] = { "next look", "let everybody reach port 443 of mta-sts.$ (firewall, router)\n"
					      "  ^\n" },
	[ORDERING_UNKNOWN] = { "next look", "find out why DNS does not say where mta-sts.$ is\n"
					    "  ^\n" },
	[ORDERING_LIMITED] = { "until",
			       "wait: mta-sts.$ gets its certificate when the authority allows another\n"
			       "  ^\n"
			       "that is at %\n" },
	[ORDERING_DUE] = { "at", "wait: mta-sts.$ gets its certificate by itself\n"
				 "its turn is at %\n" },
};

static const char *const problems[ORDERING_PROBLEM_COUNT] = {
	[ORDERING_NO_ACCOUNT] = "agree to the terms of an authority, once; without --agree they are shown\n"
				"  " CLIENTS_AGREE "$\n",
	[ORDERING_ACCOUNT] = "let certificates be ordered, which need the directory of the account\n"
			     "  ^\n",
	[ORDERING_UACME] = "install uacme, by which certificates are ordered: apt install uacme\n"
			   "  ^\n",
	[ORDERING_LEDGER] =
		"let certificates be ordered, which need their ledger: rights, or room on the disk\n"
		"  ^\n",
	[ORDERING_AUTHORITY_SILENT] =
		"find out why the authority does not answer: network, DNS, firewall, or its own\n"
		"  ^\n"
		"it is tried again at %\n",
	[ORDERING_OTHER] = "find out why no certificate is ordered: journalctl -u mta-stsd-acme\n"
			   "  ^\n",
};

#define NO_MORE "find out why no certificate is ordered any more: systemctl list-timers\n"

enum ordering_state awaiting_state(const struct api_certificate_order *order)
{
	enum ordering_state state;

	return ordering_state_parse(order->state, &state) == ERR_OK ? state : 0;
}

const char *awaiting_words(const struct api_certificate_order *order)
{
	return awaiting_state(order) != 0 ? ordering_state_words(awaiting_state(order)) : order->state;
}

enum err awaiting_say(const struct api_certificate_order *order, struct text *out)
{
	enum err err = text_appendf(out, "%s", awaiting_words(order));

	if (err == ERR_OK && *order->at != '\0')
		err = text_appendf(out, ", %s %s",
				   awaiting_state(order) != 0 ? states[awaiting_state(order)].time : "at",
				   order->at);
	if (err == ERR_OK && order->detail != NULL)
		err = text_appendf(out, ": %s", order->detail);
	return err;
}

static const char *problem_words(const char *code)
{
	enum ordering_problem problem;

	return ordering_problem_parse(code, &problem) == ERR_OK ? ordering_problem_words(problem) : code;
}

static void put_problem(struct table *table, const struct api_ordering *ordering)
{
	bool again = *ordering->next != '\0';

	table_putf(table, "ordering", "NOTHING IS ORDERED: %s%s%s%s%s (at %s)",
		   problem_words(ordering->problem), ordering->detail != NULL ? ": " : "",
		   ordering->detail != NULL ? ordering->detail : "", again ? ", next try " : "",
		   ordering->next, ordering->reported);
}

/* The daemon names the states in the order of how bad they are. */
static enum err say_states(const json_t *counts, struct text *line)
{
	const char *state;
	json_t *count;
	enum err err = ERR_OK;

	json_object_foreach((json_t *)(uintptr_t)counts, state, count)
	{
		if (err == ERR_OK && json_integer_value(count) > 0)
			err = text_appendf(line, "%s%" JSON_INTEGER_FORMAT " %s", line->len > 0 ? ", " : "",
					   json_integer_value(count), state);
	}
	return err;
}

static bool is_stale(const struct api_ordering *ordering)
{
	time_t reported;

	return clock_parse(ordering->reported, &reported) == ERR_OK && clock_now() - reported > STALE;
}

void awaiting_put(struct table *table, const struct api_covering *all)
{
	const struct api_ordering *ordering = &all->ordering;
	bool reported = *ordering->reported != '\0';
	struct text line = { 0 };

	if (ordering->states == NULL)
		return;
	table_fail(table, say_states(ordering->states, &line));
	if (ordering->problem != NULL)
		put_problem(table, ordering);
	else if (line.len > 0)
		table_putf(table, "ordering", "%s%s%s", line.bytes, reported ? "; last round at " : "",
			   ordering->reported);
	else if (reported)
		table_putf(table, "ordering", "nothing is kept; last round at %s%s", ordering->reported,
			   is_stale(ordering) ? ", NONE SINCE" : "");
	else if (all->uncovered > 0)
		table_putf(table, "ordering", "not known yet: no round was reported since the start");
	text_free(&line);
}

/* One line of an advice, or nothing when what it tells of is not known. */
static void print_line(FILE *out, const char *line, size_t len, const struct api_certificate_order *about)
{
	if ((memchr(line, '%', len) != NULL && *about->at == '\0') ||
	    (memchr(line, '^', len) != NULL && about->detail == NULL))
		return;
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '$')
			print_text(out, about->domain);
		else if (line[i] == '%')
			print_text(out, about->at);
		else if (line[i] == '^')
			print_text(out, about->detail);
		else
			(void)fputc(line[i], out);
	}
	(void)fputc('\n', out);
}

static void print_advice(FILE *out, const char *advice, const struct api_certificate_order *about)
{
	while (*advice != '\0') {
		size_t len = strcspn(advice, "\n");

		print_line(out, advice, len, about);
		advice += len + 1;
	}
}

/* What is going to be pasted into a shell is a domain and nothing else. */
void awaiting_advise_on(FILE *out, const struct api_certificate_order *order)
{
	enum ordering_state state = awaiting_state(order);

	if (state != 0 && clients_is_domain(order->domain))
		print_advice(out, states[state].advice, order);
	else
		(void)fputs("see what keeps certificates: mta-stsctl cert list\n", out);
}

static void advise_on_problem(FILE *out, const struct api_covering *all)
{
	const char *domain = json_string_value(json_array_get(all->uncovered_domains, 0));
	struct api_certificate_order about = { .detail = all->ordering.detail };
	enum ordering_problem problem;

	about.domain = domain != NULL && clients_is_domain(domain) ? domain : "DOMAIN";
	memcpy(about.at, all->ordering.next, sizeof(about.at));
	if (ordering_problem_parse(all->ordering.problem, &problem) != ERR_OK)
		problem = ORDERING_OTHER;
	print_advice(out, problems[problem], &about);
}

static bool find_worst(const struct api_covering *all, struct api_certificate_order *worst)
{
	enum ordering_state state;

	if (shape_read(&shape_certificate_order, json_array_get(all->ordering.domains, 0), worst) != ERR_OK)
		return false;
	state = awaiting_state(worst);
	/* That a renewal waits for its turn is nobody's business. */
	return all->uncovered > 0 || state == 0 || ordering_state_fails(state);
}

bool awaiting_has_advice(const struct api_covering *all)
{
	struct api_certificate_order worst;

	return all->ordering.states != NULL &&
	       (all->ordering.problem != NULL || find_worst(all, &worst) || is_stale(&all->ordering));
}

void awaiting_advise(FILE *out, const struct api_covering *all)
{
	struct api_certificate_order worst;

	if (all->ordering.problem != NULL)
		advise_on_problem(out, all);
	else if (find_worst(all, &worst))
		awaiting_advise_on(out, &worst);
	else
		(void)fputs(NO_MORE, out);
}
