// Sensors: who is there and who is silent, drops, lag, what waits in the spool; the doctor's findings, and probes.
import { html } from '../core/dom.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { count, moment, percent } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

const FRESH = { on: ['state', 'figures'] };
const health = (sensor, name) => Number(sensor.health?.[name] ?? 0);
const seconds = (value) => (value < 60 ? t('seconds', { n: count(Math.round(value)) }) : value < 3600 ? t('minutes', { n: count(Math.round(value / 60)) }) : t('hours', { n: count(Math.round(value / 3600)) }));

const columns = () => [
	{ key: 'name', title: t('sensor_name'), cell: (sensor) => html`<strong>${sensor.name}</strong>` },
	{ key: 'state', title: t('sensor_state'), cell: (sensor) => (sensor.silent_s > 0 ? html`<strong class="is-bad">${t('sensor_silent', { since: seconds(sensor.silent_s) })}</strong>` : t('sensor_there')) },
	{ key: 'frames', title: t('sensor_frames'), isFigure: true, cell: (sensor) => count(health(sensor, 'frames')) },
	{ key: 'drops', title: t('sensor_drops'), isFigure: true, cell: (sensor) => { const drops = health(sensor, 'kernel_drops'); return drops > 0 ? html`<strong>${count(drops)}</strong> <span class="muted">${percent(drops, drops + health(sensor, 'frames'))}</span>` : count(0); } },
	{ key: 'lag', title: t('sensor_lag'), isFigure: true, cell: (sensor) => seconds(health(sensor, 'lag_ns') / 1e9) },
	{ key: 'flows', title: t('sensor_flows'), isFigure: true, cell: (sensor) => count(health(sensor, 'flows')), bar: (sensor) => health(sensor, 'flows') / Math.max(1, health(sensor, 'flow_limit')) },
	{ key: 'known', title: t('sensor_known'), isFigure: true, cell: (sensor) => percent(health(sensor, 'records_known'), health(sensor, 'records')) },
	{ key: 'waiting', title: t('sensor_waiting'), isFigure: true, cell: (sensor) => html`${count(health(sensor, 'batches_waiting'))}${health(sensor, 'batches_lost') > 0 && html` <strong class="is-bad">${t('sensor_lost', { count: count(health(sensor, 'batches_lost')) })}</strong>`}` },
	{ key: 'outputs', title: t('sensor_outputs'), isFigure: true, cell: (sensor) => { const [up, all] = [health(sensor, 'outputs_up'), health(sensor, 'outputs')]; return up < all ? html`<strong class="is-bad">${up}/${all}</strong>` : `${up}/${all}`; } },
	{ key: 'said', title: t('sensor_said'), cell: (sensor) => (health(sensor, 'said_ns') > 0 ? moment(health(sensor, 'said_ns') / 1e6) : '–') },
];

const findingColumns = () => [
	{ key: 'grade', title: t('doctor_grade'), cell: (one) => html`<strong class=${one.grade === 'bad' || one.grade === 'error' ? 'is-bad' : ''}>${word('web.grade', one.grade ?? one.level)}</strong>` },
	{ key: 'says', title: t('doctor_says'), cell: (one) => one.sentence ?? one.text },
	{ key: 'do', title: t('doctor_do'), cell: (one) => one.next ?? one.do ?? '' },
];

const probeColumns = () => [
	{ key: 'segment', title: t('probe_segment'), cell: (one) => one.segment ?? one.unit ?? '–' },
	{ key: 'at', title: t('column_time'), cell: (one) => moment(one.at) },
	{ key: 'app', title: t('by_app'), cell: (one) => one.app_name ?? one.app ?? one.name ?? '–' },
	{ key: 'seen', title: t('probe_seen'), cell: (one) => (one.seen ? t('probe_seen_yes') : html`<strong>${t('probe_seen_no')}</strong>`) },
	{ key: 'block', title: t('by_block'), cell: (one) => (one.block ? word('block', one.block) : '–') },
];

function Doctor() {
	const answer = useApi('/doctor', {}, FRESH);
	if (answer.error?.status === 404) {
		return null;
	}
	return html`<${Section} id="doctor" title=${t('doctor_title')} lead=${t('doctor_lead')}><${Answer} of=${answer} rows=${3} isEmpty=${(one) => (one.findings ?? []).length === 0} empty=${html`<p class="muted">${t('doctor_nothing')}</p>`}>
			${(one) => html`<${Table} caption=${t('doctor_title')} columns=${findingColumns()} rows=${one.findings} />`}</${Answer}></${Section}>
		${answer.data?.probes?.length > 0 && html`<${Section} id="probes" title=${t('probe_title')} lead=${t('probe_lead')}><${Table} caption=${t('probe_title')} columns=${probeColumns()} rows=${answer.data.probes} /></${Section}>`}`;
}

export function Page() {
	const answer = useApi('/sensors', {}, FRESH);
	const silent = (answer.data?.sensors ?? []).filter((one) => one.silent_s > 0).length;
	const lead = answer.data?.sensors.length > 0 && (silent > 0 ? t('sensors_lead_silent', { all: count(answer.data.sensors.length), silent: count(silent) }) : t('sensors_lead', { all: count(answer.data.sensors.length) }));
	return html`<header class="page-head"><div><h1>${t('page_sensors')}</h1>${lead && html`<p class="lead-more">${lead}</p>`}</div></header>
		<${Answer} of=${answer} rows=${5} isEmpty=${(one) => one.sensors.length === 0} empty=${html`<${Empty} title=${t('sensors_none')}>${answer.data?.reason ?? t('sensors_none_do')}</${Empty}>`}>
			${(one) => html`<${Table} isWide caption=${t('page_sensors')} columns=${columns()} rows=${one.sensors} rowKey=${(sensor) => sensor.name} />`}</${Answer}>
		<${Doctor} />`;
}
