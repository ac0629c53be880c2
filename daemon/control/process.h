/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_PROCESS_H
#define CONTROL_PROCESS_H

/**
 * What the kernel knows of this process.
 *
 * Threads: any.
 */

#include <stdint.h>

/** What cannot be found out is -1. */
struct process_use {
	int64_t cpu_ms;         /**< processor time, all threads */
	int64_t resident_bytes; /**< memory that is really there */
	int64_t open_files;     /**< descriptors */
	int64_t files_limit;    /**< RLIMIT_NOFILE */
};

/** Look. */
void process_look(struct process_use *use);

#endif
