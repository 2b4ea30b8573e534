// Which alerts are listed: state, severity and kind; a text in their words. All of it stands in the address.
import { html, useState } from '../core/dom.js';
import { t, word } from '../core/messages.js';
import { change } from '../core/place.js';

const STATES = ['open', 'new', 'acknowledged', 'escalated', 'closed', 'suppressed', 'all'];
const SEVERITIES = ['low', 'medium', 'high', 'critical'];
const KINDS = ['policy', 'transfer', 'anomaly', 'sensor'];

const Choice = ({ name, label, value, options }) => html`<label class="choice"><span class="unseen">${label}</span>
	<select value=${value} onChange=${(event) => change({ [name]: event.currentTarget.value || null, first: null }, { isReplacing: true })}>
		${options.map(([one, text]) => html`<option key=${one} value=${one}>${text}</option>`)}</select></label>`;

export function AlertFilters({ query }) {
	const [text, setText] = useState(query.get('text') ?? '');
	const submit = (event) => {
		event.preventDefault();
		change({ text: text.trim() || null }, { isReplacing: true });
	};
	const others = ['unit', 'app'].filter((name) => query.has(name));
	return html`<form class="alert-filters" onSubmit=${submit} role="search" aria-label=${t('alerts_filter')}>
		<${Choice} name="state" label=${t('alerts_by_state')} value=${query.get('state') ?? 'open'} options=${STATES.map((one) => [one, one === 'open' || one === 'all' ? t(`alerts_state_${one}`) : word('desk_state', one)])} />
		<${Choice} name="severity" label=${t('alerts_by_severity')} value=${query.get('severity') ?? ''} options=${[['', t('alerts_any_severity')], ...SEVERITIES.map((one) => [one, t('alerts_least', { severity: word('desk_severity', one) })])]} />
		<${Choice} name="kind" label=${t('alerts_by_kind')} value=${query.get('kind') ?? ''} options=${[['', t('alerts_any_kind')], ...KINDS.map((one) => [one, t(`alerts_kind_${one}`)])]} />
		<label class="choice alert-text"><span class="unseen">${t('alerts_text')}</span><input type="search" value=${text} placeholder=${t('alerts_text')} onInput=${(event) => setText(event.currentTarget.value)} onChange=${submit} /></label>
		${others.map((name) => html`<span class="chip" key=${name}>${t(`by_${name}`)} ${query.get(name)}<button type="button" class="chip-drop" aria-label=${t('chip_drop', { name: query.get(name) })} onClick=${() => change({ [name]: null })}>×</button></span>`)}
	</form>`;
}
