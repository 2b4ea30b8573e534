/* borderflow devices explain: whose an address was, and why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/messages/messages.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/cli/devices_cmd.h"
#include "dashboards/cli/time_word.h"

enum { LINE_BYTES = 1024, BINDINGS_SHOWN = 8 };

static void say(
	const struct devices_view *view, const char *key, const char *name, const char *value)
{
	char memory[LINE_BYTES];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	messages_put(view->reference->messages, &text, key, name, value, NULL);
	puts(text.at);
}

static const char *sign_words(const struct devices_view *view, unsigned sign)
{
	return messages_get2(
		view->reference->messages, "device_sign", nat_sign_name((enum nat_sign)sign));
}

static void say_many(const struct devices_view *view, const struct nat_answer *nat)
{
	const struct messages *messages = view->reference->messages;
	const char *signs[NAT_SIGN_COUNT];
	char list[LINE_BYTES / 2], memory[LINE_BYTES], least[16];
	struct text text;
	size_t count = 0;

	for (unsigned sign = 0; sign < NAT_SIGN_COUNT; sign++) {
		if (nat->signs >> sign & 1) {
			signs[count++] = sign_words(view, sign);
		}
	}
	text_init(&text, list, sizeof(list));
	messages_put_list(messages, &text, signs, count);
	snprintf(least, sizeof(least), "%u", nat->least);
	text_init(&text, memory, sizeof(memory));
	messages_put(messages, &text, "device_many", "count", least, "signs", list, NULL);
	puts(text.at);
}

/* A line of evidence: from when to when, what, and how often; 0: that is not counted. */
static void say_evidence(const struct devices_view *view, uint64_t from_ns, uint64_t to_ns,
	const char *what, uint32_t count)
{
	char from[LOCAL_TEXT_LENGTH + 1], to[LOCAL_TEXT_LENGTH + 1], number[16];
	char memory[LINE_BYTES];
	struct text text;

	local_format(view->zone, from_ns, from);
	local_format(view->zone, to_ns, to);
	snprintf(number, sizeof(number), "%" PRIu32, count);
	text_init(&text, memory, sizeof(memory));
	if (count > 0) {
		messages_put(view->reference->messages, &text, "device_binding", "from", from, "to",
			to, "evidence", what, "count", number, NULL);
	} else {
		text_printf(&text, "%s – %s: %s", from, to, what);
	}
	printf("  %s\n", text.at);
}

/* Why it is what it is said to be: since when, and each sign by itself. */
static void say_reasons(const struct devices_view *view, const struct addr *addr,
	const struct device_answer *answer)
{
	const struct messages *messages = view->reference->messages;
	const struct station *station = answer->station;
	const struct binding *binding = answer->binding;

	for (unsigned sign = 0; sign < NAT_SIGN_COUNT; sign++) {
		if (answer->nat.signs >> sign & 1) {
			struct nat_evidence seen =
				devices_evidence(view->devices, addr, answer, (enum nat_sign)sign);
			say_evidence(view, seen.from_ns, seen.last_ns, sign_words(view, sign),
				seen.count);
		}
	}
	if (answer->device.kind == DEVICE_ONE && answer->same != station) {
		say_evidence(view, station->joined_ns, station->last_ns,
			messages_get(messages, "device_follows"), 0);
	} else if (answer->device.kind == DEVICE_ONE && station && station->one_ns != 0) {
		say_evidence(view, station->one_ns, station->last_ns,
			messages_get(messages, "device_alone"), 0);
	}
	if (answer->binding_answer == BINDING_CONTESTED) {
		say_evidence(view, binding->contested_from_ns, binding->contested_ns,
			messages_get(messages, "device_why_contested"), 0);
	}
}

static const char *why_address(const struct device_answer *answer)
{
	if (answer->binding_answer == BINDING_CONTESTED) {
		return "device_why_contested";
	}
	if (answer->is_several) {
		return "device_why_several";
	}
	if (answer->binding && !answer->station) {
		return "device_why_router";
	}
	return "device_why_nothing";
}

