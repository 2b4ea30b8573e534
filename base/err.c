#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	if (err) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(err->text, sizeof(err->text), format, arguments);
		va_end(arguments);
	}
	return code > 0 ? -code : code;
}

void err_prefix(struct err *err, const char *format, ...)
{
	struct err was;
	va_list arguments;

	if (!err) {
		return;
	}
	was = *err;
	va_start(arguments, format);
	vsnprintf(err->text, sizeof(err->text), format, arguments);
	va_end(arguments);
	size_t length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", was.text);
}
