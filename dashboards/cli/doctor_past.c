/* What borderflow doctor finds in archives, and what a running sensor says of itself. */
#include <errno.h>

#include "analyzer/device/devices.h"
#include "analyzer/view/view.h"
#include "base/text.h"
#include "dashboards/cli/doctor.h"
#include "dashboards/cli/past_records.h"

struct reading {
	struct vantage *vantage;
	const struct reference *reference;
	const char *problem; /* the first */
	char sentence[256];
};

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct reading *reading = context;

	(void)pseudonym;
	vantage_take(reading->vantage, reading->reference, record, 1);
}

static void note_problem(void *context, const char *sentence)
{
	struct reading *reading = context;
	struct text text;

	if (!reading->problem) {
		text_init(&text, reading->sentence, sizeof(reading->sentence));
		text_put(&text, sentence);
		reading->problem = reading->sentence;
	}
}

/* Devices and proven days are the sensor's, which its state holds. Of what is damaged or of another
 * version nothing is known, and the flows are judged without. */
static bool read_state(
	const struct doctor *doctor, struct reading *reading, struct devices *devices)
{
	bool knows_devices = false;
	struct err err;

	if (doctor->state) {
		knows_devices = devices_load(devices, doctor->state, &err) == 0;
		if (!knows_devices) {
			note_problem(reading, err.text);
		}
		if (vantage_load(reading->vantage, doctor->state, &err) < 0) {
			note_problem(reading, err.text);
		}
	}
	return knows_devices;
}

int doctor_read_archives(const struct doctor *doctor, const struct option_list *archives,
	uint64_t from_ns, uint64_t to_ns, struct vantage_report *report, struct err *err)
{
	struct reading reading = { .vantage = vantage_create(), .reference = doctor->reference };
	struct devices *devices = devices_create();
	const struct past_records past = { .command = "doctor",
		.archives = archives,
		.from_ns = from_ns,
		.to_ns = to_ns,
		.reference = doctor->reference,
		.take = take,
		.context = &reading,
		.problem = note_problem };
	struct vantage_context context = { .reference = doctor->reference,
		.now_ns = doctor->now_ns };
	int status = reading.vantage && devices ? past_records_read(&past, err)
						: err_set(err, ENOMEM, "out of memory");

	if (status == 0) {
		bool knows_devices = read_state(doctor, &reading, devices);
		context.coverage = knows_devices ? devices_coverage(devices) : NULL;
		vantage_judge(reading.vantage, &context, report);
	}
	if (status == 0 && reading.problem) {
		status = err_set(err, EBADMSG, "%s", reading.problem);
	}
	devices_destroy(devices);
	vantage_destroy(reading.vantage);
	return status;
}

int doctor_ask_sensor(const char *path, struct vantage_report *report, struct err *err)
{
	struct text said;
	int status = view_socket_ask_text(path, "doctor\n", &said, err);

	if (status == 0 && !vantage_read_lines(report, said.at)) {
		status = err_set(err, EPROTO,
			"the sensor at %s does not know this question: it is older than this "
			"program, or starting",
			path);
	}
	text_deinit(&said);
	return status;
}
