// The course of time, stacked by zone, before the usual band; marks are the changes of the policy.
import { html, useMemo } from '../core/dom.js';
import { isBand } from '../charts/band.js';
import { Legend, TimeLine } from '../charts/time_line.js';
import { tokenOf, ZONES } from '../charts/zones.js';
import { Handle } from '../components/handle.js';
import { Answer } from '../components/states.js';
import { askedText } from '../components/time_range.js';
import { size } from '../core/format.js';
import { t, useLanguage } from '../core/messages.js';
import { edges } from '../core/period.js';
import { change } from '../core/place.js';
import { useSession } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { useMarks } from './marks.js';
import { asLayers, leaving, stepName, useUsual } from './question.js';
import { Section } from './section.js';

const FIGURES = { on: ['figures'] };
const NONE = [];
export const brush = (from, to) => change({ ...edges(from, to), last: null, first: null });

export const MEASURES = {
	up: [(step) => step.bytes_up, size],
	down: [(step) => step.bytes_down, size],
	bytes: [(step) => step.bytes_up + step.bytes_down, size],
};

export function CourseChart({ answer, usual, measure = MEASURES.up, label }) {
	const words = useLanguage();
	const marks = useMarks(answer.notes);
	const layers = useMemo(() => asLayers(answer, ZONES).map((row) => ({ id: row.values[0], name: row.names[0], token: tokenOf(row.values[0]), values: row.steps.map(measure[0]) })), [answer, measure, words]);
	const hidden = useMemo(() => (answer.rows[0]?.steps ?? NONE).map((step) => step.is_hidden), [answer]);
	return html`<${TimeLine} starts=${answer.step_starts} stepS=${answer.notes.step_s} layers=${layers} usual=${usual} gaps=${answer.notes.gaps ?? NONE} hidden=${hidden} marks=${marks} show=${measure[1]} onBrush=${brush} label=${label} />
		<${Legend} layers=${layers}>${(layer) => html`<${Handle} by="zone" value=${layer.id} name=${layer.name} />`}</${Legend}>`;
}

export function useCourse(wanted, query) {
	return useApi(wanted && '/table', { ...wanted, by: 'zone', step: stepName(query) }, FIGURES);
}

export function Course({ query }) {
	useSession();
	const answer = useCourse(leaving(query), query);
	const usual = useUsual(query, answer.data !== undefined);
	const steps = usual.data?.steps?.some(isBand) ? usual.data.steps : null;
	return html`<${Section} id="course" title=${t('course_title')} lead=${steps ? t('course_usual') : t('course_up')}>
		<${Answer} of=${answer} kind="chart" rows=${1} isQuiet=${true} isEmpty=${(one) => one.rows.length === 0}>
			${(one) => html`<${CourseChart} answer=${one} usual=${steps} label=${t('course_label', { time: askedText(query) })} />`}
		</${Answer}></${Section}>`;
}
