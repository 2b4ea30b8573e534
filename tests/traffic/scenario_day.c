/* An ordinary working day of a mid-size municipality, Exempelstad kommun (invented): six units,
 * about a hundred devices, the rhythm of a day, and what the sample policy (day-policy.yaml) is
 * about. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/udp_session.h"
#include "tests/traffic/visit.h"

static const char day_text[] = "2026-03-17";

enum unit { LEADERSHIP, STAFF, PUPILS, CARE, TECHNICAL, GUESTS, UNIT_COUNT };

static const struct {
	const char *name;
	unsigned network; /* 10.N.0.0/16, 2001:db8:N::/48 */
	uint16_t vlan_id;
	bool is_work; /* the sample policy denies TikTok on its devices */
} units[UNIT_COUNT] = {
	[LEADERSHIP] = { "Kommunledning", 20, 0, true },
	[STAFF] = { "Skola personal", 21, 121, true },
	[PUPILS] = { "Skola elever", 22, 122, false },
	[CARE] = { "Vård och omsorg", 23, 0, true },
	[TECHNICAL] = { "Teknik", 24, 0, true },
	[GUESTS] = { "Gäst", 30, 130, false },
};

enum kind { PC, PHONE, CHROMEBOOK, TABLET, KIND_COUNT };

static const char *const kind_names[KIND_COUNT] = { "pc", "telefon", "chromebook", "platta" };

static const struct {
	uint8_t unit, kind;
	unsigned count;
	bool behind_gre; /* at a plant whose traffic comes through a tunnel */
} fleet[] = {
	{ LEADERSHIP, PC, 14, false },
	{ LEADERSHIP, PHONE, 10, false },
	{ STAFF, PC, 10, false },
	{ STAFF, PHONE, 6, false },
	{ PUPILS, CHROMEBOOK, 24, false },
	{ PUPILS, PHONE, 12, false },
	{ CARE, PC, 6, false },
	{ CARE, TABLET, 8, false },
	{ TECHNICAL, PC, 4, false },
	{ TECHNICAL, PC, 3, true },
	{ GUESTS, PHONE, 10, false },
};

/* How likely something is in each hour of UTC; Sweden is one hour ahead of it in March. */
enum rhythm { OFFICE, SCHOOL, HAND, SHIFT, RHYTHM_COUNT };

static const uint8_t rhythms[RHYTHM_COUNT][24] = {
	[OFFICE] = { 0, 0, 0, 0, 0, 1, 5, 10, 10, 10, 7, 6, 10, 10, 9, 5, 2, 1, 0, 0, 0, 0, 0, 0 },
	[SCHOOL] = { 0, 0, 0, 0, 0, 0, 2, 10, 10, 9, 5, 9, 10, 7, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0 },
	[HAND] = { 0, 0, 0, 0, 1, 3, 5, 4, 3, 4, 8, 7, 3, 3, 5, 6, 6, 6, 7, 7, 5, 2, 0, 0 },
	[SHIFT] = { 1, 1, 1, 1, 2, 4, 6, 6, 5, 5, 5, 5, 5, 6, 6, 5, 5, 4, 4, 3, 2, 2, 0, 0 },
};

