#include "analyzer/redact/redact_names.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/engine/exporter.h"
#include "analyzer/engine/enrich.h"
#include "analyzer/redact/name_spelling.h"
#include "analyzer/redact/own_hosts.h"
#include "analyzer/redact/own_inside.h"
#include "analyzer/redact/own_zones.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/pseudonyms.h"
#include "base/file.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;

static struct record asked_for(const char *name)
{
	struct record record = { 0 };

	addr_parse("10.20.1.13", &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = true;
	for (unsigned way = 0; way < 2; way++) {
		record.flow.packets[way] = record.flow.total_packets[way] = 10;
		record.flow.bytes[way] = record.flow.total_bytes[way] = 1000;
	}
	record.l7.protocol = L7_HTTP;
	l7_info_add_name(&record.l7, NAME_HTTP_HOST, name, strlen(name));
	policy_locate(policy, &record);
	return record;
}

/* What is asked for inside names a machine of ours; a probe's hello names what is under test. */
static void test_probe(void)
{
	struct record record = asked_for("www.tiktok.com");

	addr_parse("10.20.9.9", &record.flow.destination);
	policy_locate(policy, &record);
	ok(name_tells_device("www.tiktok.com", &record, policy, NULL),
		"a name inside is kept back");
	record.l7.probe_time_s = 1;
	ok(!name_tells_device("www.tiktok.com", &record, policy, NULL), "… a probe's is not");
	ok(name_tells_device("annas-pc", &record, policy, NULL), "… but for a device's");
}

static void test_names(void)
{
	static const char *const telling[] = { "10.20.1.13", "10.20.1.13:8080", "[fd00::5]",
		"fd00::5", "13.1.20.10.in-addr.arpa", "ip-10-20-1-13.example",
		"ip10-20-1-13.example", "10-0-0-1.nip.io", "app.10.0.0.1.nip.io",
		"host_010_020_001_013.example", "13-1-20-10.dsl.example", "annas-pc",
		"annas-pc.local", "00-00-5e-00-53-01.example", "0a14010d.nip.io",
		"0x0a14010d.example", "169083149.example", "010020001013.example",
		"fd00-0-0-0-0-0-0-5.example", "ip6-fd00--5.example",
		"fd000000000000000000000000000005.example",
		/* a MAC: in a row, in fours, behind a word, as an interface identifier */
		"desktop-00155d012345.example", "desktop00155d012345.example",
		"device00155d012345.example", "0015.5d01.2345.example", "0015-5d01-2345.example",
		"02155dfffe012345.example", "host-0215-5dff-fe01-2345.example",
		/* our IPv4 address: backwards, octal, binary, with other signs between */
		"0d01140a.example", "pc0a14010d.example", "218174474.example",
		"01205000415.example", "00001010000101000000000100001101.example",
		"10x20x1x13.example", "13x1x20x10.example", "ip10dot20dot1dot13.example",
		"0a-14-01-0d.example", "0xa.0x14.0x1.0xd.example", "0d-01-14-0a.example",
		"10--20--1--13.example", "a14010d.example", "0a-14-01-0dz.example",
		"f0a-14-01-0d.example", "idfd00--5.example",
		/* IPv6: digit by digit, backwards, with dots */
		"5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.example",
		"500000000000000000000000000000df.example", "fd00.0.0.0.0.0.0.5.example",
		/* … in words the other way round, with x for colons, IPv4 inside IPv6 */
		"5--fd00.example", "fd00xx5.example", "ffff-0a14-10d.example",
		"0-0-0-0-0-ffff-a14-10d.example", "64-ff9b--a14-10d.example",
		"2002-a14-10d--1.example", "0a14-010d.example", "0a14.010d.example",
		/* numbers without signs between, or with fewer than four of them */
		"1020113.example", "pc1020113.example", "1312010.example", "10.20.269.example",
		"10-1310989.example", "0xa.20.1.13.example", "0x0a14010dpc.example",
		"0xa14010d.example", "x0a14010dcafe.example", "012-024-001-015.example",
		/* a MAC without zeros before, and in halves */
		"0-15-5d-1-23-4f.example", "00155d-01234f.example", "pc_00155d_01234f.example",
		"00155d.01234f.example", "001-55d-012-34f.example",
		/* letters for four bytes (RFC 4648) */
		"bikacdi.example", "pc-chqbdq.example",
		/* other scripts, as they are and in punycode */
		"\xef\xbc\x91\xef\xbc\x90-20-1-13.example", "xn------116sbadebep.example",
		"xn--7g7cb.xn--7g7cd.1.13.example", "\xd9\xa1\xd9\xa0.20.1.13.example",
		"fd00x0x0x0x0x0x0x5.example", "2026-11-28-10-20-1-13.example",
		"f81d4fae-7dec-11d0-a765-00155d01234f.example",
		/* octal without a zero before it */
		"1205000415.example", "12-24-1-15.example",
		/* where a reverse zone is cut */
		"8.b.d.0.1.0.0.2.ip6.arpa",
		/* zones that nobody gives out */
		"pc7.lan", "pc7.corp", "pc7.ad.internal", "pc7.home.arpa",
		"anna.andersson@example.com" };
	static const char *const plain[] = { "v16.tiktokcdn.com", "www.example.com",
		"a1b2c3d4.example", "xn--fiqs8s.example", "3-2-1.example", "cdn-1-2-3.example",
		"999-20-1-13.example", "deadbeefdeadbeefdeadbeefdeadbeef.example",
		"1234567890.example", "arpa.example", "local.example", "2001-db8--1.example",
		"xn--bcher-kva.example", "xn--99999999.example", "bucket-4711.s3.example",
		"v1-2-p3.cdn.example", "r3---sn-4g5e6nsz.example", "lan.example", "e1.a2.example",
		"f5a3c1.example", "2026-11-28.news.example", "20261128.example", "1020114.example",
		"10.20.example", "a1-b2.example", "build-1.2.3.example", "us-east-1-2.example",
		"d3a5-11ef.example", "fd00.example", "ffff-1-2.example", "beef-cafe.example",
		"ipv6.test.example", "abc-123.example", "10-20.example", "4-5-6-b-c-d.example",
		"xx-small.example", "face-b00c.example", "2024.10.20.example",
		"asset-5f3a2b-main.example", "scontent-arn2-1.xx.fbcdn.example",
		"2026-11-28-7-15-30.logs.example", "3f2504e0-4f89-41d3-9a0c-0305e82c3301.example",
		"2026.11.28.7.15.example", "11.20.269.example", "10.21.269.example",
		"11-1310989.example",
		/* addresses of others, and digits that are no maker's */
		"192.0.2.80", "ec2-203-0-113-7.eu-north-1.compute.example",
		"7.113.0.203.bc.cloud.example", "2026-11-28-192-0-2-80.example",
		"a1b2c3d4e5f6.cdn.example", "2001:db8::80" };

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		struct record record = asked_for(telling[i]);
		ok(name_tells_device(telling[i], &record, policy, NULL), "%s says which device",
			telling[i]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct record record = asked_for(plain[i]);
		ok(!name_tells_device(plain[i], &record, policy, NULL), "%s does not", plain[i]);
	}
}

static bool is_seen(const void *context, uint64_t mac)
{
	(void)context;
	return mac == 0x00155d01234f || mac == 0x02155d01234f || mac == 0x020102030407;
}

static uint64_t mac_of(const void *context, const struct addr *addr, uint64_t time_ns)
{
	(void)context, (void)time_ns;
	bool is_known =
		addr_is_v4(addr) && (addr_v4(addr) == 0x0a14010d || addr_v4(addr) == 0xc6336409);
	return is_known ? 0x00155d01234f : 0;
}

/* Where stations were seen a MAC is theirs or nobody's. */
static void test_macs(void)
{
	static const struct name_stations stations = { is_seen, mac_of, NULL };
	static const struct own_names own = { .stations = &stations };
	static const char *const telling[] = { "pc-00155d01234f.example",
		"00-15-5d-01-23-4f.example", "0015.5d01.234f.example", "00155d-01234f.example",
		"0-15-5d-1-23-4f.example", "02155d01234f.example", "02155dfffe01234f.example",
		/* our end's alone: as a number, its last three bytes, as letters */
		"91754668879.example", "cam-01234f.example", "cam01234f.example",
		"cam-01-23-4f.example", "aakv2ajdj4.example", "abvdasnp.example",
		/* without zeros before, also where numbers look like others */
		"0-15-5d-1-23-4f.example", "cam.0.15.5d.1.23.4f.example", "2-1-2-3-4-7.example",
		"cam_2_1_2_3_4_7.example", "215-5dff-fe01-234f.example",
		"cam-1-2ff-fe03-407.example",
		/* among other letters, with x between, backwards, as an identifier, in decimals */
		"nest00155d01234fa.example", "00-15-5d-01-23-4fz.example",
		"00x15x5dx01x23x4f.example", "4f23015d1500.example",
		"f.4.3.2.1.0.d.5.5.1.0.0.example", "4f2301feff5d1502.example",
		"id0015-5d01-234f.example", "x0215-5dff-fe01-234f.example",
		"0-21-93-1-35-79.example", "2203351974919.example" };
	static const char *const plain[] = { "00155d012345.cdn.example",
		"00-15-5d-01-23-45.example", "0015.5d01.2345.example", "001-55d-012-345.example",
		"00155d-012345.example", "02155dfffe012345.example", "cam-012345.example",
		"nest00155d012345a.example", "00x15x5dx01x23x45.example", "0-21-93-1-35-69.example",
		"a0b2c3d4e5f6.cdn.example", "91754668880.example", "aakv2ajdj5.example",
		"2-1-2-3-4-8.example", "215-5dff-fe01-2345.example", "1-2-3-4.example",
		"1-2ff-fe03-408.example" };

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		struct record record = asked_for(telling[i]);
		ok(name_tells_device(telling[i], &record, policy, &own), "%s is a station's",
			telling[i]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct record record = asked_for(plain[i]);
		ok(!name_tells_device(plain[i], &record, policy, &own), "%s is nobody's", plain[i]);
	}
}

static void test_v6_letters(void)
{
	static const struct {
		const char *name, *addr;
	} telling[] = { { "7uaaaaaaaaaaaaaaaaaaaaaaau.example", "fd00::5" },
		{ "_qaaaaaaaaaaaaaaaaaabq.example", "fd00::5" },
		/* its last half, word by word */
		{ "8d2-3a1f-b20-55.v6.example", "fd00::8d2:3a1f:b20:55" },
		{ "host.8d2.3a1f.b20.55.example", "fd00::8d2:3a1f:b20:55" },
		{ "55-b20-3a1f-8d2.example", "fd00::8d2:3a1f:b20:55" },
		{ "08d2_3a1f_0b20_0055.example", "fd00::8d2:3a1f:b20:55" },
		/* in two words, in one, beside other digits */
		{ "08d23a1f-0b200055.example", "fd00::8d2:3a1f:b20:55" },
		{ "08d23a1f0b200055.example", "fd00::8d2:3a1f:b20:55" },
		{ "pc08d23a1f0b200055.example", "fd00::8d2:3a1f:b20:55" },
		{ "08d23a1f0b200055cafe.example", "fd00::8d2:3a1f:b20:55" } };

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		struct record record = asked_for(telling[i].name);
		addr_parse(telling[i].addr, &record.flow.source);
		policy_locate(policy, &record);
		ok(name_tells_device(telling[i].name, &record, policy, NULL), "%s is %s",
			telling[i].name, telling[i].addr);
	}
	struct record record = asked_for("8d2-3a1f-b20-56.example");
	addr_parse("fd00::8d2:3a1f:b20:55", &record.flow.source);
	policy_locate(policy, &record);
	ok(!name_tells_device("8d2-3a1f-b20-56.example", &record, policy, NULL),
		"the last half of another is not");
}

