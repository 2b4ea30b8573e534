/* Own zones: names below which machines of ours stand.
 *
 * A name that somebody looked up and that led to an address of ours makes its zone an own one: the
 * name as a registry gives it out (kommun.example of pc7.ad.kommun.example). So do further
 * names that the same port asks for, and what they stand for (CNAME). So does the name of a
 * server inside that a device of ours speaks to. What the catalogue knows, and what the network's
 * own blocking answers with, makes none. Learnt from what was asked for alone: an answer that
 * nobody asked for teaches nothing.
 *
 * Memory   grows up to OWN_ZONES_MAX; further zones are not learnt, and counted.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/record/state.h"

struct own_zones;
struct reference;

enum { OWN_ZONES_MAX = 4096 };

struct own_zones *own_zones_create(void); /* NULL: out of memory */
void own_zones_destroy(struct own_zones *zones);

/* Before names are withheld. */
void own_zones_learn(
	struct own_zones *zones, const struct reference *reference, const struct record *record);

/* Is it an own zone, or below one? Also below names that no registry gives out: lan, internal, … */
bool own_zones_hold(const struct own_zones *zones, const char *name);

uint64_t own_zones_missed(const struct own_zones *zones);

/* From run to run. 0 or -errno. */
int own_zones_load(struct own_zones *zones, struct state *state, struct err *err);
int own_zones_save(const struct own_zones *zones, struct state *state, struct err *err);
