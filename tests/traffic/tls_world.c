#include "tests/traffic/tls_world.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "tests/traffic/tcp_session.h"

/* 2026-01-01 to 2027-01-01 (fixed_entropy.c says what time it is). */
enum { VALID_FROM_S = 1767225600, VALID_TO_S = 1798761600 };

/* A post-quantum key share adds about so much to a ClientHello (X25519MLKEM768: 1216 bytes). The
 * extension's number is one of those reserved for nobody (RFC 8701, GREASE). */
enum { LARGE_EXTENSION = 0x7a7a, LARGE_EXTENSION_BYTES = 1216 };

enum { CERTIFICATES_MAX = 64 };

struct tls_world {
	gnutls_x509_privkey_t key;
	gnutls_certificate_credentials_t client;
	struct {
		char name[128];
		const char *issuer;
		gnutls_certificate_credentials_t credentials;
	} servers[CERTIFICATES_MAX];
	unsigned server_count;
};

void tls_check(int status, const char *what)
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
	tls_check(gnutls_x509_privkey_init(&world->key), "key");
	tls_check(gnutls_x509_privkey_generate(world->key, GNUTLS_PK_ECDSA,
			  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		"key");
	tls_check(gnutls_certificate_allocate_credentials(&world->client), "client credentials");
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

/* Who signs for a firewall: its own authority, which its devices trust. */
static gnutls_x509_crt_t make_authority(struct tls_world *world, const char *name)
{
	gnutls_x509_crt_t certificate;
	unsigned char serial[8] = { 9 };

	tls_check(gnutls_x509_crt_init(&certificate), "authority");
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(certificate, VALID_FROM_S);
	gnutls_x509_crt_set_expiration_time(certificate, VALID_TO_S);
	gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_key(certificate, world->key);
	tls_check(gnutls_x509_crt_sign2(certificate, certificate, world->key, GNUTLS_DIG_SHA256, 0),
		"authority");
	return certificate;
}

static gnutls_certificate_credentials_t make_credentials(
	struct tls_world *world, const char *name, const char *issuer)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crt_t certificate;
	unsigned char serial[8] = { 1 };

	memcpy(serial + 1, name, strnlen(name, 7));
	tls_check(gnutls_x509_crt_init(&certificate), "certificate");
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(certificate, VALID_FROM_S);
	gnutls_x509_crt_set_expiration_time(certificate, VALID_TO_S);
	gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(
		certificate, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), 0);
	gnutls_x509_crt_set_key(certificate, world->key);
	gnutls_x509_crt_t authority = issuer ? make_authority(world, issuer) : certificate;
	tls_check(gnutls_x509_crt_sign2(certificate, authority, world->key, GNUTLS_DIG_SHA256, 0),
		"certificate");
	if (issuer) {
		gnutls_x509_crt_deinit(authority);
	}
	tls_check(gnutls_certificate_allocate_credentials(&credentials), "server credentials");
	tls_check(gnutls_certificate_set_x509_key(credentials, &certificate, 1, world->key),
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
		if (strcmp(world->servers[i].name, name) == 0 &&
			world->servers[i].issuer == options->issuer) {
			return world->servers[i].credentials;
		}
	}
	if (world->server_count == CERTIFICATES_MAX) {
		fprintf(stderr, "traffic: more TLS 1.2 names than certificates\n");
		abort();
	}
	unsigned place = world->server_count++;
	snprintf(world->servers[place].name, sizeof(world->servers[place].name), "%s", name);
	world->servers[place].credentials = make_credentials(world, name, options->issuer);
	world->servers[place].issuer = options->issuer;
	return world->servers[place].credentials;
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
	tls_check(gnutls_alpn_set_protocols(session, protocols, count, 0), "alpn");
}

gnutls_session_t tls_world_session(struct tls_world *world, unsigned side, unsigned flags,
	const char *priority, const struct tls_options *options)
{
	gnutls_certificate_credentials_t credentials =
		side == TCP_CLIENT ? world->client : find_credentials(world, options);
	gnutls_session_t session;

	tls_check(gnutls_init(&session, (side ? GNUTLS_SERVER : GNUTLS_CLIENT) | flags), "session");
	tls_check(gnutls_priority_set_direct(session, priority, NULL), "priority");
	tls_check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials),
		"credentials");
	if (options->alpn) {
		set_alpn(session, options->alpn);
	}
	if (side == TCP_CLIENT && options->hello != TLS_HELLO_NO_NAME) {
		tls_check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, options->server_name,
				  strlen(options->server_name)),
			"server name");
	}
	if (side == TCP_CLIENT && options->hello == TLS_HELLO_LARGE) {
		tls_check(gnutls_session_ext_register(session, "padding", LARGE_EXTENSION,
				  GNUTLS_EXT_TLS, receive_padding, send_padding, NULL, NULL, NULL,
				  GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS),
			"extension");
	}
	return session;
}
