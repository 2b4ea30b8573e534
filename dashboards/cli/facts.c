#include "dashboards/cli/facts.h"

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "geo/geo.h"

int facts_load(struct facts *facts, const struct fact_settings *settings, struct err *err)
{
	*facts = (struct facts){ NULL, NULL, NULL };
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
		facts_free(facts);
	}
	return status;
}

void facts_free(struct facts *facts)
{
	policy_free(facts->policy);
	geo_close(facts->geo);
	catalogue_close(facts->catalogue);
	*facts = (struct facts){ NULL, NULL, NULL };
}

struct lexicon facts_lexicon(const struct facts *facts, const struct pseudonyms *pseudonyms)
{
	return (struct lexicon){ facts->catalogue, facts->policy, facts->geo, pseudonyms };
}
