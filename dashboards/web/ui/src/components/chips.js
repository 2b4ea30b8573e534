// Filters as chips in a sentence: each is a handle, and has its own way out.
import { html } from '../core/dom.js';
import { t, tx } from '../core/messages.js';
import { isNamed, named, nameOf, rememberRows } from '../core/names.js';
import { asked } from '../core/period.js';
import { change, changed, filters, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Handle } from './handle.js';

// Names of apps that an address filters by, where no answer has brought them yet.
function useNames(query, all) {
	named.use();
	const app = all.filter((filter) => filter.by === 'app' && !isNamed(filter.by, filter.value)).map((filter) => filter.value);
	const answer = useApi(app.length > 0 ? '/table' : null, { ...asked(query), by: 'app', app, most: app.length });
	rememberRows(answer.data, ['app']);
}

function Chip({ filter }) {
	const name = nameOf(filter.by, filter.value);
	const drop = () => change({ [filter.by]: changed(filter.by, filter.value, 'drop'), first: null });
	return html`<span class=${filter.isExcluded ? 'chip is-excluded' : 'chip'}>
		${filter.isExcluded && html`<span class="chip-not">${t('chip_not')} </span>`}
		<${Handle} by=${filter.by} value=${filter.value} name=${name} />
		<button type="button" class="chip-drop" aria-label=${t('chip_drop', { name })} onClick=${drop}>×</button>
	</span>`;
}

// "app TikTok or Telegram", "unit not School"
export function Chips() {
	const { query } = place.use();
	const all = filters(query);
	useNames(query, all);
	const text = query.get('text');
	const kinds = [...new Set(all.map((filter) => filter.by))];
	return html`${kinds.map((by) => html`<span class="chips" key=${by}><span class="chips-kind">${t(`by_${by}`)}</span> ${all
		.filter((filter) => filter.by === by)
		.map((filter, i) => html`${i > 0 && html`<span class="chips-or">${filter.isExcluded ? t('chip_and') : t('chip_or')}</span> `}<${Chip} key=${filter.value} filter=${filter} />`)}</span> `)}
	${text && html`<span class="chips" key="text"><span class="chips-kind">${t('by_text')}</span> <span class="chip">${text}
		<button type="button" class="chip-drop" aria-label=${t('chip_drop', { name: text })} onClick=${() => change({ text: null })}>×</button></span></span>`}
	${kinds.length + (text ? 1 : 0) > 1 && html`<button type="button" class="link" onClick=${() => change({ ...Object.fromEntries(kinds.map((by) => [by, null])), text: null, first: null })}>${t('chip_drop_all')}</button>`}`;
}
