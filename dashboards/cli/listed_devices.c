#include "dashboards/cli/listed_devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redact/device_detail.h"

static struct listed_device *add_row(struct listed_devices *rows)
{
	if (rows->count == rows->room) {
		uint32_t room = rows->room ? rows->room * 2 : 256;
		struct listed_device *grown = reallocarray(rows->items, room, sizeof(*grown));
		if (!grown) {
			return NULL;
		}
		rows->items = grown;
		rows->room = room;
	}
	rows->items[rows->count] = (struct listed_device){ .kind = DEVICE_ADDRESS };
	return &rows->items[rows->count++];
}

/* The latest binding of each station. */
static const struct binding **find_latest(const struct devices_view *view)
{
	const struct stations *stations = devices_stations(view->devices);
	const struct binding **latest = calloc(stations_room(stations) + 1U, sizeof(*latest));
	const struct binding *binding;

	for (uint32_t i = 0;
		latest && (binding = bindings_at(devices_bindings(view->devices), i)) != NULL;
		i++) {
		uint32_t place = stations_find(stations, binding->station);
		if (place != STATION_NONE &&
			(!latest[place] || latest[place]->last_ns < binding->last_ns)) {
			latest[place] = binding;
		}
	}
	return latest;
}

/* False: its class is kept in sums alone, and there is no row. */
static bool finish_row(struct listed_devices *rows, struct listed_device *row,
	const struct record_device *device, const struct inventory_device *enrolled)
{
	const struct devices_view *view = rows->view;

	devices_locate(view, &row->addr, enrolled, &row->class_, &row->unit);
	pseudonyms_of_device(view->keys.pseudonyms, device, row->last_ns, row->pseudonym);
	row->is_enrolled = enrolled != NULL;
	bool is_kept = device_detail_of(view->reference, row->class_, row->last_ns) ==
		       DEVICE_DETAIL_DEVICE;
	rows->count -= !is_kept;
	return is_kept;
}

static bool add_station(struct listed_devices *rows, uint32_t place, const struct binding *latest)
{
	const struct devices_view *view = rows->view;
	const struct station *station =
		stations_at((struct stations *)devices_stations(view->devices), place);
	struct device_answer answer;

	if (!station->is_used || station_is_router(station, station->last_ns) || !latest) {
		return true;
	}
	devices_ask(
		view->devices, view->reference->inventory, &latest->addr, latest->last_ns, &answer);
	const struct nat_answer of_addr =
		nat_signs_find(devices_nat(view->devices), &latest->addr, latest->last_ns);
	if (of_addr.is_many) {
		return true; /* a row of its own */
	}
	if (station_span_holds(&station->in_turn, station->last_ns) && !answer.enrolled) {
		return true; /* perhaps several devices, each by its address */
	}
	struct listed_device *row = add_row(rows);
	if (!row) {
		return false;
	}
	row->addr = latest->addr;
	row->kind = answer.device.kind;
	row->least = answer.nat.least;
	row->first_ns = station->first_ns;
	row->last_ns = station->last_ns;
	row->is_private = station_has_mac(station) && (station->key >> 40 & 2) != 0;
	if (finish_row(rows, row, &answer.device, answer.enrolled)) {
		rows->of_station[place] = rows->count - 1;
	}
	return true;
}

static bool add_stations(struct listed_devices *rows)
{
	uint32_t room = stations_room(devices_stations(rows->view->devices));
	const struct binding **latest = find_latest(rows->view);

	rows->of_station = malloc((room + 1U) * sizeof(*rows->of_station));
	bool is_good = latest && rows->of_station;
	for (uint32_t i = 0; is_good && i < room; i++) {
		rows->of_station[i] = LISTED_DEVICE_NONE;
		is_good = add_station(rows, i, latest[i]);
	}
	free(latest);
	return is_good;
}

static bool add_many(struct listed_devices *rows)
{
	struct nat_answer answer;
	struct addr addr;
	uint64_t last_ns;
	uint32_t place = 0;

	while (nat_signs_next(devices_nat(rows->view->devices), &place, &addr, &answer, &last_ns)) {
		struct listed_device *row = add_row(rows);
		if (!row) {
			return false;
		}
		row->addr = addr;
		row->kind = DEVICE_MANY;
		row->least = answer.least;
		row->first_ns = answer.from_ns;
		row->last_ns = last_ns;
		row->addresses = 1;
		const struct record_device device = { .identity = addr, .kind = DEVICE_MANY };
		finish_row(rows, row, &device, NULL);
	}
	return true;
}

