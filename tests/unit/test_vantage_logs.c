/* What the doctor says of resolvers' logs, and of look-ups that are yet to be told. */
#include "collector/flow_source.h"
#include "tests/unit/vantage_fixture.h"

static void test_resolver_log(void)
{
	begin();
	take_healthy();
	context.counters.names_heard = 400;
	context.counters.name_clients = 1;
	context.counters.named_by_log = 10;
	const struct vantage_finding *finding = judge(VANTAGE_RESOLVER_LOG);
	ok(finding && strcmp(finding->figures[3].text, "doctor_log_forwarder") == 0,
		"a log in which a forwarder asks for all");
	context.counters.name_clients = 20;
	finding = judge(VANTAGE_RESOLVER_LOG);
	ok(finding && strcmp(finding->figures[3].text, "doctor_log_strangers") == 0,
		"a log of clients that are not seen");
	context.counters.names_bare = 400;
	finding = judge(VANTAGE_RESOLVER_LOG);
	ok(finding && strcmp(finding->figures[3].text, "doctor_log_questions") == 0,
		"a log of questions alone");
	context.counters.names_heard = context.counters.names_bare = 0;
	context.counters.names_later = 120;
	finding = judge(VANTAGE_RESOLVER_LOG);
	ok(finding && finding->figures[0].number == 120, "a log of another time");
	context.counters.names_heard = 400;
	context.counters.named_by_log = 200;
	ok(judge(VANTAGE_RESOLVER_LOG) == NULL, "a log that names flows");
	context.counters.named_by_log = 0;
	context.counters.answers = 400;
	ok(judge(VANTAGE_RESOLVER_LOG) == NULL, "… or that the wire goes before");
	context.counters.log_ahead_s = 3600;
	context.counters.log_ahead_by = 90;
	finding = judge(VANTAGE_RESOLVER_CLOCK);
	ok(finding && finding->figures[0].number == 3600 && finding->figures[2].number == 90,
		"a log whose clock is an hour ahead");
}

/* A running sensor tells of flows of the web as they close, of lookups once they have been idle. */
static void test_lookups_wait(void)
{
	begin();
	context.lookups_wait_ns = 130 * NS_PER_S;
	context.now_ns = start_ns + 129 * NS_PER_S;
	for (unsigned host = 1; host <= 10; host++) {
		struct record record = flow_of(1, host);
		take(&record, 20);
	}
	ok(judge(VANTAGE_DNS_NONE) == NULL, "lookups that may still be told are not missed");
	context.now_ns += 2 * NS_PER_S;
	ok(judge(VANTAGE_DNS_NONE) != NULL, "… once they had time they are");
	begin();
	context.lookups_wait_ns = 130 * NS_PER_S;
	context.now_ns = start_ns + 131 * NS_PER_S;
	for (unsigned host = 1; host <= 100; host++) {
		struct record record = flow_of(1, host), lookup = lookup_of(1, host);
		record.flow.flow_start_ns += host * NS_PER_S / 2;
		take(&record, 3);
		take(&lookup, host <= 2);
	}
	ok(judge(VANTAGE_DNS_RESOLVER) == NULL, "who asked just now has not asked for others");
	context.now_ns += 50 * NS_PER_S;
	ok(figure(judge(VANTAGE_DNS_RESOLVER), "askers") == 2,
		"… and later has, where they are alone");
	begin();
	context.lookups_wait_ns = 130 * NS_PER_S;
	context.now_ns = start_ns + 131 * NS_PER_S;
	for (unsigned host = 1; host <= 20; host++) {
		struct record record = flow_of(1, host % 10);
		record.flow.flow_start_ns += host > 10 ? 60 * NS_PER_S : 0;
		take(&record, 20);
	}
	ok(judge(VANTAGE_DNS_NONE) != NULL,
		"who goes on browsing does not keep it from being said");
}

/* A socket that asks on and on, and a connection to a resolver that hides what it is asked, are
 * told in parts. */