/* Names that show addresses of a body whose own networks are public ones. */
static void test_elsewhere(void)
{
	static const char ours[] = "own_networks: [203.0.113.0/24, 2001:db8:5::/48]\n";
	static const char *const telling[] = { "ip-203-0-113-9.example", "9-113-0-203.example",
		"20010db8000500000000000000000009.example",
		"9000000000000000000050008bd01002.example",
		/* nobody outside has these either */
		"ip-10-1-2-3.example", "ip-172-20-1-5.example", "ip-172-31-1-5.example",
		"ip-192-168-1-5.example", "ip-100-64-1-5.example", "ip-100-127-1-5.example",
		"ip-169-254-1-5.example", "5-1-168-192.example",
		/* either end may be ours: which is not known */
		"ip-198-51-100-7.example", "ip-198-51-100-9.example", "9.100.51.198.example",
		"yyzwici.example", "198-51-25609.example", "cam-01234f.example",
		"cam01234fz.example", "91754668879.example", "30614662011.example",
		"1131031706.example" };
	static const char *const plain[] = { "ip-203-0-114-9.example",
		"20010db8000600000000000000000009.example", "ip-172-15-1-5.example",
		"ip-172-32-1-5.example", "ip-192-167-1-5.example", "ip-100-63-1-5.example",
		"ip-100-128-1-5.example", "ip-169-253-1-5.example", "ip-198-51-100-8.example",
		"00155d012345.example", "cam-012345.example" };
	static const struct name_stations stations = { is_seen, mac_of, NULL };
	static const struct own_names own = { .stations = &stations };
	struct policy *before = policy;
	struct policy_problems problems;
	struct err err;

	is_int(policy_parse(&policy, "ours", ours, strlen(ours), NULL, catalogue, &problems, &err),
		0, "public networks of our own");
	for (unsigned i = 0; i < 2; i++) {
		const char *const *names = i ? plain : telling;
		size_t count =
			i ? sizeof(plain) / sizeof(plain[0]) : sizeof(telling) / sizeof(telling[0]);
		while (count-- > 0) {
			struct record record = asked_for(names[count]);
			addr_parse("198.51.100.7", &record.flow.source);
			addr_parse("198.51.100.9", &record.flow.destination);
			policy_locate(policy, &record);
			ok(name_tells_device(names[count], &record, policy, &own) == (i == 0),
				"%s %s", names[count], i ? "is nobody's" : "may be ours");
		}
	}
	struct record record = asked_for("example.com");
	addr_parse("2001:db8:9::1", &record.flow.source);
	addr_parse("2001:db8:9::2", &record.flow.destination);
	policy_locate(policy, &record);
	ok(name_tells_device("[2001:db8:9::1]", &record, policy, NULL) &&
			name_tells_device("[2001:db8:9::2]", &record, policy, NULL) &&
			name_tells_device("[2001:db8:5::9]", &record, policy, NULL),
		"an address for a name: of either end, and of our network");
	ok(!name_tells_device("[2001:db8:9::3]", &record, policy, NULL), "… but of no other");
	policy_free(policy);
	policy = before;
}

