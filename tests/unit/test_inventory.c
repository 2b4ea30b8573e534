/* The inventory: what exports say, what is refused and where, and how many were seen of how many.
 */
#include "analyzer/device/coverage.h"
#include "analyzer/device/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"

#define DAY_NS (UINT64_C(86400) * NS_PER_S)

static char path[] = "/tmp/borderflow-inventory-XXXXXX";

static int load(struct inventory **inventory, const char *content, struct err *err)
{
	file_write(path, content, strlen(content), err);
	return inventory_load(inventory, path, NULL, NULL, err);
}

static uint64_t at(const char *text)
{
	uint64_t time_ns = 0;

	clock_parse(text, &time_ns);
	return time_ns;
}

static const uint8_t laptop_lan[] = { 0, 0x11, 0x22, 0, 0, 1 };
static const uint8_t laptop_wlan[] = { 0, 0x11, 0x22, 0, 0, 2 };
static const uint8_t dock[] = { 0, 0x11, 0x22, 0, 0, 9 };

static void test_own_form(void)
{
	struct inventory *inventory;
	struct inventory_stats stats;
	struct err err = { "" };

	is_int(load(&inventory,
		       "id,class,ownership,unit,mac,serial,enrolled_from,enrolled_to\r\n"
		       "PC-1,desk,owned,\"Care, north\",00:11:22:00:00:01,S1,2026-01-01,\r\n"
		       "PC-1,,,,00-11-22-00-00-02,,,\r\n"
		       "PC-2,desk,owned,Care,0011.2200.0009,,,2026-03-31\r\n"
		       "PC-3,desk,owned,Care,001122000009,,2026-04-01,\r\n"
		       "TEL-4,,private,,,,,\r\n",
		       &err),
		0, "our own form: %s", err.text);
	const struct inventory_device *wired =
		inventory_find_mac(inventory, laptop_lan, at("2026-02-01"));
	ok(wired && wired == inventory_find_mac(inventory, laptop_wlan, at("2026-02-01")),
		"two rows of one device are two MACs of it");
	ok(wired && strcmp(symbol_name(SYMBOL_UNIT, wired->unit), "Care, north") == 0 &&
			strcmp(symbol_name(SYMBOL_CLASS, wired->class_), "desk") == 0 &&
			wired->serial_hash != 0,
		"with unit, class and a hash of its serial");
	ok(!inventory_find_mac(inventory, laptop_lan, at("2025-12-31T23:00")),
		"not before it was enrolled");
	const struct inventory_device *before =
		inventory_find_mac(inventory, dock, at("2026-03-31T22:00"));
	const struct inventory_device *after =
		inventory_find_mac(inventory, dock, at("2026-04-01"));
	ok(before && after && strcmp(before->id, "PC-2") == 0 && strcmp(after->id, "PC-3") == 0,
		"a MAC that was passed on has each owner at its time, the last day included");
	ok(inventory_at(inventory, 3)->class_ == symbol_find(SYMBOL_CLASS, "private"),
		"ownership stands for the class where there is none");
	inventory_read_stats(inventory, &stats);
	ok(stats.rows == 5 && stats.devices == 4 && stats.without_mac == 1 &&
			stats.shared_macs == 0 && strcmp(stats.columns, "plain") == 0,
		"and all of it is counted");
	inventory_close(inventory);
}

/* What Get-MgDeviceManagementManagedDevice gives Export-Csv. */
/* A serial stands for an id that is not there, and is no more readable for that. */
static void test_serial_alone(void)
{
	struct inventory *inventory;
	struct err err = { "" };

	is_int(load(&inventory,
		       "Serial number,Wi-Fi MAC,Ethernet MAC\nSN-77,001122000001,001122000001\n"
		       "SN-77,001122000001,\n",
		       &err),
		0, "serials alone");
	const struct inventory_device *device = inventory_at(inventory, 0);
	ok(device && !strstr(device->id, "SN-77"), "are not told (%s)", device->id);
	is_int(device->mac_count, 1, "a MAC that is said three times is one");
	inventory_close(inventory);
	load(&inventory, "Device ID,Serial number\nPC-1,SN-1\n", &err);
	ok(strstr(err.text, "found none for the MAC") != NULL, "what is missing is said");
	load(&inventory, "Device name,Wi-Fi MAC\nPC-1,001122000001\n", &err);
	ok(strstr(err.text, "found none for the device") != NULL, "… of either");
}

