/* Records for tests: made from a seed, with every field set somewhere and names no honest host
 * would have. */
#pragma once

#include "analyzer/format/record_labels.h"

/* A small generator (xorshift64*); the same seed gives the same records everywhere. */
struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);
unsigned random_below(struct random *random, unsigned bound);

/* A record as the pipeline could make it, and its labels. hidden: own devices are pseudonyms. */
void record_random(
	struct random *random, bool hidden, struct record *record, struct record_labels *labels);

/* Adds a name as the dissectors do. */
void record_add_name(
	struct record *record, enum name_source source, const char *name, size_t length);

/* A plain one: 192.0.2.10:40000 to 198.51.100.20:443, TLS, TikTok by name, one whole flow that
 * lasts a minute. */
void record_plain(struct record *record, struct record_labels *labels);

/* Who answers is taken for the one that began. */
void record_turn(struct record *record);
