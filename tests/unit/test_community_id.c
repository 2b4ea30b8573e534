#include "analyzer/record/community_id.h"

#include "tests/tap.h"

enum { IP_ICMP = 1, IP_ICMPV6 = 58 };

/* The value behind "key" in one object of the vectors; numbers and strings alike. */
static bool field(const char *object, const char *key, char *value, size_t bytes)
{
	char quoted[32];

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	const char *at = strstr(object, quoted);
	if (!at) {
		return false;
	}
	at += strlen(quoted);
	at += strspn(at, " \"");
	size_t length = strcspn(at, ",}\"");
	snprintf(value, bytes, "%.*s", (int)length, at);
	return true;
}

static bool check(const char *object, uint16_t seed)
{
	struct flow_record flow = { 0 };
	char text[COMMUNITY_ID_TEXT_MAX], value[128], wanted[128];

	field(object, "proto", value, sizeof(value));
	flow.protocol = (uint8_t)atoi(value);
	field(object, "saddr", value, sizeof(value));
	addr_parse(value, &flow.source);
	field(object, "daddr", value, sizeof(value));
	addr_parse(value, &flow.destination);
	unsigned ports[2] = { 0, 0 };
	if (field(object, "sport", value, sizeof(value))) {
		ports[0] = (unsigned)atoi(value);
	}
	if (field(object, "dport", value, sizeof(value))) {
		ports[1] = (unsigned)atoi(value);
	}
	if (flow.protocol == IP_ICMP || flow.protocol == IP_ICMPV6) {
		flow.icmp_type = (uint8_t)ports[0];
		flow.icmp_code = (uint8_t)ports[1];
	} else {
		flow.source_port = (uint16_t)ports[0];
		flow.destination_port = (uint16_t)ports[1];
	}
	field(object, "communityid", wanted, sizeof(wanted));
	size_t length = community_id(&flow, seed, text);
	return length == strlen(text) && is_text(text, wanted, "proto %u", flow.protocol);
}

static unsigned check_file(const char *folder, const char *name, uint16_t seed)
{
	char path[512];
	static char json[1 << 20];

	snprintf(path, sizeof(path), "%s/community-id/%s", folder, name);
	FILE *file = fopen(path, "r");
	if (!file) {
		return 0;
	}
	json[fread(json, 1, sizeof(json) - 1, file)] = '\0';
	fclose(file);
	unsigned count = 0;
	for (char *object = strchr(json, '{'); object; object = strchr(object + 1, '{')) {
		char *end = strchr(object, '}');
		*end = '\0';
		count += check(object, seed);
		*end = '}';
	}
	return count;
}

int main(void)
{
	const char *corpus = getenv("BORDERFLOW_CORPUS");
	struct flow_record flow = { .protocol = 6, .source_port = 34855, .destination_port = 80 };
	char text[COMMUNITY_ID_TEXT_MAX];

	/* The example in the specification's own text. */
	addr_parse("128.232.110.120", &flow.source);
	addr_parse("66.35.250.204", &flow.destination);
	community_id(&flow, 0, text);
	is_text(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "the published example");
	struct addr held = flow.source;
	flow.source = flow.destination;
	flow.destination = held;
	flow.source_port = 80;
	flow.destination_port = 34855;
	community_id(&flow, 0, text);
	is_text(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "… seen from the other side");
	community_id(&flow, 1, text);
	is_text(text, "1:3V71V58M3Ksw/yuFALMcW0LAHvc=", "… with a seed");
	unsigned count = corpus ? check_file(corpus, "baseline_deflt.json", 0) : 0;
	count += corpus ? check_file(corpus, "baseline_seed1.json", 1) : 0;
	if (count == 0) {
		skip("no published vectors here");
	}
	return done_testing();
}