static void test_graph(void)
{
	struct inventory *inventory;
	struct err err = { "" };

	is_int(load(&inventory,
		       "\"Id\",\"ManagedDeviceOwnerType\",\"SerialNumber\",\"WiFiMacAddress\","
		       "\"EthernetMacAddress\",\"DeviceCategoryDisplayName\",\"EnrolledDateTime\"\n"
		       "\"g1\",\"company\",\"S1\",\"001122000002\",\"\",\"Staff\",\"1/31/2025 "
		       "9:12:33 AM\"\n",
		       &err),
		0, "Intune's Graph: %s", err.text);
	const struct inventory_device *found =
		inventory_find_mac(inventory, laptop_wlan, at("2025-02-01"));
	ok(found && strcmp(found->id, "g1") == 0 &&
			strcmp(symbol_name(SYMBOL_CLASS, found->class_), "Staff") == 0 &&
			!inventory_find_mac(inventory, laptop_wlan, at("2025-01-30")),
		"its names of columns are read as well");
	inventory_close(inventory);
}

static void test_shared(void)
{
	struct inventory *inventory;
	struct inventory_stats stats;
	struct err err = { "" };

	load(&inventory, "id;mac\nPC-1;001122000009\nPC-2;001122000009 001122000001\n", &err);
	inventory_read_stats(inventory, &stats);
	ok(!inventory_find_mac(inventory, dock, at("2026-03-01")) && stats.shared_macs == 1,
		"a MAC of two devices at the same time tells neither");
	ok(inventory_find_mac(inventory, laptop_lan, at("2026-03-01")) != NULL,
		"their other ones do");
	inventory_close(inventory);
}

/* What a spreadsheet or another system makes of the file, or of a device in the course of time. */
static void test_quirks(void)
{
	struct inventory *inventory;
	struct inventory_stats stats;
	struct err err = { "" };

	is_int(load(&inventory, "sep=;\r\nid;mac;enrolled_from\r\nPC-1;001122000001;2026-01-01\r\n",
		       &err),
		0, "a line that names the separator: %s", err.text);
	ok(inventory_find_mac(inventory, laptop_lan, at("2026-03-01")) != NULL, "is none of data");
	inventory_close(inventory);
	is_int(load(&inventory, "sep=,\nid,mac\nPC-1,001122\n", &err), -22, "%s", err.text);
	ok(strstr(err.text, ":3: column 2") != NULL, "… and counts as a line");
	is_int(load(&inventory, "id,mac,enrolled_from\nPC-1,N/A,2024-09-10 at 11:22 AM\n", &err), 0,
		"no MAC in words, a time in words: %s", err.text);
	ok(inventory && inventory_at(inventory, 0)->enrolled_from_ns == at("2024-09-10"),
		"the day counts");
	inventory_close(inventory);
	is_int(load(&inventory,
		       "id,class,mac,serial,enrolled_from\n"
		       "a,desk,001122000001 001122000002,S1,2025-01-01\n"
		       "b,desk,001122000001 001122000002,S1,2026-02-01\n"
		       "c,desk,001122000009,S2,2025-01-01\n"
		       "d,desk,001122000009 001122000003,S3,2026-02-01\n",
		       &err),
		0, "a device that was enrolled anew: %s", err.text);
	inventory_read_stats(inventory, &stats);
	const struct inventory_device *before = inventory_find_mac(
					      inventory, laptop_lan, at("2026-01-31")),
				      *after = inventory_find_mac(
					      inventory, laptop_lan, at("2026-02-02"));
	ok(before && after && strcmp(before->id, "a") == 0 && strcmp(after->id, "b") == 0,
		"each id has its time");
	ok(stats.shared_macs == 1 && !inventory_find_mac(inventory, dock, at("2026-02-02")),
		"but two devices that share a dock are two");
	inventory_close(inventory);
}

