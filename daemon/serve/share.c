/* SPDX-License-Identifier: ISC */
#include "serve/share.h"

static bool is_full(const struct share *share)
{
	return atomic_load(&share->load->open) >= share->max_open;
}

static bool has_places(const struct share *share)
{
	return share->open < share->least_open;
}

static bool is_heavy(const struct share *share)
{
	return atomic_load(&share->load->memory) >= share->max_memory;
}

static bool has_memory(const struct share *share)
{
	return share->memory < share->least_memory;
}

const struct share_limit share_limits[LIMIT_COUNT] = {
	[LIMIT_CONNECTIONS] = { is_full, has_places, COUNTER_CROWDED_CONNECTIONS,
				"no handshake yet, and others need the place", COUNTER_REFUSED_CONNECTIONS,
				"all places are taken" },
	[LIMIT_MEMORY] = { is_heavy, has_memory, COUNTER_CROWDED_MEMORY,
			   "no handshake yet, and others need the memory", COUNTER_REFUSED_MEMORY,
			   "all memory is taken" },
};

void share_enter(struct share *share)
{
	share->open++;
	(void)atomic_fetch_add(&share->load->open, 1);
}

void share_leave(struct share *share, uint64_t memory)
{
	share->open--;
	(void)atomic_fetch_sub(&share->load->open, 1);
	share_weigh(share, memory, 0);
}

/* Unsigned, so that what is less is a large number more, and comes out right. */
void share_weigh(struct share *share, uint64_t before, uint64_t now)
{
	share->memory += now - before;
	(void)atomic_fetch_add(&share->load->memory, now - before);
}