/* A flow between two ends that shows a name which is plain by itself. */
static bool tells(const char *source, const char *destination, enum l7_protocol protocol)
{
	struct record record = asked_for("intranet.exempel.example");

	addr_parse(source, &record.flow.source);
	addr_parse(destination, &record.flow.destination);
	record.l7.protocol = protocol;
	policy_locate(policy, &record);
	return name_tells_device("intranet.exempel.example", &record, policy, NULL);
}

static void test_whose(void)
{
	ok(!tells("10.20.1.13", "192.0.2.80", L7_TLS), "what a device asks for outside");
	ok(tells("192.0.2.80", "10.20.1.13", L7_TLS), "what is asked for from outside is ours");
	ok(tells("10.20.1.13", "10.20.1.14", L7_TLS), "so is what stays inside");
	ok(!tells("10.20.1.13", "10.20.1.53", L7_DNS), "a lookup names what is looked for");
	ok(tells("10.20.1.13", "10.20.1.255", L7_NETBIOS), "NetBIOS names who speaks");
	ok(tells("10.20.1.13", "224.0.0.251", L7_MDNS), "so does mDNS");
	ok(tells("10.20.1.13", "224.0.0.252", L7_LLMNR), "and LLMNR");
}

static void learn(struct own_zones *zones, const char *name)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	const char *zone = own_zone_of(&reference, name);

	if (zone) {
		own_zones_learn(zones, zone);
	}
}

