#include "analyzer/classify/dissect/dns.h"

#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"

enum { IP_TCP = 6, IP_UDP = 17 };

static struct fixture fixture;

static void put_dns_name(struct hello_builder *out, const char *name)
{
	while (*name) {
		size_t length = strcspn(name, ".");
		put_number(out, 1, (uint32_t)length);
		put_bytes(out, name, length);
		name += length + (name[length] == '.');
	}
	put_number(out, 1, 0);
}

static void put_header(struct hello_builder *out, uint16_t flags, unsigned answers,
	const char *question, uint16_t type)
{
	out->count = 0;
	put_number(out, 2, 0x1234);
	put_number(out, 2, flags);
	put_number(out, 2, 1);
	put_number(out, 2, answers);
	put_number(out, 4, 0);
	put_dns_name(out, question);
	put_number(out, 2, type);
	put_number(out, 2, 1);
}

static void put_record(struct hello_builder *out, const char *owner, uint16_t type, uint32_t ttl_s,
	const void *data, size_t count)
{
	put_dns_name(out, owner);
	put_number(out, 2, type);
	put_number(out, 2, 1);
	put_number(out, 4, ttl_s);
	put_number(out, 2, (uint32_t)count);
	put_bytes(out, data, count);
}

static void put_cname(struct hello_builder *out, const char *owner, const char *target)
{
	struct hello_builder data = { .count = 0 };

	put_dns_name(&data, target);
	put_record(out, owner, DNS_TYPE_CNAME, 60, data.bytes, data.count);
}

/* The question of an answer. */
static struct hello_builder question_of(const struct hello_builder *answer)
{
	struct hello_builder question = *answer;
	size_t at = 12;

	while (question.bytes[at]) {
		at += question.bytes[at] + 1U;
	}
	question.count = at + 5;
	question.bytes[2] = 1;
	question.bytes[3] = 0;
	memset(question.bytes + 6, 0, 6);
	return question;
}

/* The client asks, and is answered. */
static void send_answer(const struct hello_builder *answer)
{
	struct hello_builder question = question_of(answer);

	fixture_send(&fixture, true, 0, question.bytes, question.count);
	fixture_send(&fixture, false, 0, answer->bytes, answer->count);
}

static struct names_found find(const char *client_text, const char *address_text, uint64_t later_ns)
{
	struct addr client, address;

	addr_parse(client_text, &client);
	addr_parse(address_text, &address);
	struct names_place place = names_prefetch(fixture.tables.names, &client, &address);
	return names_find(
		fixture.tables.names, place, &client, &address, fixture.time_ns + later_ns);
}

/* The names that a new flow from the fixture's client to that address would get. */
static const struct l7_info *names_for(
	const char *client_text, const char *address_text, uint64_t later_ns)
{
	uint32_t number = find(client_text, address_text, later_ns).l7;

	return number ? l7_info_store_get(fixture.tables.store, number) : NULL;
}

static void test_chain(void)
{
	struct hello_builder message;

	put_header(&message, 0x8180, 3, "Media.Example.com", DNS_TYPE_A);
	put_cname(&message, "media.example.com", "media.example.com.cdn.example.net");
	put_cname(&message, "media.example.com.cdn.example.net", "edge7.example.net");
	put_record(&message, "edge7.example.net", DNS_TYPE_A, 30, "\xcb\x00\x71\x05", 4);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	is_text(fixture_name(&fixture, NAME_DNS_QUERY), "media.example.com",
		"the flow is named by its question");
	ok(!fixture.l7.dns_blocked, "… and not blocked");
	const struct l7_info *found = names_for("192.0.2.1", "203.0.113.5", 0);
	ok(found && found->name_count == 3,
		"the address has the question and two names on the way");
	if (found) {
		is_text(l7_info_name(found, 0), "media.example.com", "… the question first");
		is_text(l7_info_name(found, 2), "edge7.example.net", "… the last name last");
		is_int(found->names[1].source, NAME_DNS_CNAME, "… marked as aliases");
	}
	ok(!names_for("192.0.2.2", "203.0.113.5", 0), "another client knows nothing of it");
	ok(names_know_lookup(fixture.tables.names, &fixture.ends.source, "", 0, fixture.time_ns),
		"a client that was answered once asks where we can see it");
	ok(names_for("192.0.2.1", "203.0.113.5", UINT64_C(1000) * 1000000000),
		"it outlives its TTL");
	ok(!names_for("192.0.2.1", "203.0.113.5", UINT64_C(3600) * 1000000000),
		"… but not for ever");

	put_header(&message, 0x8180, 3, "shuffled.example.com", DNS_TYPE_A);
	put_record(&message, "b.example.net", DNS_TYPE_A, 30, "\xcb\x00\x71\x06", 4);
	put_cname(&message, "a.example.net", "b.example.net");
	put_cname(&message, "shuffled.example.com", "a.example.net");
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(names_for("192.0.2.1", "203.0.113.6", 0), "answers in the wrong order are followed too");

	put_header(&message, 0x8180, 1, "asked.example.com", DNS_TYPE_A);
	put_record(&message, "other.example.com", DNS_TYPE_A, 30, "\xcb\x00\x71\x07", 4);
	send_answer(&message);
	ok(!names_for("192.0.2.1", "203.0.113.7", 0),
		"an answer to something else is not believed");
}

