/* dnstap as resolvers send it, over a unix socket or TCP: both ways of frame streams. Each peer has
 * a buffer of its own; who sends what is no frame stream of dnstap is sent away and counted. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/resolver/dnstap.h"
#include "analyzer/resolver/frame_stream.h"
#include "analyzer/resolver/resolver_log.h"
#include "base/log.h"

enum { PEERS_MAX = 16 };

struct peer {
	int fd;           /* -1: free */
	bool is_answered; /* it began with READY */
	size_t at, count;
	uint8_t *bytes; /* FRAME_BYTES_MAX + 16 */
};

struct listener {
	struct flow_source source;
	int fd;
	char *target;
	struct peer peers[PEERS_MAX];
	struct flow_source_stats stats;
};

static void drop_peer(struct peer *peer)
{
	close(peer->fd);
	free(peer->bytes);
	*peer = (struct peer){ .fd = -1 };
}

static void close_listener(struct flow_source *source)
{
	struct listener *listener = (struct listener *)source;

	if (!listener) {
		return;
	}
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (listener->peers[i].fd >= 0) {
			drop_peer(&listener->peers[i]);
		}
	}
	if (listener->fd >= 0) {
		close(listener->fd);
	}
	if (listener->target && strncmp(listener->target, "unix:", 5) == 0 && listener->fd >= 0) {
		unlink(listener->target + 5);
	}
	free(listener->target);
	free(listener);
}

/* A socket that nobody listens on any more is in the way; whatever else stands there stays. */
static int clear_away(const struct sockaddr_un *address, struct err *err)
{
	const char *path = address->sun_path;
	struct stat there;

	if (lstat(path, &there) < 0) {
		return 0;
	}
	int fd = S_ISSOCK(there.st_mode) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	bool is_dead = fd >= 0 &&
		       connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		       errno == ECONNREFUSED;
	if (fd >= 0) {
		close(fd);
	}
	if (!is_dead) {
		return err_set(err, EADDRINUSE,
			"%s: something is there already; name another path for dnstap", path);
	}
	unlink(path);
	return 0;
}

static int listen_unix(struct listener *listener, const char *path, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		return err_set(err, ENAMETOOLONG, "%s: longer than a socket's path may be", path);
	}
	strcpy(address.sun_path, path);
	int status = clear_away(&address, err);
	if (status < 0) {
		return status;
	}
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0117);
	bool is_bound = listener->fd >= 0 &&
			bind(listener->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	int code = errno;
	umask(mask);
	if (!is_bound || listen(listener->fd, PEERS_MAX) < 0) {
		code = is_bound ? errno : code;
		return err_set(
			err, code, "cannot listen for dnstap at %s: %s", path, strerror(code));
	}
	return 0;
}

/* "[ADDRESS:]PORT", an IPv6 address in brackets. */
static int parse_target(
	const char *target, char host[ADDR_TEXT_MAX], const char **port, struct err *err)
{
	const char *colon = strrchr(target, ':');
	size_t length = colon ? (size_t)(colon - target) : 0;
	bool is_bracketed = length >= 2 && target[0] == '[' && target[length - 1] == ']';
	char *end;

	strcpy(host, "127.0.0.1");
	*port = colon ? colon + 1 : target;
	long number = strtol(*port, &end, 10);
	if (*end || end == *port || number < 1 || number > 65535 ||
		length - 2 * is_bracketed >= ADDR_TEXT_MAX) {
		return err_set(
			err, EINVAL, "%s: dnstap is heard at unix:PATH or [ADDRESS:]PORT", target);
	}
	if (colon) {
		snprintf(host, ADDR_TEXT_MAX, "%.*s", (int)(length - 2 * is_bracketed),
			target + is_bracketed);
	}
	return 0;
}

static int listen_tcp(struct listener *listener, const char *target, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *address;
	char host[ADDR_TEXT_MAX];
	const char *port;
	int on = 1, status = parse_target(target, host, &port, err);

	if (status < 0) {
		return status;
	}
	if (getaddrinfo(host, port, &hints, &address) != 0) {
		return err_set(err, EINVAL, "%s: %s is no address to listen at", target, host);
	}
	listener->fd =
		socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	if (listener->fd >= 0) {
		setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	}
	if (listener->fd < 0 || bind(listener->fd, address->ai_addr, address->ai_addrlen) < 0 ||
		listen(listener->fd, PEERS_MAX) < 0) {
		status = err_set(
			err, errno, "cannot listen for dnstap at %s: %s", target, strerror(errno));
	}
	freeaddrinfo(address);
	return status;
}

