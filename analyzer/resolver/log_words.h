/* The words of a log's line, and names as a record wants them. A name that holds a blank has more
 * words than its line may have, so nobody writes a line of his own by asking for it.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "collector/flow_source.h"

enum { LOG_WORDS_MAX = 16 };

/* Words that blanks part. */
struct log_word {
	const char *at;
	size_t length;
};

struct log_words {
	unsigned count; /* LOG_WORDS_MAX + 1: more than that */
	struct log_word items[LOG_WORDS_MAX];
};

struct log_words log_words_of(const char *text);
bool log_word_is(struct log_word word, const char *text);
bool log_word_addr(struct log_word word, struct addr *addr);
bool log_word_number(struct log_word word, uint32_t *number);

/* Lower case, without the final dot. False where it is no name a lookup can have. */
bool log_name_copy(char name[FLOW_NAME_BYTES], const char *text, size_t length);

/* A place for one more name, zeroed but for these; NULL where the batch is full or the name is
 * none. */
struct flow_name *log_add_name(struct flow_source_batch *batch, const struct addr *client,
	uint64_t time_ns, const char *name, size_t length);
void log_add_address(struct flow_name *name, const struct addr *address);
void log_add_alias(struct flow_name *name, const char *text, size_t length);
