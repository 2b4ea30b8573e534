/* What several archives hold, once: the one that saw most of a flow tells it, whichever is named
 * first. */
#include "analyzer/archive/archive_once.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/packet.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

/* 2026-03-01T10:00Z, a slot's beginning. */
#define TEN_NS (UINT64_C(1772359200) * NS_PER_S)

static char folder[64];
static char places[2][80];
static const char *const folders[2] = { places[0], places[1] };

/* With a flow's number: the sensor did not see its beginning; it took who answered for the one that
 * began; has a pseudonym in place of our address; of other ends than those with the same ports. */
enum { LATE = 1 << 16, TURNED = 1 << 17, KEYED = 1 << 18, OTHER_ENDS = 1 << 19 };

/* A part of a flow as one sensor saw it; seconds and milliseconds from ten on. */
struct seen {
	unsigned archive, flow, from_ms, to_ms, packets[2];
	unsigned part;
	uint8_t confidence;
};

static void write_seen(const struct seen *seen, size_t count, uint8_t protocol, bool is_seen_begin)
{
	struct archive_writer *writers[2];
	struct record record;
	struct record_labels labels;
	struct err err = { "" };
	int status = 0;

	snprintf(folder, sizeof(folder), "/tmp/borderflow-once-XXXXXX");
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	for (unsigned i = 0; i < 2; i++) {
		snprintf(places[i], sizeof(places[i]), "%s/%u", folder, i);
		status |= archive_writer_open(&writers[i], places[i], false, &err);
	}
	for (size_t i = 0; i < count; i++) {
		record_plain(&record, &labels);
		struct flow_record *flow = &record.flow;
		flow->flow_id = seen[i].flow;
		flow->flow_id |= seen[i].flow & OTHER_ENDS ? UINT64_C(1) << FLOW_ID_ENDS_AT : 0;
		if (seen[i].flow & KEYED) {
			memset(labels.device, 'a' + seen[i].archive, PSEUDONYM_LENGTH);
		}
		flow->protocol = protocol;
		flow->start_seen = is_seen_begin && !(seen[i].flow & LATE);
		flow->tcp_state = protocol == IPPROTO_TCP ? TCP_STATE_CLOSING : TCP_STATE_NONE;
		flow->end = FLOW_END_IDLE;
		flow->part = seen[i].part;
		flow->is_last = true;
		flow->flow_start_ns = flow->start_ns = TEN_NS + seen[i].from_ms * NS_PER_MS;
		flow->end_ns = TEN_NS + seen[i].to_ms * NS_PER_MS;
		for (unsigned way = 0; way < 2; way++) {
			flow->packets[way] = flow->total_packets[way] = seen[i].packets[way];
			flow->bytes[way] = flow->total_bytes[way] = 100 * seen[i].packets[way];
			flow->tcp_flags[way] = seen[i].packets[way] ? TCP_ACK | TCP_FIN : 0;
			flow->tcp_flags[way] |=
				flow->start_seen && flow->tcp_flags[way] ? TCP_SYN : 0;
		}
		record.seen = !seen[i].packets[1]   ? RECORD_SEEN_OUT_ONLY
			      : !seen[i].packets[0] ? RECORD_SEEN_IN_ONLY
						    : RECORD_SEEN_BOTH;
		record.verdict.confidence = seen[i].confidence;
		if (seen[i].flow & TURNED) {
			record_turn(&record);
		}
		status |= archive_writer_put(writers[seen[i].archive], &record, &labels, &err);
	}
	for (unsigned i = 0; i < 2; i++) {
		status |= archive_writer_close(writers[i], &err);
	}
	if (status != 0) {
		printf("# %s\n", err.text);
	}
}

struct told {
	uint64_t records, packets, by[2]; /* records, by archive */
	uint64_t flows, unknown;          /* begun; of which one way is unknown */
	uint64_t totals, bytes;           /* packets of whole flows; bytes of parts */
	uint64_t at_least;                /* ways of which there was more */
	uint8_t tcp_state, end;           /* of the last one */
	struct archive_apart apart;
	struct archive_renamed renamed;
	bool is_apart, is_renamed;
};

