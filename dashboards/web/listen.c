#include "dashboards/web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAITING_MAX = 128 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*port = (uint16_t)number;
	return *text >= '0' && *text <= '9' && *end == '\0' && number <= UINT16_MAX;
}

static bool parse_local(const char *path, union address *address)
{
	address->local.sun_family = AF_UNIX;
	if (path[0] == '\0' || strlen(path) >= sizeof(address->local.sun_path)) {
		return false;
	}
	strcpy(address->local.sun_path, path);
	return true;
}

static bool parse(const char *where, union address *address)
{
	const char *colon = strrchr(where, ':'), *port_text = colon ? colon + 1 : where;
	char host[INET6_ADDRSTRLEN + 2] = "127.0.0.1";
	size_t length = colon ? (size_t)(colon - where) : 0;
	uint16_t port;

	memset(address, 0, sizeof(*address));
	if (strncmp(where, "unix:", 5) == 0) {
		return parse_local(where + 5, address);
	}
	if (!parse_port(port_text, &port) || length >= sizeof(host)) {
		return false;
	}
	if (colon) {
		memcpy(host, where, length);
		host[length] = '\0';
	}
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		return inet_pton(AF_INET6, host + 1, &address->v6.sin6_addr) == 1;
	}
	address->v4.sin_family = AF_INET;
	address->v4.sin_port = htons(port);
	return inet_pton(AF_INET, host, &address->v4.sin_addr) == 1;
}

static int read_where(const char *where, union address *address, struct err *err)
{
	return parse(where, address)
		       ? 0
		       : err_set(err, EINVAL,
				 "cannot listen at \"%s\": expected PORT, ADDRESS:PORT, "
				 "[ADDRESS]:PORT or unix:PATH",
				 where);
}

int listen_check(const char *where, struct err *err)
{
	union address address;

	return read_where(where, &address, err);
}

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_UNIX    ? sizeof(address->local)
	       : address->any.sa_family == AF_INET6 ? sizeof(address->v6)
						    : sizeof(address->v4);
}

/* A socket that a server left behind, where nobody answers, is in the way. */
static void clear_away(const union address *address)
{
	struct stat there;

	if (address->any.sa_family != AF_UNIX || lstat(address->local.sun_path, &there) < 0 ||
		!S_ISSOCK(there.st_mode)) {
		return;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		if (connect(fd, &address->any, size_of(address)) < 0 && errno == ECONNREFUSED) {
			unlink(address->local.sun_path);
		}
		close(fd);
	}
}

static int bind_to(int fd, const union address *address)
{
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	if (address->any.sa_family != AF_UNIX) {
		return bind(fd, &address->any, size_of(address)) < 0 ? -1 : listen(fd, WAITING_MAX);
	}
	mode_t mask = umask(0117);
	int status = bind(fd, &address->any, size_of(address));
	int code = errno;
	umask(mask);
	errno = code;
	return status < 0 ? status : listen(fd, WAITING_MAX);
}

static void put_address(int fd, char text[LISTEN_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";
	union address bound;
	socklen_t size = sizeof(bound);

	memset(&bound, 0, sizeof(bound));
	getsockname(fd, &bound.any, &size);
	if (bound.any.sa_family == AF_UNIX) {
		snprintf(text, LISTEN_TEXT_MAX, "unix:%s", bound.local.sun_path);
	} else if (bound.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &bound.v6.sin6_addr, host, sizeof(host));
		snprintf(text, LISTEN_TEXT_MAX, "[%s]:%u", host, ntohs(bound.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &bound.v4.sin_addr, host, sizeof(host));
		snprintf(text, LISTEN_TEXT_MAX, "%s:%u", host, ntohs(bound.v4.sin_port));
	}
}

int listen_open(const char *where, char address[LISTEN_TEXT_MAX], struct err *err)
{
	union address wanted;
	int status = read_where(where, &wanted, err);

	if (status < 0) {
		return status;
	}
	clear_away(&wanted);
	int fd = socket(wanted.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind_to(fd, &wanted) < 0) {
		int code = errno;
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, code, "cannot listen at %s: %s", where, strerror(code));
	}
	put_address(fd, address);
	return fd;
}
