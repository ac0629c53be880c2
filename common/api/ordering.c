/* SPDX-License-Identifier: ISC */
#include "api/ordering.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *text;
	const char *words;
	bool fails, holds;
} states[ORDERING_STATE_COUNT] = {
	[ORDERING_FAILED] = { "failed", "the last order failed", true, false },
	[ORDERING_FORBIDDEN] = { "forbidden", "a CAA record forbids the authority to issue it", true, true },
	[ORDERING_ELSEWHERE] = { "elsewhere", "an address of the policy host leads to another server", true,
				 true },
	[ORDERING_NO_ADDRESS] = { "no_address", "the policy host has no address in DNS", true, true },
	[ORDERING_UNREACHED] = { "unreached", "port 443 of the policy host is not reached", true, true },
	[ORDERING_UNKNOWN] = { "unknown", "DNS did not say where the policy host is", true, true },
	[ORDERING_LIMITED] = { "limited", "a limit of the authority is met", false, false },
	[ORDERING_DUE] = { "due", "it waits for its turn", false, false },
};

static const struct {
	const char *text;
	const char *words;
} problems[ORDERING_PROBLEM_COUNT] = {
	[ORDERING_NO_ACCOUNT] = { "no_account", "nobody has agreed to the terms of an authority yet" },
	[ORDERING_ACCOUNT] = { "account", "the directory of the account cannot be used" },
	[ORDERING_UACME] = { "uacme", "uacme is not installed, or does not run" },
	[ORDERING_LEDGER] = { "ledger", "the ledger of orders cannot be read or written" },
	[ORDERING_AUTHORITY_SILENT] = { "authority_silent", "the authority does not answer" },
	[ORDERING_OTHER] = { "other", "something else is wrong" },
};

const char *ordering_state_text(enum ordering_state state)
{
	assert(state > 0 && state < ORDERING_STATE_COUNT);
	return states[state].text;
}

const char *ordering_state_words(enum ordering_state state)
{
	assert(state > 0 && state < ORDERING_STATE_COUNT);
	return states[state].words;
}

bool ordering_state_fails(enum ordering_state state)
{
	assert(state > 0 && state < ORDERING_STATE_COUNT);
	return states[state].fails;
}

bool ordering_state_holds(enum ordering_state state)
{
	assert(state > 0 && state < ORDERING_STATE_COUNT);
	return states[state].holds;
}

enum err ordering_state_parse(const char *text, enum ordering_state *state)
{
	for (unsigned i = 1; i < ORDERING_STATE_COUNT; i++) {
		if (strcmp(states[i].text, text) != 0)
			continue;
		*state = (enum ordering_state)i;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}

const char *ordering_problem_text(enum ordering_problem problem)
{
	assert(problem > 0 && problem < ORDERING_PROBLEM_COUNT);
	return problems[problem].text;
}

const char *ordering_problem_words(enum ordering_problem problem)
{
	assert(problem > 0 && problem < ORDERING_PROBLEM_COUNT);
	return problems[problem].words;
}

enum err ordering_problem_parse(const char *text, enum ordering_problem *problem)
{
	for (unsigned i = 1; i < ORDERING_PROBLEM_COUNT; i++) {
		if (strcmp(problems[i].text, text) != 0)
			continue;
		*problem = (enum ordering_problem)i;
		return ERR_OK;
	}
	return ERR_SYNTAX;
}