/* A zone is our own once a machine of ours has a name in it. */
static void test_own_zones(void)
{
	struct own_zones *zones = own_zones_create();
	struct record record = asked_for("pc7.other.example");
	struct own_names own = { .zones = zones };
	char longest[OWN_ZONE_BYTES + 8];

	ok(!own_zones_hold(zones, "pc7.ad.kommun.example"), "nobody's zone");
	learn(zones, "pc7.ad.kommun.example");
	ok(own_zones_hold(zones, "pc7.ad.kommun.example"), "a machine of ours: the name");
	ok(own_zones_hold(zones, "annas-laptop.hr.kommun.example"), "… and its neighbours");
	ok(own_zones_hold(zones, "kommun.example"), "… and the zone itself");
	ok(!own_zones_hold(zones, "xkommun.example"), "… on label boundaries");
	ok(name_tells_device("annas-laptop.kommun.example", &record, policy, &own),
		"names in it are withheld");
	learn(zones, "v16.tiktokcdn.com");
	learn(zones, "pc7.kommun.co.uk");
	learn(zones, "pc8");
	ok(!own_zones_hold(zones, "www.elsewhere.example"), "another zone is none");
	ok(!own_zones_hold(zones, "v16.tiktokcdn.com"), "nor is a known app that is led to us");
	ok(own_zones_hold(zones, "pc9.kommun.co.uk") && !own_zones_hold(zones, "bbc.co.uk"),
		"below a registry's own names three labels are a zone");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memcpy(longest + OWN_ZONE_BYTES - 60, ".", 1);
	learn(zones, longest);
	ok(!own_zones_hold(zones, longest), "what is longer than a zone may be is passed over");
	is_int((int64_t)own_zones_missed(zones), 0, "… and none was missed");
	record.l7.protocol = L7_DNS;
	ok(!name_tells_device("pc7.other.example", &record, policy, &own),
		"a name asked for elsewhere tells nothing");
	record.l7.dns_of_self = true;
	ok(name_tells_device("pc7.other.example", &record, policy, &own),
		"a name asked for by the head of its zone is the asker's own");
	own_zones_destroy(zones);
}

