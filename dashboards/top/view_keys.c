/* What keys do. */
#include <string.h>

#include "dashboards/top/screen.h"
#include "dashboards/top/view.h"

enum { SCROLL_PAGE = 10, SCROLL_END = 1 << 30, FIRST_PRINTABLE = ' ', LAST_PRINTABLE = 255 };

static enum view_answer choose(struct view *view, unsigned kind)
{
	view->kind = kind % VIEW_COUNT;
	view->first = 0;
	view->shows_help = false;
	return VIEW_READ;
}

static enum view_answer edit_filter(struct view *view, int key)
{
	size_t length = strlen(view->filter);

	if (key == SCREEN_QUIT) {
		return VIEW_QUIT;
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
	return VIEW_GO_ON;
}

static enum view_answer scroll(struct view *view, int key)
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
	return VIEW_GO_ON;
}

enum view_answer view_key(struct view *view, int key)
{
	if (view->edits_filter) {
		return edit_filter(view, key);
	}
	if (key >= '1' && key < '1' + VIEW_COUNT) {
		return choose(view, (unsigned)(key - '1'));
	}
	switch (key) {
	case SCREEN_QUIT:
	case 'q':
		return VIEW_QUIT;
	case SCREEN_RIGHT:
		return choose(view, view->kind + 1);
	case SCREEN_LEFT:
		return choose(view, view->kind + VIEW_COUNT - 1);
	case 's':
		view->sort = (view->sort + 1) % VIEW_SORT_COUNT;
		return VIEW_GO_ON;
	case 'w':
		view->window = (view->window + 1) % LIVE_SNAPSHOT_WINDOW_COUNT;
		return VIEW_GO_ON;
	case 'p':
	case ' ':
		view->is_paused = !view->is_paused;
		return view->is_paused ? VIEW_GO_ON : VIEW_READ;
	case 'r':
		return VIEW_READ;
	case '/':
		view->edits_filter = true;
		return VIEW_GO_ON;
	case SCREEN_ESCAPE:
		view->filter[0] = '\0';
		view->shows_help = false;
		return VIEW_GO_ON;
	case '?':
	case 'h':
		view->shows_help = !view->shows_help;
		return VIEW_GO_ON;
	default:
		return scroll(view, key);
	}
}
