#include "dashboards/cli/confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Who called sudo, where somebody did. */
static const struct passwd *find_caller(void)
{
	const char *caller = getenv("SUDO_USER");
	const struct passwd *entry = caller ? getpwnam(caller) : NULL;

	return entry && entry->pw_uid != 0 ? entry : NULL;
}

const struct passwd *confine_find_user(const char *user)
{
	const struct passwd *entry = NULL;

	if (!user || strcmp(user, CONFINE_USER_AUTO) != 0) {
		return user && user[0] ? getpwnam(user) : NULL;
	}
	entry = getpwnam("borderflow");
	entry = entry ? entry : find_caller();
	return entry ? entry : getpwnam("nobody");
}

static int find_user(const struct passwd **found, const char *user, struct err *err)
{
	const struct passwd *entry = *found = confine_find_user(user);

	if (!user || !user[0]) {
		return err_set(err, EINVAL, "started as root without a user to become; set user");
	}
	if (!entry) {
		return err_set(err, ENOENT,
			"there is no user \"%s\" to become; make one with \"useradd --system "
			"--shell /usr/sbin/nologin %s\", or set user to another one",
			user, user);
	}
	if (entry->pw_uid == 0) {
		return err_set(
			err, EINVAL, "user \"%s\" is root; set user to an unprivileged one", user);
	}
	return 0;
}

static int become(const char *user, struct err *err)
{
	const struct passwd *entry;
	int status = find_user(&entry, user, err);

	if (status < 0) {
		return status;
	}
	if (setgroups(0, NULL) < 0 || setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0 ||
		setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0) {
		return err_set(err, errno, "cannot become user \"%s\": %s", user, strerror(errno));
	}
	return 0;
}

/* Where there is the right to do it: nothing that is executed can bring a capability back. */
static void empty_bounding_set(void)
{
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	}
}

static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0) {
		return err_set(err, errno, "cannot give up capabilities: %s", strerror(errno));
	}
	return 0;
}

/* The key of the pseudonyms is in memory: no other process of the same user may look at it, and no
 * core file may hold it. */
static int hide_memory(struct err *err)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return err_set(err, errno, "cannot refuse core files: %s", strerror(errno));
	}
	/* Said twice, for whoever looks at limits; a service manager may have forbidden the call.
	 */
	setrlimit(RLIMIT_CORE, &none);
	return 0;
}

int confine_check_user(const char *user, struct err *err)
{
	const struct passwd *entry;

	return geteuid() == 0 ? find_user(&entry, user, err) : 0;
}

int confine_user(const char *user, struct err *err)
{
	int status = 0;

	empty_bounding_set();
	if (geteuid() == 0) {
		status = become(user, err);
	}
	if (status == 0) {
		status = drop_capabilities(err);
	}
	if (status == 0) {
		status = hide_memory(err);
	}
	if (status == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		status = err_set(err, errno, "cannot refuse new privileges: %s", strerror(errno));
	}
	return status;
}