static void test_never_idle(void)
{
	begin();
	for (unsigned host = 1; host <= 10; host++) {
		struct record record = flow_of(1, host), lookup = lookup_of(1, host);
		take(&record, 20);
		lookup.flow.is_last = false;
		take(&lookup, 1);
		lookup.flow.part = 1;
		take(&lookup, 1);
	}
	ok(judge(VANTAGE_DNS_NONE) == NULL && vantage->lookups == 10,
		"lookups of sockets that are never idle are seen by their first part, once");
	begin();
	for (unsigned host = 1; host <= 10; host++) {
		struct record record = flow_of(1, host), hidden = flow_of(1, host);
		take(&record, 20);
		hidden.flow.is_last = false;
		hidden.l7.hidden = NAME_HIDDEN_ENCRYPTED_DNS;
		take(&hidden, 1);
	}
	ok(figure(judge(VANTAGE_DNS_ENCRYPTED), "count") == 10,
		"connections to resolvers that hide them likewise");
}

static void note_log(uint64_t messages, uint64_t away_ns, uint64_t after_s)
{
	const struct flow_source_stats stats = { .messages = messages, .away_ns = away_ns };

	context.now_ns = start_ns + after_s * NS_PER_S;
	vantage_note_log(vantage, 0, "/var/log/unbound.log", &stats, context.now_ns);
}

/* A live log that says nothing any more, or cannot be read. */
static void test_live_logs(void)
{
	const struct vantage_finding *finding;

	begin();
	note_log(0, 0, 0);
	note_log(50, 0, 60);
	struct record record = flow_of(1, 1);
	take(&record, 99);
	note_log(50, 0, 900);
	ok(!judge(VANTAGE_RESOLVER_SILENT), "few go on while a log is silent: a quiet place");
	take(&record, 1);
	finding = judge(VANTAGE_RESOLVER_SILENT);
	ok(finding != NULL, "many do: it has fallen silent");
	is_int(figure(finding, "since"), 840, "… since the latest lookup");
	is_int(figure(finding, "flows"), 100, "… and so many flows of the web");
	context.now_ns = start_ns + 600 * NS_PER_S;
	ok(!judge(VANTAGE_RESOLVER_SILENT), "not yet after nine minutes");
	note_log(51, 0, 901);
	ok(!judge(VANTAGE_RESOLVER_SILENT), "it speaks again");
	note_log(51, start_ns + 901 * NS_PER_S, 960);
	ok(!judge(VANTAGE_RESOLVER_AWAY), "a rotation takes a moment");
	note_log(51, start_ns + 901 * NS_PER_S, 961);
	ok(judge(VANTAGE_RESOLVER_AWAY) != NULL, "a log that cannot be read for a minute is away");
	note_log(51, 0, 962);
	ok(!judge(VANTAGE_RESOLVER_AWAY), "… until it can");
}

static void note_backlog(uint64_t bytes, uint64_t after_s)
{
	const struct flow_source_stats stats = { .messages = after_s, .behind = bytes };

	context.now_ns = start_ns + after_s * NS_PER_S;
	vantage_note_log(vantage, 0, "/var/log/unbound.log", &stats, context.now_ns);
}

/* A live log that is written faster than it is read. */
static void test_backlog(void)
{
	const struct vantage_finding *finding;

	begin();
	note_backlog(5 << 20, 1);
	note_backlog(6 << 20, 60);
	ok(!judge(VANTAGE_RESOLVER_BEHIND), "a burst is read within a minute");
	note_backlog(7 << 20, 61);
	finding = judge(VANTAGE_RESOLVER_BEHIND);
	ok(finding != NULL, "a log that is not read up for a minute");
	is_int(figure(finding, "since"), 60, "… since when");
	is_int(figure(finding, "bytes"), 7 << 20, "… and by how much");
	note_backlog(1000, 62);
	note_backlog(7 << 20, 63);
	ok(!judge(VANTAGE_RESOLVER_BEHIND), "one that was read up in between is not behind");
}

int main(void)
{
	if (!vantage_fixture_open()) {
		return done_testing();
	}
	test_resolver_log();
	test_lookups_wait();
	test_never_idle();
	test_live_logs();
	test_backlog();
	vantage_fixture_close();
	return done_testing();
}
