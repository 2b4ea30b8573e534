#include "base/local_time.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/local_rule.h"
#include "base/reader.h"

enum {
	DAY_S = 86400,
	CHANGES_MAX = 20000,
	TYPES_MAX = 256,
	HEADER_BYTES = 44,
	NAME_MAX_BYTES = 64
};

/* No zone is or was further from UTC than this (RFC 8536, 3.2 allows a little more). */
enum { OFFSET_MOST = 26 * 3600 };

struct change {
	int64_t second; /* UTC: from here on */
	int32_t offset_s;
};

struct local_zone {
	char name[NAME_MAX_BYTES + 1];
	int32_t first_s; /* before the first change */
	struct change *changes;
	size_t change_count;
	struct local_rule rule; /* after the last one */
};

/* Counts of one block of a tzfile, in the order of its header. */
struct block {
	uint32_t utc, standard, leaps, changes, types, letters;
};

static struct block read_header(struct reader *reader, bool *is_good, uint8_t *version)
{
	const uint8_t *magic = reader_bytes(reader, 4);
	struct block block;

	*is_good = magic && memcmp(magic, "TZif", 4) == 0;
	*version = reader_u8(reader);
	reader_skip(reader, 15);
	block.utc = reader_u32(reader);
	block.standard = reader_u32(reader);
	block.leaps = reader_u32(reader);
	block.changes = reader_u32(reader);
	block.types = reader_u32(reader);
	block.letters = reader_u32(reader);
	*is_good = *is_good && reader_ok(reader) && block.changes <= CHANGES_MAX &&
		   block.types >= 1 && block.types <= TYPES_MAX && block.leaps <= CHANGES_MAX &&
		   block.letters <= CHANGES_MAX && block.utc <= TYPES_MAX &&
		   block.standard <= TYPES_MAX;
	return block;
}

/* The 64-bit block behind the 32-bit one, which is stepped over. */
static bool read_changes(struct local_zone *zone, struct reader *reader)
{
	bool is_good;
	uint8_t version;
	struct block block = read_header(reader, &is_good, &version);

	if (!is_good || version < '2') {
		return false;
	}
	reader_skip(reader, (size_t)block.changes * 5 + block.types * 6 + block.letters +
				    (size_t)block.leaps * 8 + block.standard + block.utc);
	block = read_header(reader, &is_good, &version);
	zone->changes = is_good ? calloc(block.changes + 1, sizeof(*zone->changes)) : NULL;
	if (!zone->changes) {
		return false;
	}
	struct reader times = reader_sub(reader, (size_t)block.changes * 8);
	struct reader of = reader_sub(reader, block.changes);
	int32_t offsets[TYPES_MAX];
	for (uint32_t i = 0; i < block.types; i++) {
		offsets[i] = (int32_t)reader_u32(reader);
		reader_skip(reader, 2);
		is_good = is_good && offsets[i] <= OFFSET_MOST && offsets[i] >= -OFFSET_MOST;
	}
	reader_skip(reader, block.letters + (size_t)block.leaps * 12 + block.standard + block.utc);
	zone->first_s = offsets[0];
	for (uint32_t i = 0; i < block.changes; i++) {
		uint8_t type = reader_u8(&of);
		struct change *change = &zone->changes[zone->change_count++];
		is_good = is_good && type < block.types;
		change->second = (int64_t)reader_u64(&times);
		change->offset_s = type < block.types ? offsets[type] : 0;
		is_good = is_good && (i == 0 || change->second > change[-1].second);
	}
	return is_good && reader_ok(reader) && reader_ok(&times) && reader_ok(&of);
}

/* A line between two ends of line; an empty one is no rule. */
static bool read_rule(struct local_zone *zone, struct reader *reader)
{
	char text[128];
	size_t length = 0;
	uint8_t letter;

	if (reader_u8(reader) != '\n') {
		return false;
	}
	while ((letter = reader_u8(reader)) != '\n' && reader_ok(reader)) {
		if (letter == '\0' || length == sizeof(text) - 1) {
			return false;
		}
		text[length++] = (char)letter;
	}
	text[length] = '\0';
	return reader_ok(reader) && (length == 0 || local_rule_parse(&zone->rule, text));
}

int local_zone_read(struct local_zone **zone, const char *name, const void *bytes, size_t count,
	struct err *err)
{
	struct local_zone *read = calloc(1, sizeof(*read));
	struct reader reader = reader_over(bytes, count);

	*zone = NULL;
	if (!read) {
		return err_set(err, ENOMEM, "time zone %s: out of memory", name);
	}
	snprintf(read->name, sizeof(read->name), "%s", name);
	if (!read_changes(read, &reader) || !read_rule(read, &reader)) {
		local_zone_close(read);
		return err_set(err, EINVAL,
			"time zone %s: its file is damaged (no TZif of version 2 or later)", name);
	}
	*zone = read;
	return 0;
}

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-/";

	return name[0] != '\0' && name[0] != '/' && strlen(name) <= NAME_MAX_BYTES &&
	       strspn(name, letters) == strlen(name);
}

