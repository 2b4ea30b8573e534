/* The names that stood for most flows, in bounded memory, whatever an attacker sends.
 *
 * Lossy counting (Manku and Motwani, 2002): when the table is full the lighter half leaves and is
 * counted as lost; a name that stands for a noticeable share of flows always stays.
 *
 * Threads  one at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/overview.h"
#include "base/hash.h"
#include "base/hash_table.h"

enum { HEAVY_NAMES_MAX = 2048 };

struct heavy_names {
	struct hash_key key;
	uint32_t count;
	struct overview_name *names; /* HEAVY_NAMES_MAX; taken on first use */
	struct hash_table table;     /* place in names */
	uint64_t lost;               /* names that left */
};

void heavy_names_init(struct heavy_names *heavy);
void heavy_names_deinit(struct heavy_names *heavy);
/* device_hash: of ours, whose flows they were. */
void heavy_names_add(struct heavy_names *heavy, const char *name, uint64_t device_hash,
	uint64_t flows, uint64_t bytes);

/* Sorts by flows, most first, and answers how many there are. */
size_t heavy_names_sorted(struct heavy_names *heavy, const struct overview_name **names);
