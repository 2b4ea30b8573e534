#include "analyzer/rollup/protect.h"

#include <errno.h>

#include "analyzer/rollup/group_protect.h"
#include "base/clock.h"
#include "base/hash.h"
#include "tests/tap.h"

enum { PARTS_MAX = 16 };

static struct devices sets[PARTS_MAX];
static struct protected_part parts[PARTS_MAX];
static unsigned part_count;

static uint64_t hash_number(uint32_t number)
{
	struct hash_key key = hash_key_fixed("test");

	return hash_bytes(&key, &number, sizeof(number));
}

static void begin(void)
{
	for (unsigned i = 0; i < part_count; i++) {
		devices_deinit(&sets[i]);
	}
	part_count = 0;
}

/* A part of devices of its own, of which the first had so many bytes and the others 100. */
static void add(uint32_t line, uint32_t other_line, unsigned devices, uint64_t largest)
{
	struct devices *set = &sets[part_count];

	for (unsigned i = 0; i < devices; i++) {
		devices_add(set, hash_number(part_count * 1000 + i), i ? 100 : largest);
	}
	uint64_t bytes = devices ? largest + (devices - 1) * 100 : 0;
	parts[part_count++] = (struct protected_part){ .lines = { line, other_line },
		.figures = { { bytes, set, 0 } } };
}

/* Which parts are shown, as bits. */
static unsigned shown(unsigned k)
{
	unsigned bits = 0;

	protect_parts(k, parts, part_count);
	for (unsigned i = 0; i < part_count; i++) {
		bits |= parts[i].is_hidden ? 0 : 1u << i;
	}
	return bits;
}

static void test_one_line(void)
{
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 7, 100);
	add(0, PROTECT_NO_LINE, 5, 100);
	is_int((int)shown(5), 7, "groups of k are shown");
	is_int((int)shown(0), 7, "without k everything is");
	add(0, PROTECT_NO_LINE, 4, 100);
	unsigned bits = shown(5);
	ok(!(bits & 8) && __builtin_popcount(bits) == 2,
		"a single one below k takes another with it");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 2, 100);
	add(0, PROTECT_NO_LINE, 2, 100);
	is_int((int)shown(5), 0, "two of four devices together are too few, and take the third");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 2, 100);
	add(0, PROTECT_NO_LINE, 3, 100);
	is_int((int)shown(5), 1, "two of five are enough for each other");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 1, 1);
	ok(!(shown(5) & 4), "a single byte of one device is one too many");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 1, 0);
	is_int((int)shown(5), 3, "nothing at all tells nothing");
}

static void test_dominance(void)
{
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 3200); /* 3200 of 4000: 80 % */
	is_int((int)shown(5), 7, "80 per cent of one device are shown");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 3201);
	unsigned bits = shown(5);
	ok(!(bits & 4), "more than that are not");
	ok(bits == 1 || bits == 2, "… and not by subtraction either");
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 1000000);
	add(0, PROTECT_NO_LINE, 9, 100);
	is_int((int)shown(5), 0, "a device that rules the remainder hides the whole table");
}

/* Two units in three apps. Unit 1 has few in app 2; the total of app 2 and of unit 1 are known. */
static void test_two_ways(void)
{
	enum { APPS, UNITS = 3 };
	begin();
	for (unsigned unit = 0; unit < 3; unit++) {
		for (unsigned app = 0; app < 3; app++) {
			add(APPS + app, UNITS + unit, unit == 1 && app == 2 ? 2 : 8, 100);
		}
	}
	unsigned bits = shown(5);
	ok(!(bits >> 5 & 1), "the small one is hidden");
	for (unsigned line = 0; line < 6; line++) {
		unsigned hidden = 0;
		for (unsigned i = 0; i < 9; i++) {
			bool is_in = parts[i].lines[0] == line || parts[i].lines[1] == line;
			hidden += is_in && parts[i].is_hidden;
		}
		ok(hidden != 1, "line %u hides none, or more than one (%u)", line, hidden);
	}
}

