#include "analyzer/resolver/log_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/local_time.h"

/* What libc takes for local time: $TZ where it names a zone, else the machine's. */
int log_clock_open(struct log_clock *clock, uint64_t changed_ns, struct err *err)
{
	const char *name = getenv("TZ");
	const char *zone = name && name[0] == ':' ? name + 1 : name;
	char *bytes;
	size_t count;

	*clock = (struct log_clock){ .changed_ns = changed_ns };
	if (zone && zone[0] && zone[0] != '/') {
		return local_zone_open(&clock->zone, zone, err);
	}
	const char *path = zone && zone[0] ? zone : "/etc/localtime";
	int status = file_read(path, &bytes, &count, err);
	if (status == -ENOENT) {
		return 0; /* the machine is on UTC */
	}
	if (status == 0) {
		status = local_zone_read(&clock->zone, path, bytes, count, err);
		free(bytes);
	}
	return status;
}

void log_clock_close(struct log_clock *clock)
{
	local_zone_close(clock->zone);
	clock->zone = NULL;
}

const char *log_time_epoch(const char *text, uint64_t *time_ns)
{
	uint64_t seconds = 0, scale = NS_PER_S / 10, ns = 0;
	unsigned digits = 0;

	for (; *text >= '0' && *text <= '9' && digits < 11; digits++) {
		seconds = seconds * 10 + (uint64_t)(*text++ - '0');
	}
	if (digits < 9 || seconds > UINT64_MAX / NS_PER_S - 1) {
		return NULL;
	}
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			ns += (uint64_t)(*text - '0') * scale;
			scale /= 10;
		}
	}
	*time_ns = seconds * NS_PER_S + ns;
	return text;
}

static const char *after_spaces(const char *text)
{
	return text ? text + strspn(text, " \t") : NULL;
}

/* "2026-11-29T01:47:22.123+01:00", or with a space in the middle. */
static const char *read_iso(const struct log_clock *clock, const char *text, uint64_t *time_ns)
{
	enum { DATE = 10, LONGEST = 40 };
	size_t length = strcspn(text, " \t");
	char copy[LONGEST + 1];

	if (length == DATE && text[DATE] == ' ') {
		length += 1 + strcspn(text + DATE + 1, " \t");
	}
	if (length < DATE + 6 || length > LONGEST || text[4] != '-') {
		return NULL;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	copy[DATE] = 'T';
	return local_parse(clock->zone, copy, time_ns) ? text + length : NULL;
}

static int month_of(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int month = 0; month < 12; month++) {
		if (strncmp(text, months + month * 3, 3) == 0) {
			return month + 1;
		}
	}
	return 0;
}

/* "Sun Nov 29 01:47:22 2026", as ctime() has it. */
static const char *read_ctime(const struct log_clock *clock, const char *text, uint64_t *time_ns)
{
	enum { LENGTH = 24 };
	unsigned day, hour, minute, second, year;
	char iso[48];

	if (strnlen(text, LENGTH) < LENGTH || text[3] != ' ' || month_of(text + 4) == 0 ||
		sscanf(text + 7, " %2u %2u:%2u:%2u %4u", &day, &hour, &minute, &second, &year) !=
			5) {
		return NULL;
	}
	snprintf(iso, sizeof(iso), "%04u-%02d-%02uT%02u:%02u:%02u", year, month_of(text + 4), day,
		hour, minute, second);
	return local_parse(clock->zone, iso, time_ns) ? text + LENGTH : NULL;
}

/* "Nov 29 01:47:22", as in RFC 3164. */
static const char *read_bsd(const struct log_clock *clock, const char *text, uint64_t *time_ns)
{
	enum { LENGTH = 15, YEARS_BACK = 5 };
	const uint64_t late_ns = 24 * 3600 * NS_PER_S;
	unsigned day, hour, minute, second;
	char iso[48], changed[11];
	int month = month_of(text);

	if (month == 0 || strnlen(text, LENGTH) < LENGTH ||
		sscanf(text + 3, " %2u %2u:%2u:%2u", &day, &hour, &minute, &second) != 4) {
		return NULL;
	}
	clock_format_date(clock->changed_ns, changed);
	int year = atoi(changed);
	/* The log's clock may be ahead of the file's, and the 29th of February is not in each year.
	 */
	for (int back = -1; back < YEARS_BACK; back++) {
		snprintf(iso, sizeof(iso), "%04d-%02d-%02uT%02u:%02u:%02u", year - back, month, day,
			hour, minute, second);
		if (local_parse(clock->zone, iso, time_ns) &&
			*time_ns <= clock->changed_ns + late_ns) {
			return text + LENGTH;
		}
	}
	return NULL;
}

const char *log_time_read(const struct log_clock *clock, const char *text, uint64_t *time_ns)
{
	const char *rest;

	if (*text == '[') {
		rest = log_time_epoch(text + 1, time_ns);
		return rest && *rest == ']' ? after_spaces(rest + 1) : NULL;
	}
	if (*text >= '0' && *text <= '9') {
		rest = read_iso(clock, text, time_ns);
		return after_spaces(rest ? rest : log_time_epoch(text, time_ns));
	}
	rest = read_ctime(clock, text, time_ns);
	return after_spaces(rest ? rest : read_bsd(clock, text, time_ns));
}
