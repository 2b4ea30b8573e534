// The centrepiece: where it lands against who controls it.
import { html, useMemo } from '../core/dom.js';
import { cellKey, Matrix } from '../charts/matrix.js';
import { Answer, Empty } from '../components/states.js';
import { t } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { change, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { leaving } from './question.js';
import { Section } from './section.js';

const ROWS = 12;
const COLUMNS = 7;
const EVERY = 400;
const FIGURES = { on: ['figures'] };

// Countries with the zone they lie in: rows by country and zone.
const asCountries = (answer) => answer.rows.filter((row) => row.total.bytes_up > 0 && !row.is_remainder).map((row) => ({ value: row.values[0], name: row.names[0], zone: row.values[1], total: row.total }));

export function useCountries(query, most) {
	return useApi('/table', leaving(query, { by: 'server,zone', sort: 'up', most }), FIGURES);
}

export function WhereWho({ query }) {
	const isWhole = query.get('matrix') === 'all';
	const servers = useCountries(query, EVERY);
	const parents = useApi('/table', leaving(query, { by: 'parent,control', sort: 'up', most: EVERY }), FIGURES);
	const pairs = useApi('/table', leaving(query, { by: 'server,parent', sort: 'up', most: 4 * EVERY }), FIGURES);
	const cells = useMemo(() => new Map(pairs.data?.rows.map((row) => [cellKey(...row.values), row.total])), [pairs.data]);
	rememberRows(servers.data, ['server', 'zone']);
	rememberRows(parents.data, ['parent', 'control']);

	const choose = (row, column) => change({ server: row.value, parent: column.value });
	const draw = () => {
		const [rows, columns] = [asCountries(servers.data), asCountries(parents.data)];
		const isMore = rows.length > ROWS || columns.length > COLUMNS;
		return html`<${Matrix} rows=${isWhole ? rows : rows.slice(0, ROWS)} columns=${isWhole ? columns : columns.slice(0, COLUMNS)} cells=${cells} onChoose=${choose} />
			${isMore && html`<p class="below"><button type="button" class="button" aria-pressed=${isWhole ? 'true' : 'false'} onClick=${() => change({ matrix: isWhole ? null : 'all' }, { isReplacing: true })}>
				${isWhole ? t('matrix_fewer') : t('matrix_more', { servers: rows.length, parents: columns.length })}</button></p>`}`;
	};
	const whole = servers.error || parents.error ? { ...pairs, error: servers.error ?? parents.error, data: undefined } : { ...pairs, data: servers.data && parents.data && pairs.data };
	return html`<${Section} id="matrix" title=${t('matrix_title')} lead=${t('matrix_lead')}>
		<${Answer} of=${whole} rows=${8} isQuiet=${true} isEmpty=${() => servers.data.rows.length === 0} empty=${html`<${Empty} />`}>${draw}</${Answer}></${Section}>`;
}
