/* What named flows teach about those without a name: one story a test. */
#include "analyzer/attribute/behaviour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/attribute/app_likelihood.h"
#include "analyzer/attribute/attribute.h"
#include "analyzer/attribute/server_profiles.h"
#include "analyzer/record/state.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct behaviour *behaviour;
static uint64_t now_ns;

static void begin(const struct behaviour_options *options)
{
	behaviour_destroy(behaviour);
	behaviour = behaviour_create(options);
	clock_parse("2026-03-17T08:00", &now_ns);
}

/* A flow of one of our devices to 443; name NULL: hidden. */
static struct record flow(unsigned device, const char *server, const char *name)
{
	struct record record = { .direction = RECORD_DIRECTION_OUTBOUND,
		.own_side = RECORD_SOURCE,
		.l7 = { .protocol = L7_TLS } };
	char own[ADDR_TEXT_MAX];

	snprintf(own, sizeof(own), "10.1.%u.%u", device / 250, device % 250 + 1);
	addr_parse(own, &record.flow.source);
	addr_parse(server, &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.source_port = 50000;
	record.flow.destination_port = 443;
	record.flow.start_seen = record.flow.is_last = true;
	record.flow.total_bytes[0] = 2000;
	record.flow.total_bytes[1] = record.flow.bytes[1] = 200000;
	record.flow.flow_start_ns = now_ns;
	record.flow.end_ns = now_ns + 3 * NS_PER_S;
	if (name) {
		l7_info_add_name(&record.l7, NAME_TLS_SNI, name, strlen(name));
	} else {
		record.l7.hidden = NAME_HIDDEN_NO_SNI;
	}
	return record;
}

static void see(struct record *record)
{
	struct behaviour_context context;

	attribute(catalogue, NULL, record);
	if (behaviour_look(behaviour, catalogue, record, &context)) {
		behaviour_judge(behaviour, catalogue, NULL, record, &context);
	}
}

/* count devices use a name there, one after the other, twenty minutes apart. */
static void teach(unsigned first_device, unsigned count, const char *server, const char *name)
{
	for (unsigned i = 0; i < count; i++) {
		struct record record = flow(first_device + i, server, name);
		see(&record);
		now_ns += 20 * 60 * NS_PER_S;
	}
}

static const char *hidden_app(unsigned device, const char *server)
{
	struct record record = flow(device, server, NULL);

	see(&record);
	return record.verdict.app ? catalogue_app(catalogue, record.verdict.app)->id : "unknown";
}

static void test_nothing_taught(void)
{
	struct behaviour_stats stats;

	begin(&(struct behaviour_options){ 0 });
	is_text(hidden_app(1, "192.0.2.1"), "unknown", "without knowledge nothing is inferred");
	behaviour_read_stats(behaviour, &stats);
	is_int((int64_t)stats.hidden, 1, "it is counted as hidden");
	is_int((int64_t)stats.unknown, 1, "at an unknown server");
}

static void test_address(void)
{
	struct record record;

	begin(&(struct behaviour_options){ 0 });
	teach(1, 30, "192.0.2.1", "v16m.tiktokcdn.com");
	record = flow(99, "192.0.2.1", NULL);
	see(&record);
	is_text(catalogue_app(catalogue, record.verdict.app)->id, "tiktok",
		"an address that only TikTok was seen at, by another device");
	ok(record.verdict.inferred, "it is marked as inferred");
	is_int(record.verdict.evidence, 1 << EVIDENCE_BEHAVIOUR, "by behaviour and nothing else");
	is_int(record.verdict.confidence, 40, "with the confidence published");
	is_int(record.verdict.grounds & 1 << INFERRED_BY_ADDRESS, 1 << INFERRED_BY_ADDRESS,
		"on the ground of the address");
	is_text(record.verdict.parent_country, "CN", "control is that of the app");
	ok(!verdict_control_is_proven(&record.verdict), "and marked as not proven");
	is_text(hidden_app(99, "198.51.100.1"), "unknown", "another network says nothing");
	record = flow(99, "192.0.2.1", NULL);
	record.flow.destination_port = 8443;
	see(&record);
	is_int(record.verdict.app, 0, "nor does another port");
}

static void test_shared_address(void)
{
	struct behaviour_stats stats;

	begin(&(struct behaviour_options){ 0 });
	for (unsigned i = 0; i < 15; i++) {
		teach(2 * i, 1, "192.0.2.1", "v16m.tiktokcdn.com");
		teach(2 * i + 1, 1, "192.0.2.1", "img.kwcdn.com");
	}
	is_text(hidden_app(99, "192.0.2.1"), "unknown", "an address of two apps names neither");
	behaviour_read_stats(behaviour, &stats);
	is_int((int64_t)stats.unsure, 1, "and that is counted");
	for (unsigned i = 10; i < 14; i++) {
		char server[ADDR_TEXT_MAX];
		snprintf(server, sizeof(server), "203.0.113.%u", i);
		teach(300, 10, server, "v16m.tiktokcdn.com");
	}
	for (unsigned i = 10; i < 14; i++) {
		char server[ADDR_TEXT_MAX];
		snprintf(server, sizeof(server), "203.0.113.%u", i);
		hidden_app(99, server);
		now_ns += 10 * NS_PER_S;
	}
	struct record record = flow(99, "192.0.2.1", NULL);
	see(&record);
	ok(record.verdict.inferred && record.verdict.grounds & 1 << INFERRED_BY_CONTEXT,
		"in the minutes of its TikTok use the shared address is TikTok's as well");
	is_text(hidden_app(98, "192.0.2.1"), "unknown", "for another device it is not");
}

static void test_traps(void)
{
	struct record record;

	begin(&(struct behaviour_options){ 0 });
	teach(1, 30, "192.0.2.1", "analytics.tiktok.com");
	is_text(hidden_app(99, "192.0.2.1"), "unknown", "a pixel's server teaches no use");
	teach(1, 30, "192.0.2.2", "www.nyheter.example");
	is_text(hidden_app(99, "192.0.2.2"), "unknown", "a name that is not listed is no app");
	for (unsigned i = 0; i < 40; i++) {
		record = flow(7, "192.0.2.3", "v16m.tiktokcdn.com");
		see(&record);
	}
	is_text(hidden_app(99, "192.0.2.3"), "unknown", "one busy device does not speak for all");
	teach(1, 30, "192.0.2.4", "v16m.tiktokcdn.com");
	record = flow(98, "192.0.2.4", NULL);
	record.flow.bytes[1] = 900;
	see(&record);
	is_int(record.verdict.app, 0, "a little alone may be an advertising kit");
	record = flow(99, "192.0.2.4", NULL);
	record.flow.total_bytes[1] = 0;
	see(&record);
	is_int(record.verdict.app, 0, "what was not answered is no use");
	record = flow(99, "192.0.2.4", "www.nyheter.example");
	see(&record);
	is_int(record.verdict.app, 0, "what has a name is never inferred");
	record = flow(99, "192.0.2.4", NULL);
	record.direction = RECORD_DIRECTION_INTERNAL;
	see(&record);
	is_int(record.verdict.app, 0, "what stays inside is never inferred");
	now_ns += UINT64_C(8) * 24 * 3600 * NS_PER_S;
	is_text(hidden_app(99, "192.0.2.4"), "unknown", "after a week of silence it is forgotten");
}

/* Whose use it is: of who went out there himself, as far as was seen. */
static void test_whose(void)
{
	struct record record;

	begin(&(struct behaviour_options){ 0 });
	teach(1, 30, "192.0.2.4", "v16m.tiktokcdn.com");
	record = flow(97, "192.0.2.4", NULL);
	record.flow.total_packets[0] = record.flow.total_packets[1] = 5;
	record.flow.wrapped[0] = record.flow.wrapped[1] = FLOW_WRAPPED_OUTSIDE;
	see(&record);
	is_int(record.verdict.app, 0, "what somebody outside wrapped is never inferred");
	record.flow.wrapped[1] = FLOW_WRAPPED_INSIDE;
	see(&record);
	ok(record.verdict.inferred, "… but where we answer into it");
	record = flow(96, "192.0.2.4", NULL);
	record.direction = RECORD_DIRECTION_INBOUND;
	record.own_side = RECORD_DESTINATION;
	record.flow.destination = record.flow.source;
	addr_parse("192.0.2.4", &record.flow.source);
	record.flow.source_port = 443;
	record.flow.destination_port = 50000;
	record.flow.total_bytes[0] = record.flow.bytes[0] = 200000;
	see(&record);
	is_int(record.verdict.app, 0, "who calls us is not inferred");
	record.flow.start_seen = false;
	see(&record);
	ok(record.verdict.inferred, "… but where nobody saw who called");
	is_text(hidden_app(95, "192.0.2.4"), "tiktok", "who goes out there is");
	now_ns += UINT64_C(8) * 24 * 3600 * NS_PER_S;
	is_text(hidden_app(95, "192.0.2.4"), "unknown", "… but not after a week of silence");
}

/* What the network says of itself stays; an SDK in other apps teaches no use; and a look-up that
 * was seen teaches as well as a hello. */
static void test_teachers(void)
{
	struct record record;

	begin(&(struct behaviour_options){ 0 });
	teach(1, 30, "149.154.167.99", "v16m.tiktokcdn.com");
	is_text(hidden_app(99, "149.154.167.99"), "telegram",
		"an address of Telegram's own is Telegram's, whoever else was named there");
	teach(1, 30, "192.0.2.1", "api16-access-sg.pangle.io");
	is_text(hidden_app(99, "192.0.2.1"), "unknown", "an SDK in other apps teaches no use");
	for (unsigned i = 0; i < 30; i++) {
		record = flow(i, "192.0.2.2", NULL);
		l7_info_add_name(&record.l7, NAME_CERT, "v16m.tiktokcdn.com", 18);
		see(&record);
		now_ns += 20 * 60 * NS_PER_S;
	}
	is_text(hidden_app(99, "192.0.2.2"), "tiktok", "a certificate teaches");
}

/* What ended before it was known can wait for what is named after it. */
static void test_waiting(void)
{
	struct behaviour_context context;

	begin(&(struct behaviour_options){ 0 });
	struct record early = flow(99, "192.0.2.1", NULL);
	attribute(catalogue, NULL, &early);
	struct record impatient = early;
	ok(behaviour_look(behaviour, catalogue, &early, &context), "a flow without a name");
	teach(1, 30, "192.0.2.1", "v16m.tiktokcdn.com");
	behaviour_judge(behaviour, catalogue, NULL, &early, &context);
	is_text(catalogue_app(catalogue, early.verdict.app)->id, "tiktok",
		"that waits for what is named after it");
	begin(&(struct behaviour_options){ 0 });
	see(&impatient);
	is_int(impatient.verdict.app, 0, "the same judged at once stays unknown");
}

/* An inference is no teacher. */
static void test_no_echo(void)
{
	begin(&(struct behaviour_options){ 0 });
	teach(1, 30, "192.0.2.1", "v16m.tiktokcdn.com");
	for (unsigned i = 0; i < 200; i++) {
		hidden_app(100 + i, "192.0.2.1");
		hidden_app(100 + i, "192.0.2.99");
	}
	struct behaviour_stats stats;
	behaviour_read_stats(behaviour, &stats);
	is_int((int64_t)stats.taught, 30, "only named flows teach");
}

static void test_bounds(void)
{
	struct behaviour_stats stats;
	char server[ADDR_TEXT_MAX];

	begin(&(struct behaviour_options){ .servers_limit = 64, .devices_limit = 16 });
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(server, sizeof(server), "198.%u.%u.7", i / 250, i % 250);
		teach(i, 1, server, "v16m.tiktokcdn.com");
	}
	behaviour_read_stats(behaviour, &stats);
	ok(stats.given_up > 5000, "full tables forget the oldest, and count");
	teach(1, 30, "192.0.2.1", "v16m.tiktokcdn.com");
	is_text(hidden_app(99, "192.0.2.1"), "tiktok", "and go on learning");
}

