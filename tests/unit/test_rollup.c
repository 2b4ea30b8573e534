#include "analyzer/rollup/rollup.h"

#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/cell_cbor.h"
#include "analyzer/rollup/fold.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

static uint64_t hash_number(uint32_t number)
{
	struct hash_key key = hash_key_fixed("test");

	return hash_bytes(&key, &number, sizeof(number));
}

static void test_devices(void)
{
	struct devices devices = { 0 }, half = { 0 };

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < DEVICES_EXACT_MAX; i++) {
			devices_add(&devices, hash_number(i), i == 7 ? 1000 : 1);
		}
	}
	is_int((int64_t)devices_count(&devices), DEVICES_EXACT_MAX, "exact up to the bound");
	ok(!devices_is_estimated(&devices) && devices_is_full(&devices), "… and says so");
	is_int((int64_t)devices_largest(&devices), 3000, "what the largest had");
	for (uint32_t i = 0; i < 100000; i++) {
		devices_add(i % 2 ? &devices : &half, hash_number(i), 1);
	}
	devices_merge(&devices, &half);
	double error = (double)devices_count(&devices) / 100000 - 1;
	ok(devices_is_estimated(&devices) && error > -0.07 && error < 0.07,
		"estimated beyond it, halves merged, within four standard errors (%+.3f)", error);
	ok(devices_largest(&devices) >= 3000, "the largest is never understated");
	ok(devices_is_full(&devices), "a set that is estimated has no room for exact ones");
	devices_clear(&devices);
	is_int((int64_t)devices_count(&devices), 0, "cleared");
	devices_deinit(&devices);
	devices_deinit(&half);
}

/* One device more than can be counted, and many more: where one way of estimating ends and the
 * other begins as well. */
static void test_estimates(void)
{
	static const uint32_t counts[] = { DEVICES_EXACT_MAX + 1, 1000, 3000, 5000, 8000, 20000 };

	for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct devices devices = { 0 };
		for (uint32_t number = 0; number < counts[i]; number++) {
			devices_add(&devices, hash_number(number), 1);
		}
		double error = (double)devices_count(&devices) / counts[i] - 1;
		ok(devices_is_estimated(&devices) && error > -0.065 && error < 0.065,
			"%u devices are estimated (%+.3f)", counts[i], error);
		devices_deinit(&devices);
	}
}

/* A set that has one device takes in one that is estimated, in which a device has the hash 0. */
static void test_heaviest(void)
{
	struct devices one = { 0 }, many = { 0 };

	devices_add(&one, hash_number(7), 1000000);
	devices_add(&many, 0, 2000000);
	for (uint32_t i = 100; i < 1000; i++) {
		devices_add(&many, hash_number(i), 1);
	}
	devices_merge(&one, &many);
	is_int((int64_t)devices_largest(&one), 2000000, "a device whose hash is 0 is one as well");
	devices_clear(&many);
	devices_add(&many, hash_number(7), 1500000);
	devices_merge(&one, &many);
	is_int((int64_t)devices_largest(&one), 2500000,
		"and the one that was there kept its bytes");
	devices_deinit(&one);
	devices_deinit(&many);
}

/* That others were there whom nothing tells is known as long as they are in it. */
static void test_floor(void)
{
	struct devices devices = { 0 }, others = { .is_floor = true };

	devices_merge(&devices, &others);
	for (uint32_t i = 0; i < 2 * DEVICES_EXACT_MAX; i++) {
		devices_add(&devices, hash_number(i), 1);
	}
	ok(devices_is_estimated(&devices) && devices.is_floor, "an estimate is at least so much");
	devices_clear(&devices);
	ok(!devices.is_floor, "… and an empty set is not");
	devices_merge(&devices, &others);
	devices_clear(&devices);
	ok(!devices.is_floor, "… nor one that was counted exactly");
	devices_deinit(&devices);
}

/* One record of a device: 100 bytes up, 200 down. */
static struct record make_record(uint16_t app, uint16_t unit, uint8_t device, uint64_t start_ns)
{
	struct record record = {
		.flow = { .packets = { 1, 2 },
			.bytes = { 100, 200 },
			.start_ns = start_ns,
			.end_ns = start_ns + 1 },
		.place = { .zone = GEO_ZONE_EU, .country = "SE" },
		.verdict = { .app = app, .confidence = 90, .evidence = 1 << EVIDENCE_DNS },
		.decision = { .unit = unit },
		.direction = RECORD_DIRECTION_OUTBOUND,
	};

	record.flow.source.bytes[15] = device;
	return record;
}

