#include "geo/geo_build.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "geo/geo_db.h"
#include "geo/geo_index.h"
#include "geo/intern.h"
#include "geo/mmdb_write.h"
#include "geo/network_table.h"

/* How much of a network lies in one country. */
struct share {
	uint32_t asn;
	char country[3];
	uint64_t weight;
};

/* Shares of all networks, v4 and v6 apart: IPv4 in addresses, IPv6 in /48 networks. */
struct shares {
	struct intern keys; /* AS number and country */
	uint64_t *weights;
	uint32_t capacity;
	struct share *sorted; /* by network, then the largest first; once all are added */
};

struct builder {
	const struct geo_build_options *options;
	struct network_table table;
	struct geo_db *countries;
	struct geo_ranges ranges; /* of the country database, one family; rows are its entries */
	struct shares shares[2];  /* IPv6, IPv4 */
};

static int out_of_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory while building a network database");
}

static int add_share(struct shares *shares, uint32_t asn, const char country[3], uint64_t weight)
{
	struct share key;

	memset(&key, 0, sizeof(key));
	key.asn = asn;
	memcpy(key.country, country, sizeof(key.country));
	uint32_t number = intern_put(&shares->keys, &key, sizeof(key));
	if (number == INTERN_FULL) {
		return -ENOMEM;
	}
	if (number >= shares->capacity) {
		uint32_t capacity = 2 * number + 1024;
		uint64_t *weights = realloc(shares->weights, capacity * sizeof(*weights));
		if (!weights) {
			return -ENOMEM;
		}
		memset(weights + shares->capacity, 0,
			(capacity - shares->capacity) * sizeof(*weights));
		shares->weights = weights;
		shares->capacity = capacity;
	}
	shares->weights[number] += weight;
	return 0;
}

static int collect_range(void *context, unsigned __int128 start, uint32_t entry)
{
	return geo_ranges_add(context, start, entry);
}

/* The range in which an address lies. */
static uint32_t find_range(const struct geo_ranges *ranges, unsigned __int128 address)
{
	uint32_t low = 0, high = ranges->count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (ranges->starts[middle] <= address) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low;
}

static uint64_t range_weight(unsigned __int128 size, bool v4)
{
	return v4 ? (uint64_t)size : (uint64_t)(size >> 80) + 1;
}

/* Adds up in which countries one row of the table lies. */
static int weigh_row(struct builder *builder, const struct network_row *row)
{
	const struct geo_ranges *ranges = &builder->ranges;
	uint32_t at = find_range(ranges, row->first);
	unsigned __int128 start = row->first;

	for (; at < ranges->count && ranges->starts[at] <= row->last; at++) {
		bool is_last = at + 1 == ranges->count || ranges->starts[at + 1] > row->last;
		unsigned __int128 last = is_last ? row->last : ranges->starts[at + 1] - 1;
		struct geo_answer answer;
		geo_db_read(builder->countries, ranges->rows[at], &answer);
		int status = add_share(&builder->shares[row->v4], row->asn, answer.country,
			range_weight(last - start + 1, row->v4));
		if (status < 0) {
			return status;
		}
		start = last + 1;
	}
	return 0;
}

static int weigh_family(struct builder *builder, bool v4, struct err *err)
{
	builder->ranges.count = 0;
	int status = geo_db_walk(builder->countries, v4, collect_range, &builder->ranges, err);
	if (status == -EINVAL) {
		return status;
	}
	for (uint32_t i = 0; status == 0 && i < builder->table.count; i++) {
		if (builder->table.rows[i].v4 == v4) {
			status = weigh_row(builder, &builder->table.rows[i]);
		}
	}
	return status < 0 ? out_of_memory(err) : 0;
}

static int compare_shares(const void *a, const void *b)
{
	const struct share *left = a, *right = b;

	if (left->asn != right->asn) {
		return left->asn < right->asn ? -1 : 1;
	}
	return (left->weight < right->weight) - (left->weight > right->weight);
}

static int sort_shares(struct shares *shares)
{
	uint32_t count = shares->keys.count;

	shares->sorted = calloc((size_t)count + 1, sizeof(*shares->sorted));
	if (!shares->sorted) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&shares->sorted[i], intern_get(&shares->keys, i), sizeof(*shares->sorted));
		shares->sorted[i].weight = shares->weights[i];
	}
	qsort(shares->sorted, count, sizeof(*shares->sorted), compare_shares);
	return 0;
}