/* What a device of a unit and kind does on a day. */
static const struct {
	uint8_t unit, kind;
	const char *group;
	unsigned per_100_devices; /* visits */
	uint8_t rhythm;
} habits[] = {
	{ LEADERSHIP, PC, "m365", 900, OFFICE },
	{ LEADERSHIP, PC, "teams", 400, OFFICE },
	{ LEADERSHIP, PC, "intranet", 300, OFFICE },
	{ LEADERSHIP, PC, "intranet-http", 100, OFFICE },
	{ LEADERSHIP, PC, "google", 500, OFFICE },
	{ LEADERSHIP, PC, "news", 300, OFFICE },
	{ LEADERSHIP, PC, "news-with-pixel", 60, OFFICE },
	{ LEADERSHIP, PC, "windows", 400, SHIFT },
	{ LEADERSHIP, PC, "windows-update", 30, OFFICE },
	{ LEADERSHIP, PC, "authority", 120, OFFICE },
	{ LEADERSHIP, PC, "bankid", 80, OFFICE },
	{ LEADERSHIP, PC, "spotify", 40, OFFICE },
	{ LEADERSHIP, PC, "zoom", 25, OFFICE },
	{ LEADERSHIP, PC, "deepseek", 15, OFFICE },
	{ LEADERSHIP, PHONE, "m365", 500, OFFICE },
	{ LEADERSHIP, PHONE, "apple", 400, HAND },
	{ LEADERSHIP, PHONE, "captive", 200, HAND },
	{ LEADERSHIP, PHONE, "whatsapp", 120, HAND },
	{ LEADERSHIP, PHONE, "signal", 80, HAND },
	{ LEADERSHIP, PHONE, "facebook", 150, HAND },
	{ LEADERSHIP, PHONE, "facebook-sdk", 300, HAND },
	{ LEADERSHIP, PHONE, "bankid", 100, HAND },
	{ STAFF, PC, "m365", 600, SCHOOL },
	{ STAFF, PC, "school", 700, SCHOOL },
	{ STAFF, PC, "youtube", 250, SCHOOL },
	{ STAFF, PC, "google", 400, SCHOOL },
	{ STAFF, PC, "windows", 300, SHIFT },
	{ STAFF, PC, "kahoot", 100, SCHOOL },
	{ STAFF, PHONE, "facebook", 200, HAND },
	{ STAFF, PHONE, "instagram", 200, HAND },
	{ STAFF, PHONE, "whatsapp", 100, HAND },
	{ STAFF, PHONE, "1177", 40, HAND },
	{ PUPILS, CHROMEBOOK, "classroom", 700, SCHOOL },
	{ PUPILS, CHROMEBOOK, "school", 300, SCHOOL },
	{ PUPILS, CHROMEBOOK, "youtube", 250, SCHOOL },
	{ PUPILS, CHROMEBOOK, "google", 400, SCHOOL },
	{ PUPILS, CHROMEBOOK, "kahoot", 100, SCHOOL },
	{ PUPILS, CHROMEBOOK, "doh", 10, SCHOOL },
	{ PUPILS, PHONE, "tiktok", 350, HAND },
	{ PUPILS, PHONE, "snapchat", 400, HAND },
	{ PUPILS, PHONE, "instagram", 250, HAND },
	{ PUPILS, PHONE, "spotify", 150, HAND },
	{ PUPILS, PHONE, "youtube", 150, HAND },
	{ PUPILS, PHONE, "temu", 30, HAND },
	{ PUPILS, PHONE, "vpn", 10, HAND },
	{ CARE, PC, "m365", 500, SHIFT },
	{ CARE, PC, "health", 800, SHIFT },
	{ CARE, PC, "1177", 300, SHIFT },
	{ CARE, PC, "windows", 300, SHIFT },
	{ CARE, PC, "google", 200, SHIFT },
	{ CARE, TABLET, "health", 900, SHIFT },
	{ CARE, TABLET, "apple", 300, SHIFT },
	{ CARE, TABLET, "spotify", 60, SHIFT },
	{ TECHNICAL, PC, "m365", 500, OFFICE },
	{ TECHNICAL, PC, "intranet", 300, OFFICE },
	{ TECHNICAL, PC, "windows", 400, SHIFT },
	{ TECHNICAL, PC, "windows-update", 60, OFFICE },
	{ TECHNICAL, PC, "google", 400, OFFICE },
	{ GUESTS, PHONE, "facebook", 200, OFFICE },
	{ GUESTS, PHONE, "instagram", 250, OFFICE },
	{ GUESTS, PHONE, "tiktok", 150, OFFICE },
	{ GUESTS, PHONE, "netflix", 60, OFFICE },
	{ GUESTS, PHONE, "youtube", 200, OFFICE },
	{ GUESTS, PHONE, "telegram", 40, OFFICE },
	{ GUESTS, PHONE, "temu", 40, OFFICE },
	{ GUESTS, PHONE, "news", 150, OFFICE },
	{ GUESTS, PHONE, "kivra", 50, OFFICE },
};

/* What happens besides, at its own minute: the day's story. number counts the devices of unit and
 * kind from 1. */
