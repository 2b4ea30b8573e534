/* The whole way, as `borderflow analyze` goes it: a capture in, flows out in every format, alerts,
 * an overview. Nothing may be lost on the way.
 *
 * An input that is no capture file is taken as frames: the link type's low byte, then for each
 * frame two bytes of length and the frame. So bytes are not wasted on headers of the file. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/engine/engine.h"
#include "analyzer/policy/policy.h"
#include "analyzer/output/sinks.h"
#include "base/reader.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 80;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const char policy_text[] = "organisation: Exempelstad kommun\n"
				  "own_networks: [10.0.0.0/8, \"2001:db8::/32\"]\n"
				  "rules:\n"
				  "  - id: tiktok\n"
				  "    match: {app: tiktok}\n"
				  "    action: deny\n";

static const struct sink_ops *const formats[] = { &sink_ndjson, &sink_csv, &sink_cbor };

/* Catalogue and policy are read once: what they do with bad bytes has targets of its own. */
static const struct reference *find_reference(void)
{
	static struct reference reference;
	struct catalogue *catalogue;
	struct policy *policy;
	struct policy_problems problems;
	struct err err;

	if (!reference.policy && catalogue_open(&catalogue, NULL, 0, &err) == 0) {
		if (policy_parse(&policy, "policy", policy_text, sizeof(policy_text) - 1, NULL,
			    catalogue, &problems, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			abort();
		}
		reference.catalogue = catalogue;
		reference.policy = policy;
	}
	return reference.policy ? &reference : NULL;
}

static void write_all(int fd, const void *bytes, size_t count)
{
	if (write(fd, bytes, count) != (ssize_t)count) {
		abort();
	}
}

static bool is_capture(const uint8_t *bytes, size_t count)
{
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1,
		0x0a0d0d0a };
	struct reader in = reader_over(bytes, count);
	uint32_t magic = reader_u32(&in);

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (reader_ok(&in) && magic == magics[i]) {
			return true;
		}
	}
	return false;
}

/* The frames as a file of classic pcap; each comes 100 ms after the one before. */
static void write_frames(int fd, const uint8_t *bytes, size_t count)
{
	struct reader in = reader_over(bytes, count);
	uint32_t header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, reader_u8(&in) };
	uint64_t time_us = 1780000000000000;

	write_all(fd, header, sizeof(header));
	while (reader_left(&in) > 2) {
		size_t length = reader_u16(&in);
		length = length < reader_left(&in) ? length : reader_left(&in);
		uint32_t record[4] = { (uint32_t)(time_us / 1000000), (uint32_t)(time_us % 1000000),
			(uint32_t)length, (uint32_t)length };
		write_all(fd, record, sizeof(record));
		write_all(fd, reader_bytes(&in, length), length);
		time_us += 100000;
	}
}

static void analyse(struct source *source, const struct reference *reference)
{
	const struct engine_input input = { .source = source };
	struct engine_options options = {
		.inputs = &input,
		.input_count = 1,
		.collector = { .flow_limit = 256 },
		.classify = { .reassembly_limit = 64, .l7_info_limit = 256, .names_limit = 256 },
		.reference = reference,
		.workers = 1,
		.holds_hidden = true,
		.has_overview = true,
	};
	struct err err;
	struct engine *engine = engine_create(&options, &err);

	if (!engine) {
		abort();
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct sink_options sink_options = {
			.target = "/dev/null", .with_parts = i == 0, .reference = reference
		};
		struct sink *sink;
		if (formats[i]->open(&sink, &sink_options, &err) < 0) {
			abort();
		}
		engine_add_sink(engine, formats[i], sink);
	}
	engine_run(engine, &err);
	if (!engine_check_conservation(engine, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	engine_destroy(engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	const struct reference *reference = find_reference();
	char name[64];
	struct source *source;
	struct err err;
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || !reference) {
		abort();
	}
	if (is_capture(bytes, count)) {
		write_all(fd, bytes, count);
	} else {
		write_frames(fd, bytes, count);
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (source_open(&source, name, NULL, &err) == 0) {
		analyse(source, reference);
		source_close(source);
	}
	close(fd);
	return 0;
}
