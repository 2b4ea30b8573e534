/* Resolver logs, as real programs wrote them (tests/data/resolver) and as nobody should; and dnstap
 * by socket. */
#include "analyzer/resolver/resolver_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/resolver/frame_stream.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "collector/name_feed.h"
#include "tests/tap.h"

static struct flow_source_batch batch;
static struct flow_source_stats stats;
static char said[8192];

static void say(const char *text)
{
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s", text);
}

/* "client name>alias=address,address " for each name. */
static void say_names(bool with_time)
{
	char text[ADDR_TEXT_MAX], time[CLOCK_TEXT_LENGTH + 1];

	for (unsigned i = 0; i < batch.name_count; i++) {
		const struct flow_name *name = &batch.names[i];
		addr_format(&name->client, text);
		clock_format(name->time_ns, time);
		say(with_time ? time : "");
		say(with_time ? " " : "");
		say(text);
		say(" ");
		say(name->name);
		for (unsigned at = 0; at < name->alias_count; at++) {
			say(">");
			say(name->aliases[at]);
		}
		for (unsigned at = 0; at < name->address_count; at++) {
			addr_format(&name->addresses[at], text);
			say(at ? "," : "=");
			say(text);
		}
		say("\n");
	}
}

static const char *read_log(const char *target, bool with_time)
{
	struct flow_source *source;
	struct err err = { "" };
	int status = resolver_log_open(&source, target, &err);

	said[0] = '\0';
	if (status < 0) {
		return strcpy(said, err.text);
	}
	do {
		status = source->ops->next(source, &batch, &err);
		say_names(with_time);
	} while (status == FLOW_SOURCE_MORE);
	say(status < 0 ? err.text : "");
	source->ops->read_stats(source, &stats);
	resolver_log_close(source);
	return said;
}

static const char *sample(const char *name)
{
	static char path[512];
	const char *data = getenv("BORDERFLOW_DATA");

	snprintf(path, sizeof(path), "%s/tests/data/resolver/%s", data ? data : ".", name);
	return path;
}

static const char *written(const char *format, const char *content, size_t length)
{
	static char target[256];
	char path[128];

	snprintf(path, sizeof(path), "test_resolver_logs.%d", (int)getpid());
	file_write(path, content, length, NULL);
	snprintf(target, sizeof(target), "%s%s", format, path);
	return target;
}

#define WRITTEN(format, content) written(format, content, strlen(content))

static void test_samples(void)
{
	static const char looked_up[] = "127.0.0.1 www.exempelstad.example=198.51.100.7\n"
					"127.0.0.2 www.exempelstad.example=198.51.100.7\n"
					"127.0.0.1 www.exempelstad.example=2001:db8::7\n"
					"127.0.0.2 www.exempelstad.example=2001:db8::7\n";
	static const char with_alias[] =
		"127.0.0.1 video.exempel.example>edge.cdn.example=198.51.100.9\n"
		"127.0.0.2 video.exempel.example>edge.cdn.example=198.51.100.9\n"
		"127.0.0.1 edge.cdn.example=198.51.100.9\n"
		"127.0.0.2 edge.cdn.example=198.51.100.9\n";
	char wanted[2048];

	snprintf(wanted, sizeof(wanted), "%s%s", looked_up, with_alias);
	is_text(read_log(sample("dnsmasq-extra.log"), false), wanted,
		"dnsmasq with log-queries=extra: found out by its content");
	is_int(stats.malformed, 0, "… every line understood");
	snprintf(wanted, sizeof(wanted), "%s%s", looked_up, looked_up);
	is_text(read_log(sample("dnsmasq.log"), false), wanted, "dnsmasq with log-queries");
	read_log(sample("unbound.log"), true);
	ok(strncmp(said, "2026-11-29T02:05:30.000000000Z 127.0.0.1 www.exempelstad.example\n",
		   65) == 0,
		"unbound's log: who asked for what, and when; no address");
	is_int(stats.names, 18, "… questions and answers alike");
	snprintf(wanted, sizeof(wanted), "%s%s", looked_up, with_alias);
	is_text(read_log(sample("unbound.dnstap"), false), wanted, "unbound's dnstap");
	is_int(stats.messages, 20, "… of all its frames");
	is_int(stats.malformed, 0, "… every one understood");
}