/* Thirteen apps at one address: one more than there is room for. */
static void test_many_apps(void)
{
	struct server_profiles *known = server_profiles_create(64);
	struct record record = flow(1, "192.0.2.1", NULL);
	struct known_place place = server_profiles_place(&record);

	for (uint16_t app = 1; app <= KNOWN_APPS_MAX + 1; app++) {
		server_profiles_teach(known, &record, app);
		server_profiles_teach(known, &record, app);
	}
	const struct known *entry = server_profiles_find(known, place.hashes[KNOWN_ADDRESS],
		(uint32_t)(record.flow.end_ns / (60 * NS_PER_S)));
	is_int(entry->total, KNOWN_APPS_MAX + 1, "each counts once in ten minutes");
	is_int(known_count(entry, KNOWN_APPS_MAX), 1, "the last one that found room");
	is_int(known_count(entry, KNOWN_APPS_MAX + 1), 0, "what found none is something else");
	server_profiles_destroy(known);
}

/* A place that was taught at a minute, so often. */
static struct known known_of(uint64_t hash, uint32_t minute, uint16_t app, uint16_t times)
{
	return (struct known){
		.hash = hash, .minute = minute, .total = times, .apps = { { app, times } }
	};
}

/* Four places are one set: the fifth takes that of whoever was silent longest. */
static void test_oldest_place(void)
{
	static const uint32_t minutes[] = { 40, 10, 30, 20, 50 };
	struct server_profiles *known = server_profiles_create(4);

	for (uint64_t i = 0; i < 5; i++) {
		struct known entry = known_of(i + 1, minutes[i], 1, 1);
		server_profiles_put(known, &entry);
	}
	for (uint64_t i = 0; i < 5; i++) {
		ok((server_profiles_find(known, i + 1, 50) == NULL) == (i == 1),
			"taught at minute %u: %s", minutes[i], i == 1 ? "forgotten" : "known");
	}
	is_int((int64_t)server_profiles_given_up(known), 1, "one was given up");
	server_profiles_destroy(known);
}

