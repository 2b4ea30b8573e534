#include "analyzer/rollup/series.h"

#include <string.h>

#include "base/text.h"

static const char *const dimension_names[] = {
#define X(id, name) name,
	DIMENSIONS(X)
#undef X
};

const char *dimension_name(enum dimension dimension)
{
	return (unsigned)dimension < DIMENSION_COUNT ? dimension_names[dimension] : "";
}

bool dimension_find(const char *name, enum dimension *dimension)
{
	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (strcmp(dimension_names[i], name) == 0) {
			*dimension = i;
			return true;
		}
	}
	return false;
}

char dimension_letter(enum dimension dimension)
{
	switch (dimension) {
	case DIMENSION_APP_UNIT: /* the unit of both */
	case DIMENSION_UNIT:
		return 'u';
	case DIMENSION_CLASS:
		return 'c';
	case DIMENSION_RULE:
		return 'r';
	case DIMENSION_EXCEPTION:
		return 'e';
	default:
		return '\0';
	}
}

unsigned series_of(const struct cell_key *key, uint64_t series[DIMENSION_COUNT])
{
	uint32_t app = cell_named_app(key);
	uint32_t server = key->server_country, parent = cell_parent(key);

	series[DIMENSION_APP] = series_key(DIMENSION_APP, app, 0);
	series[DIMENSION_APP_UNIT] = series_key(DIMENSION_APP_UNIT, app, key->unit);
	series[DIMENSION_UNIT] = series_key(DIMENSION_UNIT, key->unit, 0);
	series[DIMENSION_SERVER] = series_key(DIMENSION_SERVER, server, 0);
	series[DIMENSION_PARENT] = series_key(DIMENSION_PARENT, parent, 0);
	series[DIMENSION_ZONE] = series_key(DIMENSION_ZONE, key->zone, 0);
	series[DIMENSION_CLASS] = series_key(DIMENSION_CLASS, key->class_, 0);
	series[DIMENSION_MATRIX] = series_key(DIMENSION_MATRIX, server, parent);
	series[DIMENSION_CONTROL] = series_key(DIMENSION_CONTROL, key->control, 0);
	series[DIMENSION_RULE] = series_key(DIMENSION_RULE, key->rule, 0);
	series[DIMENSION_ACTION] = series_key(DIMENSION_ACTION, key->action, 0);
	series[DIMENSION_VERDICT] = series_key(DIMENSION_VERDICT, key->verdict, 0);
	series[DIMENSION_EXCEPTION] = series_key(DIMENSION_EXCEPTION, key->exception, 0);
	series[DIMENSION_BLOCK] = series_key(DIMENSION_BLOCK, key->block, 0);
	series[DIMENSION_HIDDEN] = series_key(DIMENSION_HIDDEN, key->hidden, 0);
	series[DIMENSION_DIRECTION] = series_key(DIMENSION_DIRECTION, key->direction, 0);
	series[DIMENSION_VIA] = series_key(DIMENSION_VIA, key->via, 0);
	series[DIMENSION_PROTOCOL] = series_key(DIMENSION_PROTOCOL, key->protocol, 0);
	series[DIMENSION_INFERRED] = series_key(DIMENSION_INFERRED, key->app, 0);
	return key->inferred ? DIMENSION_COUNT : DIMENSION_INFERRED;
}

/* Codes of a geo database, or a user's file, that are none are not known. */
void series_put_country(struct text *text, uint32_t country)
{
	uint8_t first = (uint8_t)(country >> 8), second = (uint8_t)country;
	bool is_code = first >= 'A' && first <= 'Z' && second >= 'A' && second <= 'Z';

	if (country == CELL_COUNTRY_INTERNAL) {
		text_put(text, "internal");
	} else if (is_code) {
		text_put_char(text, (char)first);
		text_put_char(text, (char)second);
	} else {
		text_put(text, "unknown");
	}
}