static void test_blocked(void)
{
	struct hello_builder message;

	put_header(&message, 0x8183, 0, "nowhere.example.com", DNS_TYPE_A);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(fixture.l7.dns_blocked, "NXDOMAIN is remembered");
	put_header(&message, 0x8180, 1, "sink.example.com", DNS_TYPE_A);
	put_record(&message, "sink.example.com", DNS_TYPE_A, 30, "\0\0\0\0", 4);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(fixture.l7.dns_blocked, "… and an address that goes nowhere");
	put_header(&message, 0x8180, 0, "empty.example.com", DNS_TYPE_AAAA);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(!fixture.l7.dns_blocked, "… but not that there is no address of IPv6");
	put_header(&message, 0x8180, 0, "empty.example.com", DNS_TYPE_A);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(fixture.l7.dns_blocked, "… and an empty answer to the question for IPv4");
	put_header(&message, 0x8100, 0, "empty.example.com", DNS_TYPE_A);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(!fixture.l7.dns_blocked, "… which a referral is not");
	put_header(&message, 0x8180, 1, "twice.example.com", DNS_TYPE_A);
	put_record(&message, "twice.example.com", DNS_TYPE_A, 30, "\xcb\x00\x71\x05", 4);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	put_header(&message, 0x8183, 0, "twice.example.com", DNS_TYPE_AAAA);
	send_answer(&message);
	ok(!fixture.l7.dns_blocked, "what was answered once is not blocked");
}

static int32_t ask(
	struct dns_questions *questions, bool is_answer, unsigned number, uint64_t time_s)
{
	struct dns_question question = { .id = (uint16_t)number,
		.client_port = (uint16_t)(1000 + (number >> 16)),
		.name = "many.example.org",
		.length = 16 };

	return is_answer ? dns_questions_answer(questions, &question, time_s * 1000000000)
			 : dns_questions_add(questions, &question, time_s * 1000000000);
}

/* More questions than there is room for: the oldest give way, and old ones leave by themselves. */
static void test_many_questions(void)
{
	enum { MORE = DNS_QUESTIONS + DNS_QUESTIONS / 4 };
	struct dns_questions *questions = dns_questions_create();
	unsigned answered = 0, apart = 0;
	int32_t most = -1;

	for (unsigned i = 0; i < MORE; i++) {
		apart += ask(questions, false, i, 1000) >= 0;
	}
	is_int(apart, MORE, "each of many questions has its place");
	for (unsigned i = 0; i < MORE; i++) {
		bool is_old = i < MORE - DNS_QUESTIONS;
		answered += (ask(questions, true, i, 1000) >= 0) != is_old;
	}
	is_int(answered, MORE, "… until all others are younger");
	is_int(ask(questions, true, MORE - 1, 1000), -1, "… and is answered once");
	dns_questions_destroy(questions);

	questions = dns_questions_create();
	for (unsigned i = 0; i < MORE; i++) {
		int32_t place = ask(questions, false, i, 1000 + i);
		most = place > most ? place : most;
	}
	ok(most < 2 * DNS_QUESTION_LIFE_S, "those that nobody answers take no more room");
	dns_questions_destroy(questions);
}

/* How far an answer may be from its question, in either direction: captures are not always in
 * order. */