/* What a machine calls itself tells whose it is in any zone. */
static void test_own_hosts(void)
{
	struct own_hosts *hosts = own_hosts_create();
	struct record record = asked_for("annas-laptop.ddns.example");
	struct own_names own = { .hosts = hosts, .catalogue = catalogue };
	char name[32];

	ok(!own_hosts_hold(NULL, "annas-laptop.ddns.example"), "nobody listens");
	own_hosts_learn(hosts, "annas-laptop.ad.kommun.example");
	own_hosts_learn(hosts, "www.kommun.example");
	own_hosts_learn(hosts, "pc");
	own_hosts_learn(hosts, "ada.kommun.example");
	own_hosts_learn(hosts, "serv.kommun.example");
	ok(name_tells_device("annas-laptop.ddns.example", &record, policy, &own),
		"a machine's name");
	ok(own_hosts_hold(hosts, "smb.annas-laptop"), "… wherever it stands");
	ok(!own_hosts_hold(hosts, "annas-laptop2.ddns.example") &&
			!own_hosts_hold(hosts, "annas.ddns.example"),
		"… as a whole label");
	ok(!own_hosts_hold(hosts, "ad.kommun.example"), "only its first label counts");
	ok(!own_hosts_hold(hosts, "www.news.example") && !own_hosts_hold(hosts, "pc.example"),
		"what half the world is called tells nothing");
	ok(own_hosts_hold(hosts, "ada.example"), "three letters are a name");
	ok(own_hosts_hold(hosts, "serv.example"), "… and so is the beginning of another word");
	unsigned held = 0;
	for (unsigned i = 0; i < OWN_HOSTS_MAX / 4; i++) {
		snprintf(name, sizeof(name), "known-%u", i);
		own_hosts_learn(hosts, name);
	}
	for (unsigned i = 0; i < OWN_HOSTS_MAX / 4; i++) {
		snprintf(name, sizeof(name), "known-%u", i);
		held += own_hosts_hold(hosts, name);
	}
	ok(held > OWN_HOSTS_MAX / 4 * 95 / 100, "a quarter of what there is room for is kept");
	for (unsigned i = 0; i < 3 * OWN_HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "made-up-%u", i);
		own_hosts_learn(hosts, i % 16 ? name : "annas-laptop");
	}
	ok(own_hosts_hold(hosts, "annas-laptop"),
		"a flood of names pushes out none that is in use");
	snprintf(record.l7.product, sizeof(record.l7.product), "Annas-Laptop/1.0");
	snprintf(record.l7.alpn, sizeof(record.l7.alpn), "pc-10.20.1.13");
	record_redact_names(&record, policy, &own);
	is_text(record.l7.product, "", "a program that bears its machine's name");
	is_text(record.l7.alpn, "", "a protocol that bears its address");
	snprintf(record.l7.alpn, sizeof(record.l7.alpn), "annas-laptop");
	record_redact_names(&record, policy, &own);
	is_text(record.l7.alpn, "", "… or its name");
	snprintf(record.l7.product, sizeof(record.l7.product), "AnyDesk/9.0");
	snprintf(record.l7.alpn, sizeof(record.l7.alpn), "http/1.1");
	record_redact_names(&record, policy, &own);
	is_text(record.l7.product, "AnyDesk/9.0", "… its maker's stays");
	is_text(record.l7.alpn, "http/1.1", "… and so does any other");
	own_hosts_destroy(hosts);
}

