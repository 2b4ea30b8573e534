// The world for the map: Natural Earth's countries (world-atlas, 1:50 m) with their two-letter codes, simplified to what a
// thousand pixels can show, and a place for a circle in each, also in those too small to be drawn.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { geoArea, geoCentroid } from 'd3-geo';
import { feature, quantize } from 'topojson-client';
import { filter, filterWeight, presimplify, simplify } from 'topojson-simplify';

const require = createRequire(import.meta.url);
const SMALLEST = 0.05; // square degrees that a point makes with its neighbours
const SMALLEST_RING = 0.15;
const STEPS = 1e4;

// The middle of a country's largest part: of France in Europe, of the United States between their coasts.
function middle({ geometry }) {
	const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
	const largest = parts
		.map((coordinates) => ({ type: 'Polygon', coordinates }))
		.reduce((a, b) => (geoArea(b) > geoArea(a) ? b : a));
	return geoCentroid(largest).map((degrees) => Math.round(degrees * 10) / 10);
}

export function world() {
	const atlas = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8'));
	const codes = new Map(require('i18n-iso-countries/codes.json').map(([two, , number]) => [number, two]));
	const all = atlas.objects.countries.geometries.filter((shape) => shape.id !== '010'); // Antarctica: no addresses
	atlas.objects = { countries: { type: 'GeometryCollection', geometries: all.map(({ type, arcs, id }) => ({ type, arcs, id: codes.get(id) ?? '' })) } };
	const places = feature(atlas, atlas.objects.countries).features
		.filter((country) => country.id !== '')
		.map((country) => [country.id, middle(country)]);
	const simple = simplify(presimplify(atlas), SMALLEST);
	const kept = filter(simple, filterWeight(simple, SMALLEST_RING));
	kept.objects.countries.geometries = kept.objects.countries.geometries.filter((shape) => shape.type);
	return { ...quantize(kept, STEPS), places };
}