static void test_question_life(void)
{
	static const struct {
		int after_s;
		bool counts;
		const char *what;
	} cases[] = {
		{ DNS_QUESTION_LIFE_S, true, "an answer of the last second" },
		{ DNS_QUESTION_LIFE_S + 1, false, "one of the next" },
		{ -DNS_QUESTION_LIFE_S, true, "a question that comes as late as that" },
		{ -DNS_QUESTION_LIFE_S - 1, false, "one that comes later" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dns_questions *questions = dns_questions_create();
		uint64_t then_s = (uint64_t)(1000 + cases[i].after_s);
		ask(questions, false, 1, 1000);
		if (cases[i].after_s > 0) {
			ask(questions, false, 2, then_s); /* may push out what is stale */
		}
		ok((ask(questions, true, 1, then_s) >= 0) == cases[i].counts, "%s: %s",
			cases[i].what, cases[i].counts ? "counts" : "does not");
		dns_questions_destroy(questions);
	}
}

/* An answer counts where its question was seen: number, name, type, port, server. */
static void test_unasked(void)
{
	static const struct {
		const char *what;
		unsigned byte; /* of the answer, changed */
		uint16_t client_port, server_port;
	} forgeries[] = {
		{ "of another number", 1, 40000, 53 },
		{ "to another question", 13, 40000, 53 },
		{ "of another type", 12 + 18 + 1, 40000, 53 },
		{ "to another port", 0, 40001, 53 },
	};
	struct hello_builder answer, forged;

	put_header(&answer, 0x8180, 1, "asked.example.org", DNS_TYPE_A);
	put_bytes(&answer, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x40", 16);
	struct hello_builder question = question_of(&answer);
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		forged = answer;
		forged.bytes[forgeries[i].byte] ^= forgeries[i].byte ? 1 : 0;
		forged.bytes[forged.count - 1] = (uint8_t)(0x40 + i);
		fixture_flow(&fixture, IP_UDP, 40000, 53);
		fixture_send(&fixture, true, 0, question.bytes, question.count);
		fixture_flow(&fixture, IP_UDP, forgeries[i].client_port, forgeries[i].server_port);
		fixture_send(&fixture, false, 0, forged.bytes, forged.count);
		char address[32];
		snprintf(address, sizeof(address), "203.0.113.%u", 0x40 + (unsigned)i);
		const struct l7_info *found = names_for("192.0.2.1", address, 0);
		ok(found && found->names[0].source == NAME_DNS_UNASKED,
			"an answer %s is one that nobody asked for", forgeries[i].what);
	}
	answer.bytes[answer.count - 1] = 0x4a;
	fixture_flow(&fixture, IP_UDP, 40003, 53);
	fixture_send(&fixture, true, 0, question.bytes, question.count);
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	forged = answer;
	forged.bytes[forged.count - 1] = 0x4b;
	fixture_send(&fixture, false, 0, forged.bytes, forged.count);
	const struct l7_info *first = names_for("192.0.2.1", "203.0.113.74", 0);
	const struct l7_info *second = names_for("192.0.2.1", "203.0.113.75", 0);
	ok(first && first->names[0].source == NAME_DNS_QUERY, "the first answer counts");
	ok(second && second->names[0].source == NAME_DNS_UNASKED, "… and a second one does not");
	fixture_send(&fixture, true, 0, question.bytes, question.count);
	fixture_send(&fixture, true, 0, question.bytes, question.count);
	forged.bytes[forged.count - 1] = 0x4c;
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	fixture_send(&fixture, false, 0, forged.bytes, forged.count);
	second = names_for("192.0.2.1", "203.0.113.76", 0);
	ok(second && second->names[0].source == NAME_DNS_QUERY,
		"… unless it was asked again, by a client that had waited long enough");
	fixture_flow(&fixture, IP_UDP, 40002, 53);
	put_header(&forged, 0x8183, 0, "blocked.example.org", DNS_TYPE_A);
	fixture_send(&fixture, false, 0, forged.bytes, forged.count);
	ok(!fixture.l7.dns_blocked, "… and blocks nothing");
	fixture_flow(&fixture, IP_UDP, 40004, 53);
	fixture_send(&fixture, true, 0, question.bytes, question.count);
	fixture.time_ns += DNS_QUESTION_LIFE_S * UINT64_C(1000000000);
	answer.bytes[answer.count - 1] = 0x51;
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	const struct l7_info *last = names_for("192.0.2.1", "203.0.113.81", 0);
	ok(last && last->names[0].source == NAME_DNS_QUERY, "an answer of the last second counts");
	fixture.time_ns += (DNS_QUESTION_LIFE_S + 1) * UINT64_C(1000000000);
	answer.bytes[answer.count - 1] = 0x50;
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	fixture.time_ns += (DNS_QUESTION_LIFE_S + 2) * UINT64_C(1000000000);
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	const struct l7_info *late = names_for("192.0.2.1", "203.0.113.80", 0);
	ok(late && late->names[0].source == NAME_DNS_UNASKED, "… nor does one that is late count");
}

/* Whoever is faster than the resolver is followed by it: of two answers one is made up. */
static void test_second_answer(void)
{
	struct hello_builder answer;

	fixture_flow(&fixture, IP_UDP, 41000, 53);
	put_header(&answer, 0x8180, 1, "raced.example.org", DNS_TYPE_A);
	put_bytes(&answer, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x60", 16);
	send_answer(&answer);
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	ok(!find("192.0.2.1", "203.0.113.96", 0).is_contested, "an answer that comes twice");
	answer.bytes[1] ^= 1;
	answer.bytes[answer.count - 1] = 0x61;
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	ok(!find("192.0.2.1", "203.0.113.96", 0).is_contested, "… and one that nobody asked for");
	answer.bytes[1] ^= 1;
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	ok(find("192.0.2.1", "203.0.113.96", 0).is_contested,
		"… put none in doubt, as a second one does that leads elsewhere");
	put_header(&answer, 0x8180, 1, "quiet.example.org", DNS_TYPE_A);
	put_bytes(&answer, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x62", 16);
	send_answer(&answer);
	ok(!find("192.0.2.1", "203.0.113.98", 0).is_contested, "… nor another name");

	put_header(&answer, 0x8180, 1, "six.example.org", DNS_TYPE_AAAA);
	put_bytes(&answer,
		"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 28);
	send_answer(&answer);
	ok(!find("2001:db8:1::1", "2001:db8::1", 0).is_contested, "what is known by its address");
	answer.bytes[answer.count - 1] = 2;
	fixture_send(&fixture, false, 0, answer.bytes, answer.count);
	ok(find("2001:db8:1::1", "2001:db8::1", 0).is_contested, "… is in doubt for all");
}

static void test_service(void)
{
	struct hello_builder message, data = { .count = 0 };

	put_number(&data, 2, 1);
	put_number(&data, 1, 0);
	put_extension(&data, 4, "\xcb\x00\x71\x08", 4);
	struct hello_builder ech = { .count = 0 };
	size_t list = open_length(&ech, 2);
	put_number(&ech, 2, 0xfe0d);
	size_t config = open_length(&ech, 2);
	put_bytes(&ech, "\x01\x00\x20\x00\x02kk\x00\x04\x00\x01\x00\x01\x00", 14);
	put_number(&ech, 1, 18);
	put_bytes(&ech, "outer.example.info", 18);
	put_number(&ech, 2, 0);
	fill_length(&ech, 2, config);
	fill_length(&ech, 2, list);
	put_extension(&data, 5, ech.bytes, ech.count);
	put_header(&message, 0x8180, 1, "hidden.example.com", DNS_TYPE_HTTPS);
	put_record(&message, "hidden.example.com", DNS_TYPE_HTTPS, 300, data.bytes, data.count);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(names_for("192.0.2.1", "203.0.113.8", 0), "an address hint names the address");
	ok(ech_names_know(&fixture.ech, "OUTER.example.info", 18),
		"… and the public name of ECH is learnt");
}

static void test_families(void)
{
	struct hello_builder message;
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 };

	put_header(&message, 0x8180, 1, "six.example.com", DNS_TYPE_AAAA);
	put_record(&message, "six.example.com", DNS_TYPE_AAAA, 30, v6, 16);
	fixture_flow(&fixture, IP_UDP, 40000, 53);
	send_answer(&message);
	ok(names_for("2001:db8:1::1", "2001:db8::9", 0), "asked over IPv4, used over IPv6");
	put_header(&message, 0x8180, 1, "sixth.example.com", DNS_TYPE_AAAA);
	put_record(&message, "sixth.example.com", DNS_TYPE_AAAA, 30, v6, 16);
	send_answer(&message);
	ok(!names_for("2001:db8:1::1", "2001:db8::9", 0), "… only while the address has one name");
	ok(names_for("192.0.2.1", "2001:db8::9", 0), "… who asked himself still knows");
}

static void test_tcp(void)
{
	struct hello_builder message, stream = { .count = 0 }, questions = { .count = 0 };

	for (unsigned i = 0; i < 3; i++) {
		char name[] = "tcp0.example.com";
		name[3] = (char)('0' + i);
		uint8_t address[4] = { 203, 0, 113, (uint8_t)(20 + i) };
		put_header(&message, 0x8180, 1, name, DNS_TYPE_A);
		put_record(&message, name, DNS_TYPE_A, 30, address, 4);
		put_number(&stream, 2, (uint32_t)message.count);
		put_bytes(&stream, message.bytes, message.count);
		struct hello_builder question = question_of(&message);
		put_number(&questions, 2, (uint32_t)question.count);
		put_bytes(&questions, question.bytes, question.count);
	}
	fixture_flow(&fixture, IP_TCP, 40000, 53);
	fixture_send(&fixture, true, 0, questions.bytes, questions.count);
	for (size_t at = 0; at < stream.count; at += 7) {
		size_t count = stream.count - at < 7 ? stream.count - at : 7;
		fixture_send(&fixture, false, (uint32_t)at, stream.bytes + at, count);
	}
	ok(names_for("192.0.2.1", "203.0.113.20", 0) && names_for("192.0.2.1", "203.0.113.21", 0) &&
			names_for("192.0.2.1", "203.0.113.22", 0),
		"three answers over TCP in pieces of seven bytes");
	ok(!fixture.session.directions[1].is_done, "… and more may come");
	fixture_flow(&fixture, IP_TCP, 40000, 53);
	put_header(&message, 0x0100, 0, "last.example.com", DNS_TYPE_A);
	message.bytes[5] = 0;
	message.count = 12;
	questions.count = 0;
	put_number(&questions, 2, 11);
	put_bytes(&questions, message.bytes, 11);
	fixture_send(&fixture, true, 0, questions.bytes, questions.count);
	ok(fixture.l7.protocol != L7_DNS, "less than a header is no DNS");
	fixture_flow(&fixture, IP_TCP, 40000, 53);
	fixture_send(&fixture, false, 0, "\0\x0c\x12\x34\x81\x85\0\0\0\0\0\0\0\0", 14);
	is_int(fixture.l7.protocol, L7_DNS, "… a header alone is, as one who refuses may send");
}

static void test_hostile(void)
{
	struct dns_message dns;
	struct hello_builder message;

	put_header(&message, 0x8180, 1, "loop.example.com", DNS_TYPE_A);
	put_bytes(&message, "\xc0\x22\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04", 16);
	ok(dns_parse(reader_over(message.bytes, message.count), &dns) && dns.address_count == 0,
		"a pointer to itself ends");
	put_header(&message, 0x8180, 1, "fine.example.com", DNS_TYPE_A);
	put_bytes(&message, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04", 16);
	ok(dns_parse(reader_over(message.bytes, message.count), &dns) && dns.address_count == 1,
		"a pointer backwards is followed");
	put_header(&message, 0x8180, DNS_ADDRESSES_MAX + 1, "many.example.com", DNS_TYPE_A);
	for (unsigned i = 0; i <= DNS_ADDRESSES_MAX; i++) {
		put_bytes(&message,
			"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04", 16);
	}
	ok(dns_parse(reader_over(message.bytes, message.count), &dns) &&
			dns.address_count == DNS_ADDRESSES_MAX,
		"one address more than there is room for is left out");
	ok(!dns_parse(reader_over("\0\0\0\0", 4), &dns), "four bytes are no message");
	struct addr address;
	addr_parse("127.0.0.1", &address);
	ok(dns_is_sinkhole(&address), "a loopback address is a sinkhole");
	addr_parse("::", &address);
	ok(dns_is_sinkhole(&address), "… the unspecified one too");
	addr_parse("2001:db8::1", &address);
	ok(!dns_is_sinkhole(&address), "… an ordinary one is not");
}

/* A question of the root of any type; one that nobody else's protocol would look like. */
static bool is_plain(uint16_t type)
{
	struct hello_builder message;

	put_header(&message, 0x0100, 0, "www.example.com", type);
	return dns_is_plain_question(reader_over(message.bytes, message.count));
}

static void test_bounds(void)
{
	struct dns_message dns;
	struct hello_builder message;

	put_header(&message, 0x8180, 2, "self.example.com", DNS_TYPE_A);
	put_cname(&message, "self.example.com", "self.example.com");
	put_record(&message, "self.example.com", DNS_TYPE_A, 30, "\1\2\3\4", 4);
	ok(dns_parse(reader_over(message.bytes, message.count), &dns) && dns.chain_count == 0 &&
			dns.address_count == 1,
		"an alias of itself is no further name");
	put_header(&message, 0x0100, 0, "", DNS_TYPE_A);
	for (unsigned count = 1; count <= 65; count++) {
		message.bytes[5] = (uint8_t)count;
		bool is_message = dns_parse(reader_over(message.bytes, message.count), &dns);
		if (count >= 64) {
			ok(is_message == (count == 64), "%u questions", count);
		}
		put_bytes(&message, "\0\0\1\0\1", 5);
	}
	ok(is_plain(260) && !is_plain(261) && !is_plain(0), "types go up to 260");
}

static void test_neighbours(void)
{
	struct hello_builder message;

	put_header(&message, 0x8400, 1, "printer.local", DNS_TYPE_A);
	put_record(&message, "printer.local", DNS_TYPE_A, 30, "\xc0\x00\x02\x09", 4);
	fixture_flow(&fixture, IP_UDP, 5353, 5353);
	fixture_send(&fixture, true, 0, message.bytes, message.count);
	is_int(fixture.l7.protocol, L7_MDNS, "mDNS is kept apart");
	is_int(fixture.l7.name_count, 0, "… and names nobody");
	ok(!names_for("198.51.100.7", "192.0.2.9", 0), "… and fills no table");
	fixture_flow(&fixture, IP_UDP, 50000, 5355);
	fixture_send(&fixture, true, 0, message.bytes, message.count);
	is_int(fixture.l7.protocol, L7_LLMNR, "so is LLMNR");
}

static char learnt[L7_INFO_NAME_MAX + 1];

static bool is_ours(void *whose, const struct addr *addr)
{
	return addr_is_v4(addr) && addr_v4(addr) == *(const uint32_t *)whose;
}

static void learn(void *whose, const char *name)
{
	(void)whose;
	snprintf(learnt, sizeof(learnt), "%s", name);
}

#define OWN(whose_)                                                                                \
	(struct own_network)                                                                       \
	{                                                                                          \
		.is_own = is_ours, .learn = learn, .learn_host = learn, .whose = (whose_)          \
	}

/* The same answer to the same question, which come out of somebody else's tunnel or do not. */
static void answer_as(const struct hello_builder *answer, bool asks_hearsay, bool is_hearsay)
{
	struct hello_builder question = question_of(answer);
	struct dissect_state state = { 0 };
	struct dissection asked = { .in = reader_over(question.bytes, question.count),
		.time_ns = fixture.time_ns,
		.sender = fixture.ends.source,
		.receiver = fixture.ends.destination,
		.sender_port = 40000,
		.receiver_port = 53,
		.is_hearsay = asks_hearsay,
		.state = &state,
		.tables = &fixture.tables,
		.l7 = &fixture.l7 };
	struct dissection answered = asked;

	answered.is_hearsay = is_hearsay;
	answered.in = reader_over(answer->bytes, answer->count);
	answered.sender = asked.receiver;
	answered.receiver = asked.sender;
	answered.sender_port = 53;
	answered.receiver_port = 40000;
	learnt[0] = '\0';
	dissector_dns.datagram(&asked);
	dissector_dns.datagram(&answered);
}

static void answer_own(const struct hello_builder *answer, bool is_hearsay)
{
	answer_as(answer, is_hearsay, is_hearsay);
}

/* Names that lead to an address of ours are told when they are seen; tests/e2e/zones.py has all the
 * ways. */
static void test_own(void)
{
	uint32_t ours = 0xcb007105;
	struct hello_builder message;

	fixture_flow(&fixture, IP_UDP, 40000, 53);
	put_header(&message, 0x8180, 1, "PC7.Kommun.example", DNS_TYPE_A);
	put_record(&message, "pc7.kommun.example", DNS_TYPE_A, 30, "\xcb\x00\x71\x05", 4);
	answer_own(&message, false);
	is_text(learnt, "", "where nobody wants to know nobody is told");
	fixture.tables.own = OWN(&ours);
	answer_own(&message, true);
	is_text(learnt, "", "hearsay is not told");
	answer_as(&message, false, true);
	is_text(learnt, "", "… nor hearsay that answers what we asked");
	answer_own(&message, false);
	is_text(learnt, "pc7.kommun.example", "a name that was asked for is");
	ours++;
	answer_own(&message, false);
	is_text(learnt, "", "… not one that leads elsewhere");
	put_header(&message, 0x8180, 1, "6.113.0.203.in-addr.arpa", DNS_TYPE_PTR);
	put_record(&message, "6.113.0.203.in-addr.arpa", DNS_TYPE_PTR, 30,
		"\x03pc8\x06kommun\x07"
		"example",
		20);
	answer_own(&message, false);
	is_text(learnt, "pc8.kommun.example", "an address of ours has that name");
	ours++;
	answer_own(&message, false);
	is_text(learnt, "", "… not one of somebody else's");
	ours--;
	uint32_t last = 0xcb0071ff;
	struct hello_builder of_last;
	fixture.tables.own.whose = &last;
	put_header(&of_last, 0x8180, 1, "255.113.0.203.in-addr.arpa", DNS_TYPE_PTR);
	put_record(&of_last, "255.113.0.203.in-addr.arpa", DNS_TYPE_PTR, 30, "\3pc9\7example", 13);
	answer_own(&of_last, false);
	is_text(learnt, "pc9.example", "the last address of a network has one as well");
	fixture.tables.own.whose = &ours;
	message.bytes[sizeof("xxxxxxxxxxxx1")] = '7';
	for (size_t cut = 12; cut < message.count; cut++) {
		struct hello_builder part = message;
		part.count = cut;
		answer_own(&part, false);
	}
	is_text(learnt, "", "… not what was cut off");
	fixture.tables.own = (struct own_network){ 0 };
}

/* What somebody who need not be asked says on port 547 or 5353. */
static const char *told_by(
	const char *sender, uint16_t port, const void *bytes, size_t count, bool is_hearsay)
{
	struct dissect_state state = { 0 };
	struct dissection dissection = { .in = reader_over(bytes, count),
		.wire_bytes = (uint32_t)count,
		.time_ns = fixture.time_ns,
		.sender_port = port,
		.receiver_port = port == 547 ? 546 : port,
		.is_hearsay = is_hearsay,
		.state = &state,
		.tables = &fixture.tables,
		.l7 = &fixture.l7 };

	addr_parse(sender, &dissection.sender);
	learnt[0] = '\0';
	(port == 547 ? dissector_dhcp : dissector_dns).datagram(&dissection);
	return learnt;
}

/* A server on the link tells the domain; a neighbour tells its own name. */
static void test_own_link(void)
{
	static const char reply[] = "\7\1\2\3\0\x18\0\x10\6kommun\7example";
	uint32_t ours = 0xcb007105;
	struct hello_builder message;

	fixture.tables.own = OWN(&ours);
	is_text(told_by("fe80::1", 547, reply, sizeof(reply), false), "kommun.example",
		"the domain that a server on the link hands out");
	is_text(told_by("fec0::1", 547, reply, sizeof(reply), false), "",
		"… not one from somewhere else");
	is_text(told_by("fe80::1", 547, reply, sizeof(reply), true), "",
		"… nor one in somebody's tunnel");
	put_header(&message, 0x8400, 1, "pc7.local", DNS_TYPE_A);
	put_record(&message, "pc7.local", DNS_TYPE_A, 30, "\xcb\x00\x71\x05", 4);
	is_text(told_by("203.0.113.5", 5353, message.bytes, message.count, false), "pc7.local",
		"a neighbour's own name");
	is_text(told_by("203.0.113.5", 5353, message.bytes, message.count, true), "",
		"… not what a tunnel says that it is");
	fixture.tables.own = (struct own_network){ 0 };
}

int main(void)
{
	fixture_init(&fixture);
	test_chain();
	test_blocked();
	test_unasked();
	test_second_answer();
	test_many_questions();
	test_question_life();
	test_service();
	test_families();
	test_tcp();
	test_hostile();
	test_bounds();
	test_neighbours();
	test_own();
	test_own_link();
	fixture_flow(&fixture, IP_TCP, 1, 1);
	fixture_deinit(&fixture);
	return done_testing();
}
