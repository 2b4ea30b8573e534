#include "analyzer/record/l7_info.h"

#include <string.h>

#include "base/hash.h"

const char *l7_protocol_name(enum l7_protocol protocol)
{
	static const char *const names[L7_PROTOCOL_COUNT] = {
#define X(id, name) [L7_##id] = name,
		L7_PROTOCOLS(X)
#undef X
	};
	return (unsigned)protocol < L7_PROTOCOL_COUNT ? names[protocol] : "";
}

const char *name_hidden_name(enum name_hidden hidden)
{
	static const char *const names[NAME_HIDDEN_COUNT] = {
#define X(id, name) [NAME_HIDDEN_##id] = name,
		NAME_HIDDEN(X)
#undef X
	};
	return (unsigned)hidden < NAME_HIDDEN_COUNT ? names[hidden] : "none";
}

const char *app_hint_id(enum app_hint hint)
{
	static const char *const ids[APP_HINT_COUNT] = {
		[APP_HINT_TELEGRAM] = "telegram",
		[APP_HINT_WHATSAPP] = "whatsapp",
		[APP_HINT_SIGNAL] = "signal",
		[APP_HINT_ZOOM] = "zoom",
		[APP_HINT_TEAMS] = "teams",
		[APP_HINT_QQ] = "qq",
		[APP_HINT_WECHAT] = "wechat",
		[APP_HINT_DISCORD] = "discord",
		[APP_HINT_GOOGLE_MEET] = "google-meet",
		[APP_HINT_FACEBOOK] = "facebook",
		[APP_HINT_SNAPCHAT] = "snapchat",
		[APP_HINT_VIBER] = "viber",
		[APP_HINT_LINE] = "line",
		[APP_HINT_SKYPE] = "skype",
		[APP_HINT_SPOTIFY] = "spotify",
		[APP_HINT_DROPBOX] = "dropbox",
		[APP_HINT_WIREGUARD] = "wireguard",
		[APP_HINT_OPENVPN] = "openvpn",
		[APP_HINT_TOR] = "tor",
		[APP_HINT_ULTRASURF] = "ultrasurf",
		[APP_HINT_TAILSCALE] = "tailscale",
		[APP_HINT_AGORA] = "agora",
	};
	return (unsigned)hint < APP_HINT_COUNT ? ids[hint] : NULL;
}

enum app_hint app_hint_of(const char *id)
{
	for (unsigned hint = APP_HINT_NONE + 1; hint < APP_HINT_COUNT; hint++) {
		if (strcmp(app_hint_id(hint), id) == 0) {
			return (enum app_hint)hint;
		}
	}
	return APP_HINT_NONE;
}

const char *l7_info_format_app(const struct l7_info *l7)
{
	static const char *const apps[L7_PROTOCOL_COUNT] = {
		[L7_MTPROTO] = "telegram",
		[L7_QQ] = "qq",
		[L7_WIREGUARD] = "wireguard",
		[L7_OPENVPN] = "openvpn",
		[L7_IPSEC] = "ipsec",
		[L7_TOR] = "tor",
		[L7_BITTORRENT] = "bittorrent",
		[L7_DNSCRYPT] = "dnscrypt",
	};
	const char *hint = app_hint_id(l7->app_hint);

	return hint || l7->protocol >= L7_PROTOCOL_COUNT ? hint : apps[l7->protocol];
}

uint64_t l7_issuer_hash(const char *name, size_t length)
{
	struct hash_key key = hash_key_fixed("borderflow issuer");
	char plain[128];

	length = length < sizeof(plain) ? length : sizeof(plain);
	for (size_t i = 0; i < length; i++) {
		plain[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
	}
	return length ? hash_bytes(&key, plain, length) | 1 : 0;
}

/* Lower case without locale; NUL would end the text early, so it shows as a question mark. */
static inline char folded(char character)
{
	if (character >= 'A' && character <= 'Z') {
		return (char)(character + 'a' - 'A');
	}
	return character ? character : '?';
}

static bool same_name(const struct l7_info *l7, unsigned index, const char *name, size_t length)
{
	const char *known = l7_info_name(l7, index);

	if (l7->names[index].length != length) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (known[i] != folded(name[i])) {
			return false;
		}
	}
	return true;
}

static bool has_room(const struct l7_info *l7, size_t length)
{
	return l7->name_count < L7_INFO_NAMES_MAX &&
	       l7->text_length + length + 1 <= L7_INFO_TEXT_MAX;
}

static void forget_last_name(struct l7_info *l7)
{
	struct clue_name last = l7->names[--l7->name_count];
	uint16_t bytes = last.length + 1, behind = last.offset + bytes;

	memmove(l7->text + last.offset, l7->text + behind, l7->text_length - behind);
	l7->text_length -= bytes;
	for (unsigned i = 0; i < l7->name_count; i++) {
		l7->names[i].offset -= l7->names[i].offset > last.offset ? bytes : 0;
	}
	l7->issuer_at -= l7->issuer_at > behind ? bytes : 0;
}

/* Many names can be sent ahead of the one that counts: what a hello says takes the place of the
 * last one that is no stronger. */
