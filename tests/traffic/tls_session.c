#include "tests/traffic/tls_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/traffic/tls_world.h"

enum { RECORD_BYTES_MAX = 16384, PIPE_BYTES = 64 << 10 };

static const char priority_13[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
static const char priority_12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-RSA";

/* What one side has sent and the other has not read yet. */
struct pipe {
	size_t read, written;
	unsigned char bytes[PIPE_BYTES];
};

struct tls_session {
	struct tcp_session *tcp;
	gnutls_session_t sessions[2];
	struct pipe outbox[2];
	struct tls_end {
		struct pipe *in, *out;
	} ends[2];
};

static ssize_t push(gnutls_transport_ptr_t transport, const void *bytes, size_t count)
{
	struct pipe *out = ((struct tls_end *)transport)->out;

	if (out->written + count > sizeof(out->bytes)) {
		abort();
	}
	memcpy(out->bytes + out->written, bytes, count);
	out->written += count;
	return (ssize_t)count;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t count)
{
	struct tls_end *end = transport;
	struct pipe *in = end->in;
	size_t left = in->written - in->read;

	if (left == 0) {
		errno = EAGAIN; /* not an end: GnuTLS shall come back later */
		return -1;
	}
	count = count < left ? count : left;
	memcpy(bytes, in->bytes + in->read, count);
	in->read += count;
	return (ssize_t)count;
}

static int pull_timeout(gnutls_transport_ptr_t transport, unsigned milliseconds)
{
	const struct pipe *in = ((struct tls_end *)transport)->in;

	(void)milliseconds;
	return in->written > in->read;
}

static void init_end(struct tls_session *tls, struct tls_world *world, unsigned side,
	const struct tls_options *options)
{
	const char *priority = options->hello == TLS_HELLO_TLS12 ? priority_12 : priority_13;
	gnutls_session_t session =
		tls_world_session(world, side, GNUTLS_NONBLOCK, priority, options);

	tls->ends[side] = (struct tls_end){ &tls->outbox[!side], &tls->outbox[side] };
	tls->sessions[side] = session;
	gnutls_transport_set_ptr(session, &tls->ends[side]);
	gnutls_transport_set_push_function(session, push);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, pull_timeout);
}

static struct tls_session *create(
	struct tls_world *world, struct tcp_session *tcp, const struct tls_options *options)
{
	struct tls_session *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		abort();
	}
	tls->tcp = tcp;
	init_end(tls, world, TCP_CLIENT, options);
	init_end(tls, world, TCP_SERVER, options);
	return tls;
}

static void destroy(struct tls_session *tls)
{
	gnutls_deinit(tls->sessions[0]);
	gnutls_deinit(tls->sessions[1]);
	free(tls);
}

/* What side has written since from goes over the connection; the other side still reads it from the
 * pipe. */
static void transmit(struct tls_session *tls, unsigned side, size_t from)
{
	struct pipe *out = &tls->outbox[side];

	if (out->written > from) {
		tcp_send(tls->tcp, side, out->bytes + from, out->written - from);
	}
}

static bool handshake_step(struct tls_session *tls, unsigned side)
{
	size_t from = tls->outbox[side].written;
	int status = gnutls_handshake(tls->sessions[side]);

	if (status < 0 && gnutls_error_is_fatal(status)) {
		tls_check(status, "handshake");
	}
	transmit(tls, side, from);
	return status == GNUTLS_E_SUCCESS;
}

struct tls_session *tls_open(
	struct tls_world *world, struct tcp_session *tcp, const struct tls_options *options)
{
	struct tls_session *tls = create(world, tcp, options);
	bool is_done[2] = { false, false };

	tcp->conversation.carries_name = options->hello != TLS_HELLO_NO_NAME;
	for (unsigned side = TCP_CLIENT; !is_done[0] || !is_done[1]; side = !side) {
		if (!is_done[side]) {
			is_done[side] = handshake_step(tls, side);
		}
		tcp->conversation.carries_name = false;
	}
	return tls;
}

size_t tls_build_hello(
	struct tls_world *world, const struct tls_options *options, unsigned char *out, size_t room)
{
	struct tls_session *tls = create(world, NULL, options);
	struct pipe *outbox = &tls->outbox[TCP_CLIENT];

	gnutls_handshake(tls->sessions[TCP_CLIENT]);
	size_t count = outbox->written < room ? outbox->written : room;
	memcpy(out, outbox->bytes, count);
	destroy(tls);
	return count;
}

void tls_send(struct tls_session *tls, unsigned side, size_t count)
{
	static const char zeros[RECORD_BYTES_MAX];
	struct pipe *out = &tls->outbox[side];

	tls->tcp->conversation.is_bulk = true;
	while (count > 0) {
		/* The other end need not read application data: only its packets matter. */
		out->written = out->read = 0;
		size_t part = count < RECORD_BYTES_MAX ? count : RECORD_BYTES_MAX;
		ssize_t sent = gnutls_record_send(tls->sessions[side], zeros, part);
		tls_check((int)sent, "application data");
		transmit(tls, side, 0);
		count -= (size_t)sent;
	}
	tls->tcp->conversation.is_bulk = false;
}

void tls_close(struct tls_session *tls)
{
	struct pipe *out = &tls->outbox[TCP_CLIENT];

	out->written = out->read = 0;
	gnutls_bye(tls->sessions[TCP_CLIENT], GNUTLS_SHUT_WR);
	transmit(tls, TCP_CLIENT, 0);
	destroy(tls);
}
