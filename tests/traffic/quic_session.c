#include "tests/traffic/quic_session.h"

#include <netinet/in.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/tls_world.h"
#include "tests/traffic/udp_session.h"

enum { CLIENT, SERVER, DATAGRAM_BYTES_MAX = 1452, CONNECTION_ID_BYTES = 8, ROUNDS_MAX = 200000 };

#define STREAM_WINDOW (UINT64_C(1) << 30)
#define IDLE_NS       (90 * NS_PER_S)

static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE";

/* The library wants to know between which sockets a datagram goes; there are none, so one path
 * stands for all. */
static const struct sockaddr_in no_socket = { .sin_family = AF_INET };

struct quic_end {
	struct quic_session *quic;
	ngtcp2_conn *connection;
	gnutls_session_t tls;
	ngtcp2_crypto_conn_ref reference;
	size_t to_send;    /* of the stream under way */
	bool is_ending;    /* its end is still to be sent */
	bool has_received; /* all of the other side's */
};

struct quic_session {
	struct conversation *udp;
	struct rng rng;
	ngtcp2_path path;
	struct sockaddr_in socket;
	int64_t stream;
	unsigned last_side;
	bool is_dropped; /* nothing arrives */
	struct quic_end ends[2];
};

static void check(int status, const char *what)
{
	if (status != 0) {
		fprintf(stderr, "traffic: QUIC %s: %s\n", what, ngtcp2_strerror(status));
		abort();
	}
}

static ngtcp2_conn *get_connection(ngtcp2_crypto_conn_ref *reference)
{
	return ((struct quic_end *)reference->user_data)->connection;
}

static void fill_random(uint8_t *bytes, size_t count, const ngtcp2_rand_ctx *context)
{
	struct quic_session *quic = context->native_handle;

	rng_fill(&quic->rng, bytes, count);
}

static void make_id(struct quic_session *quic, ngtcp2_cid *id, size_t bytes)
{
	id->datalen = bytes;
	rng_fill(&quic->rng, id->data, bytes);
}

static int make_connection_id(
	ngtcp2_conn *connection, ngtcp2_cid *id, uint8_t *token, size_t id_bytes, void *context)
{
	struct quic_end *end = context;

	(void)connection;
	make_id(end->quic, id, id_bytes);
	rng_fill(&end->quic->rng, token, NGTCP2_STATELESS_RESET_TOKENLEN);
	return 0;
}

static int receive_stream(ngtcp2_conn *connection, uint32_t flags, int64_t stream, uint64_t offset,
	const uint8_t *bytes, size_t count, void *context, void *stream_context)
{
	struct quic_end *end = context;

	(void)offset, (void)bytes, (void)stream_context;
	ngtcp2_conn_extend_max_stream_offset(connection, stream, count);
	ngtcp2_conn_extend_max_offset(connection, count);
	if (flags & NGTCP2_STREAM_DATA_FLAG_FIN) {
		end->has_received = true;
	}
	return 0;
}

static const ngtcp2_callbacks callbacks = {
	.client_initial = ngtcp2_crypto_client_initial_cb,
	.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
	.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
	.encrypt = ngtcp2_crypto_encrypt_cb,
	.decrypt = ngtcp2_crypto_decrypt_cb,
	.hp_mask = ngtcp2_crypto_hp_mask_cb,
	.recv_stream_data = receive_stream,
	.recv_retry = ngtcp2_crypto_recv_retry_cb,
	.rand = fill_random,
	.get_new_connection_id = make_connection_id,
	.update_key = ngtcp2_crypto_update_key_cb,
	.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
	.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
	.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb,
};

static ngtcp2_transport_params make_params(void)
{
	ngtcp2_transport_params params;

	ngtcp2_transport_params_default(&params);
	params.initial_max_data = STREAM_WINDOW;
	params.initial_max_stream_data_bidi_local = STREAM_WINDOW;
	params.initial_max_stream_data_bidi_remote = STREAM_WINDOW;
	params.initial_max_streams_bidi = 100;
	params.max_idle_timeout = IDLE_NS;
	return params;
}

