/* SPDX-License-Identifier: ISC */
/* libFuzzer: any bytes as a policy file; what is accepted is rendered in the one form, which reads the same.
 */
#include "policy/syntax.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_accepted(const struct policy *policy, struct complaints *complaints)
{
	struct text first = { 0 };
	struct text second = { 0 };
	struct policy *again = NULL;

	require(syntax_render(policy, &first) == ERR_OK);
	require(syntax_parse(first.bytes, first.len, "again", complaints, &again) == ERR_OK);
	require(syntax_render(again, &second) == ERR_OK);
	require(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
	policy_free(&again);
	text_free(&first);
	text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaints complaints = { 0 };
	struct policy *policy = NULL;

	if (syntax_parse((const char *)data, size, "fuzzed", &complaints, &policy) == ERR_OK)
		check_accepted(policy, &complaints);
	policy_free(&policy);
	complaints_free(&complaints);
	return 0;
}
