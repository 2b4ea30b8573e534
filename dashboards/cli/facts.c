#include "dashboards/cli/facts.h"

#include <pthread.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "geo/geo.h"

/* The geo databases: half of what a start takes, and nothing else needs them. */
struct geo_opening {
	const char *folder;
	struct geo *geo;
	int status;
	struct err err;
};

static void *open_geo(void *argument)
{
	struct geo_opening *opening = argument;

	opening->status = geo_open(&opening->geo, opening->folder, &opening->err);
	return NULL;
}

static int load_rules(struct facts *facts, const struct fact_settings *settings, struct err *err)
{
	int status = catalogue_open(
		&facts->catalogue, settings->catalogue.items, settings->catalogue.count, err);

	if (status == 0) {
		status = policy_load(&facts->policy, settings->policy, settings->networks,
			facts->catalogue, err);
	}
	return status;
}

int facts_load(struct facts *facts, const struct fact_settings *settings, struct err *err)
{
	struct geo_opening opening = { .folder = settings->geo };
	pthread_t beside;

	*facts = (struct facts){ NULL, NULL, NULL };
	bool is_beside = pthread_create(&beside, NULL, open_geo, &opening) == 0;
	int status = load_rules(facts, settings, err);
	if (is_beside) {
		pthread_join(beside, NULL);
	} else {
		open_geo(&opening);
	}
	facts->geo = opening.geo;
	if (status == 0 && opening.status < 0) {
		*err = opening.err;
		status = opening.status;
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

struct reference facts_reference(const struct facts *facts, const struct pseudonyms *pseudonyms)
{
	return (struct reference){ facts->catalogue, facts->policy, facts->geo, pseudonyms };
}