static void init_end(struct quic_session *quic, struct tls_world *world, unsigned side,
	const struct tls_options *options, const ngtcp2_cid ids[3])
{
	struct quic_end *end = &quic->ends[side];
	ngtcp2_transport_params params = make_params();
	ngtcp2_settings settings;

	ngtcp2_settings_default(&settings);
	settings.initial_ts = quic->udp->now_ns;
	settings.rand_ctx.native_handle = quic;
	settings.no_pmtud = 1;
	end->quic = quic;
	if (side == CLIENT) {
		check(ngtcp2_conn_client_new(&end->connection, &ids[2], &ids[CLIENT], &quic->path,
			      NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params, NULL, end),
			"client");
	} else {
		params.original_dcid = ids[2];
		check(ngtcp2_conn_server_new(&end->connection, &ids[CLIENT], &ids[SERVER],
			      &quic->path, NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params,
			      NULL, end),
			"server");
	}
	end->tls = tls_world_session(world, side, GNUTLS_NO_END_OF_EARLY_DATA, priority, options);
	check(side == CLIENT ? ngtcp2_crypto_gnutls_configure_client_session(end->tls)
			     : ngtcp2_crypto_gnutls_configure_server_session(end->tls),
		"TLS");
	end->reference = (ngtcp2_crypto_conn_ref){ get_connection, end };
	gnutls_session_set_ptr(end->tls, &end->reference);
	ngtcp2_conn_set_tls_native_handle(end->connection, end->tls);
}

static void advance(struct quic_session *quic, unsigned side)
{
	struct conversation *udp = quic->udp;

	udp->now_ns += side == quic->last_side ? rng_between(&quic->rng, 8, 40) * NS_PER_US
					       : udp->delay_ns[side];
	quic->last_side = side;
}

/* What side wants to say now, as one datagram; 0: nothing. */
static size_t write_datagram(struct quic_session *quic, unsigned side, uint8_t *datagram)
{
	static uint8_t zeros[65536];
	struct quic_end *end = &quic->ends[side];
	size_t count = end->to_send < sizeof(zeros) ? end->to_send : sizeof(zeros);
	ngtcp2_vec data = { zeros, count };
	bool has_stream = quic->stream >= 0 && (end->to_send > 0 || end->is_ending);
	uint32_t flags = has_stream && count == end->to_send ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0;
	ngtcp2_pkt_info info;
	ngtcp2_ssize taken = -1;

	ngtcp2_ssize written = ngtcp2_conn_writev_stream(end->connection, NULL, &info, datagram,
		DATAGRAM_BYTES_MAX, &taken, flags, has_stream ? quic->stream : -1, &data,
		has_stream ? 1 : 0, quic->udp->now_ns);
	if (written < 0) {
		check((int)written, "write");
	}
	if (taken >= 0) {
		end->to_send -= (size_t)taken;
		end->is_ending = end->to_send > 0;
	}
	return (size_t)written;
}

/* All that side has to say now passes the sensor and reaches the other side. */
static bool speak(struct quic_session *quic, unsigned side)
{
	struct conversation *udp = quic->udp;
	uint8_t datagram[DATAGRAM_BYTES_MAX];
	bool spoke = false;

	for (size_t count; (count = write_datagram(quic, side, datagram)) > 0; spoke = true) {
		ngtcp2_pkt_info info = { 0 };
		advance(quic, side);
		udp_send(udp, side, datagram, count);
		if (!quic->is_dropped) {
			check(ngtcp2_conn_read_pkt(quic->ends[!side].connection, &quic->path, &info,
				      datagram, count, udp->now_ns),
				"read");
		}
	}
	return spoke;
}

/* Nobody has anything to say: time passes until a timer of one of them ends (late
 * acknowledgements). */
static int wait_for_timer(struct quic_session *quic)
{
	uint64_t soonest = UINT64_MAX;
	int status = 0;

	for (unsigned side = 0; side < 2; side++) {
		uint64_t expiry = ngtcp2_conn_get_expiry(quic->ends[side].connection);
		soonest = expiry < soonest ? expiry : soonest;
	}
	if (soonest > quic->udp->now_ns && soonest != UINT64_MAX) {
		quic->udp->now_ns = soonest;
	}
	for (unsigned side = 0; side < 2; side++) {
		struct quic_end *end = &quic->ends[side];
		if (ngtcp2_conn_get_expiry(end->connection) <= quic->udp->now_ns) {
			int expired = ngtcp2_conn_handle_expiry(end->connection, quic->udp->now_ns);
			status = status ? status : expired;
		}
	}
	return status;
}

