/* SPDX-License-Identifier: ISC */
#include "store/index_guard_private.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/* SQLite maps 32 KiB at a time, enough for some 4,000 pages in the log: this is a log of 16 GiB.  What is
 * mapped beyond is not guarded. */
#define MAPS 1024

struct map {
	char *at; /* NULL: free */
	size_t len;
};

typedef void *map_function(void *, size_t, int, int, int, off_t);
typedef int unmap_function(void *, size_t);

static struct map maps[MAPS];
static _Thread_local volatile sig_atomic_t may_survive;
static volatile sig_atomic_t has_lost;

static struct map *find(const char *at)
{
	for (size_t i = 0; i < MAPS; i++) {
		if (maps[i].at != NULL && (uintptr_t)at - (uintptr_t)maps[i].at < maps[i].len)
			return &maps[i];
	}
	return NULL;
}

static void *map_guarded(void *wish, size_t len, int protection, int flags, int fd, off_t offset)
{
	void *at = mmap(wish, len, protection, flags, fd, offset);

	for (size_t i = 0; i < MAPS && at != MAP_FAILED; i++) {
		if (maps[i].at != NULL)
			continue;
		maps[i] = (struct map){ .at = at, .len = len };
		break;
	}
	return at;
}

static int unmap_guarded(void *at, size_t len)
{
	struct map *map = find(at);

	if (map != NULL)
		map->at = NULL;
	return munmap(at, len);
}

/* Only a thread that uses SQLite can have touched one of its maps, and none is being made then: SQLite makes
 * all of them under one lock. */
static void replace_lost(int signal, siginfo_t *info, void *context)
{
	const struct map *map = may_survive ? find(info->si_addr) : NULL;
	int error = errno;

	(void)context;
	has_lost = 1;
	/* Without it the same access fails again, and this time it ends the process. */
	if (map == NULL || mmap(map->at, map->len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		(void)sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	errno = error;
}

static bool replace_call(sqlite3_vfs *vfs, const char *name, sqlite3_syscall_ptr call)
{
	return vfs->iVersion >= 3 && vfs->xSetSystemCall(vfs, name, call) == SQLITE_OK;
}

bool index_guard_begin(void)
{
	static map_function *const map = map_guarded;
	static unmap_function *const unmap = unmap_guarded;
	struct sigaction action = { .sa_sigaction = replace_lost, .sa_flags = SA_SIGINFO };
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	return vfs != NULL && sigaction(SIGBUS, &action, NULL) == 0 &&
	       replace_call(vfs, "mmap", (sqlite3_syscall_ptr)map) &&
	       replace_call(vfs, "munmap", (sqlite3_syscall_ptr)unmap);
}

void index_guard_survive(bool survive)
{
	may_survive = survive;
}

bool index_guard_has_lost(void)
{
	return has_lost != 0;
}

void index_guard_renew(void)
{
	has_lost = 0;
}
