// Zones in the order that every chart stacks and names them: what is inside first, what is not known last.
export const ZONES = ['eu', 'eea', 'adequate', 'adequate_partial', 'third', 'unknown', 'internal'];
export const isZone = (value) => ZONES.includes(value);
export const tokenOf = (zone) => (isZone(zone) ? zone : 'unknown');
// Control by a country that the policy watches has a colour of its own.
export const controlToken = (country, zone, watched = []) => (watched.includes(country) ? 'watched' : tokenOf(zone));
export const OUTSIDE = 'outside-eea';
