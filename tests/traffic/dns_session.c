#include "tests/traffic/dns_session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/tsv.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/udp_session.h"

enum {
	DNS_MESSAGE_MAX = 1232,
	TYPE_A = 1,
	TYPE_CNAME = 5,
	TYPE_AAAA = 28,
	TYPE_HTTPS = 65,
	FLAGS_QUESTION = 0x0100, /* recursion desired */
	FLAGS_ANSWER = 0x8180,
	RCODE_REFUSED = 5,
	RCODE_NAME_ERROR = 3,
	POINTER_TO_QUESTION = 0xc00c,
};

static size_t put_name(uint8_t *out, const char *name, size_t length)
{
	uint8_t *at = out;

	while (length > 0) {
		const char *dot = memchr(name, '.', length);
		size_t label = dot ? (size_t)(dot - name) : length;
		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		size_t step = dot ? label + 1 : label;
		name += step;
		length -= step;
	}
	*at++ = 0;
	return (size_t)(at - out);
}

size_t dns_build_question(uint8_t *out, uint16_t id, const char *name, uint16_t type)
{
	memset(out, 0, 12);
	put_u16(out, id);
	put_u16(out + 2, FLAGS_QUESTION);
	put_u16(out + 4, 1);
	size_t at = 12 + put_name(out + 12, name, strlen(name));
	put_u16(out + at, type);
	put_u16(out + at + 2, 1);
	return at + 4;
}

/* owner: where in the message the record's name stands (RFC 1035 4.1.4). Returns the length of what
 * stands before the data, whose length the caller fills in. */
static size_t put_record_head(uint8_t *out, uint16_t owner, uint16_t type, uint32_t ttl_s)
{
	put_u16(out, owner);
	put_u16(out + 2, type);
	put_u16(out + 4, 1);
	put_u32(out + 6, ttl_s);
	return 12;
}

static size_t build_answer(
	uint8_t *out, uint16_t id, uint16_t type, const struct dns_lookup *lookup)
{
	size_t at = dns_build_question(out, id, lookup->name, type);
	uint16_t owner = POINTER_TO_QUESTION, answers = 0;
	const char *list = lookup->cnames ? lookup->cnames : "", *cname;
	bool is_sinkhole = lookup->outcome == DNS_SINKHOLE;

	put_u16(out + 2, FLAGS_ANSWER);
	if (lookup->outcome == DNS_NAME_ERROR) {
		put_u16(out + 2, FLAGS_ANSWER | RCODE_NAME_ERROR);
		return at;
	}
	if (lookup->outcome == DNS_REFUSED || lookup->outcome == DNS_EMPTY) {
		put_u16(out + 2,
			FLAGS_ANSWER | (lookup->outcome == DNS_REFUSED ? RCODE_REFUSED : 0));
		return at;
	}
	for (size_t length; !is_sinkhole && (length = tsv_list_next(&list, &cname)) > 0;
		answers++) {
		size_t data = at + put_record_head(out + at, owner, TYPE_CNAME, lookup->ttl_s);
		size_t data_bytes = put_name(out + data, cname, length);
		put_u16(out + data - 2, (unsigned)data_bytes);
		owner = (uint16_t)(0xc000 | data);
		at = data + data_bytes;
	}
	size_t addr_bytes = type == TYPE_A ? 4 : 16;
	at += put_record_head(out + at, owner, type, lookup->ttl_s);
	put_u16(out + at - 2, (unsigned)addr_bytes);
	memset(out + at, 0, addr_bytes);
	if (!is_sinkhole) {
		memcpy(out + at, lookup->addr->bytes + 16 - addr_bytes, addr_bytes);
	}
	put_u16(out + 6, answers + 1u);
	return at + addr_bytes;
}

uint64_t dns_ask(struct scene *scene, struct device *device, const struct dns_lookup *lookup,
	uint64_t start_ns, uint32_t *flow)
{
	uint8_t message[DNS_MESSAGE_MAX];
	uint16_t id = (uint16_t)rng_next(&scene->rng);
	uint16_t type = addr_is_v4(lookup->addr) ? TYPE_A : TYPE_AAAA;
	bool is_blocked = lookup->outcome != DNS_ANSWERED;
	struct truth_flow truth = {
		.app = "*",
		.name = "*",
		.name_flow = TRUTH_NO_FLOW,
		.block = is_blocked && lookup->app ? "dns" : "none",
	};
	struct conversation udp;

	udp_init(&udp, scene, device, &scene->resolver4, start_ns, &truth);
	udp.delay_ns[1] = rng_between(&scene->rng, 1, 30) * NS_PER_MS;
	*flow = udp.flow;
	udp.carries_name = true; /* an answer that nobody asked for says little */
	udp_send(&udp, 0, message, dns_build_question(message, id, lookup->name, type));
	if (lookup->outcome == DNS_UNANSWERED) {
		udp.now_ns += NS_PER_S;
		udp_send(&udp, 0, message, dns_build_question(message, id, lookup->name, type));
		return udp.now_ns + NS_PER_S;
	}
	udp_answer(&udp, message, build_answer(message, id, type, lookup));
	return udp.now_ns + NS_PER_MS;
}