static struct told read_both(bool is_whole)
{
	const struct archive_options period = { .whole = is_whole };
	struct archive_once *once;
	struct archive_reader *reader;
	struct archived *rows;
	struct told told = { 0 };
	struct err err = { "" };
	size_t count;

	if (archive_once_open(&once, folders, 2, &period, &err) < 0) {
		printf("# %s\n", err.text);
		return told;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct archive_options options = { .folder = folders[i], .whole = is_whole };
		archive_reader_open(&reader, &options, &err);
		while ((count = archive_reader_next(reader, &rows)) > 0) {
			for (size_t row = 0; row < count; row++) {
				const struct flow_record *flow = &rows[row].record.flow;
				bool is_told = archive_once_tells(once, i, &rows[row]) &&
					       archive_once_tells(once, i, &rows[row]);
				told.records += is_told;
				told.by[i] += is_told;
				told.flows += is_told && flow->part == 0;
				told.unknown +=
					is_told && rows[row].record.seen != RECORD_SEEN_BOTH;
				if (!is_told) {
					continue;
				}
				told.packets += flow->packets[0] + flow->packets[1];
				told.totals += flow->total_packets[0] + flow->total_packets[1];
				told.bytes += flow->bytes[0] + flow->bytes[1];
				told.at_least +=
					(unsigned)__builtin_popcount(rows[row].record.at_least);
				told.tcp_state = flow->tcp_state;
				told.end = flow->end;
			}
		}
		archive_reader_close(reader);
	}
	told.is_apart = archive_once_apart(once, 1, &told.apart);
	told.is_renamed = archive_once_renamed(once, 1, &told.renamed);
	archive_once_close(once);
	return told;
}

static void clean(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		printf("# cannot remove %s\n", folder);
	}
}

static void name_other_first(void)
{
	char kept[sizeof(places[0])];

	memcpy(kept, places[0], sizeof(kept));
	memcpy(places[0], places[1], sizeof(kept));
	memcpy(places[1], kept, sizeof(kept));
}

/* What is told, and the same whichever archive is named first. */
static void is_told(const struct seen *seen, size_t count, uint8_t protocol, unsigned records,
	unsigned packets, const char *name)
{
	write_seen(seen, count, protocol, true);
	for (unsigned i = 0; i < 2; i++) {
		struct told parts = read_both(false), whole = read_both(true);
		ok(parts.records == records && parts.packets == packets &&
				parts.bytes == 100 * packets && whole.totals == packets,
			"%s%s", name, i ? ", the other one named first" : "");
		name_other_first();
	}
	clean();
}

#define IS_TOLD(seen, protocol, records, packets, name)                                            \
	is_told(seen, sizeof(seen) / sizeof((seen)[0]), protocol, records, packets, name)

#define WRITE(seen, protocol) write_seen(seen, sizeof(seen) / sizeof((seen)[0]), protocol, true)

/* A closed port: one sensor sees who asks, the other one who answers. */
static void test_refused(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 1000, { 1, 0 }, 0, 0 },
		{ 1, 8 | LATE, 1020, 1020, { 0, 1 }, 0, 0 } };
	static const struct seen turned[] = { { 0, 7, 1000, 1000, { 1, 0 }, 0, 0 },
		{ 1, 8 | LATE | TURNED, 1020, 1020, { 0, 1 }, 0, 0 } };

	IS_TOLD(seen, IPPROTO_TCP, 1, 2, "question and refusal");
	IS_TOLD(turned, IPPROTO_TCP, 1, 2, "… where who answers was taken for who began");
}

