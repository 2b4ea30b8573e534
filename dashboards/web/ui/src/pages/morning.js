// The morning page: what is new since the beginning of yesterday, what is unresolved from before, and what has the same
// cause in several units.
import { html, useState } from '../core/dom.js';
import { Answer, Empty } from '../components/states.js';
import { count, period } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { change, href, place } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Similar } from '../parts/alert_detail.js';
import { Section } from '../parts/section.js';

const DAY_MS = 86400e3;
const dayOf = (time) => new Date(time).toISOString().slice(0, 10);

function Turn({ day }) {
	const at = Date.parse(`${day ?? dayOf(Date.now())}T12:00:00Z`);
	const turn = (by) => () => change({ day: by > 0 && at + 2 * DAY_MS > Date.now() ? null : dayOf(at + by * DAY_MS) });
	return html`<span class="choices"><button type="button" class="button" onClick=${turn(-1)}>${t('morning_before')}</button>
		${day && html`<button type="button" class="button" onClick=${turn(1)}>${t('morning_after')}</button>`}</span>`;
}

const alertsOf = (cause) => href('/alerts', { kind: cause.kind, app: cause.app });
const Causes = ({ causes }) => html`<ul class="causes">${causes.map((cause) => html`<li key=${`${cause.kind} ${cause.rule} ${cause.app}`}><a href=${alertsOf(cause)}>${[word('web.alert_kind', cause.kind), cause.app_name, cause.rule].filter(Boolean).join(' · ')}</a>
	<span>${t('morning_units', { alerts: count(cause.alerts), count: count(cause.units.length), units: cause.units.join(', ') })}</span></li>`)}</ul>`;

// Of a long list the first lines; more where somebody wants them.
const MOST = 50;

function Lines({ alerts }) {
	const [most, setMost] = useState(MOST);
	const left = alerts.length - most;
	return html`<${Similar} alerts=${alerts.slice(0, most)} />
		${left > 0 && html`<p class="below"><button type="button" class="button" onClick=${() => setMost(most + MOST)}>${t('lines_more', { count: count(left) })}</button></p>`}`;
}

export function Page() {
	const { query } = place.use();
	const answer = useApi('/morning', { day: query.get('day') }, { on: ['alert'] });
	return html`<div class="reading">${!answer.data && html`<header class="page-head"><h1>${t('page_morning')}</h1></header>`}<${Answer} of=${answer} rows=${8}>${(morning) => html`
		<div class="page-head"><h1 class="lead">${t('morning_lead', { fresh: count(morning.new.length), open: count(morning.unresolved.length), quiet: count(morning.quiet) })}</h1><${Turn} day=${query.get('day')} /></div>
		<p class="muted">${period(morning.from, morning.to)}</p>
		<${Section} id="new" title=${t('morning_new')}>${morning.new.length > 0 ? html`<${Lines} alerts=${morning.new} />` : html`<${Empty} title=${t('morning_new_none')}>${t('morning_new_none_do')}</${Empty}>`}</${Section}>
		${morning.same_cause.length > 0 && html`<${Section} id="same" title=${t('morning_same')}><${Causes} causes=${morning.same_cause} /></${Section}>`}
		<${Section} id="unresolved" title=${t('morning_unresolved')}>${morning.unresolved.length > 0 ? html`<${Lines} alerts=${morning.unresolved} />` : html`<p class="muted">${t('morning_unresolved_none')}</p>`}</${Section}>`}
	</${Answer}></div>`;
}
