#include "analyzer/rollup/cell_cbor.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"

static const char *hidden_name(unsigned hidden)
{
	return hidden ? unnamed_reason_name(hidden - 1) : "";
}

const char *cell_word_of(enum cell_form form, uint32_t value, char memory[3])
{
	switch (form) {
	case FORM_UNIT:
		return symbol_name(SYMBOL_UNIT, (uint16_t)value);
	case FORM_CLASS:
		return symbol_name(SYMBOL_CLASS, (uint16_t)value);
	case FORM_APP:
		return symbol_name(SYMBOL_APP, (uint16_t)value);
	case FORM_RULE:
		return symbol_name(SYMBOL_RULE, (uint16_t)value);
	case FORM_RULE_EXCEPTION:
		return symbol_name(SYMBOL_EXCEPTION, (uint16_t)value);
	case FORM_COUNTRY:
		cell_country_name((uint16_t)value, memory);
		return memory;
	case FORM_ZONE:
		return geo_zone_name(value);
	case FORM_ACTION:
		return policy_action_name(value);
	case FORM_VERDICT:
		return policy_verdict_name(value);
	case FORM_BLOCK:
		return block_outcome_name(value);
	case FORM_HIDDEN:
		return hidden_name(value);
	case FORM_DIRECTION:
		return record_direction_name(value);
	case FORM_VIA:
		return record_via_name(value);
	case FORM_PROTOCOL:
		return l7_protocol_name(value);
	default:
		return "";
	}
}

static unsigned count_of(enum cell_form form)
{
	switch (form) {
	case FORM_ZONE:
		return GEO_ZONE_COUNT;
	case FORM_ACTION:
		return POLICY_ACTION_COUNT;
	case FORM_VERDICT:
		return POLICY_VERDICT_COUNT;
	case FORM_BLOCK:
		return BLOCK_OUTCOME_COUNT;
	case FORM_HIDDEN:
		return UNNAMED_REASON_COUNT + 1;
	case FORM_DIRECTION:
		return RECORD_DIRECTION_COUNT;
	case FORM_VIA:
		return RECORD_VIA_COUNT;
	default:
		return L7_PROTOCOL_COUNT;
	}
}

static void put_member(struct cbor_writer *writer, struct dictionary *dictionary, unsigned key,
	enum cell_form form, uint32_t value)
{
	char memory[3];

	if (value == 0) {
		return;
	}
	cbor_writer_number(writer, key);
	if (form == FORM_NUMBER) {
		cbor_writer_number(writer, value);
	} else if (form == FORM_BOOL) {
		cbor_writer_bool(writer, true);
	} else {
		const char *word = cell_word_of(form, value, memory);
		uint32_t number = dictionary_intern(dictionary, word, strlen(word));
		writer->failed |= number == DICTIONARY_FULL;
		cbor_writer_number(writer, number);
	}
}

static void put_number(struct cbor_writer *writer, unsigned key, uint64_t number)
{
	if (number != 0) {
		cbor_writer_number(writer, key);
		cbor_writer_number(writer, number);
	}
}

static int by_hash(const void *a, const void *b)
{
	uint64_t one = ((const struct device *)a)->hash, other = ((const struct device *)b)->hash;

	return one < other ? -1 : one > other;
}

/* In order of their hashes: the same set is the same bytes, however it came together. */
static void put_items(struct cbor_writer *writer, const struct device *devices, uint32_t count)
{
	struct device items[DEVICES_EXACT_MAX];

	if (count > 0) {
		memcpy(items, devices, count * sizeof(*items));
		qsort(items, count, sizeof(*items), by_hash);
	}
	cbor_writer_number(writer, VALUE_DEVICES);
	cbor_writer_array(writer, (size_t)2 * count);
	for (uint32_t i = 0; i < count; i++) {
		cbor_writer_number(writer, items[i].hash);
		cbor_writer_number(writer, items[i].bytes);
	}
}

static void put_devices(struct cbor_writer *writer, const struct devices *devices)
{
	const struct device_sketch *sketch = devices->more;

	if (sketch) {
		cbor_writer_number(writer, VALUE_REGISTERS);
		cbor_writer_bytes(writer, sketch->registers, sizeof(sketch->registers));
		put_items(writer, sketch->heaviest, DEVICES_HEAVIEST);
	} else {
		put_items(writer, devices->items, devices->count);
	}
}

/* Bits are written as the words of an enum would be numbered by another version: by name. */
static void put_bits(struct cbor_writer *writer, struct dictionary *dictionary, unsigned key,
	unsigned bits, bool is_evidence)
{
	if (bits == 0) {
		return;
	}
	cbor_writer_number(writer, key);
	cbor_writer_array(writer, (size_t)__builtin_popcount(bits));
	for (unsigned bit = 0; bits >> bit; bit++) {
		if (bits >> bit & 1) {
			const char *word =
				is_evidence ? evidence_kind_name(bit) : inferred_by_name(bit);
			cbor_writer_number(
				writer, dictionary_intern(dictionary, word, strlen(word)));
		}
	}
}

