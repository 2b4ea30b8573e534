// The rules in force as sentences, how often each held, whether a block works, exceptions with their time left, assessments,
// and what a draft would change over the archive.
import { html, useState } from '../core/dom.js';
import { Spark } from '../charts/spark.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty, Refused } from '../components/states.js';
import { Table } from '../components/table.js';
import { send } from '../core/api.js';
import { count, day, devices } from '../core/format.js';
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

const isNever = (rule) => rule.verdicts.length === 0;
const Tally = ({ rows }) => html`<ul class="tally">${rows.map((row) => html`<li key=${row.value}><span>${row.name}</span> <strong class="number">${row.total.is_hidden ? '–' : count(row.total.flows)}</strong></li>`)}</ul>`;

// isTold: what the rules came to is known, of this source and to this role.
const ruleColumns = (isTold) => [
	{ key: 'id', title: t('by_rule'), cell: (rule) => html`<${Handle} by="rule" value=${rule.id} name=${rule.id} />` },
	{ key: 'says', title: t('policy_says'), cell: (rule) => html`${rule.sentence}${rule.stage !== 'in force' && html` <strong>${word('web.stage', rule.stage)}</strong>`}${rule.basis && html`<br /><span class="muted small">${rule.basis}</span>`}` },
	{ key: 'hits', title: t('policy_hits'), cell: (rule) => (!isTold ? html`<span class="muted">${t('value_unknown')}</span>` : isNever(rule) ? html`<span class="muted">${t('policy_never')}</span>` : html`<${Tally} rows=${rule.verdicts} />`) },
];

// What an exception, grace or a class out of scope lets through has passed no block.
const isLeak = (row) => row.values[0] === 'passed' && ['violation', 'reported', 'unapproved'].includes(row.values[1]);

const blockColumns = (steps) => [
	{ key: 'way', title: t('by_block'), cell: (row) => html`<${Handle} by="block" value=${row.values[0]} name=${row.names[0]} />` },
	{ key: 'verdict', title: t('by_verdict'), cell: (row) => html`<${Handle} by="verdict" value=${row.values[1]} name=${row.names[1]} />` },
	{ key: 'flows', title: t('number_flows'), isFigure: true, cell: (row) => (isLeak(row) ? html`<strong>${count(row.total.flows)}</strong>` : count(row.total.flows)) },
	{ key: 'devices', title: t('number_devices'), isFigure: true, cell: (row) => devices(row.total) },
	...(steps > 1 ? [{ key: 'trend', title: t('block_trend'), cell: (row) => html`<${Spark} values=${row.steps.map((step) => step.flows)} />` }] : []),
	{ key: 'last', title: t('policy_last'), cell: (row) => (row.total.last ? day(row.total.last) : '–') },
];

// What became of the attempts at a rule that says that the network blocks: by way, day by day.
function Block({ rule, query }) {
	const answer = useApi('/table', { ...asked(query), rule: rule.id, by: 'block,verdict', step: 'day', sort: 'flows' });
	return html`<${Section} id=${`block-${rule.id}`} title=${t('block_title', { rule: rule.id })} lead=${t('block_lead')}><${Answer} of=${answer} rows=${3} isEmpty=${(one) => one.rows.length === 0} empty=${html`<p class="muted">${t('block_nobody')}</p>`}>
		${(one) => html`<div class="to-stack"><${Table} caption=${t('block_title', { rule: rule.id })} columns=${blockColumns(one.step_starts.length)} rows=${one.rows} rowKey=${(row) => row.values.join(' ')} /></div>`}</${Answer}></${Section}>`;
}

const exceptionColumns = () => [
	{ key: 'id', title: t('by_exception'), cell: (one) => html`<${Handle} by="exception" value=${one.id} name=${one.id} />` },
	{ key: 'says', title: t('exception_why'), cell: (one) => html`${one.reason}<br /><span class="muted small">${t('exception_by', { who: one.approver })}</span>` },
	{ key: 'to', title: t('exception_until'), cell: (one) => (one.valid_to ? html`${day(one.valid_to)}<br /><span class=${one.is_over ? 'small is-bad' : 'muted small'}>${left(one.valid_to)}</span>` : t('exception_open')) },
];

const assessmentColumns = () => [
	{ key: 'unit', title: t('by_unit'), cell: (one) => (one.unit ? html`<${Handle} by="unit" value=${one.unit} name=${one.unit} />` : t('all_units')) },
	{ key: 'app', title: t('by_app'), cell: (one) => html`<${Handle} by="app" value=${one.app} name=${one.app_name ?? one.app} />` },
	{ key: 'state', title: t('assessment_state'), cell: (one) => word('state', one.state) },
	{ key: 'owner', title: t('assessment_owner'), cell: (one) => one.owner ?? '–' },
	{ key: 'review', title: t('assessment_review'), cell: (one) => (one.next_review ? html`${day(one.next_review)}<br /><span class=${one.is_overdue ? 'small is-bad' : 'muted small'}>${left(one.next_review)}</span>` : '–') },
];

