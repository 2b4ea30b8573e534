#include "analyzer/policy/background.h"

#include <string.h>

bool background_is_app(const struct app *app)
{
	static const char *const categories[] = { "platform", "software", "analytics",
		"certificates", "cdn", "cloud", "visibility_gap", "security", "device_vendor",
		"iot", "iot_camera", "network", "admin", "development", "messaging", "mail",
		"ads_tracking", "ads_sdk", "sdk", "consent", "file_sharing", "remote_access" };

	for (size_t i = 0; app && i < sizeof(categories) / sizeof(categories[0]); i++) {
		if (strcmp(app->category, categories[i]) == 0) {
			return true;
		}
	}
	return app && (app->shared || app->embedded);
}

static bool begins_like_one(const char *name, const char *const *beginnings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (name[0] == beginnings[i][0] &&
			strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
			return true;
		}
	}
	return false;
}

enum host_kind background_host_kind(const char *name)
{
	static const char *const of_apps[] = { "api1", "api2", "api3", "im", "push", "mqtt",
		"edge-mqtt", "chat", "gateway", "upload", "frontier", "webcast", "msg", "sync",
		"rtlog", "tnc", "gecko", "security", "aweme", "i.", "b-api", "e1", "e2", "mmg",
		"g.", "xlog", "vas-" };
	static const char *const of_players[] = { "api", "log", "mon", "mssdk", "mcs", "telemetry",
		"graph" };

	if (begins_like_one(name, of_apps, sizeof(of_apps) / sizeof(of_apps[0]))) {
		return HOST_OF_APP;
	}
	return begins_like_one(name, of_players, sizeof(of_players) / sizeof(of_players[0]))
		       ? HOST_OF_PLAYER
		       : HOST_ANY;
}
