/* SPDX-License-Identifier: ISC */
#include "ctl/show/run_dns.h"

#include "ctl/cli/failure.h"
#include "ctl/cli/render.h"
#include "ctl/show/observe.h"

static enum run_status print(const struct run_view *view, json_t *reply)
{
	enum err err = reply != NULL ? render_reply(view, reply) : ERR_NO_MEMORY;

	if (err == ERR_REFUSED)
		return RUN_NOT_DONE;
	return err == ERR_OK ? RUN_DONE : failure_print(view->err, err);
}

enum run_status run_dns(const struct run_view *view)
{
	struct names domains = { 0 };
	json_t *seen = json_array();
	json_t *reply = json_pack("{s:o}", "domains", seen);
	enum run_status status;

	if (reply == NULL)
		return failure_print(view->err, ERR_NO_MEMORY);
	status = observe_select(view, &domains);
	if (status == RUN_DONE)
		status = observe_domains(view, &domains, seen);
	if (status == RUN_DONE)
		status = print(view, reply);
	names_free(&domains);
	json_decref(reply);
	return status;
}
