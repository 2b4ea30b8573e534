// Flows as an alert froze them: of each what was kept then.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { size } from '../core/format.js';
import { t } from '../core/messages.js';

const told = (value) => value || html`<span class="muted">–</span>`;

const COLUMNS = {
	device: (flow) => (flow.device ? html`<${Handle} by="device" value=${flow.device} />` : told()),
	name: (flow) => told(flow.name),
	network: (flow) => told(flow.network),
	country: (flow) => (flow.country ? html`<${Handle} by="server" value=${flow.country} />` : told()),
	bytes: (flow) => size(flow.bytes),
	id: (flow) => html`<a class="hash" href=${`/flows/${encodeURIComponent(flow.id)}`}>${flow.id}</a>`,
};

// Columns of which none of the flows knows anything are left out.
const columns = (flows) =>
	Object.entries(COLUMNS)
		.filter(([key]) => flows.some((flow) => flow[key]))
		.map(([key, cell]) => ({ key, title: t(`flow_${key}`), isFigure: key === 'bytes', cell }));

export function FrozenFlows({ flows }) {
	if (flows.length === 0) {
		return html`<${Empty} title=${t('flows_none')}>${t('flows_none_frozen')}</${Empty}>`;
	}
	return html`<${Table} isWide caption=${t('alert_flows')} columns=${columns(flows)} rows=${flows} rowKey=${(flow) => flow.id} />`;
}