static void say_verdict(const struct devices_view *view, const struct device_answer *answer)
{
	const struct messages *messages = view->reference->messages;

	if (answer->device.kind == DEVICE_MANY) {
		say_many(view, &answer->nat);
	} else if (answer->enrolled) {
		say(view, "device_enrolled", NULL, NULL);
	} else if (answer->device.kind == DEVICE_ONE) {
		say(view, answer->same == answer->station ? "device_one" : "device_joined", NULL,
			NULL);
	} else if (answer->device.kind == DEVICE_STATION) {
		say(view, station_has_mac(answer->same) ? "device_station" : "device_unseen", NULL,
			NULL);
	} else {
		say(view, "device_address", "why", messages_get(messages, why_address(answer)));
	}
	if (answer->station && station_has_mac(answer->station) &&
		(answer->station->key >> 40 & 2) != 0) {
		say(view, "device_private_mac", NULL, NULL);
	}
}

static void say_place(const struct devices_view *view, const struct addr *addr,
	const struct inventory_device *enrolled)
{
	char memory[LINE_BYTES];
	struct text text;
	uint16_t class_, unit;

	devices_locate(view, addr, enrolled, &class_, &unit);
	if (class_ || unit) {
		text_init(&text, memory, sizeof(memory));
		messages_put(view->reference->messages, &text, "device_class_unit", "class",
			class_ ? symbol_name(SYMBOL_CLASS, class_) : "–", "unit",
			unit ? symbol_name(SYMBOL_UNIT, unit) : "–", NULL);
		text_put_char(&text, '\n');
		fputs(text.at, stdout);
	}
}

static void say_binding(const struct devices_view *view, const struct binding *binding)
{
	const struct messages *messages = view->reference->messages;
	char list[LINE_BYTES / 2];
	const char *evidence[SIGHTING_KIND_COUNT];
	struct text text;
	size_t kinds = 0;

	for (unsigned kind = 0; kind < SIGHTING_KIND_COUNT; kind++) {
		if (binding->evidence >> kind & 1) {
			evidence[kinds++] = messages_get2(messages, "device_evidence",
				sighting_kind_name((enum sighting_kind)kind));
		}
	}
	text_init(&text, list, sizeof(list));
	messages_put_list(messages, &text, evidence, kinds);
	say_evidence(view, binding->from_ns, binding->last_ns, list, binding->count);
}

static void say_moment(const struct devices_view *view, const char *address, uint64_t time_ns)
{
	char time[LOCAL_TEXT_LENGTH + 1];

	local_format(view->zone, time_ns, time);
	printf("%s, %s:\n", address, time);
}

/* The latest moment at which the address was somebody's, or showed a sign of many. */
static uint64_t latest_ns(const struct devices_view *view, const struct addr *addr)
{
	const struct binding *binding = bindings_next(devices_bindings(view->devices), addr, NULL);
	uint64_t latest_ns = binding ? binding->last_ns : 0;

	for (unsigned sign = 0; sign < NAT_SIGN_COUNT; sign++) {
		const struct nat_evidence *seen =
			nat_signs_evidence(devices_nat(view->devices), addr, (enum nat_sign)sign);
		latest_ns = seen && seen->last_ns > latest_ns ? seen->last_ns : latest_ns;
	}
	return latest_ns ? latest_ns : clock_now_ns();
}

int devices_explain(const struct devices_view *view, const char *address, struct err *err)
{
	const struct binding *binding = NULL;
	struct device_answer answer;
	struct addr addr;
	uint64_t time_ns;

	if (!addr_parse(address, &addr)) {
		return err_set(err, EINVAL, "expected an address, found \"%s\"", address);
	}
	time_ns = latest_ns(view, &addr);
	if (view->settings->at &&
		!time_word_parse(view->settings->at, view->zone, clock_now_ns(), &time_ns)) {
		return err_set(err, EINVAL, "--at: expected %s, found \"%s\"", TIME_WORD_EXPECTED,
			view->settings->at);
	}
	devices_ask(view->devices, view->reference->inventory, &addr, time_ns, &answer);
	say_moment(view, address, time_ns);
	say_verdict(view, &answer);
	say_place(view, &addr, answer.enrolled);
	say_reasons(view, &addr, &answer);
	for (unsigned i = 0; i < BINDINGS_SHOWN; i++) {
		binding = bindings_next(devices_bindings(view->devices), &addr, binding);
		if (!binding) {
			break;
		}
		say_binding(view, binding);
	}
	return 0;
}
