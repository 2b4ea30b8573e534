// A unit: what it uses, under whose control, where that lands, what the rules say of it, and its open alerts.
import { html } from '../core/dom.js';
import { day } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { place } from '../core/place.js';
import { session } from '../core/session.js';
import { useApi } from '../core/use_api.js';
import { Similar } from '../parts/alert_detail.js';
import { Section } from '../parts/section.js';
import { Breakdown, Facts, Subject, SubjectCourse, SubjectNumbers, useSubject } from '../parts/subject.js';

const SHOWN = 5;

function Alerts({ unit }) {
	const { source, may } = session.get() ?? {}; // to whom an alert is a line alone, it is of no unit
	const answer = useApi(source?.has_alerts === false || !may?.includes('alerts') ? null : '/alerts', { unit, state: 'open', most: SHOWN }, { on: ['alert'] });
	return answer.data?.alerts.length > 0 && html`<${Section} id="alerts" title=${t('alerts_title')} end=${html`<a href=${`/alerts?unit=${encodeURIComponent(unit)}`}>${t('alerts_all', { count: answer.data.all })}</a>`}><${Similar} alerts=${answer.data.alerts} /></${Section}>`;
}

export function Page({ id }) {
	const { query } = place.use();
	const mine = useSubject(query, { unit: id });
	const about = useApi(`/units/${encodeURIComponent(id)}`);
	const unit = about.data?.unit ?? {};
	return html`<${Subject} kind=${t('kind_unit')} name=${unit.name ?? id} lead=${unit.protection && t('unit_protection', { level: word('web.protection', unit.protection) })} query=${mine}>
		<${SubjectNumbers} query=${mine} /><${SubjectCourse} query=${mine} />
		<${Alerts} unit=${id} />
		<div class="columns"><${Breakdown} query=${mine} by="app,control" title=${t('unit_apps')} /><${Breakdown} query=${mine} by="parent,control" title=${t('unit_control')} /></div>
		<div class="columns"><${Breakdown} query=${mine} by="server,zone" title=${t('app_lands')} /><${Breakdown} query=${mine} by="verdict" title=${t('app_verdicts')} /></div>
		${about.data?.assessments.length > 0 && html`<${Section} id="about" title=${t('unit_assessments')}><${Facts} facts=${about.data.assessments.map((row) => [row.app_name ?? row.app, `${word('state', row.state)}${row.next_review ? ` · ${t('unit_review', { day: day(row.next_review) })}` : ''}`])} /></${Section}>`}
	</${Subject}>`;
}