/* A device has another pseudonym in another month, and so is another one. */
static void test_device_hashes(void)
{
	static const uint8_t key[KEY_BYTES] = { 1, 2, 3 };
	struct device_hashes *hashes = device_hashes_create(NULL);
	struct record record = make_record(7, 1, 1, 0);
	struct pseudonyms *pseudonyms;
	struct err err;

	if (pseudonyms_create(&pseudonyms, key, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	clock_parse("2026-01-31T23:59:59Z", &record.flow.start_ns);
	record_note_vantage(&record);
	uint64_t january = device_hash(hashes, pseudonyms, &record);
	record.flow.start_ns -= DAY_NS;
	ok(device_hash(hashes, pseudonyms, &record) == january, "the same device the day before");
	record.flow.start_ns += DAY_NS + NS_PER_S;
	ok(device_hash(hashes, pseudonyms, &record) != january, "… and another in the next month");
	device_hashes_destroy(hashes);
	pseudonyms_close(pseudonyms);
}

static void test_cells(void)
{
	struct record records[] = {
		make_record(7, 1, 1, 10 * SLOT_NS),
		make_record(7, 1, 2, 10 * SLOT_NS + 5),
		make_record(7, 1, 2, 11 * SLOT_NS),
		make_record(7, 2, 3, 11 * SLOT_NS),
	};
	size_t count;

	records[1].flow.part = 1;
	records[1].verdict.confidence = 40;
	records[1].verdict.evidence = 1 << EVIDENCE_ASN;
	struct rollup *rollup = cells_of(records, 4);
	const struct cell *cells = rollup_cells(rollup, &count);
	is_int((int64_t)count, 3, "a cell for each slot and each key");
	is_int(cells[0].key.slot, 10, "slots are numbered since 1970");
	is_int((int64_t)cells[0].sums.flows, 1, "a later part is no flow of its own");
	is_int((int64_t)cells[0].sums.bytes_up, 200, "… but its bytes count");
	is_int((int64_t)devices_count(&cells[0].devices), 2, "both devices");
	is_int(cells[0].sums.confidence_least, 40, "the span of confidences");
	is_int(cells[0].sums.confidence_most, 90, "… from least to most");
	is_int(cells[0].sums.evidence, 1 << EVIDENCE_DNS | 1 << EVIDENCE_ASN, "all evidence used");

	struct rollup *hours = rollup_create(
		&(struct rollup_options){ .slot_ns = 3600 * NS_PER_S, .cells_max = 100 });
	rollup_merge(hours, cells, count);
	rollup_merge(hours, cells, count);
	const struct cell *merged = rollup_cells(hours, &count);
	is_int((int64_t)count, 2, "slots of an hour merge");
	is_int((int64_t)merged[0].sums.bytes_down, 1200, "… sums add");
	is_int((int64_t)devices_count(&merged[0].devices), 2, "… devices unite");
	ok(merged[0].sums.first_ns == 10 * SLOT_NS && merged[0].sums.last_ns == 11 * SLOT_NS + 1,
		"… times widen");
	rollup_destroy(hours);
	rollup_destroy(rollup);
}

/* One way alone: what the other one brought is not known, where somebody must have answered. */
static void test_ways(void)
{
	static const struct {
		const char *title;
		uint8_t tcp_state, protocol;
		uint64_t packets[2], bytes;
		bool knows_up, knows_down;
	} cases[] = {
		{ "seen both ways", TCP_STATE_CLOSED, L7_TLS, { 5, 5 }, 500, true, true },
		{ "a try that nobody answered", TCP_STATE_SYN, L7_UNKNOWN, { 3, 0 }, 180, true,
			true },
		{ "a connection", TCP_STATE_ESTABLISHED, L7_TLS, { 9, 0 }, 900, true, false },
		{ "answers alone", TCP_STATE_NONE, L7_DNS, { 0, 1 }, 0, false, true },
		{ "a question alone", TCP_STATE_NONE, L7_DNS, { 1, 0 }, 60, true, false },
		{ "QUIC that was not answered", TCP_STATE_NONE, L7_QUIC, { 4, 0 }, 5000, true,
			true },
		{ "QUIC that goes on", TCP_STATE_NONE, L7_QUIC, { 40, 0 }, 9000, true, false },
		{ "a call", TCP_STATE_NONE, L7_RTP, { 400, 0 }, 80000, true, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = make_record(7, 1, 1, 10 * SLOT_NS);
		size_t count;
		record.flow.tcp_state = cases[i].tcp_state;
		record.l7.protocol = cases[i].protocol;
		memcpy(record.flow.total_packets, cases[i].packets, sizeof(cases[i].packets));
		record.flow.total_bytes[0] = cases[i].bytes;
		struct rollup *rollup = cells_of(&record, 1);
		const struct cell_sums *sums = &rollup_cells(rollup, &count)->sums;
		ok((sums->unseen_up == 0) == cases[i].knows_up &&
				(sums->unseen_down == 0) == cases[i].knows_down,
			"%s: what is known of it", cases[i].title);
		rollup_destroy(rollup);
	}
	is_int(cell_way_of(0, 1, 1), CELL_WAY_UNKNOWN, "nothing that was not seen is no zero");
	is_int(cell_way_of(7, 1, 50), CELL_WAY_AT_LEAST,
		"something and what was not seen is at least that");
	is_int(cell_way_of(0, 0, 9), CELL_WAY_KNOWN, "nothing is nothing where it was seen");
	is_int(cell_way_of(7, 1, 101), CELL_WAY_KNOWN, "one of more than a hundred does not count");
}

/* Past its bound a rollup that gathers says so, and one that keeps gives to "other". */
static void test_bounds(void)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 10 });
	struct rollup *kept = rollup_create(&(struct rollup_options){ .cells_max = 10 });
	struct rollup_stats stats;
	uint64_t flows = 0, handed_on = 0;
	size_t count;

	for (uint16_t i = 0; i < 100; i++) {
		struct record record = make_record(i, 1, 1, DAY_NS);
		while (!rollup_add(rollup, &record, 1)) {
			const struct cell *cells = rollup_cells(rollup, &count);
			rollup_merge(kept, cells, count);
			rollup_clear(rollup);
			handed_on++;
		}
	}
	const struct cell *cells = rollup_cells(rollup, &count);
	rollup_merge(kept, cells, count);
	is_int((int64_t)handed_on, 9, "full after ten cells");
	cells = rollup_cells(kept, &count);
	is_int((int64_t)count, 11, "ten cells are kept, and the other one");
	for (size_t i = 0; i < count; i++) {
		flows += cells[i].sums.flows;
	}
	is_int((int64_t)flows, 100, "no flow is lost");
	ok(cells[10].key.other && cells[10].key.zone == GEO_ZONE_EU && cells[10].key.app == 0,
		"the other one knows its zone, and no app");
	rollup_read_stats(kept, &stats);
	is_int((int64_t)stats.other, 90, "what went there is counted");
	rollup_destroy(kept);
	rollup_destroy(rollup);
}

