#include "analyzer/format/record_cbor_read.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/format/dictionary.h"
#include "analyzer/format/record_cbor.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/unit/cbor_oracle.h"
#include "tests/unit/records.h"

static void test_items(void)
{
	static const uint64_t numbers[] = { 0, 23, 24, 255, 256, 65535, 65536, UINT32_MAX,
		UINT64_MAX };
	struct cbor_writer writer;
	unsigned right = 0;

	cbor_writer_init(&writer);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		cbor_writer_number(&writer, numbers[i]);
	}
	cbor_writer_map(&writer, 1);
	cbor_writer_bool(&writer, true);
	cbor_writer_array(&writer, 2);
	cbor_writer_text(&writer, "a\xff\xc3\xa5", 4);
	cbor_writer_tag(&writer, 52);
	cbor_writer_bytes(&writer, "\xc0\x00\x02\x01", 4);
	struct cbor_reader reader = cbor_reader_over(writer.bytes, writer.length);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct cbor_item item = cbor_reader_next(&reader);
		right += item.kind == CBOR_ITEM_NUMBER && item.number == numbers[i];
	}
	is_int(right, sizeof(numbers) / sizeof(numbers[0]), "numbers of every size come back");
	struct cbor_reader skipping = reader;
	struct cbor_item item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_MAP && item.number == 1, "a map");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_BOOL && item.number == 1, "true");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_ARRAY && item.number == 2, "an array");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_TEXT && item.length == 6 &&
			memcmp(item.bytes, "a\xef\xbf\xbd\xc3\xa5", 6) == 0,
		"text: what is not UTF-8 becomes U+FFFD");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_TAG && item.number == 52, "a tag");
	item = cbor_reader_next(&reader);
	ok(item.kind == CBOR_ITEM_BYTES && item.length == 4, "bytes");
	ok(cbor_reader_is_at_end(&reader), "the end");
	item = cbor_reader_next(&skipping);
	cbor_reader_skip(&skipping, &item);
	ok(cbor_reader_is_at_end(&skipping), "a map is stepped over whole");
	cbor_writer_deinit(&writer);
}

/* Inputs that must be refused, each in its own way. */
static void test_refused(void)
{
	static const struct {
		const char *what, *bytes;
		size_t length;
	} cases[] = {
		{ "a text that is longer than the input",
			"\x7a\xff\xff\xff\xff"
			"ab",
			7 },
		{ "a text of 2^64-1 bytes",
			"\x7b\xff\xff\xff\xff\xff\xff\xff\xff"
			"ab",
			11 },
		{ "a cut number", "\x1b\x00\x00", 3 },
		{ "a reserved head", "\x1c", 1 },
		{ "an array that is longer than the input",
			"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff\x00", 10 },
		{ "a break where a value should be", "\x82\x01\xff", 3 },
		{ "an array that never ends", "\x9f\x01\x02", 3 },
		{ "nesting without end",
			"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81"
			"\x81\x81\x01",
			21 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cbor_reader reader = cbor_reader_over(cases[i].bytes, cases[i].length);
		struct cbor_item item = cbor_reader_next(&reader);
		cbor_reader_skip(&reader, &item);
		ok(reader.failed, "%s is refused", cases[i].what);
		ok(cbor_reader_next(&reader).kind == CBOR_ITEM_NONE,
			"… and so is everything behind it");
	}
}

/* A value as the ndjson shows it, with what is not UTF-8 replaced: the same must come out of the
 * CBOR. */
static void put_shown(struct text *text, const struct field *field, const struct field_view *view)
{
	struct field_value value;
	struct text plain;

	if (!field_get(field, view, &value)) {
		return;
	}
	text_init_heap(&plain);
	field_put_text(&plain, field, &value);
	text_put_json(text, plain.length ? plain.at : "", plain.length);
	text_deinit(&plain);
}

enum { RECORDS = 2000 };

/* The value of one pair of an exported record, shown as the ndjson shows it. */
static bool put_item(struct text *text, struct cbor_reader *reader, const struct field *field)
{
	struct cbor_item item = cbor_reader_next(reader);
	struct field_value value = {
		.number = item.number, .text = item.bytes, .length = (uint32_t)item.length
	};
	struct text plain;
	struct addr addr;

	text_init_heap(&plain);
	if (item.kind == CBOR_ITEM_ARRAY) {
		for (uint64_t i = 0; i < item.number; i++) {
			struct cbor_item word = cbor_reader_next(reader);
			text_put(&plain, i ? " " : "");
			text_put_bytes(&plain, word.bytes, word.length);
		}
	} else if (item.kind == CBOR_ITEM_TAG) {
		struct cbor_item bytes = cbor_reader_next(reader);
		addr = bytes.length == 4 ? addr_from_v4(bytes.bytes) : addr_from_v6(bytes.bytes);
		value.addr = &addr;
		field_put_text(&plain, field, &value);
	} else {
		field_put_text(&plain, field, &value);
	}
	text_put_json(text, plain.length ? plain.at : "", plain.length);
	text_deinit(&plain);
	return !reader->failed;
}

static bool is_exported_same(const struct field_view *view, struct cbor_reader *reader)
{
	bool same = cbor_reader_next(reader).kind == CBOR_ITEM_MAP;

	for (unsigned i = 0; i < field_count && same; i++) {
		const struct field *field = &field_table[i];
		struct text wanted, got;
		struct field_value value;

		if (!(field->forms & FIELD_EXPORTED) || field->key == FIELD_NO_KEY ||
			!field_get(field, view, &value)) {
			continue;
		}
		text_init_heap(&wanted);
		text_init_heap(&got);
		put_shown(&wanted, field, view);
		same = cbor_reader_next(reader).number == field->key &&
		       put_item(&got, reader, field) && strcmp(wanted.at, got.at) == 0;
		if (!same) {
			printf("# %s: %s, in CBOR %s\n", field->path, wanted.at,
				got.at ? got.at : "nothing");
		}
		text_deinit(&wanted);
		text_deinit(&got);
	}
	return same && cbor_reader_next(reader).kind == CBOR_ITEM_BREAK;
}

static void test_exported_form(void)
{
	struct random random = { 0x6578706f72746564 };
	struct cbor_writer writer;
	unsigned same = 0;

	cbor_writer_init(&writer);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct record record;
		struct record_labels labels;
		struct field_view view = { &record, &labels, i % 2, NULL };

		record_random(&random, i % 4 == 0, &record, &labels);
		cbor_writer_clear(&writer);
		record_cbor_put(&writer, &view);
		struct cbor_reader reader = cbor_reader_over(writer.bytes, writer.length);
		same += is_exported_same(&view, &reader) && cbor_reader_is_at_end(&reader);
	}
	is_int(same, RECORDS, "exported records hold, field by field, what the ndjson holds");
	cbor_writer_deinit(&writer);
}

