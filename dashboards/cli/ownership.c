#include "dashboards/cli/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dashboards/cli/confine.h"

const struct passwd *ownership_heir(const char *user)
{
	return user && geteuid() == 0 ? confine_find_user(user) : NULL;
}

/* Gives what the descriptor stands for, if it is of that type and still ours. */
static bool give(int fd, mode_t type, const struct passwd *heir)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type &&
	       status.st_uid == geteuid() &&
	       fchownat(fd, "", heir->pw_uid, heir->pw_gid, AT_EMPTY_PATH) == 0;
}

/* The folder that holds the path, opened, and the last part of the path. */
static int open_parent(const char *path, const char **name)
{
	char folder[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (slash) {
		size_t length = slash == path ? 1 : (size_t)(slash - path);
		if (length >= sizeof(folder)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(folder, path, length);
		folder[length] = '\0';
	}
	return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int ownership_make_folder(const char *path, const struct passwd *heir, struct err *err)
{
	const char *name;
	int parent = open_parent(path, &name), folder = -1, status = 0;

	/* Where it is there already, or cannot be made, opening it will say what is wrong. */
	if (parent >= 0 && mkdirat(parent, name, 0750) == 0 && heir) {
		folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0 || !give(folder, S_IFDIR, heir)) {
			status = err_set(err, EPERM, "%s: cannot give the folder to user %s", path,
				heir->pw_name);
		}
	}
	if (folder >= 0) {
		close(folder);
	}
	if (parent >= 0) {
		close(parent);
	}
	return status;
}

void ownership_give_socket(const char *path, const struct passwd *heir)
{
	int fd = heir ? open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (fd >= 0) {
		give(fd, S_IFSOCK, heir);
		close(fd);
	}
}
