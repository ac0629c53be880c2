/* SPDX-License-Identifier: ISC */
#include "policy/render.h"

#include <inttypes.h>

enum err render_policy(const struct policy *policy, struct text *out)
{
	size_t start = out->len;
	enum err err = mode_is_valid(policy->mode) ? ERR_OK : ERR_SYNTAX;

	if (err == ERR_OK)
		err = text_appendf(out, "version: STSv1\r\nmode: %s\r\n", mode_text(policy->mode));

	for (size_t i = 0; err == ERR_OK && i < policy->mx.count; i++)
		err = text_appendf(out, "mx: %s\r\n", policy->mx.item[i]);
	if (err == ERR_OK)
		err = text_appendf(out, "max_age: %" PRIu32 "\r\n", policy->max_age);
	if (err == ERR_OK && out->len - start > POLICY_TEXT_LIMIT)
		err = ERR_RANGE;
	return err;
}
