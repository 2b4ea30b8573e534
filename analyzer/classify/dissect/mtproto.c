/* MTProto, Telegram's own transport (core.telegram.org/mtproto/mtproto-transports), plain and
 * obfuscated.
 *
 * An obfuscated connection begins with 64 bytes that look random. They hold the key that hides
 * their own last eight, and those name the framing: three values of 2^32, so nothing else is taken
 * for it. Behind a proxy with a secret the key is mixed with that secret, and nothing shows. */
#include "analyzer/classify/dissect/signature.h"
#include "analyzer/classify/dissect/wire_crypto.h"

enum { INIT_BYTES = 64, KEY_AT = 8, COUNTER_AT = 40, TAG_AT = 56 };

static bool is_framing(const uint8_t tag[4])
{
	return (tag[0] == 0xef || tag[0] == 0xee || tag[0] == 0xdd) && tag[1] == tag[0] &&
	       tag[2] == tag[0] && tag[3] == tag[0];
}

/* Text and padding keep the high bit clear, which 48 random bytes do once in 2^48: this spares
 * every stream of another kind the setting up of a cipher. */
static bool may_be_random(const uint8_t *bytes, size_t count)
{
	uint8_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		seen |= bytes[i];
	}
	return seen & 0x80;
}

static bool is_obfuscated(struct reader in)
{
	uint8_t plain[INIT_BYTES];
	const uint8_t *init = reader_bytes(&in, INIT_BYTES);

	if (!init || !may_be_random(init + KEY_AT, TAG_AT - KEY_AT)) {
		return false;
	}
	wire_decrypt_ctr(init + KEY_AT, init + COUNTER_AT, init, INIT_BYTES, plain);
	return is_framing(plain + TAG_AT);
}

/* Framings in the clear. The first message asks for a key and is itself not encrypted: eight zeros
 * where the key's number would stand (mtproto/description). */
static bool is_plain(struct reader in)
{
	struct reader abridged = in, intermediate = in;
	uint8_t mark = reader_u8(&abridged), words = reader_u8(&abridged);

	if (mark == 0xef && words < 0x7f && words * 4U == reader_left(&abridged)) {
		return reader_u64(&abridged) == 0 && reader_ok(&abridged);
	}
	uint32_t tag = reader_u32(&intermediate), length = reader_u32_le(&intermediate);
	if ((tag == 0xeeeeeeee || tag == 0xdddddddd) && length >= 20 &&
		length <= reader_left(&intermediate)) {
		return reader_u64(&intermediate) == 0 && reader_ok(&intermediate);
	}
	return false;
}

static enum dissect_result mtproto_stream(struct dissection *dissection)
{
	bool fits = is_plain(dissection->in) || is_obfuscated(dissection->in);

	return claim_app(fits, dissection, L7_MTPROTO, APP_HINT_TELEGRAM);
}

const struct dissector dissector_mtproto = { .protocol = L7_MTPROTO, .stream = mtproto_stream };
