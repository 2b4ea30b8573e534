/* STUN and TURN (RFC 8489, RFC 8656) over UDP and TCP, and the calls of apps that put attributes of
 * their own into it. */
#include "analyzer/classify/call_sockets.h"
#include "analyzer/classify/dissect/signature.h"

enum { HEADER_BYTES = 20, MAGIC_COOKIE = 0x2112a442, PORT_STUN = 3478, PORT_STUN_SECOND = 3479 };
enum {
	ATTRIBUTE_USERNAME = 0x0006,
	ATTRIBUTE_INTEGRITY = 0x0008,
	ATTRIBUTE_REALM = 0x0014,
	ATTRIBUTE_SOFTWARE = 0x8022
};
enum { BINDING_REQUEST = 0x0001 };

/* The class of a message (RFC 8489, 5): a response, and what nobody answers. */
enum { CLASS_RESPONSE = 0x0100, CLASS_INDICATION = 0x0010 };

/* A flow's words: how many datagrams, the numbers of what each end asked last, and the pair of user
 * names in its checks. */
enum { WORD_DATAGRAMS, WORD_ASKED, ASKED_MAX = 3, WORD_PAIR = WORD_ASKED + 2 * ASKED_MAX };

/* What the attributes of a message tell. */
struct told {
	enum app_hint app;
	struct reader user_names; /* of a check; nothing where it has none */
};

/* Attributes that one vendor alone uses. */
static const struct vendor_attribute {
	uint16_t first, last;
	enum app_hint app;
} vendor_attributes[] = {
	{ 0x4000, 0x4007, APP_HINT_WHATSAPP },
	{ 0x0101, 0x0103, APP_HINT_ZOOM },
	{ 0x8008, 0x8008, APP_HINT_TEAMS }, /* MS-VERSION and what follows: [MS-TURN] 2.2.2 */
	{ 0x8050, 0x8050, APP_HINT_TEAMS },
	{ 0x8054, 0x8056, APP_HINT_TEAMS },
	{ 0x8059, 0x8059, APP_HINT_TEAMS },
	{ 0x8070, 0x8070, APP_HINT_TEAMS }, /* [MS-ICE2] 2.2 */
	{ 0x8090, 0x8090, APP_HINT_TEAMS },
	{ 0x8095, 0x8095, APP_HINT_TEAMS },
	{ 0xff03, 0xff03, APP_HINT_GOOGLE_MEET },
};

/* What a TURN server calls itself, by the end of its realm. */
static const struct realm {
	const char *suffix;
	enum app_hint app;
} realms[] = {
	{ "telegram.org", APP_HINT_TELEGRAM },
	{ "signal.org", APP_HINT_SIGNAL },
	{ "whatsapp.net", APP_HINT_WHATSAPP },
	{ "whatsapp.com", APP_HINT_WHATSAPP },
	{ "facebook.com", APP_HINT_FACEBOOK },
	{ "turner.facebook", APP_HINT_FACEBOOK },
	{ "turn.l.google.com", APP_HINT_GOOGLE_MEET },
	{ "discord.gg", APP_HINT_DISCORD },
	{ "discord.media", APP_HINT_DISCORD },
	{ "zoom.us", APP_HINT_ZOOM },
	{ "snapchat.com", APP_HINT_SNAPCHAT },
	{ "rtcmedia.skype.com", APP_HINT_SKYPE },
	{ "viber.com", APP_HINT_VIBER },
};

static enum app_hint app_of_realm(struct reader value)
{
	size_t length = reader_left(&value);
	const char *text = (const char *)reader_bytes(&value, length);

	while (length > 0 && (text[length - 1] == '\0' || text[length - 1] == '"')) {
		length--;
	}
	for (size_t i = 0; i < sizeof(realms) / sizeof(realms[0]); i++) {
		size_t suffix = strlen(realms[i].suffix);
		if (length >= suffix &&
			memcmp(text + length - suffix, realms[i].suffix, suffix) == 0) {
			return realms[i].app;
		}
	}
	return APP_HINT_NONE;
}

/* How a client's program calls itself, where no other does so. */
static enum app_hint app_of_software(struct reader value)
{
	static const char tailscale[] = "tailnode";

	return reader_left(&value) == sizeof(tailscale) - 1 && begins_with(&value, tailscale)
		       ? APP_HINT_TAILSCALE
		       : APP_HINT_NONE;
}

static enum app_hint app_of_attribute(uint16_t type, struct reader value)
{
	if (type == ATTRIBUTE_REALM) {
		return app_of_realm(value);
	}
	if (type == ATTRIBUTE_SOFTWARE) {
		return app_of_software(value);
	}
	for (size_t i = 0; i < sizeof(vendor_attributes) / sizeof(vendor_attributes[0]); i++) {
		if (type >= vendor_attributes[i].first && type <= vendor_attributes[i].last) {
			return vendor_attributes[i].app;
		}
	}
	return APP_HINT_NONE;
}

