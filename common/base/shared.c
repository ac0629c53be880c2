/* SPDX-License-Identifier: ISC */
#include "base/shared.h"

#include "base/text.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

struct shared {
	struct shared *next; /* of the same slot */
	uint64_t note;
	uint32_t sum;
	uint32_t len;
	atomic_uint references; /* the last is given up under the lock of the set */
	_Alignas(max_align_t) char bytes[];
};

static struct shared *of(const char *string)
{
	return (struct shared *)(uintptr_t)(string - offsetof(struct shared, bytes));
}

static uint32_t sum_of(const void *bytes, size_t len)
{
	uint64_t sum = text_sum(TEXT_SUM_EMPTY, bytes, len);

	return (uint32_t)(sum ^ sum >> 32);
}

static struct shared *find(const struct shared_set *set, uint32_t sum, const void *bytes, size_t len)
{
	struct shared *shared = set->slots > 0 ? set->slot[sum & (set->slots - 1)] : NULL;

	while (shared != NULL &&
	       (shared->sum != sum || shared->len != len || memcmp(shared->bytes, bytes, len) != 0))
		shared = shared->next;
	return shared;
}

static void link_in(struct shared **slot, size_t slots, struct shared *shared)
{
	struct shared **first = &slot[shared->sum & (slots - 1)];

	shared->next = *first;
	*first = shared;
}

/* Without memory the chains grow longer, and that is all. */
static void grow(struct shared_set *set)
{
	size_t slots = set->slots > 0 ? 2 * set->slots : SLOTS_FIRST;
	struct shared **slot = calloc(slots, sizeof(struct shared *));

	if (slot == NULL)
		return;
	for (size_t i = 0; i < set->slots; i++) {
		struct shared *next;

		for (struct shared *shared = set->slot[i]; shared != NULL; shared = next) {
			next = shared->next;
			link_in(slot, slots, shared);
		}
	}
	free(set->slot);
	set->slot = slot;
	set->slots = slots;
}

static struct shared *make(struct shared_set *set, uint32_t sum, const void *bytes, size_t len, uint64_t note)
{
	struct shared *new;

	if (set->count >= set->slots)
		grow(set);
	new = set->slots > 0 && len < UINT32_MAX ? malloc(sizeof(*new) + len + 1) : NULL;
	if (new == NULL)
		return NULL;
	new->note = note;
	new->sum = sum;
	new->len = (uint32_t)len;
	atomic_init(&new->references, 0);
	memcpy(new->bytes, bytes, len);
	new->bytes[len] = '\0';
	link_in(set->slot, set->slots, new);
	set->count++;
	set->bytes += len;
	return new;
}

static void unmake(struct shared_set *set, struct shared *shared)
{
	struct shared **place = &set->slot[shared->sum & (set->slots - 1)];

	while (*place != shared)
		place = &(*place)->next;
	*place = shared->next;
	set->bytes -= shared->len;
	free(shared);
	if (--set->count > 0)
		return;
	free(set->slot);
	set->slot = NULL;
	set->slots = 0;
}

const char *shared_find(struct shared_set *set, const void *bytes, size_t len)
{
	uint32_t sum = sum_of(bytes, len);
	struct shared *shared;

	(void)pthread_mutex_lock(&set->lock);
	shared = find(set, sum, bytes, len);
	if (shared != NULL)
		(void)shared_hold(shared->bytes);
	(void)pthread_mutex_unlock(&set->lock);
	return shared != NULL ? shared->bytes : NULL;
}

const char *shared_put(struct shared_set *set, const void *bytes, size_t len, uint64_t note)
{
	uint32_t sum = sum_of(bytes, len);
	struct shared *shared;

	(void)pthread_mutex_lock(&set->lock);
	shared = find(set, sum, bytes, len);
	if (shared == NULL)
		shared = make(set, sum, bytes, len, note);
	if (shared != NULL)
		(void)shared_hold(shared->bytes);
	(void)pthread_mutex_unlock(&set->lock);
	return shared != NULL ? shared->bytes : NULL;
}

size_t shared_len(const char *string)
{
	return of(string)->len;
}

uint64_t shared_note(const char *string)
{
	return of(string)->note;
}

size_t shared_bytes(struct shared_set *set)
{
	size_t bytes;

	(void)pthread_mutex_lock(&set->lock);
	bytes = set->bytes;
	(void)pthread_mutex_unlock(&set->lock);
	return bytes;
}

const char *shared_hold(const char *string)
{
	(void)atomic_fetch_add_explicit(&of(string)->references, 1, memory_order_relaxed);
	return string;
}

/* Give up one of several.  Tells whether there were: the last may not be given up while others can find it.
 */
static bool give_up(struct shared *shared)
{
	unsigned references = atomic_load_explicit(&shared->references, memory_order_relaxed);

	while (references > 1) {
		if (atomic_compare_exchange_weak_explicit(&shared->references, &references, references - 1,
							  memory_order_release, memory_order_relaxed))
			return true;
	}
	return false;
}

void shared_drop(struct shared_set *set, const char **string)
{
	struct shared *shared = *string != NULL ? of(*string) : NULL;

	*string = NULL;
	if (shared == NULL || give_up(shared))
		return;
	(void)pthread_mutex_lock(&set->lock);
	if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) == 1)
		unmake(set, shared);
	(void)pthread_mutex_unlock(&set->lock);
}
