#include "analyzer/device/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/device/inventory_row.h"
#include "analyzer/record/digest.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"

struct owned_mac {
	uint8_t mac[MAC_BYTES];
	bool is_shared; /* by another device at the same time */
	uint32_t device;
};

struct inventory {
	struct inventory_device *devices;
	struct owned_mac *macs; /* by MAC, then device */
	uint32_t device_count, device_room, mac_count, mac_room;
	uint32_t *by_device; /* places of MACs, device by device */
	struct hash_table by_identity;
	struct inventory_stats stats;
};

/* What reading needs besides. */
struct reading {
	struct inventory *inventory;
	struct inventory_row row;
};

bool mac_parse(const char *text, uint8_t mac[MAC_BYTES])
{
	char digits[2 * MAC_BYTES];
	unsigned count = 0;

	for (; *text; text++) {
		if (*text == ':' || *text == '-' || *text == '.' || *text == ' ') {
			continue;
		}
		if (count == sizeof(digits)) {
			return false;
		}
		digits[count++] = *text;
	}
	return digest_parse_hex(digits, count, mac, MAC_BYTES);
}

static uint64_t identity_hash(const struct addr *identity)
{
	uint64_t word;

	memcpy(&word, identity->bytes, sizeof(word)); /* of a digest */
	return word;
}

static bool is_device(const void *items, uint32_t place, const void *key)
{
	const struct inventory_device *devices = items;

	return addr_equal(&devices[place].identity, key);
}

/* Not an address that could be met: the first byte is one that no network hands out. */
static struct addr identity_of(const char *id)
{
	static const char purpose[] = "inventory:";
	uint8_t digest[DIGEST_SHA256_BYTES];
	char message[sizeof(purpose) + INVENTORY_TEXT_MAX];
	struct addr identity;
	int length = snprintf(message, sizeof(message), "%s%s", purpose, id);

	digest_sha256(message, (size_t)length, digest);
	memcpy(identity.bytes, digest, sizeof(identity.bytes));
	return identity;
}

/* Room for one more, by doubling. */
static bool reserve(void **items, uint32_t *room, uint32_t count, size_t bytes)
{
	uint32_t wanted = *room ? *room * 2 : 64;

	if (count < *room) {
		return true;
	}
	void *grown = reallocarray(*items, wanted, bytes);
	if (grown) {
		*items = grown;
		*room = wanted;
	}
	return grown != NULL;
}

/* The device of the row: a new one, or one that stands above. */
static int take_device(const struct reading *reading, uint32_t *place, struct err *err)
{
	struct inventory *inventory = reading->inventory;
	const struct inventory_row *row = &reading->row;
	char id[INVENTORY_TEXT_MAX];
	int status = inventory_row_id(row, id, err);

	if (status < 0) {
		return status;
	}
	struct addr identity = identity_of(id);
	*place = hash_table_find(&inventory->by_identity, identity_hash(&identity), is_device,
		inventory->devices, &identity);
	if (*place != HASH_TABLE_NONE) {
		return 0;
	}
	if (inventory->device_count == INVENTORY_MAX) {
		return err_set(err, E2BIG, "%s:%u: expected at most %d devices",
			reading->row.csv.path, reading->row.csv.line, INVENTORY_MAX);
	}
	struct inventory_device device = { .identity = identity, .enrolled_to_ns = UINT64_MAX };
	status = inventory_row_device(row, &device, err);
	if (status < 0) {
		return status;
	}
	device.id = strdup(id);
	*place = inventory->device_count;
	if (!device.id ||
		!reserve((void **)&inventory->devices, &inventory->device_room,
			inventory->device_count, sizeof(device)) ||
		!hash_table_put(&inventory->by_identity, identity_hash(&identity), *place)) {
		free((char *)device.id);
		return err_set(err, ENOMEM, "%s: out of memory", reading->row.csv.path);
	}
	inventory->devices[inventory->device_count++] = device;
	return 0;
}

