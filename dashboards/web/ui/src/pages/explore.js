// Any question: a sentence of filters, time and grouping; its course, its table, and the flows behind it.
import { html, useEffect } from '../core/dom.js';
import { Chips } from '../components/chips.js';
import { TimeRange } from '../components/time_range.js';
import { address } from '../core/api.js';
import { useKeys } from '../core/keys.js';
import { t, tx } from '../core/messages.js';
import { asked, bounds } from '../core/period.js';
import { change, DIMENSIONS, filters, go, href, place } from '../core/place.js';
import { copy } from '../core/say.js';
import { useSession } from '../core/session.js';
import { CourseChart, MEASURES, useCourse } from '../parts/course.js';
import { Answer } from '../components/states.js';
import { askedText } from '../components/time_range.js';
import { FlowList } from '../parts/flow_list.js';
import { groupOf, Groups, SORTS } from '../parts/groups.js';
import { question } from '../parts/question.js';
import { Section } from '../parts/section.js';

const measureOf = (sort) => MEASURES[sort] ?? MEASURES.bytes;

// The dimensions of a grouping, each a choice; the second may be none.
function Grouping({ by }) {
	const set = (at) => (event) => {
		const next = [...by];
		next[at] = event.currentTarget.value;
		change({ by: [...new Set(next.filter(Boolean))].join(','), first: null, where: null });
	};
	const choice = (at) => html`<select class="button inline-choice" aria-label=${at === 0 ? t('explore_by') : t('explore_by_second')} value=${by[at] ?? ''} onChange=${set(at)}>
		${at > 0 && html`<option value="">${t('explore_by_none')}</option>`}
		${DIMENSIONS.filter((one) => one !== by[1 - at]).map((one) => html`<option key=${one} value=${one}>${t(`by_${one}`)}</option>`)}</select>`;
	return html`${choice(0)} ${choice(1)}`;
}

function TextFilter({ query }) {
	const submit = (event) => {
		event.preventDefault();
		change({ text: event.currentTarget.elements.text.value.trim(), first: null });
	};
	return html`<form class="text-filter" onSubmit=${submit}><input name="text" type="search" aria-label=${t('explore_text')} placeholder=${t('explore_text')} defaultValue=${query.get('text') ?? ''} key=${query.get('text') ?? ''} /></form>`;
}

// The same view for somebody else, and later: with the times that are meant.
function permalink(query) {
	const [from, to] = bounds(asked(query)).map((at) => new Date(at).toISOString());
	return location.origin + href('/explore', { last: null, from, to }, query);
}

function Actions({ query, wanted }) {
	return html`<div class="actions">
		<a class="button" download href=${address('/table', { ...wanted, format: 'csv' })}>CSV</a>
		<a class="button" download href=${address('/table', { ...wanted, format: 'ndjson' })}>ndjson</a>
		<button type="button" class="button" onClick=${() => copy(permalink(query), t('explore_copied'))}>${t('explore_link')}</button>
	</div>`;
}

export function Page() {
	const { query } = place.use();
	const { source, sees_devices } = useSession();
	const by = groupOf(query);
	const sort = SORTS.includes(query.get('sort')) ? query.get('sort') : 'bytes';
	const course = useCourse(query.get('where') === null ? question(query) : null, query);
	// What somebody wrote asks single flows: sums are not kept by it.
	const isWritten = query.get('where') !== null;
	useEffect(() => {
		if (query.get('flow')) {
			go(`/flows/${encodeURIComponent(query.get('flow'))}`, { isReplacing: true });
		}
	}, [query]);
	const isFiltered = filters(query).length > 0 || query.get('text');
	useKeys({ z: [() => history.back(), t('key_back')] });
	return html`<div class="explore">
		<h1 class="sentence">${tx('explore_sentence', {
			filters: isFiltered ? html`<${Chips} />` : html`<span class="muted">${t('explore_all')}</span>`,
			time: html`<${TimeRange} isInSentence=${true} />`,
			by: html`<${Grouping} by=${by} />`,
		})}</h1>
		${!isWritten && html`<${Section} id="course" title=${t('course_title')} lead=${t(`course_${MEASURES[sort] ? sort : 'bytes'}`)}><${Answer} of=${course} kind="chart" rows=${1} isEmpty=${(one) => one.rows.length === 0}>
			${(one) => html`<${CourseChart} answer=${one} measure=${measureOf(sort)} label=${t('course_label', { time: askedText(query) })} />`}
		</${Answer}></${Section}>
		<${Section} id="table" title=${t('explore_table', { by: by.map((one) => t(`by_${one}`)).join(' × ') })} end=${html`<${TextFilter} query=${query} /><${Actions} query=${query} wanted=${question(query, { by: by.join(','), sort })} />`}>
			<${Groups} query=${query} by=${by} sort=${sort} /></${Section}>`}
		${sees_devices && source?.has_flows !== false && html`<${FlowList} query=${query} />`}
	</div>`;
}
