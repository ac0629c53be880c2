/* SPDX-License-Identifier: ISC */
#include "policy/check.h"

#include "base/text.h"
#include "policy/render.h"

enum err check_policy(const struct policy *policy, const char *file, unsigned line,
		      struct complaints *complaints)
{
	struct text text = { 0 };
	enum err err;

	if (!mode_is_valid(policy->mode)) {
		complain(complaints, SEVERITY_ERROR, file, line, "mode is missing", NULL,
			 "say enforce, testing or none");
		return ERR_RANGE;
	}
	if (policy->mx.count == 0 && policy->mode != MODE_NONE) {
		complain(
			complaints, SEVERITY_ERROR, file, line, "mx is missing", NULL,
			"name every MX of the domain, such as mail.example.org; only mode none goes without");
		return ERR_RANGE;
	}
	err = render_policy(policy, &text);
	text_free(&text);
	if (err == ERR_RANGE)
		complain(complaints, SEVERITY_ERROR, file, line, "policy is over 10240 bytes", NULL,
			 "use fewer mx patterns, such as one wildcard for many hosts");
	return err;
}
