/* What the terminal behind standard output can show. */
#pragma once

#include <stdbool.h>

unsigned terminal_width(void); /* columns; 80 where it is no terminal; at most 160 */
bool terminal_has_color(void); /* a terminal, and NO_COLOR is not set (no-color.org) */
bool terminal_has_utf8(void);  /* the locale's character set */

/* To standard output, text that is not ours: what would move the cursor is made visible. */
void terminal_put_escaped(const char *string);