/* One parameter of a service (RFC 9460, 2.2). */
static size_t put_parameter(uint8_t *out, unsigned key, const void *bytes, size_t count)
{
	put_u16(out, key);
	put_u16(out + 2, (unsigned)count);
	memcpy(out + 4, bytes, count);
	return 4 + count;
}

/* A list of one configuration (RFC 9849, 4): number, X25519, a key, HKDF-SHA256 with AES-128-GCM,
 * the longest name, the public name, no extensions. */
static size_t put_ech_list(uint8_t *out, struct rng *rng, const char *public_name)
{
	enum { KEY_BYTES = 32, HEAD_BYTES = 6 };
	size_t length = strlen(public_name), at = HEAD_BYTES;

	out[at] = (uint8_t)rng_next(rng);
	put_u16(out + at + 1, 0x0020);
	put_u16(out + at + 3, KEY_BYTES);
	rng_fill(rng, out + at + 5, KEY_BYTES);
	at += 5 + KEY_BYTES;
	put_u16(out + at, 4);
	put_u16(out + at + 2, 1);
	put_u16(out + at + 4, 1);
	out[at + 6] = 0;
	out[at + 7] = (uint8_t)length;
	memcpy(out + at + 8, public_name, length);
	put_u16(out + at + 8 + length, 0);
	at += 10 + length;
	put_u16(out, (unsigned)(at - 2));
	put_u16(out + 2, 0xfe0d);
	put_u16(out + 4, (unsigned)(at - HEAD_BYTES));
	return at;
}

static size_t build_https_answer(uint8_t *out, uint16_t id, struct rng *rng, const char *name,
	const struct addr *hint, const char *public_name)
{
	enum { KEY_ALPN = 1, KEY_IPV4_HINT = 4, KEY_ECH = 5, KEY_IPV6_HINT = 6 };
	uint8_t list[512];
	bool is_v4 = addr_is_v4(hint);
	size_t at = dns_build_question(out, id, name, TYPE_HTTPS);

	put_u16(out + 2, FLAGS_ANSWER);
	put_u16(out + 6, 1);
	size_t data = at + put_record_head(out + at, POINTER_TO_QUESTION, TYPE_HTTPS, 300);
	put_u16(out + data, 1); /* priority; the target "." is the name itself */
	out[data + 2] = 0;
	at = data + 3;
	at += put_parameter(out + at, KEY_ALPN, "\x02h3\x02h2", 6);
	if (is_v4) {
		at += put_parameter(out + at, KEY_IPV4_HINT, hint->bytes + 12, 4);
	}
	if (public_name) {
		at += put_parameter(out + at, KEY_ECH, list, put_ech_list(list, rng, public_name));
	}
	if (!is_v4) {
		at += put_parameter(out + at, KEY_IPV6_HINT, hint->bytes, 16);
	}
	put_u16(out + data - 2, (unsigned)(at - data));
	return at;
}

uint64_t dns_ask_https(struct scene *scene, struct device *device, const char *name,
	const struct addr *hint, const char *public_name, uint64_t start_ns)
{
	uint8_t message[DNS_MESSAGE_MAX];
	uint16_t id = (uint16_t)rng_next(&scene->rng);
	struct truth_flow truth = { .app = "*", .name = "*", .name_flow = TRUTH_NO_FLOW };
	struct conversation udp;

	udp_init(&udp, scene, device, &scene->resolver4, start_ns, &truth);
	udp.carries_name = true;
	udp_send(&udp, 0, message, dns_build_question(message, id, name, TYPE_HTTPS));
	udp_answer(&udp, message,
		build_https_answer(message, id, &scene->rng, name, hint, public_name));
	return udp.now_ns + NS_PER_MS;
}

static struct device_lookup *find_lookup(struct device *device, const char *name)
{
	for (unsigned i = 0; i < device->lookup_count; i++) {
		if (strcmp(device->lookups[i].name, name) == 0) {
			return &device->lookups[i];
		}
	}
	unsigned place = device->lookup_count < DEVICE_LOOKUPS_MAX ? device->lookup_count++ : 0;
	device->lookups[place] = (struct device_lookup){ .name = name };
	return &device->lookups[place];
}

uint64_t dns_resolve(struct scene *scene, struct device *device, const struct dns_lookup *lookup,
	uint64_t start_ns, uint32_t *flow)
{
	struct device_lookup *known = find_lookup(device, lookup->name);

	/* Visits overlap, so what was asked later in the day may have been played earlier. Half of
	 * the lifetime: a name is never used at the very end of it. */
	if (start_ns < known->asked_ns || start_ns >= known->until_ns) {
		known->until_ns = start_ns + lookup->ttl_s * NS_PER_S / 2;
		start_ns = dns_ask(scene, device, lookup, start_ns, &known->flow);
		known->asked_ns = start_ns;
	}
	*flow = known->flow;
	return start_ns;
}
