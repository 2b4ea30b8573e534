#include "dashboards/cli/capture.h"

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "geo/geo.h"

int capture_facts_load(
	struct capture_facts *facts, const struct capture_settings *settings, struct err *err)
{
	*facts = (struct capture_facts){ NULL, NULL, NULL };
	int status = catalogue_open(
		&facts->catalogue, settings->catalogue.items, settings->catalogue.count, err);

	if (status == 0) {
		status = geo_open(&facts->geo, settings->geo, err);
	}
	if (status == 0) {
		status = policy_load(&facts->policy, settings->policy, settings->networks,
			facts->catalogue, err);
	}
	if (status < 0) {
		capture_facts_free(facts);
	}
	return status;
}

void capture_facts_free(struct capture_facts *facts)
{
	policy_free(facts->policy);
	geo_close(facts->geo);
	catalogue_close(facts->catalogue);
	*facts = (struct capture_facts){ NULL, NULL, NULL };
}
