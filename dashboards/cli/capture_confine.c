#include "dashboards/cli/capture.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alert_target.h"
#include "analyzer/redis/redis_url.h"
#include "analyzer/resolver/resolver_log.h"
#include "base/file.h"
#include "base/log.h"
#include "dashboards/cli/confine.h"
#include "dashboards/cli/ownership.h"
#include "geo/geo.h"

/* What names are resolved with, and the files of the C library that does it. */
static const char *const system_files[] = { "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf",
	"/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/localtime",
	"/usr/share/zoneinfo", "/etc/ld.so.cache", "/run/systemd/resolve", "/usr/share/zoneinfo",
	"/usr/lib", "/lib", "/lib64", "/etc/ssl", "/etc/gnutls", "/usr/share/ca-certificates",
	"/dev/urandom", "/sys/devices/system/cpu" };

enum {
	SYSTEM_FILE_COUNT = sizeof(system_files) / sizeof(system_files[0]),
	OWN_PATHS_MAX = 80,
};

/* A list of paths that owns its texts. */
struct paths {
	const char *items[SYSTEM_FILE_COUNT + OWN_PATHS_MAX + 1];
	char *owned[OWN_PATHS_MAX];
	unsigned count, owned_count;
};

static void add(struct paths *paths, const char *path)
{
	char *copy = path && paths->owned_count < OWN_PATHS_MAX ? strdup(path) : NULL;

	if (copy) {
		paths->owned[paths->owned_count++] = copy;
		paths->items[paths->count++] = copy;
	}
}

/* The folder a file is in; false where it is in none, or none is meant. */
static bool folder_of(const char *path, char folder[PATH_MAX])
{
	if (!path || strcmp(path, "-") == 0 || strlen(path) >= PATH_MAX) {
		return false;
	}
	strcpy(folder, path);
	char *slash = strrchr(folder, '/');
	if (!slash) {
		strcpy(folder, ".");
	} else {
		slash[slash == folder] = '\0';
	}
	return true;
}

/* The folder, since the file itself may be replaced by a new one of its name. */
static void add_folder_of(struct paths *paths, const char *path)
{
	char folder[PATH_MAX];

	if (folder_of(path, folder)) {
		add(paths, folder);
	}
}

/* A URL that is wrong will be told when it is opened. */
static void add_redis_files(struct paths *paths, const char *redis)
{
	struct redis_url *url = malloc(sizeof(*url));

	if (redis && url && redis_url_parse(url, redis, NULL) == 0) {
		const char *const files[] = { url->password_file, url->ca, url->certificate,
			url->key };
		for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			add(paths, files[i][0] ? files[i] : NULL);
		}
	}
	free(url);
}

/* Authorities and secrets of where alerts are sent. */
static void add_alert_files(struct paths *paths, const struct option_list *addresses)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	add(paths, credentials);
	for (unsigned i = 0; i < addresses->count; i++) {
		struct alert_target target;
		if (alert_target_parse(&target, addresses->items[i], NULL) == 0) {
			const char *const files[] = { target.ca, target.secret, target.password };
			for (unsigned at = 0; at < sizeof(files) / sizeof(files[0]); at++) {
				add(paths, files[at][0] ? files[at] : NULL);
			}
		}
	}
}

static void add_own_data(struct paths *paths)
{
	static const char *const folders[] = { "analyzer/share", "geo/share" };
	char path[PATH_MAX];
	struct err err;

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (file_find_data(folders[i], path, &err) == 0) {
			add(paths, path);
		}
	}
}

static void free_paths(struct paths *paths)
{
	for (unsigned i = 0; i < paths->owned_count; i++) {
		free(paths->owned[i]);
	}
}

static int confine_to_own_files(
	const struct capture_settings *settings, const struct reference *reference, struct err *err)
{
	struct paths readable = { .count = 0 }, writable = { .count = 0 };

	for (unsigned i = 0; i < SYSTEM_FILE_COUNT; i++) {
		readable.items[readable.count++] = system_files[i];
	}
	add_own_data(&readable);
	add_folder_of(&readable, settings->facts.policy);
	add_folder_of(&readable, settings->facts.inventory);
	add_folder_of(&readable, settings->facts.inventory_columns);
	for (unsigned i = 0; i < settings->resolver_logs.count; i++) {
		add_folder_of(&readable, resolver_log_path(settings->resolver_logs.items[i]));
	}
	add_redis_files(&readable, settings->outputs.redis);
	add_alert_files(&readable, &settings->outputs.alert_to);
	for (unsigned i = 0; i < settings->facts.catalogue.count; i++) {
		add_folder_of(&readable, settings->facts.catalogue.items[i]);
	}
	/* The compiled index of the geo databases is kept beside them. */
	add(&writable, geo_folder(reference->geo));
	add(&writable, settings->outputs.archive);
	add(&writable, settings->state);
	add_folder_of(&writable, settings->spool);
	add_folder_of(&writable, settings->outputs.flows);
	add_folder_of(&writable, settings->outputs.alerts);
	add_folder_of(&writable, settings->socket);
	int status = confine_files(&(struct confine_paths){ readable.items, writable.items }, err);
	free_paths(&readable);
	free_paths(&writable);
	return status;
}

int capture_prepare_folders(const struct capture_settings *settings, struct err *err)
{
	const struct passwd *heir =
		settings->drop_privileges ? ownership_heir(settings->user) : NULL;
	char folder[PATH_MAX];
	int status = 0;

	if (settings->outputs.archive) {
		status = ownership_make_folder(settings->outputs.archive, heir, err);
	}
	if (status == 0 && settings->state) {
		status = ownership_make_folder(settings->state, heir, err);
	}
	if (status == 0 && folder_of(settings->spool, folder)) {
		status = ownership_make_folder(folder, heir, err);
	}
	return status;
}

static int give_up_privileges(const struct capture_settings *settings, struct err *err)
{
	if (!settings->drop_privileges) {
		log_warning("privileges are kept: drop_privileges is off");
		return 0;
	}
	bool was_root = geteuid() == 0;
	int status = confine_user(settings->user, err);
	if (status == 0) {
		const struct passwd *user = getpwuid(geteuid());
		log_info("now %s, without capabilities and without a way to new ones",
			was_root && user ? user->pw_name : "the user it was started as");
	}
	return status;
}

static int limit_files(
	const struct capture_settings *settings, const struct reference *reference, struct err *err)
{
	if (!settings->landlock) {
		log_warning("the whole file system stays in reach: landlock is off");
		return 0;
	}
	int status = confine_to_own_files(settings, reference, err);
	if (status == -ENOSYS) {
		log_warning("the file system stays in reach as far as the user may: %s", err->text);
		return 0;
	}
	if (status == 0) {
		log_info("Landlock: only its own files are in reach");
	}
	return status;
}

static int limit_syscalls(const struct capture_settings *settings, struct err *err)
{
	if (!settings->seccomp) {
		log_warning("every system call stays allowed: seccomp is off");
		return 0;
	}
	int status = confine_syscalls(err);
	if (status == 0) {
		log_info("seccomp: only listed system calls are allowed");
	}
	return status;
}

int capture_confine(
	const struct capture_settings *settings, const struct reference *reference, struct err *err)
{
	int status = give_up_privileges(settings, err);

	if (status == 0) {
		status = limit_files(settings, reference, err);
	}
	return status < 0 ? status : limit_syscalls(settings, err);
}
