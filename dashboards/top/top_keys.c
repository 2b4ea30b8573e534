/* What keys do. */
#include <string.h>

#include "dashboards/top/screen.h"
#include "dashboards/top/top.h"

enum { SCROLL_PAGE = 10, SCROLL_END = 1 << 30, FIRST_PRINTABLE = ' ', LAST_PRINTABLE = 255 };

static enum top_answer choose(struct top_view *view, unsigned kind)
{
	view->kind = kind % TOP_COUNT;
	view->first = 0;
	view->shows_help = false;
	return TOP_READ;
}

static enum top_answer edit_filter(struct top_view *view, int key)
{
	size_t length = strlen(view->filter);

	if (key == SCREEN_QUIT) {
		return TOP_QUIT;
	}
	if (key == SCREEN_ENTER) {
		view->edits_filter = false;
	} else if (key == SCREEN_ESCAPE) {
		view->edits_filter = false;
		view->filter[0] = '\0';
	} else if (key == SCREEN_BACKSPACE && length > 0) {
		/* A character may be several bytes. */
		do {
			view->filter[--length] = '\0';
		} while (length > 0 && ((unsigned char)view->filter[length] & 0xc0) == 0x80);
	} else if (key >= FIRST_PRINTABLE && key <= LAST_PRINTABLE &&
		   length + 1 < sizeof(view->filter)) {
		view->filter[length] = (char)key;
		view->filter[length + 1] = '\0';
	}
	view->first = 0;
	return TOP_GO_ON;
}

static enum top_answer scroll(struct top_view *view, int key)
{
	unsigned at = view->first;

	if (key == SCREEN_DOWN || key == 'j') {
		at++;
	} else if (key == SCREEN_PAGE_DOWN) {
		at += SCROLL_PAGE;
	} else if (key == SCREEN_END || key == 'G') {
		at = SCROLL_END;
	} else if (key == SCREEN_HOME || key == 'g') {
		at = 0;
	} else if (key == SCREEN_UP || key == 'k') {
		at -= at > 0;
	} else if (key == SCREEN_PAGE_UP) {
		at = at > SCROLL_PAGE ? at - SCROLL_PAGE : 0;
	}
	view->first = at;
	return TOP_GO_ON;
}

enum top_answer top_key(struct top_view *view, int key)
{
	if (view->edits_filter) {
		return edit_filter(view, key);
	}
	if (key >= '1' && key < '1' + TOP_COUNT) {
		return choose(view, (unsigned)(key - '1'));
	}
	switch (key) {
	case SCREEN_QUIT:
	case 'q':
		return TOP_QUIT;
	case SCREEN_RIGHT:
		return choose(view, view->kind + 1);
	case SCREEN_LEFT:
		return choose(view, view->kind + TOP_COUNT - 1);
	case 's':
		view->sort = (view->sort + 1) % TOP_SORT_COUNT;
		return TOP_GO_ON;
	case 'w':
		view->window = (view->window + 1) % TOP_WINDOW_COUNT;
		return TOP_GO_ON;
	case 'p':
	case ' ':
		view->is_paused = !view->is_paused;
		return view->is_paused ? TOP_GO_ON : TOP_READ;
	case 'r':
		return TOP_READ;
	case '/':
		view->edits_filter = true;
		return TOP_GO_ON;
	case SCREEN_ESCAPE:
		view->filter[0] = '\0';
		view->shows_help = false;
		return TOP_GO_ON;
	case '?':
	case 'h':
		view->shows_help = !view->shows_help;
		return TOP_GO_ON;
	default:
		return scroll(view, key);
	}
}
