#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { LINE_BYTES = 1024, ESCAPED_BYTES = 4 * LINE_BYTES };

static enum log_level highest_level = LOG_LEVEL_WARNING;

void log_set_level(enum log_level level)
{
	highest_level = level;
}

/* One write() a line, so that lines of several threads do not mix. What a server said, or a file is
 * called, must not steer the terminal. */
static void write_line(enum log_level level, const char *format, va_list arguments)
{
	static const char *const words[] = { "error: ", "warning: ", "", "debug: " };
	char line[LINE_BYTES], escaped[ESCAPED_BYTES];
	struct text text;

	if (level > highest_level) {
		return;
	}
	int length = snprintf(line, sizeof(line), "borderflow: %s", words[level]);
	vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments);
	text_init(&text, escaped, sizeof(escaped));
	text_put_terminal(&text, line, strlen(line));
	fprintf(stderr, "%s\n", text.at);
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		write_line(level, format, arguments);                                              \
		va_end(arguments);                                                                 \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
