/* What a record adds to a cell, what cells add up to, and why a flow has no name: each field. */
#include "analyzer/rollup/cell.h"

#include <string.h>

#include "analyzer/rollup/fold.h"
#include "analyzer/rollup/unnamed.h"
#include "base/quick_hash.h"
#include "tests/tap.h"

static struct record record_of(uint64_t start_ns, uint8_t confidence)
{
	struct record record = {
		.flow = { .packets = { 3, 4 },
			.bytes = { 100, 200 },
			.total_packets = { 3, 4 },
			.total_bytes = { 100, 200 },
			.tcp_state = TCP_STATE_CLOSED,
			.start_ns = start_ns,
			.end_ns = start_ns + 10 },
		.verdict = { .app = 7,
			.confidence = confidence,
			.evidence = 1 << EVIDENCE_DNS,
			.grounds = 1 << INFERRED_BY_SHARED },
		.device = { .kind = DEVICE_ONE },
		.own_side = RECORD_SOURCE,
	};

	return record;
}

static void sums_are(const struct cell_sums *sums, const struct cell_sums *wanted, const char *what)
{
	ok(sums->flows == wanted->flows && sums->packets == wanted->packets, "%s: flows, packets",
		what);
	ok(sums->bytes_up == wanted->bytes_up && sums->bytes_down == wanted->bytes_down,
		"%s: bytes", what);
	ok(sums->unseen_up == wanted->unseen_up && sums->unseen_down == wanted->unseen_down,
		"%s: what is not known", what);
	ok(sums->first_ns == wanted->first_ns && sums->last_ns == wanted->last_ns, "%s: times",
		what);
	ok(sums->evidence == wanted->evidence && sums->grounds == wanted->grounds,
		"%s: evidence and grounds", what);
	ok(sums->confidence_least == wanted->confidence_least &&
			sums->confidence_most == wanted->confidence_most,
		"%s: confidence", what);
}

static void test_sums(void)
{
	struct cell cell = { 0 };
	struct record record = record_of(1000, 90);

	cell_sums_init(&cell.sums);
	cell_add(&cell, &record, quick_hash(0, 11));
	record = record_of(500, 40);
	record.flow.part = 1;
	record.flow.total_packets[1] = 0; /* answers cross another sensor */
	record.verdict.evidence = 1 << EVIDENCE_ASN;
	record.verdict.grounds = 1 << INFERRED_BY_OLD;
	cell_add(&cell, &record, quick_hash(0, 12));
	record = record_of(2000, 0);
	record.verdict.app = 0; /* of which nothing of an app counts */
	record.verdict.evidence = 1 << EVIDENCE_CERT;
	record.verdict.grounds = 1 << INFERRED_BY_OUTSIDE;
	record.own_side = RECORD_DESTINATION;
	record.at_least = 1;
	cell_add(&cell, &record, CELL_NO_DEVICE);
	record = record_of(700, 60);
	record.device.kind = DEVICE_MANY;
	cell_add(&cell, &record, quick_hash(0, 13));
	const struct cell_sums wanted = { .flows = 3,
		.packets = 28,
		.bytes_up = 500,
		.bytes_down = 700,
		.unseen_up = 0,
		.unseen_down = 2,
		.first_ns = 500,
		.last_ns = 2010,
		.evidence = 1 << EVIDENCE_DNS | 1 << EVIDENCE_ASN,
		.grounds = 1 << INFERRED_BY_SHARED | 1 << INFERRED_BY_OLD,
		.confidence_least = 40,
		.confidence_most = 90 };
	sums_are(&cell.sums, &wanted, "records");
	is_int((int64_t)devices_count(&cell.devices), 2,
		"neither nobody nor many behind one address count as a device");

	struct cell other = { .sums = { .flows = 1,
				      .packets = 2,
				      .bytes_up = 3,
				      .bytes_down = 4,
				      .unseen_up = 5,
				      .unseen_down = 6,
				      .first_ns = 400,
				      .last_ns = 3000,
				      .evidence = 1 << EVIDENCE_CERT,
				      .grounds = 1 << INFERRED_BY_OUTSIDE,
				      .confidence_least = 30,
				      .confidence_most = 95 } };
	devices_add(&other.devices, quick_hash(0, 14), 1);
	cell_merge(&cell, &other);
	const struct cell_sums merged = { .flows = 4,
		.packets = 30,
		.bytes_up = 503,
		.bytes_down = 704,
		.unseen_up = 5,
		.unseen_down = 8,
		.first_ns = 400,
		.last_ns = 3000,
		.evidence = wanted.evidence | 1 << EVIDENCE_CERT,
		.grounds = wanted.grounds | 1 << INFERRED_BY_OUTSIDE,
		.confidence_least = 30,
		.confidence_most = 95 };
	sums_are(&cell.sums, &merged, "cells");
	is_int((int64_t)devices_count(&cell.devices), 3, "… their devices");
	struct cell nothing = { 0 };
	cell_sums_init(&nothing.sums);
	cell_merge(&cell, &nothing);
	sums_are(&cell.sums, &merged, "a cell of nothing more");
	devices_deinit(&cell.devices);
	devices_deinit(&other.devices);
}

static bool by_unit(const struct cell_key *key, uint64_t *row)
{
	*row = key->unit;
	return key->unit != 0;
}

