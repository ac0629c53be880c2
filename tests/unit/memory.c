/* SPDX-License-Identifier: ISC */
/* wrap: __asprintf_chk __vasprintf_chk asprintf calloc malloc realloc reallocarray strdup strndup
   vasprintf */
#include "memory.h"

#include <stdarg.h>
#include <stdint.h>

static size_t left = SIZE_MAX;
static bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *string);
char *__real_strndup(const char *string, size_t len);
int __real_vasprintf(char **to, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t len);
int __wrap_vasprintf(char **to, const char *format, va_list args);
int __wrap___vasprintf_chk(char **to, int flag, const char *format, va_list args);
int __wrap_asprintf(char **to, const char *format, ...);
int __wrap___asprintf_chk(char **to, int flag, const char *format, ...);

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

/* The names that end in _chk are those of a hardened build. */

int __wrap_vasprintf(char **to, const char *format, va_list args)
{
	return granted() ? __real_vasprintf(to, format, args) : -1;
}

int __wrap___vasprintf_chk(char **to, int flag, const char *format, va_list args)
{
	(void)flag;
	return granted() ? __real_vasprintf(to, format, args) : -1;
}

int __wrap_asprintf(char **to, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = granted() ? __real_vasprintf(to, format, args) : -1;
	va_end(args);
	return len;
}

int __wrap___asprintf_chk(char **to, int flag, const char *format, ...)
{
	va_list args;
	int len;

	(void)flag;
	va_start(args, format);
	len = granted() ? __real_vasprintf(to, format, args) : -1;
	va_end(args);
	return len;
}
