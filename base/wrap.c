#include "base/wrap.h"

#include <stdbool.h>
#include <string.h>

size_t wrap_width(const char *text, size_t bytes)
{
	size_t width = 0;

	for (size_t i = 0; i < bytes; i++) {
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return width;
}

void wrap_put(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool first = true;

	while (*text) {
		size_t bytes = strcspn(text, " \n");
		size_t word = wrap_width(text, bytes);
		if (!first && column + 1 + word > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, bytes, out);
		column += word;
		first = false;
		text += bytes;
		if (*text == '\n') {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}