/* Steps over one message, and notes what its attributes tell. False where it is no STUN. */
static bool read_message(struct reader *in, bool needs_cookie, struct told *told)
{
	uint16_t type = reader_u16(in);
	uint16_t length = reader_u16(in);
	uint32_t cookie = reader_u32(in);
	reader_skip(in, 12);
	struct reader attributes = reader_sub(in, length);

	if (!reader_ok(in) || type >> 14 != 0 || length % 4 != 0 ||
		(needs_cookie && cookie != MAGIC_COOKIE)) {
		return false;
	}
	/* WhatsApp has message types of its own. */
	if (cookie == MAGIC_COOKIE && type >= 0x0800 && type <= 0x0805) {
		told->app = APP_HINT_WHATSAPP;
	}
	/* So does a request of its clients among each other: a message integrity without saying
	 * whose. */
	if (cookie == MAGIC_COOKIE && type == 1 && length == 24 && attributes.at[0] == 0 &&
		attributes.at[1] == ATTRIBUTE_INTEGRITY) {
		told->app = APP_HINT_WHATSAPP;
	}
	while (reader_left(&attributes) >= 4) {
		uint16_t attribute = reader_u16(&attributes);
		uint16_t bytes = reader_u16(&attributes);
		struct reader value = reader_sub(&attributes, bytes);
		if (!reader_ok(&attributes)) {
			return false;
		}
		if (attribute == ATTRIBUTE_USERNAME && type == BINDING_REQUEST) {
			told->user_names = value;
		}
		if (told->app == APP_HINT_NONE) {
			told->app = app_of_attribute(attribute, value);
		}
		if (reader_left(&attributes) > 0) {
			reader_skip(&attributes, (4U - bytes % 4) % 4);
		}
	}
	return true;
}

/* Services that document ports of their own for calls. */
static enum app_hint app_of_port(const struct dissection *dissection)
{
	for (uint16_t port = 19305; port <= 19309; port++) {
		if (dissection_has_port(dissection, port)) {
			return APP_HINT_GOOGLE_MEET;
		}
	}
	for (uint16_t port = 8801; port <= 8810; port++) {
		if (dissection_has_port(dissection, port)) {
			return APP_HINT_ZOOM;
		}
	}
	return APP_HINT_NONE;
}

/* Anybody can send a response to a socket; only who was asked knows the number of the request.
 * Notes a request; false for a response that nobody was seen to ask for. */
static bool was_asked(struct dissection *dissection, struct reader in)
{
	uint16_t type = reader_u16(&in);
	reader_skip(&in, 6);
	uint64_t number = reader_u64(&in) | 1; /* 0: none yet */
	bool is_response = type & CLASS_RESPONSE;
	uint64_t *asked = dissection->state->words + WORD_ASKED +
			  (dissection->from_source == is_response ? ASKED_MAX : 0);

	for (unsigned i = 0; is_response && i < ASKED_MAX; i++) {
		if (asked[i] == number) {
			return true;
		}
	}
	if (!is_response && !(type & CLASS_INDICATION) && asked[0] != number) {
		memmove(asked + 1, asked, (ASKED_MAX - 1) * sizeof(*asked));
		asked[0] = number;
	}
	return !is_response;
}

static enum app_hint app_at(
	const struct dissection *dissection, const struct addr *addr, uint16_t port)
{
	const struct call_servers *servers = dissection->tables->servers;

	return servers ? servers->app_at(servers->whose, addr, port) : APP_HINT_NONE;
}

/* One of an app's own servers, where not both ends are. */
static enum app_hint app_of_server(const struct dissection *dissection)
{
	enum app_hint from = app_at(dissection, &dissection->sender, dissection->sender_port);
	enum app_hint to = app_at(dissection, &dissection->receiver, dissection->receiver_port);

	return from == to ? APP_HINT_NONE : from != APP_HINT_NONE ? from : to;
}

/* What others of the same call have shown: those between the same user names, and those of either
 * socket. */
static enum app_hint app_of_call(const struct dissection *dissection)
{
	const struct call_sockets *calls = dissection->tables->calls;
	uint64_t now_ns = dissection->time_ns;
	enum app_hint app =
		call_sockets_find_pair(calls, dissection->state->words[WORD_PAIR], now_ns);

	if (app == APP_HINT_NONE) {
		app = call_sockets_find(
			calls, &dissection->sender, dissection->sender_port, now_ns, now_ns);
	}
	if (app == APP_HINT_NONE) {
		app = call_sockets_find(
			calls, &dissection->receiver, dissection->receiver_port, now_ns, now_ns);
	}
	return app;
}

