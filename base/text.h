/* A bounded text builder, and the escapes for what comes from the wire.
 *
 * A struct text writes into memory that the caller brings, or grows on the heap (text_init_heap).
 * Bounded text that overflows is cut at a whole character and says so (truncated); heap text grows,
 * and out of memory sets the same flag. The text always ends with a NUL. Threads: one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;
	size_t length, capacity; /* capacity counts the final NUL */
	bool truncated, on_heap;
};

void text_init(struct text *text, char *memory, size_t bytes);
void text_init_heap(struct text *text);
void text_deinit(struct text *text); /* frees heap memory; harmless on bounded text */
void text_clear(struct text *text);

void text_put(struct text *text, const char *string);
void text_put_bytes(struct text *text, const char *bytes, size_t count);
void text_put_char(struct text *text, char character);
void text_put_u64(struct text *text, uint64_t number);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Escapes (text_escape.c). Input may be any bytes: what is not UTF-8 becomes U+FFFD. Characters
 * that can make a text look like another one (controls, marks of direction, line separators,
 * invisible ones) never stay as they are: in JSON (RFC 8259, without the quotes) they become
 * \uNNNN, elsewhere a visible \xNN for each byte. HTML is for text and quoted attributes; CSV (RFC
 * 4180) gets quotes where needed, and a quote before a cell that a spreadsheet would run as a
 * formula. */
void text_put_json(struct text *text, const char *bytes, size_t count);
void text_put_html(struct text *text, const char *bytes, size_t count);
/* As a word of a shell: in quotes where it needs any. */
void text_put_shell(struct text *text, const char *word);
void text_put_csv(struct text *text, const char *bytes, size_t count);
void text_put_terminal(struct text *text, const char *bytes, size_t count);
void text_put_terminal_lines(struct text *text, const char *bytes, size_t count); /* \n stays */

/* "12.4 MB": decimal prefixes, three significant digits, a no-break space never. */
void text_put_size(struct text *text, uint64_t bytes);

/* "1,234,567" with the group separator given ("" for none; "\u00a0" in most of our languages). */
void text_put_grouped(struct text *text, uint64_t number, const char *separator);

/* Columns of a terminal that a UTF-8 text takes: one a character, our texts being Latin. */
size_t text_columns(const char *string);

/* Length of the UTF-8 character at bytes (1..4), or 0 where there is none (RFC 3629: no surrogates,
 * no overlongs). */
size_t text_utf8_length(const char *bytes, size_t count);
bool text_is_utf8(const char *bytes, size_t count);
