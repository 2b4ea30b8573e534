/* A finding: what a detector has to say, in words and numbers that anybody can write down, read
 * back and tell in any language.
 *
 * Its sentence is a message (messages/finding.tsv) filled with the arguments under their names;
 * {subject} is another message, filled likewise. A kind of its own is a line in ALERT_KINDS, its
 * sentence, and the message "next_" and its name: what to do.
 *
 * Memory   a value without pointers. Threads: any. Failure: an argument more than fits is left out.
 */
#pragma once

#include <stdint.h>

struct messages;
struct reference;
struct text;

enum {
	FINDING_ARGUMENTS_MAX = 14,
	FINDING_NAME_BYTES = 12,
	FINDING_TEXT_BYTES = 100,
	FINDING_KEY_BYTES = 32,
	FINDING_PARTS_MAX = 6,
};

/* How a value is told. */
enum finding_form {
	FINDING_TEXT,    /* as it is */
	FINDING_APP,     /* text: the catalogue's id */
	FINDING_COUNTRY, /* text: two letters */
	FINDING_ZONE,    /* text: name of enum geo_zone */
	FINDING_COUNT,
	FINDING_SIZE,  /* bytes */
	FINDING_SHARE, /* of a thousand */
	FINDING_TIME,  /* nanoseconds since 1970 */
	FINDING_DATE,  /* the same, of which the day matters */
	FINDING_UNTIL, /* the same, of what ends then */
	FINDING_SPAN,  /* seconds */
};

struct finding_argument {
	char name[FINDING_NAME_BYTES];
	uint8_t form; /* enum finding_form */
	uint64_t number;
	char text[FINDING_TEXT_BYTES];
};

struct finding {
	char sentence[FINDING_KEY_BYTES]; /* "" where the alert is none */
	char subject[FINDING_KEY_BYTES];  /* "" none */
	uint8_t argument_count, part_count;
	struct finding_argument arguments[FINDING_ARGUMENTS_MAX];
	/* What contributed, for machines: "app-unit tiktok School up". */
	char parts[FINDING_PARTS_MAX][FINDING_TEXT_BYTES];
};

/* name: of the placeholder, and in JSON. */
void finding_put_text(
	struct finding *finding, const char *name, enum finding_form form, const char *text);
void finding_put_number(
	struct finding *finding, const char *name, enum finding_form form, uint64_t number);
/* Once each. */
void finding_add_part(struct finding *finding, const char *part);

/* NULL where it has none of that name. */
const struct finding_argument *finding_argument(const struct finding *finding, const char *name);

/* Key of the message that says what to do about an alert of that kind. unit "": it is about the
 * whole organisation, and there is no unit to ask. */
enum { FINDING_NEXT_BYTES = 64 };
void finding_next_key(char key[FINDING_NEXT_BYTES], const char *kind, const char *unit,
	const struct messages *messages);

/* The sentence, and what to do next, of a finding of that kind. */
void finding_put_sentence(struct text *text, const struct finding *finding, const char *kind,
	const struct reference *reference);
/* ,"name":value of each argument, and "parts". */
void finding_put_json(
	struct text *text, const struct finding *finding, const struct reference *reference);
