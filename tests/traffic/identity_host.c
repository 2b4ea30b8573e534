#include "tests/traffic/identity_host.h"

#include <string.h>

const char *const host_kind_names[HOST_KIND_COUNT] = { "laptop", "desktop", "phone", "printer",
	"private", "guest", "nat" };

size_t host_syn_options(enum host_system system, uint32_t tcp_time, uint8_t options[40])
{
	/* Windows 10 and 11: MSS, scale 8, SACK. */
	static const uint8_t windows[] = { 2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2 };
	/* macOS and iOS: MSS, scale 6, time, SACK, end. */
	static const uint8_t apple[] = { 2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0,
		0, 4, 2, 0, 0 };
	/* Linux: MSS, SACK, time, scale. */
	static const uint8_t linux_[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3,
		3, 7 };
	const uint8_t *own = system == HOST_WINDOWS ? windows
			     : system == HOST_APPLE ? apple
						    : linux_;
	size_t count = system == HOST_WINDOWS ? sizeof(windows)
		       : system == HOST_APPLE ? sizeof(apple)
					      : sizeof(linux_);
	size_t time_at = system == HOST_APPLE ? 12 : 8;

	memcpy(options, own, count);
	if (system == HOST_ANDROID) {
		options[19] = 9;
	}
	if (system != HOST_WINDOWS) {
		for (unsigned i = 0; i < 4; i++) {
			options[time_at + i] = (uint8_t)(tcp_time >> (24 - 8 * i));
		}
	}
	return count;
}

uint16_t host_syn_window(enum host_system system)
{
	return system == HOST_WINDOWS || system == HOST_LINUX ? 64240
	       : system == HOST_OLD                           ? 5840
							      : 65535;
}

uint8_t host_ttl(enum host_system system)
{
	return system == HOST_WINDOWS ? 128 : 64;
}

uint32_t host_clock(struct rng *rng, const struct host *host, unsigned which,
	enum host_system system, uint32_t server, uint64_t time_ns)
{
	uint32_t ms = (uint32_t)(time_ns / 1000000);

	switch (system) {
	case HOST_APPLE:
		return (uint32_t)rng_next(rng);
	case HOST_OLD:
		return host->clock_base[which] + ms / 10; /* 100 Hz */
	default:
		return (host->clock_base[which] ^ server * 2654435761U) + ms;
	}
}

void host_make_mac(struct rng *rng, bool is_private, uint8_t mac[6])
{
	rng_fill(rng, mac, 6);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | (is_private ? 2 : 0));
}