/* One packet took the other door. */
static void test_strays(void)
{
	static const struct seen both[] = { { 0, 7, 1000, 9000, { 40, 1 }, 0, 0 },
		{ 1, 7, 1020, 9003, { 1, 38 }, 0, 0 } };
	static const struct seen one[] = { { 0, 7, 1000, 9000, { 40, 1 }, 0, 0 },
		{ 1, 7, 1020, 9003, { 0, 38 }, 0, 0 } };
	static const struct seen several[] = { { 0, 7, 1000, 90000, { 40, 1 }, 0, 0 },
		{ 1, 7, 1020, 30003, { 20, 38 }, 0, 0 }, { 1, 7, 35000, 90003, { 1, 10 }, 0, 0 } };

	IS_TOLD(both, IPPROTO_TCP, 1, 78, "of each way the fuller one, strays at both");
	IS_TOLD(both, IPPROTO_UDP, 1, 78, "… of UDP");
	IS_TOLD(one, IPPROTO_TCP, 1, 78, "… a stray at one");
	IS_TOLD(several, IPPROTO_UDP, 2, 88, "… of two records");
}

/* A flow goes on at another door: not the same packets. */
static void test_moved(void)
{
	static const struct seen moved[] = { { 0, 7, 1000, 120000, { 24, 25 }, 0, 0 },
		{ 1, 7, 125000, 240000, { 20, 23 }, 0, 0 } };
	static const struct seen back[] = { { 0, 7, 1000, 60000, { 10, 11 }, 0, 0 },
		{ 1, 7, 65000, 120000, { 12, 13 }, 0, 0 },
		{ 0, 7, 125000, 200000, { 14, 15 }, 0, 0 } };
	static const struct seen one_way[] = { { 0, 7, 1000, 120000, { 24, 0 }, 0, 0 },
		{ 1, 7, 1010, 120000, { 0, 30 }, 0, 0 },
		{ 1, 7, 125000, 240000, { 20, 23 }, 0, 0 } };

	IS_TOLD(moved, IPPROTO_UDP, 1, 92, "what two saw one after the other adds up");
	IS_TOLD(back, IPPROTO_UDP, 2, 75, "… there and back");
	IS_TOLD(one_way, IPPROTO_UDP, 2, 97, "… of one way alone");
}

/* A question and its answer, a second later once more at another door; or the same ones, by a clock
 * that is a second wrong? Handshakes that both saw tell. */
static void test_moved_soon(void)
{
	enum { HANDSHAKES = 4, WRONG_MS = 1000 };
	struct seen seen[2 * HANDSHAKES + 2];

	for (unsigned wrong_ms = 0; wrong_ms <= WRONG_MS; wrong_ms += WRONG_MS) {
		for (unsigned i = 0; i < HANDSHAKES; i++) {
			unsigned at = 100000 + i * 20000;
			seen[2 * i] = (struct seen){ 0, 20 + i, at, at + 9, { 3, 3 }, 0, 0 };
			seen[2 * i + 1] = (struct seen){ 1, 20 + i, at + wrong_ms,
				at + wrong_ms + 9, { 3, 3 }, 0, 0 };
		}
		seen[2 * HANDSHAKES] = (struct seen){ 0, 7, 1000, 1020, { 1, 1 }, 0, 0 };
		seen[2 * HANDSHAKES + 1] = (struct seen){ 1, 7, 2000, 2020, { 1, 1 }, 0, 0 };
		is_told(seen, 2 * HANDSHAKES + 2, IPPROTO_TCP, HANDSHAKES + 1,
			6 * HANDSHAKES + (wrong_ms ? 2 : 4),
			wrong_ms ? "the same packets by a wrong clock" : "other packets");
	}
	is_told(&seen[2 * HANDSHAKES], 2, IPPROTO_UDP, 1, 2, "nothing tells: no more than one saw");
	write_seen(&seen[2 * HANDSHAKES], 2, IPPROTO_UDP, true);
	is_int((int64_t)read_both(false).at_least, 2, "… and at least so much");
	clean();
}

