// One alert, as it was frozen when it was raised: the sentence, the number in its band, because of what, the flows, the rule
// then in force, what is like it, and who did what. All of it comes from the desk, in one answer.
import { html, useEffect } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Severity } from '../components/severity.js';
import { Answer } from '../components/states.js';
import { count, duration, moment, period, size } from '../core/format.js';
import { t, tx, word } from '../core/messages.js';
import { href } from '../core/place.js';
import { copy } from '../core/say.js';
import { seesDevices } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { BandFigure } from '../charts/band_figure.js';
import { ActionButtons } from './alert_actions.js';
import { AlertLine, sentenceOf } from './alert_list.js';
import { FrozenFlows } from './frozen_flows.js';
import { Section } from './section.js';

const MARGIN_MS = 3600e3;

// Which flows an alert counts: others of the app were stopped, excepted or reported in the same time, and are no breach. What
// passes a block does so in any unit.
const ABOUT = {
	'policy.violation': { verdict: 'violation' },
	'policy.exception-expired': { verdict: 'violation' },
	'policy.exception-condition': { verdict: 'violation' },
	'policy.not-approved': { verdict: 'unapproved' },
	'policy.block-leak': { block: 'passed', unit: null },
};

// The same time and filters in Explore: every flow, not only those that were frozen.
export function flowsAddress(alert) {
	const [from, to] = [Date.parse(alert.began) - MARGIN_MS, Date.parse(alert.changed) + MARGIN_MS].map((at) => new Date(at).toISOString());
	return href('/explore', { from, to, app: alert.app, unit: alert.unit, rule: alert.rule, ...ABOUT[alert.kind], flows: '0' });
}

// An alert's sentence ends with what to do, which stands below it as a line of its own.
const blank = (text) => text.replaceAll('\u00a0', ' ');
function headline(alert) {
	const sentence = sentenceOf(alert);
	return alert.next && blank(sentence).endsWith(blank(alert.next)) ? sentence.slice(0, -alert.next.length).trimEnd() : sentence;
}

function Head({ alert, onAsk, back }) {
	const owner = alert.owner && tx('alert_owner', { who: html`<strong>${alert.owner}</strong>` });
	return html`<header class="alert-head"><p class="alert-back"><a href=${back}>${t('alerts_back')}</a></p>
		<p class="alert-about"><${Severity} level=${alert.severity} /><span>${word('web.alert_kind', alert.kind)}</span><span>${word('desk_state', alert.state)}</span>${owner && html`<span>${owner}</span>`}
			<span class="muted">${period(alert.began, alert.changed)}</span></p>
		<h2 class="lead">${headline(alert)}</h2>
		${alert.next && html`<p class="alert-next">${alert.next}</p>`}
		<${ActionButtons} alerts=${[alert]} onAsk=${onAsk} />
		<p class="handles">${['app', 'unit', 'class', 'rule'].filter((by) => alert[by]).map((by) => html`<span key=${by}><span class="muted">${t(`by_${by}`)}</span> <${Handle} by=${by} value=${alert[by]} name=${by === 'app' ? alert.app_name : alert[by]} /></span>`)}
			<span><span class="muted">${t('alert_id')}</span> <button type="button" class="handle" onClick=${() => copy(alert.id, t('copied', { text: alert.id }))}>${alert.id}</button></span></p>
	</header>`;
}

// What the detector or the rule counted, as it stands in the alert.
const FIGURES = { value: size, baseline: size, high: size, blocked: count, flows: count, devices: count, units: count, calls: count, period: duration };

function Because({ alert }) {
	const frozen = alert.document?.borderflow?.alert ?? {};
	const figures = Object.entries(FIGURES).filter(([name]) => typeof frozen[name] === 'number');
	return html`<ul class="because">${(alert.because ?? []).map((one) => html`<li key=${one}>${one}</li>`)}</ul>
		${figures.length > 0 && html`<dl class="facts">${figures.map(([name, show]) => html`<div key=${name}><dt>${t(`because_${name}`)}</dt><dd class="number">${show(frozen[name])}</dd></div>`)}</dl>`}`;
}

