#include "analyzer/policy/redact_names.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/engine/exporter.h"
#include "analyzer/engine/enrich.h"
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

static void test_names(void)
{
	static const char *const telling[] = { "10.20.1.13", "10.20.1.13:8080", "[fd00::5]",
		"fd00::5", "192.0.2.80", "13.1.20.10.in-addr.arpa", "ip-10-20-1-13.example",
		"ip10-20-1-13.example", "10-0-0-1.nip.io", "app.10.0.0.1.nip.io",
		"host_010_020_001_013.example", "13-1-20-10.dsl.example", "annas-pc",
		"annas-pc.local", "00-00-5e-00-53-01.example", "0a14010d.nip.io",
		"0x0a14010d.example", "169083149.example", "010020001013.example",
		"fd00-0-0-0-0-0-0-5.example", "ip6-fd00--5.example",
		"fd000000000000000000000000000005.example" };
	static const char *const plain[] = { "v16.tiktokcdn.com", "www.example.com",
		"a1b2c3d4.example", "xn--fiqs8s.example", "3-2-1.example", "cdn-1-2-3.example",
		"999-20-1-13.example", "deadbeefdeadbeefdeadbeefdeadbeef.example",
		"1234567890.example", "arpa.example", "local.example", "2001-db8--1.example" };

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		struct record record = asked_for(telling[i]);
		ok(name_tells_device(telling[i], &record, policy), "%s says which device",
			telling[i]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct record record = asked_for(plain[i]);
		ok(!name_tells_device(plain[i], &record, policy), "%s does not", plain[i]);
	}
}

/* A flow between two ends that shows a name which is plain by itself. */
static bool tells(const char *source, const char *destination, enum l7_protocol protocol)
{
	struct record record = asked_for("intranet.exempel.example");

	addr_parse(source, &record.flow.source);
	addr_parse(destination, &record.flow.destination);
	record.l7.protocol = protocol;
	policy_locate(policy, &record);
	return name_tells_device("intranet.exempel.example", &record, policy);
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
	test_names();
	test_whose();
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