static void test_exports(void)
{
	struct inventory *inventory;
	struct inventory_stats stats;
	struct err err = { "" };

	is_int(load(&inventory,
		       "\xef\xbb\xbf\"Device ID\",\"Device name\",\"Enrollment "
		       "date\",\"Ownership\","
		       "\"Serial number\",\"Category\",\"Wi-Fi MAC\",\"EthernetMAC\"\n"
		       "\"a1\",\"PC\",\"2025-09-21 10:03:57.0000000\",\"Company\",\"X1\",\"\","
		       "\"001122000001\",\"001122000002\"\n"
		       "\"a2\",\"Phone\",\"2025-09-21 10:03:57.0000000\",\"Personal\",\"X2\",\"\","
		       "\"\",\"000000000000\"\n",
		       &err),
		0, "an export of Intune: %s", err.text);
	const struct inventory_device *device =
		inventory_find_mac(inventory, laptop_wlan, at("2026-03-01"));
	inventory_read_stats(inventory, &stats);
	ok(device && device->ownership == OWNERSHIP_OWNED && device->mac_count == 2 &&
			strcmp(stats.columns, "intune") == 0,
		"its words become ours");
	is_int(stats.without_mac, 1, "zeros are no MAC");
	inventory_close(inventory);

	is_int(load(&inventory,
		       "Device ID,Enrollment date,Last check-in,Device state,Wi-Fi MAC,Ethernet "
		       "MAC\n"
		       "a1,2025-01-31,2026-02-03,Retire issued,001122000001,\n"
		       "a2,2025-01-31,,Wipe issued,,001122000002\n"
		       "a3,2025-01-31,2026-02-03,Managed,,001122000009\n",
		       &err),
		0, "an export of Intune with what was retired: %s", err.text);
	ok(inventory_find_mac(inventory, laptop_lan, at("2026-02-03")) &&
			!inventory_find_mac(inventory, laptop_lan, at("2026-02-05")),
		"what was retired counts until its last check-in");
	ok(!inventory_find_mac(inventory, laptop_wlan, at("2026-02-03")),
		"… and where that is not said not at all");
	ok(inventory_find_mac(inventory, dock, at("2026-03-05")) != NULL,
		"what is managed counts on");
	inventory_close(inventory);

	is_int(load(&inventory,
		       "Computer Name,Serial Number,JSS Computer ID,MAC Address,Alternate MAC "
		       "Address,Department,Site,Last Enrollment\n"
		       "mac-1,C02,17,00:11:22:00:00:01,00:11:22:00:00:02,Care,managed,2025-01-02 "
		       "03:04:05\n",
		       &err),
		0, "an export of Jamf: %s", err.text);
	device = inventory_find_mac(inventory, laptop_wlan, at("2026-03-01"));
	ok(device && strcmp(device->id, "17") == 0 &&
			device->unit == symbol_find(SYMBOL_UNIT, "Care"),
		"with its id and department");
	inventory_close(inventory);
}

/* Dates as systems of all countries write them; where nobody can know what comes first it is
 * enrolled for the longer time. */
