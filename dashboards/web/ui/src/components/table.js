// A table: sticky header, figures right, text left, bars in cells. Rows are walked by the arrow keys and opened by Enter.
//
// columns  [{ key, title, isFigure, sort, cell: (row) => …, bar: (row) => 0…1, token: (row) => colour token }]
// sort     the column's sort that is in force; onSort(sort) asks for another.
// total    a row that is shown last, by the columns' "total" instead of their "cell".
import { html, useRef } from '../core/dom.js';
import { t } from '../core/messages.js';

function Head({ column, sort, onSort }) {
	const isSorted = column.sort !== undefined && column.sort === sort;
	const content = column.sort && onSort
		? html`<button type="button" class="sort" onClick=${() => onSort(column.sort)}>${column.title}<span aria-hidden="true">${isSorted ? (column.sort === 'name' ? ' \u2191' : ' \u2193') : ''}</span></button>`
		: column.title;
	const order = isSorted ? (column.sort === 'name' ? 'ascending' : 'descending') : undefined;
	return html`<th scope="col" class=${column.isFigure ? 'figure' : ''} aria-sort=${order}>${content}</th>`;
}

// A length beside its figure.
export const Bar = ({ share, token = 'text' }) => html`<span class="bar" aria-hidden="true"><span class="fill fill-${token}" style=${{ width: `${Math.max(share > 0 ? 1 : 0, 100 * share)}%` }}></span></span>`;

function Cell({ column, row, isFirst }) {
	const content = html`${column.cell(row)}${column.bar && html`<${Bar} share=${column.bar(row)} token=${column.token?.(row)} />`}`;
	return isFirst
		? html`<th scope="row" class=${`column-${column.key}`}>${content}</th>`
		: html`<td data-title=${column.title} class=${`column-${column.key} ${column.isFigure ? 'figure' : ''} ${column.bar ? 'with-bar' : ''}`}>${content}</td>`;
}

export function Table({ caption, columns, rows, rowKey, sort, onSort, total, onOpen, isSelected, isWide = false }) {
	const body = useRef(null);
	const onKey = (event) => {
		const row = event.target.closest('tr');
		const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
		if (next) {
			event.preventDefault();
			next.focus();
		} else if (event.key === 'Enter' && event.target === row) {
			event.preventDefault();
			if (onOpen) {
				onOpen(rows[[...body.current.children].indexOf(row)]);
			} else {
				row.querySelector('button, a')?.click();
			}
		}
	};
	return html`<div class="table-frame ${isWide ? 'is-wide' : ''}" role="group" aria-label=${caption} tabindex="0"><table>
		<caption class="unseen">${caption}</caption>
		<thead><tr>${columns.map((column) => html`<${Head} key=${column.key} column=${column} sort=${sort} onSort=${onSort} />`)}</tr></thead>
		<tbody ref=${body} onKeyDown=${onKey}>${rows.map((row, i) => html`<tr key=${rowKey?.(row) ?? i} tabindex="-1"
			class=${`${row.is_remainder ? 'remainder' : ''} ${isSelected?.(row) ? 'selected' : ''}`}
			onDblClick=${onOpen && (() => onOpen(row))}>
			${columns.map((column, at) => html`<${Cell} key=${column.key} column=${column} row=${row} isFirst=${at === 0} />`)}</tr>`)}
		</tbody>
		${total && html`<tfoot><tr>${columns.map((column, at) => at === 0
			? html`<th scope="row">${column.total?.(total) ?? t('total')}</th>`
			: html`<td class=${column.isFigure ? 'figure' : ''}>${(column.total ?? column.cell)(total)}</td>`)}</tr></tfoot>`}
	</table></div>`;
}

// Ways through a long list; nothing where all of it is shown.
export function Pager({ first, most, all, onFirst }) {
	if (all <= most && first === 0) {
		return null;
	}
	return html`<nav class="pager" aria-label=${t('pager')}>
		<span>${t('pager_shown', { from: first + 1, to: Math.min(first + most, all), all })}</span>
		${first > 0 && html`<button type="button" class="button" onClick=${() => onFirst(Math.max(0, first - most))}>${t('pager_before')}</button>`}
		${first + most < all && html`<button type="button" class="button" onClick=${() => onFirst(first + most)}>${t('pager_after')}</button>`}
	</nav>`;
}
