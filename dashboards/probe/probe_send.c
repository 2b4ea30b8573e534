#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/clock.h"
#include "dashboards/probe/probe_hello.h"
#include "dashboards/probe/probe_icmp.h"
#include "dashboards/probe/probe_reply.h"

enum { REPLY_MAX = 32768, QUIC_TRIES = 2 };

static socklen_t address_of(const struct probe_options *options, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (addr_is_v4(&options->addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(options->port);
		memcpy(&v4->sin_addr, options->addr.bytes + 12, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(options->port);
	memcpy(&v6->sin6_addr, options->addr.bytes, 16);
	return sizeof(*v6);
}

/* A socket on its way to the address; a connection of TCP may not be there yet. */
static int open_socket(const struct probe_options *options, int type, struct err *err)
{
	struct sockaddr_storage to;
	socklen_t length = address_of(options, &to);
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		return err_set(err, errno, "no socket: %s", strerror(errno));
	}
	probe_ask_for_icmp(fd);
	if (connect(fd, (const struct sockaddr *)&to, length) < 0 && errno != EINPROGRESS) {
		int code = errno;
		close(fd);
		return code == ENETUNREACH || code == EHOSTUNREACH || code == ECONNREFUSED
			       ? -code
			       : err_set(err, code, "cannot connect: %s", strerror(code));
	}
	return fd;
}

static void set_result_of(int code, struct probe_reply *reply)
{
	reply->result = code == ECONNREFUSED ? PROBE_REFUSED
			: code == ETIMEDOUT  ? PROBE_NO_CONNECTION
			: code == ECONNRESET ? PROBE_RESET
					     : PROBE_UNREACHABLE;
}

/* How much of the patience is left, in milliseconds. */
static int left_ms(const struct probe_options *options, uint64_t began_ns)
{
	uint64_t gone_ms = (clock_monotonic_ns() - began_ns) / NS_PER_MS;

	return gone_ms < options->patience_ms ? (int)(options->patience_ms - gone_ms) : 0;
}

static int make_marker(const struct probe_options *options, uint8_t transport, uint8_t *marker,
	struct probe_reply *reply, struct err *err)
{
	struct probe_hello hello = { .transport = transport,
		.name = options->name,
		.name_length = strlen(options->name),
		.time_s = (uint32_t)(clock_now_ns() / NS_PER_S),
		.segment = probe_segment(options->key, options->segment) };

	if (getrandom(&hello.number, sizeof(hello.number), 0) != sizeof(hello.number)) {
		return err_set(err, EIO, "no random bytes");
	}
	*reply = (struct probe_reply){ .result = PROBE_TIMEOUT, .time_s = hello.time_s };
	return probe_marker_make(options->key, &hello, marker)
		       ? 0
		       : err_set(err, EINVAL, "a name has at most %d characters", PROBE_NAME_MAX);
}

/* False: there is no connection, and the reply says why. */
static bool wait_for_connection(
	const struct probe_options *options, int fd, uint64_t began_ns, struct probe_reply *reply)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(int);
	int code = 0;

	if (poll(&ready, 1, left_ms(options, began_ns)) <= 0) {
		reply->result = PROBE_NO_CONNECTION;
		return false;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length);
	if (code != 0) {
		set_result_of(code, reply);
		probe_read_icmp(fd, reply);
	}
	return code == 0;
}

static void read_stream(
	const struct probe_options *options, int fd, uint64_t began_ns, struct probe_reply *reply)
{
	static uint8_t bytes[REPLY_MAX];
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t count = 0;

	while (count < sizeof(bytes) && poll(&ready, 1, left_ms(options, began_ns)) > 0) {
		ssize_t more = recv(fd, bytes + count, sizeof(bytes) - count, 0);
		if (more <= 0) {
			if (count == 0) {
				reply->result = more == 0             ? PROBE_CLOSED
						: errno == ECONNRESET ? PROBE_RESET
								      : PROBE_UNREACHABLE;
			}
			return;
		}
		count += (size_t)more;
		if (probe_read_tls_reply(bytes, count, options->block_issuer, reply)) {
			return;
		}
	}
}

/* Hangs up at once: a hello that nobody acknowledged would be sent again for minutes. */
static void finish(struct probe_reply *reply, uint64_t began_ns, int fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	reply->took_ms = (uint32_t)((clock_monotonic_ns() - began_ns) / NS_PER_MS);
	close(fd);
}

int probe_send_tls(const struct probe_options *options, struct probe_reply *reply, struct err *err)
{
	uint8_t marker[PROBE_MARKER_BYTES], hello[PROBE_HELLO_MAX];
	uint64_t began_ns = clock_monotonic_ns();
	int status = make_marker(options, PROBE_TCP, marker, reply, err);
	int fd = status < 0 ? status : open_socket(options, SOCK_STREAM, err);

	if (fd == -ENETUNREACH || fd == -EHOSTUNREACH || fd == -ECONNREFUSED) {
		set_result_of(-fd, reply);
		return 0;
	}
	if (fd < 0) {
		return fd;
	}
	if (wait_for_connection(options, fd, began_ns, reply)) {
		size_t length = probe_put_tls_hello(marker, options->name, hello);
		if (send(fd, hello, length, MSG_NOSIGNAL) == (ssize_t)length) {
			read_stream(options, fd, began_ns, reply);
		} else {
			set_result_of(errno, reply);
		}
	}
	finish(reply, began_ns, fd);
	return 0;
}

int probe_send_quic(const struct probe_options *options, struct probe_reply *reply, struct err *err)
{
	uint8_t marker[PROBE_MARKER_BYTES], hello[PROBE_HELLO_MAX], answer[2048];
	uint8_t entropy[PROBE_ENTROPY_BYTES];
	uint64_t began_ns = clock_monotonic_ns();
	int status = make_marker(options, PROBE_QUIC, marker, reply, err);
	int fd = status < 0 ? status : open_socket(options, SOCK_DGRAM, err);

	if (fd < 0 || getrandom(entropy, sizeof(entropy), 0) != sizeof(entropy)) {
		return fd < 0 ? fd : err_set(err, EIO, "no random bytes");
	}
	size_t length = probe_put_quic_hello(marker, options->name, entropy, hello);
	for (unsigned i = 0; i < QUIC_TRIES && reply->result == PROBE_TIMEOUT; i++) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int left = left_ms(options, began_ns);
		send(fd, hello, length, MSG_NOSIGNAL);
		if (poll(&ready, 1, i + 1 < QUIC_TRIES ? left / 2 : left) <= 0) {
			continue;
		}
		ssize_t count = recv(fd, answer, sizeof(answer), 0);
		if (count > 0) {
			probe_read_quic_reply(answer, (size_t)count, reply);
		} else {
			set_result_of(errno, reply);
			probe_read_icmp(fd, reply);
		}
	}
	finish(reply, began_ns, fd);
	return 0;
}
