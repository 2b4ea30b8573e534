// The table of a question: a row a group, each value a handle, each row its course.
import { html } from '../core/dom.js';
import { Spark } from '../charts/spark.js';
import { isZone } from '../charts/zones.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { Pager, Table } from '../components/table.js';
import { bothWays, count, devices, received, sent } from '../core/format.js';
import { t } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { change, DIMENSIONS } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { question, stepName } from './question.js';

export const SORTS = ['bytes', 'up', 'down', 'flows', 'devices', 'name'];
const MOST = 50;
const SPARK_POINTS = 60;

export function groupOf(query) {
	const by = (query.get('by') ?? 'app').split(',').filter((one) => DIMENSIONS.includes(one));
	return by.length > 0 ? by.slice(0, 2) : ['app'];
}

// Of the value that a sort is by; where it is by something else, of all bytes.
const weight = (figures, sort) => ({ up: figures.bytes_up, down: figures.bytes_down, flows: figures.flows, devices: figures.devices }[sort] ?? figures.bytes_up + figures.bytes_down);
const stepWeight = (step, sort) => ({ up: step.bytes_up, down: step.bytes_down, flows: step.flows }[sort] ?? step.bytes_up + step.bytes_down);

function columnsOf(answer, by, sort) {
	const most = Math.max(...answer.rows.map((row) => weight(row.total, sort)), 1);
	const zoneAt = by.findIndex((one) => one === 'zone' || one === 'control');
	const token = (row) => (zoneAt >= 0 && isZone(row.values[zoneAt]) ? row.values[zoneAt] : 'text');
	const figure = (key, show) => ({ key, title: t(`column_${key}`), sort: key, isFigure: true, cell: (row) => (row.total.is_hidden ? '\u2013' : show(row.total)) });
	const value = (one, at) => ({
		key: one,
		title: t(`by_${one}`),
		sort: at === 0 ? 'name' : undefined,
		cell: (row) => (row.is_remainder ? t('row_remainder', { k: answer.notes.k }) : html`<${Handle} by=${one} value=${row.values[at]} name=${row.names[at]} />`),
		total: at === 0 ? undefined : () => '',
	});
	const isCounted = answer.total.devices_count !== 'unknown' || answer.rows.some((row) => row.total.devices_count !== 'unknown');
	return [
		...by.map(value),
		...(answer.step_starts.length > 1 ? [{ key: 'course', title: t('column_course'), cell: (row) => html`<${Spark} token=${token(row)} values=${row.steps.map((step) => stepWeight(step, sort))} />`, total: () => '' }] : []),
		{ ...figure('bytes', bothWays), bar: (row) => weight(row.total, sort) / most, token },
		figure('up', sent),
		figure('down', received),
		figure('flows', (total) => count(total.flows)),
		...(isCounted ? [figure('devices', (total) => devices(total, answer.notes.k))] : []),
	];
}

export function Groups({ query, by, sort }) {
	const first = Number(query.get('first')) || 0;
	const answer = useApi('/table', question(query, { by: by.join(','), sort, first: first || null, most: MOST, step: stepName(query, SPARK_POINTS) }), { on: ['figures'] });
	rememberRows(answer.data, by);
	const isFresh = (one) => one.rows.every((row) => row.values.length === by.length);
	return html`<${Answer} of=${answer} rows=${10} isQuiet=${true} isEmpty=${(one) => one.rows.length === 0}>${(one) => isFresh(one) && html`
		<${Table} caption=${t('explore_table', { by: by.map((name) => t(`by_${name}`)).join(' × ') })} columns=${columnsOf(one, by, sort)} rows=${one.rows} rowKey=${(row) => row.values.join('\u0000') + row.is_remainder}
			sort=${sort} onSort=${(next) => change({ sort: next === 'bytes' ? null : next, first: null })} total=${{ total: one.total }} />
		<${Pager} first=${first} most=${MOST} all=${one.all_rows} onFirst=${(next) => change({ first: next || null })} />`}</${Answer}>`;
}
