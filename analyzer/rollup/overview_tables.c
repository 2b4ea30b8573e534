#include "analyzer/rollup/overview_tables.h"

static bool by_nothing(const struct cell_key *key, uint64_t *row)
{
	(void)key;
	*row = 0;
	return true;
}

static bool by_app(const struct cell_key *key, uint64_t *row)
{
	*row = cell_named_app(key);
	return *row != 0 || cell_crosses_border(key);
}

static bool by_app_and_country(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)cell_named_app(key) << 16 | key->server_country;
	return cell_named_app(key) != 0 || cell_crosses_border(key);
}

static bool by_app_and_zone(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)cell_named_app(key) << 8 | key->zone;
	return cell_named_app(key) != 0 && cell_crosses_border(key);
}

static bool by_inferred_app(const struct cell_key *key, uint64_t *row)
{
	*row = key->app;
	return key->inferred;
}

static bool by_zone(const struct cell_key *key, uint64_t *row)
{
	*row = key->zone;
	return true;
}

static bool by_control(const struct cell_key *key, uint64_t *row)
{
	*row = key->control;
	return cell_crosses_border(key);
}

static bool by_reason(const struct cell_key *key, uint64_t *row)
{
	*row = key->hidden - 1u;
	return key->hidden != 0;
}

static bool by_direction(const struct cell_key *key, uint64_t *row)
{
	*row = key->direction;
	return true;
}

static bool by_protocol(const struct cell_key *key, uint64_t *row)
{
	*row = key->protocol;
	return true;
}

static bool by_countries(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->server_country << 32 | (uint64_t)key->parent_country << 16 |
	       (uint64_t)key->zone << 8 | key->control;
	return cell_crosses_border(key);
}

static bool by_rule(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->rule << 48 | (uint64_t)key->unit << 32 | (uint64_t)key->app << 16 |
	       (uint64_t)key->action << 12 | (uint64_t)key->verdict << 8 |
	       (uint64_t)key->inferred << 7 | key->block;
	return key->rule != 0 || key->verdict != POLICY_VERDICT_NONE;
}

/* What was judged, and how: of all flows, those that no rule speaks of as well. */
static bool by_verdict(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->class_ << 32 | (uint64_t)key->exception << 16 |
	       (uint64_t)key->verdict << 12 | (uint64_t)key->action << 8 | key->block;
	return true;
}

static bool by_verdict_of_all(const struct cell_key *key, uint64_t *row)
{
	by_verdict(key, row);
	*row &= UINT32_MAX;
	return true;
}

/* A place is a unit and a zone. */
static bool by_place(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->unit << 8 | key->zone;
	return cell_crosses_border(key);
}

static bool by_place_hidden(const struct cell_key *key, uint64_t *row)
{
	return by_place(key, row) && key->hidden != 0;
}

static bool by_place_named(const struct cell_key *key, uint64_t *row)
{
	return by_place(key, row) && key->hidden == 0;
}

static bool by_place_and_reason(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->unit << 16 | (uint64_t)key->zone << 8 | (key->hidden - 1u);
	return cell_crosses_border(key) && key->hidden != 0;
}

fold_key *const overview_keys[TABLE_COUNT] = {
	[TABLE_TOTAL] = by_nothing,
	[TABLE_APPS] = by_app,
	[TABLE_APP_COUNTRIES] = by_app_and_country,
	[TABLE_APP_ZONES] = by_app_and_zone,
	[TABLE_INFERRED] = by_inferred_app,
	[TABLE_ZONES] = by_zone,
	[TABLE_CONTROLS] = by_control,
	[TABLE_UNNAMED] = by_reason,
	[TABLE_DIRECTIONS] = by_direction,
	[TABLE_PROTOCOLS] = by_protocol,
	[TABLE_MATRIX] = by_countries,
	[TABLE_RULES] = by_rule,
	[TABLE_VERDICTS] = by_verdict_of_all,
	[TABLE_CLASS_VERDICTS] = by_verdict,
	[TABLE_PLACES] = by_place,
	[TABLE_PLACES_HIDDEN] = by_place_hidden,
	[TABLE_PLACES_NAMED] = by_place_named,
	[TABLE_PLACE_REASONS] = by_place_and_reason,
};
