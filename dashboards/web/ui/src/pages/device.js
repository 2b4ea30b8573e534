// A device, for roles that may see one: its time line of addresses, apps, alerts, gaps and changes of the policy, which can be
// copied as text. Each look is written down on the server.
import { html } from '../core/dom.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { moment, period, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { asked } from '../core/period.js';
import { href, place } from '../core/place.js';
import { copy } from '../core/say.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';

// The filter of its flows: an address where own devices are shown as they are.
const filterOf = (id) => (/[.:]/.test(id) ? `ip in ${id}` : `device == "${id}"`);

// What is known of it, in the order of time: { at, until, kind, says, href }.
function lineOf(device, query) {
	const bindings = device.bindings.map((one) => ({ at: one.from, until: one.to, kind: t('line_binding'), says: t('line_network', { network: one.network }) }));
	const apps = (device.apps ?? []).map((one) => ({
		at: one.first, until: one.last, kind: t('by_app'), says: t('line_app', { app: one.app_name, flows: one.flows, up: size(one.bytes_up), down: size(one.bytes_down) }),
		href: href('/explore', { where: `${filterOf(device.id)} and app == ${one.app}`, flows: '0' }, query),
	}));
	const alerts = device.alerts.map((one) => ({ at: one.began, until: one.changed, kind: t('line_finding'), says: one.sentence ?? one.kind, href: `/alerts/${encodeURIComponent(one.id)}` }));
	const gaps = (device.notes?.gaps ?? []).map((one) => ({ at: one.from, until: one.to, kind: t('line_gap'), says: t('line_missing', { reason: one.reason }) }));
	const changes = device.policy.map((one) => ({ at: one.at, kind: t('page_policy'), says: t(`mark_${one.what}`, { rule: one.id, exception: one.id }), href: '/policy' }));
	return [...bindings, ...apps, ...alerts, ...gaps, ...changes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

const when = (one) => (one.until && one.until !== one.at ? period(one.at, one.until) : moment(one.at));
const asText = (id, line) => [id, ...line.map((one) => [when(one), one.kind, one.says].join('\t'))].join('\n');

const columns = () => [
	{ key: 'when', title: t('line_when'), cell: when },
	{ key: 'kind', title: t('line_kind'), cell: (one) => one.kind },
	{ key: 'what', title: t('line_what'), cell: (one) => (one.href ? html`<a href=${one.href}>${one.says}</a>` : one.says) },
];

const about = ({ device }) => device && [
	device.class !== '–' && device.class, device.unit !== '–' && device.unit, device.enrolled && t('device_enrolled'), device.private_mac && t('device_private_mac'),
	device.at_least && t('device_many', { count: device.at_least }),
].filter(Boolean).join(' · ');

function Line({ device, query }) {
	const line = lineOf(device, query);
	const end = line.length > 0 && html`<button type="button" class="button" onClick=${() => copy(asText(device.id, line), t('device_copied'))}>${t('device_copy')}</button>`;
	return html`<${Section} id="line" title=${t('device_line')} lead=${about(device)} end=${end}>
		${device.bindings.length === 0 && html`<p class="muted">${t('line_unbound')}</p>`}
		${line.length > 0 ? html`<div class="to-read"><${Table} caption=${t('device_line')} columns=${columns()} rows=${line} /></div>` : html`<${Empty} title=${t('line_nothing')} />`}
	</${Section}>`;
}

export function Page({ id }) {
	const { query } = place.use();
	const answer = useApi(`/devices/${encodeURIComponent(id)}`, asked(query));
	const flows = href('/explore', { where: filterOf(id), flows: '0' }, query);
	return html`<header class="page-head"><div><p class="muted">${t('kind_device')}</p><h1 class="hash">${id}</h1><p class="lead-more">${t('device_logged')}</p></div>
		<div class="choices"><a class="button" href=${flows}>${t('device_flows')}</a></div></header>
		<${Answer} of=${answer} rows=${8}>${(device) => html`<${Line} device=${device} query=${query} />`}</${Answer}>`;
}