/* Both saw it at times of which some are the same. */
static void test_at_least(void)
{
	static const struct seen over[] = { { 0, 7, 1000, 120000, { 24, 24 }, 0, 0 },
		{ 1, 7, 100000, 240000, { 30, 30 }, 0, 0 } };
	static const struct seen part[] = { { 0, 7, 1000, 120000, { 24, 24 }, 0, 0 },
		{ 1, 7, 1000, 120000, { 30, 30 }, 0, 0 } };
	static const struct seen late[] = { { 0, 7, 1000, 120000, { 24, 24 }, 0, 0 },
		{ 1, 7, 60000, 120000, { 12, 12 }, 0, 0 } };
	static const struct seen lost[] = { { 0, 7, 1000, 120000, { 240, 240 }, 0, 0 },
		{ 1, 7, 1000, 120000, { 239, 240 }, 0, 0 } };

	WRITE(over, IPPROTO_UDP);
	struct told told = read_both(false);
	ok(told.packets == 60 && told.at_least == 2, "both ways are at least what one saw");
	clean();
	WRITE(part, IPPROTO_UDP);
	ok(read_both(false).at_least == 2, "… where another one saw a good part of it");
	clean();
	WRITE(late, IPPROTO_UDP);
	ok(read_both(false).at_least == 2, "… or came later, or it went there");
	clean();
	WRITE(lost, IPPROTO_UDP);
	ok(read_both(false).at_least == 0, "one that lost a packet saw the same");
	clean();
}

/* A slot's border lies between question and answer: another id. */
static void test_pseudonyms(void)
{
	static const struct seen same[] = { { 0, 7 | KEYED, 299990, 299990, { 1, 0 }, 0, 0 },
		{ 1, 8 | KEYED, 300010, 300010, { 0, 1 }, 0, 0 } };
	static const struct seen others[] = { { 0, 7 | KEYED, 299990, 299990, { 1, 0 }, 0, 0 },
		{ 1, 8 | KEYED | OTHER_ENDS, 300010, 300010, { 0, 1 }, 0, 0 } };
	static const struct seen late[] = { { 0, 7 | KEYED, 1000, 9000, { 9, 9 }, 0, 0 },
		{ 1, 8 | KEYED | LATE | OTHER_ENDS, 2000, 9000, { 5, 5 }, 0, 0 } };

	IS_TOLD(same, IPPROTO_UDP, 1, 2, "two ways of the same ends, of two pseudonyms");
	IS_TOLD(others, IPPROTO_UDP, 2, 2, "two ways of other ends are not joined by their ports");
	IS_TOLD(late, IPPROTO_TCP, 2, 28, "nor a flow that a sensor came to later");
}

/* A port is used again at once; of the first one a sensor saw the middle alone. */
static void test_same_id_first(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 1300, { 10, 0 }, 0, 0 },
		{ 1, 9 | LATE, 1050, 1303, { 0, 1 }, 0, 0 }, { 0, 8, 1301, 1600, { 12, 0 }, 0, 0 },
		{ 1, 8, 1304, 1603, { 0, 30 }, 0, 0 } };

	IS_TOLD(seen, IPPROTO_TCP, 2, 53, "halves of the same id go together first");
}

/* Each knows its devices by names of its own. */
static void test_even(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 200000, { 40, 40 }, 0, 0 },
		{ 0, 10, 250000, 260000, { 9, 9 }, 0, 0 }, { 1, 8, 1001, 200001, { 40, 40 }, 0, 0 },
		{ 1, 10, 250001, 260001, { 9, 9 }, 0, 0 },
		{ 1, 9, 300000, 310000, { 5, 5 }, 0, 0 } };

	write_seen(seen, sizeof(seen) / sizeof(seen[0]), IPPROTO_TCP, false);
	struct told told = read_both(false);
	is_int((int64_t)told.packets, 80 + 18 + 10, "what both saw as two flows is told once");
	ok(told.by[0] == 0 && told.by[1] == 3,
		"all by the one that saw more, though the other was named first");
	clean();
}

/* A sensor that was away for a while comes back to a flow that it cannot know: a flow of its own.
 */
