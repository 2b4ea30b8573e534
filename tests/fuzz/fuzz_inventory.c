/* An inventory of any bytes is refused with a place, or answers; and what was saved of devices,
 * when it is something else, is refused whole. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/device/devices.h"
#include "base/reader.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 400;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void read_inventory(const char *path)
{
	static const uint8_t mac[MAC_BYTES] = { 0, 0x11, 0x22, 0, 0, 1 };
	struct inventory *inventory;
	struct inventory_stats stats;
	struct err err = { "" };

	if (inventory_load(&inventory, path, NULL, NULL, &err) < 0) {
		if (inventory || !err.text[0]) {
			abort();
		}
		return;
	}
	inventory_read_stats(inventory, &stats);
	inventory_find_mac(inventory, mac, UINT64_C(1780000000000000000));
	for (unsigned i = 0; i < inventory_count(inventory); i++) {
		uint8_t found[MAC_BYTES];
		for (unsigned k = 0; inventory_mac(inventory, i, k, found); k++) {
		}
	}
	inventory_close(inventory);
}

static void read_state(const uint8_t *bytes, size_t count)
{
	struct stations *stations = stations_create();
	struct bindings *bindings = bindings_create();
	struct nat_signs *signs = nat_signs_create();
	struct coverage *coverage = coverage_create();
	struct reader reader = reader_over(bytes, count);
	struct reader again = reader, third = reader;

	stations_load(stations, &reader);
	bindings_load(bindings, &again);
	nat_signs_load(signs, &third);
	coverage_load(coverage, (const char *)bytes, count);
	stations_destroy(stations);
	bindings_destroy(bindings);
	nat_signs_destroy(signs);
	coverage_destroy(coverage);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static int file = -1;
	char path[64];

	if (file < 0) {
		file = memfd_create("inventory", 0);
	}
	if (file < 0 || ftruncate(file, 0) < 0 || pwrite(file, bytes, count, 0) < 0) {
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	read_inventory(path);
	read_state(bytes, count);
	return 0;
}
