/* A policy, records of what it denies, and what alerts wrote of them. */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;
static struct messages *messages;
static struct reference reference;
static const struct alert_origin origin = { "Exempelstad kommun", "north",
	"https://flow.example.org" };

static const char rules[] = "organisation: Exempelstad kommun\n"
			    "reference: KS 2026/0001\n"
			    "units:\n"
			    "  School: {networks: [10.20.3.0/24]}\n"
			    "  Care: {networks: [10.20.5.0/24], protection: secrecy}\n"
			    "rules:\n"
			    "  - id: ban-2026\n"
			    "    match: {app: [tiktok, telegram]}\n"
			    "    action: deny\n"
			    "    effective_from: 2026-01-01\n"
			    "    severity: high\n"
			    "    basis: a \"decision\"\n"
			    "  - id: not-to-third\n"
			    "    match: {zone: third}\n"
			    "    action: deny\n"
			    "  - id: not-to-adequate\n"
			    "    match: {zone: adequate}\n"
			    "    action: deny\n";

static inline struct record used(const char *device, const char *app, const char *when)
{
	struct record record = { 0 };
	uint16_t row = catalogue_find(catalogue, app);

	addr_parse(device, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	clock_parse(when, &record.flow.start_ns);
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + 2 * NS_PER_S;
	record.flow.flow_id = 0x0123456789abcdef;
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 10;
	record.flow.packets[1] = record.flow.total_packets[1] = 10;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 1000;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 20000;
	record.verdict.app = row;
	record.verdict.confidence = 95;
	record.verdict.evidence = 1 << EVIDENCE_TLS_SNI | 1 << EVIDENCE_DNS;
	if (row > 0) {
		strcpy(record.verdict.parent_country,
			catalogue_app(catalogue, row)->parent_country);
	}
	record.verdict.control = GEO_ZONE_THIRD;
	strcpy(record.place.country, "SE");
	record.place.zone = GEO_ZONE_EU;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "v16.tiktokcdn.com", 17);
	policy_locate(policy, &record);
	return record;
}

static inline int add_file(struct alerts *alerts, const char *path, struct err *err)
{
	struct alert_output_options options = { .target = path };

	return alerts_add_output(alerts, &alert_output_ndjson, &options, err);
}

static inline void take(struct alerts *alerts, struct record *record)
{
	policy_decide(policy, catalogue, record);
	alerts_take(alerts, &reference, record, 1);
}

/* Everything that was written, by a real output into a real file. */
static inline char *written(const char *path)
{
	char *content = NULL;
	struct err err;

	ok(file_read(path, &content, NULL, &err) == 0, "the file is there");
	return content ? content : strdup("");
}

static inline unsigned lines_in(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++) {
		lines += *text == '\n';
	}
	return lines;
}

/* Whether one of the latest is told so, in short. */
static inline bool is_told(const struct alerts *alerts, const char *wanted)
{
	const struct alert *latest[8];
	size_t count = alerts_latest(alerts, latest, 8);
	bool is_found = false;

	for (size_t i = 0; i < count; i++) {
		char memory[512];
		struct text text;
		text_init(&text, memory, sizeof(memory));
		alert_put_short(&text, latest[i], &reference);
		is_found |= strcmp(memory, wanted) == 0;
	}
	return is_found;
}

/* path: a template as for mkstemp(). */
static inline bool open_fixture(char *path)
{
	struct policy_problems problems;
	struct err err;
	int fd = mkstemp(path);

	if (fd < 0 || catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			&problems, &err) < 0 ||
		messages_open(&messages, "en", &err) < 0) {
		ok(false, "%s", err.text);
		return false;
	}
	close(fd);
	reference = (struct reference){
		.catalogue = catalogue, .policy = policy, .messages = messages
	};
	return true;
}

static inline void close_fixture(const char *path)
{
	unlink(path);
	messages_close(messages);
	policy_free(policy);
	catalogue_close(catalogue);
}
