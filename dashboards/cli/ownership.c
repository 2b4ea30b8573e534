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

/* A path in two: the folder that holds it, opened, and its last part ("archive/" is one too). */
struct place {
	int parent;
	const char *name;
	char path[PATH_MAX];
};

static bool open_place(struct place *place, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/') {
		length--;
	}
	if (length >= sizeof(place->path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(place->path, path, length);
	place->path[length] = '\0';
	char *slash = strrchr(place->path, '/');
	const char *folder = slash == place->path ? "/" : slash ? place->path : ".";
	place->name = slash ? slash + 1 : place->path;
	if (slash) {
		*slash = '\0';
	}
	place->parent = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->parent >= 0;
}

int ownership_make_folder(const char *path, const struct passwd *heir, struct err *err)
{
	struct place place;
	int folder = -1, status = 0;

	/* Where it is there already, or cannot be made, opening it will say what is wrong. */
	if (!open_place(&place, path)) {
		return 0;
	}
	if (mkdirat(place.parent, place.name, 0750) == 0 && heir) {
		folder = openat(
			place.parent, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0 || !give(folder, S_IFDIR, heir)) {
			status = err_set(err, EPERM, "%s: cannot give the folder to user %s", path,
				heir->pw_name);
		}
	}
	if (folder >= 0) {
		close(folder);
	}
	close(place.parent);
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
