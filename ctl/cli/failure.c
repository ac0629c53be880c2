/* SPDX-License-Identifier: ISC */
#include "ctl/cli/failure.h"

#include "ctl/cli/problem.h"

#include <errno.h>
#include <string.h>

enum run_status failure_print(FILE *err, enum err what)
{
	if (what == ERR_SYNTAX)
		problem_print(err, "unexpected reply: are mta-stsd and mta-stsctl of the same version?");
	else if (what == ERR_IO)
		problem_print(err, "cannot write the output (%s)", strerror(errno));
	else
		problem_print(err, "out of memory");
	return RUN_NOT_DONE;
}
