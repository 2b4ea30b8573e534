/* What devices did today, as far as rules ask: contacts with internal services, and whether an app
 * was used or merely stood in a page.
 *
 * Use of an app by a device on a local day is established by any of
 *     a wire format that only the app speaks;
 *     two of its hosts, one of them such as no page embeds (API of an app, messages, uploads), or
 *     outside of pages one that a player in a page calls too (telemetry, API of the web);
 *     2,500 bytes of payload sent to it within a minute outside of pages, or 20,000 in the day to
 *     such hosts;
 *     three contacts at least a minute apart outside of pages (telemetry of the night is use);
 *     four of its hosts outside of pages.
 * The first, the hosts that no page embeds and the 20,000 hold whatever comes; the others once the
 * pages of that time are known. A contact is inside a page where the device opened a named
 * connection to somebody else's web server within the 20 to 40 seconds before it. Less is "seen
 * embedded": a player, a preview.
 *
 * Memory   under a kilobyte a device and day; days are given up when they are long over, or the
 *          oldest where there are too many.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"

struct local_zone;
struct device_days;

struct device_days *device_days_create(void); /* NULL: out of memory */
void device_days_destroy(struct device_days *days);

/* A flow of the device that may be a page. */
void device_days_see(struct device_days *days, const struct local_zone *zone,
	const struct catalogue *catalogue, const struct record *record);

/* A flow of an app that is denied, or not approved, and that passed. Is use established, whatever
 * may yet be known of pages? And by all that is known now? */
bool device_days_use(
	struct device_days *days, const struct local_zone *zone, const struct record *record);
bool device_days_is_use(
	struct device_days *days, const struct local_zone *zone, const struct record *record);

/* A try of an app that is denied, whatever became of it: a lookup, a flow that was stopped, one
 * that passed. Hosts that no page embeds, twice at least and outside of pages, say that the app is
 * still installed; so does use. What a page tries says nothing. host: "" where no name led there.
 */
void device_days_try(struct device_days *days, const struct local_zone *zone,
	const struct record *record, uint16_t app, const char *host);
/* All that is known of a day of a device with an app. */
bool device_days_is_installed(
	struct device_days *days, const struct addr *device, int64_t day, uint16_t app);

/* A contact with an internal service; the latest one at or before that time, 0 none; and whether
 * there is one on the same local day at any time. */
void device_days_contact(struct device_days *days, const struct record *record);
uint64_t device_days_last_contact(const struct device_days *days, const struct record *record);
bool device_days_has_contact_today(
	struct device_days *days, const struct local_zone *zone, const struct record *record);
