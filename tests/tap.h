/* Tests print TAP (testanything.org): one line a check, the plan at the end.
 *
 *     int main(void)
 *     {
 *             ok(1 + 1 == 2, "one and one are two");
 *             is_int(1 + 1, 2, "… and say so when not");
 *             return done_testing();
 *     }
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

#define ok(condition, ...)        tap_ok((condition), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, wanted, ...)  tap_is_int((got), (wanted), __FILE__, __LINE__, __VA_ARGS__)
#define is_text(got, wanted, ...) tap_is_text((got), (wanted), __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5), unused)) static bool tap_ok(
	bool passed, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	tap_count++;
	tap_failed += !passed;
	printf("%s %d - ", passed ? "ok" : "not ok", tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	if (!passed) {
		printf("# at %s:%d\n", file, line);
	}
	return passed;
}

__attribute__((format(printf, 5, 6), unused)) static bool tap_is_int(
	int64_t got, int64_t wanted, const char *file, int line, const char *format, ...)
{
	char what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (!tap_ok(got == wanted, file, line, "%s", what)) {
		printf("# got %" PRId64 ", wanted %" PRId64 "\n", got, wanted);
		return false;
	}
	return true;
}

__attribute__((format(printf, 5, 6), unused)) static bool tap_is_text(
	const char *got, const char *wanted, const char *file, int line, const char *format, ...)
{
	char what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (!tap_ok(got && wanted && strcmp(got, wanted) == 0, file, line, "%s", what)) {
		printf("# got    \"%s\"\n# wanted \"%s\"\n", got ? got : "(null)",
			wanted ? wanted : "(null)");
		return false;
	}
	return true;
}

/* For a whole program that cannot run here: says why and ends it. */
__attribute__((unused, noreturn)) static void skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

__attribute__((unused)) static void skip(const char *why)
{
	printf("ok %d # SKIP %s\n", ++tap_count, why);
}

__attribute__((unused)) static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}