static void test_forms(void)
{
	is_text(read_log(WRITTEN("dnsmasq:", "2026-03-31T10:15:00+02:00 host dnsmasq[1]: 7 "
					     "192.0.2.1/1 query[A] A.example from 192.0.2.1\n"
					     "2026-03-31T10:15:00.5+02:00 host dnsmasq[1]: 7 "
					     "192.0.2.1/1 reply a.example is 198.51.100.1\n"),
			true),
		"2026-03-31T08:15:00.500000000Z 192.0.2.1 a.example=198.51.100.1\n",
		"dnsmasq by way of syslog, with whole times");
	is_text(read_log(WRITTEN("", "Jan  1 00:00:01 host dnsmasq[1]: query[A] a.example from "
				     "192.0.2.1\n"
				     "Jan  1 00:00:01 host dnsmasq[1]: query[A] a.example from "
				     "192.0.2.2\n"
				     "Jan  1 00:00:01 host dnsmasq[1]: reply a.example is "
				     "<CNAME>\n"
				     "Jan  1 00:00:01 host dnsmasq[1]: reply b.example is "
				     "<CNAME>\n"
				     "Jan  1 00:00:01 host dnsmasq[1]: reply c.example is "
				     "198.51.100.1\n"
				     "Jan  1 00:00:01 host dnsmasq[1]: reply c.example is "
				     "198.51.100.2\n"
				     "Jan  1 00:00:30 host dnsmasq[1]: reply a.example is "
				     "198.51.100.3\n"),
			false),
		"192.0.2.1 a.example>b.example>c.example=198.51.100.1\n"
		"192.0.2.2 a.example>b.example>c.example=198.51.100.1\n"
		"192.0.2.1 a.example>b.example>c.example=198.51.100.2\n"
		"192.0.2.2 a.example>b.example>c.example=198.51.100.2\n",
		"an answer is for all who wait for it, and a late one for nobody");
	is_text(read_log(
			WRITTEN("unbound:", "a.example.\t300\tIN\tCNAME\tb.example.\n"
					    "b.example.\t300\tIN\tA\t198.51.100.1\n"
					    "b.example. 300 IN A 198.51.100.2\n"
					    "[1774944900] unbound[1:0] reply: 192.0.2.1 A.example. "
					    "A IN NOERROR 0.1 0 99\n"
					    "[1774944900] unbound[1:0] info: 192.0.2.1 c.example. "
					    "A IN NXDOMAIN 0.1 0 99\n"),
			false),
		"192.0.2.1 a.example=198.51.100.1,198.51.100.2\n",
		"unbound's log behind the records of its cache");
	is_text(read_log(WRITTEN("",
				 "[1774944899] my resolver[1:0] notice: init module 0: iterator\n"
				 "[1774944900] my resolver[1:0] info: 192.0.2.1 a.example. A "
				 "IN\n"
				 "2026-03-31T10:15:01.250+02:00 dns1[1:0] query: 192.0.2.1 "
				 "b.example. A IN\n"
				 "2026-03-31T10:15:02+0200 host unbound[1]: [1:a] info: "
				 "192.0.2.1 c.example. AAAA IN\n"
				 "2026-03-31T10:15:02+0200 host other[1]: info: 192.0.2.1 "
				 "d.example. A IN\n"),
			true),
		"2026-03-31T08:15:00.000000000Z 192.0.2.1 a.example\n"
		"2026-03-31T08:15:01.250000000Z 192.0.2.1 b.example\n"
		"2026-03-31T08:15:02.000000000Z 192.0.2.1 c.example\n",
		"unbound's under names of its own, and by way of syslog: found out by its content");
	is_int(stats.malformed, 0, "… every line understood");
	is_text(read_log(WRITTEN("", "Tue Mar 31 10:15:00 2026 daemon.info dnsmasq[1]: 7 "
				     "192.0.2.1/1 query[A] a.example from 192.0.2.1\n"
				     "Tue Mar 31 10:15:00 2026 daemon.info dnsmasq[1]: 7 "
				     "192.0.2.1/1 reply a.example is 198.51.100.1\n"),
			true),
		"2026-03-31T10:15:00.000000000Z 192.0.2.1 a.example=198.51.100.1\n",
		"dnsmasq's where a line begins as ctime() has it");
	is_text(read_log(WRITTEN("", "dnsmasq: query[A] a.example from 192.0.2.1\n"
				     "dnsmasq: reply a.example is 198.51.100.1\n"),
			true),
		"", "dnsmasq's without times");
	is_int(stats.malformed, 1, "… is told to be of no use");
	is_text(read_log(WRITTEN("",
				 "#separator \\x09\n#fields\tts\tid.orig_h\tquery\tanswers\tTTLs\n"
				 "1774944900.250000\t192.0.2.1\tA.example\tb.example,198.51.100.1,"
				 "2001:db8::1\t300.0,60.0\n"
				 "1774944901.000000\t192.0.2.1\tc.example\t-\t-\n"),
			true),
		"2026-03-31T08:15:00.250000000Z 192.0.2.1 a.example>b.example=198.51.100.1,"
		"2001:db8::1\n",
		"Zeek's dns.log in tabs");
	is_int(batch.names[0].ttl_s, 60, "… the shortest time to live counts");
	is_text(read_log(WRITTEN("", "{\"ts\":1774944900.25,\"id.orig_h\":\"192.0.2.1\",\"query\":"
				     "\"a.example\",\"answers\":[\"b.example\",\"198.51.100.1\"],"
				     "\"TTLs\":[300.0,60.0]}\n"),
			true),
		"2026-03-31T08:15:00.250000000Z 192.0.2.1 a.example>b.example=198.51.100.1\n",
		"… and in JSON");
	is_text(read_log(WRITTEN("", "{\"ts\":1774944900250,\"id.orig_h\":\"192.0.2.1\",\"query\":"
				     "\"a.example\",\"answers\":[\"198.51.100.1\"]}\n"
				     "{\"ts\":\"2026-03-31T08:15:01.250000Z\",\"id.orig_h\":"
				     "\"192.0.2.1\",\"query\":\"b.example\",\"answers\":"
				     "[\"198.51.100.1\"]}\n"),
			true),
		"2026-03-31T08:15:00.250000000Z 192.0.2.1 a.example=198.51.100.1\n"
		"2026-03-31T08:15:01.250000000Z 192.0.2.1 b.example=198.51.100.1\n",
		"… with times in thousandths or in words");
}