const few = (row, value) => (row.suppressed || (row.at_least && !value) ? (row.devices_below ? `< ${row.devices_below}` : '–') : `${row.at_least && value ? '\u2265\u00a0' : ''}${count(value ?? 0)}`);
const replayColumns = () => [
	{ key: 'unit', title: t('by_unit'), cell: (row) => row.unit ?? t('replay_others') },
	{ key: 'rule', title: t('by_rule'), cell: (row) => row.rule ?? '–' },
	{ key: 'affected', title: t('replay_affected'), isFigure: true, cell: (row) => few(row, row.affected) },
	{ key: 'newly', title: t('replay_newly'), isFigure: true, cell: (row) => few(row, row.newly) },
	{ key: 'no_longer', title: t('replay_no_longer'), isFigure: true, cell: (row) => few(row, row.no_longer) },
];

function Replay({ query }) {
	const [state, setState] = useState({});
	const submit = async (event) => {
		event.preventDefault();
		const text = new FormData(event.currentTarget).get('draft');
		setState((last) => ({ file: last.file, isBusy: true }));
		try {
			const answer = await send('/policy/replay', { policy: text, ...asked(query) });
			setState((last) => ({ file: last.file, answer }));
		} catch (failed) {
			setState((last) => ({ file: last.file, error: failed }));
		}
	};
	const read = async (event) => {
		const area = event.currentTarget.form.elements.draft;
		const [file] = event.currentTarget.files;
		area.value = (await file?.text()) ?? '';
		setState((last) => ({ ...last, file: file?.name }));
	};
	return html`<${Section} id="replay" title=${t('replay_title')} lead=${t('replay_lead')}><form class="fields replay" onSubmit=${submit}>
		<p class="file-choice"><label class="button">${t('replay_file')}<input class="unseen" type="file" accept=".yaml,.yml,text/yaml" onChange=${read} /></label> <span class="muted" aria-live="polite">${state.file}</span></p>
		<label>${t('replay_text')} <textarea name="draft" rows="8" required spellcheck=${false} class="code"></textarea></label>
		<div class="choices"><button type="submit" class="button is-first" disabled=${state.isBusy}>${state.isBusy ? t('replay_busy') : t('replay_run')}</button></div></form>
		<${Refused} error=${state.error} />
		${state.answer && html`<div aria-live="polite">${state.answer.rows.length > 0 ? html`<div class="to-stack"><${Table} caption=${t('replay_title')} columns=${replayColumns()} rows=${state.answer.rows} /></div>` : html`<p>${t('replay_nobody')}</p>`}</div>`}
	</${Section}>`;
}

export function Page() {
	const { query } = place.use();
	const answer = useApi('/policy', asked(query), { on: ['state'] });
	const about = answer.data;
	return html`<header class="page-head"><div><h1>${t('page_policy')}</h1>${about && html`<p class="lead-more">${[about.organisation, about.reference].filter(Boolean).join(', ')}${about.hash && html` <span class="hash muted">${about.hash.slice(0, 12)}</span>`}</p>`}</div></header>
		<${Answer} of=${answer} rows=${10}>${(policy) => {
		const rules = policy.rules ?? [];
		const never = policy.notes === null ? [] : rules.filter((rule) => isNever(rule) && rule.stage !== 'draft');
		return html`${rules.length === 0 && html`<${Empty} title=${t('policy_none')}>${t('policy_none_do')}</${Empty}>`}
			${rules.length > 0 && html`<${Section} id="rules" title=${t('policy_rules')} lead=${t('policy_rules_lead')}><div class="to-read"><${Table} caption=${t('policy_rules')} columns=${ruleColumns(policy.notes !== null)} rows=${rules} rowKey=${(rule) => rule.id} /></div>
				${never.length > 0 && html`<p class="muted below">${t('policy_never_matched', { rules: never.map((rule) => rule.id).join(', ') })}</p>`}</${Section}>`}
			${rules.filter((rule) => rule.is_blocked).map((rule) => html`<${Block} key=${rule.id} rule=${rule} query=${query} />`)}
			${policy.exceptions?.length > 0 && html`<${Section} id="exceptions" title=${t('exceptions_title')}><div class="to-read"><${Table} caption=${t('exceptions_title')} columns=${exceptionColumns()} rows=${policy.exceptions} /></div></${Section}>`}
			${policy.assessments?.length > 0 && html`<${Section} id="assessments" title=${t('assessments_title')}><div class="to-stack"><${Table} caption=${t('assessments_title')} columns=${assessmentColumns()} rows=${policy.assessments} /></div></${Section}>`}
			${session.get()?.may?.includes('replay') && html`<${Replay} query=${query} />`}`;
	}}</${Answer}>`;
}
