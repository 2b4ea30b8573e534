#include "analyzer/redact/own_hosts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { IN_A_ROW = 4, ROWS = OWN_HOSTS_MAX / IN_A_ROW };

struct own_hosts {
	struct hash_key key;
	uint64_t rows[ROWS][IN_A_ROW]; /* the latest first; 0: free */
};

/* Labels of services. */
static const char *const common[] = { "www", "web", "mail", "webmail", "smtp", "imap", "pop",
	"pop3", "mx1", "mx2", "ns1", "ns2", "dns", "ftp", "sftp", "ssh", "vpn", "api", "http",
	"app", "apps", "cdn", "img", "image", "images", "static", "assets", "media", "video",
	"files", "download", "downloads", "update", "updates", "login", "auth", "sso", "account",
	"accounts", "admin", "portal", "cloud", "server", "host", "localhost", "home", "mobile",
	"news", "blog", "shop", "docs", "help", "support", "status", "search", "data", "test",
	"dev", "stage", "staging", "beta", "edge", "events", "metrics", "telemetry", "time", "ntp",
	"proxy", "gateway", "router", "com", "net", "org", "example" };

struct own_hosts *own_hosts_create(void)
{
	struct own_hosts *hosts = calloc(1, sizeof(*hosts));

	if (hosts) {
		hosts->key = hash_key_random();
	}
	return hosts;
}

void own_hosts_destroy(struct own_hosts *hosts)
{
	free(hosts);
}

static bool is_common(const char *label, size_t length)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (strlen(common[i]) == length && memcmp(common[i], label, length) == 0) {
			return true;
		}
	}
	return false;
}

/* Never 0. */
static uint64_t hash_of(const struct own_hosts *hosts, const char *label, size_t length)
{
	return hash_bytes(&hosts->key, label, length) | 1;
}

void own_hosts_learn(struct own_hosts *hosts, const char *name)
{
	size_t length = strcspn(name, ".");

	if (length < OWN_HOST_LEAST || is_common(name, length)) {
		return;
	}
	uint64_t hash = hash_of(hosts, name, length);
	uint64_t *row = hosts->rows[hash / 2 % ROWS];
	unsigned place = 0;
	while (place < IN_A_ROW - 1 && row[place] != hash) {
		place++;
	}
	memmove(row + 1, row, place * sizeof(*row));
	row[0] = hash;
}

static bool holds(const struct own_hosts *hosts, const char *label, size_t length)
{
	uint64_t hash = hash_of(hosts, label, length);
	const uint64_t *row = hosts->rows[hash / 2 % ROWS];

	for (unsigned i = 0; i < IN_A_ROW; i++) {
		if (row[i] == hash) {
			return true;
		}
	}
	return false;
}

bool own_hosts_hold(const struct own_hosts *hosts, const char *name)
{
	while (hosts && *name) {
		size_t length = strcspn(name, ".");
		if (length >= OWN_HOST_LEAST && holds(hosts, name, length)) {
			return true;
		}
		name += length + (name[length] == '.');
	}
	return false;
}