static bool are_connected(const struct quic_session *quic)
{
	return ngtcp2_conn_get_handshake_completed(quic->ends[CLIENT].connection) &&
	       ngtcp2_conn_get_handshake_completed(quic->ends[SERVER].connection);
}

static bool have_received(const struct quic_session *quic)
{
	return quic->ends[CLIENT].has_received && quic->ends[SERVER].has_received;
}

static bool has_server_received(const struct quic_session *quic)
{
	return quic->ends[SERVER].has_received;
}

static void converse(struct quic_session *quic, bool (*is_done)(const struct quic_session *quic))
{
	for (unsigned round = 0; !is_done(quic); round++) {
		if (round == ROUNDS_MAX) {
			fprintf(stderr, "traffic: a QUIC conversation does not end\n");
			abort();
		}
		bool client_spoke = speak(quic, CLIENT);
		quic->udp->carries_name = false;
		if (!speak(quic, SERVER) && !client_spoke) {
			check(wait_for_timer(quic), "timer");
		}
	}
}

static struct quic_session *create(
	struct tls_world *world, struct conversation *udp, const struct tls_options *options)
{
	struct quic_session *quic = calloc(1, sizeof(*quic));
	/* The client's, the server's, and the client's first guess of the server's. */
	ngtcp2_cid ids[3];

	if (!quic) {
		abort();
	}
	quic->udp = udp;
	quic->rng.state = rng_next(&udp->scene->rng);
	quic->socket = no_socket;
	quic->path.local = (ngtcp2_addr){ (struct sockaddr *)&quic->socket, sizeof(quic->socket) };
	quic->path.remote = quic->path.local;
	quic->stream = -1;
	for (unsigned i = 0; i < 3; i++) {
		make_id(quic, &ids[i], CONNECTION_ID_BYTES);
	}
	init_end(quic, world, CLIENT, options, ids);
	init_end(quic, world, SERVER, options, ids);
	udp->carries_name = options->hello != TLS_HELLO_NO_NAME;
	return quic;
}

static void destroy(struct quic_session *quic)
{
	for (unsigned side = 0; side < 2; side++) {
		ngtcp2_conn_del(quic->ends[side].connection);
		gnutls_deinit(quic->ends[side].tls);
	}
	free(quic);
}

struct quic_session *quic_open(
	struct tls_world *world, struct conversation *udp, const struct tls_options *options)
{
	struct quic_session *quic = create(world, udp, options);

	converse(quic, are_connected);
	return quic;
}

void quic_try(struct tls_world *world, struct conversation *udp, const struct tls_options *options)
{
	struct quic_session *quic = create(world, udp, options);

	quic->is_dropped = true;
	/* A timer that gives the attempt up ends it. */
	for (unsigned attempt = 0; attempt < 4; attempt++) {
		speak(quic, CLIENT);
		if (wait_for_timer(quic) != 0) {
			break;
		}
	}
	destroy(quic);
}

void quic_exchange(struct quic_session *quic, size_t up_bytes, size_t down_bytes)
{
	struct quic_end *client = &quic->ends[CLIENT], *server = &quic->ends[SERVER];

	check(ngtcp2_conn_open_bidi_stream(client->connection, &quic->stream, NULL), "stream");
	quic->udp->is_bulk = true;
	client->has_received = server->has_received = false;
	client->to_send = up_bytes;
	client->is_ending = true;
	converse(quic, has_server_received);
	server->to_send = down_bytes;
	server->is_ending = true;
	converse(quic, have_received);
	quic->udp->is_bulk = false;
	quic->stream = -1;
}

void quic_close(struct quic_session *quic)
{
	uint8_t datagram[DATAGRAM_BYTES_MAX];
	ngtcp2_connection_close_error reason;
	ngtcp2_pkt_info info;

	ngtcp2_connection_close_error_default(&reason);
	advance(quic, CLIENT);
	ngtcp2_ssize count = ngtcp2_conn_write_connection_close(quic->ends[CLIENT].connection, NULL,
		&info, datagram, sizeof(datagram), &reason, quic->udp->now_ns);
	if (count > 0) {
		udp_send(quic->udp, CLIENT, datagram, (size_t)count);
	}
	destroy(quic);
}
