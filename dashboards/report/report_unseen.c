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

void report_put_unseen(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	struct report_unseen unseen = report_unseen(model);
	bool is_few = report_model_hides(model);
	char number[64];
	struct text piece;

	if (unseen.flows > 0) {
		text_init(&piece, number, sizeof(number));
		messages_put_count(messages, &piece, unseen.flows);
		text_put_char(text, ' ');
		messages_put(messages, text, is_few ? "part_unseen_few" : "part_unseen", "flows",
			number, NULL);
	}
	if (unseen.bytes_to_proxies > 0) {
		text_init(&piece, number, sizeof(number));
		messages_put_size(messages, &piece, unseen.bytes_to_proxies);
		text_put_char(text, ' ');
		messages_put(messages, text, is_few ? "part_proxies_few" : "part_proxies", "bytes",
			number, NULL);
	}
}
