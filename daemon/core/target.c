/* SPDX-License-Identifier: ISC */
#include "core/target.h"

#include "policy/syntax.h"

void target_place(const struct domain *domain, const struct configured *configured, const char **file,
		  unsigned *line)
{
	*file = configured != NULL ? configured->terms->file : domain->name;
	*line = configured != NULL ? configured->line : 0;
}

const struct switching *target_switch(const struct domain *domain, const struct wish *wish)
{
	return wish->switching != NULL ? wish->switching : domain->switching;
}

static enum err starting_point(const struct domain *domain, const struct wish *wish, struct policy **policy)
{
	if (wish->exact != NULL)
		return policy_copy(wish->exact, policy);
	if (wish->configured != NULL)
		return policy_copy(wish->configured->terms->policy, policy);
	if (domain->published != NULL)
		return revision_policy(domain->published, policy);
	return ERR_NOT_FOUND;
}

static void apply_switch(const struct switching *switching, struct policy *policy)
{
	policy->mode = switching->mode;
	if (switching->max_age > 0)
		policy->max_age = switching->max_age;
	if (switching->mode == MODE_NONE && !switching->keep_mx)
		names_free(&policy->mx);
}

/* A switch to a mode that needs mx lines, over a file or a revision that has none. */
static enum err refuse_without_mx(const struct domain *domain, const struct wish *wish, enum mode mode,
				  struct complaints *complaints)
{
	const char *file;
	unsigned line;

	target_place(domain, wish->configured, &file, &line);
	complain(complaints, SEVERITY_ERROR, file, line, "mx is missing for the mode that is ordered",
		 mode_text(mode),
		 wish->configured != NULL
			 ? "add the domain's MX hosts to its file and reload, or remove the override: "
			   "mta-stsctl reset"
			 : "write a domain file that names the domain's MX hosts, and reload");
	return ERR_REFUSED;
}

static enum err check(const struct domain *domain, const struct wish *wish, const struct policy *policy,
		      struct complaints *complaints)
{
	const char *file;
	unsigned line;
	enum err err;

	if (policy->mode != MODE_NONE && policy->mx.count == 0)
		return refuse_without_mx(domain, wish, policy->mode, complaints);
	target_place(domain, wish->configured, &file, &line);
	err = syntax_check(policy, file, line, complaints);
	return err == ERR_RANGE ? ERR_REFUSED : err;
}

/* Both the switch and what was published under it are damaged: it may have been none. */
static enum err refuse_unreadable(const struct domain *domain, const struct wish *wish,
				  struct complaints *complaints)
{
	const char *file;
	unsigned line;

	target_place(domain, wish->configured, &file, &line);
	complain(complaints, SEVERITY_ERROR, file, line,
		 "stored override and policy of the domain are damaged", domain->name,
		 "restore a copy with mta-stsd --restore FILE: nobody knows whether it was turned off");
	return ERR_REFUSED;
}

enum err target_policy(const struct domain *domain, const struct wish *wish, struct complaints *complaints,
		       struct policy **policy)
{
	const struct switching *switching = target_switch(domain, wish);
	struct policy *target = NULL;
	enum err err;

	if (switching->active && switching->mode == MODE_UNKNOWN && wish->exact == NULL)
		return refuse_unreadable(domain, wish, complaints);
	/* Nobody knows what a damaged switch said, so what is published stays. */
	if (domain->frozen && wish->switching == NULL && domain->published != NULL)
		return revision_policy(domain->published, policy);
	err = starting_point(domain, wish, &target);
	if (err == ERR_OK && switching->active && wish->exact == NULL)
		apply_switch(switching, target);
	if (err == ERR_OK)
		err = check(domain, wish, target, complaints);
	if (err == ERR_OK)
		*policy = target;
	else
		policy_free(&target);
	return err;
}
