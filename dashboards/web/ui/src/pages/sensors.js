// Sensors: who is there and who is silent, drops, lag, what waits in the spool; the doctor's findings.
import { html, useEffect } from '../core/dom.js';
import { Answer, Empty } from '../components/states.js';
import { Pager, Table } from '../components/table.js';
import { count, moment, percent, tenths } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { change, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const FRESH = { on: ['state', 'figures'] };
const AGAIN_MS = 2000;
const MOST = 50;
const health = (sensor, name) => Number(sensor.health?.[name] ?? 0);
const seconds = (value) => (value < 60 ? t('seconds', { n: count(Math.round(value)) }) : value < 3600 ? t('minutes', { n: count(Math.round(value / 60)) }) : t('hours', { n: count(Math.round(value / 3600)) }));

const columns = () => [
	{ key: 'sensor', title: t('sensor_name'), cell: (sensor) => html`<strong>${sensor.name}</strong>` },
	{ key: 'state', title: t('sensor_state'), cell: (sensor) => (sensor.silent_s > 0 ? html`<strong class="is-bad">${t('sensor_silent', { since: seconds(sensor.silent_s) })}</strong>` : t('sensor_there')) },
	{ key: 'frames', title: t('sensor_frames'), isFigure: true, cell: (sensor) => count(health(sensor, 'frames')) },
	{ key: 'drops', title: t('sensor_drops'), isFigure: true, cell: (sensor) => { const drops = health(sensor, 'kernel_drops'); return drops > 0 ? html`<strong>${count(drops)}</strong> <span class="muted">${percent(drops, drops + health(sensor, 'frames'))}</span>` : count(0); } },
	{ key: 'lag', title: t('sensor_lag'), isFigure: true, cell: (sensor) => seconds(health(sensor, 'lag_ns') / 1e9) },
	{ key: 'flows', title: t('sensor_flows'), isFigure: true, cell: (sensor) => count(health(sensor, 'flows')), bar: (sensor) => health(sensor, 'flows') / Math.max(1, health(sensor, 'flow_limit')) },
	{ key: 'known', title: t('sensor_known'), isFigure: true, cell: (sensor) => percent(health(sensor, 'records_known'), health(sensor, 'records')) },
	{ key: 'waiting', title: t('sensor_waiting'), isFigure: true, cell: (sensor) => html`${count(health(sensor, 'batches_waiting'))}${health(sensor, 'batches_lost') > 0 && html` <strong class="is-bad">${t('sensor_lost', { count: count(health(sensor, 'batches_lost')) })}</strong>`}` },
	{ key: 'outputs', title: t('sensor_outputs'), isFigure: true, cell: (sensor) => { const [up, all] = [health(sensor, 'outputs_up'), health(sensor, 'outputs')]; return up < all ? html`<strong class="is-bad">${up}/${all}</strong>` : `${up}/${all}`; } },
	{ key: 'alerts', title: t('sensor_alerts'), isFigure: true, cell: (sensor) => { const promised = health(sensor, 'alerts_promised_milli'); return promised > 0 ? `${tenths(health(sensor, 'alerts_realised_milli') / 1000)} / ${tenths(promised / 1000)}` : '–'; } },
	{ key: 'said', title: t('sensor_said'), cell: (sensor) => (health(sensor, 'said_ns') > 0 ? moment(health(sensor, 'said_ns') / 1e6) : '–') },
];

// What the doctor found; a probe that the sensor recognised is a finding too.
const findingColumns = () => [
	{ key: 'severity', title: t('doctor_severity'), cell: (one) => html`<span class=${one.severity === 'critical' ? 'is-bad' : ''}>${word('doctor_severity', one.severity)}</span>` },
	{ key: 'says', title: t('doctor_says'), cell: (one) => one.sentence },
	{ key: 'do', title: t('doctor_do'), cell: (one) => one.remedy },
];

// Over a large archive the doctor takes its time: what it found last stands here, and of when, until it has looked anew.
function Doctor() {
	const answer = useApi('/doctor', { wait: '0' });
	const { is_running: isRunning, as_of: asOf } = answer.data ?? {};
	useEffect(() => {
		const timer = isRunning && !answer.isLoading ? setTimeout(answer.again, AGAIN_MS) : 0;
		return () => clearTimeout(timer);
	}, [isRunning, answer.isLoading]);
	if (answer.error?.status === 501) {
		return null;
	}
	const nothing = html`<p class="muted">${asOf ? t('doctor_nothing') : t('doctor_running')}</p>`;
	return html`<${Section} id="doctor" title=${t('doctor_title')} lead=${t('doctor_lead')}>
		${asOf && html`<p class="muted small">${t(isRunning ? 'doctor_as_of_running' : 'doctor_as_of', { at: moment(asOf) })}</p>`}
		${answer.data?.damage && html`<ul class="notes"><li>${t('doctor_damage')} <span class="muted" lang="en">${answer.data.damage}</span></li></ul>`}
		<${Answer} of=${answer} rows=${3} isEmpty=${(one) => (one.findings ?? []).length === 0} empty=${nothing}>
			${(one) => html`<div class="to-read"><${Table} caption=${t('doctor_title')} columns=${findingColumns()} rows=${one.findings} /></div>`}</${Answer}></${Section}>`;
}

// What is wrong stands first; else in the order of the names.
const trouble = (sensor) => (sensor.silent_s > 0 ? 2 : health(sensor, 'kernel_drops') > 0 || health(sensor, 'batches_lost') > 0 ? 1 : 0);
const inOrder = (sensors) => [...sensors].sort((a, b) => trouble(b) - trouble(a));

export function Page() {
	const { query } = place.use();
	const first = Number(query.get('first')) || 0;
	const answer = useApi('/sensors', {}, FRESH);
	const silent = (answer.data?.sensors ?? []).filter((one) => one.silent_s > 0).length;
	const lead = answer.data?.sensors.length > 0 && (silent > 0 ? t('sensors_lead_silent', { all: count(answer.data.sensors.length), silent: count(silent) }) : t('sensors_lead', { all: count(answer.data.sensors.length) }));
	return html`<header class="page-head"><div><h1>${t('page_sensors')}</h1>${lead && html`<p class="lead-more">${lead}</p>`}</div></header>
		<${Answer} of=${answer} rows=${5} isEmpty=${(one) => one.sensors.length === 0} empty=${html`<${Empty} title=${t('sensors_none')}>${t('sensors_none_do')}</${Empty}>`}>
			${(one) => html`<div class="to-stack"><${Table} isWide caption=${t('page_sensors')} columns=${columns()} rows=${inOrder(one.sensors).slice(first, first + MOST)} rowKey=${(sensor) => sensor.name} /></div>
				<${Pager} first=${first} most=${MOST} all=${one.sensors.length} onFirst=${(next) => change({ first: next || null })} />`}</${Answer}>
		<${Doctor} />`;
}
