/* Reaching other machines: ONC RPC with NFS on top of it (RFC 5531), CoAP (RFC 7252), and lookups
 * in disguise (DNSCrypt). */
#include "analyzer/classify/dissect/signature.h"

/* A call: a number, 0, RPC version 2, then a program of those that are registered. */
static bool is_rpc_call(struct reader in)
{
	reader_skip(&in, 4);
	uint32_t kind = reader_u32(&in), version = reader_u32(&in), program = reader_u32(&in),
		 program_version = reader_u32(&in), procedure = reader_u32(&in);

	return reader_ok(&in) && kind == 0 && version == 2 && program >= 100000 &&
	       program < 500000 && program_version <= 10 && procedure <= 100;
}

static enum dissect_result rpc_datagram(struct dissection *dissection)
{
	return claim_if(is_rpc_call(dissection->in), dissection, L7_RPC);
}

static enum dissect_result rpc_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool is_last_fragment = reader_u32(&in) >> 31;

	return claim_if(is_last_fragment && is_rpc_call(in), dissection, L7_RPC);
}

const struct dissector dissector_rpc = { .protocol = L7_RPC,
	.stream = rpc_stream,
	.datagram = rpc_datagram,
	.is_one_sided = true,
	.stream_begins = BEGINS({ 0x80, 0xff }) };

static enum dissect_result coap_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t first = reader_u8(&in), code = reader_u8(&in);
	unsigned class_ = code >> 5, detail = code & 31;
	bool is_code = (class_ == 0 && detail <= 7) || (class_ >= 2 && class_ <= 5 && detail <= 31);

	reader_skip(&in, 2U + (first & 15));
	return claim_if(dissection_has_port(dissection, 5683) && reader_ok(&in) &&
				first >> 6 == 1 && (first & 15) <= 8 && is_code,
		dissection, L7_COAP);
}

const struct dissector dissector_coap = {
	.protocol = L7_COAP, .datagram = coap_datagram, .datagram_begins = BEGINS({ 0x40, 0x7f })
};

/* Answers of DNSCrypt begin with a fixed word (dnscrypt.info/protocol); over TCP a length stands
 * before it. */
static enum dissect_result claim_dnscrypt(struct dissection *dissection, const struct reader *in)
{
	if (!begins_with(in, "r6fnvWj8")) {
		return DISSECT_OTHER;
	}
	dissection->l7->hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	return claim_if(true, dissection, L7_DNSCRYPT);
}

static enum dissect_result dnscrypt_datagram(struct dissection *dissection)
{
	return claim_dnscrypt(dissection, &dissection->in);
}

static enum dissect_result dnscrypt_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, 2);
	return claim_dnscrypt(dissection, &in);
}

const struct dissector dissector_dnscrypt = { .protocol = L7_DNSCRYPT,
	.stream = dnscrypt_stream,
	.datagram = dnscrypt_datagram,
	.is_one_sided = true,
	.datagram_begins = BEGINS({ 'r', 'r' }) };
