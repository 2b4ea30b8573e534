/* Of a part of the flows: which devices, when, how much. */
#include "base/addr.h"
#include "base/local_time.h"
#include "dashboards/report/device_rows.h"
#include "dashboards/report/summary_page.h"

enum { DEVICES_SHOWN = 25 };

static void put_time(
	struct table *table, unsigned column, const struct local_zone *zone, uint64_t time_ns)
{
	char time[LOCAL_TEXT_LENGTH + 1];

	local_format(zone, time_ns, time);
	table_cell(table, column, "%.5s %.8s", time + 5, time + 11); /* the year is said above */
}

void summary_put_devices(const struct summary_page *page)
{
	static const char *const columns[] = { "device", "first", "last", ">sent", ">received",
		">flows", NULL };
	const struct device_rows *devices = page->model->devices;
	const struct local_zone *zone = page->model->zone;
	char address[ADDR_TEXT_MAX];
	struct table table;

	if (!devices || devices->count == 0 || !summary_table_init(page, &table, columns)) {
		return;
	}
	size_t shown = devices->count < DEVICES_SHOWN ? devices->count : DEVICES_SHOWN;
	summary_put_heading_with(
		page, "summary_devices", "zone", zone ? local_zone_name(zone) : "UTC");
	for (size_t i = 0; i < shown; i++) {
		const struct device_row *row = &devices->rows[i];
		addr_format(&row->address, address);
		table_row(&table);
		table_cell_end(&table, 0, address); /* never cut */
		put_time(&table, 1, zone, row->first_ns);
		put_time(&table, 2, zone, row->last_ns);
		summary_cell_size(page, &table, 3, row->sent);
		summary_cell_size(page, &table, 4, row->received);
		summary_cell_count(page, &table, 5, row->flows);
	}
	summary_table_put(page, &table);
	if (shown < devices->count) {
		summary_put_more_json(page, devices->count - shown);
	}
}