static void test_dates(void)
{
	static const struct {
		const char *cell, *from, *to;
	} dates[] = {
		{ "2026-03-31 10:07:39.0000000", "2026-03-31T10:07:39", "2026-04-01" },
		{ "2026-03-31 at 9:00 AM", "2026-03-31", "2026-04-01" },
		{ "2026-03-31T10:07:39.000+0000", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "2026-03-31T22:07:39.000-0500", "2026-04-01T03:07:39Z", "2026-04-02" },
		{ "2026-03-31 10:07:39 +0200", "2026-03-31T08:07:39Z", "2026-04-01" },
		{ "2026-03-31 10:07:39 UTC", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "2026-03-31 10:07:39+00", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "2026-03-31T10.07", "2026-03-31", "2026-04-01" },
		{ "1774951659000", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "1774951659", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "1774951659.25", "2026-03-31T10:07:39Z", "2026-04-01" },
		{ "31.3.2026 10:07", "2026-03-31", "2026-04-01" },
		{ "31-03-2026", "2026-03-31", "2026-04-01" },
		{ "3/31/2026 10:07:39 AM", "2026-03-31", "2026-04-01" },
		{ "31/3/2026", "2026-03-31", "2026-04-01" },
		{ "3/4/2026", "2026-03-04", "2026-04-04" },
		{ "4/3/2026", "2026-03-04", "2026-04-04" },
	};
	struct inventory *inventory;
	char content[256];

	for (unsigned i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		struct err err = { "" };
		snprintf(content, sizeof(content),
			"id;mac;enrolled_from;enrolled_to\nPC-1;001122000001;%s;%s\n",
			dates[i].cell, dates[i].cell);
		is_int(load(&inventory, content, &err), 0, "%s: %s", dates[i].cell, err.text);
		const struct inventory_device *device = inventory_at(inventory, 0);
		ok(device && device->enrolled_from_ns == at(dates[i].from) &&
				device->enrolled_to_ns == at(dates[i].to),
			"… is read");
		inventory_close(inventory);
	}
}

static void test_bad_dates(void)
{
	static const char *const cells[] = { "17749516590", "177495165900", "1774951659x", "2026",
		"2026-13-31", "31 of March" };
	struct inventory *inventory;
	char content[256];

	for (unsigned i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct err err = { "" };
		snprintf(content, sizeof(content),
			"id;mac;enrolled_from\nPC-1;001122000001;\nPC-2;001122000002;%s\n",
			cells[i]);
		ok(load(&inventory, content, &err) < 0 && strstr(err.text, ":3: column 3"),
			"what may be anything is refused by its line: %s", err.text);
	}
}

/* What makers leave in many machines, and what databases write where there is nothing. */
static void test_fillers(void)
{
	static const char content[] =
		"id;class;unit;mac;serial;enrolled_from\n"
		"PC-1;None;\"Care\nnorth\";00 11 22 00 00 01;Default string;0001-01-01 00:00:00\n"
		";Unknown;;0011.2200.0002;To be filled by O.E.M.;\n"
		";Unknown;;00-11-22-00-00-09;To be filled by O.E.M.;\n";
	struct inventory *inventory;
	struct err err = { "" };

	is_int(load(&inventory, content, &err), 0, "%s", err.text);
	is_int(inventory_count(inventory), 3, "what many have is no serial of one device");
	const struct inventory_device *first =
		inventory_find_mac(inventory, laptop_lan, at("2020-01-01"));
	ok(first && first->class_ == 0 && first->serial_hash == 0 && first->enrolled_from_ns == 0 &&
			strcmp(symbol_name(SYMBOL_UNIT, first->unit), "Care north") == 0,
		"none is no class, no date, and a unit is one line");
	inventory_close(inventory);
}

