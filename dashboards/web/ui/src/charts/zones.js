// Zones in the order that every chart stacks and names them: what is inside first, what is not known last.
export const ZONES = ['eu', 'eea', 'adequate', 'adequate_partial', 'third', 'unknown', 'internal'];
export const isZone = (value) => ZONES.includes(value);
export const tokenOf = (zone) => (isZone(zone) ? zone : 'unknown');
export const OUTSIDE = 'outside-eea';
