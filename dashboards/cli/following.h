/* How analyze and capture follow flows: options of the collector that both have.
 *
 * flow_limit has another default in each, so that its row stands in their own tables. */
#pragma once

#include "collector/collector.h"
#include "dashboards/cli/cli.h"

struct following {
	uint64_t flow_limit, idle_tcp_ns, idle_other_ns, active_ns;
	const char *cpu;
};

/* Rows of a command's table of options whose settings have a struct following at offset. */
#define FOLLOWING_TIME_OPTIONS(offset)                                                             \
	{ "idle-tcp", 0, OPTION_DURATION, (offset) + offsetof(struct following, idle_tcp_ns),      \
		.argument = "TIME", .default_text = "5m", .least = 1,                              \
		.help = "A TCP flow ends when nothing came for so long." },                        \
		{ "idle-other", 0, OPTION_DURATION,                                                \
			(offset) + offsetof(struct following, idle_other_ns), .argument = "TIME",  \
			.default_text = "2m", .least = 1,                                          \
			.help = "The same for every other protocol." },                            \
	{                                                                                          \
		"active", 0, OPTION_DURATION, (offset) + offsetof(struct following, active_ns),    \
			.argument = "TIME",                                                        \
			.help = "End a flow that is older than this; never, unless given."         \
	}
#define FOLLOWING_CPU_OPTION(offset)                                                               \
	{                                                                                          \
		"cpu", 0, OPTION_TEXT, (offset) + offsetof(struct following, cpu),                 \
			.argument = "NAME",                                                        \
			.help = "Instruction set to use instead of the best this machine has."     \
	}

static inline struct collector_options following_options(
	const struct following *following, struct hash_key id_key)
{
	return (struct collector_options){
		.flow_limit = (uint32_t)following->flow_limit,
		.idle_tcp_ns = following->idle_tcp_ns,
		.idle_other_ns = following->idle_other_ns,
		.active_ns = following->active_ns,
		.id_key = id_key,
		.cpu = following->cpu,
	};
}