static void test_outage(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 200000, { 90, 90 }, 0, 0 },
		{ 0, 7, 301000, 590000, { 50, 50 }, 1, 0 },
		{ 0, 7, 601000, 890000, { 40, 40 }, 2, 0 },
		{ 1, 7, 1002, 100000, { 40, 40 }, 0, 0 },
		{ 1, 8, 400000, 590000, { 30, 30 }, 0, 0 },
		{ 1, 8, 601002, 890001, { 40, 40 }, 1, 0 },
		{ 1, 9, 900000, 910000, { 5, 5 }, 0, 0 } };

	write_seen(seen, sizeof(seen) / sizeof(seen[0]), IPPROTO_TCP, false);
	struct told parts = read_both(false);
	is_int((int64_t)parts.packets, 180 + 100 + 80 + 10,
		"what came back as another flow after an outage is told once");
	is_int((int64_t)parts.records, 4, "… and a later one between the same ends too");
	clean();
	write_seen(seen, sizeof(seen) / sizeof(seen[0]), IPPROTO_TCP, true);
	is_int((int64_t)read_both(false).packets, 180 + 100 + 80 + 140 + 10,
		"two flows whose beginnings both were seen stay two");
	clean();
}

static void test_most(void)
{
	static const struct seen one_way[] = { { 0, 7, 1000, 9000, { 50, 0 }, 0, 0 },
		{ 1, 7, 1002, 9003, { 20, 10 }, 0, 0 }, { 0, 8, 1000, 2000, { 4, 4 }, 0, 0 },
		{ 1, 8, 1001, 2001, { 5, 4 }, 0, 0 }, { 0, 9, 1000, 2000, { 6, 6 }, 0, 0 },
		{ 1, 9, 1000, 2000, { 6, 6 }, 0, 0 }, { 1, 10, 1000, 2000, { 1, 0 }, 0, 0 } };

	WRITE(one_way, IPPROTO_TCP);
	struct told parts = read_both(false), whole = read_both(true);
	is_int((int64_t)parts.records, 4, "a flow that both saw is told once");
	is_int((int64_t)parts.packets, 60 + 9 + 12 + 1,
		"… by the one that saw both ways, then by the one that saw more packets");
	is_int((int64_t)whole.totals, 60 + 9 + 12 + 1, "… whole flows as well");
	ok(parts.by[0] == 1 && parts.by[1] == 3, "… though the other saw more of one way");
	ok(!parts.is_apart, "their clocks agree");
	clean();
}

/* The ways of a flow leave by two doors. */
static void test_halves(void)
{
	static const struct seen halves[] = { { 0, 7, 1000, 9000, { 50, 0 }, 0, 98 },
		{ 1, 7, 1020, 9003, { 0, 80 }, 0, 75 }, { 0, 8, 1000, 2000, { 4, 0 }, 0, 0 },
		{ 1, 8, 1001, 2001, { 0, 5 }, 0, 75 }, { 0, 9, 1000, 2000, { 6, 0 }, 0, 0 } };

	WRITE(halves, IPPROTO_TCP);
	struct told parts = read_both(false), whole = read_both(true);
	is_int((int64_t)parts.records, 3, "two halves are told as one");
	is_int((int64_t)parts.packets, 130 + 9 + 6, "… with what went either way");
	is_int((int64_t)parts.bytes, 100 * (130 + 9 + 6), "… bytes as well");
	is_int((int64_t)whole.totals, 130 + 9 + 6, "… whole flows too");
	ok(parts.by[0] == 2 && parts.by[1] == 1, "… each by the one that knows the app");
	is_int((int64_t)parts.flows, 3, "… and counts as one flow");
	is_int((int64_t)parts.unknown, 1, "where there is one half the other is unknown");
	clean();
}

/* One of them sees both ways, until the answers take another one. */
static void test_half_of_it(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 299000, { 50, 40 }, 0, 98 },
		{ 0, 7, 301000, 590000, { 50, 10 }, 1, 98 },
		{ 0, 7, 601000, 890000, { 50, 0 }, 2, 98 },
		{ 1, 8, 400000, 590000, { 0, 40 }, 0, 0 },
		{ 1, 8, 601000, 890000, { 0, 50 }, 1, 0 } };

	WRITE(seen, IPPROTO_UDP);
	struct told told = read_both(false);
	is_int((int64_t)told.packets, 90 + 90 + 100, "a half that another sensor goes on with");
	is_int((int64_t)told.unknown, 0, "… leaves nothing unknown");
	is_int((int64_t)told.flows, 1, "… and is no flow of its own");
	clean();
}

