// The world for the map: Natural Earth's countries (world-atlas, 1:50 m), simplified to what 1,000 pixels can show, each
// with its two-letter code. Small countries stay: a point stands for those that would vanish.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { quantize } from 'topojson-client';
import { filter, filterWeight, presimplify, simplify } from 'topojson-simplify';

const require = createRequire(import.meta.url);
const SMALLEST = 0.012; // square degrees: of a ring, and of the triangle a point makes with its neighbours
const STEPS = 2e4;

export function world() {
	const atlas = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8'));
	const codes = new Map(require('i18n-iso-countries/codes.json').map(([two, , number]) => [number, two]));
	delete atlas.objects.land;
	const weighed = presimplify(atlas);
	const simple = simplify(weighed, SMALLEST);
	const kept = filter(simple, filterWeight(simple, SMALLEST * 8));
	const shapes = kept.objects.countries.geometries
		.filter((shape) => shape.id !== '010') // Antarctica: ice without addresses
		.map((shape) => ({ type: shape.type, arcs: shape.arcs, id: codes.get(shape.id) ?? '' }));
	kept.objects.countries.geometries = shapes;
	return quantize(filter(kept), STEPS);
}
