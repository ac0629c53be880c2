/* SPDX-License-Identifier: ISC */
#include "control/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int64_t look_at_cpu(void)
{
	struct timespec spent;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
		return -1;
	return (int64_t)spent.tv_sec * 1000 + spent.tv_nsec / 1000000;
}

static int64_t look_at_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	int64_t pages = -1;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%*s %" SCNd64, &pages) != 1)
		pages = -1;
	(void)fclose(file);
	return pages >= 0 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

/* Each descriptor is an entry; the directory itself has one, too, as long as it is read. */
static int64_t look_at_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	int64_t count = -1;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL)
		count += entry->d_name[0] != '.';
	(void)closedir(directory);
	return count;
}

static int64_t look_at_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT64_MAX)
		return -1;
	return (int64_t)files.rlim_cur;
}

void process_look(struct process_use *use)
{
	*use = (struct process_use){
		.cpu_ms = look_at_cpu(),
		.resident_bytes = look_at_memory(),
		.open_files = look_at_files(),
		.files_limit = look_at_limit(),
	};
}
