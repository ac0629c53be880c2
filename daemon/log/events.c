/* SPDX-License-Identifier: ISC */
#include "log/events.h"

#include <assert.h>

static const struct event table[EVENT_COUNT] = {
	[EVENT_READY] = { "daemon ready", LOG_LEVEL_NOTICE, "2556f9e22c104a9fb087ee7565bdb7a0" },
	[EVENT_NOT_STARTED] = { "daemon not started", LOG_LEVEL_ERROR, "0f0f7b39facc4968aa30f17da909f980" },
	[EVENT_STOPPING] = { "daemon stopping", LOG_LEVEL_NOTICE, "29683abe68c741478e86fcdca1d0b81a" },
	[EVENT_DOMAIN_PUBLISHED] = { "domain published", LOG_LEVEL_NOTICE,
				     "48aae7eb30db49d0a66344ff5b92cede" },
	[EVENT_UNDO_DONE] = { "undo done", LOG_LEVEL_NOTICE, "0403bb10ee6d4412b160532821505092" },
	[EVENT_DOMAIN_FORGOTTEN] = { "domain forgotten", LOG_LEVEL_NOTICE,
				     "6c4704e0601e40f19be847a0df1f07b2" },
	[EVENT_ORDER_NOT_DONE] = { "order not done", LOG_LEVEL_WARNING, "2672d3629d3045fb8d5957d53ddcdb36" },
	[EVENT_UNDO_NOT_DONE] = { "undo not done", LOG_LEVEL_WARNING, "af2b1e8b5bd244e598aeb9fca21b5c79" },
	[EVENT_FORGET_NOT_DONE] = { "forget not done", LOG_LEVEL_WARNING,
				    "04c2b736276347d693ba4ad2a076cc43" },
	[EVENT_RELOAD_DONE] = { "reload done", LOG_LEVEL_NOTICE, "d21d0387027f4d4cae621b7fd5bf9d42" },
	[EVENT_RELOAD_NOT_DONE] = { "reload not done", LOG_LEVEL_ERROR, "206fac2cd9564be1ab5203b448a7e72f" },
	[EVENT_COMPLAINT_ERROR] = { "complaint, an error", LOG_LEVEL_ERROR,
				    "764abbf4578a488ebb64d7c975ebed9d" },
	[EVENT_COMPLAINT_WARNING] = { "complaint, a warning", LOG_LEVEL_WARNING,
				      "2a77ab86171a4fcca6355dc5a93daafe" },
	[EVENT_DOMAIN_ORPHANED] = { "domain orphaned", LOG_LEVEL_WARNING,
				    "05a6f1debcda4e62899548be3b725ce1" },
	[EVENT_CERTIFICATE_INSTALLED] = { "certificate installed", LOG_LEVEL_NOTICE,
					  "022ad0a766644ec6ac4d59233b5cc95e" },
	[EVENT_CERTIFICATE_NOT_INSTALLED] = { "certificate not installed", LOG_LEVEL_WARNING,
					      "d3b039c0b6384c839651145a09be4df9" },
	[EVENT_CERTIFICATE_SOON] = { "certificate expires soon", LOG_LEVEL_WARNING,
				     "dff3a1da46e3485c9fc62ba7590d1a70" },
	[EVENT_CERTIFICATE_URGENT] = { "certificate expires in days", LOG_LEVEL_ERROR,
				       "c7d5d3bd2eee4438ab6525febff797a6" },
	[EVENT_CERTIFICATE_EXPIRED] = { "certificate expired", LOG_LEVEL_ERROR,
					"a7574a26c7524f82ab14178f47d1c88b" },
	[EVENT_STORE_FAILED] = { "store failed", LOG_LEVEL_ERROR, "6522d3e1f3a14f86b73f193b39cb0a19" },
	[EVENT_STORE_DOUBTFUL] = { "store doubtful", LOG_LEVEL_ERROR, "f70e058b9af04073b4ebdad58684bae0" },
	[EVENT_STORE_DAMAGED] = { "store damaged", LOG_LEVEL_ERROR, "7adfdcbb18944eadb17f5a14b9715b87" },
	[EVENT_DOMAIN_UNREADABLE] = { "domain unreadable", LOG_LEVEL_ERROR,
				      "da31117ce97347acba445ddfc31a2ae7" },
	[EVENT_STORE_READABLE] = { "store readable again", LOG_LEVEL_NOTICE,
				   "b769a550eaae41b890b98e2200108976" },
	[EVENT_RESERVE_GIVEN_UP] = { "reserve given up", LOG_LEVEL_WARNING,
				     "26370b6f7dcf4a10b9d7861941946c06" },
	[EVENT_CONNECTIONS_LOWERED] = { "max_connections lowered", LOG_LEVEL_WARNING,
					"1895fa9feaba4c3bb80d801bef7d6ade" },
	[EVENT_WORKER_SILENT] = { "worker does not answer", LOG_LEVEL_ERROR,
				  "d2fa236a88a145578901fa946a05f994" },
	[EVENT_REQUEST_REFUSED] = { "control request refused", LOG_LEVEL_WARNING,
				    "85b603edd52a4e89ac4e8c8d2130df3c" },
};

const struct event *events_row(enum log_event event)
{
	assert(event < EVENT_COUNT);
	return &table[event];
}
