#include "dashboards/cli/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's header (Linux 6.2). */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
	(READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                     \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_TRUNCATE)

/* The rights that make sense for something that is no folder. */
#define OF_FILES                                                                                   \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* All rights that this version of Landlock can withhold. */
static uint64_t rights_of_version(long version)
{
	uint64_t first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	return first | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
	       (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

static int allow(int ruleset, const char *path, uint64_t rights, struct err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat status;
	int result = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		return 0;
	}
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode)) {
		rule.allowed_access &= OF_FILES;
	}
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) {
		result = err_set(err, errno, "cannot keep %s in reach: %s", path, strerror(errno));
	}
	close(rule.parent_fd);
	return result;
}

static int allow_all(int ruleset, const char *const *paths, uint64_t rights, struct err *err)
{
	int status = 0;

	for (; *paths && status == 0; paths++) {
		status = allow(ruleset, *paths, rights, err);
	}
	return status;
}

int confine_files(const struct confine_paths *paths, struct err *err)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1) {
		return err_set(err, ENOSYS, "this kernel has no Landlock, or it is not enabled");
	}
	struct landlock_ruleset_attr attributes = { .handled_access_fs =
							    rights_of_version(version) };
	uint64_t known = attributes.handled_access_fs;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0) {
		return err_set(err, errno, "cannot use Landlock: %s", strerror(errno));
	}
	int status = allow_all(ruleset, paths->readable, READING & known, err);
	if (status == 0) {
		status = allow_all(ruleset, paths->writable, WRITING & known, err);
	}
	if (status == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0) {
		status = err_set(err, errno, "cannot use Landlock: %s", strerror(errno));
	}
	close(ruleset);
	return status;
}
