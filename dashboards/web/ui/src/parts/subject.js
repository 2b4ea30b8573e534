// What the pages of an app, a unit, a country and a network have in common: the figures of the time shown with their usual
// band, their course, and what they are made of. All figures are answers; nothing is added up here.
import { html, useMemo } from '../core/dom.js';
import { Band, standing } from '../charts/band.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { Table } from '../components/table.js';
import { askedText } from '../components/time_range.js';
import { count, devices, isCounted, received, sent, size } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { carried } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { isZone } from '../charts/zones.js';
import { Course } from './course.js';
import { exploreLeaving, leaving } from './question.js';
import { Section } from './section.js';

const FIGURES = { on: ['figures'] };
const SHOWN = 8;

// The query of the page with the subject as a filter.
export function useSubject(query, filters) {
	const key = JSON.stringify(filters);
	return useMemo(() => {
		const mine = new URLSearchParams(query);
		Object.entries(filters).forEach(([by, value]) => {
			mine.delete(by);
			mine.append(by, value);
		});
		return mine;
	}, [query.toString(), key]);
}

function Number({ title, value, now, usual, show }) {
	const band = usual && now !== null && { ...usual, now };
	return html`<li class="number-box"><span class="number-title">${title}</span><span class="number-value">${value}</span>
		${band && band.low !== null && html`<${Band} ...${band} /><span class="small muted">${t(`usual_${standing(band)}`, { low: show(band.low), high: show(band.high) })}</span>`}</li>`;
}

export function SubjectNumbers({ query }) {
	const answer = useApi('/table', leaving(query, { by: 'app', most: 1 }), FIGURES);
	const usual = useApi('/usual', leaving(query), FIGURES);
	const band = usual.error ? {} : usual.data ?? {};
	return html`<${Answer} of=${answer} rows=${2} isEmpty=${(one) => one.total.flows === 0 && !one.total.is_hidden} empty=${html`<${Empty} title=${t('subject_nothing', { time: askedText(query) })}>${t('empty_do')}</${Empty}>`}>${({ total, notes }) => total.is_hidden
		? html`<p class="state">${t('subject_hidden', { k: notes.k })}</p>`
		: html`<ul class="numbers"><${Number} title=${t('number_sent')} value=${sent(total)} now=${total.bytes_up} usual=${band.bytes_up} show=${size} />
			<${Number} title=${t('flow_received')} value=${received(total)} now=${total.bytes_down} usual=${band.bytes_down} show=${size} />
			<${Number} title=${t('number_devices')} value=${devices(total, notes.k)} now=${total.devices} usual=${isCounted(total, notes) ? band.devices : null} show=${count} />
			<${Number} title=${t('number_flows')} value=${count(total.flows)} now=${total.flows} usual=${band.flows} show=${count} /></ul>`}
	</${Answer}>`;
}

export function Breakdown({ query, by, title, token }) {
	const answer = useApi('/table', leaving(query, { by, sort: 'up', most: SHOWN }), FIGURES);
	const dimensions = by.split(',');
	rememberRows(answer.data, dimensions);
	const name = (row) => (row.is_remainder ? t('row_remainder', { k: answer.data.notes.k }) : html`<${Handle} by=${dimensions[0]} value=${row.values[0]} name=${dimensions[0] === 'rule' && row.values[0] === 'none' ? word('verdict', 'none') : row.names[0]} />${row.names[1] && row.values[0] !== 'none' && !isZone(row.values[1]) && html` <span class="muted">${row.names[1]}</span>`}`);
	const colour = (row) => (isZone(row.values[1]) ? row.values[1] : isZone(row.values[0]) ? row.values[0] : token ?? 'text');
	const columns = (most, k) => [
		{ key: 'name', title: t(`by_${dimensions[0]}`), cell: name },
		{ key: 'up', title: t('flow_sent'), isFigure: true, cell: (row) => (row.total.is_hidden ? '–' : sent(row.total)), bar: (row) => row.total.bytes_up / most, token: colour },
		{ key: 'down', title: t('flow_received'), isFigure: true, cell: (row) => (row.total.is_hidden ? '–' : received(row.total)) },
		{ key: 'devices', title: t('number_devices'), isFigure: true, cell: (row) => devices(row.total, k) },
	];
	const more = html`<a href=${exploreLeaving(query, { by: dimensions[0] })}>${t('subject_more')}</a>`;
	return html`<${Section} id=${`by-${dimensions[0]}`} title=${title} end=${answer.data?.all_rows > SHOWN && more}><${Answer} of=${answer} rows=${4} isEmpty=${(one) => one.rows.length === 0} empty=${html`<p class="muted">${t('empty')}</p>`}>
		${(one) => html`<${Table} caption=${title} columns=${columns(Math.max(1, ...one.rows.map((row) => row.total.bytes_up)), one.notes.k)} rows=${one.rows} rowKey=${(row) => row.values.join(' ') + row.is_remainder} />`}
	</${Answer}></${Section}>`;
}

// Facts in two columns: [[label, value]]; what is not known is left out.
export const Facts = ({ facts }) => html`<dl class="facts is-wide">${facts.filter(([, value]) => value !== null && value !== undefined && value !== '' && value?.length !== 0).map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;

export const Subject = ({ kind, name, lead, query, children, end }) => html`<header class="reading page-head"><div><p class="muted">${kind}</p><h1>${name}</h1>${lead && html`<p class="lead-more">${lead}</p>`}</div>
	<div class="choices"><a class="button" href=${exploreLeaving(query)}>${t('subject_explore')}</a>${end}</div></header>
	${children}`;

export const SubjectCourse = ({ query }) => html`<${Course} query=${query} />`;
export const timeOnly = () => carried(false);
