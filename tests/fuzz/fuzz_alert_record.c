/* Any bytes as what a desk holds: a record is written back as it was read, its notes and documents
 * are gone through, and an address of an output is taken or refused. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_entry.h"
#include "analyzer/alert/alert_target.h"
#include "analyzer/alert/suppression.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void check_record(const char *bytes, size_t count)
{
	struct alert_record record = { 0 }, again = { 0 };
	struct text text;
	struct err err;

	if (alert_record_read(&record, bytes, count, &err) == 0) {
		text_init_heap(&text);
		alert_record_put(&text, &record);
		if (alert_record_read(&again, text.at ? text.at : "", text.length, &err) < 0 ||
			again.count != record.count) {
			abort();
		}
		text_deinit(&text);
	}
	alert_record_clear(&record);
	alert_record_clear(&again);
}

/* The same bytes as each text that an entry has. */
static void check_entry(const char *text)
{
	struct suppression_subject subject;
	struct suppression suppression;
	struct alert_record record = { 0 };
	struct alert_entry entry;
	struct alert_note note;
	struct err err;

	for (const char *notes = text; alert_note_next(&notes, &note);) {
		if (note.text + note.length > text + strlen(text)) {
			abort();
		}
	}
	alert_record_set(&record, "json", text, &err);
	alert_record_set(&record, "said", text, &err);
	alert_record_set(&record, "cidr", text, &err);
	if (alert_entry_read(&entry, "a1", &record, &err) == 0) {
		alert_entry_say_in(&entry, "fi");
		for (unsigned i = 0; i < alert_entry_flow_count(&entry); i++) {
			(void)alert_entry_flow(&entry, i);
		}
		suppression_subject_of_entry(&subject, &entry);
		if (suppression_read_record(&suppression, "s1", &record) == 0) {
			suppression_covers(&suppression, &subject);
		}
		alert_entry_clear(&entry);
	}
	alert_record_clear(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	char *text = malloc(count + 1);
	struct alert_target target;
	struct err err;

	if (!text) {
		return 0;
	}
	memcpy(text, bytes, count);
	text[count] = '\0';
	check_record(text, count);
	check_entry(text);
	alert_target_parse(&target, text, &err);
	free(text);
	return 0;
}
