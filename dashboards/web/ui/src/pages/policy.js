// The rules in force as sentences, how often each held, whether a block works, exceptions with their time left, assessments,
// and what a draft would change over the archive.
import { html, useState } from '../core/dom.js';
import { Spark } from '../charts/spark.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { send } from '../core/api.js';
import { count, day, devices, percent } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { asked } from '../core/period.js';
import { place } from '../core/place.js';
import { session } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const DAY_MS = 86400e3;

// "12 days left", "over for 3 days".
function left(to) {
	const days = Math.ceil((Date.parse(to) - Date.now()) / DAY_MS);
	return days >= 0 ? t('days_left', { days: count(days) }) : t('days_over', { days: count(-days) });
}

const hits = (rule) => (rule.flows ?? rule.hits ?? 0);
const ruleColumns = (most) => [
	{ key: 'id', title: t('by_rule'), cell: (rule) => html`<${Handle} by="rule" value=${rule.id} name=${rule.id} />` },
	{ key: 'says', title: t('policy_says'), cell: (rule) => html`${rule.sentence}${rule.stage && rule.stage !== 'in force' && html` <span class="muted">${word('web.stage', rule.stage)}</span>`}` },
	{ key: 'flows', title: t('policy_hits'), isFigure: true, cell: (rule) => (hits(rule) === 0 ? t('policy_never') : count(hits(rule))), bar: (rule) => hits(rule) / most },
	{ key: 'devices', title: t('number_devices'), isFigure: true, cell: (rule) => (rule.devices_count ? devices(rule) : '–') },
	{ key: 'last', title: t('policy_last'), cell: (rule) => (rule.last ? day(rule.last) : '–') },
];

const blockColumns = () => [
	{ key: 'rule', title: t('by_rule'), cell: (row) => html`<${Handle} by="rule" value=${row.rule} name=${row.rule} />` },
	{ key: 'unit', title: t('by_unit'), cell: (row) => (row.unit ? html`<${Handle} by="unit" value=${row.unit} name=${row.unit} />` : t('all_units')) },
	{ key: 'attempts', title: t('block_attempts'), isFigure: true, cell: (row) => count(row.attempts) },
	{ key: 'blocked', title: t('block_blocked'), isFigure: true, cell: (row) => count(row.blocked) },
	{ key: 'passed', title: t('block_passed_title'), isFigure: true, cell: (row) => (row.passed > 0 ? html`<strong>${count(row.passed)}</strong>` : count(0)) },
	{ key: 'share', title: t('block_share'), isFigure: true, cell: (row) => percent(row.passed, row.blocked + row.passed), bar: (row) => row.passed / Math.max(1, row.blocked + row.passed), token: () => 'text' },
	{ key: 'trend', title: t('block_trend'), cell: (row) => (row.steps?.length > 1 ? html`<${Spark} values=${row.steps.map((one) => one.passed ?? one)} />` : '') },
];

const exceptionColumns = () => [
	{ key: 'id', title: t('by_exception'), cell: (one) => html`<${Handle} by="exception" value=${one.id} name=${one.id} />` },
	{ key: 'says', title: t('policy_says'), cell: (one) => one.sentence },
	{ key: 'to', title: t('exception_until'), cell: (one) => (one.valid_to ? html`${day(one.valid_to)}<br /><span class="muted small">${left(one.valid_to)}</span>` : t('exception_open')) },
	{ key: 'flows', title: t('policy_hits'), isFigure: true, cell: (one) => count(hits(one)) },
];

const assessmentColumns = () => [
	{ key: 'unit', title: t('by_unit'), cell: (one) => (one.unit ? html`<${Handle} by="unit" value=${one.unit} name=${one.unit} />` : t('all_units')) },
	{ key: 'app', title: t('by_app'), cell: (one) => html`<${Handle} by="app" value=${one.app} name=${one.app_name ?? one.app} />` },
	{ key: 'state', title: t('assessment_state'), cell: (one) => word('state', one.state) },
	{ key: 'owner', title: t('assessment_owner'), cell: (one) => one.owner ?? '–' },
	{ key: 'review', title: t('assessment_review'), cell: (one) => (one.next_review ? html`${day(one.next_review)}<br /><span class="muted small">${left(one.next_review)}</span>` : '–') },
];

