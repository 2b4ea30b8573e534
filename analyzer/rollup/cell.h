/* The cell: what records that agree in everything that is ever asked about add up to.
 *
 * Its key is listed once, below; every table, series and figure is a fold over cells by some of
 * these fields, and nothing else adds records up. Cells of the same key merge: sums add, times
 * widen, sets of devices unite. How many different devices stand behind something is never a sum.
 *
 * What is only inferred (behaviour.h) keeps its app, is marked, and has no parent country or
 * control that rests on the inference.
 *
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/rollup/devices.h"
#include "analyzer/rollup/unnamed.h"

/* Name, type, key in CBOR (rollup.cddl; never given a new meaning), how it is written down
 * (cell_cbor.c). The order leaves no holes. */
#define CELL_FIELDS(X)                                                                             \
	X(slot, uint32_t, 0, NUMBER)   /* since 1970, of the rollup's length; 0: not by time */    \
	X(tenant, uint16_t, 1, NUMBER) /* 0: the only one */                                       \
	X(unit, uint16_t, 2, UNIT)     /* row of the policy */                                     \
	X(class_, uint16_t, 3, CLASS)  /* of devices: row of the policy */                         \
	X(app, uint16_t, 4, APP)       /* row of the catalogue; 0 unknown */                       \
	X(rule, uint16_t, 5, RULE)     /* row of the policy */                                     \
	X(exception, uint16_t, 6, RULE_EXCEPTION) /* row of the policy */                          \
	X(server_country, uint16_t, 7, COUNTRY)   /* two letters; 0 not known; "--" internal */    \
	X(parent_country, uint16_t, 8, COUNTRY)                                                    \
	X(zone, uint8_t, 9, ZONE)            /* enum geo_zone of the server */                     \
	X(control, uint8_t, 10, ZONE)        /* enum geo_zone of the parent country */             \
	X(action, uint8_t, 11, ACTION)       /* enum policy_action */                              \
	X(verdict, uint8_t, 12, VERDICT)     /* enum policy_verdict */                             \
	X(block, uint8_t, 13, BLOCK)         /* enum block_outcome */                              \
	X(hidden, uint8_t, 14, HIDDEN)       /* 1 + enum unnamed_reason; 0: it shows what it is */ \
	X(direction, uint8_t, 15, DIRECTION) /* enum record_direction */                           \
	X(via, uint8_t, 16, VIA)             /* enum record_via */                                 \
	X(protocol, uint8_t, 17, PROTOCOL)   /* enum l7_protocol */                                \
	X(inferred, bool, 18, BOOL)          /* the app is */                                      \
	X(embedded, bool, 19, BOOL)          /* no use of the app: a tracker, pixel or SDK */      \
	X(other, bool, 20, BOOL)             /* for what found no room: nothing but the zone … */

struct cell_key {
#define X(name, type, key, kind) type name;
	CELL_FIELDS(X)
#undef X
};

enum { CELL_KEY_WORDS = 4 };
_Static_assert(sizeof(struct cell_key) == CELL_KEY_WORDS * sizeof(uint64_t),
	"hashed and compared as words, without holes");

struct cell_sums {
	uint64_t flows; /* whose first part is among the records */
	uint64_t packets, bytes_up, bytes_down;
	uint64_t unseen_up, unseen_down; /* records of which not all that went that way is known */
	uint64_t first_ns, last_ns;
	uint16_t evidence;                         /* bits of all kinds that were used */
	uint16_t grounds;                          /* the same of enum inferred_by */
	uint8_t confidence_least, confidence_most; /* of records that have an app; 0 none */
};

/* What bytes of one way are worth, as sums of records of which some showed the other way alone. */
enum cell_way {
	CELL_WAY_KNOWN,
	CELL_WAY_AT_LEAST,
	CELL_WAY_UNKNOWN /* and never zero */
};

static inline enum cell_way cell_way_of(uint64_t bytes, uint64_t unseen, uint64_t flows)
{
	enum { HUNDRED = 100 }; /* of as many flows one does not count */

	return unseen * HUNDRED < flows || unseen == 0 ? CELL_WAY_KNOWN
	       : bytes == 0                            ? CELL_WAY_UNKNOWN
						       : CELL_WAY_AT_LEAST;
}

struct cell {
	struct cell_key key;
	struct cell_sums sums;
	struct devices devices; /* of ours, with the bytes of each */
};

/* Two letters as a number, and back. */
#define CELL_COUNTRY_INTERNAL ((uint16_t)('-' << 8 | '-'))
uint16_t cell_country(const char code[3]);
void cell_country_name(uint16_t country, char code[3]);

/* The country of whoever controls the app; of what stays inside and nobody else controls that is
 * inside. */
static inline uint16_t cell_parent(const struct cell_key *key)
{
	return key->parent_country == 0 && key->control == GEO_ZONE_INTERNAL ? CELL_COUNTRY_INTERNAL
									     : key->parent_country;
}

/* The key of a record, but for slot and tenant. */
struct cell_key cell_key_of(const struct record *record);

/* The key of what keeps nothing but time, tenant, zone and direction. */
struct cell_key cell_key_other(const struct cell_key *key);

static inline bool cell_key_equal(const struct cell_key *a, const struct cell_key *b)
{
	return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

/* The app as far as something names it. */
static inline uint16_t cell_named_app(const struct cell_key *key)
{
	return key->inferred ? 0 : key->app;
}

static inline bool cell_crosses_border(const struct cell_key *key)
{
	return key->direction != RECORD_DIRECTION_INTERNAL;
}

static inline bool cell_tells_devices(const struct cell *cell)
{
	return cell->devices.count > 0 || cell->devices.more;
}

/* Flows of ours of which nothing tells the device: of pupils and guests, of many behind one
 * address. Who asks for an address and has none yet is answered under the one that he gets. */
static inline bool cell_lacks_devices(const struct cell *cell)
{
	bool is_answered = cell->sums.bytes_down > 0 || cell_crosses_border(&cell->key);

	return !cell_tells_devices(cell) && cell->sums.packets > 0 && is_answered &&
	       cell->key.direction != RECORD_DIRECTION_EXTERNAL;
}

/* A flow where it is part 0; bytes and packets of this part; the device, where it may be told. */
#define CELL_NO_DEVICE 0
void cell_add(struct cell *cell, const struct record *record, uint64_t device);
void cell_merge(struct cell *to, const struct cell *from);

void cell_sums_init(struct cell_sums *sums);
void cell_sums_merge(struct cell_sums *to, const struct cell_sums *from);

/* A cell of an hour as it counts on a local day. Keys of pseudonyms change with the month of UTC:
 * of an hour of another month than the day's no device is counted, since each would count twice.
 * The devices are those of the cell given. */
struct cell cell_on_day(const struct cell *cell, uint64_t hour_ns, int64_t day);

/* In an order that depends on the words of the keys alone (cell_order.c). */
void cells_sort(struct cell *cells, size_t count);
