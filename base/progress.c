#include "base/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/print.h"
#include "base/text.h"

void progress_init(struct progress *progress, const char *mode, const char *noun, uint64_t now_ns)
{
	bool shown =
		strcmp(mode, "always") == 0 || (strcmp(mode, "auto") == 0 && isatty(STDERR_FILENO));

	*progress = (struct progress){ .shown = shown, .noun = noun, .start_ns = now_ns };
}

void progress_put_left(struct text *text, double seconds)
{
	unsigned minutes = seconds < 2 * 86400 ? (unsigned)(seconds / 60 + 0.5) : 0;

	if (seconds < 90) {
		text_printf(text, "%.0f s left", seconds);
	} else if (!minutes) {
		text_printf(text, "%.0f days left", seconds / 86400);
	} else if (minutes < 60) {
		text_printf(text, "%u min left", minutes);
	} else if (minutes % 60 == 0) {
		text_printf(text, "%u h left", minutes / 60);
	} else {
		text_printf(text, "%u h %u min left", minutes / 60, minutes % 60);
	}
}

void progress_show(
	struct progress *progress, uint64_t done, uint64_t all, uint64_t count, uint64_t now_ns)
{
	double seconds = (double)(now_ns - progress->start_ns) / (double)NS_PER_S;
	char line[160];
	struct text text;

	if (!progress->shown || seconds <= 0) {
		return;
	}
	text_init(&text, line, sizeof(line));
	if (all > 0) {
		text_printf(&text, "%3.0f %%  ", 100.0 * (double)done / (double)all);
	}
	text_put_grouped(&text, count, ",");
	text_printf(&text, " %s  %.2f M/s", progress->noun, (double)count / seconds / 1e6);
	if (all > 0 && done > 0 && done <= all) {
		text_put(&text, "  ");
		progress_put_left(&text, seconds * (double)(all - done) / (double)done);
	}
	fprintf(print_raw(stderr), "\r%s\x1b[K", line);
	fflush(print_raw(stderr));
	progress->on_screen = true;
}

void progress_restart(struct progress *progress, uint64_t now_ns)
{
	progress->start_ns = now_ns;
}

void progress_clear(struct progress *progress)
{
	if (progress->on_screen) {
		fputs("\r\x1b[K", print_raw(stderr));
		fflush(print_raw(stderr));
		progress->on_screen = false;
	}
}
