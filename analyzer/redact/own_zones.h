/* Own zones: names below which machines of ours stand.
 *
 * The name of a machine of ours makes its zone an own one: the name as a registry gives it out
 * (kommun.example of pc7.ad.kommun.example), but for what the catalogue knows. Which machine has
 * which name is seen on the wire (struct own_network in dissector.h), and learnt then and there: a
 * flow may end before the record of what taught its zone.
 *
 * Memory   grows up to OWN_ZONES_MAX; further zones are not learnt, and counted.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/state.h"

struct own_zones;
struct reference;

enum { OWN_ZONES_MAX = 4096, OWN_ZONE_BYTES = 96 /* with its end; longer ones are not learnt */ };

struct own_zones *own_zones_create(void); /* NULL: out of memory */
void own_zones_destroy(struct own_zones *zones);

/* The zone that a machine's name teaches, which is the end of the name; NULL: none, or one that no
 * registry gives out. Any thread. */
const char *own_zone_of(const struct reference *reference, const char *name);

/* Before names are withheld. */
void own_zones_learn(struct own_zones *zones, const char *zone);

/* Is it an own zone, or below one? Also below names that no registry gives out: lan, internal, … */
bool own_zones_hold(const struct own_zones *zones, const char *name);

uint64_t own_zones_missed(const struct own_zones *zones);

/* From run to run. 0 or -errno. */
int own_zones_load(struct own_zones *zones, struct state *state, struct err *err);
int own_zones_save(const struct own_zones *zones, struct state *state, struct err *err);
