/* Any bytes as a block of the archive: labels, then records. Whatever is read must be fit to be
 * shown, and item by item it is what libcbor reads. */
#include "analyzer/format/record_cbor_read.h"

#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/cbor_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void show(const struct record *record, const struct record_labels *labels)
{
	struct field_view view = { record, labels, true, NULL };
	struct text text;

	text_init_heap(&text);
	for (unsigned i = 0; i < field_count; i++) {
		struct field_value value;
		if (field_get(&field_table[i], &view, &value)) {
			field_put_text(&text, &field_table[i], &value);
		}
	}
	text_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const char *const labels[] = { "tiktok", "tls", "SE", "none", "vxlan", "tls-sni" };
	struct cbor_reader reader = cbor_reader_over(bytes, count), skipping = reader;
	struct cbor_item item = cbor_reader_next(&skipping);
	char memory[4096];
	struct cbor_labels block = { .labels = labels,
		.count = sizeof(labels) / sizeof(labels[0]),
		.memory = memory,
		.memory_bytes = sizeof(memory) };
	struct record_cbor_keys keys;
	struct record record;
	struct record_labels read;

	if (!cbor_oracle_agrees(bytes, count)) {
		abort();
	}
	record_cbor_keys_init(&keys);
	cbor_reader_skip(&skipping, &item);
	while (!cbor_reader_is_at_end(&reader) &&
		record_cbor_read(&keys, &reader, &block, &record, &read)) {
		show(&record, &read);
	}
	return 0;
}
