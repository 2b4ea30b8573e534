// The world: a circle a country, its area what was sent there, its colour the zone. The same figures stand in the matrix.
//
// rows  [{ value, name, zone, total }], the largest first
import { geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import world from 'made:world';
import { html, useMemo, useState } from '../core/dom.js';
import { openHandle } from '../components/handle.js';
import { sent } from '../core/format.js';
import { t } from '../core/messages.js';
import { tokenOf } from './zones.js';

const WIDE = 960;
const HIGH = 440;
const LARGEST = 26;
const EUROPE = [[-12, 34], [40, 71]];

const countries = feature(world, world.objects.countries).features;
const places = new Map(world.places);

function projection(isNear) {
	const [[west, south], [east, north]] = EUROPE;
	const corners = { type: 'MultiPoint', coordinates: [[west, south], [east, south], [west, north], [east, north]] };
	const shape = isNear ? corners : { type: 'Sphere' };
	return geoEqualEarth().rotate([isNear ? -14 : -11, 0]).fitExtent([[4, isNear ? -10 : 4], [WIDE - 4, isNear ? HIGH + 20 : HIGH + 60]], shape).clipExtent([[0, 0], [WIDE, HIGH]]);
}

function useShapes(isNear) {
	return useMemo(() => {
		const project = projection(isNear);
		const path = geoPath(project).digits(1);
		return { project, lines: path(geoGraticule10()), land: countries.map((country) => ({ id: country.id, d: path(country) })).filter((one) => one.d) };
	}, [isNear]);
}

function Circle({ row, at, radius }) {
	const label = `${row.name}: ${sent(row.total)}`;
	const open = (event) => openHandle({ by: 'server', value: row.value, name: row.name }, event.currentTarget);
	const onKey = (event) => {
		if (event.key === 'Enter' || event.key === ' ') {
			event.preventDefault();
			open(event);
		}
	};
	return html`<g class="node" role="button" tabindex="0" aria-haspopup="menu" aria-label=${label} onClick=${open} onKeyDown=${onKey}>
		<title>${label}</title><circle cx=${at[0]} cy=${at[1]} r=${Math.max(radius, 12)} class="map-reach" />
		<circle cx=${at[0]} cy=${at[1]} r=${radius} class="map-circle ink-${tokenOf(row.zone)}" />
		${radius > 9 && html`<text x=${at[0]} y=${at[1] - radius - 3} text-anchor="middle">${row.name}</text>`}</g>`;
}

export function WorldMap({ rows }) {
	const [isNear, setNear] = useState(false);
	const { project, lines, land } = useShapes(isNear);
	const tokens = new Map(rows.map((row) => [row.value, tokenOf(row.zone)]));
	const most = Math.max(...rows.map((row) => row.total.bytes_up), 1);
	const circles = rows
		.map((row) => ({ row, at: places.has(row.value) && project(places.get(row.value)), radius: Math.max(2.5, LARGEST * Math.sqrt(row.total.bytes_up / most)) }))
		.filter(({ row, at }) => at && row.total.bytes_up > 0 && at[0] >= 0 && at[0] <= WIDE && at[1] >= 0 && at[1] <= HIGH);
	return html`<div class="map-frame"><svg class="map" viewBox="0 0 ${WIDE} ${HIGH}" role="group" aria-label=${t('map_title')}>
			<path d=${lines} class="map-lines" />
			${land.map((one, i) => html`<path key=${i} d=${one.d} class=${`map-land ${tokens.has(one.id) ? `tint-${tokens.get(one.id)}` : ''}`} />`)}
			${circles.map((circle) => html`<${Circle} key=${circle.row.value} ...${circle} />`)}
		</svg>
		<div class="choices"><button type="button" class="button" aria-pressed=${isNear ? 'false' : 'true'} onClick=${() => setNear(false)}>${t('map_world')}</button>
		<button type="button" class="button" aria-pressed=${isNear ? 'true' : 'false'} onClick=${() => setNear(true)}>${t('map_europe')}</button></div></div>`;
}