static int weigh_countries(struct builder *builder, struct err *err)
{
	int status = 0;

	if (builder->options->countries) {
		status = geo_db_open(&builder->countries, builder->options->countries, err);
	}
	for (unsigned v4 = 0; v4 < 2 && builder->countries && status == 0; v4++) {
		status = weigh_family(builder, v4, err);
	}
	for (unsigned v4 = 0; v4 < 2 && status == 0; v4++) {
		status = sort_shares(&builder->shares[v4]) < 0 ? out_of_memory(err) : 0;
	}
	return status;
}

/* The country that holds more than half of a network's addresses in one family. False where the
 * network has none. */
static bool find_majority(const struct shares *shares, uint32_t asn, char country[3])
{
	uint32_t low = 0, high = shares->keys.count;
	uint64_t total = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (shares->sorted[middle].asn < asn) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (uint32_t i = low; i < shares->keys.count && shares->sorted[i].asn == asn; i++) {
		total += shares->sorted[i].weight;
	}
	if (total > 0 && shares->sorted[low].weight > total / 2) {
		memcpy(country, shares->sorted[low].country, 3);
	}
	return total > 0;
}

static uint32_t make_value(
	const struct builder *builder, struct mmdb_writer *writer, const struct network_row *row)
{
	char country[3] = "";

	if (!find_majority(&builder->shares[true], row->asn, country)) {
		find_majority(&builder->shares[false], row->asn, country);
	}
	mmdb_put_map(writer, country[0] ? 3 : 2);
	mmdb_put_text(writer, "autonomous_system_number");
	mmdb_put_u32(writer, row->asn);
	mmdb_put_text(writer, "autonomous_system_organization");
	mmdb_put_text(writer, row->organization);
	if (country[0]) {
		mmdb_put_text(writer, "operator_country");
		mmdb_put_text(writer, country);
	}
	return mmdb_end_value(writer);
}

static void count_networks(const struct builder *builder, struct geo_build_result *result)
{
	struct intern seen = { 0 };

	for (uint32_t i = 0; i < builder->table.count; i++) {
		uint32_t asn = builder->table.rows[i].asn, before = seen.count;
		char country[3] = "";
		intern_put(&seen, &asn, sizeof(asn));
		if (seen.count > before) {
			result->networks++;
			if (!find_majority(&builder->shares[true], asn, country)) {
				find_majority(&builder->shares[false], asn, country);
			}
			result->networks_with_country += country[0] != '\0';
		}
	}
	intern_deinit(&seen);
}

static int write_database(
	const struct builder *builder, struct geo_build_result *result, struct err *err)
{
	const struct mmdb_metadata metadata = {
		.type = "borderflow-networks",
		.description = "AS number, organisation and country of the operator, compiled by "
			       "borderflow",
		.ip_version = 6,
		.built_s = builder->options->built_ns / NS_PER_S,
	};
	struct mmdb_writer *writer = mmdb_writer_create(&metadata);

	if (!writer) {
		return out_of_memory(err);
	}
	for (uint32_t i = 0; i < builder->table.count; i++) {
		const struct network_row *row = &builder->table.rows[i];
		mmdb_add_range(writer, row->first, row->last, make_value(builder, writer, row));
	}
	result->rows = builder->table.count;
	result->nodes = mmdb_node_count(writer);
	count_networks(builder, result);
	int status = mmdb_write(writer, builder->options->output, err);
	mmdb_writer_destroy(writer);
	return status;
}

static void builder_deinit(struct builder *builder)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		intern_deinit(&builder->shares[v4].keys);
		free(builder->shares[v4].weights);
		free(builder->shares[v4].sorted);
	}
	geo_ranges_deinit(&builder->ranges);
	geo_db_close(builder->countries);
	network_table_deinit(&builder->table);
}

int geo_build(
	const struct geo_build_options *options, struct geo_build_result *result, struct err *err)
{
	struct builder builder = { .options = options };
	int status = 0;

	*result = (struct geo_build_result){ 0 };
	for (unsigned i = 0; i < options->table_count && status == 0; i++) {
		status = network_table_read(&builder.table, options->tables[i], err);
	}
	if (status == 0 && builder.table.count == 0) {
		status = err_set(err, EINVAL, "%s: the table of networks has no rows",
			options->table_count > 0 ? options->tables[0] : options->output);
	}
	if (status == 0) {
		status = weigh_countries(&builder, err);
	}
	if (status == 0) {
		status = write_database(&builder, result, err);
	}
	builder_deinit(&builder);
	return status;
}