struct place_of_row {
	const struct listed_device *row;
	uint32_t place;
};

static int by_pseudonym(const void *a, const void *b)
{
	const struct place_of_row *left = a, *right = b;
	int order = strcmp(left->row->pseudonym, right->row->pseudonym);

	return order != 0 ? order
	       : left->row->last_ns != right->row->last_ns
		       ? (left->row->last_ns < right->row->last_ns ? 1 : -1)
		       : (left->place > right->place) - (left->place < right->place);
}

/* A device that had several MACs is one row, as its latest one stands. */
static bool merge_rows(struct listed_devices *rows)
{
	struct place_of_row *order = calloc(rows->count + 1U, sizeof(*order));
	struct listed_device *merged = calloc(rows->count + 1U, sizeof(*merged));
	uint32_t *now = calloc(rows->count + 1U, sizeof(*now)), count = 0;
	bool is_good = order && merged && now;

	for (uint32_t i = 0; is_good && i < rows->count; i++) {
		order[i] = (struct place_of_row){ &rows->items[i], i };
	}
	if (is_good) {
		qsort(order, rows->count, sizeof(*order), by_pseudonym);
	}
	for (uint32_t i = 0; is_good && i < rows->count; i++) {
		const struct listed_device *row = order[i].row;
		struct listed_device *last = count > 0 ? &merged[count - 1] : NULL;
		if (!last || strcmp(last->pseudonym, row->pseudonym) != 0) {
			merged[count++] = *row;
		} else if (row->first_ns < last->first_ns) {
			last->first_ns = row->first_ns;
		}
		now[order[i].place] = count - 1;
	}
	uint32_t room = stations_room(devices_stations(rows->view->devices));
	for (uint32_t i = 0; is_good && i < room; i++) {
		uint32_t row = rows->of_station[i];
		rows->of_station[i] = row == LISTED_DEVICE_NONE ? row : now[row];
	}
	if (is_good) {
		memcpy(rows->items, merged, count * sizeof(*merged));
		rows->count = count;
	}
	free(order);
	free(merged);
	free(now);
	return is_good;
}

struct row_addr {
	uint32_t row;
	struct addr addr;
};

static int by_row(const void *a, const void *b)
{
	const struct row_addr *left = a, *right = b;

	return left->row != right->row ? (left->row < right->row ? -1 : 1)
				       : memcmp(&left->addr, &right->addr, sizeof(left->addr));
}

/* An address that a device had again and again is one. */
static bool count_addresses(struct listed_devices *rows)
{
	const struct bindings *bindings = devices_bindings(rows->view->devices);
	struct bindings_stats stats;
	const struct binding *binding;
	size_t count = 0;

	bindings_read_stats(bindings, &stats);
	struct row_addr *had = calloc(stats.count + 1U, sizeof(*had));
	for (uint32_t i = 0; had && (binding = bindings_at(bindings, i)) != NULL; i++) {
		uint32_t row = listed_devices_of(rows, binding);
		if (row != LISTED_DEVICE_NONE) {
			had[count++] = (struct row_addr){ row, binding->addr };
		}
	}
	if (had) {
		qsort(had, count, sizeof(*had), by_row);
	}
	for (size_t i = 0; had && i < count; i++) {
		rows->items[had[i].row].addresses += i == 0 || by_row(&had[i - 1], &had[i]) != 0;
	}
	free(had);
	return had != NULL;
}

static void count_groups(struct listed_devices *rows)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct listed_device *row = &rows->items[i];
		rows->class_counts[row->class_]++;
		rows->unit_counts[row->unit]++;
		rows->last_ns = row->last_ns > rows->last_ns ? row->last_ns : rows->last_ns;
	}
}

int listed_devices_gather(
	struct listed_devices *rows, const struct devices_view *view, struct err *err)
{
	rows->view = view;
	if (!add_stations(rows) || !add_many(rows) || !merge_rows(rows) || !count_addresses(rows)) {
		return err_set(err, ENOMEM, "out of memory");
	}
	count_groups(rows);
	return 0;
}

void listed_devices_deinit(struct listed_devices *rows)
{
	free(rows->items);
	free(rows->of_station);
}

uint32_t listed_devices_of(const struct listed_devices *rows, const struct binding *binding)
{
	uint32_t place = stations_find(devices_stations(rows->view->devices), binding->station);

	return place == STATION_NONE ? LISTED_DEVICE_NONE : rows->of_station[place];
}
