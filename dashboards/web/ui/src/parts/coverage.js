// What is known of the traffic at all: named, inferred, hidden by cause; and who looked. What was not measured says so.
import { html } from '../core/dom.js';
import { Bar } from '../components/table.js';
import { Handle } from '../components/handle.js';
import { Answer, Empty } from '../components/states.js';
import { count, percent, size } from '../core/format.js';
import { t } from '../core/messages.js';
import { asked } from '../core/period.js';
import { href } from '../core/place.js';
import { useApi } from '../core/use_api.js';
import { Section } from './section.js';

const bytes = (figures) => figures.bytes_up + figures.bytes_down;

function Line({ label, figures, whole, token }) {
	return html`<tr><th scope="row">${label}</th><td class="figure">${figures.is_hidden ? '\u2013' : size(bytes(figures))}</td><td class="figure">${percent(bytes(figures), whole)}</td>
		<td class="with-bar"><${Bar} share=${whole > 0 ? bytes(figures) / whole : 0} token=${token} /></td></tr>`;
}

const sensorText = (sensors) => {
	if (!sensors) {
		return t('coverage_unmeasured');
	}
	return sensors.silent > 0 ? t('coverage_sensors_silent', { all: sensors.all, silent: sensors.silent }) : t('coverage_sensors', { all: sensors.all });
};

function Facts({ sensors, inventory, segments }) {
	return html`<dl class="facts">
		<div><dt>${t('coverage_sensors_title')}</dt><dd>${sensorText(sensors)}</dd></div>
		${(inventory ?? []).map((one) => html`<div key=${one.class}><dt>${t('coverage_inventory', { class: one.name })}</dt><dd>${t('coverage_seen', { seen: count(one.seen), all: count(one.enrolled) })}</dd></div>`)}
		${!inventory && html`<div><dt>${t('coverage_inventory_title')}</dt><dd>${t('coverage_unmeasured')}</dd></div>`}
		<div><dt>${t('coverage_segments')}</dt><dd>${segments ? t('coverage_seen', { seen: count(segments.proven), all: count(segments.all) }) : t('coverage_unmeasured')}</dd></div>
	</dl>`;
}

export function Coverage({ query }) {
	const answer = useApi('/coverage', asked(query), { on: ['figures'] });
	const cause = (row) => html`<${Handle} by="hidden" value=${row.cause} name=${row.name} />`;
	return html`<${Section} id="coverage" title=${t('coverage_title')} lead=${t('coverage_lead')}><${Answer} of=${answer} rows=${6} isQuiet=${true} isEmpty=${(one) => one.total.flows === 0} empty=${html`<${Empty} />`}>
		${({ total, named, inferred, hidden, sensors, inventory, segments }) => html`<table class="coverage"><caption class="unseen">${t('coverage_title')}</caption>
			<thead class="unseen"><tr><th scope="col">${t('coverage_what')}</th><th scope="col">${t('column_bytes')}</th><th scope="col">${t('column_share')}</th><td></td></tr></thead><tbody>
			<${Line} label=${html`<a href=${href('/explore', { by: 'app' }, query)}>${t('coverage_named')}</a>`} figures=${named} whole=${bytes(total)} token="text" />
			<${Line} label=${html`<a href=${href('/explore', { by: 'inferred' }, query)}>${t('coverage_inferred')}</a>`} figures=${inferred} whole=${bytes(total)} token="text" />
			${hidden.map((row) => html`<${Line} key=${row.cause} label=${cause(row)} figures=${row.total} whole=${bytes(total)} token="unknown" />`)}
		</tbody></table><${Facts} sensors=${sensors} inventory=${inventory} segments=${segments} />`}
	</${Answer}></${Section}>`;
}
