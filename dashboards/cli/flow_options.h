/* How analyze and capture follow flows: options of the collector that both have.
 *
 * flow_limit has another default in each, so that its row stands in their own tables. */
#pragma once

#include <string.h>

#include "collector/collector.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/flow_keys.h"

struct flow_options {
	uint64_t flow_limit, idle_tcp_ns, idle_other_ns, active_ns;
	const char *context, *cpu;
};

/* Rows of a command's table of options whose settings have a struct flow_options at offset. */
#define FLOW_OPTIONS_TIME_OPTIONS(offset)                                                          \
	{ "idle-tcp", 0, OPTION_DURATION, (offset) + offsetof(struct flow_options, idle_tcp_ns),   \
		.argument = "TIME", .default_text = "5m", .least = 1,                              \
		.help = "A TCP flow ends when nothing came for so long." },                        \
		{ "idle-other", 0, OPTION_DURATION,                                                \
			(offset) + offsetof(struct flow_options, idle_other_ns),                   \
			.argument = "TIME", .default_text = "2m", .least = 1,                      \
			.help = "The same for every other protocol." },                            \
		{ "active", 0, OPTION_DURATION,                                                    \
			(offset) + offsetof(struct flow_options, active_ns), .argument = "TIME",   \
			.help = "End a flow that is older than this; never, unless given." },      \
	{                                                                                          \
		"flow-context", 0, OPTION_CHOICE,                                                  \
			(offset) + offsetof(struct flow_options, context), .argument = "RULE",     \
			.choices = "auto|strict|ignore", .default_text = "auto",                   \
			.help = "Do VLANs and tunnels tell flows apart? auto: where both "         \
				"directions carry their tags; strict: always; ignore: never."      \
	}
#define FLOW_OPTIONS_CPU_OPTION(offset)                                                            \
	{                                                                                          \
		"cpu", 0, OPTION_TEXT, (offset) + offsetof(struct flow_options, cpu),              \
			.argument = "NAME",                                                        \
			.help = "Instruction set to use instead of the best this machine has."     \
	}

static inline enum flow_context_rule flow_context_rule(const char *name)
{
	static const char *const names[] = {
#define X(id, name) [FLOW_CONTEXT_##id] = (name),
		FLOW_CONTEXT_RULES(X)
#undef X
	};

	for (unsigned rule = 0; name && rule < FLOW_CONTEXT_RULE_COUNT; rule++) {
		if (strcmp(name, names[rule]) == 0) {
			return (enum flow_context_rule)rule;
		}
	}
	return FLOW_CONTEXT_AUTO;
}

static inline struct collector_options flow_options_collector(
	const struct flow_options *flow, const struct flow_keys *keys)
{
	return (struct collector_options){
		.flow_limit = (uint32_t)flow->flow_limit,
		.idle_tcp_ns = flow->idle_tcp_ns,
		.idle_other_ns = flow->idle_other_ns,
		.active_ns = flow->active_ns,
		.context = flow_context_rule(flow->context),
		.id_key = keys->now,
		.id_key_next = keys->next,
		.id_next_ns = keys->next_ns,
		.cpu = flow->cpu,
	};
}
