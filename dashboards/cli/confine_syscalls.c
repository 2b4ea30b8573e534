/* The only file that includes seccomp.h. */
#include "dashboards/cli/confine.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

/* What a running sensor does: packets from a mapped ring, files, sockets to Redis and for metrics,
 * threads, memory, time. No programs, no mounts, no modules, no tracing, no keys, no raw sockets.
 */
static const char *const allowed[] = {
	/* files: archive, records, alerts, facts at a reload */
	"read",
	"write",
	"readv",
	"writev",
	"pread64",
	"pwrite64",
	"open",
	"openat",
	"close",
	"fstat",
	"stat",
	"lstat",
	"newfstatat",
	"statx",
	"lseek",
	"access",
	"faccessat",
	"faccessat2",
	"readlink",
	"readlinkat",
	"getdents64",
	"getcwd",
	"fcntl",
	"flock",
	"fsync",
	"fdatasync",
	"sync_file_range",
	"ftruncate",
	"fallocate",
	"fadvise64",
	"rename",
	"renameat",
	"renameat2",
	"unlink",
	"unlinkat",
	"mkdir",
	"mkdirat",
	"rmdir",
	"chmod",
	"fchmod",
	"fchmodat",
	"umask",
	"statfs",
	"fstatfs",
	"dup",
	"dup2",
	"dup3",
	"sendfile",
	/* memory and threads */
	"brk",
	"mmap",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	"mlock",
	"munlock",
	"membarrier",
	"futex",
	"futex_waitv",
	"set_robust_list",
	"get_robust_list",
	"rseq",
	"set_tid_address",
	"sched_yield",
	"sched_getaffinity",
	"sched_setaffinity",
	"getpid",
	"gettid",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"exit",
	"exit_group",
	"restart_syscall",
	"sysinfo",
	"uname",
	"prlimit64",
	"getrlimit",
	"prctl",
	"arch_prctl",
	"getrandom",
	"getrusage",
	"tgkill",
	/* signals and time */
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"rt_sigpending",
	"sigaltstack",
	"clock_gettime",
	"clock_getres",
	"clock_nanosleep",
	"nanosleep",
	"gettimeofday",
	"time",
	/* sockets and waiting */
	"connect",
	"bind",
	"listen",
	"accept",
	"accept4",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"shutdown",
	"ioctl",
	"poll",
	"ppoll",
	"select",
	"pselect6",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"eventfd2",
	"pipe2",
	"timerfd_create",
	"timerfd_settime",
};

static int allow_listed(scmp_filter_ctx filter)
{
	int status = 0;

	for (unsigned i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && status == 0; i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);
		/* Some are there on one machine and not on another. */
		if (number != __NR_SCMP_ERROR) {
			status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		}
	}
	return status;
}

/* Threads, but no processes. clone3() hides its flags from the filter: with ENOSYS the C library
 * turns to clone(). */
static int allow_threads(scmp_filter_ctx filter)
{
	int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));

	return status < 0 ? status
			  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int allow_sockets(scmp_filter_ctx filter)
{
	static const unsigned families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	int status = 0;

	for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]) && status == 0; i++) {
		status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, families[i]));
	}
	/* With these libcurl wakes its own threads. */
	return status < 0 ? status
			  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
				    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
}

int confine_syscalls(struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = filter ? allow_listed(filter) : -ENOMEM;

	if (status == 0) {
		status = allow_threads(filter);
	}
	if (status == 0) {
		status = allow_sockets(filter);
	}
	if (status == 0) {
		status = seccomp_load(filter);
	}
	seccomp_release(filter);
	if (status < 0) {
		return err_set(err, -status, "cannot limit system calls: %s", strerror(-status));
	}
	return 0;
}