// Of names, networks, countries and devices of the flows: each once, with how often.
function Kinds({ flows }) {
	const kinds = [['name', null], ['network', null], ['country', 'server'], ['device', 'device']];
	const tally = (key) => Object.entries(flows.reduce((all, flow) => (flow[key] ? { ...all, [flow[key]]: (all[flow[key]] ?? 0) + 1 } : all), {}));
	return html`<dl class="facts">${kinds.map(([key, by]) => [key, by, tally(key)]).filter(([, , values]) => values.length > 0).map(([key, by, values]) => html`<div key=${key}><dt>${t(`evidence_${key}`)}</dt>
		<dd>${values.map(([value, times], i) => html`${i > 0 && ', '}${by ? html`<${Handle} by=${by} value=${value} />` : value}${times > 1 && html`<span class="muted"> ×${times}</span>`}`)}</dd></div>`)}</dl>`;
}

function Policy({ policy }) {
	return html`<${Section} id="policy" title=${t('alert_policy')} >
		${policy.text ? html`<details><summary>${t('alert_policy_text')}</summary><pre class="policy-text" tabindex="0">${policy.text}</pre></details>` : ''}
		${policy.hash && html`<p class="muted small hash">${t('alert_policy_hash', { hash: policy.hash })}</p>`}</${Section}>`;
}

const History = ({ steps }) => html`<ol class="history">${steps.map((step, i) => html`<li key=${i}><time class="muted" datetime=${step.time}>${moment(step.time)}</time>
	<span><strong>${step.who}</strong> ${word('web.step', step.step)}${step.text && html`: <span class="note">${step.text}</span>`}</span></li>`)}</ol>`;

export const Similar = ({ alerts }) => html`<ul class="alert-lines">${alerts.map((one) => html`<li key=${one.id}><a href=${`/alerts/${encodeURIComponent(one.id)}`}><${AlertLine} alert=${one} /></a></li>`)}</ul>`;

// What did not cross the sensor is no zero.
const amount = (bytes) => (bytes === null ? t('value_unknown') : size(bytes ?? 0));

// Of a series or a sensor no flows were counted: those kept beside it are not "0 flows".
const counted = (alert) => (alert.flows > 0 ? t('alert_flows_lead', { flows: count(alert.flows), sent: amount(alert.bytes_up), received: amount(alert.bytes_down) }) : '');

function Evidence({ answer: { alert, ...answer } }) {
	const flows = answer.flows ?? [];
	return html`${answer.band && html`<${Section} id="band" title=${t('alert_band')}><${BandFigure} band=${answer.band} /></${Section}>`}
		${seesDevices() && html`<${Section} id="because" title=${t('alert_because')}><${Because} alert=${answer} /><${Kinds} flows=${flows} /></${Section}>`}
		<${Section} id="flows" title=${t('alert_flows')} lead=${counted(alert)} end=${seesDevices() && html`<a class="all-flows" href=${flowsAddress(alert)}>${t('alert_flows_all')}</a>`}>
			${seesDevices() ? html`<${FrozenFlows} flows=${flows} />` : html`<p class="muted">${t('alert_flows_role')}</p>`}</${Section}>
		${answer.policy?.hash && html`<${Policy} policy=${answer.policy} />`}`;
}

export function AlertDetail({ id, line, onAsk, onRead, back, changes }) {
	const answer = useApi(`/alerts/${encodeURIComponent(id)}`);
	useEffect(() => {
		onRead(answer.data?.alert ?? null);
	}, [answer.data]);
	useEffect(() => {
		if (changes > 0) {
			answer.again();
		}
	}, [changes]);
	return html`${!answer.data && line && html`<${Head} alert=${line} onAsk=${onAsk} back=${back} />`}
		<${Answer} of=${answer} rows=${8}>${(one) => html`<${Head} alert=${{ ...one.alert, next: one.next }} onAsk=${onAsk} back=${back} />
			${one.has_grown && html`<p class="muted">${t('alert_grown')}</p>`}
			${one.alert.is_tombstone ? html`<p class="state">${t('alert_erased')}</p>` : html`<${Evidence} answer=${one} />`}
			${one.similar.length > 0 && html`<${Section} id="similar" title=${t('alert_similar')}><${Similar} alerts=${one.similar} /></${Section}>`}
			<${Section} id="history" title=${t('alert_history')}>${one.history.length > 0 ? html`<${History} steps=${one.history} />` : html`<p class="muted">${t('alert_history_none')}</p>`}</${Section}>`}
		</${Answer}>`;
}