static const struct {
	const char *time;
	uint8_t unit, kind;
	unsigned number;
	const char *group;
	uint8_t block;
	bool prefers_v6;
	unsigned minutes; /* of what stays open; 0: 20 */
} events[] = {
	/* TikTok where it is denied, and passes: an alert each (device and day). */
	{ "07:12", LEADERSHIP, PHONE, 3, "tiktok", VISIT_PASSES, false, 0 },
	{ "11:03", LEADERSHIP, PHONE, 3, "tiktok", VISIT_PASSES, false, 0 },
	{ "10:41", LEADERSHIP, PC, 6, "tiktok-web", VISIT_PASSES, false, 0 },
	{ "11:20", STAFF, PHONE, 2, "tiktok-named-by-dns", VISIT_PASSES, false, 0 },
	{ "18:35", CARE, TABLET, 4, "tiktok-v6", VISIT_PASSES, true, 0 },
	{ "12:15", TECHNICAL, PC, 6, "tiktok-web", VISIT_PASSES, false, 0 },
	/* The same app, stopped on the way: attempts, no alert. */
	{ "09:30", TECHNICAL, PC, 1, "tiktok-web", VISIT_NAME_ERROR, false, 0 },
	{ "09:50", CARE, PC, 2, "tiktok-web", VISIT_SINKHOLE, false, 0 },
	{ "10:10", LEADERSHIP, PC, 9, "tiktok-blocked", VISIT_REFUSED, false, 0 },
	{ "10:25", STAFF, PC, 5, "tiktok-blocked", VISIT_HELLO_DROPPED, false, 0 },
	{ "13:05", STAFF, PC, 7, "tiktok-blocked", VISIT_HELLO_RESET, false, 0 },
	{ "14:40", LEADERSHIP, PHONE, 7, "tiktok-blocked", VISIT_UNANSWERED, false, 0 },
	/* Telegram is reported, not denied. */
	{ "08:20", LEADERSHIP, PHONE, 5, "telegram", VISIT_PASSES, false, 90 },
	{ "16:10", STAFF, PHONE, 4, "telegram", VISIT_PASSES, true, 15 },
	/* Flows that cross many five-minute slots. */
	{ "07:00", LEADERSHIP, PC, 1, "m365-push", VISIT_PASSES, false, 480 },
	{ "07:05", LEADERSHIP, PC, 2, "m365-push", VISIT_PASSES, false, 420 },
	{ "06:55", STAFF, PC, 1, "m365-push", VISIT_PASSES, false, 300 },
	{ "05:40", LEADERSHIP, PHONE, 1, "apple-push", VISIT_PASSES, false, 600 },
	{ "05:50", LEADERSHIP, PHONE, 3, "apple-push", VISIT_PASSES, true, 600 },
	{ "06:10", CARE, TABLET, 1, "apple-push", VISIT_PASSES, false, 360 },
	/* What nobody can look into, and what is loud. */
	{ "12:30", PUPILS, PHONE, 5, "vpn", VISIT_PASSES, false, 35 },
	{ "12:40", PUPILS, CHROMEBOOK, 8, "doh-address", VISIT_PASSES, false, 0 },
	{ "13:30", LEADERSHIP, PC, 4, "zoom", VISIT_PASSES, false, 0 },
};

enum { DEVICES_MAX = 160, PLANS_MAX = 16384 };

struct member {
	uint8_t unit, kind;
	unsigned number;
	struct device device;
};

struct plan {
	struct visit visit;
	struct member *member;
	unsigned order;
};

struct day {
	struct scene *scene;
	uint64_t midnight_ns;
	unsigned member_count, plan_count;
	struct member members[DEVICES_MAX];
	struct plan plans[PLANS_MAX];
};

static void add_member(struct day *day, unsigned unit, unsigned kind, bool behind_gre)
{
	struct member *member = &day->members[day->member_count++];
	struct path path = { .vlan_id = units[unit].vlan_id };
	char name[32], addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX];
	unsigned number = 1;

	for (struct member *other = day->members; other < member; other++) {
		number += other->unit == unit && other->kind == kind;
	}
	member->unit = (uint8_t)unit;
	member->kind = (uint8_t)kind;
	member->number = number;
	if (behind_gre) {
		path.tunnel = PATH_GRE;
		path.near = addr_of("10.24.255.1");
		path.far = addr_of("10.10.255.1");
	}
	snprintf(name, sizeof(name), "%s-%u", kind_names[kind], number);
	snprintf(addr4, sizeof(addr4), "10.%u.%u.%u", units[unit].network, kind, number + 10);
	snprintf(
		addr6, sizeof(addr6), "2001:db8:%u:%u::%x", units[unit].network, kind, number + 16);
	device_init(&member->device, day->scene, units[unit].name, name, addr4, addr6, &path);
}

static void add_plan(struct day *day, struct member *member, const struct visit *visit)
{
	if (day->plan_count == PLANS_MAX) {
		abort();
	}
	struct plan *plan = &day->plans[day->plan_count];
	*plan = (struct plan){ *visit, member, day->plan_count };
	day->plan_count++;
	plan->visit.is_work_device = units[member->unit].is_work;
}

/* A moment of the day, the likelier the more the rhythm has in its hour. */
static uint64_t pick_moment(struct day *day, unsigned rhythm)
{
	unsigned sum = 0, hour = 0;

	for (unsigned i = 0; i < 24; i++) {
		sum += rhythms[rhythm][i];
	}
	unsigned pick = (unsigned)rng_below(&day->scene->rng, sum);
	while (pick >= rhythms[rhythm][hour]) {
		pick -= rhythms[rhythm][hour++];
	}
	return day->midnight_ns + hour * 3600 * NS_PER_S +
	       rng_below(&day->scene->rng, 3600) * NS_PER_S;
}