static int take_mac(
	const struct reading *reading, uint32_t place, const char *text, struct err *err)
{
	static const uint8_t nobodys[2][MAC_BYTES] = { { 0 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct inventory *inventory = reading->inventory;
	struct owned_mac mac = { .device = place };

	if (!mac_parse(text, mac.mac)) {
		return inventory_row_complain(
			&reading->row, FIELD_MAC, "a MAC such as 00:11:22:aa:bb:cc", text, err);
	}
	if (memcmp(mac.mac, nobodys[0], MAC_BYTES) == 0 ||
		memcmp(mac.mac, nobodys[1], MAC_BYTES) == 0 || (mac.mac[0] & 1)) {
		return 0; /* how exports say that there is none */
	}
	if (!reserve((void **)&inventory->macs, &inventory->mac_room, inventory->mac_count,
		    sizeof(mac))) {
		return err_set(err, ENOMEM, "%s: out of memory", reading->row.csv.path);
	}
	inventory->macs[inventory->mac_count++] = mac;
	inventory->devices[place].mac_count++;
	return 0;
}

/* Every MAC of the row: several columns, several in a cell. */
static int take_macs(const struct reading *reading, uint32_t place, struct err *err)
{
	static const char between[] = " ;|/,";
	int status = 0;

	for (unsigned i = 0; i < reading->row.csv.count && status == 0; i++) {
		char *rest = reading->row.csv.cells[i], *mac;
		uint8_t whole[MAC_BYTES];
		if (reading->row.columns.fields[i] != FIELD_MAC || inventory_says_none(rest)) {
			continue;
		}
		if (mac_parse(rest, whole)) { /* also "00 11 22 aa bb cc" */
			status = take_mac(reading, place, rest, err);
			continue;
		}
		while (status == 0 && (mac = strsep(&rest, between)) != NULL) {
			status = *mac ? take_mac(reading, place, mac, err) : 0;
		}
	}
	return status;
}

static int read_rows(struct reading *reading, struct err *err)
{
	uint32_t place = 0;
	int status;

	while ((status = csv_next(&reading->row.csv, err)) > 0) {
		reading->inventory->stats.rows++;
		status = take_device(reading, &place, err);
		status = status < 0 ? status : take_macs(reading, place, err);
		if (status < 0) {
			return status;
		}
	}
	return status;
}

static int compare_macs(const void *a, const void *b)
{
	const struct owned_mac *left = a, *right = b;
	int order = memcmp(left->mac, right->mac, MAC_BYTES);

	return order ? order : (left->device > right->device) - (left->device < right->device);
}

static const uint8_t *mac_at(
	const struct inventory *inventory, const struct inventory_device *device, unsigned which)
{
	return inventory->macs[inventory->by_device[device->first_mac + which]].mac;
}

static bool has_all_macs_of(const struct inventory *inventory,
	const struct inventory_device *device, const struct inventory_device *other)
{
	for (unsigned i = 0; i < other->mac_count; i++) {
		unsigned k = 0;
		while (k < device->mac_count && memcmp(mac_at(inventory, device, k),
							mac_at(inventory, other, i), MAC_BYTES)) {
			k++;
		}
		if (k == device->mac_count) {
			return false;
		}
	}
	return true;
}

/* One device that was enrolled anew, under another id: a row of the same serial that has the MACs
 * of the earlier one, which ends with it. Without dates the later row counts. */
static bool is_anew(const struct inventory *inventory, const struct inventory_device *device,
	const struct inventory_device *earlier)
{
	bool is_later = device->enrolled_from_ns != earlier->enrolled_from_ns
				? device->enrolled_from_ns > earlier->enrolled_from_ns
				: device > earlier;

	return is_later && device->serial_hash != 0 &&
	       device->serial_hash == earlier->serial_hash &&
	       has_all_macs_of(inventory, device, earlier);
}

static void end_earlier(struct inventory *inventory)
{
	for (uint32_t i = 0; i + 1 < inventory->mac_count; i++) {
		const struct owned_mac *mac = &inventory->macs[i], *next = mac + 1;
		struct inventory_device *one = &inventory->devices[mac->device],
					*other = &inventory->devices[next->device];
		if (memcmp(mac->mac, next->mac, MAC_BYTES) != 0 || one == other) {
			continue;
		}
		struct inventory_device *earlier = is_anew(inventory, other, one)   ? one
						   : is_anew(inventory, one, other) ? other
										    : NULL;
		const struct inventory_device *later = earlier == one ? other : one;
		if (earlier && earlier->enrolled_to_ns > later->enrolled_from_ns) {
			earlier->enrolled_to_ns = later->enrolled_from_ns;
		}
	}
}

/* A MAC that two devices have at the same time tells neither. */
static void mark_shared(struct inventory *inventory)
{
	for (uint32_t i = 0; i < inventory->mac_count; i++) {
		struct owned_mac *mac = &inventory->macs[i];
		const struct inventory_device *device = &inventory->devices[mac->device];
		for (uint32_t k = i + 1; k < inventory->mac_count; k++) {
			struct owned_mac *other = &inventory->macs[k];
			if (memcmp(mac->mac, other->mac, MAC_BYTES) != 0 || k > i + 64) {
				break;
			}
			if (other->device != mac->device &&
				inventory_is_enrolled(&inventory->devices[other->device],
					device->enrolled_from_ns, device->enrolled_to_ns)) {
				mac->is_shared = other->is_shared = true;
			}
		}
		bool is_first = i == 0 || memcmp(mac->mac, mac[-1].mac, MAC_BYTES) != 0 ||
				!mac[-1].is_shared;
		inventory->stats.shared_macs += mac->is_shared && is_first;
	}
}

/* Each device's MACs side by side. */
static bool order_by_device(struct inventory *inventory)
{
	uint32_t next = 0;

	inventory->by_device = calloc(inventory->mac_count + 1U, sizeof(*inventory->by_device));
	if (!inventory->by_device) {
		return false;
	}
	for (uint32_t i = 0; i < inventory->device_count; i++) {
		inventory->devices[i].first_mac = next;
		next += inventory->devices[i].mac_count;
		inventory->devices[i].mac_count = 0;
	}
	for (uint32_t i = 0; i < inventory->mac_count; i++) {
		struct inventory_device *device = &inventory->devices[inventory->macs[i].device];
		inventory->by_device[device->first_mac + device->mac_count++] = i;
	}
	return true;
}

/* Exports name a MAC twice, in two columns or in a row that stands twice. */
static void drop_repeated(struct inventory *inventory)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < inventory->mac_count; i++) {
		if (kept > 0 &&
			compare_macs(&inventory->macs[kept - 1], &inventory->macs[i]) == 0) {
			inventory->devices[inventory->macs[i].device].mac_count--;
		} else {
			inventory->macs[kept++] = inventory->macs[i];
		}
	}
	inventory->mac_count = kept;
}