/* Of one half an archive has two records, as when nothing came for a while. */
static void test_half_in_pieces(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 250000, { 50, 0 }, 0, 98 },
		{ 1, 8, 1000, 60000, { 0, 30 }, 0, 0 }, { 1, 9, 190000, 250000, { 0, 20 }, 0, 0 } };
	static const struct seen named[] = { { 0, 7, 1000, 250000, { 50, 0 }, 0, 0 },
		{ 1, 8, 1000, 60000, { 0, 30 }, 0, 75 },
		{ 1, 9, 190000, 250000, { 0, 20 }, 0, 75 } };

	WRITE(seen, IPPROTO_UDP);
	is_int((int64_t)read_both(false).packets, 100, "both pieces of a half are added");
	clean();
	WRITE(named, IPPROTO_UDP);
	is_int((int64_t)read_both(false).packets, 100, "… and what both lack is added once");
	clean();
}

static void test_answer(void)
{
	static const struct seen seen[] = { { 0, 7, 1000, 9000, { 5, 0 }, 0, 98 },
		{ 1, 7, 1020, 9003, { 0, 5 }, 0, 0 } };

	WRITE(seen, IPPROTO_TCP);
	struct told told = read_both(false);
	is_int(told.tcp_state, TCP_STATE_CLOSED, "who said goodbye to whom is joined");
	is_int(told.end, FLOW_END_CLOSED, "… and why it ended");
	clean();
}

/* Two sensors that do not have the same key. */
static void test_other_key(void)
{
	static const struct seen seen[] = { { 0, 1, 1000, 2000, { 4, 4 }, 0, 0 },
		{ 0, 2, 11000, 12000, { 4, 4 }, 0, 0 }, { 0, 3, 21000, 22000, { 4, 4 }, 0, 0 },
		{ 1, 4, 1001, 2001, { 4, 4 }, 0, 0 }, { 1, 5, 11001, 12001, { 4, 4 }, 0, 0 },
		{ 1, 6, 21001, 22001, { 4, 4 }, 0, 0 }, { 1, 3, 21000, 22000, { 4, 4 }, 0, 0 } };

	write_seen(seen, 6, IPPROTO_TCP, true);
	struct told told = read_both(false);
	ok(told.records == 6 && told.is_renamed && told.renamed.other == 0 &&
			told.renamed.flows == 3,
		"flows that two keys give two ids count twice, and it is said");
	clean();
	write_seen(seen, 7, IPPROTO_TCP, true);
	ok(!read_both(false).is_renamed, "one that has the same id: they are other flows");
	clean();
	write_seen(seen, 6, IPPROTO_TCP, false);
	ok(!read_both(false).is_renamed, "where no beginning was seen nothing says so");
	clean();
}

/* Ports that are used again soon have an id again, without a number of a handshake. */
static void test_again(void)
{
	static const struct seen again[] = { { 0, 7, 0, 1000, { 1, 1 }, 0, 0 },
		{ 0, 7, 60000, 61000, { 2, 2 }, 0, 0 }, { 1, 7, 2, 1002, { 1, 1 }, 0, 0 },
		{ 1, 7, 60002, 61002, { 2, 2 }, 0, 0 }, { 1, 7, 120000, 121000, { 3, 3 }, 0, 0 } };

	WRITE(again, IPPROTO_UDP);
	struct told told = read_both(false);
	is_int((int64_t)told.records, 3, "one id at three times is three flows");
	is_int((int64_t)told.packets, 12, "… each told once");
	ok(!told.is_apart, "… which says nothing of clocks");
	clean();
}