static int open_listener(struct flow_source **source, const char *target, struct err *err)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		return err_set(err, ENOMEM, "out of memory");
	}
	listener->source.ops = &flow_source_dnstap_listen;
	listener->fd = -1;
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		listener->peers[i].fd = -1;
	}
	int status = strncmp(target, "unix:", 5) == 0 ? listen_unix(listener, target + 5, err)
						      : listen_tcp(listener, target, err);
	if (status < 0) {
		close_listener(&listener->source);
		return status;
	}
	listener->source.title = listener->target = strdup(target);
	*source = &listener->source;
	return 0;
}

static void take_peer(struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (unsigned i = 0; fd >= 0 && i < PEERS_MAX; i++) {
		struct peer *peer = &listener->peers[i];
		if (peer->fd < 0) {
			*peer = (struct peer){ .fd = fd, .bytes = malloc(FRAME_BYTES_MAX + 16) };
			if (!peer->bytes) {
				drop_peer(peer);
			}
			return;
		}
	}
	if (fd >= 0) {
		log_warning("dnstap at %s: more than %d resolvers; one is sent away",
			listener->target, PEERS_MAX);
		close(fd);
	}
}

static bool answer(struct peer *peer, size_t (*make)(uint8_t *))
{
	uint8_t bytes[FRAME_ANSWER_BYTES_MAX];
	size_t count = make(bytes);

	return send(peer->fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

/* False where the peer has said all, or nothing that can be heard. */
static bool hear_control(struct listener *listener, struct peer *peer, enum frame_kind kind)
{
	switch (kind) {
	case FRAME_READY:
		peer->is_answered = true;
		return answer(peer, frame_stream_accept);
	case FRAME_STOP:
		if (peer->is_answered) {
			answer(peer, frame_stream_finish);
		}
		return false;
	case FRAME_MALFORMED:
	case FRAME_FOREIGN:
		log_warning("dnstap at %s: what came is no frame stream of dnstap; the connection "
			    "is closed",
			listener->target);
		listener->stats.malformed++;
		return false;
	default:
		return true;
	}
}

static bool has_room(const struct flow_source_batch *batch)
{
	return batch->name_count + DNSTAP_NAMES_MAX <= FLOW_SOURCE_BATCH_MAX;
}

/* The frames that are whole, as far as the batch has room. False where the peer is done. */
static bool hear_frames(
	struct listener *listener, struct peer *peer, struct flow_source_batch *batch)
{
	while (has_room(batch)) {
		struct reader in = reader_over(peer->bytes + peer->at, peer->count - peer->at),
			      data;
		enum frame_kind kind = frame_stream_next(&in, &data);
		if (kind == FRAME_NEEDS_MORE) {
			return true;
		}
		peer->at = (size_t)(in.at - peer->bytes);
		if (kind == FRAME_DATA) {
			unsigned before = batch->name_count;
			listener->stats.messages++;
			listener->stats.malformed += dnstap_read(data, batch) == DNSTAP_MALFORMED;
			listener->stats.names += batch->name_count - before;
		} else if (!hear_control(listener, peer, kind)) {
			return false;
		}
	}
	return true;
}

static void hear_peer(struct listener *listener, struct peer *peer, struct flow_source_batch *batch)
{
	memmove(peer->bytes, peer->bytes + peer->at, peer->count - peer->at);
	peer->count -= peer->at;
	peer->at = 0;
	ssize_t got =
		recv(peer->fd, peer->bytes + peer->count, FRAME_BYTES_MAX + 16 - peer->count, 0);
	bool is_over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
	peer->count += got > 0 ? (size_t)got : 0;
	if (!hear_frames(listener, peer, batch) || is_over) {
		drop_peer(peer);
	}
}

static int next(struct flow_source *source, struct flow_source_batch *batch, struct err *err)
{
	struct listener *listener = (struct listener *)source;
	struct pollfd polls[PEERS_MAX + 1] = { { .fd = listener->fd, .events = POLLIN } };

	(void)err;
	batch->record_count = batch->name_count = 0;
	/* What was left for want of room comes first. */
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &listener->peers[i];
		if (peer->fd >= 0 && !hear_frames(listener, peer, batch)) {
			drop_peer(peer);
		}
		polls[i + 1] = (struct pollfd){ .fd = peer->fd, .events = POLLIN };
	}
	if (poll(polls, PEERS_MAX + 1, batch->name_count > 0 ? 0 : RESOLVER_WAIT_MS) <= 0) {
		return FLOW_SOURCE_MORE;
	}
	for (unsigned i = 0; i < PEERS_MAX && has_room(batch); i++) {
		if (polls[i + 1].revents && listener->peers[i].fd >= 0) {
			hear_peer(listener, &listener->peers[i], batch);
		}
	}
	if (polls[0].revents) {
		take_peer(listener);
	}
	return FLOW_SOURCE_MORE;
}

static void read_stats(const struct flow_source *source, struct flow_source_stats *stats)
{
	*stats = ((const struct listener *)source)->stats;
}

const struct flow_source_ops flow_source_dnstap_listen = { "dnstap-listen", open_listener, next,
	read_stats, close_listener };