/* A week to the minute; whoever comes back after it begins anew; and counts stay in their room. */
static void test_known_life(void)
{
	enum { MOST = 50000 };
	struct server_profiles *known = server_profiles_create(64);
	struct record record = flow(1, "192.0.2.1", NULL);
	uint64_t hash = server_profiles_place(&record).hashes[KNOWN_ADDRESS];
	uint32_t minute = (uint32_t)(record.flow.end_ns / (60 * NS_PER_S));
	struct known full = known_of(hash, minute, 7, MOST);

	server_profiles_teach(known, &record, 7);
	ok(server_profiles_find(known, hash, minute + KNOWN_LIFE_MINUTES), "known for a week");
	ok(!server_profiles_find(known, hash, minute + KNOWN_LIFE_MINUTES + 1), "and no longer");
	record.flow.end_ns += (KNOWN_LIFE_MINUTES + 1) * 60 * NS_PER_S;
	minute += KNOWN_LIFE_MINUTES + 1;
	server_profiles_teach(known, &record, 8);
	const struct known *entry = server_profiles_find(known, hash, minute);
	ok(entry->total == 1 && known_count(entry, 7) == 0, "what is taught after it begins anew");

	full.minute = minute;
	server_profiles_put(known, &full);
	server_profiles_teach(known, &record, 7);
	entry = server_profiles_find(known, hash, minute);
	ok(entry->total == MOST / 2 + 1 && known_count(entry, 7) == MOST / 2 + 1,
		"counts are halved when they are full");
	server_profiles_destroy(known);
}