const replayColumns = () => [
	{ key: 'unit', title: t('by_unit'), cell: (row) => row.unit ?? t('all_units') },
	{ key: 'rule', title: t('by_rule'), cell: (row) => row.rule ?? '–' },
	{ key: 'now', title: t('replay_now'), isFigure: true, cell: (row) => row.now_text ?? devices(row.now ?? {}) },
	{ key: 'draft', title: t('replay_draft'), isFigure: true, cell: (row) => row.draft_text ?? devices(row.draft ?? {}) },
];

function Replay({ query }) {
	const [state, setState] = useState({});
	const submit = async (event) => {
		event.preventDefault();
		const text = new FormData(event.currentTarget).get('draft');
		setState({ isBusy: true });
		try {
			setState({ answer: await send('/policy/replay', { policy: text, ...asked(query) }) });
		} catch (failed) {
			setState({ error: failed.message });
		}
	};
	const read = async (event) => {
		const area = event.currentTarget.form.elements.draft;
		area.value = await event.currentTarget.files[0]?.text() ?? '';
	};
	return html`<${Section} id="replay" title=${t('replay_title')} lead=${t('replay_lead')}><form class="fields replay" onSubmit=${submit}>
		<label>${t('replay_file')} <input type="file" accept=".yaml,.yml,text/yaml" onChange=${read} /></label>
		<label>${t('replay_text')} <textarea name="draft" rows="8" required spellcheck=${false} class="code"></textarea></label>
		<div class="choices"><button type="submit" class="button is-first" disabled=${state.isBusy}>${state.isBusy ? t('replay_busy') : t('replay_run')}</button></div></form>
		${state.error && html`<p role="alert" class="state state-error">${state.error}</p>`}
		${state.answer && html`<div aria-live="polite">${(state.answer.sentences ?? []).map((one) => html`<p>${one}</p>`)}${state.answer.rows?.length > 0 ? html`<${Table} caption=${t('replay_title')} columns=${replayColumns()} rows=${state.answer.rows} />` : html`<p>${t('replay_nobody')}</p>`}</div>`}
	</${Section}>`;
}

export function Page() {
	const { query } = place.use();
	const answer = useApi('/policy', asked(query), { on: ['state'] });
	return html`<${Answer} of=${answer} rows=${10}>${(policy) => {
		const rules = policy.rules ?? [];
		const never = rules.filter((rule) => hits(rule) === 0 && rule.stage !== 'draft');
		return html`<header class="page-head"><div><h1>${t('page_policy')}</h1><p class="lead-more">${[policy.organisation, policy.reference].filter(Boolean).join(', ')}${policy.hash && html` <span class="hash muted">${policy.hash.slice(0, 12)}</span>`}</p></div></header>
			${rules.length === 0 && html`<${Empty} title=${t('policy_none')}>${t('policy_none_do')}</${Empty}>`}
			${rules.length > 0 && html`<${Section} id="rules" title=${t('policy_rules')} lead=${t('policy_rules_lead')}><${Table} caption=${t('policy_rules')} columns=${ruleColumns(Math.max(1, ...rules.map(hits)))} rows=${rules} rowKey=${(rule) => rule.id} />
				${never.length > 0 && html`<p class="muted below">${t('policy_never_matched', { rules: never.map((rule) => rule.id).join(', ') })}</p>`}</${Section}>`}
			${policy.blocks?.length > 0 && html`<${Section} id="blocks" title=${t('block_title')} lead=${t('block_lead')}><${Table} caption=${t('block_title')} columns=${blockColumns()} rows=${policy.blocks} /></${Section}>`}
			${policy.exceptions?.length > 0 && html`<${Section} id="exceptions" title=${t('exceptions_title')}><${Table} caption=${t('exceptions_title')} columns=${exceptionColumns()} rows=${policy.exceptions} /></${Section}>`}
			${policy.assessments?.length > 0 && html`<${Section} id="assessments" title=${t('assessments_title')}><${Table} caption=${t('assessments_title')} columns=${assessmentColumns()} rows=${policy.assessments} /></${Section}>`}
			${session.get()?.may?.includes('replay') && html`<${Replay} query=${query} />`}`;
	}}</${Answer}>`;
}