void cell_cbor_put(struct cbor_writer *writer, struct dictionary *dictionary,
	const struct cell *cell, bool with_devices)
{
	const struct cell_sums *sums = &cell->sums;

	cbor_writer_open_map(writer);
#define X(name, type, key_, form) put_member(writer, dictionary, key_, FORM_##form, cell->key.name);
	CELL_FIELDS(X)
#undef X
	put_number(writer, VALUE_FLOWS, sums->flows);
	put_number(writer, VALUE_PACKETS, sums->packets);
	put_number(writer, VALUE_BYTES_UP, sums->bytes_up);
	put_number(writer, VALUE_BYTES_DOWN, sums->bytes_down);
	put_number(writer, VALUE_FIRST, sums->first_ns);
	put_number(writer, VALUE_LAST, sums->last_ns);
	put_bits(writer, dictionary, VALUE_EVIDENCE, sums->evidence, true);
	put_bits(writer, dictionary, VALUE_GROUNDS, sums->grounds, false);
	put_number(writer, VALUE_CONFIDENCE_LEAST, sums->confidence_least);
	put_number(writer, VALUE_CONFIDENCE_MOST, sums->confidence_most);
	put_number(writer, VALUE_UNSEEN_UP, sums->unseen_up);
	put_number(writer, VALUE_UNSEEN_DOWN, sums->unseen_down);
	if (with_devices) {
		put_devices(writer, &cell->devices);
	}
	cbor_writer_break(writer);
}

/* One cell on its way back. */
struct cell_reader {
	struct cbor_reader *cbor;
	const char *const *words;
	uint32_t word_count;
	struct cell *cell;
	struct device_sketch *sketch; /* its registers came; the heaviest follow */
	struct device_sketch memory;
};

/* NULL where the item is no word of the block. */
static const char *read_word(const struct cell_reader *reader, const struct cbor_item *item)
{
	bool is_word = item->kind == CBOR_ITEM_NUMBER && item->number < reader->word_count;

	return is_word ? reader->words[item->number] : NULL;
}

static bool find_word(enum cell_form form, const char *word, uint32_t *value)
{
	char memory[3];

	for (*value = 0; *value < count_of(form); ++*value) {
		if (strcmp(cell_word_of(form, *value, memory), word) == 0) {
			return true;
		}
	}
	return false;
}

bool cell_value_of(enum cell_form form, const char *word, uint32_t *value)
{
	switch (form) {
	case FORM_UNIT:
		*value = symbol_of(SYMBOL_UNIT, word);
		return true;
	case FORM_CLASS:
		*value = symbol_of(SYMBOL_CLASS, word);
		return true;
	case FORM_APP:
		*value = symbol_of(SYMBOL_APP, word);
		return true;
	case FORM_RULE:
		*value = symbol_of(SYMBOL_RULE, word);
		return true;
	case FORM_RULE_EXCEPTION:
		*value = symbol_of(SYMBOL_EXCEPTION, word);
		return true;
	case FORM_COUNTRY:
		*value = cell_country(word);
		return strlen(word) == 2;
	default:
		return find_word(form, word, value);
	}
}

static bool read_member(
	const struct cell_reader *reader, enum cell_form form, uint64_t most, uint32_t *value)
{
	struct cbor_item item = cbor_reader_next(reader->cbor);
	const char *word;

	switch (form) {
	case FORM_NUMBER:
		*value = (uint32_t)item.number;
		return item.kind == CBOR_ITEM_NUMBER && item.number <= most;
	case FORM_BOOL:
		*value = item.number != 0;
		return item.kind == CBOR_ITEM_BOOL;
	default:
		word = read_word(reader, &item);
		return word && cell_value_of(form, word, value);
	}
}

static bool read_number(const struct cell_reader *reader, uint64_t most, uint64_t *number)
{
	struct cbor_item item = cbor_reader_next(reader->cbor);

	*number = item.number;
	return item.kind == CBOR_ITEM_NUMBER && item.number <= most;
}

static bool read_bits(const struct cell_reader *reader, bool is_evidence, unsigned *bits)
{
	unsigned count = is_evidence ? EVIDENCE_KIND_COUNT : INFERRED_BY_COUNT;
	struct cbor_item array = cbor_reader_next(reader->cbor);

	*bits = 0;
	for (uint64_t i = 0; array.kind == CBOR_ITEM_ARRAY && i < array.number; i++) {
		struct cbor_item item = cbor_reader_next(reader->cbor);
		const char *word = read_word(reader, &item);
		if (!word) {
			return false;
		}
		for (unsigned bit = 0; bit < count; bit++) {
			const char *name =
				is_evidence ? evidence_kind_name(bit) : inferred_by_name(bit);
			*bits |= strcmp(name, word) == 0 ? 1u << bit : 0;
		}
	}
	return array.kind == CBOR_ITEM_ARRAY;
}

