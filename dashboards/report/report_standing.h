/* Inside the lights: how a body stands, added up once; what the lights, the actions and the
 * decision are made from.
 *
 *     report_lights.c     the lights
 *     report_sight.c      that about what was seen, and whether it is enough for the others
 *     report_actions.c    what is to be done, and what there is to decide */
#pragma once

#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_units.h"

struct standing {
	const struct report_model *model;
	const struct messages *messages;
	struct report_lights *lights;
	struct report_unit *units, sum;
	size_t unit_count;
	bool is_sure;      /* enough is seen for a green light */
	bool is_untold;    /* it may be: that was not given which would say so */
	bool sees_answers; /* of all units */
};

/* "TikTok, Temu": apps for which is_wanted holds, most bytes first; how many there are. */
typedef bool standing_app(const struct standing *standing, const struct overview_app *app);
unsigned standing_put_apps(struct standing *standing, struct text *text, standing_app *is_wanted);
standing_app standing_is_denied; /* used in spite of a rule */
standing_app standing_is_passed; /* let through, and not surely used */
standing_app standing_is_open;   /* nobody approved or decided */

/* Does nothing that was seen speak against a green light? Is enough seen of the devices, and on
 * each day? Were answers seen of all units? */
bool standing_is_clear(const struct standing *standing);
bool standing_is_measured(const struct report_model *model);
bool standing_sees_answers(const struct standing *standing);
void standing_light_sight(struct standing *standing);

/* Of the body it may be said that it is small. */
static inline bool standing_shows_few(const struct report_model *model)
{
	struct overview_row total = overview_total(model->overview);

	return report_model_knows_devices(model) && report_model_shows_few(model, &total);
}

void standing_find_actions(struct standing *standing);
void standing_decide(struct standing *standing);