/* At a slot's border one sensor has a part more than the other. */
static void test_border(void)
{
	static const struct seen border[] = { { 0, 7, 299999, 299999, { 1, 0 }, 0, 0 },
		{ 0, 7, 300005, 400000, { 40, 40 }, 1, 0 },
		{ 1, 7, 300001, 400003, { 41, 40 }, 0, 0 },
		{ 0, 8, 299999, 299999, { 1, 0 }, 0, 0 },
		{ 1, 8, 300001, 300001, { 1, 0 }, 0, 0 } };

	WRITE(border, IPPROTO_TCP);
	struct told told = read_both(false);
	is_int((int64_t)told.packets, 1 + 81 + 1, "a part of another number is the same part");
	is_int((int64_t)told.flows, 2, "… and its flow counts once");
	clean();
}

static void test_clock(void)
{
	enum { FLOWS = 20, HOUR_MS = 3600000 };
	struct seen seen[2 * FLOWS];

	for (unsigned i = 0; i < FLOWS; i++) {
		unsigned at = i * 1000;
		seen[2 * i] = (struct seen){ 0, i + 1, at, at + 500, { 3, 3 }, 0, 0 };
		seen[2 * i + 1] =
			(struct seen){ 1, i + 1, at + HOUR_MS, at + HOUR_MS + 500, { 3, 3 }, 0, 0 };
	}
	WRITE(seen, IPPROTO_TCP);
	struct told told = read_both(true);
	is_int((int64_t)told.records, 2 * FLOWS, "flows an hour apart are not taken for one");
	ok(told.is_apart && told.apart.seconds == 3600 && told.apart.flows == FLOWS &&
			told.apart.other == 0,
		"… and the clock of one of the sensors is said to be wrong");
	clean();
	write_seen(seen, 2 * FLOWS, IPPROTO_UDP, true);
	ok(!read_both(true).is_apart, "ids that no handshake made say nothing of clocks");
	clean();
}

/* What comes while it is read is told by the first. */
static void test_grown(void)
{
	static const struct seen first[] = { { 0, 7, 0, 1000, { 1, 1 }, 0, 0 },
		{ 1, 8, 0, 1000, { 1, 1 }, 0, 0 } };
	const struct archive_options period = { .folder = NULL };
	struct archived late;
	struct archive_once *once;
	struct err err;

	record_plain(&late.record, &late.labels);
	late.record.flow.flow_id = 99;
	late.record.flow.start_ns = TEN_NS;
	WRITE(first, IPPROTO_TCP);
	is_int(archive_once_open(&once, folders, 2, &period, &err), 0, "two archives");
	ok(archive_once_tells(once, 0, &late) && !archive_once_tells(once, 1, &late) &&
			archive_once_tells(once, 0, &late),
		"what comes meanwhile is told by one of them");
	archive_once_close(once);
	is_int(archive_once_open(&once, folders, 1, &period, &err), 0, "one archive");
	ok(!once && archive_once_tells(once, 0, &late), "… tells everything");
	clean();
}

/* As many as there may be are looked at, and one more is not. */
static void test_many(void)
{
	const char *many[ARCHIVE_ONCE_MAX + 1];
	const struct archive_options period = { .folder = NULL };
	struct archive_once *once;
	struct err err = { "" };

	for (unsigned i = 0; i <= ARCHIVE_ONCE_MAX; i++) {
		many[i] = "/nowhere/archive";
	}
	ok(archive_once_open(&once, many, ARCHIVE_ONCE_MAX, &period, &err) < 0 &&
			!strstr(err.text, "at most"),
		"the most that are read as one: %s", err.text);
	ok(archive_once_open(&once, many, ARCHIVE_ONCE_MAX + 1, &period, &err) == -EINVAL &&
			strstr(err.text, "at most"),
		"one more: %s", err.text);
}

int main(void)
{
	test_outage();
	test_even();
	test_most();
	test_halves();
	test_refused();
	test_strays();
	test_moved();
	test_moved_soon();
	test_at_least();
	test_pseudonyms();
	test_same_id_first();
	test_half_of_it();
	test_half_in_pieces();
	test_answer();
	test_other_key();
	test_again();
	test_border();
	test_clock();
	test_grown();
	test_many();
	return done_testing();
}
