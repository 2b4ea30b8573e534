#include "analyzer/classify/clues.h"

#include <string.h>

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
	};
	return (unsigned)hint < APP_HINT_COUNT ? ids[hint] : NULL;
}

/* Lower case without locale; NUL would end the text early, so it shows as a question mark. */
static inline char folded(char character)
{
	if (character >= 'A' && character <= 'Z') {
		return (char)(character + 'a' - 'A');
	}
	return character ? character : '?';
}

static bool same_name(const struct clues *clues, unsigned index, const char *name, size_t length)
{
	const char *known = clues_name(clues, index);

	if (clues->names[index].length != length) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (known[i] != folded(name[i])) {
			return false;
		}
	}
	return true;
}

bool clues_add_name(struct clues *clues, enum name_source source, const char *name, size_t length)
{
	unsigned place;

	while (length > 0 && name[length - 1] == '.') {
		length--;
	}
	if (length == 0 || length > CLUE_NAME_MAX || clues->name_count == CLUE_NAMES_MAX ||
		clues->text_length + length + 1 > CLUE_TEXT_MAX) {
		return false;
	}
	for (place = 0; place < clues->name_count && clues->names[place].source <= source;
		place++) {
		if (clues->names[place].source == source && same_name(clues, place, name, length)) {
			return false;
		}
	}
	memmove(clues->names + place + 1, clues->names + place,
		(clues->name_count - place) * sizeof(clues->names[0]));
	clues->names[place] = (struct clue_name){
		.source = (uint8_t)source, .length = (uint8_t)length, .offset = clues->text_length
	};
	clues->name_count++;
	char *text = clues->text + clues->text_length;
	for (size_t i = 0; i < length; i++) {
		text[i] = folded(name[i]);
	}
	text[length] = '\0';
	clues->text_length = (uint16_t)(clues->text_length + length + 1);
	return true;
}

bool clues_have_source(const struct clues *clues, enum name_source source)
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		if (clues->names[i].source == source) {
			return true;
		}
	}
	return false;
}

void clues_drop_names(struct clues *clues)
{
	memset(clues->names, 0, sizeof(clues->names));
	clues->name_count = 0;
	clues->text_length = 0;
}

const char *clues_domain(const struct clues *clues)
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		uint8_t source = clues->names[i].source;
		if (source != NAME_DNS_CNAME && source != NAME_CERT) {
			return clues_name(clues, i);
		}
	}
	return "";
}

void clues_clear(struct clues *clues)
{
	memset(clues, 0, offsetof(struct clues, text));
	clues->text[0] = '\0';
}

void clues_copy(struct clues *to, const struct clues *from)
{
	memcpy(to, from, clues_used_bytes(from));
}
