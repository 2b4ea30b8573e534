// Where it lands (rows) and who controls it (columns): a table whose cells are as strong as what was sent. A click keeps both.
//
// rows, columns  [{ value, name, zone, total }], the largest first; cells  "server parent" → figures
import { html } from '../core/dom.js';
import { Bar } from '../components/table.js';
import { Handle } from '../components/handle.js';
import { sent, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { session } from '../core/session.js';
import { controlToken, tokenOf } from './zones.js';

const isWatched = (column) => session.get()?.watched?.includes(column.value);

export const cellKey = (server, parent) => `${server}\u0000${parent}`;

function Cell({ row, column, figures, most, onChoose }) {
	const bytes = figures?.bytes_up ?? 0;
	if (bytes === 0) {
		return html`<td class="matrix-none"></td>`;
	}
	// The eye compares areas, and a few countries get nearly all: the root lets the others be seen.
	const share = Math.sqrt(bytes / most);
	const token = tokenOf(row.zone);
	const label = t('matrix_cell', { server: row.name, parent: column.name, bytes: size(bytes) });
	return html`<td class="matrix-cell tint-${token}" style=${{ '--strength': share.toFixed(3) }}>
		<button type="button" aria-label=${label} title=${label} onClick=${() => onChoose(row, column)}>${size(bytes)}<${Bar} share=${share} token=${token} /></button></td>`;
}

export function Matrix({ rows, columns, cells, onChoose }) {
	const most = Math.max(...[...cells.values()].map((figures) => figures.bytes_up), 1);
	const head = (column) => html`<th key=${column.value} scope="col" class="matrix-head"><span class="named"><span class="swatch fill-${controlToken(column.value, column.zone, session.get()?.watched)}"></span><${Handle} by="parent" value=${column.value} name=${column.name} />${isWatched(column) && html`<span class="muted">\u00a0${t('watched')}</span>`}</span></th>`;
	return html`<div class="table-frame is-wide matrix-frame" role="group" aria-label=${t('matrix_title')} tabindex="0"><table class="matrix">
		<caption class="unseen">${t('matrix_title')}</caption>
		<thead><tr><th scope="col" class="matrix-corner">${t('matrix_rows')}<br />${t('matrix_columns')}</th>${columns.map(head)}<th scope="col" class="figure">${t('matrix_sum')}</th></tr></thead>
		<tbody>${rows.map((row) => html`<tr key=${row.value}><th scope="row"><span class="named"><span class="swatch fill-${tokenOf(row.zone)}"></span><${Handle} by="server" value=${row.value} name=${row.name} /></span></th>
			${columns.map((column) => html`<${Cell} key=${column.value} row=${row} column=${column} figures=${cells.get(cellKey(row.value, column.value))} most=${most} onChoose=${onChoose} />`)}
			<td class="figure">${sent(row.total)}</td></tr>`)}</tbody>
		<tfoot><tr><th scope="row">${t('matrix_sum')}</th>${columns.map((column) => html`<td key=${column.value} class="figure">${sent(column.total)}</td>`)}<td></td></tr></tfoot>
	</table></div>`;
}