/* Names that try to be a line of the log. */
/* More clients wait for an answer, and more names lead to it, than are remembered. */
static void test_many_waiting(void)
{
	char log[4096] = "", line[128];

	for (unsigned i = 1; i <= 6; i++) {
		snprintf(line, sizeof(line),
			"Jan  1 00:00:01 dnsmasq[1]: query[A] n0 from 192.0.2.%u\n", i);
		strcat(log, line);
	}
	for (unsigned i = 0; i < FLOW_NAME_ALIASES_MAX + 3; i++) {
		snprintf(line, sizeof(line), "Jan  1 00:00:11 dnsmasq[1]: reply n%u is <CNAME>\n",
			i);
		strcat(log, line);
	}
	strcat(log, "Jan  1 00:00:11 dnsmasq[1]: reply last is 198.51.100.1\n");
	read_log(WRITTEN("dnsmasq:", log), false);
	is_int(stats.names, 4, "four clients have the answer, in the last second");
	ok(strstr(said, "192.0.2.1 n0>") && strstr(said, "192.0.2.4 n0>") &&
			!strstr(said, "192.0.2.5 n0>"),
		"… the first who asked");
	snprintf(line, sizeof(line), ">n%u=", FLOW_NAME_ALIASES_MAX);
	ok(strstr(said, line), "… by way of so many names");
	read_log(WRITTEN("dnsmasq:", "Jan  1 00:00:01 dnsmasq[1]: query[A] a from 192.0.2.1\n"
				     "Jan  1 00:00:12 dnsmasq[1]: reply a is 198.51.100.1\n"),
		false);
	is_text(said, "", "a second later it is nobody's");
	read_log(WRITTEN("dnsmasq:",
			 "Jan  1 00:00:01 dnsmasq[1]: 7 192.0.2.1/1 query[A] a from 192.0.2.1\n"
			 "Jan  1 00:00:02 dnsmasq[1]: 7 192.0.2.1/1 query[A] a from 192.0.2.1\n"
			 "Jan  1 00:00:02 dnsmasq[1]: 7 192.0.2.1/1 reply a is 198.51.100.1\n"),
		false);
	is_int(stats.names, 1, "a numbered answer is for one client alone, who asked twice");
}

