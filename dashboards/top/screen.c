/* The only file that includes ncurses. */
#include "dashboards/top/screen.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"

enum { ESCAPE = 27, DELETE = 127, BACKSPACE = 8, ESCAPE_WAIT_MS = 25 };

/* Set by signals; the one thing of this program that they may change. */
static volatile sig_atomic_t is_told_to_end;

static void note_end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

/* Colours in the words of the terminal's own palette: a blue family for inside, green for adequate,
 * yellow for outside, red for what is critical; each is told in words as well. */
static void choose_colors(void)
{
	static const short colors[PAGE_STYLE_COUNT] = {
		[PAGE_EU] = COLOR_BLUE,
		[PAGE_EEA] = COLOR_CYAN,
		[PAGE_ADEQUATE] = COLOR_GREEN,
		[PAGE_PARTIAL] = COLOR_GREEN,
		[PAGE_THIRD] = COLOR_YELLOW,
		[PAGE_CRITICAL] = COLOR_RED,
	};

	start_color();
	use_default_colors();
	for (short i = 1; i < PAGE_STYLE_COUNT; i++) {
		/* Black is what was left out: the terminal's own colour. */
		init_pair(i, colors[i] ? colors[i] : -1, -1);
	}
}

int screen_open(bool has_color, struct err *err)
{
	struct sigaction action = { .sa_handler = note_end };
	const char *kind = getenv("TERM");
	SCREEN *screen = newterm(NULL, print_raw(stdout), stdin);

	if (!screen) {
		return err_set(err, ENOTTY,
			"the terminal \"%s\" is not known here; set TERM, or use --once",
			kind ? kind : "");
	}
	set_term(screen);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_WAIT_MS);
	if (has_color && has_colors()) {
		choose_colors();
	}
	return 0;
}

void screen_close(void)
{
	endwin();
}

void screen_size(unsigned *width, unsigned *height)
{
	*width = (unsigned)getmaxx(stdscr);
	*height = (unsigned)getmaxy(stdscr);
}

static attr_t attributes(enum page_style style)
{
	attr_t extra = style == PAGE_BOLD || style == PAGE_CRITICAL ? A_BOLD
		       : style == PAGE_MUTED                        ? A_DIM
		       : style == PAGE_CHOSEN                       ? A_REVERSE | A_BOLD
								    : A_NORMAL;

	return has_colors() && style >= PAGE_EU ? extra | (attr_t)COLOR_PAIR((int)style) : extra;
}

/* Up to the end of the line or of the span, whichever comes first. */
static void show_span(const char *text, size_t length, int *line)
{
	while (length > 0) {
		const char *end = memchr(text, '\n', length);
		size_t part = end ? (size_t)(end - text) : length;
		addnstr(text, (int)part);
		text += part;
		length -= part;
		if (length > 0) {
			move(++*line, 0);
			text++;
			length--;
		}
	}
}

void screen_show(const struct page *page)
{
	size_t at = 0;
	int line = 0;

	erase();
	move(0, 0);
	for (unsigned i = 0; i <= page->span_count; i++) {
		size_t to = i < page->span_count ? page->spans[i].from : page->text.length;
		show_span(page->text.at + at, to - at, &line);
		at = to;
		if (i < page->span_count) {
			attrset(attributes(page->spans[i].style));
		}
	}
	attrset(A_NORMAL);
	refresh();
}

static int translate(int key)
{
	switch (key) {
	case ERR:
		return SCREEN_NONE;
	case KEY_RESIZE:
		return SCREEN_RESIZED;
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_LEFT:
	case KEY_BTAB:
		return SCREEN_LEFT;
	case KEY_RIGHT:
	case '\t':
		return SCREEN_RIGHT;
	case KEY_PPAGE:
		return SCREEN_PAGE_UP;
	case KEY_NPAGE:
		return SCREEN_PAGE_DOWN;
	case KEY_HOME:
		return SCREEN_HOME;
	case KEY_END:
		return SCREEN_END;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return SCREEN_ENTER;
	case ESCAPE:
		return SCREEN_ESCAPE;
	case KEY_BACKSPACE:
	case DELETE:
	case BACKSPACE:
		return SCREEN_BACKSPACE;
	default:
		return key < KEY_MIN ? key : SCREEN_NONE;
	}
}

int screen_key(unsigned wait_ms)
{
	timeout((int)wait_ms);
	int key = is_told_to_end ? ERR : getch();
	return is_told_to_end ? SCREEN_QUIT : translate(key);
}
