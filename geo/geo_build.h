/* A table of networks (CSV) becomes an MMDB with AS number, organisation and the country of the
 * operator.
 *
 * Rows are "first address,last address,AS number,organisation" or "prefix,AS number,organisation",
 * quoted as in RFC 4180, with or without a line of column names, both families mixed as they like.
 * Such tables do not say where an operator is. With a country database, an operator is taken to be
 * in the country where more than half of its IPv4 addresses are registered (or, without any, of its
 * IPv6 networks); otherwise its country stays unknown.
 *
 * Memory   about 100 bytes a row while it runs.
 * Threads  any.
 * Failure  file and line of what cannot be read. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct geo_build_options {
	const char *const *tables; /* CSV files */
	unsigned table_count;
	const char *countries; /* an MMDB that knows countries; NULL: none */
	const char *output;
	uint64_t built_ns; /* the date of the tables */
};

struct geo_build_result {
	uint32_t rows, networks, networks_with_country, nodes;
};

int geo_build(
	const struct geo_build_options *options, struct geo_build_result *result, struct err *err);