/* What of a row was embedded, denied, not approved, or left EU and EEA. */
static void test_folds(void)
{
	const struct cell cells[] = {
		{ .key = { .unit = 1, .zone = GEO_ZONE_THIRD },
			.sums = { .flows = 1, .bytes_up = 10 } },
		{ .key = { .unit = 1, .zone = GEO_ZONE_EU, .embedded = 1 },
			.sums = { .flows = 2, .bytes_up = 20 } },
		{ .key = { .unit = 1,
			  .zone = GEO_ZONE_ADEQUATE,
			  .verdict = POLICY_VERDICT_VIOLATION },
			.sums = { .flows = 4, .bytes_up = 40 } },
		{ .key = { .unit = 1, .zone = GEO_ZONE_EEA, .verdict = POLICY_VERDICT_UNAPPROVED },
			.sums = { .flows = 8, .bytes_up = 80 } },
		{ .key = { .unit = 2, .verdict = POLICY_VERDICT_REPORTED },
			.sums = { .flows = 16, .first_ns = 5, .last_ns = 6 } },
		{ .key = { .unit = 0 }, .sums = { .flows = 32 } },
	};
	struct fold fold = { 0 };

	fold_cells(&fold, by_unit, cells, sizeof(cells) / sizeof(cells[0]));
	const struct fold_row *one = fold_find(&fold, 1), *two = fold_find(&fold, 2);
	is_int(fold.rows.count, 2, "two rows, and none for what has none");
	ok(one && one->sums.flows == 15 && one->sums.bytes_up == 150, "all of a row");
	is_int((int64_t)one->bytes_up_outside, 50, "… what left EU and EEA");
	is_int((int64_t)one->flows_embedded, 2, "… was embedded");
	is_int((int64_t)one->flows_denied, 4, "… denied");
	is_int((int64_t)one->flows_unapproved, 8, "… not approved");
	ok(two && two->flows_denied == 0 && two->flows_unapproved == 0 && two->sums.first_ns == 5 &&
			two->sums.last_ns == 6,
		"what is reported is neither, and has its own times");
	ok(!fold_find(&fold, 0), "a row that is not there");
	fold_deinit(&fold);
}

/* Why a flow that could show a name did not. */
static void test_silence(void)
{
	static const struct {
		enum tcp_state state;
		enum l7_protocol protocol;
		bool by_port, not_captured;
		enum name_hidden hidden;
		enum unnamed_reason reason;
	} cases[] = {
		{ TCP_STATE_SYN, L7_TLS, false, true, NAME_HIDDEN_NONE, UNNAMED_NO_PAYLOAD },
		{ TCP_STATE_SYN_ACK, L7_TLS, false, true, NAME_HIDDEN_NONE, UNNAMED_NO_PAYLOAD },
		{ TCP_STATE_REFUSED, L7_TLS, false, true, NAME_HIDDEN_NONE, UNNAMED_NO_PAYLOAD },
		{ TCP_STATE_CLOSED, L7_TLS, false, true, NAME_HIDDEN_NONE, UNNAMED_NOT_CAPTURED },
		{ TCP_STATE_MIDSTREAM, L7_TLS, false, true, NAME_HIDDEN_NONE,
			UNNAMED_NOT_CAPTURED },
		{ TCP_STATE_MIDSTREAM, L7_TLS, false, false, NAME_HIDDEN_OPAQUE, UNNAMED_LATE },
		{ TCP_STATE_CLOSED, L7_TLS, false, false, NAME_HIDDEN_OPAQUE, UNNAMED_OPAQUE },
		{ TCP_STATE_NONE, L7_QUIC, false, false, NAME_HIDDEN_OPAQUE, UNNAMED_QUIC_LATE },
		{ TCP_STATE_CLOSED, L7_TLS, false, false, NAME_HIDDEN_NONE, UNNAMED_NO_SNI },
		{ TCP_STATE_CLOSED, L7_TLS, true, false, NAME_HIDDEN_NONE, UNNAMED_NO_PAYLOAD },
		{ TCP_STATE_CLOSED, L7_UNKNOWN, false, false, NAME_HIDDEN_NONE,
			UNNAMED_NO_PAYLOAD },
		{ TCP_STATE_CLOSED, L7_TLS, false, false, NAME_HIDDEN_ECH,
			UNNAMED_ENCRYPTED_HELLO },
		{ TCP_STATE_CLOSED, L7_SSH, false, false, NAME_HIDDEN_NONE, UNNAMED_PROTOCOL_ONLY },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = { 0 };
		record.flow.tcp_state = (uint8_t)cases[i].state;
		record.l7.protocol = (uint8_t)cases[i].protocol;
		record.l7.protocol_by_port = cases[i].by_port;
		record.l7.not_captured = cases[i].not_captured;
		record.l7.hidden = (uint8_t)cases[i].hidden;
		is_text(unnamed_reason_name(record_unnamed_reason(&record)),
			unnamed_reason_name(cases[i].reason), "case %u", i);
		l7_info_add_name(&record.l7, NAME_DNS_CNAME, "alias.example.net", 17);
		is_text(unnamed_reason_name(record_unnamed_reason(&record)),
			unnamed_reason_name(cases[i].reason), "… an alias is no name of it");
	}
}

int main(void)
{
	test_sums();
	test_folds();
	test_silence();
	return done_testing();
}
