/* SPDX-License-Identifier: ISC */
/*
 * What stands between the daemon and libc in these tests, by LD_PRELOAD: allocations and closes that fail and
 * writes that fall short in one thread, and a steady clock that can be set ahead.  All of it is told by a
 * file that is shared, which PROOF_PRELOAD names; preload.py has the other end.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define FIRST_THREAD (-1) /* the one that begins */

enum kind { MEMORY, WRITE, PWRITE64, SENDTO, CLOSE };

static struct shared {
	volatile int32_t thread; /* in which it is counted, or 0 */
	volatile int32_t kind;
	volatile int64_t count; /* so far */
	volatile int64_t at;    /* the one to strike at, from 1 on, or 0 */
	volatile int64_t on;    /* whether each one from there on is struck at */
	volatile int64_t error; /* of a write, or 0 of one that falls short */
	volatile int64_t ahead; /* of the steady clock, seconds */
} nobody, *shared = &nobody;

static __thread int32_t self __attribute__((tls_model("initial-exec")));

/* Whether this call, counted, is to fail. */
static int strikes(enum kind kind)
{
	int64_t count;

	if (shared->thread == 0 || shared->kind != (int32_t)kind)
		return 0;
	if (self == 0)
		self = (int32_t)syscall(SYS_gettid);
	if (self != shared->thread)
		return 0;
	count = ++shared->count;
	return shared->at > 0 && (count == shared->at || (count > shared->at && shared->on));
}

static void *none(void)
{
	errno = ENOMEM;
	return NULL;
}

/* What this stands in front of is libc's or a sanitizer's.  To find it takes no memory. */
#define DEFINE_ALLOCATOR(name, parameters, arguments)                                                        \
	void *name parameters                                                                                \
	{                                                                                                    \
		static void *(*real)parameters;                                                              \
		if (real == NULL)                                                                            \
			real = (void *(*)parameters)dlsym(RTLD_NEXT, #name);                                 \
		return strikes(MEMORY) ? none() : real arguments;                                            \
	}

DEFINE_ALLOCATOR(malloc, (size_t size), (size))
DEFINE_ALLOCATOR(calloc, (size_t count, size_t size), (count, size))
DEFINE_ALLOCATOR(realloc, (void *old, size_t size), (old, size))
DEFINE_ALLOCATOR(memalign, (size_t alignment, size_t size), (alignment, size))
DEFINE_ALLOCATOR(aligned_alloc, (size_t alignment, size_t size), (alignment, size))

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole))
		return none();
	return realloc(old, whole);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	void *new = memalign(alignment, size);

	if (new == NULL)
		return ENOMEM;
	*result = new;
	return 0;
}

/* An event's counter, of eight bytes, is written whole or not at all. */
static size_t cut(enum kind kind, size_t len)
{
	return strikes(kind) && len > sizeof(uint64_t) ? len / 2 : len;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	size_t less = cut(WRITE, len);

	if (less == len || shared->error == 0)
		return syscall(SYS_write, fd, bytes, less);
	errno = (int)shared->error;
	return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	return syscall(SYS_pwrite64, fd, bytes, cut(PWRITE64, len), offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return pwrite64(fd, bytes, len, offset);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	return syscall(SYS_sendto, fd, bytes, cut(SENDTO, len), flags, NULL, 0);
}

/* Linux has closed it, whatever it says. */
int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	if (!strikes(CLOSE))
		return result;
	errno = EIO;
	return -1;
}

/* The real one is no system call, and none shall be seen. */
static int (*real_clock_gettime)(clockid_t clock, struct timespec *now);

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = real_clock_gettime != NULL ? real_clock_gettime(clock, now)
						: (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && clock == CLOCK_MONOTONIC)
		now->tv_sec += shared->ahead;
	return result;
}

static char told[4096];

static void tell(const char *text)
{
	size_t len = strlen(told);

	(void)snprintf(told + len, sizeof(told) - len, "%s", text);
}

static _Unwind_Reason_Code tell_frame(struct _Unwind_Context *context, void *left)
{
	Dl_info info;

	if (dladdr((void *)_Unwind_GetIP(context), &info) == 0 || info.dli_fname == NULL)
		return _URC_NO_REASON;
	tell(" ");
	tell(strrchr(info.dli_fname, '/') != NULL ? strrchr(info.dli_fname, '/') + 1 : info.dli_fname);
	tell(":");
	tell(info.dli_sname != NULL ? info.dli_sname : "?");
	return --*(int *)left > 0 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void tell_frames(const char *what)
{
	int left = 32;

	tell("proof: ");
	tell(what);
	(void)_Unwind_Backtrace(tell_frame, &left);
	tell("\n");
	(void)!syscall(SYS_write, STDERR_FILENO, told, strlen(told));
}

static void dying(int number)
{
	shared->thread = 0;
	tell_frames("dying");
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* The daemon's workers block every signal; its own death, too, it would keep to itself. */
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	static const int deaths[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE };
	int (*real)(int, const sigset_t *, sigset_t *) = dlsym(RTLD_NEXT, "pthread_sigmask");
	sigset_t less;

	if (set == NULL || how == SIG_UNBLOCK)
		return real(how, set, old);
	less = *set;
	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++)
		(void)sigdelset(&less, deaths[i]);
	return real(how, &less, old);
}

/* A library that ends the program. */
void exit(int status)
{
	void (*real)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");

	shared->thread = 0;
	if (status != 0)
		tell_frames("exit");
	real(status);
	__builtin_unreachable();
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("PROOF_PRELOAD");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	struct shared *mapped;

	if (fd < 0)
		return;
	/* The shell that is to become the daemon has the daemon's thread already. */
	if (strcmp(program_invocation_short_name, "mta-stsd") != 0) {
		(void)close(fd);
		return;
	}
	real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	mapped = mmap(NULL, sizeof(*mapped), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (mapped == MAP_FAILED)
		return;
	(void)signal(SIGSEGV, dying);
	(void)signal(SIGABRT, dying);
	(void)signal(SIGBUS, dying);
	(void)signal(SIGFPE, dying);
	if (mapped->thread == FIRST_THREAD)
		mapped->thread = (int32_t)syscall(SYS_gettid);
	shared = mapped;
}
