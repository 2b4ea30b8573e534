/* Every capture of the corpus: read to its end or to a named damage, every frame accounted for. */
#include <ftw.h>
#include <time.h>

#include "collector/contexts.h"
#include "collector/decode.h"
#include "collector/source.h"
#include "tests/tap.h"

enum { FILE_SECONDS_MAX = 10 };

static struct {
	uint64_t files, bad_files, frames, packets, refused[DECODE_REFUSAL_COUNT];
} all;

/* Captures whose packets and IP bytes (of the innermost packets, each counted once) others say:
 * tshark's fields, or the bytes read by hand. */
static const struct known {
	const char *name;
	uint64_t packets, bytes;
} known[] = {
	{ "arkime__icmp-frame-relay.pcap", 10, 1000 },
	{ "libpcap__filter__brcm-tag.pcap", 13, 3044 },
	{ "pcapplusplus__frag_with_padding.pcap", 8, 9569 },
	{ "peafowl__ip_fragmentation__6in6_both.pcap", 28, 3 * 56 + 52 },
	{ "peafowl__ip_fragmentation__6in6_inner.pcap", 4, 3 * 56 + 52 },
	{ "peafowl__ip_fragmentation__teardrop_inverted.pcap", 2, 80 },
	{ "tcpdump__LINKTYPE_PKTAP.pcap", 1, 60 },
	{ "tcpdump__PIM_register_register-stop.pcap", 2, 138 },
	{ "tcpdump__dsa-high-vid.pcap", 4, 336 },
	{ "tcpdump__edsa.pcap", 6, 504 },
	{ "tcpdump__ipoib.pcap", 26, 3030 },
	{ "tcpdump__nsh.pcap", 1, 34 },
	{ "zeek__ipv4__fragmented-syn.pcap", 2, 80 },
	{ "zeek__tunnels__gre-aruba-amsdu.pcap", 2, 356 },
	{ "zeek__tunnels__vxlan-triple-v2.pcap", 1, 57 },
};

static uint64_t bytes_of_file;

static bool is_sound(const struct packet *packet)
{
	bool is_v6 = packet->flags & PACKET_V6;
	uint32_t most_bytes = packet->flags & PACKET_REASSEMBLED ? 65535 : packet->ip_bytes;
	/* Another fragment of what a tunnel's packet counted adds no bytes. */
	return packet->payload_bytes <= packet->payload_wire_bytes &&
	       packet->payload_wire_bytes <= most_bytes &&
	       (packet->ip_bytes >= (is_v6 ? 40 : 20) ||
		       (packet->ip_bytes == 0 && (packet->flags & PACKET_FRAGMENT)));
}

static bool are_sound(const struct packet_batch *packets)
{
	bool sound = true;

	for (unsigned i = 0; i < packets->count; i++) {
		sound = sound && is_sound(&packets->packets[i]);
		bytes_of_file += packets->packets[i].ip_bytes;
	}
	return sound;
}

static void check_known(const char *path, uint64_t packets, uint64_t bytes)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i].name) == 0) {
			ok(packets == known[i].packets && bytes == known[i].bytes,
				"%s: %" PRIu64 " packets, %" PRIu64 " bytes", name, packets, bytes);
		}
	}
}

/* Decodes what the source gives; false where a packet contradicts itself. */
static bool decode_all(struct source *source, struct decoder *decoder, int *result, struct err *err)
{
	static struct frame_batch frames;
	static struct packet_batch packets;
	bool sound = true;

	while ((*result = source_next(source, &frames, err)) == 0 && frames.count > 0) {
		decode_batch(decoder, &frames, &packets);
		do {
			sound = sound && are_sound(&packets);
		} while (decode_rest(decoder, &packets));
	}
	decoder_end(decoder);
	while (decode_rest(decoder, &packets)) {
		sound = sound && are_sound(&packets);
	}
	return sound;
}

static void check_file(const char *path, struct source *source)
{
	struct decoder *decoder = decoder_create();
	struct source_stats stats;
	struct err err = { "" };
	int result;
	bytes_of_file = 0;
	bool sound = decode_all(source, decoder, &result, &err);
	const struct decode_stats *decoded = decoder_stats(decoder);
	uint64_t accounted = decoded->packets;

	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		accounted += decoded->refused[i];
		all.refused[i] += decoded->refused[i];
	}
	source_read_stats(source, &stats);
	if (accounted != decoded->frames + decoded->subframes || decoded->held > 0 ||
		stats.frames != decoded->frames) {
		ok(false, "%s: frames = packets + refused", path);
	}
	if (!sound) {
		ok(false, "%s: lengths of packets agree", path);
	}
	if (result < 0 &&
		(!strstr(err.text, "offset ") || strncmp(err.text, path, strlen(path)) != 0)) {
		ok(false, "%s: the message names file and offset: %s", path, err.text);
	}
	if (getenv("VERBOSE")) {
		printf("# %s: %" PRIu64 " frames %s\n", path, decoded->frames, err.text);
	}
	check_known(path, decoded->packets, bytes_of_file);
	all.bad_files += result < 0;
	all.frames += decoded->frames;
	all.packets += decoded->packets;
	decoder_destroy(decoder);
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	struct timespec start, end;
	struct source *source;
	struct err err = { "" };

	(void)status;
	(void)place;
	if (kind != FTW_F) {
		return 0;
	}
	all.files++;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (source_open(&source, path, NULL, &err) < 0) {
		all.bad_files++;
		if (!strstr(err.text, "offset ")) {
			ok(false, "%s: the message names the offset: %s", path, err.text);
		}
		return 0;
	}
	check_file(path, source);
	source_close(source);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (end.tv_sec - start.tv_sec > FILE_SECONDS_MAX) {
		ok(false, "%s: takes too long", path);
	}
	return 0;
}

int main(int count, char **arguments)
{
	const char *corpus = count > 1 ? arguments[1] : getenv("BORDERFLOW_CORPUS");

	if (!corpus || nftw(corpus, visit, 16, FTW_PHYS) < 0 || all.files == 0) {
		skip_all("no corpus: set BORDERFLOW_CORPUS");
	}
	ok(all.frames > 0,
		"%" PRIu64 " files (%" PRIu64 " bad), %" PRIu64 " frames, %" PRIu64 " packets",
		all.files, all.bad_files, all.frames, all.packets);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		printf("# %-18s %" PRIu64 "\n", decode_refusal_name(i), all.refused[i]);
	}
	return done_testing();
}
