/* Names of ours in conversations with a server inside. */
#include "analyzer/classify/classify_parts.h"

/* A handshake was answered; a request comes over a connection that was accepted. */
static bool is_heard(const struct l7_info *l7)
{
	return l7->server_hello || l7->is_quic_answered ||
	       (l7->name_count > 0 && l7->names[0].source == NAME_HTTP_HOST);
}

/* What it is asked for as counts where a device of ours asks and it hears: whoever is outside may
 * ask for anything, and behind a proxy it is not who is asked. Its certificate is its own word,
 * whoever hears it. */
void classify_learn_own(const struct classify *classify, const struct flow_ends *ends)
{
	const struct own_network *own = &classify->tables.own;
	const struct l7_info *l7 = &classify->scratch;

	if (!own->is_own || !is_heard(l7) || l7->through_proxy != L7_PROXY_NONE ||
		!own_network_has(own, &ends->destination)) {
		return;
	}
	bool is_inside = own_network_has(own, &ends->source);
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source == NAME_CERT || (i == 0 && is_inside)) {
			own->learn(own->whose, l7_info_name(l7, i));
		}
	}
}