static void test_device_activity(void)
{
	struct device_activity window = { 0 };

	is_int(device_activity_begin(&window, 1000), 0, "a device's first flow");
	is_int(device_activity_begin(&window, 3000), 1, "another began two seconds before it");
	is_int(device_activity_begin(&window, 5001), 0, "… or longer ago");
	for (uint16_t app = 1; app <= DEVICE_APPS_MAX; app++) {
		app_weights_add(&window.weights, app, app == 3 ? 1 : 2 + app, 1000);
	}
	app_weights_add(&window.weights, DEVICE_APPS_MAX + 1, 5, 1000);
	for (uint16_t app = 1; app <= DEVICE_APPS_MAX + 1; app++) {
		ok((app_weights_of(&window.weights, app) > 0) == (app != 3), "app %u %s", app,
			app == 3 ? "was the faintest and gave way" : "is among the window's");
	}
	ok(app_weights_of(&window.weights, 0) == 1, "… and counts as something else");
}

static void test_shape(void)
{
	static const uint64_t steps[] = { 6 << 10, 48 << 10, 400 << 10 };
	struct record record = flow(1, "192.0.2.1", NULL);

	record.flow.total_bytes[0] = 0;
	for (unsigned i = 0; i < 3; i++) {
		record.flow.total_bytes[1] = steps[i] - 1;
		unsigned below = flow_shape_of(&record, 0);
		record.flow.total_bytes[1] = steps[i];
		unsigned at = flow_shape_of(&record, 0);
		record.flow.total_bytes[1] = steps[i] + 1;
		ok(at != below && at == flow_shape_of(&record, 0), "%u KiB are the next size",
			(unsigned)(steps[i] >> 10));
	}
}

