#include "dashboards/report/report_unseen.h"

struct report_unseen report_unseen(const struct report_model *model)
{
	struct report_unseen unseen = { 0 };
	uint64_t flows = 0;
	size_t count;
	const struct cell *cells = overview_cells(model->overview, &count);

	for (size_t i = 0; i < count; i++) {
		const struct cell_key *key = &cells[i].key;
		const struct cell_sums *sums = &cells[i].sums;
		if (cell_crosses_border(key)) {
			flows += sums->flows;
			unseen.flows +=
				sums->unseen_up < sums->flows ? sums->unseen_up : sums->flows;
		} else if (key->via == RECORD_VIA_PROXY) {
			unseen.bytes_to_proxies += sums->bytes_up;
		}
	}
	if (cell_way_of(0, unseen.flows, flows) == CELL_WAY_KNOWN) {
		unseen.flows = 0;
	}
	return unseen;
}

bool report_knows_outside(const struct report_model *model)
{
	return report_model_bytes_outside(model) > 0 || !report_has_unseen(model);
}

/* Of few devices without the figure. */
static void put_sentence(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *const keys[2], const char *name,
	const char *figure)
{
	text_put_char(text, ' ');
	messages_put(messages, text, keys[report_model_hides(model)], name, figure, NULL);
}

void report_put_unseen(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	static const char *const of_flows[] = { "part_unseen", "part_unseen_few" },
				 *const of_proxies[] = { "part_proxies", "part_proxies_few" };
	struct report_unseen unseen = report_unseen(model);
	char figure[64];
	struct text piece;

	text_init(&piece, figure, sizeof(figure));
	if (unseen.flows > 0) {
		messages_put_count(messages, &piece, unseen.flows);
		put_sentence(text, model, messages, of_flows, "flows", figure);
	}
	text_init(&piece, figure, sizeof(figure));
	if (unseen.bytes_to_proxies > 0) {
		messages_put_size(messages, &piece, unseen.bytes_to_proxies);
		put_sentence(text, model, messages, of_proxies, "bytes", figure);
	}
}
