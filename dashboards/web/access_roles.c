#include <string.h>

#include "dashboards/web/access.h"

const char *web_right_name(enum web_right right)
{
	static const char *const names[] = {
#define X(id, name) [WEB_MAY_##id] = (name),
		WEB_RIGHTS(X)
#undef X
	};
	return names[right];
}

static const struct {
	const char *name;
	unsigned rights;
} roles[] = {
#define X(id, name, rights) [WEB_##id] = { (name), (rights) },
	WEB_ROLES(X)
#undef X
};

const char *web_role_name(enum web_role role)
{
	return roles[role].name;
}

bool web_role_find(const char *name, enum web_role *role)
{
	for (unsigned i = 0; i < WEB_ROLE_COUNT; i++) {
		if (strcmp(roles[i].name, name) == 0) {
			*role = i;
			return true;
		}
	}
	return false;
}

bool web_role_may(enum web_role role, enum web_right right)
{
	return (roles[role].rights >> right & 1) != 0;
}

/* What cannot be asked of one unit, because it speaks of the body as a whole. */
static bool is_of_whole(enum web_right right)
{
	return right == WEB_MAY_REPORTS || right == WEB_MAY_REPORTING || right == WEB_MAY_REPLAY ||
	       right == WEB_MAY_SENSORS;
}

bool who_may(const struct who *who, enum web_right right)
{
	return web_role_may(who->role, right) && !(who->unit[0] && is_of_whole(right));
}
