#include "analyzer/alert/alert_post.h"

#include <errno.h>

#include "analyzer/record/digest.h"
#include "analyzer/record/symbols.h"

void alert_renderer_init(struct alert_renderer *renderer)
{
	text_init_heap(&renderer->json);
	text_init_heap(&renderer->sentence);
	text_init_heap(&renderer->said);
}

int alert_renderer_say_all(struct alert_renderer *renderer, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT && status == 0; i++) {
		if (!renderer->languages[i]) {
			status = messages_open(&renderer->languages[i], messages_languages[i], err);
		}
	}
	return status;
}

void alert_renderer_deinit(struct alert_renderer *renderer)
{
	text_deinit(&renderer->json);
	text_deinit(&renderer->sentence);
	text_deinit(&renderer->said);
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		messages_close(renderer->languages[i]);
	}
}

static const char *argument(const struct alert *alert, const char *name)
{
	const struct finding_argument *found = finding_argument(&alert->finding, name);

	return found ? found->text : "";
}

/* What it is about: of a case by its symbols, of a finding by its arguments. */
static void take_subject(struct alert_post *post, const struct alert *alert)
{
	const struct alert_case *of = &alert->of;

	post->app = post->unit = post->rule = "";
	if (alert_is_of_policy(alert)) {
		post->app =
			of->app_count && of->apps[0] ? symbol_name(SYMBOL_APP, of->apps[0]) : "";
		post->unit = symbol_name(SYMBOL_UNIT, of->unit);
		post->rule = symbol_name(SYMBOL_RULE, of->rule);
	} else if (alert_is_finding(alert)) {
		post->app = argument(alert, "app");
		post->unit = argument(alert, "unit");
		post->rule = argument(alert, "rule");
	}
}

/* A line a language: its name, a tab, the sentence. */
static void say_all(struct alert_renderer *renderer, const struct alert *alert,
	const struct reference *reference)
{
	text_clear(&renderer->said);
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		struct reference other = *reference; /* as long as this sentence */
		if (renderer->languages[i]) {
			other.messages = renderer->languages[i];
			text_printf(&renderer->said, "%s\t", messages_languages[i]);
			alert_put_sentence(&renderer->said, alert, &other);
			text_put_char(&renderer->said, '\n');
		}
	}
}

int alert_render(struct alert_renderer *renderer, const struct alert *alert,
	const struct reference *reference, const struct alert_origin *origin,
	struct alert_post *post, struct err *err)
{
	enum alert_severity severity = alert_severity_of(alert, reference, NULL);
	uint8_t digest[DIGEST_SHA256_BYTES];

	text_clear(&renderer->json);
	text_clear(&renderer->sentence);
	alert_put_json(&renderer->json, alert, reference, origin);
	alert_put_sentence(&renderer->sentence, alert, reference);
	say_all(renderer, alert, reference);
	if (renderer->json.truncated || renderer->sentence.truncated) {
		return err_set(err, ENOMEM, "out of memory");
	}
	digest_sha256(renderer->json.at, renderer->json.length, digest);
	digest_hex(digest, sizeof(digest), renderer->digest);
	alert_format_id(alert, renderer->id);
	*post = (struct alert_post){ .id = renderer->id,
		.kind = alert_kind_name(alert->kind),
		.severity = alert_severity_name(severity),
		.severity_number = alert_severity_number(severity),
		.state = alert_state_name(alert),
		.notice = alert_notice_name(alert->notice),
		.sentence = renderer->sentence.at,
		.said = renderer->said.at ? renderer->said.at : "",
		.json = renderer->json.at,
		.json_length = renderer->json.length,
		.digest = renderer->digest,
		.policy_hash = alert->evidence.policy_hash,
		.suppression = alert->suppression,
		.observer = origin->observer ? origin->observer : "",
		.organization = origin->organization ? origin->organization : "",
		.page = renderer->page,
		.revision = alert->revision,
		.first_ns = alert->first_ns,
		.last_ns = alert->last_ns,
		.is_quiet = alert->notice == ALERT_NOTICE_UPDATE || alert->is_in_storm ||
			    alert->suppression[0] != '\0' };
	take_subject(post, alert);
	alert_format_page(alert, origin, renderer->page, sizeof(renderer->page));
	return 0;
}
