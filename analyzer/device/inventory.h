/* The inventory: which devices the organisation handed out or enrolled, as its own systems say.
 *
 * A CSV file (RFC 4180; comma, semicolon or tab; UTF-8) whose first line names the columns. Our own
 * names, and those of exports from Intune and Jamf, are known; which column is which stands in
 * share/inventory/<system>.tsv, and another system is another such file. A row is a device, or one
 * more MAC of a device that stands above. What is read of it:
 *
 *     id             whatever the organisation calls it; where it has none, the hash of its serial
 *     class, unit    as in the policy
 *     ownership      owned or private; stands for the class where there is none
 *     mac            one or several
 *     serial         kept as a hash alone
 *     enrolled_from, enrolled_to    dates of the organisation's zone; the last day included
 *
 * A MAC that two devices have at the same time (a dock that is passed around) tells neither. A row
 * with the serial and all the MACs of an earlier one is the same device, enrolled anew under
 * another id: the earlier row ends where it begins.
 *
 * Memory   immutable from load to close; at most INVENTORY_MAX devices.
 * Threads  any number may ask.
 * Failure  inventory_load() names file, line and column and says what was expected. Every question
 *          may be asked of NULL, which is no inventory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/local_time.h"

enum { INVENTORY_MAX = 1000000, INVENTORY_TEXT_MAX = 128, MAC_BYTES = 6 };

#define OWNERSHIPS(X) X(UNSAID, "") X(OWNED, "owned") X(PRIVATE, "private")

enum device_ownership {
#define X(id, name) OWNERSHIP_##id,
	OWNERSHIPS(X)
#undef X
		OWNERSHIP_COUNT
};

struct inventory_device {
	const char *id;
	struct addr identity;  /* what stands for it in records (record_device) */
	uint16_t class_, unit; /* symbols; 0 not said */
	uint8_t ownership;     /* enum device_ownership */
	uint16_t mac_count;
	uint32_t first_mac;                        /* see inventory_mac() */
	uint64_t serial_hash;                      /* 0 none */
	uint64_t enrolled_from_ns, enrolled_to_ns; /* [from, to); 0 and UINT64_MAX where not said */
};

struct inventory;

/* columns: a file that says which column is which, NULL: one of ours that fits. zone: of the dates.
 * 0 or -errno. */
int inventory_load(struct inventory **inventory, const char *path, const char *columns,
	const struct local_zone *zone, struct err *err);
void inventory_close(struct inventory *inventory);

unsigned inventory_count(const struct inventory *inventory);
const struct inventory_device *inventory_at(const struct inventory *inventory, unsigned index);

/* Whose MAC that is, or which device an identity stands for, if it is enrolled at that time; NULL.
 */
const struct inventory_device *inventory_find_mac(
	const struct inventory *inventory, const uint8_t mac[MAC_BYTES], uint64_t time_ns);
const struct inventory_device *inventory_find_identity(
	const struct inventory *inventory, const struct addr *identity, uint64_t time_ns);

/* The MACs of a device, which < its mac_count; false behind the last. */
bool inventory_mac(
	const struct inventory *inventory, unsigned index, unsigned which, uint8_t mac[MAC_BYTES]);

bool inventory_is_enrolled(
	const struct inventory_device *device, uint64_t start_ns, uint64_t end_ns);

/* The next class that devices may be of, from 0 on; those of which no class is said come last, then
 * 0. Whoever leaves those out tells of a part of the inventory as if it were all. */
enum { INVENTORY_NO_CLASS = UINT16_MAX };
uint16_t inventory_next_class(uint16_t class_);

bool inventory_is_of_class(const struct inventory_device *device, uint16_t class_);

/* How many of a class (0: of all) are enrolled on that day. */
unsigned inventory_enrolled(
	const struct inventory *inventory, uint16_t class_, const struct local_day *day);

/* What was read: rows, devices without any MAC, MACs that tell nobody because two share them; and
 * the system whose export it is. */
struct inventory_stats {
	unsigned rows, devices, without_mac, shared_macs;
	char columns[32];
};
void inventory_read_stats(const struct inventory *inventory, struct inventory_stats *stats);

/* "00:11:22:aa:bb:cc", also with dashes, with dots or without anything; false where it is none. */
bool mac_parse(const char *text, uint8_t mac[MAC_BYTES]);

/* Made up by the device itself (IEEE 802, locally administered), as phones do for privacy. */
static inline bool mac_is_private(const uint8_t mac[MAC_BYTES])
{
	return (mac[0] & 2) != 0;
}