static bool make_room(struct l7_info *l7, enum name_source source, size_t length)
{
	while (!has_room(l7, length) && source <= NAME_HTTP_HOST && l7->name_count > 0 &&
		l7->names[l7->name_count - 1].source >= source) {
		forget_last_name(l7);
	}
	return has_room(l7, length);
}

bool l7_info_add_name(struct l7_info *l7, enum name_source source, const char *name, size_t length)
{
	unsigned place;

	while (length > 0 && name[length - 1] == '.') {
		length--;
	}
	if (length == 0 || length > L7_INFO_NAME_MAX ||
		(source > NAME_HTTP_HOST && !has_room(l7, length))) {
		return false;
	}
	for (place = 0; place < l7->name_count && l7->names[place].source <= source; place++) {
		if (l7->names[place].source == source && same_name(l7, place, name, length)) {
			return false;
		}
	}
	if (!make_room(l7, source, length)) {
		return false;
	}
	place = place < l7->name_count ? place : l7->name_count;
	memmove(l7->names + place + 1, l7->names + place,
		(l7->name_count - place) * sizeof(l7->names[0]));
	l7->names[place] = (struct clue_name){
		.source = (uint8_t)source, .length = (uint8_t)length, .offset = l7->text_length
	};
	l7->name_count++;
	char *text = l7->text + l7->text_length;
	for (size_t i = 0; i < length; i++) {
		text[i] = folded(name[i]);
	}
	text[length] = '\0';
	l7->text_length = (uint16_t)(l7->text_length + length + 1);
	return true;
}

/* Puts words behind the names: one more than their place in the text; 0 where they find none. */
static uint16_t put_words(struct l7_info *l7, const char *words, size_t length)
{
	enum { WORDS_MAX = 63 };
	char *text = l7->text + l7->text_length;
	uint16_t at = (uint16_t)(l7->text_length + 1);

	length = length < WORDS_MAX ? length : WORDS_MAX;
	if (length == 0 || l7->text_length + length + 1 > L7_INFO_TEXT_MAX) {
		return 0;
	}
	for (size_t i = 0; i < length; i++) {
		text[i] = words[i] >= ' ' && words[i] <= '~' ? words[i] : '?';
	}
	text[length] = '\0';
	l7->text_length = (uint16_t)(l7->text_length + length + 1);
	return at;
}

void l7_info_set_issuer(struct l7_info *l7, const char *name, size_t length)
{
	uint16_t at = put_words(l7, name, length);

	l7->issuer_at = at ? at : l7->issuer_at;
}

const char *l7_info_issuer(const struct l7_info *l7)
{
	return l7->issuer_at ? l7->text + l7->issuer_at - 1 : "";
}

void l7_info_set_refusal(struct l7_info *l7, enum l7_refusal refusal, const char *refused_by)
{
	l7->refusal = (uint8_t)refusal;
	l7->refused_by_at = put_words(l7, refused_by, strlen(refused_by));
}

const char *l7_info_refused_by(const struct l7_info *l7)
{
	return l7->refused_by_at ? l7->text + l7->refused_by_at - 1 : "";
}

bool l7_info_have_source(const struct l7_info *l7, enum name_source source)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source == source) {
			return true;
		}
	}
	return false;
}

void l7_info_drop_names(struct l7_info *l7)
{
	memset(l7->names, 0, sizeof(l7->names));
	l7->name_count = 0;
	l7->text_length = 0;
	l7->issuer_at = 0;
}

void l7_info_add_names(struct l7_info *l7, enum name_source source, const struct l7_info *from)
{
	for (unsigned i = 0; i < from->name_count; i++) {
		if (from->names[i].source == source) {
			l7_info_add_name(l7, source, l7_info_name(from, i), from->names[i].length);
		}
	}
}

void l7_info_keep_names(struct l7_info *l7, enum name_source source, unsigned count)
{
	struct l7_info all;

	l7_info_copy(&all, l7);
	l7_info_drop_names(l7);
	for (unsigned i = 0; i < all.name_count; i++) {
		bool is_kept = all.names[i].source != source || count > 0;
		count -= all.names[i].source == source && count > 0;
		if (is_kept) {
			l7_info_add_name(l7, all.names[i].source, l7_info_name(&all, i),
				all.names[i].length);
		}
	}
}

const char *l7_info_domain(const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		uint8_t source = l7->names[i].source;
		if (source != NAME_DNS_CNAME && source != NAME_CERT && source < NAME_DNS_UNASKED) {
			return l7_info_name(l7, i);
		}
	}
	return "";
}

/* A line at a time: of one fill of all, as short as this, most would be its beginning. */
void l7_info_clear(struct l7_info *l7)
{
	enum { BYTES = offsetof(struct l7_info, text), LINE = 64, LINES = BYTES / LINE * LINE };
	char *bytes = (char *)l7;

	for (size_t at = 0; at < LINES; at += LINE) {
		memset(bytes + at, 0, LINE);
	}
	memset(bytes + LINES, 0, BYTES - LINES);
	l7->text[0] = '\0';
}

void l7_info_copy(struct l7_info *to, const struct l7_info *from)
{
	memcpy(to, from, l7_info_used_bytes(from));
}