static bool read_devices(struct cell_reader *reader)
{
	struct cbor_item array = cbor_reader_next(reader->cbor);
	uint64_t most = reader->sketch ? DEVICES_HEAVIEST : DEVICES_EXACT_MAX;

	if (array.kind != CBOR_ITEM_ARRAY || array.number % 2 || array.number / 2 > most) {
		return false;
	}
	for (uint64_t i = 0; i < array.number / 2; i++) {
		struct device device;
		if (!read_number(reader, UINT64_MAX, &device.hash) ||
			!read_number(reader, UINT64_MAX, &device.bytes)) {
			return false;
		}
		if (reader->sketch) {
			reader->sketch->heaviest[i] = device;
		} else {
			devices_add(&reader->cell->devices, device.hash, device.bytes);
		}
	}
	return true;
}

static bool read_registers(struct cell_reader *reader)
{
	struct cbor_item item = cbor_reader_next(reader->cbor);

	if (item.kind != CBOR_ITEM_BYTES || item.length != sizeof(reader->memory.registers)) {
		return false;
	}
	memset(&reader->memory, 0, sizeof(reader->memory));
	memcpy(reader->memory.registers, item.bytes, item.length);
	reader->sketch = &reader->memory;
	return true;
}

static bool read_value(struct cell_reader *reader, uint64_t key)
{
	struct cell_sums *sums = &reader->cell->sums;
	uint64_t number = 0;
	unsigned bits = 0;
	bool is_read;

	switch (key) {
	case VALUE_FLOWS:
		return read_number(reader, UINT64_MAX, &sums->flows);
	case VALUE_PACKETS:
		return read_number(reader, UINT64_MAX, &sums->packets);
	case VALUE_BYTES_UP:
		return read_number(reader, UINT64_MAX, &sums->bytes_up);
	case VALUE_BYTES_DOWN:
		return read_number(reader, UINT64_MAX, &sums->bytes_down);
	case VALUE_FIRST:
		return read_number(reader, UINT64_MAX, &sums->first_ns);
	case VALUE_LAST:
		return read_number(reader, UINT64_MAX, &sums->last_ns);
	case VALUE_EVIDENCE:
		is_read = read_bits(reader, true, &bits);
		sums->evidence = (uint16_t)bits;
		return is_read;
	case VALUE_GROUNDS:
		is_read = read_bits(reader, false, &bits);
		sums->grounds = (uint16_t)bits;
		return is_read;
	case VALUE_CONFIDENCE_LEAST:
		is_read = read_number(reader, 100, &number);
		sums->confidence_least = (uint8_t)number;
		return is_read;
	case VALUE_CONFIDENCE_MOST:
		is_read = read_number(reader, 100, &number);
		sums->confidence_most = (uint8_t)number;
		return is_read;
	case VALUE_UNSEEN_UP:
		return read_number(reader, UINT64_MAX, &sums->unseen_up);
	case VALUE_UNSEEN_DOWN:
		return read_number(reader, UINT64_MAX, &sums->unseen_down);
	case VALUE_REGISTERS:
		return read_registers(reader);
	case VALUE_DEVICES:
		return read_devices(reader);
	default:
		break;
	}
	struct cbor_item item = cbor_reader_next(reader->cbor);
	cbor_reader_skip(reader->cbor, &item);
	return item.kind != CBOR_ITEM_NONE && item.kind != CBOR_ITEM_BREAK;
}

static bool read_pair(struct cell_reader *reader, uint64_t key)
{
	uint32_t value = 0;
	bool is_read;

	switch (key) {
#define X(name, type, key_, form)                                                                  \
	case key_:                                                                                 \
		is_read = read_member(reader, FORM_##form, (type)-1, &value);                      \
		reader->cell->key.name = (type)value;                                              \
		return is_read;
		CELL_FIELDS(X)
#undef X
	default:
		return read_value(reader, key);
	}
}

bool cell_cbor_read(
	struct cbor_reader *cbor, const char *const *words, uint32_t word_count, struct cell *cell)
{
	struct cell_reader reader = {
		.cbor = cbor, .words = words, .word_count = word_count, .cell = cell
	};
	struct cbor_item map = cbor_reader_next(cbor);

	cell->key = (struct cell_key){ 0 };
	cell_sums_init(&cell->sums);
	cell->sums.first_ns = 0;
	if (map.kind != CBOR_ITEM_MAP || map.number != CBOR_ITEM_UNCOUNTED) {
		return false;
	}
	for (;;) {
		struct cbor_item key = cbor_reader_next(cbor);
		if (key.kind == CBOR_ITEM_BREAK) {
			if (reader.sketch) {
				devices_merge_sketch(&cell->devices, reader.sketch);
			}
			return !cbor->failed;
		}
		if (key.kind != CBOR_ITEM_NUMBER || !read_pair(&reader, key.number)) {
			return false;
		}
	}
}