static void test_planted(void)
{
	is_text(read_log(WRITTEN("dnsmasq:", "Jan  1 00:00:01 dnsmasq[1]: query[A] v.example is "
					     "198.51.100.1 from 192.0.2.1\n"
					     "Jan  1 00:00:01 dnsmasq[1]: query[A] v.example from "
					     "192.0.2.9\n"
					     "Jan  1 00:00:01 dnsmasq[1]: reply v.example is "
					     "203.0.113.1 is 198.51.100.1\n"),
			false),
		"", "a name with blanks writes no line of its own");
	is_int(stats.malformed, 2, "… and is counted");
	ok(strstr(read_log(WRITTEN("", "nothing of the kind\n"), false), "say so: dnstap:"),
		"a file that no resolver wrote is refused with what to do");
	ok(strstr(read_log("zeek:/nowhere/dns.log", false), "/nowhere/dns.log: No such file"),
		"a missing file is named");
}

static void test_cut_dnstap(void)
{
	char *bytes;
	size_t length;

	if (file_read(sample("unbound.dnstap"), &bytes, &length, NULL) < 0) {
		ok(false, "the sample is there");
		return;
	}
	ok(strstr(read_log(written("dnstap:", bytes, length / 2), false),
		   "cut short within a frame"),
		"a cut stream says so");
	ok(strstr(said, "127.0.0.1 www.exempelstad.example"), "… and what came before is kept");
	uint8_t *flags = memmem(bytes, length, "\x81\x80\0\1", 4);
	read_log(written("dnstap:", bytes, length), false);
	uint64_t names = stats.names;
	if (ok(flags && stats.malformed == 0, "an answer among them")) {
		*flags &= 0x7f;
	}
	read_log(written("dnstap:", bytes, length), false);
	ok(stats.malformed == 1 && stats.names == names - 1,
		"… that says that it is a question tells nothing");
	memset(bytes + 20, 'x', 8); /* of the content type */
	ok(strstr(read_log(written("dnstap:", bytes, length), false), "other than dnstap"),
		"a stream of something else is refused");
	free(bytes);
}

/* Wanders through all the bytes that a frame can hold, cut anywhere. */
static void test_frames(void)
{
	static const uint8_t ready[] = { 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4 };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 1, 2, 3 };
	struct reader in = reader_over(ready, sizeof(ready)), data;
	uint8_t answer[FRAME_ANSWER_BYTES_MAX];

	for (size_t cut = 0; cut < sizeof(ready); cut++) {
		struct reader part = reader_over(ready, cut);
		if (frame_stream_next(&part, &data) != FRAME_NEEDS_MORE) {
			ok(false, "%zu bytes of a frame are not a frame", cut);
		}
	}
	is_int(frame_stream_next(&in, &data), FRAME_READY, "READY without a type is any type");
	in = reader_over(huge, sizeof(huge));
	is_int(frame_stream_next(&in, &data), FRAME_MALFORMED, "a frame of 4 GiB is none");
	in = reader_over("\0\2\x80\0", 4);
	is_int(frame_stream_next(&in, &data), FRAME_NEEDS_MORE, "one of 160 KiB is");
	in = reader_over("\0\2\x80\1", 4);
	is_int(frame_stream_next(&in, &data), FRAME_MALFORMED, "… and a byte more is too many");
	in = reader_over(answer, frame_stream_accept(answer));
	is_int(frame_stream_next(&in, &data), FRAME_OTHER, "ACCEPT is a control frame");
	is_int(reader_left(&in), 0, "… to its last byte");
}

