/* DNS messages (RFC 1035) as plain values; shared by DNS, mDNS and LLMNR, and by tests.
 *
 * Names are lower case, without the final dot, at most 253 bytes. Compression pointers must point
 * backwards, so that every name ends. Everything points into the struct; nothing allocates. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/l7_info.h"
#include "base/addr.h"
#include "base/reader.h"

enum {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SVCB = 64,
	DNS_TYPE_HTTPS = 65
};
enum { DNS_CLASS_IN = 1, DNS_OPCODE_UPDATE = 5 };
enum { DNS_CODE_NONE = 0, DNS_CODE_NXDOMAIN = 3, DNS_CODE_REFUSED = 5 };
enum { DNS_CHAIN_MAX = 6, DNS_ADDRESSES_MAX = 64, DNS_RECORDS_MAX = 256 };

struct dns_name {
	uint8_t length;
	char text[L7_INFO_NAME_MAX + 1];
};

struct dns_message {
	uint16_t id;
	bool is_response;
	bool resolves; /* its sender offers recursion (RA) */
	bool is_whole; /* read to the end of its answers */
	uint8_t opcode, code;
	uint16_t question_type;
	uint16_t question_count, answer_count;
	struct dns_name question; /* the first; length 0 where there is none, or it is the root */

	/* From the answers to the question: the names it led over (CNAME, and SVCB in alias form),
	 * the addresses at the end of that chain, and the shortest time to live on the way. */
	unsigned chain_count, address_count;
	struct dns_name chain[DNS_CHAIN_MAX];
	struct addr addresses[DNS_ADDRESSES_MAX];
	uint32_t ttl_s;
	struct dns_name ech_public_name; /* of an ECH configuration in the answer; length 0 none */
};

struct dns_record {
	struct dns_name owner;
	uint16_t type, class_;
	uint32_t ttl_s;
	struct reader data;
};

/* What stands at the cursor, which is put behind it, in the whole message. */
bool dns_read_name(struct reader whole, struct reader *in, struct dns_name *name);
bool dns_read_record(struct reader whole, struct reader *in, struct dns_record *record);

/* False where the bytes cannot be a DNS message. One that the capture cut is read as far as it
 * goes. */
bool dns_parse(struct reader message, struct dns_message *dns);

/* Is it a query of one question of class IN with nothing but an EDNS record behind it? For ports
 * where DNS is not expected. */
bool dns_is_plain_question(struct reader message);

struct dissection;

/* dns_own.c: what an answer that was asked for says of names of ours (struct own_network), what
 * machines of ours want to be called, and what they and their neighbours say on the link. */
void dns_learn_own(
	const struct dissection *dissection, struct reader message, const struct dns_message *dns);
void dns_learn_wish(const struct dissection *dissection, const struct dns_message *dns);
void dns_learn_neighbours(
	const struct dissection *dissection, struct reader message, const struct dns_message *dns);
/* A name of NetBIOS in first-level encoding (RFC 1001, 14.1), as a machine registers it. */
void dns_learn_netbios(const struct dissection *dissection, struct reader message);

/* Is the address one that resolvers give instead of an answer: 0.0.0.0/8, 127.0.0.0/8, ::, ::1? */
bool dns_is_sinkhole(const struct addr *address);
