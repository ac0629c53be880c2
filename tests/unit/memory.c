/* SPDX-License-Identifier: ISC */
#include "memory.h"

#include <stdint.h>

static size_t left = SIZE_MAX;
static bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *string);
char *__real_strndup(const char *string, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t len);

void memory_fail_after(size_t allocations)
{
	left = allocations;
	failed = false;
}

bool memory_restore(void)
{
	left = SIZE_MAX;
	return failed;
}

static bool granted(void)
{
	if (left == SIZE_MAX)
		return true;
	if (left > 0) {
		left--;
		return true;
	}
	left = SIZE_MAX;
	failed = true;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return granted() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return granted() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
	return granted() ? __real_realloc(old, size) : NULL;
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return granted() ? __real_reallocarray(old, count, size) : NULL;
}

char *__wrap_strdup(const char *string)
{
	return granted() ? __real_strdup(string) : NULL;
}

char *__wrap_strndup(const char *string, size_t len)
{
	return granted() ? __real_strndup(string, len) : NULL;
}