/* A resolver that sends its stream both ways. */
static void test_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct flow_source *source;
	struct err err = { "" };
	char target[64], *bytes;
	uint8_t answer[256];
	static const uint8_t ready[] = { 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4 };
	size_t length;

	snprintf(target, sizeof(target), "unix:test_resolver_logs.%d.sock", (int)getpid());
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", target + 5);
	int status = flow_source_dnstap_listen.open(&source, target, &err);
	ok(status == 0, "listens at a unix socket (%s)", err.text);
	if (status < 0 || file_read(sample("unbound.dnstap"), &bytes, &length, NULL) < 0) {
		return;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "a resolver comes");
	ok(write(fd, ready, sizeof(ready)) == sizeof(ready), "… and is ready");
	said[0] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		source->ops->next(source, &batch, &err);
	}
	ssize_t got = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	ok(got > 12 && answer[11] == 1, "it is accepted");
	for (size_t at = 0; at < length;) {
		size_t piece = length - at < 100 ? length - at : 100;
		ok(write(fd, bytes + at, piece) == (ssize_t)piece || at > 0, "%s", "a piece comes");
		at += piece;
		source->ops->next(source, &batch, &err);
		say_names(false);
	}
	ok(strstr(said, "127.0.0.2 edge.cdn.example=198.51.100.9\n"), "every frame was heard");
	source->ops->read_stats(source, &stats);
	is_int(stats.names, 8, "… once");
	got = recv(fd, answer, sizeof(answer), 0);
	ok(got == 12 && answer[11] == 5, "and the end is answered");
	close(fd);
	free(bytes);
	resolver_log_close(source);
	ok(access(address.sun_path, F_OK) != 0, "the socket goes with it");
	ok(flow_source_dnstap_listen.open(&source, "unix:/", &err) < 0, "what is there stays");
	static const char *const wrong[] = { "127.0.0.1:99999", "127.0.0.1:65536", "127.0.0.1:0" };
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ok(flow_source_dnstap_listen.open(&source, wrong[i], &err) < 0 &&
				strstr(err.text, "unix:PATH or [ADDRESS:]PORT"),
			"a port that is none is refused: %s", wrong[i]);
	}
}

/* Two logs, whose names come in the order of their times. */
static void test_feed(void)
{
	static const char first[] =
		"{\"ts\":1000000001,\"id.orig_h\":\"192.0.2.1\",\"query\":\"a\","
		"\"answers\":[\"198.51.100.1\"]}\n"
		"{\"ts\":1000000003,\"id.orig_h\":\"192.0.2.1\",\"query\":\"c\","
		"\"answers\":[\"198.51.100.1\"]}\n";
	static const char second[] = "{\"ts\":1000000002,\"id.orig_h\":\"192.0.2.1\",\"query\":"
				     "\"b\",\"answers\":[\"198.51.100.1\"]}\n";
	struct flow_source *sources[2];
	struct err err;

	resolver_log_open(&sources[0], WRITTEN("zeek:", first), &err);
	unlink(written("", first, 0));
	resolver_log_open(&sources[1], WRITTEN("zeek:", second), &err);
	struct name_feed *feed = name_feed_create(sources, 2);
	ok(!name_feed_next(feed, 1000000000 * NS_PER_S), "no name comes before its time");
	is_text(name_feed_next(feed, 1000000002 * NS_PER_S)->name, "a", "the earliest is first");
	is_text(name_feed_next(feed, 1000000002 * NS_PER_S)->name, "b", "… of all logs");
	ok(!name_feed_next(feed, 1000000002 * NS_PER_S), "… and waits for its time");
	is_text(name_feed_next(feed, UINT64_MAX)->name, "c", "then comes");
	ok(!name_feed_next(feed, UINT64_MAX), "until nothing is left");
	is_int(name_feed_failure(feed, &err), 0, "and none had failed");
	name_feed_destroy(feed);
	resolver_log_close(sources[0]);
	resolver_log_close(sources[1]);
}

