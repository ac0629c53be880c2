/* SPDX-License-Identifier: ISC */
#include "ctl/run.h"

int main(int argc, char *argv[])
{
	return (int)run(argc, argv, stdout, stderr);
}
