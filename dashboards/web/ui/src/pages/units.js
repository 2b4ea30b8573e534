// Units of the organisation; small ones stand in the remainder.
import { html } from '../core/dom.js';
import { Answer } from '../components/states.js';
import { Pager, Table } from '../components/table.js';
import { count, devices, received, sent } from '../core/format.js';
import { t } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { change, href, place } from '../core/place.js';
import { seesDevices } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { leaving, question } from '../parts/question.js';

const MOST = 50;

function columns(answer) {
	const most = Math.max(1, ...answer.rows.map((row) => row.total.bytes_up));
	const hidden = (row, show) => (row.total.is_hidden ? '–' : show(row.total));
	return [
		{ key: 'unit', title: t('by_unit'), sort: 'name', cell: (row) => (row.is_remainder ? t('row_remainder', { k: answer.notes.k }) : html`<a href=${href(`/units/${encodeURIComponent(row.values[0])}`)}>${row.names[0]}</a>`) },
		{ key: 'up', title: t('flow_sent'), sort: 'up', isFigure: true, cell: (row) => hidden(row, sent), bar: (row) => row.total.bytes_up / most },
		{ key: 'down', title: t('flow_received'), sort: 'down', isFigure: true, cell: (row) => hidden(row, received) },
		{ key: 'flows', title: t('number_flows'), sort: 'flows', isFigure: true, cell: (row) => hidden(row, (total) => count(total.flows)) },
		{ key: 'devices', title: t('number_devices'), sort: 'devices', isFigure: true, cell: (row) => devices(row.total, answer.notes.k) },
	];
}

export function Page() {
	const { query } = place.use();
	const sort = query.get('sort') ?? 'up';
	const first = Number(query.get('first')) || 0;
	const asks = seesDevices() ? leaving : question; // protected figures of units take no filter
	const answer = useApi('/table', asks(query, { by: 'unit', sort, first: first || null, most: MOST }), { on: ['figures'] });
	rememberRows(answer.data, ['unit']);
	return html`<header class="page-head"><div><h1>${t('page_units')}</h1><p class="lead-more">${answer.data?.notes.k > 0 && t('units_lead', { k: answer.data.notes.k })}</p></div></header>
		<${Answer} of=${answer} rows=${8} isEmpty=${(one) => one.rows.length === 0}>${(one) => html`<${Table} caption=${t('page_units')} columns=${columns(one)} rows=${one.rows} rowKey=${(row) => row.values.join(' ') + row.is_remainder} sort=${sort} onSort=${(next) => change({ sort: next, first: null })} />
			<${Pager} first=${first} most=${MOST} all=${one.all_rows} onFirst=${(next) => change({ first: next || null })} />`}</${Answer}>`;
}
