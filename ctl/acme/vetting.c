/* SPDX-License-Identifier: ISC */
#include "ctl/acme/vetting.h"

#include "ctl/cli/output.h"
#include "ctl/cli/run.h"
#include "ctl/dns/heard.h"
#include "policy/domain.h"

#include <string.h>

enum err vetting_begin(const struct run_view *view, const struct names *own, const struct names *identities,
		       unsigned ways, struct vetting *vetting)
{
	*vetting = (struct vetting){ .way = { .dns = run_resolver(view),
					      .socket = options_socket(view->options),
					      .own = own,
					      .issuer = { .identities = identities },
					      .ways = ways } };
	vetting->way.dns.timeout_ms = BEFORE_TRY_MS;
	return heard_new(&vetting->way.dns.heard);
}

bool vetting_has_passed(const struct vetting *vetting, const char *host)
{
	return names_has(&vetting->passed, host);
}

unsigned vetting_ways(const struct vetting *vetting, const char *host)
{
	unsigned ways = vetting->way.ways;

	for (unsigned i = 0; i < PROVING_COUNT; i++) {
		if (names_has(&vetting->barred[i], host))
			ways &= ~(1u << i);
	}
	return ways;
}

static enum err put_line(json_t *lines, const char *begin, const char *text)
{
	json_t *line = json_sprintf("%s%s", begin, text);

	return json_array_append_new(lines, line) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

static enum err hold(const struct before *before, struct obtained *item)
{
	char problem[128];
	json_t *lines = json_array();
	enum err err = lines != NULL ? put_line(lines, "", before->detail) : ERR_NO_MEMORY;

	(void)snprintf(problem, sizeof(problem), "not ordered: %s", ordering_state_words(before->state));
	if (err == ERR_OK)
		err = put_line(lines, "next: ", before->advice);
	if (err == ERR_OK) {
		item->held = before->state;
		return obtained_fail(item, RUN_NOT_DONE, problem, lines);
	}
	json_decref(lines);
	return err;
}

static enum err conclude(struct vetting *vetting, const struct before *before, struct obtained *item)
{
	enum err err;

	if (before->is_held)
		return hold(before, item);
	err = names_put(&vetting->passed, before->host);
	for (unsigned i = 0; err == ERR_OK && i < PROVING_COUNT; i++) {
		if ((before->ways & 1u << i) == 0)
			err = names_put(&vetting->barred[i], before->host);
	}
	return err;
}

enum run_status vetting_look(struct vetting *vetting, const struct run_view *view,
			     struct obtained *const items[], size_t count)
{
	char hosts[VETTING_BATCH][HOST_SIZE];
	struct before before[VETTING_BATCH] = { 0 };
	enum err err;

	for (size_t i = 0; i < count; i++)
		before[i].host = domain_host(items[i]->domain, hosts[i]);
	err = before_look_all(&vetting->way, before, count);
	if (err == ERR_SYNTAX)
		return run_refuse_resolver(view);
	for (size_t i = 0; i < count && err == ERR_OK; i++)
		err = conclude(vetting, &before[i], items[i]);
	return output_end(view->err, err);
}

enum run_status vetting_look_all(struct vetting *vetting, const struct run_view *view,
				 struct obtained items[], size_t count, size_t authority)
{
	struct obtained *batch[VETTING_BATCH];
	enum run_status status = RUN_DONE;
	size_t some = 0;

	for (size_t i = 0; i < count && status == RUN_DONE; i++) {
		if (items[i].requested != NULL && items[i].held == 0 && items[i].authority == authority)
			batch[some++] = &items[i];
		if (some == 0 || (some < VETTING_BATCH && i + 1 < count))
			continue;
		status = vetting_look(vetting, view, batch, some);
		some = 0;
	}
	return status;
}

void vetting_end(struct vetting *vetting)
{
	heard_free(&vetting->way.dns.heard);
	names_free(&vetting->passed);
	for (unsigned i = 0; i < PROVING_COUNT; i++)
		names_free(&vetting->barred[i]);
}
