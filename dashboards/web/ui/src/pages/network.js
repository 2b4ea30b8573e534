// A network by its number: who runs it, from where, what of ours went there.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { count, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { href, place } from '../core/place.js';
import { asked } from '../core/period.js';
import { useApi } from '../core/use_api.js';
import { Section } from '../parts/section.js';
import { Facts } from '../parts/subject.js';

const columns = () => [
	{ key: 'app', title: t('by_app'), cell: (row) => html`<${Handle} by="app" value=${row.app} name=${row.name} />` },
	{ key: 'up', title: t('flow_sent'), isFigure: true, cell: (row) => size(row.total?.bytes_up ?? row.bytes_up ?? 0) },
	{ key: 'down', title: t('flow_received'), isFigure: true, cell: (row) => size(row.total?.bytes_down ?? row.bytes_down ?? 0) },
	{ key: 'flows', title: t('number_flows'), isFigure: true, cell: (row) => count(row.total?.flows ?? row.flows ?? 0) },
];

export function Page({ id }) {
	const { query } = place.use();
	const number = id.replace(/^AS/i, '');
	const answer = useApi(`/networks/${encodeURIComponent(number)}`, asked(query));
	return html`<${Answer} of=${answer} rows=${6}>${(network) => html`
		<header class="page-head"><div><p class="muted">${t('kind_network')}</p><h1>${network.name ?? `AS${number}`} <span class="muted">AS${number}</span></h1></div>
		<div class="choices"><a class="button" href=${href('/explore', { flows: '0' }, query)}>${t('subject_explore')}</a></div></header>
		<${Facts} facts=${[[t('network_operator'), network.operator_country && html`<${Handle} by="server" value=${network.operator_country} name=${network.operator_country_name} />`], [t('network_owner'), network.owner], [t('app_networks'), network.prefixes?.slice(0, 20).join(', ')]]} />
		<${Section} id="apps" title=${t('unit_apps')}>${network.apps?.length > 0 ? html`<${Table} caption=${t('unit_apps')} columns=${columns()} rows=${network.apps.map((one) => (typeof one === 'string' ? { app: one } : one))} />` : html`<${Empty} title=${t('network_apps_none')} />`}</${Section}>`}
	</${Answer}>`;
}
