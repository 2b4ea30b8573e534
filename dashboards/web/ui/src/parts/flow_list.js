// The flows behind a question, for roles that may see devices; asked only when they are wanted.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { Table } from '../components/table.js';
import { address } from '../core/api.js';
import { count, second, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { flowFilter } from '../core/flow_filter.js';
import { asked } from '../core/period.js';
import { change } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from './section.js';

const MOST = 50;

const ours = (flow) => flow.borderflow ?? {};
const device = (flow) => ours(flow).device ?? flow.source?.ip ?? '';
const server = (flow) => flow.destination?.domain ?? flow.destination?.ip ?? '';

const handle = (by, value, name) => (value ? html`<${Handle} by=${by} value=${String(value)} name=${name} />` : '\u2013');

export const flowColumns = () => [
	{ key: 'time', title: t('column_time'), cell: (flow) => html`<a href=${`/flows/${encodeURIComponent(ours(flow).flow?.id ?? '')}`}>${second(flow.event?.start ?? flow['@timestamp'])}</a>` },
	{ key: 'device', title: t('column_device'), cell: (flow) => handle('device', device(flow)) },
	{ key: 'unit', title: t('by_unit'), cell: (flow) => handle('unit', ours(flow).unit) },
	{ key: 'app', title: t('by_app'), cell: (flow) => handle('app', flow.network?.application) },
	{ key: 'name', title: t('column_name'), cell: (flow) => handle('name', server(flow)) },
	{ key: 'server', title: t('by_server'), cell: (flow) => handle('server', ours(flow).server_country) },
	{ key: 'parent', title: t('by_parent'), cell: (flow) => handle('parent', ours(flow).app?.parent_country) },
	{ key: 'up', title: t('column_up'), isFigure: true, cell: (flow) => size(flow.source?.bytes ?? 0) },
	{ key: 'down', title: t('column_down'), isFigure: true, cell: (flow) => size(flow.destination?.bytes ?? 0) },
	{ key: 'verdict', title: t('by_verdict'), cell: (flow) => handle('verdict', ours(flow).policy?.verdict) },
];

export function FlowList({ query }) {
	const isOpen = query.get('flows') !== null;
	const first = Number(query.get('flows')) || 0;
	const where = flowFilter(query);
	const wanted = { ...asked(query), where };
	const answer = useApi(isOpen && where !== null ? '/flows' : null, { ...wanted, first: first || null, most: MOST });
	if (where === null) {
		return null;
	}
	const toggle = () => change({ flows: isOpen ? null : '0' }, { isReplacing: true });
	const downloads = html`<div class="actions"><a class="button" download href=${address('/flows', { ...wanted, format: 'csv' })}>CSV</a>
		<a class="button" download href=${address('/flows', { ...wanted, format: 'ndjson' })}>ndjson</a></div>`;
	return html`<${Section} id="flows" title=${t('flows_title')} lead=${t('flows_lead')} end=${isOpen && downloads}>
		<p class="above"><button type="button" class="button" aria-expanded=${isOpen ? 'true' : 'false'} onClick=${toggle}>${isOpen ? t('flows_close') : t('flows_open')}</button></p>
		${isOpen && html`<${Answer} of=${answer} rows=${10} isEmpty=${(one) => one.flows.length === 0}>${(one) => html`
			<${Table} caption=${t('flows_title')} columns=${flowColumns()} rows=${one.flows} rowKey=${(flow) => `${ours(flow).flow?.id} ${ours(flow).flow?.part}`} isWide=${true} />
			<p class="pager">${t('flows_shown', { from: count(first + 1), to: count(first + one.flows.length) })}
				${first > 0 && html`<button type="button" class="button" onClick=${() => change({ flows: String(Math.max(0, first - MOST)) })}>${t('pager_before')}</button>`}
				${one.has_more && html`<button type="button" class="button" onClick=${() => change({ flows: String(first + MOST) })}>${t('pager_after')}</button>`}</p>`}</${Answer}>`}
	</${Section}>`;
}
