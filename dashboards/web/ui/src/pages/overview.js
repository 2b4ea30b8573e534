// What leaves where, under whose control, and is that unusual?
import { html } from '../core/dom.js';
import { Chips } from '../components/chips.js';
import { t } from '../core/messages.js';
import { filters, place } from '../core/place.js';
import { Course } from '../parts/course.js';
import { Coverage } from '../parts/coverage.js';
import { Control, Landing } from '../parts/diagrams.js';
import { Headline } from '../parts/headline.js';
import { OpenAlerts } from '../parts/open_alerts.js';
import { WhereWho } from '../parts/where_who.js';

export function Page() {
	const { query } = place.use();
	return html`<div class="overview">
		${(filters(query).length > 0 || query.get('text')) && html`<p class="filter-line">${t('filtered')} <${Chips} /></p>`}
		<${Headline} query=${query} />
		<div class="columns is-large"><${WhereWho} query=${query} /><${Course} query=${query} /></div>
		<div class="columns"><${Landing} query=${query} /><${Control} query=${query} /></div>
		<div class="columns"><${OpenAlerts} /><${Coverage} query=${query} /></div>
	</div>`;
}
