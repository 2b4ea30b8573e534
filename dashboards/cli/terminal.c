#include "dashboards/cli/terminal.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MOST = 160 };

unsigned terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 40) {
		return WIDTH_DEFAULT;
	}
	return size.ws_col < WIDTH_MOST ? size.ws_col : WIDTH_MOST;
}

bool terminal_has_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(kind && strcmp(kind, "dumb") == 0);
}

bool terminal_has_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void terminal_put_escaped(const char *string)
{
	struct text text;

	text_init_heap(&text);
	text_put_terminal(&text, string, strlen(string));
	fputs(text.at ? text.at : "", stdout);
	text_deinit(&text);
}
