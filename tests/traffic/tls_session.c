#include "tests/traffic/tls_session.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

/* 2026-01-01 to 2027-01-01 (fixed_entropy.c says what time it is). */
enum { VALID_FROM_S = 1767225600, VALID_TO_S = 1798761600 };

/* A post-quantum key share adds about so much to a ClientHello (X25519MLKEM768: 1216 bytes). The
 * extension's number is one of those reserved for nobody (RFC 8701, GREASE). */
enum { LARGE_EXTENSION = 0x7a7a, LARGE_EXTENSION_BYTES = 1216 };

enum { RECORD_BYTES_MAX = 16384, PIPE_BYTES = 64 << 10, CERTIFICATES_MAX = 64 };

static const char priority_13[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
static const char priority_12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-RSA";

struct tls_world {
	gnutls_x509_privkey_t key;
	gnutls_certificate_credentials_t client;
	struct {
		char name[128];
		gnutls_certificate_credentials_t credentials;
	} servers[CERTIFICATES_MAX];
	unsigned server_count;
};

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

static void check(int status, const char *what)
{
	if (status < 0) {
		fprintf(stderr, "traffic: %s: %s\n", what, gnutls_strerror(status));
		abort();
	}
}

struct tls_world *tls_world_create(void)
{
	struct tls_world *world = calloc(1, sizeof(*world));

	if (!world) {
		abort();
	}
	check(gnutls_x509_privkey_init(&world->key), "key");
	check(gnutls_x509_privkey_generate(world->key, GNUTLS_PK_ECDSA,
		      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		"key");
	check(gnutls_certificate_allocate_credentials(&world->client), "client credentials");
	return world;
}

void tls_world_destroy(struct tls_world *world)
{
	if (world) {
		for (unsigned i = 0; i < world->server_count; i++) {
			gnutls_certificate_free_credentials(world->servers[i].credentials);
		}
		gnutls_certificate_free_credentials(world->client);
		gnutls_x509_privkey_deinit(world->key);
		free(world);
	}
}

static gnutls_certificate_credentials_t make_credentials(struct tls_world *world, const char *name)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t certificate;
	unsigned char serial[8] = { 1 };

	memcpy(serial + 1, name, strnlen(name, 7));
	check(gnutls_x509_crt_init(&certificate), "certificate");
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(certificate, VALID_FROM_S);
	gnutls_x509_crt_set_expiration_time(certificate, VALID_TO_S);
	gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(
		certificate, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), 0);
	gnutls_x509_crt_set_key(certificate, world->key);
	check(gnutls_x509_crt_sign2(certificate, certificate, world->key, GNUTLS_DIG_SHA256, 0),
		"certificate");
	check(gnutls_certificate_allocate_credentials(&credentials), "server credentials");
	check(gnutls_certificate_set_x509_key(credentials, &certificate, 1, world->key),
		"server credentials");
	gnutls_x509_crt_deinit(certificate);
	return credentials;
}

/* TLS 1.3 encrypts the certificate, so that any will do; in TLS 1.2 it must bear the right name. */
static gnutls_certificate_credentials_t find_credentials(
	struct tls_world *world, const struct tls_options *options)
{
	const char *name =
		options->hello == TLS_HELLO_TLS12 ? options->server_name : "server.example";

	for (unsigned i = 0; i < world->server_count; i++) {
		if (strcmp(world->servers[i].name, name) == 0) {
			return world->servers[i].credentials;
		}
	}
	if (world->server_count == CERTIFICATES_MAX) {
		fprintf(stderr, "traffic: more TLS 1.2 names than certificates\n");
		abort();
	}
	unsigned place = world->server_count++;
	snprintf(world->servers[place].name, sizeof(world->servers[place].name), "%s", name);
	world->servers[place].credentials = make_credentials(world, name);
	return world->servers[place].credentials;
}

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

static int receive_padding(gnutls_session_t session, const unsigned char *bytes, size_t count)
{
	(void)session, (void)bytes, (void)count;
	return 0;
}

static int send_padding(gnutls_session_t session, gnutls_buffer_t out)
{
	unsigned char padding[LARGE_EXTENSION_BYTES];

	(void)session;
	gnutls_rnd(GNUTLS_RND_NONCE, padding, sizeof(padding));
	int status = gnutls_buffer_append_data(out, padding, sizeof(padding));
	return status < 0 ? status : LARGE_EXTENSION_BYTES;
}

static void set_alpn(gnutls_session_t session, const char *list)
{
	gnutls_datum_t protocols[8];
	unsigned count = 0;
	const char *item;

	for (size_t length; count < 8 && (length = tsv_list_next(&list, &item)) > 0; count++) {
		protocols[count] = (gnutls_datum_t){ (unsigned char *)item, (unsigned)length };
	}
	check(gnutls_alpn_set_protocols(session, protocols, count, 0), "alpn");
}

static void init_end(struct tls_session *tls, unsigned side, const struct tls_options *options,
	gnutls_certificate_credentials_t credentials)
{
	gnutls_session_t *session = &tls->sessions[side];
	bool is_12 = options->hello == TLS_HELLO_TLS12;

	tls->ends[side] = (struct tls_end){ &tls->outbox[!side], &tls->outbox[side] };
	check(gnutls_init(session, (side ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK),
		"session");
	check(gnutls_priority_set_direct(*session, is_12 ? priority_12 : priority_13, NULL),
		"priority");
	check(gnutls_credentials_set(*session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
	if (options->alpn) {
		set_alpn(*session, options->alpn);
	}
	if (side == TCP_CLIENT && options->hello != TLS_HELLO_NO_NAME) {
		check(gnutls_server_name_set(*session, GNUTLS_NAME_DNS, options->server_name,
			      strlen(options->server_name)),
			"server name");
	}
	if (side == TCP_CLIENT && options->hello == TLS_HELLO_LARGE) {
		check(gnutls_session_ext_register(*session, "padding", LARGE_EXTENSION,
			      GNUTLS_EXT_TLS, receive_padding, send_padding, NULL, NULL, NULL,
			      GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS),
			"extension");
	}
	gnutls_transport_set_ptr(*session, &tls->ends[side]);
	gnutls_transport_set_push_function(*session, push);
	gnutls_transport_set_pull_function(*session, pull);
	gnutls_transport_set_pull_timeout_function(*session, pull_timeout);
}

static struct tls_session *create(
	struct tls_world *world, struct tcp_session *tcp, const struct tls_options *options)
{
	struct tls_session *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		abort();
	}
	tls->tcp = tcp;
	init_end(tls, TCP_CLIENT, options, world->client);
	init_end(tls, TCP_SERVER, options, find_credentials(world, options));
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
		check(status, "handshake");
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
		check((int)sent, "application data");
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
