/* Where a server stands that is, or is made to look like, a proxy. */
#include "analyzer/engine/enrich.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "base/file.h"
#include "tests/tap.h"

static const char overrides[] = "prefix\tcountry\tasn\tnote\n"
				"192.0.2.0/24\tSE\tAS64500\tinside\n"
				"198.51.100.0/24\tRU\tAS64501\toutside\n";

static struct reference reference;

/* What a device asks of a server; said: in the words of whoever asks a proxy. */
static struct record visit(const char *server, enum l7_proxy said)
{
	struct record record = { 0 };

	addr_parse("10.1.1.1", &record.flow.source);
	addr_parse(server, &record.flow.destination);
	record.flow.destination_port = 8080;
	record.flow.protocol = 6;
	record.l7.protocol = L7_HTTP;
	record.l7.through_proxy = (uint8_t)said;
	l7_info_add_name(&record.l7, NAME_HTTP_HOST, "www.example.com", 15);
	return record;
}

static void test_asked(const char *server, const char *country, const char *title)
{
	struct record record = visit(server, L7_PROXY_ASKED);

	enrich(&reference, &record, 1);
	is_int(record.via, RECORD_VIA_PROXY, "%s: through a proxy, by the client's word", title);
	is_text(record.place.country, country, "… and its country");
}

static void test_found(const char *server, const char *country, const char *title)
{
	struct record record = visit(server, L7_PROXY_NONE);

	enrich(&reference, &record, 1);
	is_int(record.via, RECORD_VIA_DIRECT, "%s: direct at first", title);
	enrich_behind_proxy(&reference, &record, true);
	is_text(record.place.country, country, "… and once it was found to be a proxy");
}

static int open_geo(struct geo **geo, struct err *err)
{
	char folder[] = "/tmp/borderflow-enrich-XXXXXX", path[64];

	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/overrides.tsv", folder);
	int status = file_write(path, overrides, sizeof(overrides) - 1, err);
	status = status < 0 ? status : geo_open(geo, folder, err);
	unlink(path);
	rmdir(folder);
	return status;
}

int main(void)
{
	static const char rules[] = "own_networks: [10.0.0.0/8]\n";
	struct policy_problems problems;
	struct catalogue *catalogue;
	struct policy *policy;
	struct err err = { "" };
	struct geo *geo;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 || open_geo(&geo, &err) < 0 ||
		policy_parse(&policy, "test", rules, strlen(rules), NULL, catalogue, &problems,
			&err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy, .geo = geo };
	test_asked("192.0.2.7", "", "one inside the EU");
	test_asked("198.51.100.7", "RU", "one outside");
	test_found("192.0.2.7", "", "one inside the EU");
	test_found("198.51.100.7", "RU", "one outside");
	policy_free(policy);
	geo_close(geo);
	catalogue_close(catalogue);
	return done_testing();
}