/* "Unicode text" of a spreadsheet, in both orders of bytes. */
static void test_utf16(void)
{
	static const char content[] = "id\tclass\tmac\nPC-1\tF\xf6r\t001122000001\n";
	struct inventory *inventory;

	for (unsigned is_big = 0; is_big < 2; is_big++) {
		char wide[2 * sizeof(content)];
		struct err err = { "" };
		wide[0] = is_big ? '\xfe' : '\xff';
		wide[1] = is_big ? '\xff' : '\xfe';
		for (unsigned i = 0; i + 1 < sizeof(content); i++) {
			wide[2 + 2 * i + is_big] = content[i];
			wide[3 + 2 * i - is_big] = 0;
		}
		file_write(path, wide, 2 * sizeof(content), &err);
		is_int(inventory_load(&inventory, path, NULL, NULL, &err), 0, "%s", err.text);
		const struct inventory_device *device = inventory_at(inventory, 0);
		ok(device && strcmp(symbol_name(SYMBOL_CLASS, device->class_), "F\u00f6r") == 0,
			"UTF-16 is read");
		inventory_close(inventory);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *content, *says;
	} bad[] = {
		{ "", "the file is empty" },
		{ "name,colour\nPC,red\n", ":1: expected columns" },
		{ "id,mac\nPC-1,00:11:22\n", ":2: column 2: expected a MAC" },
		{ "id,mac\nPC-1,001122000001\n,001122000002\n", ":3: column 1: expected what" },
		{ "id,mac,enrolled_from\nPC-1,001122000001,5/1/26\n",
			":2: column 3: expected a date such as 2026-03-31, found \"5/1/26\"" },
		{ "id,mac,enrolled_from\nPC-1,001122000001,2026-02-30\n", ":2: column 3" },
		{ "id,mac,enrolled_from\nPC-1,001122000001,31.2.2026\n", ":2: column 3" },
		{ "id,mac,ownership\nPC-1,001122000001,mine\n", "expected owned or private" },
		{ "id,mac,class\nPC-1,001122000001,staff\nPC-2,,l\xe4rare\n",
			":3: expected UTF-8; save it as" },
		{ "id,mac,enrolled_from,enrolled_to\nPC-1,001122000001,2026-02-01,2026-01-01\n",
			":2: column 4: expected a day that is not before enrolled_from" },
		{ "id,mac\n\"PC-1,001122000001\n", ":2: a quote that is never closed" },
	};
	struct inventory *inventory;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { "" };
		int status = load(&inventory, bad[i].content, &err);
		ok(status < 0 && !inventory && strstr(err.text, bad[i].says), "refused: %s",
			err.text);
	}
}

static void test_coverage(void)
{
	struct coverage *coverage = coverage_create(), *again = coverage_create();
	struct local_day day = local_day_of(NULL, at("2026-03-10"));
	struct inventory *inventory;
	struct err err = { "" };
	struct text text;

	struct coverage_of_day none = coverage_of(coverage, NULL, 0, &day);
	ok(!none.is_measured, "without an inventory coverage is not measured");
	load(&inventory,
		"id,class,mac,enrolled_to\na,desk,001122000001,\nb,desk,001122000002,\n"
		"c,desk,001122000003,\nd,phone,001122000004,\ne,desk,001122000005,2026-03-01\n",
		&err);
	uint16_t desk = symbol_find(SYMBOL_CLASS, "desk");
	for (unsigned i = 0; i < 2; i++) {
		coverage_see(coverage, &inventory_at(inventory, i)->identity, day.number);
	}
	coverage_see(coverage, &inventory_at(inventory, 3)->identity, day.number - 2);
	struct coverage_of_day desks = coverage_of(coverage, inventory, desk, &day);
	ok(desks.is_measured && desks.enrolled == 3 && desks.seen == 2 &&
			coverage_percent(&desks) == 66,
		"two of three that are enrolled that day, rounded down");
	is_int(inventory_enrolled(inventory, 0, &day), 4, "four in all");
	struct coverage_of_day all = coverage_of(coverage, inventory, 0, &day);
	ok(all.seen == 2 && all.enrolled == 4, "one of them was seen another day");
	ok(!coverage_of(coverage, inventory, 4711, &day).is_measured,
		"a class that is not in the inventory is not measured");
	coverage_see(coverage, &inventory_at(inventory, 0)->identity, day.number + 3);
	struct local_day before = local_day_at(NULL, day.number - 2);
	is_int(coverage_of(coverage, inventory, 0, &before).seen, 1, "days before are known");
	is_int(coverage_of(coverage, inventory, desk, &day).seen, 2, "also after later ones");

	text_init_heap(&text);
	ok(coverage_save(coverage, &text) && coverage_load(again, text.at, text.length),
		"saved and loaded");
	is_int(coverage_of(again, inventory, desk, &day).seen, 2, "nothing is lost");
	ok(!coverage_load(again, text.at, text.length - 1), "half of it is none of it");
	text_deinit(&text);
	inventory_close(inventory);
	coverage_destroy(coverage);
	coverage_destroy(again);
}

int main(void)
{
	close(mkstemp(path));
	test_own_form();
	test_serial_alone();
	test_graph();
	test_shared();
	test_quirks();
	test_exports();
	test_dates();
	test_bad_dates();
	test_fillers();
	test_utf16();
	test_refused();
	test_coverage();
	unlink(path);
	return done_testing();
}