static int finish(struct inventory *inventory, const struct columns *columns, struct err *err)
{
	if (inventory->mac_count > 0) {
		qsort(inventory->macs, inventory->mac_count, sizeof(*inventory->macs),
			compare_macs);
		drop_repeated(inventory);
	}
	if (!order_by_device(inventory)) {
		return err_set(err, ENOMEM, "out of memory");
	}
	end_earlier(inventory);
	mark_shared(inventory);
	inventory->stats.devices = inventory->device_count;
	for (uint32_t i = 0; i < inventory->device_count; i++) {
		inventory->stats.without_mac += inventory->devices[i].mac_count == 0;
	}
	memcpy(inventory->stats.columns, columns->name, sizeof(inventory->stats.columns));
	return 0;
}

static int read_file(struct reading *reading, const char *columns, struct err *err)
{
	int status = csv_next(&reading->row.csv, err);

	if (status == 0) {
		return err_set(err, EINVAL,
			"%s: the file is empty; expected a line with column names",
			reading->row.csv.path);
	}
	status = status < 0 ? status
			    : columns_open(&reading->row.columns, &reading->row.csv, columns, err);
	if (status == 0) {
		status = read_rows(reading, err);
		if (status == 0) {
			status = finish(reading->inventory, &reading->row.columns, err);
		}
		columns_close(&reading->row.columns);
	}
	return status;
}