/* The share that the server alone gives an app. */
static double share_of(uint8_t role, const struct known *network, const struct known *address,
	const struct known *hello)
{
	struct known_levels levels = { { network, NULL, address, hello } };
	struct record record = flow(1, "192.0.2.1", NULL);
	struct likelihood likelihood;

	record.place.role = role;
	app_likelihood_by_server(&likelihood, catalogue, &record, &levels);
	return likelihood.items[1].server;
}

static void test_shares(void)
{
	uint16_t app = catalogue_find(catalogue, "tiktok");
	struct known whole = known_of(1, 1, app, 20), mixed = known_of(2, 1, app, 10);
	struct known all = known_of(3, 1, app, 10), one = known_of(4, 1, app, 10);

	mixed.total = all.total = 20;
	double without = share_of(GEO_ROLE_CLOUD, NULL, &mixed, NULL);
	ok(share_of(GEO_ROLE_CLOUD, NULL, &mixed, &all) == without,
		"a fingerprint that all clients have says nothing more");
	ok(share_of(GEO_ROLE_CLOUD, NULL, &mixed, &one) > without, "one that some have does");
	ok(share_of(GEO_ROLE_CLOUD, &whole, NULL, NULL) <= 0.5,
		"a network that anybody may rent is believed by half");
	ok(share_of(GEO_ROLE_OWN, &whole, NULL, NULL) > 0.5, "an owner's own is not halved");
}

static struct conclusion conclude(uint16_t sessions, double share)
{
	struct known address = known_of(1, 1, 7, sessions);
	struct known_levels levels = { { NULL, NULL, &address, NULL } };
	const struct app_weights around = { 0 };
	const struct likelihood likelihood = { .count = 2,
		.items = { { 0, 1 - share, 1 - share }, { 7, share, share } } };

	return app_likelihood_conclude(&likelihood, &levels, &around, false);
}