/* One time that is wrong holds back none of the names after it. */
static void test_astray(void)
{
	static const char log[] = "{\"ts\":1000000001,\"id.orig_h\":\"192.0.2.1\",\"query\":\"a\","
				  "\"answers\":[\"198.51.100.1\"]}\n"
				  "{\"ts\":4000000000,\"id.orig_h\":\"192.0.2.1\",\"query\":\"x\","
				  "\"answers\":[\"198.51.100.1\"]}\n"
				  "{\"ts\":1000000002,\"id.orig_h\":\"192.0.2.1\",\"query\":\"b\","
				  "\"answers\":[\"198.51.100.1\"]}\n"
				  "{\"ts\":1000090000,\"id.orig_h\":\"192.0.2.1\",\"query\":\"c\","
				  "\"answers\":[\"198.51.100.1\"]}\n";
	struct flow_source *source;
	struct err err;

	resolver_log_open(&source, WRITTEN("zeek:", log), &err);
	struct name_feed *feed = name_feed_create(&source, 1);
	is_text(name_feed_next(feed, 1000000003 * NS_PER_S)->name, "a", "the first of a log");
	const struct flow_name *name = name_feed_next(feed, 1000000003 * NS_PER_S);
	is_text(name ? name->name : "", "b", "a time far ahead holds back none");
	is_int(name_feed_lost(feed), 1, "… and is counted");
	ok(!name_feed_next(feed, 1000000003 * NS_PER_S), "a night without lookups is waited for");
	name = name_feed_next(feed, UINT64_MAX);
	is_text(name ? name->name : "", "c", "and over");
	name_feed_destroy(feed);
	resolver_log_close(source);
}

/* What is there for now of a log that is followed. */
static const char *followed(struct flow_source *source)
{
	struct err err = { "" };

	said[0] = '\0';
	for (unsigned calls = 0; calls == 0 || batch.name_count > 0; calls++) {
		if (source->ops->next(source, &batch, &err) < 0) {
			return strcpy(said, err.text);
		}
		say_names(true);
	}
	return said;
}

static void append(const char *target, const char *text)
{
	FILE *file = fopen(resolver_log_path(target), "a");

	ok(file && fputs(text, file) >= 0 && fclose(file) == 0, "more is written");
}

static void test_followed(void)
{
	static const char old[] =
		"Jan  1 00:00:01 dnsmasq[1]: query[A] old.example from 192.0.2.1\n"
		"Jan  1 00:00:01 dnsmasq[1]: cached old.example is 198.51.100.1\n";
	const char *target = WRITTEN("", old);
	struct flow_source *source;
	struct err err;

	is_int(resolver_log_follow(&source, target, &err), 0, "a log is followed");
	is_text(followed(source), "", "what stands in it already is not told");
	append(target, "a line that tells nothing\n"
		       "1795916842 dnsmasq[1]: query[A] a.example from 192.0.2.1\n"
		       "1795916842 dnsmasq[1]: cached a.example is 198.5");
	is_text(followed(source), "", "an answer that is not whole yet");
	append(target, "1.100.7\n");
	is_text(followed(source),
		"2026-11-29T01:47:22.000000000Z 192.0.2.1 a.example=198.51.100.7\n",
		"… is told when it is; its form tells the format");
	source->ops->read_stats(source, &stats);
	is_int(stats.names, 1, "… and is counted");
	is_int(stats.gaps, 0, "… without a gap");
	resolver_log_close(source);
	is_int(resolver_log_follow(&source, "zeek:/nowhere/dns.log", &err), 0,
		"a log may come later");
	is_text(source->title, "/nowhere/dns.log", "… and has its path for a title");
	source->ops->read_stats(source, &stats);
	ok(stats.away_ns > 0, "… and is away until then");
	resolver_log_close(source);
	ok(resolver_log_follow(&source, "dnstap:x", &err) < 0, "dnstap in a file is none");
}

static void test_live_feed(void)
{
	struct name_feed *feed = name_feed_create_live();
	struct flow_name name = { .name = "a.example" };

	ok(!name_feed_next(feed, 0), "a live feed does not wait");
	for (unsigned i = 0; i < NAME_FEED_LIVE_NAMES + 10; i++) {
		name_feed_put(feed, &name);
	}
	is_int(name_feed_lost(feed), 11, "what finds no room is counted");
	unsigned count = 0;
	while (name_feed_next(feed, 0)) {
		count++;
	}
	is_int(count, NAME_FEED_LIVE_NAMES - 1, "… and the rest is there");
	name_feed_destroy(feed);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_samples();
	test_forms();
	test_many_waiting();
	test_planted();
	test_cut_dnstap();
	test_frames();
	test_socket();
	test_feed();
	test_astray();
	test_live_feed();
	log_set_level(LOG_LEVEL_ERROR);
	test_followed();
	char path[128];
	snprintf(path, sizeof(path), "test_resolver_logs.%d", (int)getpid());
	unlink(path);
	return done_testing();
}