int inventory_load(struct inventory **inventory, const char *path, const char *columns,
	const struct local_zone *zone, struct err *err)
{
	struct reading reading = { .inventory = calloc(1, sizeof(**inventory)),
		.row = { .zone = zone } };

	*inventory = NULL;
	if (!reading.inventory) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	int status = csv_open(&reading.row.csv, path, err);
	if (status == 0) {
		status = read_file(&reading, columns, err);
		csv_close(&reading.row.csv);
	}
	if (status < 0) {
		inventory_close(reading.inventory);
		return status;
	}
	*inventory = reading.inventory;
	return 0;
}

void inventory_close(struct inventory *inventory)
{
	if (!inventory) {
		return;
	}
	for (uint32_t i = 0; i < inventory->device_count; i++) {
		free((char *)inventory->devices[i].id);
	}
	hash_table_deinit(&inventory->by_identity);
	free(inventory->devices);
	free(inventory->macs);
	free(inventory->by_device);
	free(inventory);
}

unsigned inventory_count(const struct inventory *inventory)
{
	return inventory ? inventory->device_count : 0;
}

const struct inventory_device *inventory_at(const struct inventory *inventory, unsigned index)
{
	return index < inventory_count(inventory) ? &inventory->devices[index] : NULL;
}

bool inventory_mac(
	const struct inventory *inventory, unsigned index, unsigned which, uint8_t mac[MAC_BYTES])
{
	if (index >= inventory->device_count || which >= inventory->devices[index].mac_count) {
		return false;
	}
	uint32_t place = inventory->by_device[inventory->devices[index].first_mac + which];
	memcpy(mac, inventory->macs[place].mac, MAC_BYTES);
	return true;
}

bool inventory_is_enrolled(
	const struct inventory_device *device, uint64_t start_ns, uint64_t end_ns)
{
	return device->enrolled_from_ns < end_ns && device->enrolled_to_ns > start_ns;
}

const struct inventory_device *inventory_find_mac(
	const struct inventory *inventory, const uint8_t mac[MAC_BYTES], uint64_t time_ns)
{
	uint32_t low = 0, high = inventory ? inventory->mac_count : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (memcmp(inventory->macs[middle].mac, mac, MAC_BYTES) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; inventory && low < inventory->mac_count; low++) {
		const struct owned_mac *found = &inventory->macs[low];
		const struct inventory_device *device = &inventory->devices[found->device];
		if (memcmp(found->mac, mac, MAC_BYTES) != 0) {
			break;
		}
		if (!found->is_shared && inventory_is_enrolled(device, time_ns, time_ns + 1)) {
			return device;
		}
	}
	return NULL;
}

const struct inventory_device *inventory_find_identity(
	const struct inventory *inventory, const struct addr *identity, uint64_t time_ns)
{
	uint32_t place = inventory
				 ? hash_table_find(&inventory->by_identity, identity_hash(identity),
					   is_device, inventory->devices, identity)
				 : HASH_TABLE_NONE;

	return place != HASH_TABLE_NONE && inventory_is_enrolled(
						   &inventory->devices[place], time_ns, time_ns + 1)
		       ? &inventory->devices[place]
		       : NULL;
}

uint16_t inventory_next_class(uint16_t class_)
{
	if (class_ == INVENTORY_NO_CLASS) {
		return 0;
	}
	return class_ < symbol_highest(SYMBOL_CLASS) ? (uint16_t)(class_ + 1) : INVENTORY_NO_CLASS;
}

bool inventory_is_of_class(const struct inventory_device *device, uint16_t class_)
{
	return class_ == 0 || device->class_ == (class_ == INVENTORY_NO_CLASS ? 0 : class_);
}

unsigned inventory_enrolled(
	const struct inventory *inventory, uint16_t class_, const struct local_day *day)
{
	unsigned count = 0;

	for (unsigned i = 0; i < inventory_count(inventory); i++) {
		const struct inventory_device *device = &inventory->devices[i];
		count += inventory_is_of_class(device, class_) &&
			 inventory_is_enrolled(device, day->start_ns, day->end_ns);
	}
	return count;
}

void inventory_read_stats(const struct inventory *inventory, struct inventory_stats *stats)
{
	*stats = inventory ? inventory->stats : (struct inventory_stats){ 0 };
}