static void learn_call(struct dissection *dissection, enum app_hint app)
{
	struct call_sockets *calls = dissection->tables->calls;
	bool is_answer = reader_left(&dissection->in) > 0 && dissection->in.at[0] & 1;

	call_sockets_learn(calls, is_answer ? &dissection->receiver : &dissection->sender,
		is_answer ? dissection->receiver_port : dissection->sender_port, app,
		dissection->time_ns);
	call_sockets_learn_pair(
		calls, dissection->state->words[WORD_PAIR], app, dissection->time_ns);
}

static enum dissect_result conclude(
	struct dissection *dissection, struct reader message, const struct told *told)
{
	bool is_datagram = dissection->wire_bytes > 0;

	dissection->l7->protocol = L7_STUN;
	if (reader_left(&told->user_names) > 0) {
		dissection->state->words[WORD_PAIR] = call_sockets_pair(dissection->tables->calls,
			told->user_names.at, reader_left(&told->user_names));
	}
	bool is_believed = was_asked(dissection, message);
	enum app_hint app = is_believed ? told->app : APP_HINT_NONE;
	if (app == APP_HINT_NONE) {
		app = app_of_port(dissection);
	}
	if (app == APP_HINT_NONE && is_datagram) {
		app = app_of_server(dissection);
	}
	if (app == APP_HINT_NONE && is_datagram) {
		app = app_of_call(dissection);
	}
	if (app == APP_HINT_NONE) {
		return DISSECT_MORE; /* a later message may say whose it is */
	}
	if (is_believed && !dissection->is_hearsay && is_datagram) {
		learn_call(dissection, app);
	}
	dissection->l7->app_hint = (uint8_t)app;
	dissection->other_done = true;
	return DISSECT_DONE;
}

/* Some fill attributes, or their ends, with what no standard knows: it says what it is, and nothing
 * more. */
static bool may_be_message(struct reader in)
{
	enum { MICROSOFT_CHANNEL = 0xff10 }; /* a message behind 12 bytes */
	struct reader ahead = in;
	uint16_t first = reader_u16(&in), length = reader_u16(&in);
	uint32_t cookie = reader_u32(&in);

	if (first == MICROSOFT_CHANNEL) {
		reader_skip(&ahead, 16);
		return reader_u32(&ahead) == MAGIC_COOKIE;
	}
	return cookie == MAGIC_COOKIE && first >> 14 == 0 && reader_left(&in) == 12U + length;
}

static enum dissect_result stun_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct told told = { 0 };
	enum { DATAGRAMS_MAX = 16 };

	/* The classic form (RFC 3489) has no cookie: believed on its own ports only. */
	bool has_port = dissection_has_port(dissection, PORT_STUN) ||
			dissection_has_port(dissection, PORT_STUN_SECOND);
	if (read_message(&in, !has_port, &told) && reader_left(&in) == 0) {
		if (++dissection->state->words[WORD_DATAGRAMS] > DATAGRAMS_MAX &&
			told.app == APP_HINT_NONE) {
			return DISSECT_DONE;
		}
		return conclude(dissection, dissection->in, &told);
	}
	if (dissection->l7->protocol == L7_STUN) {
		/* Media, DTLS and channel data share the flow (RFC 7983). */
		return ++dissection->state->words[WORD_DATAGRAMS] > DATAGRAMS_MAX ? DISSECT_DONE
										  : DISSECT_MORE;
	}
	return may_be_message(dissection->in) ? DISSECT_MORE : DISSECT_OTHER;
}

static enum dissect_result stun_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct told told = { 0 };

	/* Some put a length before each message (RFC 4571). */
	struct reader ahead = in;
	uint16_t framed = reader_u16(&ahead);
	reader_skip(&ahead, 4);
	if (reader_u32(&ahead) == MAGIC_COOKIE && framed >= HEADER_BYTES) {
		reader_skip(&in, 2);
	}
	struct reader message = in;
	if (reader_left(&in) < HEADER_BYTES || !read_message(&in, true, &told)) {
		return DISSECT_OTHER;
	}
	enum dissect_result result = conclude(dissection, message, &told);
	return result == DISSECT_MORE ? DISSECT_DONE : result;
}

/* A response answers a request of the same number; where both ends ask, who is seen to ask first.
 */
static enum dissect_began stun_began(const struct dissection *dissection)
{
	enum { NOT_STUN = 0xc000 };
	struct reader in = dissection->in;
	uint16_t type = reader_u16(&in);

	reader_skip(&in, 2);
	bool fits = reader_u32(&in) == MAGIC_COOKIE && !(type & NOT_STUN) && reader_left(&in) >= 12;
	return began_by(fits && !(type & CLASS_RESPONSE), fits && type & CLASS_RESPONSE);
}

const struct dissector dissector_stun = { .protocol = L7_STUN,
	.stream = stun_stream,
	.datagram = stun_datagram,
	.stream_began = stun_began,
	.datagram_began = stun_began,
	.datagram_begins = BEGINS({ 0, 0x3f }, { 0xff, 0xff }) };
