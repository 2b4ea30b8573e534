// How a part of the page looks when there is nothing (yet): each says what to do.
import { away, retry } from '../core/away.js';
import { html, useEffect } from '../core/dom.js';
import { count, moment } from '../core/format.js';
import { t } from '../core/messages.js';
import { change } from '../core/place.js';
import { session, useSession } from '../core/session.js';

// What the server said itself: exact, and in its own language.
export const Said = ({ error }) => error.said && html`<p class="muted small">${t('error_says')} <span lang="en">${error.said}</span></p>`;

// Beside a form: what came of sending it.
export const Refused = ({ error }) => error && html`<div role="alert" class="state state-error"><p>${error.message}</p><${Said} error=${error} /></div>`;

const AGAIN_MS = 5000;

export const Skeleton = ({ rows = 4, kind = 'lines' }) => html`<div class="skeleton skeleton-${kind}" aria-hidden="true">
	${Array.from({ length: rows }, () => html`<span></span>`)}
</div>`;

// Nothing in this time: what to do is to widen it.
function Widen() {
	const { source } = useSession() ?? {};
	return html`<p>${t('empty_do')}</p>${source?.from && html`<p><button type="button" class="button" onClick=${() => change({ from: source.from, to: source.to, last: null, first: null })}>${t('time_all')}</button></p>`}`;
}

export const Empty = ({ title, children }) => html`<div class="state"><p class="state-title">${title ?? t('empty')}</p>
	${children ? html`<p>${children}</p>` : html`<${Widen} />`}</div>`;

// What asking again does not change.
const LASTING = [400, 403, 404, 501];

export function Failed({ error, again }) {
	const button = again && !LASTING.includes(error.status);
	if (error.status === 0) {
		return html`<p class="muted">${t('error_away')} ${button && html`<button type="button" class="link" onClick=${again}>${t('again')}</button>`}</p>`;
	}
	return html`<div class=${`state ${button ? 'state-error' : ''}`} role="alert">
		<p class="state-title">${error.message}</p>
		${error.status === 404 && html`<p>${t('error_missing')}</p>`}
		<${Said} error=${error} />
		${button && html`<p><button type="button" class="button" onClick=${again}>${t('again')}</button></p>`}
	</div>`;
}

// Above the page while the server does not answer.
export function Away() {
	const error = away.use();
	useEffect(() => {
		const timer = error && setInterval(retry, AGAIN_MS);
		return () => clearInterval(timer);
	}, [error]);
	return error && html`<div class="state state-error away" role="alert"><p class="state-title">${error.message}</p>
		<p>${t('error_away_lead')} <button type="button" class="link" onClick=${retry}>${t('again')}</button></p></div>`;
}

// Does an answer lack a time that is not kept any more? A question of a whole day begins before the first record of a capture.
const HOUR_MS = 3600e3;
export const isBeforeKept = (notes) => notes?.is_past_retention === true && Date.parse(notes.kept_from) - Date.parse(notes.from) >= HOUR_MS;

// Above the page while a source of the server does not answer: what is shown may be old, however live it looks.
export function Troubled({ again }) {
	const { trouble } = useSession()?.source ?? {};
	const isTroubled = Boolean(trouble);
	useEffect(() => {
		const timer = isTroubled && setInterval(again, AGAIN_MS);
		return () => clearInterval(timer);
	}, [isTroubled, again]);
	return trouble && html`<div class="state state-error away" role="alert"><p class="state-title">${trouble.as_of ? t('trouble_as_of', { at: moment(trouble.as_of) }) : t('trouble')}</p>
		<p>${t('trouble_lead')}</p><${Said} error=${{ said: trouble.says }} /></div>`;
}

// What an answer is worth: retention, gaps, what is left out, its age. Nothing where there is nothing to say.
export function Notes({ notes, error, at, again }) {
	const said = []; // that the server does not answer stands above the page
	if (error && error.status !== 0) {
		said.push([t('stale', { since: at ? moment(at) : '' }), error.message]);
	}
	if (notes?.source && session.get()?.source?.live) {
		said.push([t('notes_source', { source: notes.source })]);
	}
	if (isBeforeKept(notes)) {
		said.push([t('past_retention', { from: moment(notes.kept_from) })]);
	}
	if (notes?.days_withheld > 0) {
		said.push([t('days_withheld', { days: count(notes.days_withheld), k: notes.k ?? '' })]);
	}
	if (notes?.days_cut > 0) {
		said.push([t('days_cut', { days: count(notes.days_cut), k: notes.k ?? '' })]);
	}
	const gaps = (notes?.gaps?.length ?? 0) + (notes?.gaps_more ?? 0);
	if (gaps > 0) {
		said.push([t('gaps', { gaps: count(gaps) })]);
	}
	if (notes?.left_out > 0) {
		said.push([t('left_out', { count: count(notes.left_out) })]);
	}
	if (notes?.clocks_apart_s > 0) {
		said.push([t('clocks_apart', { seconds: count(notes.clocks_apart_s), flows: count(notes.flows_apart) })]);
	}
	if (notes?.is_ahead) {
		said.push([t('clock_ahead')]);
	}
	if (notes?.problems > 0 || notes?.problems?.length > 0) {
		said.push([t('problems', { count: count(notes.problems.length ?? notes.problems) })]);
	}
	return said.length > 0 && html`<ul class="notes">${said.map(([one, why]) => html`<li>${one}${why && html` <span class="muted">${why}</span>`}
		${error && again && html` <button type="button" class="link" onClick=${again}>${t('again')}</button>`}</li>`)}</ul>`;
}

// The usual frame of an answer of useApi: skeleton, error or what it holds; stale and partial answers say so, unless another
// part of the page says it already (isQuiet).
export function Answer({ of, rows, kind, isEmpty, empty, isQuiet, children }) {
	if (of.error && !of.data) {
		return html`<${Failed} error=${of.error} again=${of.again} />`;
	}
	if (!of.data) {
		return html`<${Skeleton} rows=${rows} kind=${kind} />`;
	}
	return html`<div class=${of.isLoading && of.isOther ? 'answer is-old' : 'answer'} aria-busy=${of.isLoading && of.isOther ? 'true' : 'false'}>
		<${Notes} notes=${isQuiet ? null : of.data.notes} error=${of.error} at=${of.at} again=${of.again} />
		${isEmpty?.(of.data) ? empty ?? html`<${Empty} />` : children(of.data)}
	</div>`;
}
