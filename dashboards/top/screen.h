/* The terminal: a page on the screen, keys from the person before it. The one door to ncurses.
 *
 * Threads  one. SIGINT and SIGTERM end the wait for a key with SCREEN_QUIT.
 * Failure  opening: -errno and a sentence where the terminal is not known. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "dashboards/top/page.h"

/* Keys that are no character. */
enum {
	SCREEN_NONE = 0, /* nothing was pressed */
	SCREEN_QUIT = 0x110000,
	SCREEN_RESIZED,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
	SCREEN_ENTER,
	SCREEN_ESCAPE,
	SCREEN_BACKSPACE
};

int screen_open(bool has_color, struct err *err);
void screen_close(void);

void screen_size(unsigned *width, unsigned *height);
void screen_show(const struct page *page);

/* Waits at most wait_ms for a key: a character (below 0x110000) or one of those above. */
int screen_key(unsigned wait_ms);
