// What canvases are painted with: colour tokens, hatched where something is not known, and letters of the page's font.
import { colour } from '../core/theme.js';

const HATCH = 6;

// Lines at an angle over nothing or a ground: of what is not known, and of gaps.
export function hatch(line, ground) {
	const tile = document.createElement('canvas');
	const scale = devicePixelRatio;
	tile.width = tile.height = HATCH * scale;
	const pen = tile.getContext('2d');
	if (ground) {
		pen.fillStyle = ground;
		pen.fillRect(0, 0, tile.width, tile.height);
	}
	pen.strokeStyle = line;
	pen.lineWidth = 1.5 * scale;
	for (const shift of [-tile.width, 0, tile.width]) {
		pen.beginPath();
		pen.moveTo(shift, tile.height);
		pen.lineTo(shift + tile.width, 0);
		pen.stroke();
	}
	return pen.createPattern(tile, 'repeat');
}

export const fillOf = (token) => (token === 'unknown' ? hatch(colour('surface'), colour('unknown')) : colour(token));

export const font = (size = 12) => `${size}px system-ui, sans-serif`;
