// The map, whose world is fetched when it is wanted, and the diagram of who sends to what under whose control.
import { html, useEffect, useState } from '../core/dom.js';
import { FlowDiagram } from '../charts/flow_diagram.js';
import { Answer, Skeleton } from '../components/states.js';
import { t } from '../core/messages.js';
import { rememberRows } from '../core/names.js';
import { useApi } from '../core/use_api.js';
import { leaving } from './question.js';
import { Section } from './section.js';
import { useCountries } from './where_who.js';

const FLOWS = 40;

function useWorldMap() {
	const [found, setFound] = useState(null);
	useEffect(() => {
		let isWanted = true;
		import('../charts/map.js').then((bundle) => isWanted && setFound(() => bundle.WorldMap), () => {});
		return () => {
			isWanted = false;
		};
	}, []);
	return found;
}

export function Landing({ query }) {
	const WorldMap = useWorldMap();
	const answer = useCountries(query, 400);
	return html`<${Section} id="map" title=${t('map_title')} lead=${t('map_lead')}><${Answer} of=${answer} kind="chart" rows=${1} isQuiet=${true} isEmpty=${(one) => one.rows.length === 0}>
		${(one) => (WorldMap ? html`<${WorldMap} rows=${one.rows.filter((row) => !row.is_remainder).map((row) => ({ value: row.values[0], name: row.names[0], zone: row.values[1], total: row.total }))} />` : html`<${Skeleton} kind="chart" rows=${1} />`)}
	</${Answer}></${Section}>`;
}

export function Control({ query }) {
	const answer = useApi('/table', leaving(query, { by: 'unit,app,control', sort: 'up', most: FLOWS }), { on: ['figures'] });
	rememberRows(answer.data, ['unit', 'app', 'control']);
	const lead = (one) => (one.all_rows > FLOWS ? t('flow_largest', { shown: FLOWS, all: one.all_rows }) : t('flow_lead'));
	return html`<${Section} id="flow" title=${t('flow_title')} lead=${answer.data && lead(answer.data)}><${Answer} of=${answer} kind="chart" rows=${1} isQuiet=${true} isEmpty=${(one) => one.rows.length === 0}>
		${(one) => html`<${FlowDiagram} rows=${one.rows} />`}
	</${Answer}></${Section}>`;
}