static void test_conclusion(void)
{
	is_int(conclude(2, 0.9).app, 7, "two sessions and nine tenths are enough");
	is_int(conclude(1, 0.9).app, 0, "one is not");
	is_int(conclude(2, 0.89).app, 0, "nor less than nine tenths");
	is_int(conclude(2, 0.9).grounds, 1 << INFERRED_BY_ADDRESS,
		"the ground is the address alone");
}

static void test_reload(void)
{
	struct catalogue *other;
	struct err err;

	begin(&(struct behaviour_options){ 0 });
	teach(1, 40, "192.0.2.1", "v16m.tiktokcdn.com");
	ok(catalogue_open(&other, NULL, 0, &err) == 0, "the catalogue once more");
	catalogue_close(catalogue);
	catalogue = other;
	is_text(hidden_app(99, "192.0.2.1"), "tiktok", "a reload keeps what was learnt");

	/* A catalogue in which the app is gone, and others stand in front. */
	char path[] = "/tmp/borderflow-pack-XXXXXX";
	static const char gone[] = "app\tfact\tvalue\tsource\ntiktok\t-app\t-\t-\n";
	const char *paths[] = { path };
	int fd = mkstemp(path);
	ok(fd >= 0 && write(fd, gone, sizeof(gone) - 1) == (ssize_t)sizeof(gone) - 1 &&
			catalogue_open(&other, paths, 1, &err) == 0,
		"a catalogue without it: %s", err.text);
	struct catalogue *with = catalogue;
	catalogue = other;
	is_text(hidden_app(99, "192.0.2.1"), "unknown", "an app that is gone is not inferred");
	catalogue_close(catalogue);
	catalogue = with;
	is_text(hidden_app(99, "192.0.2.1"), "tiktok", "one that comes back is");
	close(fd);
	unlink(path);
}

/* What was taught goes on in another run, and nothing of it after damage. */
static void test_state(void)
{
	char folder[] = "/tmp/borderflow-behaviour-XXXXXX", path[64], *content;
	struct state *state;
	size_t count;
	struct err err = { "" };

	begin(&(struct behaviour_options){ 0 });
	teach(1, 40, "192.0.2.1", "v16m.tiktokcdn.com");
	ok(mkdtemp(folder) && state_open(&state, folder, &err) == 0, "a folder");
	is_int(behaviour_load(behaviour, state, &err), 0, "nothing is kept yet");
	is_int(behaviour_save(behaviour, state, &err), 0, "what was taught is kept %s", err.text);
	begin(&(struct behaviour_options){ 0 });
	is_text(hidden_app(99, "192.0.2.1"), "unknown", "another run knows nothing");
	is_int(behaviour_load(behaviour, state, &err), 0, "until it is told");
	is_text(hidden_app(98, "192.0.2.1"), "tiktok", "then it goes on from there");

	snprintf(path, sizeof(path), "%s/behaviour.state", folder);
	file_read(path, &content, &count, &err);
	begin(&(struct behaviour_options){ 0 });
	state_save(state, "behaviour", 1, content, count / 2, &err);
	ok(behaviour_load(behaviour, state, &err) < 0, "half of it: %s", err.text);
	state_save(state, "behaviour", 9, content, count, &err);
	ok(behaviour_load(behaviour, state, &err) < 0, "another version: %s", err.text);
	free(content);
	state_close(state);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "the catalogue: %s", err.text);
		return done_testing();
	}
	test_nothing_taught();
	test_address();
	test_shared_address();
	test_traps();
	test_whose();
	test_teachers();
	test_waiting();
	test_no_echo();
	test_bounds();
	test_many_apps();
	test_oldest_place();
	test_known_life();
	test_device_activity();
	test_shape();
	test_shares();
	test_conclusion();
	test_reload();
	test_state();
	behaviour_destroy(behaviour);
	catalogue_close(catalogue);
	return done_testing();
}