/* The part that is hidden and what is left of it are figures as well. */
static void test_figures(void)
{
	begin();
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 100);
	add(0, PROTECT_NO_LINE, 9, 100);
	struct devices two = { 0 };
	devices_add(&two, hash_number(1), 50);
	devices_add(&two, hash_number(2), 50);
	parts[0].figures[1] = (struct protected_figure){ 100, &two, 0 };
	unsigned bits = shown(5);
	ok(!(bits & 1), "a figure of two devices hides the part it belongs to");
	devices_deinit(&two);
}

/* Of a store that only counts. */
static void test_counts(void)
{
	static const uint64_t counts[] = { 9, 8, 4 }, few[] = { 9, 3, 4 };

	begin();
	for (unsigned i = 0; i < 3; i++) {
		parts[part_count++] = (struct protected_part){ .lines = { 0, PROTECT_NO_LINE },
			.figures = { { 1000, NULL, counts[i] } } };
	}
	is_int((int)shown(5), 1, "the small one, and the next, since more is not known of both");
	begin();
	for (unsigned i = 0; i < 3; i++) {
		parts[part_count++] = (struct protected_part){ .lines = { 0, PROTECT_NO_LINE },
			.figures = { { 1000, NULL, few[i] } } };
	}
	is_int((int)shown(5), 0, "three and four may be the same four devices");
	ok(protect_shows_count(5, 5) && !protect_shows_count(5, 4) && !protect_shows_count(5, 0),
		"counts below k are no numbers");
}

/* May that be asked of records? filter NULL: none. */
static bool may_ask(const char *fields, const char *sums, const char *filter, bool is_of_days)
{
	struct grouping *grouping;
	struct query *query = NULL;
	bool is_of_part;
	struct err err = { "" };

	if (grouping_create(&grouping, fields, sums, &err) < 0 ||
		(filter && query_parse(&query, filter, NULL, &err) < 0)) {
		ok(false, "%s", err.text);
		return false;
	}
	int status = group_protect_check(grouping, query, is_of_days, &is_of_part, &err);
	ok(status == 0 || (status == -EPERM && strstr(err.text, "could single out a device")),
		"%s is answered or refused with a reason", fields);
	grouping_destroy(grouping);
	query_free(query);
	return status == 0;
}

static bool may_ask_days(const char *fields)
{
	return may_ask(fields, "bytes", NULL, true);
}

/* Of the body anything that is its own; of its parts what is protected day by day. */
static void test_groups(void)
{
	ok(may_ask("zone", "bytes", "app == tiktok", false),
		"the body, with a filter, over any time");
	ok(may_ask_days("app,zone,network.protocol"), "… by as much of it as one likes");
	ok(!may_ask_days("source.ip"), "an address is not the body's");
	ok(!may_ask("zone", "bytes", "source.ip == 10.1.1.1", true), "… nor in a filter");
	ok(!may_ask("zone", "bytes", "unit == North", true), "… nor is a unit");
	ok(may_ask_days("unit") && may_ask_days("class"), "units or classes, over whole days");
	ok(may_ask_days("unit,app") && may_ask_days("app,class"), "… and the apps of each");
	ok(!may_ask_days("unit,class"), "… but not one by the other");
	ok(!may_ask_days("unit,zone"), "… nor by anything but apps");
	ok(!may_ask_days("unit,network.application,borderflow.app.id"), "… nor by more than one");
	ok(!may_ask("unit", "bytes", NULL, false), "… nor within a day");
	ok(!may_ask("unit", "bytes", "app == tiktok", true), "… nor with a filter");
	ok(!may_ask("unit", "source.bytes", NULL, true), "… nor by who began");
	ok(may_ask("zone", "source.bytes", NULL, false), "of the body that is told");
	ok(!may_ask("zone", "duration", NULL, true), "no sums but bytes and packets");
}

int main(void)
{
	test_one_line();
	test_dominance();
	test_two_ways();
	test_figures();
	test_counts();
	test_groups();
	return done_testing();
}
