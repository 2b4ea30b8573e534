/* A policy file of any bytes is refused with a place, or becomes a policy that decides. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"

static struct catalogue *catalogue;

static void decide_something(const struct policy *policy)
{
	struct record record;

	memset(&record, 0, sizeof(record));
	addr_parse("10.20.3.4", &record.flow.source);
	addr_parse("192.0.2.1", &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.start_ns = UINT64_C(1780000000000000000);
	record.verdict.app = catalogue_find(catalogue, "tiktok");
	policy_locate(policy, &record);
	policy_decide(policy, catalogue, &record);
}

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 3000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct policy_problems problems;
	struct policy *policy;
	struct err err;

	if (!catalogue && catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		return 0;
	}
	int status = policy_parse(
		&policy, "fuzz.yaml", (const char *)bytes, count, NULL, catalogue, &problems, &err);
	if ((status == 0) != (policy != NULL) || (status == 0 && problems.errors > 0)) {
		abort();
	}
	if (policy) {
		decide_something(policy);
	}
	policy_free(policy);
	return 0;
}
