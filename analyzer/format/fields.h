/* The fields of a record: one table, from which every written form comes.
 *
 * Each row says what the field is called in ECS 8 (and, under "borderflow", by us), its type, its
 * key in CBOR, where its value stands in a record, and in which forms it appears. Ndjson, CSV,
 * CBOR, the archive, the filter language and the tests of the schema all walk this table; a new
 * field is one row here, one line in flow-record.cddl and one in ecs-flow.schema.json.
 *
 * Rows stand in the order of the JSON tree: fields of one object are neighbours.
 *
 * Threads  any; pure functions of their arguments.
 * Memory   values point into the record and its labels. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/record/record.h"
#include "base/local_time.h"
#include "analyzer/format/record_labels.h"

/* Type        ECS type   in JSON                      in CBOR
 * TEXT        keyword    string                       text; names from the wire
 * WORD        keyword    string                       text; one of a small vocabulary
 * NUMBER      long       number                       unsigned
 * NUMERAL     keyword    string of digits             unsigned
 * BOOL        boolean    true, false                  true, false
 * TIME        date       RFC 3339, nine decimals      unsigned: ns since 1970-01-01 UTC
 * ADDR        ip         string                       tag 52 or 54 (RFC 9164), 4 or 16 bytes
 * ID          keyword    f and 16 hexadecimal digits  unsigned
 * WORDS       keyword    array of strings             array of text; of a small vocabulary
 * TEXTS       keyword    array of strings             array of text */
enum field_type {
	FIELD_TEXT,
	FIELD_WORD,
	FIELD_NUMBER,
	FIELD_NUMERAL,
	FIELD_BOOL,
	FIELD_TIME,
	FIELD_ADDR,
	FIELD_ID,
	FIELD_WORDS,
	FIELD_TEXTS,
};

enum field_form {
	FIELD_EXPORTED = 1 << 0, /* in ndjson, CSV and CBOR files */
	FIELD_ARCHIVED = 1 << 1, /* in the archive; the others follow from those that are */
	FIELD_CONSTANT = 1 << 2, /* one value in all records: in ndjson and in CBOR files' header */
	FIELD_OPTIONAL = 1 << 3, /* zero means not known: the field is absent */
	FIELD_OF_PART = 1 << 4,  /* of a part it is the member itself, without the getter */
	FIELD_DERIVED = 1 << 5,  /* for filters and groups alone: follows from another field */
};

/* Where the value stands. */
enum field_place { FIELD_IN_GETTER, FIELD_IN_RECORD, FIELD_IN_WORDS };

enum { FIELD_ITEMS_MAX = 16, FIELD_NO_KEY = 255 };

struct field_value {
	uint64_t number;         /* NUMBER, NUMERAL, BOOL, TIME, ID */
	const struct addr *addr; /* ADDR */
	const char *text;        /* TEXT, WORD */
	uint32_t length;
	uint32_t count; /* WORDS, TEXTS: texts that end with a NUL */
	const char *items[FIELD_ITEMS_MAX];
	char memory[48]; /* for texts that are made on the way */
};

/* A record as it is to be seen. */
struct field_view {
	const struct record *record;
	const struct record_labels *labels;
	bool as_part; /* counters and start of this part; otherwise of the whole flow so far */
	const struct local_zone *zone; /* of the hour, day, week and weekday; NULL: UTC */
};

struct field {
	const char *path;         /* "destination.geo.country_iso_code" */
	const char *alias;        /* short name in filters; NULL none */
	const char *const *names; /* the labels of a number, or of its bits, in the record */
	const char *constant;
	bool (*get)(const struct field_view *view, struct field_value *value);
	/* What filters and groups take instead, where get finds nothing; NULL: nothing. */
	bool (*get_instead)(const struct field_view *view, struct field_value *value);
	void (*set)(struct record *record, struct record_labels *labels,
		const struct field_value *value);
	/* Of a list, for whoever only tells values apart: a number, 0 of an empty one; or bytes, of
	 * which room takes those that do not stand beside each other. NULL: by the items. */
	uint64_t (*told_by)(const struct field_view *view);
	size_t (*told_by_bytes)(const struct field_view *view, char *room, const char **bytes);
	uint16_t offset; /* in struct record or struct record_labels */
	uint8_t bytes, name_count;
	uint8_t type;  /* enum field_type */
	uint8_t place; /* enum field_place */
	uint8_t forms; /* enum field_form */
	uint8_t key;   /* in CBOR; unique; FIELD_NO_KEY for constants */
	/* A member of the record that is zero where the getter finds nothing; needs_bytes 0: none.
	 */
	uint8_t needs_bytes;
	uint16_t needs;
};

extern const struct field *const field_table;
extern const unsigned field_count;

/* By path, alias, or the last part of a path where only one ends in it; NULL where there is none.
 * length: of the name. */
const struct field *field_find(const char *name, size_t length);

/* Does it say what the app is, who owns it or who controls it? Then it may be inferred. */
bool field_is_of_app(const struct field *field);

/* What a country is called that the record has none for, in filters, groups, cells and sums alike:
 * "internal" of a server inside, and of an app there that nobody is known to control, else
 * "unknown"; NULL of fields that are no country. */
const char *field_no_country(const struct field *field, const struct field_view *view);

/* The value of a field; false where the record has none. */
bool field_get(const struct field *field, const struct field_view *view, struct field_value *value);

/* The same for whoever asks (filters, groups, columns): a device that has no pseudonym goes by its
 * address. */
bool field_get_asked(
	const struct field *field, const struct field_view *view, struct field_value *value);

/* Puts a value back into a record and its labels: only FIELD_ARCHIVED fields, values of the field's
 * type. A word that an enum does not know leaves it as it was and returns false. Texts for the
 * labels must outlive them. */
bool field_set(const struct field *field, struct record *record, struct record_labels *labels,
	const struct field_value *value);

/* The number of a word of the field's names; name_count for one that this version does not know. */
unsigned field_number_of(const struct field *field, const char *word, size_t length);

/* A number that is too large for its member (a damaged or newer archive) becomes the largest that
 * fits. */
static inline void field_store_number(void *member, unsigned bytes, uint64_t number)
{
	uint64_t most = bytes < 8 ? (UINT64_C(1) << 8 * bytes) - 1 : UINT64_MAX;
	uint64_t u64 = number < most ? number : most;
	uint32_t u32 = (uint32_t)u64;
	uint16_t u16 = (uint16_t)u64;

	switch (bytes) {
	case 1:
		*(uint8_t *)member = (uint8_t)u64;
		break;
	case 2:
		memcpy(member, &u16, sizeof(u16));
		break;
	case 4:
		memcpy(member, &u32, sizeof(u32));
		break;
	default:
		memcpy(member, &u64, sizeof(u64));
	}
}

/* True for zero, false and the first word of an enum: what a record starts from, so that the
 * archive may leave it out. */
bool field_is_default(const struct field *field, const struct field_value *value);

/* The value as text, as in JSON but without quotes and escapes; lists are joined by a blank. */
struct text;
void field_put_text(struct text *text, const struct field *field, const struct field_value *value);

/* The same of a record: nothing where it has no value, but of countries. */
void field_put(struct text *text, const struct field *field, const struct field_view *view);