/* What a program's owner can write into a User-Agent goes, what its maker wrote stays. */
static void test_products(void)
{
	static const struct {
		const char *said, *left;
	} cases[] = { { "AnyDesk/9.0", "AnyDesk/9.0" }, { "AnyDesk/9.0 (Annas-PC)", "AnyDesk/9.0" },
		{ "AnyDesk", "AnyDesk" }, { "Own-Tool/1.0 (annas-pc; iPho", "" },
		{ "annas telephone", "" }, { "Annas-PC AnyDesk/9.0", "" } };
	const struct own_names own = { .catalogue = catalogue };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = asked_for("www.example.com");
		snprintf(record.l7.product, sizeof(record.l7.product), "%s", cases[i].said);
		record_redact_names(&record, policy, &own);
		is_text(record.l7.product, cases[i].left, "of \"%s\"", cases[i].said);
		ok(memcmp(record.l7.product + strlen(record.l7.product),
			   (char[L7_INFO_PRODUCT_MAX]){ 0 },
			   sizeof(record.l7.product) - strlen(record.l7.product)) == 0,
			"… and nothing behind it");
	}
}

/* Who signed for a machine of ours: its own name, where it did itself. */
static void test_issuers(void)
{
	static const struct {
		const char *destination, *organization;
		bool is_left;
	} cases[] = { { "192.0.2.80", "annas-pc", true }, { "10.20.9.9", "annas-pc", false },
		{ "10.20.9.9", "let's encrypt", true } };
	const struct own_names own = { .catalogue = catalogue };

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = asked_for("www.example.com");
		const char *signer = cases[i].organization;
		addr_parse(cases[i].destination, &record.flow.destination);
		policy_locate(policy, &record);
		l7_info_set_issuer(&record.l7, signer, strlen(signer));
		record.l7.issuers[0] = record.l7.issuers[1] =
			l7_issuer_hash(signer, strlen(signer));
		record_redact_names(&record, policy, &own);
		ok((record.l7.issuers[0] != 0) == cases[i].is_left &&
				(record.l7.issuers[1] != 0) == cases[i].is_left &&
				(l7_info_issuer(&record.l7)[0] != '\0') == cases[i].is_left &&
				(memmem(record.l7.text, sizeof(record.l7.text), signer,
					 strlen(signer)) != NULL) == cases[i].is_left,
			"%s of %s is %s", signer, cases[i].destination,
			cases[i].is_left ? "left" : "gone");
	}
}

/* An address of ours stands in others. */
static void test_inside(void)
{
	static const char *const ours[] = { "64:ff9b::10.20.1.13", "64:ff9b::a14:10d",
		"64:ff9b:1:a14:1:d00::", "64:ff9b:1::10.20.1.13", "2002:a14:10d::1",
		"2001:0:c000:201::f5eb:fef2", "2001:db8::200:5efe:10.20.1.13",
		"fe80::5efe:10.20.1.13", "::10.20.1.13", "ff02::1:ffaa:bb30", "ff02::2:ff01:203" };
	static const char *const others[] = { "10.20.1.13", "192.0.2.1", "64:ff9b::192.0.2.1",
		"64:ff9b:1::192.0.2.1", "2002:c000:201::1", "2001:0:a14:10d::3fff:fdfe",
		"2001:db8::5eff:10.20.1.13", "2001:db8:a14:10d::", "ff02::1", "ff02::1:2",
		"ff02::1:fe00:1", "ff05::1:ff00:1" };
	struct addr addr;

	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		ok(addr_parse(ours[i], &addr) && own_inside(policy, &addr), "%s holds ours",
			ours[i]);
	}
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ok(addr_parse(others[i], &addr) && !own_inside(policy, &addr), "%s holds none",
			others[i]);
	}
}