/* The exact devices of a cell are a bound as well: whoever gathers hands every one of them on. */
static void test_many_devices(void)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 10 });
	struct record record = make_record(7, 1, 1, DAY_NS);
	unsigned taken = 0;

	while (rollup_add(rollup, &record, hash_number(taken))) {
		taken++;
	}
	is_int(taken, DEVICES_EXACT_MAX, "as many devices as are exact");
	rollup_clear(rollup);
	ok(rollup_add(rollup, &record, 1), "then there is room again");
	rollup_destroy(rollup);
}

/* Times that the wire claims open so many days and no more. */
static void test_days(void)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 1000 });
	struct rollup_stats stats;
	unsigned untimed = 0;
	size_t count;

	for (unsigned i = 0; i < 200; i++) {
		struct record record = make_record(7, 1, 1, (1 + i) * 10 * DAY_NS);
		rollup_add(rollup, &record, 1);
	}
	const struct cell *cells = rollup_cells(rollup, &count);
	for (size_t i = 0; i < count; i++) {
		untimed += cells[i].key.slot == 0 ? (unsigned)cells[i].sums.flows : 0;
	}
	is_int((int64_t)count, ROLLUP_DAYS_MAX + 1, "days are bounded");
	is_int(untimed, 200 - ROLLUP_DAYS_MAX, "the rest keeps no time");
	rollup_read_stats(rollup, &stats);
	is_int((int64_t)stats.untimed, untimed, "… and is counted");

	rollup_clear(rollup);
	rollup_set_now(rollup, 20000 * DAY_NS);
	struct record now = make_record(7, 1, 1, 20000 * DAY_NS + 5);
	struct record old = make_record(7, 1, 1, 19000 * DAY_NS);
	rollup_add(rollup, &now, 1);
	rollup_add(rollup, &old, 1);
	cells = rollup_cells(rollup, &count);
	ok(cells[0].key.slot != 0 && cells[1].key.slot == 0,
		"by a clock the days around it are open, and no others");

	/* A week back and a day ahead, to the last. */
	static const struct {
		uint32_t day;
		bool is_open;
	} edges[] = { { 19992, false }, { 19993, true }, { 20001, true }, { 20002, false } };
	for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct record record = make_record(7, 1, 1, edges[i].day * DAY_NS + 5);
		rollup_clear(rollup);
		rollup_add(rollup, &record, 1);
		cells = rollup_cells(rollup, &count);
		ok((cells[0].key.slot != 0) == edges[i].is_open, "day %u of day 20000 is %s",
			edges[i].day, edges[i].is_open ? "open" : "not");
	}
	rollup_destroy(rollup);
}