int local_zone_open(struct local_zone **zone, const char *name, struct err *err)
{
	const char *folder = getenv("TZDIR");
	char path[PATH_MAX], *bytes;
	size_t count;

	*zone = NULL;
	folder = folder && folder[0] ? folder : "/usr/share/zoneinfo";
	if (!is_name(name)) {
		return err_set(err, EINVAL,
			"expected a time zone such as Europe/Stockholm or UTC, found \"%.60s\"",
			name);
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int status = file_read(path, &bytes, &count, err);
	if (status < 0) {
		return err_set(err, -status,
			"there is no time zone \"%s\" below %s; expected one such as "
			"Europe/Stockholm (apt-get install tzdata)",
			name, folder);
	}
	status = local_zone_read(zone, name, bytes, count, err);
	free(bytes);
	return status;
}

void local_zone_close(struct local_zone *zone)
{
	if (zone) {
		free(zone->changes);
		free(zone);
	}
}

const char *local_zone_name(const struct local_zone *zone)
{
	return zone ? zone->name : "UTC";
}

/* How many changes came at that second or before. */
static size_t changes_until(const struct local_zone *zone, int64_t second)
{
	size_t low = 0, high = zone->change_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (zone->changes[middle].second <= second) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static int32_t offset_at(const struct local_zone *zone, int64_t second)
{
	if (!zone) {
		return 0;
	}
	size_t count = changes_until(zone, second);
	if (count == zone->change_count && zone->rule.is_there) {
		return local_rule_offset_s(&zone->rule, second);
	}
	return count > 0 ? zone->changes[count - 1].offset_s : zone->first_s;
}

/* The first change after that second. */
static int64_t next_change(const struct local_zone *zone, int64_t second)
{
	if (!zone) {
		return INT64_MAX;
	}
	size_t count = changes_until(zone, second);
	if (count < zone->change_count) {
		return zone->changes[count].second;
	}
	return local_rule_next_change(&zone->rule, second);
}

int32_t local_offset_s(const struct local_zone *zone, uint64_t time_ns)
{
	return offset_at(zone, (int64_t)(time_ns / NS_PER_S));
}

/* The first second after all seconds at which the wall shows less than local; as an answer to
 * "when is it": in a gap the change, of two the later, which for a day's start is the one after
 * which it stays. */
static int64_t end_of_before(const struct local_zone *zone, int64_t local)
{
	int64_t from = local - 2 * DAY_S, last = local + 2 * DAY_S, end = from;

	while (from < last) {
		int64_t until = next_change(zone, from);
		int64_t reached = local - offset_at(zone, from);
		until = until < last ? until : last;
		if (reached > from) {
			end = reached < until ? reached : until;
		}
		from = until;
	}
	return end;
}

/* The first second at which the wall shows local, or more. */
static int64_t first_at(const struct local_zone *zone, int64_t local)
{
	int64_t from = local - 2 * DAY_S, last = local + 2 * DAY_S;

	while (from < last) {
		int64_t until = next_change(zone, from);
		int64_t reached = local - offset_at(zone, from);
		if (reached < until) {
			return reached > from ? reached : from;
		}
		from = until;
	}
	return last;
}

static uint64_t to_ns(int64_t second)
{
	return second > 0 ? (uint64_t)second * NS_PER_S : 0;
}

static int64_t floor_day(int64_t second)
{
	return second / DAY_S - (second % DAY_S < 0);
}

struct local_day local_day_at(const struct local_zone *zone, int64_t number)
{
	return (struct local_day){ number, to_ns(end_of_before(zone, number * DAY_S)),
		to_ns(end_of_before(zone, (number + 1) * DAY_S)) };
}

struct local_day local_day_of(const struct local_zone *zone, uint64_t time_ns)
{
	int64_t second = (int64_t)(time_ns / NS_PER_S);
	int64_t number = floor_day(second + offset_at(zone, second));
	struct local_day day = local_day_at(zone, number);

	while (time_ns < day.start_ns) {
		day = local_day_at(zone, --number);
	}
	while (time_ns >= day.end_ns) {
		day = local_day_at(zone, ++number);
	}
	return day;
}

size_t local_format_date(const struct local_zone *zone, uint64_t time_ns, char text[11])
{
	int64_t number = local_day_of(zone, time_ns).number;

	return clock_format_date(to_ns((number > 0 ? number : 0) * DAY_S), text);
}

size_t local_format(
	const struct local_zone *zone, uint64_t time_ns, char text[LOCAL_TEXT_LENGTH + 1])
{
	int32_t offset_s = local_offset_s(zone, time_ns);
	char wall[CLOCK_TEXT_LENGTH + 1];
	unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;

	clock_format(to_ns((int64_t)(time_ns / NS_PER_S) + offset_s), wall);
	return (size_t)snprintf(text, LOCAL_TEXT_LENGTH + 1, "%.19s%c%02u:%02u", wall,
		offset_s < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

/* Behind the clock: "Z", "+02:00". A date alone has none. */
static bool has_offset(const char *text)
{
	const char *clock = strpbrk(text, "Tt ");

	return clock && strpbrk(clock, "Zz+-");
}

bool local_parse(const struct local_zone *zone, const char *text, uint64_t *time_ns)
{
	uint64_t wall_ns;

	if (!clock_parse(text, &wall_ns)) {
		return false;
	}
	if (has_offset(text)) {
		*time_ns = wall_ns;
		return true;
	}
	*time_ns = to_ns(first_at(zone, (int64_t)(wall_ns / NS_PER_S))) + wall_ns % NS_PER_S;
	return true;
}
