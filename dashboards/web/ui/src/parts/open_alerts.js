// Alerts that wait for somebody, the latest first.
import { html } from '../core/dom.js';
import { Severity } from '../components/severity.js';
import { Answer, Empty } from '../components/states.js';
import { moment } from '../core/format.js';
import { t } from '../core/messages.js';
import { useApi } from '../core/use_api.js';
import { Section } from './section.js';

const SHOWN = 6;

export function OpenAlerts() {
	const answer = useApi('/alerts', { state: 'open', most: SHOWN }, { on: ['alert'] });
	if (answer.error?.status === 501) {
		return html`<${Section} id="alerts" title=${t('alerts_title')}><${Empty} title=${t('alerts_none_kept')}>${answer.error.message}</${Empty}></${Section}>`;
	}
	return html`<${Section} id="alerts" title=${t('alerts_title')} end=${answer.data?.all > SHOWN && html`<a href="/alerts">${t('alerts_all', { count: answer.data.all })}</a>`}>
		<${Answer} of=${answer} rows=${SHOWN} isEmpty=${(one) => one.alerts.length === 0} empty=${html`<${Empty} title=${t('alerts_none')}>${t('alerts_none_do')}</${Empty}>`}>
			${(one) => html`<ul class="alert-lines">${one.alerts.map((alert) => html`<li key=${alert.id}><${Severity} level=${alert.severity} />
				<a href=${`/alerts/${encodeURIComponent(alert.id)}`}>${alert.sentence ?? `${alert.app_name ?? alert.kind}`}</a><span class="muted small">${moment(alert.changed)}</span></li>`)}</ul>`}
		</${Answer}></${Section}>`;
}
