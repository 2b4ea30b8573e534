/* Paragraphs broken at a width. Threads: any. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Characters of UTF-8 text, not bytes: what a terminal shows (one column a character: our texts are
 * Latin). */
size_t wrap_width(const char *text, size_t bytes);

/* Writes text with its blanks turned into line breaks where it would pass width columns, and a line
 * break at the end; the first line goes on at column, the others start at indent. A word that is
 * wider than a line stands alone on one. */
void wrap_put(FILE *out, const char *text, size_t column, size_t indent, size_t width);