static void test_hostile_records(void)
{
	/* {83: 9, 88: 250, 76: ["a"], 77: ["x", "y"], 200: {1: [2]}}, then two of a wrong type */
	static const char strange[] = "\xbf\x18\x53\x09\x18\x58\x18\xfa\x18\x4c\x81"
				      "aa"
				      "\x18\x4d\x82"
				      "axay"
				      "\x18\xc8\xa1\x01\x81\x02\xff";
	static const char wrong[] = "\xbf\x04"
				    "ax\xff",
			  number[] = "\xbf\x11\x18\x63\xff";
	struct cbor_labels block = { .memory = (char[64]){ 0 }, .memory_bytes = 64 };
	struct record_cbor_keys keys;
	struct record record;
	struct record_labels labels;

	record_cbor_keys_init(&keys);
	struct cbor_reader reader = cbor_reader_over(strange, sizeof(strange) - 1);
	ok(record_cbor_read(&keys, &reader, &block, &record, &labels),
		"an unknown key is stepped over");
	is_int(record.own_side, RECORD_DESTINATION, "a side out of range is put into it");
	is_int(record.verdict.name, 0xff, "… and a name that is not there");
	is_int(record.l7.name_count, 1, "more sources than names add no name");
	is_text(l7_info_name(&record.l7, 0), "a", "… the name is read");
	reader = cbor_reader_over(wrong, sizeof(wrong) - 1);
	ok(!record_cbor_read(&keys, &reader, &block, &record, &labels),
		"a port that is a text is refused");
	reader = cbor_reader_over(number, sizeof(number) - 1);
	ok(!record_cbor_read(&keys, &reader, &block, &record, &labels),
		"a word that the block lacks is refused");
}

/* Every first byte with every length behind it, then bytes at random: of these few read far, so
 * half of them begin heads that are short. */
static void test_oracle(void)
{
	uint64_t state = 0x63626f72;
	unsigned different = 0;
	uint8_t bytes[64] = { 0 };

	for (unsigned first = 0; first < 256; first++) {
		for (size_t length = 0; length <= 20; length++) {
			memset(bytes, (int)length * 37 % 256, sizeof(bytes));
			bytes[0] = (uint8_t)first;
			different += !cbor_oracle_agrees(bytes, length);
		}
	}
	is_int(different, 0, "each first byte is read as libcbor reads it");
	for (unsigned round = 0; round < 100000; round++) {
		for (unsigned i = 0; i < sizeof(bytes); i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
			uint8_t byte = (uint8_t)(state >> 56);
			bytes[i] = round % 2 ? byte : byte & 0xf7;
		}
		different += !cbor_oracle_agrees(bytes, state >> 32 & 63);
	}
	is_int(different, 0, "and so are bytes at random");
}

static void test_dictionary(void)
{
	struct dictionary *dictionary = dictionary_create();
	unsigned right = 0;

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3000; i++) {
			char word[16];
			int length = snprintf(word, sizeof(word), "word %u", i % 1000);
			right += dictionary_intern(dictionary, word, (size_t)length) == i % 1000 &&
				 strcmp(dictionary_word(dictionary, i % 1000), word) == 0;
		}
		dictionary_clear(dictionary);
		is_int(dictionary_count(dictionary), 0, "a dictionary is empty once cleared");
	}
	is_int(right, 6000, "the same word has the same number");
	for (unsigned i = 0; i < DICTIONARY_WORDS_MAX; i++) {
		char word[16];
		dictionary_intern(dictionary, word, (size_t)snprintf(word, sizeof(word), "%u", i));
	}
	is_int(dictionary_intern(dictionary, "one more", 8), DICTIONARY_FULL,
		"a full dictionary says so");
	is_int(dictionary_intern(dictionary, "77", 2), 77, "… and still knows its labels");
	dictionary_destroy(dictionary);
}

int main(void)
{
	test_items();
	test_refused();
	test_exported_form();
	test_hostile_records();
	test_oracle();
	test_dictionary();
	return done_testing();
}
