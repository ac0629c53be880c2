/* SPDX-License-Identifier: ISC */
#include "base/err.h"

static const char *const words[ERR_COUNT] = {
	[ERR_OK] = "done",
	[ERR_NO_MEMORY] = "out of memory",
	[ERR_NOT_FOUND] = "not found",
	[ERR_EXISTS] = "exists already",
	[ERR_RANGE] = "out of range",
	[ERR_SYNTAX] = "malformed",
	[ERR_REFUSED] = "refused",
	[ERR_AGAIN] = "not ready",
	[ERR_CLOSED] = "connection closed",
	[ERR_IO] = "input or output error",
	[ERR_STORE] = "state not written",
	[ERR_UNKNOWN] = "state unknown",
	[ERR_STOPPED] = "given up for a stop",
};

const char *err_text(enum err err)
{
	return err < ERR_COUNT ? words[err] : "unknown error";
}
