// Apps that were seen, the largest first, with who controls each; and what is not known.
import { html } from '../core/dom.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { Pager, Table } from '../components/table.js';
import { count, devices, received, sent } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { change, href, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { isZone } from '../charts/zones.js';
import { leaving } from '../parts/question.js';

const MOST = 50;
const BY = ['app', 'parent', 'control'];

function columns(answer) {
	const most = Math.max(1, ...answer.rows.map((row) => row.total.bytes_up));
	const hidden = (row, show) => (row.total.is_hidden ? '–' : show(row.total));
	return [
		{ key: 'app', title: t('by_app'), sort: 'name', cell: (row) => (row.is_remainder ? t('row_remainder', { k: answer.notes.k }) : html`<a href=${href(`/apps/${encodeURIComponent(row.values[0])}`)}>${row.names[0]}</a>`) },
		{ key: 'parent', title: t('by_parent'), cell: (row) => (row.is_remainder ? '' : html`<${Handle} by="parent" value=${row.values[1]} name=${row.names[1]} />`) },
		{ key: 'control', title: t('by_control'), cell: (row) => (row.is_remainder ? '' : word('zone', row.values[2])) },
		{ key: 'up', title: t('flow_sent'), sort: 'up', isFigure: true, cell: (row) => hidden(row, sent), bar: (row) => row.total.bytes_up / most, token: (row) => (isZone(row.values[2]) ? row.values[2] : 'text') },
		{ key: 'down', title: t('flow_received'), sort: 'down', isFigure: true, cell: (row) => hidden(row, received) },
		{ key: 'flows', title: t('number_flows'), sort: 'flows', isFigure: true, cell: (row) => hidden(row, (total) => count(total.flows)) },
		{ key: 'devices', title: t('number_devices'), sort: 'devices', isFigure: true, cell: (row) => devices(row.total, answer.notes.k) },
	];
}

export function Page() {
	const { query } = place.use();
	const sort = query.get('sort') ?? 'up';
	const first = Number(query.get('first')) || 0;
	const answer = useApi('/table', leaving(query, { by: BY.join(','), sort, first: first || null, most: MOST }), { on: ['figures'] });
	rememberRows(answer.data, BY);
	return html`<header class="page-head"><div><h1>${t('page_apps')}</h1><p class="lead-more">${t('apps_lead')}</p></div></header>
		<${Answer} of=${answer} rows=${12} isEmpty=${(one) => one.rows.length === 0}>${(one) => html`<${Table} caption=${t('page_apps')} columns=${columns(one)} rows=${one.rows} rowKey=${(row) => row.values.join(' ') + row.is_remainder} sort=${sort} onSort=${(next) => change({ sort: next, first: null })} />
			<${Pager} first=${first} most=${MOST} all=${one.all_rows} onFirst=${(next) => change({ first: next || null })} />`}</${Answer}>`;
}
