/* SPDX-License-Identifier: ISC */
#include "ctl/cli/program.h"

int main(int argc, char *argv[])
{
	return (int)program_run(argc, argv, stdout, stderr);
}
