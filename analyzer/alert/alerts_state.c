/* The open cases, as one blob: a sensor that is started anew goes on with them, so that a week's
 * case is told once, and its devices are counted once. Hashes of devices are written down where
 * they are made of pseudonyms, and otherwise only how many there were: who has the file could try
 * all addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alerts_parts.h"
#include "analyzer/record/state.h"
#include "analyzer/record/symbols.h"
#include "base/reader.h"

static const struct state_part kept = { "alerts", 1,
	"alerts that were open are told again, and their figures begin anew" };

/* Another build's is not read: the sizes differ. */
struct header {
	uint64_t alert_bytes, sketch_bytes, count;
	struct storm_hour storm_hours[STORM_HOURS];
};

/* One case; the names of its symbols and its devices follow. */
struct saved {
	struct alert alert;
	uint64_t said_devices, said_bytes, seen_ns;
	uint32_t device_count;
	bool has_changed, is_written, is_due, is_pending, has_sketch;
};

/* Symbols are numbers of one process: what is written down is their names. */
struct symbol_place {
	enum symbol_kind kind;
	uint16_t *symbol;
};

static unsigned symbol_places(struct alert *alert, struct symbol_place places[5 + ALERT_APPS_MAX])
{
	struct alert_case *of = &alert->of;
	unsigned count = 0;

	places[count++] = (struct symbol_place){ SYMBOL_RULE, &of->rule };
	places[count++] = (struct symbol_place){ SYMBOL_UNIT, &of->unit };
	places[count++] = (struct symbol_place){ SYMBOL_EXCEPTION, &of->exception };
	places[count++] = (struct symbol_place){ SYMBOL_CLASS, &of->class_ };
	places[count++] = (struct symbol_place){ SYMBOL_APP, &of->verdict.app };
	for (unsigned i = 0; i < of->app_count && i < ALERT_APPS_MAX; i++) {
		places[count++] = (struct symbol_place){ SYMBOL_APP, &of->apps[i] };
	}
	return count;
}

static void put_episode(struct text *text, const struct episode *episode)
{
	struct symbol_place places[5 + ALERT_APPS_MAX];
	struct saved saved;

	memset(&saved, 0, sizeof(saved)); /* what stands between the members, too */
	saved.alert = episode->alert;
	saved.said_devices = episode->said_devices;
	saved.said_bytes = episode->said_bytes;
	saved.seen_ns = episode->seen_ns;
	saved.device_count = episode->has_plain ? 0 : episode->devices.count;
	saved.has_changed = episode->has_changed;
	saved.is_written = episode->is_written;
	saved.is_due = episode->is_due;
	saved.is_pending = episode->pending != 0;
	saved.has_sketch = !episode->has_plain && episode->devices.more != NULL;
	text_put_bytes(text, (const char *)&saved, sizeof(saved));
	unsigned count = symbol_places(&saved.alert, places);
	for (unsigned i = 0; i < count; i++) {
		const char *name = symbol_name(places[i].kind, *places[i].symbol);
		text_put_bytes(text, name, strlen(name) + 1);
	}
	text_put_bytes(text, (const char *)episode->devices.items,
		saved.device_count * sizeof(struct device));
	if (saved.has_sketch) {
		text_put_bytes(
			text, (const char *)episode->devices.more, sizeof(struct device_sketch));
	}
}

int alerts_save(const struct alerts *alerts, struct state *state, struct err *err)
{
	struct header header = { .alert_bytes = sizeof(struct saved),
		.sketch_bytes = sizeof(struct device_sketch),
		.count = alerts->count };
	struct text text;

	memcpy(header.storm_hours, alerts->storm_hours, sizeof(header.storm_hours));
	text_init_heap(&text);
	text_put_bytes(&text, (const char *)&header, sizeof(header));
	for (size_t i = 0; i < alerts->count; i++) {
		put_episode(&text, alerts->episodes[i]);
	}
	int status = text.truncated ? err_set(err, ENOMEM, "no memory to write the open alerts")
				    : state_save(state, kept.name, kept.version, text.at,
					      text.length, err);
	text_deinit(&text);
	return status;
}

static bool read_into(struct reader *reader, void *to, size_t count)
{
	const uint8_t *bytes = reader_bytes(reader, count);

	if (bytes && count > 0) {
		memcpy(to, bytes, count);
	}
	return bytes != NULL;
}

static const char *read_name(struct reader *reader)
{
	const void *end = memchr(reader->at, '\0', reader_left(reader));

	return end ? (const char *)reader_bytes(
			     reader, (size_t)((const uint8_t *)end - reader->at) + 1)
		   : NULL;
}

/* Names become the symbols of this process. */
static bool read_symbols(struct reader *reader, struct alert *alert)
{
	struct symbol_place places[5 + ALERT_APPS_MAX];
	unsigned count = symbol_places(alert, places);

	for (unsigned i = 0; i < count; i++) {
		const char *name = read_name(reader);
		if (!name) {
			return false;
		}
		*places[i].symbol = symbol_of(places[i].kind, name);
	}
	return true;
}

static bool read_devices(struct reader *reader, const struct saved *saved, struct devices *devices)
{
	struct device device;

	for (uint32_t i = 0; i < saved->device_count; i++) {
		if (!read_into(reader, &device, sizeof(device))) {
			return false;
		}
		devices_add(devices, device.hash, device.bytes);
	}
	if (!saved->has_sketch) {
		return true;
	}
	struct device_sketch *sketch = malloc(sizeof(*sketch));
	bool is_good = sketch && read_into(reader, sketch, sizeof(*sketch));
	if (is_good) {
		devices_merge_sketch(devices, sketch);
	}
	free(sketch);
	return is_good;
}

static bool read_episode(struct reader *reader, struct alerts *alerts)
{
	struct saved saved;

	if (!read_into(reader, &saved, sizeof(saved)) || saved.alert.kind >= ALERT_KIND_COUNT ||
		saved.alert.of.app_count > ALERT_APPS_MAX || !read_symbols(reader, &saved.alert)) {
		return false;
	}
	struct episode *episode = alerts_open_episode(alerts, &saved.alert);
	if (!episode) {
		return false;
	}
	episode->said_devices = saved.said_devices;
	episode->said_bytes = saved.said_bytes;
	episode->seen_ns = saved.seen_ns;
	episode->devices_before = saved.alert.of.devices;
	episode->has_changed = saved.has_changed;
	episode->is_written = saved.is_written;
	episode->is_due = saved.is_due;
	episode->pending = saved.is_pending ? (1u << alerts->output_count) - 1 : 0;
	return read_devices(reader, &saved, &episode->devices);
}

int alerts_load(struct alerts *alerts, struct state *state, struct err *err)
{
	struct header header;
	char *content;
	size_t length;
	int status = state_load_part(state, &kept, &content, &length, err);

	if (status < 0 || !content) {
		return status;
	}
	struct reader reader = reader_over(content, length);
	bool is_ours = read_into(&reader, &header, sizeof(header)) &&
		       header.alert_bytes == sizeof(struct saved) &&
		       header.sketch_bytes == sizeof(struct device_sketch);
	if (is_ours) {
		memcpy(alerts->storm_hours, header.storm_hours, sizeof(alerts->storm_hours));
	}
	for (uint64_t i = 0; is_ours && i < header.count; i++) {
		is_ours = read_episode(&reader, alerts);
	}
	free(content);
	return is_ours ? 0 : state_refuse_part(state, &kept, err);
}
