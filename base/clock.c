#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t clock_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Days since 1970-01-01 to a civil date and back: H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms". */
static void civil_from_days(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
	uint64_t shifted = days + 719468, era = shifted / 146097;
	unsigned day_of_era = (unsigned)(shifted - era * 146097);
	unsigned year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted_month = (5 * day_of_year + 2) / 153;

	*day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
	*month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
	*year = (unsigned)(year_of_era + era * 400) + (*month <= 2);
}

static uint64_t days_from_civil(unsigned year, unsigned month, unsigned day)
{
	unsigned shifted_year = year - (month <= 2), era = shifted_year / 400;
	unsigned year_of_era = shifted_year - era * 400;
	unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (uint64_t)era * 146097 + day_of_era - 719468;
}

static char *put_digits(char *out, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value /= 10) {
		out[i] = (char)('0' + value % 10);
	}
	return out + digits;
}

size_t clock_format_date(uint64_t time_ns, char text[11])
{
	unsigned year, month, day;

	civil_from_days(time_ns / (86400 * NS_PER_S), &year, &month, &day);
	char *out = put_digits(text, year, 4);
	*out++ = '-';
	out = put_digits(out, month, 2);
	*out++ = '-';
	out = put_digits(out, day, 2);
	*out = '\0';
	return 10;
}

unsigned clock_month(uint64_t time_ns)
{
	unsigned year, month, day;

	civil_from_days(time_ns / (86400 * NS_PER_S), &year, &month, &day);
	return 12 * (year - 1970) + month - 1;
}

size_t clock_format(uint64_t time_ns, char text[CLOCK_TEXT_LENGTH + 1])
{
	uint64_t second = time_ns / NS_PER_S % 86400;
	char *out = text + clock_format_date(time_ns, text);

	*out++ = 'T';
	out = put_digits(out, second / 3600, 2);
	*out++ = ':';
	out = put_digits(out, second / 60 % 60, 2);
	*out++ = ':';
	out = put_digits(out, second % 60, 2);
	*out++ = '.';
	out = put_digits(out, time_ns % NS_PER_S, 9);
	*out++ = 'Z';
	*out = '\0';
	return CLOCK_TEXT_LENGTH;
}

static bool take_number(const char **text, unsigned digits, unsigned most, unsigned *value)
{
	*value = 0;
	for (unsigned i = 0; i < digits; i++, (*text)++) {
		if (**text < '0' || **text > '9') {
			return false;
		}
		*value = *value * 10 + (unsigned)(**text - '0');
	}
	return *value <= most;
}

static bool take_character(const char **text, char wanted)
{
	if (**text != wanted) {
		return false;
	}
	(*text)++;
	return true;
}

static bool take_date(const char **text, uint64_t *days)
{
	static const uint8_t month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned year, month, day;

	if (!take_number(text, 4, 2553, &year) || !take_character(text, '-') ||
		!take_number(text, 2, 12, &month) || !take_character(text, '-') ||
		!take_number(text, 2, 31, &day)) {
		return false;
	}
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (year < 1970 || month == 0 || day == 0 || day > month_days[month - 1] ||
		(month == 2 && day == 29 && !leap)) {
		return false;
	}
	*days = days_from_civil(year, month, day);
	return true;
}

/* "+02:00", "-0330" or "+02": seconds to subtract. */
static bool take_offset(const char **text, int64_t *seconds)
{
	int sign = **text == '-' ? -1 : 1;
	unsigned hours, minutes = 0;

	(*text)++;
	if (!take_number(text, 2, 14, &hours)) {
		return false;
	}
	bool has_minutes = take_character(text, ':') || **text != '\0';
	if (has_minutes && !take_number(text, 2, 59, &minutes)) {
		return false;
	}
	*seconds = sign * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

bool clock_parse(const char *text, uint64_t *time_ns)
{
	unsigned hour = 0, minute = 0, second = 0;
	uint64_t days, fraction_ns = 0;
	int64_t offset_s = 0;

	if (!take_date(&text, &days)) {
		return false;
	}
	if (*text == 'T' || *text == ' ') {
		text++;
		if (!take_number(&text, 2, 23, &hour) || !take_character(&text, ':') ||
			!take_number(&text, 2, 59, &minute)) {
			return false;
		}
		if (take_character(&text, ':') && !take_number(&text, 2, 60, &second)) {
			return false;
		}
		if (take_character(&text, '.')) {
			uint64_t unit = NS_PER_S;
			for (; *text >= '0' && *text <= '9'; text++) {
				unit /= 10;
				fraction_ns += unit * (uint64_t)(*text - '0');
			}
		}
		if (*text == '+' || *text == '-') {
			if (!take_offset(&text, &offset_s)) {
				return false;
			}
		} else {
			take_character(&text, 'Z');
		}
	}
	int64_t seconds = (int64_t)(days * 86400 + hour * 3600 + minute * 60 + second) - offset_s;
	if (*text != '\0' || seconds < 0) {
		return false;
	}
	*time_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	return true;
}