static bool by_unit(const struct cell_key *key, uint64_t *row)
{
	*row = key->unit;
	return true;
}

/* Devices are no sums: one that is in two cells counts once in a row made of both. */
static void test_fold(void)
{
	struct record records[] = {
		make_record(7, 1, 1, DAY_NS),
		make_record(8, 1, 1, DAY_NS),
		make_record(8, 1, 2, DAY_NS),
		make_record(8, 2, 3, DAY_NS),
	};
	struct rollup *rollup = cells_of(records, 4);
	struct fold fold = { 0 };
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);

	fold_cells(&fold, by_unit, cells, count);
	is_int(fold.rows.count, 2, "two units");
	is_int((int64_t)devices_count(&fold_find(&fold, 1)->devices), 2,
		"two devices in three flows");
	is_int((int64_t)devices_largest(&fold_find(&fold, 1)->devices), 600, "two of them of one");
	ok(!fold_find(&fold, 3), "no row for what is not there");
	fold_deinit(&fold);
	rollup_destroy(rollup);
}

/* A cell in CBOR, and the words it names. */
struct written {
	struct cbor_writer cbor;
	struct dictionary *dictionary;
	const char *words[64];
};

static void write_cell(struct written *written, const struct cell *cell)
{
	cbor_writer_init(&written->cbor);
	written->dictionary = dictionary_create();
	cell_cbor_put(&written->cbor, written->dictionary, cell, true);
	for (uint32_t i = 0; i < dictionary_count(written->dictionary); i++) {
		written->words[i] = dictionary_word(written->dictionary, i);
	}
}

static bool read_cell(const struct written *written, const uint8_t *bytes, struct cell *cell)
{
	struct cbor_reader reader = cbor_reader_over(bytes, written->cbor.length);

	return cell_cbor_read(&reader, written->words, dictionary_count(written->dictionary), cell);
}

/* Every field of a cell, with so many devices, there and back; then with each byte spoilt. */
static void test_cbor(unsigned devices)
{
	struct cell cell = {
		.key = { 12345, 2, symbol_of(SYMBOL_UNIT, "school"),
			symbol_of(SYMBOL_CLASS, "owned"), symbol_of(SYMBOL_APP, "tiktok"),
			symbol_of(SYMBOL_RULE, "deny"), symbol_of(SYMBOL_EXCEPTION, "press"),
			cell_country("SG"), cell_country("CN"), GEO_ZONE_THIRD, GEO_ZONE_ADEQUATE,
			POLICY_ACTION_DENY, POLICY_VERDICT_EXCEPTED, BLOCK_REFUSED,
			1 + UNNAMED_TUNNEL, RECORD_DIRECTION_INBOUND, RECORD_VIA_TUNNEL, L7_QUIC,
			true, true, true },
		.sums = { 1, 2, 3, UINT64_MAX, 8, 9, 5, 6, 1 << EVIDENCE_DNS | 1 << EVIDENCE_JA4,
			1 << INFERRED_BY_HELLO, 7, 100 },
	};
	struct cell got = { .devices = { 0 } };
	struct written written;
	unsigned refused = 0;

	for (unsigned i = 0; i < devices; i++) {
		devices_add(&cell.devices, hash_number(i), i);
	}
	write_cell(&written, &cell);
	ok(read_cell(&written, written.cbor.bytes, &got), "a cell of %u devices is read", devices);
	ok(cell_key_equal(&got.key, &cell.key), "… its key");
	ok(memcmp(&got.sums, &cell.sums, sizeof(got.sums)) == 0, "… its sums");
	is_int((int64_t)devices_count(&got.devices), (int64_t)devices_count(&cell.devices),
		"… as many devices");
	is_int((int64_t)devices_largest(&got.devices), (int64_t)devices_largest(&cell.devices),
		"… the largest");
	devices_deinit(&got.devices);
	for (size_t i = 0; i < written.cbor.length; i += 1 + i / 200) {
		written.cbor.bytes[i] ^= 0x55;
		refused += !read_cell(&written, written.cbor.bytes, &got);
		devices_deinit(&got.devices);
		written.cbor.bytes[i] ^= 0x55;
	}
	ok(refused > 0, "spoilt ones are refused, and harm nobody (%u)", refused);
	devices_deinit(&cell.devices);
	cbor_writer_deinit(&written.cbor);
	dictionary_destroy(written.dictionary);
}

int main(void)
{
	test_devices();
	test_estimates();
	test_heaviest();
	test_floor();
	test_device_hashes();
	test_cells();
	test_ways();
	test_bounds();
	test_many_devices();
	test_days();
	test_fold();
	test_cbor(0);
	test_cbor(3);
	test_cbor(2000);
	return done_testing();
}
