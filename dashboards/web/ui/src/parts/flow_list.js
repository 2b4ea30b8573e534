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
import { rememberRows } from '../core/names.js';
import { change } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from './section.js';

const MOST = 50;

const ours = (flow) => flow.borderflow ?? {};
const device = (flow) => ours(flow).device ?? flow.source?.ip ?? '';
const server = (flow) => flow.destination?.domain ?? flow.destination?.ip ?? '';

const handle = (by, value, more) => (value ? html`<${Handle} by=${by} value=${String(value)} more=${more} />` : '\u2013');

// What sums are not kept by is asked of single flows.
const only = (field, value) => (/["\\]/.test(value) ? [] : [{ label: t('handle_only'), does: () => change({ where: `${field} == "${value}"`, flows: '0' }) }]);
const deviceField = (flow) => (ours(flow).device ? 'device' : 'ip');
const serverField = (flow) => (flow.destination?.domain ? 'domain' : 'ip');

export const flowColumns = () => [
	{ key: 'time', title: t('column_time'), cell: (flow) => html`<a href=${`/flows/${encodeURIComponent(ours(flow).flow?.id ?? '')}`}>${second(flow.event?.start ?? flow['@timestamp'])}</a>` },
	{ key: 'device', title: t('column_device'), cell: (flow) => handle('device', device(flow), only(deviceField(flow), device(flow))) },
	{ key: 'unit', title: t('by_unit'), cell: (flow) => handle('unit', ours(flow).unit) },
	{ key: 'app', title: t('by_app'), cell: (flow) => handle('app', flow.network?.application) },
	{ key: 'name', title: t('column_name'), cell: (flow) => handle('name', server(flow), only(serverField(flow), server(flow))) },
	{ key: 'server', title: t('by_server'), cell: (flow) => handle('server', ours(flow).server_country) },
	{ key: 'parent', title: t('by_parent'), cell: (flow) => handle('parent', ours(flow).app?.parent_country) },
	{ key: 'up', title: t('column_up'), isFigure: true, cell: (flow) => size(flow.source?.bytes ?? 0) },
	{ key: 'down', title: t('column_down'), isFigure: true, cell: (flow) => size(flow.destination?.bytes ?? 0) },
	{ key: 'verdict', title: t('by_verdict'), cell: (flow) => handle('verdict', ours(flow).policy?.verdict) },
];

// What the filters of the page say and what somebody wrote, both.
function wherever(query) {
	const said = flowFilter(query);
	const written = query.get('where');
	return said === null ? null : [said, written && `(${written})`].filter(Boolean).join(' and ');
}

// A filter in the language of `borderflow flows`; the server's sentence points at what it does not understand.
function Where({ query }) {
	const submit = (event) => {
		event.preventDefault();
		change({ where: event.currentTarget.elements.where.value.trim(), flows: '0' });
	};
	const written = query.get('where') ?? '';
	return html`<form class="where" onSubmit=${submit}><input name="where" type="search" spellcheck=${false} key=${written} defaultValue=${written} aria-label=${t('flows_where')} placeholder=${t('flows_where')} /></form>`;
}

export function FlowList({ query }) {
	const isOpen = query.get('flows') !== null || query.get('where') !== null;
	const first = Number(query.get('flows')) || 0;
	const where = wherever(query);
	const wanted = { ...asked(query), where };
	const answer = useApi(isOpen && where !== null ? '/flows' : null, { ...wanted, first: first || null, most: MOST });
	const apps = useApi(isOpen ? '/apps' : null);
	rememberRows({ rows: apps.data?.apps.map((app) => ({ values: [app.id], names: [app.name] })) }, ['app']);
	if (where === null) {
		return null;
	}
	const toggle = () => change({ flows: isOpen ? null : '0', where: null }, { isReplacing: true });
	const downloads = html`<div class="actions"><a class="button" download href=${address('/flows', { ...wanted, format: 'csv' })}>CSV</a>
		<a class="button" download href=${address('/flows', { ...wanted, format: 'ndjson' })}>ndjson</a></div>`;
	return html`<${Section} id="flows" title=${t('flows_title')} lead=${t('flows_lead')} end=${isOpen && downloads}>
		<div class="above actions"><button type="button" class="button" aria-expanded=${isOpen ? 'true' : 'false'} onClick=${toggle}>${isOpen ? t('flows_close') : t('flows_open')}</button> ${isOpen && html`<${Where} query=${query} />`}</div>
		${isOpen && html`<${Answer} of=${answer} rows=${10} isEmpty=${(one) => one.flows.length === 0}>${(one) => html`
			<${Table} caption=${t('flows_title')} columns=${flowColumns()} rows=${one.flows} rowKey=${(flow) => `${ours(flow).flow?.id} ${ours(flow).flow?.part}`} isWide=${true} />
			<p class="pager">${t('flows_shown', { from: count(first + 1), to: count(first + one.flows.length) })}
				${first > 0 && html`<button type="button" class="button" onClick=${() => change({ flows: String(Math.max(0, first - MOST)) })}>${t('pager_before')}</button>`}
				${one.has_more && html`<button type="button" class="button" onClick=${() => change({ flows: String(first + MOST) })}>${t('pager_after')}</button>`}</p>`}</${Answer}>`}
	</${Section}>`;
}
