#include "tests/traffic/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/udp_session.h"

static const struct {
	const char *name;
	unsigned network; /* 10.N.0.0/16, 2001:db8:N::/48 */
	uint16_t vlan_id;
	bool is_work; /* the sample policy denies TikTok on its devices */
} units[TOWN_UNIT_COUNT] = {
	[LEADERSHIP] = { "Kommunledning", 20, 0, true },
	[STAFF] = { "Skola personal", 21, 121, true },
	[PUPILS] = { "Skola elever", 22, 122, false },
	[CARE] = { "Vård och omsorg", 23, 0, true },
	[TECHNICAL] = { "Teknik", 24, 0, true },
	[GUESTS] = { "Gäst", 30, 130, false },
};

static const char *const kind_names[TOWN_KIND_COUNT] = { "pc", "telefon", "chromebook", "platta" };

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
static const uint8_t rhythms[TOWN_RHYTHM_COUNT][24] = {
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

static void add_member(struct town *town, unsigned unit, unsigned kind, bool behind_gre)
{
	struct town_member *member = &town->members[town->member_count++];
	struct path path = { .vlan_id = units[unit].vlan_id };
	char name[32], addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX];
	unsigned number = 1;

	for (struct town_member *other = town->members; other < member; other++) {
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
	device_init(&member->device, town->scene, units[unit].name, name, addr4, addr6, &path);
}

static void add_plan(struct town *town, struct town_member *member, const struct visit *visit)
{
	if (town->plan_count == TOWN_PLANS_MAX) {
		abort();
	}
	struct town_plan *plan = &town->plans[town->plan_count];
	*plan = (struct town_plan){ *visit, member, town->plan_count };
	town->plan_count++;
	plan->visit.is_work_device = units[member->unit].is_work;
}

/* A moment of the day, the likelier the more the rhythm has in its hour. */
static uint64_t pick_moment(struct town *town, unsigned rhythm)
{
	unsigned sum = 0, hour = 0;

	for (unsigned i = 0; i < 24; i++) {
		sum += rhythms[rhythm][i];
	}
	unsigned pick = (unsigned)rng_below(&town->scene->rng, sum);
	while (pick >= rhythms[rhythm][hour]) {
		pick -= rhythms[rhythm][hour++];
	}
	return town->midnight_ns + hour * 3600 * NS_PER_S +
	       rng_below(&town->scene->rng, 3600) * NS_PER_S;
}

void town_plan_habits(struct town *town, unsigned percent)
{
	struct rng *rng = &town->scene->rng;

	for (unsigned i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
		for (struct town_member *member = town->members;
			member < town->members + town->member_count; member++) {
			if (member->unit != habits[i].unit || member->kind != habits[i].kind) {
				continue;
			}
			uint64_t visits =
				rng_below(
					rng, 2 * habits[i].per_100_devices * percent / 100 + 100) /
				100;
			for (uint64_t n = 0; n < visits; n++) {
				struct visit what = {
					.group = habits[i].group,
					.start_ns = pick_moment(town, habits[i].rhythm),
					.prefers_v6 = rng_chance(rng, 1500),
					.volume = town->volume,
				};
				add_plan(town, member, &what);
			}
		}
	}
}

static struct town_member *find_member(
	struct town *town, unsigned unit, unsigned kind, unsigned number)
{
	for (struct town_member *member = town->members;
		member < town->members + town->member_count; member++) {
		if (member->unit == unit && member->kind == kind && member->number == number) {
			return member;
		}
	}
	fprintf(stderr, "traffic: a story speaks of a device that is not there\n");
	abort();
}

void town_plan_event(struct town *town, const struct town_event *event)
{
	char time[40];
	struct visit what = {
		.group = event->group,
		.block = event->block,
		.every_host = true,
		.prefers_v6 = event->prefers_v6,
		.volume = event->volume ? event->volume : town->volume,
		.duration_ns = event->minutes * 60 * NS_PER_S,
	};
	uint64_t of_day_ns = 0;

	/* As on the first day of 1970: what is behind its midnight is the time of the day. */
	snprintf(time, sizeof(time), "1970-01-01T%s", event->time);
	clock_parse(time, &of_day_ns);
	what.start_ns = town->midnight_ns + of_day_ns;
	add_plan(town, find_member(town, event->unit, event->kind, event->number), &what);
}

static int compare_plans(const void *left, const void *right)
{
	const struct town_plan *a = left, *b = right;

	if (a->visit.start_ns != b->visit.start_ns) {
		return a->visit.start_ns < b->visit.start_ns ? -1 : 1;
	}
	return a->order < b->order ? -1 : 1;
}

/* RFC 826: who has the gateway's address? */
static void ask_arp(struct town *town, struct town_member *member, uint64_t time_ns)
{
	uint8_t message[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const struct path *path = timeline_get_path(town->scene->timeline, member->device.path);

	memcpy(message + 8, path->device_mac, 6);
	memcpy(message + 14, member->device.addr4.bytes + 12, 4);
	memcpy(message + 24, member->device.addr4.bytes + 12, 2);
	message[27] = 1;
	packet_begin(&town->scene->packet, message, sizeof(message));
	scene_send_other(town->scene, &member->device, time_ns, ETHERTYPE_ARP);
}

/* RFC 6762: who prints here? */
static void ask_mdns(struct town *town, struct town_member *member, uint64_t time_ns)
{
	struct endpoint group = { addr_of("224.0.0.251"), 5353 };
	struct truth_flow truth = { .app = "*", .name = "*", .name_flow = TRUTH_NO_FLOW };
	struct conversation udp;
	uint8_t message[256];

	udp_init(&udp, town->scene, &member->device, &group, time_ns, &truth);
	udp_send(&udp, 0, message, dns_build_question(message, 0, "_ipp._tcp.local", 12));
}

void town_add_noise(struct town *town)
{
	for (struct town_member *member = town->members;
		member < town->members + town->member_count; member++) {
		struct visit time = { .group = "ntp", .every_host = true };
		struct addr gateway = member->device.addr4;
		for (unsigned i = 0; i < 6; i++) {
			ask_arp(town, member, pick_moment(town, SHIFT));
		}
		for (unsigned i = 0; i < 3; i++) {
			ask_mdns(town, member, pick_moment(town, OFFICE));
		}
		for (unsigned i = 0; i < 4; i++) {
			time.start_ns = pick_moment(town, SHIFT);
			visit(town->scene, &member->device, &time);
		}
		if (member->kind == PC && member->number % 4 == 0) {
			gateway.bytes[14] = 0;
			gateway.bytes[15] = 1;
			icmp_ping(town->scene, &member->device, &gateway, pick_moment(town, OFFICE),
				4);
		}
	}
}

struct town *town_create(struct scene *scene)
{
	struct town *town = calloc(1, sizeof(*town));

	if (!town) {
		abort();
	}
	town->scene = scene;
	town->volume = 100;
	for (unsigned i = 0; i < sizeof(fleet) / sizeof(fleet[0]); i++) {
		for (unsigned n = 0; n < fleet[i].count; n++) {
			add_member(town, fleet[i].unit, fleet[i].kind, fleet[i].behind_gre);
		}
	}
	return town;
}

void town_destroy(struct town *town)
{
	free(town);
}

void town_play(struct town *town)
{
	qsort(town->plans, town->plan_count, sizeof(town->plans[0]), compare_plans);
	for (unsigned i = 0; i < town->plan_count; i++) {
		visit(town->scene, &town->plans[i].member->device, &town->plans[i].visit);
	}
	town->plan_count = 0;
}
