/* Exempelstad kommun, a mid-size municipality that does not exist: six units, about a hundred
 * devices, what each of them does on a day, and when. Scenarios plan days of it, with events of
 * their own.
 *
 *     town->midnight_ns = …;
 *     town_plan_habits(town, 100);
 *     town_plan_event(town, &event);
 *     town_play(town);
 *     town_add_noise(town);
 *
 * Memory: the heap. Threads: one. Failure: ends the program. */
#pragma once

#include "tests/traffic/visit.h"

enum town_unit { LEADERSHIP, STAFF, PUPILS, CARE, TECHNICAL, GUESTS, TOWN_UNIT_COUNT };
enum town_kind { PC, PHONE, CHROMEBOOK, TABLET, TOWN_KIND_COUNT };
enum town_rhythm { OFFICE, SCHOOL, HAND, SHIFT, TOWN_RHYTHM_COUNT };

enum { TOWN_DEVICES_MAX = 160, TOWN_PLANS_MAX = 16384 };

/* Something that a device does besides its habits. number counts the devices of unit and kind from
 * 1. */
struct town_event {
	const char *time; /* of the day, UTC: "07:12" */
	uint8_t unit, kind;
	unsigned number;
	const char *group; /* of services */
	uint8_t block;     /* enum visit_block */
	bool prefers_v6;
	unsigned minutes; /* of what stays open; 0: 20 */
	unsigned volume;  /* in hundredths; 0: that of the town */
};

struct town_member {
	uint8_t unit, kind;
	unsigned number;
	struct device device;
};

struct town_plan {
	struct visit visit;
	struct town_member *member;
	unsigned order;
};

struct town {
	struct scene *scene;
	uint64_t midnight_ns; /* of the day that is planned, UTC */
	unsigned volume;      /* of what habits move, in hundredths */
	unsigned member_count, plan_count;
	struct town_member members[TOWN_DEVICES_MAX];
	struct town_plan plans[TOWN_PLANS_MAX];
};

struct town *town_create(struct scene *scene);
void town_destroy(struct town *town);

/* What all devices do on such a day; percent of a working day's visits. */
void town_plan_habits(struct town *town, unsigned percent);
void town_plan_event(struct town *town, const struct town_event *event);

/* What was planned happens, in order of time; then nothing is planned. */
void town_play(struct town *town);

/* What no person does: ARP, printers, the time of day. After town_play(). */
void town_add_noise(struct town *town);
