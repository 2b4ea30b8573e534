/* What may be kept of a device: by command, key, and what the policy states at that time. */
#include "analyzer/redact/device_detail.h"

#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tap.h"

#define STATED "purpose: network operation\nlegal_basis: GDPR 6.1 e\n"

static struct catalogue *catalogue;
static struct pseudonyms *pseudonyms;

static struct policy *read_policy(const char *content)
{
	char path[] = "/tmp/test_device_detail-XXXXXX";
	struct policy *policy = NULL;
	struct err err;
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content) ||
		policy_load(&policy, path, NULL, catalogue, &err) < 0) {
		printf("Bail out! %s\n", fd < 0 ? path : err.text);
		exit(1);
	}
	close(fd);
	unlink(path);
	return policy;
}

static uint64_t at(const char *time)
{
	uint64_t time_ns = 0;

	clock_parse(time, &time_ns);
	return time_ns;
}

/* A sensor's policy at that time; lacks: what its one sentence names, "" where nothing is lacking.
 */
static void check(const char *title, const char *content, bool has_key, const char *time,
	enum device_detail wanted, const char *lacks)
{
	struct policy *policy = read_policy(content);
	struct reference reference = { .catalogue = catalogue,
		.policy = policy,
		.pseudonyms = has_key ? pseudonyms : NULL,
		.is_sensor = true };
	char memory[640];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	is_int(device_detail_of(&reference, 0, at(time)), wanted, "%s", title);
	device_detail_put_missing(&text, &reference, at(time));
	ok(lacks[0] ? strstr(memory, lacks) != NULL : text.length == 0, "%s: %s", title,
		text.length ? memory : "nothing is missing");
	reference.is_sensor = false;
	reference.pseudonyms = NULL;
	is_int(device_detail_of(&reference, 0, at("2026-06-01T00:00:00Z")), DEVICE_DETAIL_DEVICE,
		"%s: a file shows what it holds", title);
	policy_free(policy);
}

/* Under pseudonyms what is nobody's might be ours, and is kept as its network. */
static void test_unknown(void)
{
	struct policy *policy = read_policy(STATED "consulted: 2026-01-01\n");
	struct reference reference = { .policy = policy, .pseudonyms = pseudonyms };
	struct record record = { .flow.start_ns = at("2026-06-01T00:00:00Z") };
	char memory[512];
	struct text text;

	record.direction = RECORD_DIRECTION_EXTERNAL;
	is_int(device_detail_of_record(&reference, &record), DEVICE_DETAIL_NETWORK,
		"between two ends that nobody declared: networks");
	record.direction = RECORD_DIRECTION_OUTBOUND;
	is_int(device_detail_of_record(&reference, &record), DEVICE_DETAIL_DEVICE,
		"… of a device of ours: the device");
	reference.pseudonyms = NULL;
	record.direction = RECORD_DIRECTION_EXTERNAL;
	is_int(device_detail_of_record(&reference, &record), DEVICE_DETAIL_DEVICE,
		"… and without a key what the file holds");
	reference.is_sensor = true;
	is_int(device_detail_of_record(&reference, &record), DEVICE_DETAIL_NONE,
		"… which a sensor does not keep");
	reference.is_sensor = false;
	text_init(&text, memory, sizeof(memory));
	device_detail_put_missing(&text, &reference, record.flow.start_ns);
	is_int((int64_t)text.length, 0, "an analysis lacks nothing");
	policy_free(policy);
}

static void test_classes(void)
{
	struct policy *policy = read_policy(STATED "consulted: 2026-01-01\nclasses:\n  Guests: "
						   "{type: guest, networks: [10.3.0.0/16]}\n");
	struct reference reference = {
		.policy = policy, .pseudonyms = pseudonyms, .is_sensor = true
	};
	struct record record = { 0 };

	addr_parse("10.3.0.1", &record.flow.source);
	policy_locate(policy, &record);
	is_int(device_detail_of(&reference, record.decision.class_, at("2026-06-01T00:00:00Z")),
		DEVICE_DETAIL_NETWORK, "guests are kept as their network");
	policy_free(policy);
}

int main(void)
{
	static const uint8_t key[KEY_BYTES] = { 1, 2, 3 };
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		pseudonyms_create(&pseudonyms, key, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	check("complete", STATED "consulted: 2026-01-01\n", true, "2026-06-01T00:00:00Z",
		DEVICE_DETAIL_DEVICE, "");
	check("the older word", STATED "consultation_date: 2026-01-01\n", true,
		"2026-06-01T00:00:00Z", DEVICE_DETAIL_DEVICE, "");
	check("no key", STATED "consulted: 2026-01-01\n", false, "2026-06-01T00:00:00Z",
		DEVICE_DETAIL_NONE, "borderflow keys init");
	check("no purpose", "legal_basis: law\nconsulted: 2026-01-01\n", true,
		"2026-06-01T00:00:00Z", DEVICE_DETAIL_NONE, "\"purpose\"");
	check("no legal basis", "purpose: operation\nconsulted: 2026-01-01\n", true,
		"2026-06-01T00:00:00Z", DEVICE_DETAIL_NONE, "\"legal_basis\"");
	check("no consultation", STATED "informed: 2026-01-01\n", true, "2026-06-01T00:00:00Z",
		DEVICE_DETAIL_NONE, "\"consulted\"");
	check("nothing at all", "organisation: Exempelstad\n", false, "2026-06-01T00:00:00Z",
		DEVICE_DETAIL_NONE, "\"purpose\", \"legal_basis\", \"consulted\"");
	check("not yet consulted", STATED "consulted: 2026-07-01\n", true, "2026-06-01T00:00:00Z",
		DEVICE_DETAIL_NONE, "from 2026-07-01");
	check("not yet informed", STATED "consulted: 2026-01-01\ninformed: 2026-08-01\n", true,
		"2026-06-01T00:00:00Z", DEVICE_DETAIL_NONE, "from 2026-08-01");
	check("the last moment", STATED "consulted: 2026-01-01\nends: 2026-06-30\n", true,
		"2026-06-30T23:59:59Z", DEVICE_DETAIL_DEVICE, "");
	check("its last nanosecond", STATED "consulted: 2026-01-01\nends: 2026-06-30\n", true,
		"2026-06-30T23:59:59.999999999Z", DEVICE_DETAIL_DEVICE, "");
	check("staff know from that moment on",
		STATED "consulted: 2026-01-01\ninformed: 2026-08-01\n", true,
		"2026-08-01T00:00:00Z", DEVICE_DETAIL_DEVICE, "");
	check("and not a nanosecond before", STATED "consulted: 2026-01-01\ninformed: 2026-08-01\n",
		true, "2026-07-31T23:59:59.999999999Z", DEVICE_DETAIL_NONE, "from 2026-08-01");
	check("over", STATED "consulted: 2026-01-01\nends: 2026-06-30\n", true,
		"2026-07-01T00:00:00Z", DEVICE_DETAIL_NONE, "until 2026-06-30");
	test_classes();
	test_unknown();
	pseudonyms_close(pseudonyms);
	catalogue_close(catalogue);
	return done_testing();
}