static void plan_habits(struct day *day)
{
	struct rng *rng = &day->scene->rng;

	for (unsigned i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
		for (struct member *member = day->members;
			member < day->members + day->member_count; member++) {
			if (member->unit != habits[i].unit || member->kind != habits[i].kind) {
				continue;
			}
			uint64_t visits = rng_below(rng, 2 * habits[i].per_100_devices + 100) / 100;
			for (uint64_t n = 0; n < visits; n++) {
				struct visit what = {
					.group = habits[i].group,
					.start_ns = pick_moment(day, habits[i].rhythm),
					.prefers_v6 = rng_chance(rng, 1500),
					.volume = 100,
				};
				add_plan(day, member, &what);
			}
		}
	}
}

static struct member *find_member(struct day *day, unsigned unit, unsigned kind, unsigned number)
{
	for (struct member *member = day->members; member < day->members + day->member_count;
		member++) {
		if (member->unit == unit && member->kind == kind && member->number == number) {
			return member;
		}
	}
	fprintf(stderr, "traffic: the day's story speaks of a device that is not there\n");
	abort();
}

static void plan_events(struct day *day)
{
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char time[32];
		struct visit what = {
			.group = events[i].group,
			.block = events[i].block,
			.every_host = true,
			.prefers_v6 = events[i].prefers_v6,
			.volume = 100,
			.duration_ns = events[i].minutes * 60 * NS_PER_S,
		};
		snprintf(time, sizeof(time), "%sT%s", day_text, events[i].time);
		clock_parse(time, &what.start_ns);
		add_plan(day, find_member(day, events[i].unit, events[i].kind, events[i].number),
			&what);
	}
}

static int compare_plans(const void *left, const void *right)
{
	const struct plan *a = left, *b = right;

	if (a->visit.start_ns != b->visit.start_ns) {
		return a->visit.start_ns < b->visit.start_ns ? -1 : 1;
	}
	return a->order < b->order ? -1 : 1;
}

/* RFC 826: who has the gateway's address? */
static void ask_arp(struct day *day, struct member *member, uint64_t time_ns)
{
	uint8_t message[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const struct path *path = timeline_get_path(day->scene->timeline, member->device.path);

	memcpy(message + 8, path->device_mac, 6);
	memcpy(message + 14, member->device.addr4.bytes + 12, 4);
	memcpy(message + 24, member->device.addr4.bytes + 12, 2);
	message[27] = 1;
	packet_begin(&day->scene->packet, message, sizeof(message));
	scene_send_other(day->scene, &member->device, time_ns, ETHERTYPE_ARP);
}

/* RFC 6762: who prints here? */
static void ask_mdns(struct day *day, struct member *member, uint64_t time_ns)
{
	struct endpoint group = { addr_of("224.0.0.251"), 5353 };
	struct truth_flow truth = { .app = "*", .name = "*", .name_flow = TRUTH_NO_FLOW };
	struct conversation udp;
	uint8_t message[256];

	udp_init(&udp, day->scene, &member->device, &group, time_ns, &truth);
	udp_send(&udp, 0, message, dns_build_question(message, 0, "_ipp._tcp.local", 12));
}

static void add_noise(struct day *day)
{
	for (struct member *member = day->members; member < day->members + day->member_count;
		member++) {
		struct visit time = { .group = "ntp", .every_host = true };
		struct addr gateway = member->device.addr4;
		for (unsigned i = 0; i < 6; i++) {
			ask_arp(day, member, pick_moment(day, SHIFT));
		}
		for (unsigned i = 0; i < 3; i++) {
			ask_mdns(day, member, pick_moment(day, OFFICE));
		}
		for (unsigned i = 0; i < 4; i++) {
			time.start_ns = pick_moment(day, SHIFT);
			visit(day->scene, &member->device, &time);
		}
		if (member->kind == PC && member->number % 4 == 0) {
			gateway.bytes[14] = 0;
			gateway.bytes[15] = 1;
			icmp_ping(
				day->scene, &member->device, &gateway, pick_moment(day, OFFICE), 4);
		}
	}
}

static void play(struct scene *scene)
{
	struct day *day = calloc(1, sizeof(*day));

	if (!day) {
		abort();
	}
	day->scene = scene;
	scene->retransmitted_per_10000 = 20;
	clock_parse(day_text, &day->midnight_ns);
	for (unsigned i = 0; i < sizeof(fleet) / sizeof(fleet[0]); i++) {
		for (unsigned n = 0; n < fleet[i].count; n++) {
			add_member(day, fleet[i].unit, fleet[i].kind, fleet[i].behind_gre);
		}
	}
	plan_habits(day);
	plan_events(day);
	qsort(day->plans, day->plan_count, sizeof(day->plans[0]), compare_plans);
	for (unsigned i = 0; i < day->plan_count; i++) {
		visit(scene, &day->plans[i].member->device, &day->plans[i].visit);
	}
	add_noise(day);
	free(day);
}

const struct scenario scenario_day = {
	.name = "day",
	.about = "a working day of Exempelstad kommun (invented): six units, about a hundred "
		 "devices",
	.slice_bytes = 160,
	.play = play,
};