/* What they learnt is there after a restart. */
static void test_zones_state(void)
{
	struct own_zones *zones = own_zones_create(), *later = own_zones_create();
	char folder[] = "/tmp/test_own_zones-XXXXXX", path[64];
	struct state *state = NULL;
	struct err err;

	ok(mkdtemp(folder) && state_open(&state, folder, &err) == 0, "a folder for state");
	learn(zones, "pc7.kommun.example");
	is_int(own_zones_save(zones, state, &err), 0, "saved");
	is_int(own_zones_load(later, state, &err), 0, "loaded");
	ok(own_zones_hold(later, "pc8.kommun.example"), "the zone is known after a restart");
	snprintf(path, sizeof(path), "rm -r %s", folder);
	ok(system(path) == 0, "tidied up");
	state_close(state);
	own_zones_destroy(zones);
	own_zones_destroy(later);
}

/* What an overview lists and a record holds once the exporter has had it. */
static void export_one(const char *name, const struct pseudonyms *pseudonyms, bool withheld)
{
	struct reference reference = {
		.catalogue = catalogue, .policy = policy, .pseudonyms = pseudonyms
	};
	struct exporter *exporter = exporter_create(&reference, NULL);
	struct record record = asked_for(name);
	const struct overview_name *names;

	enrich(&reference, &record, 1);
	exporter_take(exporter, &record, 1);
	is_text(l7_info_domain(&record.l7), withheld ? "" : name, "the record's name");
	is_int((int64_t)overview_unlisted(exporter_overview(exporter), &names), withheld ? 0 : 1,
		"… in the list of names");
	is_int((int64_t)overview_unnamed(exporter_overview(exporter), UNNAMED_NAME_NOT_LISTED)
			.flows,
		1, "… and the flow had one that the catalogue does not list");
	struct exporter_stats stats;
	exporter_read_stats(exporter, &stats);
	is_int((int64_t)stats.records_with_app, 0, "… and no app, which is not counted as one");
	exporter_destroy(exporter);
}

/* Records whose app is known, but not those of which it is only inferred. */
static void test_named_records(void)
{
	struct reference reference = { .catalogue = catalogue, .policy = policy };
	struct exporter *exporter = exporter_create(&reference, NULL);
	struct exporter_stats stats;

	for (unsigned inferred = 0; inferred < 2; inferred++) {
		struct record record = asked_for("www.tiktok.com");
		enrich(&reference, &record, 1);
		record.verdict.inferred = inferred;
		exporter_take(exporter, &record, 1);
	}
	exporter_read_stats(exporter, &stats);
	is_int((int64_t)stats.records_with_app, 1, "inferred apps are not counted as known");
	is_int((int64_t)stats.records_inferred, 1, "… but by themselves");
	exporter_destroy(exporter);
}

int main(void)
{
	static const char key[] = "thirty-two bytes for a test only";
	char path[] = "/tmp/borderflow-key-XXXXXX";
	struct pseudonyms *pseudonyms = NULL;
	struct err err = { "" };
	int fd = mkstemp(path);

	if (fd < 0 || catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0 ||
		write(fd, key, sizeof(key) - 1) < 0 ||
		pseudonyms_open(&pseudonyms, path, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_probe();
	test_names();
	test_named_records();
	test_macs();
	test_v6_letters();
	test_elsewhere();
	test_whose();
	test_own_zones();
	test_own_hosts();
	test_products();
	test_issuers();
	test_inside();
	test_zones_state();
	export_one("ip-10-20-1-13.example", NULL, false);
	export_one("ip-10-20-1-13.example", pseudonyms, true);
	export_one("www.example.com", pseudonyms, false);
	close(fd);
	unlink(path);
	pseudonyms_close(pseudonyms);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
