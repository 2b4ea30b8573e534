/* Gives up power as the sensor does, then tries what must not be possible any more, and what must.
 * Only as root: otherwise there is nothing to give up. */
#include "dashboards/cli/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap.h"

static char inside[] = "/tmp/borderflow-inside-XXXXXX";
static char outside[] = "/tmp/borderflow-outside-XXXXXX";

/* A file that file permissions let everybody read. */
static void make_file(const char *folder, const char *name, char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0644);
	if (fd >= 0) {
		(void)!write(fd, "text", 4);
		close(fd);
	}
}

/* 0, or the errno. */
static int try_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0) {
		return errno;
	}
	close(fd);
	return 0;
}

static int try_socket(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd < 0) {
		return errno;
	}
	close(fd);
	return 0;
}

static void try_files(bool has_landlock, const char *own, const char *others)
{
	char made[128];

	snprintf(made, sizeof(made), "%s/new", inside);
	is_int(try_open(own, O_RDONLY), 0, "its own file can be read");
	is_int(try_open(made, O_CREAT | O_WRONLY), 0, "and one made beside it");
	ok(try_open("/etc/shadow", O_RDONLY) != 0, "the shadow file cannot be read");
	if (!has_landlock) {
		printf("# no Landlock in this kernel: files of others are not tried\n");
		return;
	}
	is_int(try_open(others, O_RDONLY), EACCES, "a file outside, readable by all, cannot");
	is_int(try_open("/etc/passwd", O_RDONLY), EACCES, "nor can /etc/passwd");
	snprintf(made, sizeof(made), "%s/new", outside);
	is_int(try_open(made, O_CREAT | O_WRONLY), EACCES, "nor one be made there");
}

#define REFUSED(call, title)                                                                       \
	do {                                                                                       \
		errno = 0;                                                                         \
		long result = (long)(call);                                                        \
		ok(result == -1 && errno == EPERM, title);                                         \
	} while (0)

static void try_system_calls(void)
{
	char *const arguments[] = { NULL };

	is_int(try_socket(AF_PACKET, SOCK_RAW, 0), EPERM, "no packet socket");
	is_int(try_socket(AF_INET, SOCK_RAW, IPPROTO_RAW), EPERM, "no raw socket");
	is_int(try_socket(AF_INET, SOCK_STREAM, 0), 0, "a TCP socket");
	REFUSED(execve("/bin/true", arguments, arguments), "no program");
	REFUSED(fork(), "no process");
	REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL), "no tracing");
	REFUSED(mount("none", inside, "tmpfs", 0, NULL), "no mount");
	REFUSED(chroot(inside), "no other root");
	REFUSED(setuid(0), "no way back to root");
	REFUSED(unshare(0x10000000), "no namespace");
	REFUSED(kill(getppid(), 0), "no signal to another process");
}

static void *thread(void *argument)
{
	return argument;
}

/* What the kernel says of this process; looked at before files are out of reach. */
static bool status_says(const char *line)
{
	char text[8192];
	FILE *file = fopen("/proc/self/status", "r");
	size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[length] = '\0';
	if (file) {
		fclose(file);
	}
	return strstr(text, line) != NULL;
}

static void try_all(void)
{
	char own[128], others[128];
	struct err err = { "" };
	const char *readable[] = { NULL }, *writable[] = { inside, NULL };
	pthread_t other;

	make_file(inside, "own", own, sizeof(own));
	make_file(outside, "theirs", others, sizeof(others));
	ok(confine_user("nobody-of-this-name", &err) < 0 && strstr(err.text, "useradd"),
		"a user that is not there is said: %s", err.text);
	ok(confine_user("", &err) < 0, "root without another user is refused: %s", err.text);
	ok(confine_user("root", &err) < 0, "and so is root as the other user: %s", err.text);
	is_int(confine_user("nobody", &err), 0, "another user");
	ok(getuid() != 0 && geteuid() != 0 && getgid() != 0 && getgroups(0, NULL) == 0,
		"… with its own group, and no other");
	ok(status_says("CapEff:\t0000000000000000") && status_says("CapPrm:\t0000000000000000") &&
			status_says("CapBnd:\t0000000000000000"),
		"no capabilities, nor a way to them");
	ok(status_says("NoNewPrivs:\t1"), "no new privileges");
	int landlock = confine_files(&(struct confine_paths){ readable, writable }, &err);
	ok(landlock == 0 || landlock == -ENOSYS, "files: %s", landlock ? err.text : "in reach");
	is_int(confine_syscalls(&err), 0, "system calls");
	try_files(landlock == 0, own, others);
	try_system_calls();
	is_int(pthread_create(&other, NULL, thread, NULL), 0, "a thread can be started");
	is_int(pthread_join(other, NULL), 0, "… and joined");
}

int main(void)
{
	if (geteuid() != 0) {
		puts("1..0 # SKIP not root: there is nothing to give up");
		return 0;
	}
	if (!mkdtemp(inside) || !mkdtemp(outside) || chmod(inside, 0777) < 0 ||
		chmod(outside, 0777) < 0) {
		puts("1..0 # SKIP no folder below /tmp");
		return 0;
	}
	/* In a child: the parent, still root, clears up. */
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		try_all();
		int result = done_testing();
		fflush(stdout);
		_exit(result); /* a leak checker at the exit would need what was just given up */
	}
	int status = 0;
	waitpid(child, &status, 0);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s %s", inside, outside);
	(void)!system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
