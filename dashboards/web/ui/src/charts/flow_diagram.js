// Who sends to what, and who controls it: unit → app → zone of control, as wide as what was sent. Every node is a handle.
//
// rows  [{ values: [unit, app, control], names, total }], the largest first
import { sankey, sankeyLinkHorizontal } from 'd3-sankey';
import { html, useMemo } from '../core/dom.js';
import { openHandle } from '../components/handle.js';
import { size } from '../core/format.js';
import { t, word } from '../core/messages.js';
import { tokenOf } from './zones.js';

const WIDE = 720;
const NODE = 10;
const SIDE = 140; // room for the names at both sides
const ROW = 25;
const KINDS = ['unit', 'app', 'control'];
const LETTERS = [22, 26, 22];

function graph(rows) {
	const nodes = new Map();
	const links = new Map();
	const node = (row, at) => {
		const id = `${at}\u0000${row.values[at]}`;
		nodes.set(id, nodes.get(id) ?? { id, by: KINDS[at], at, what: row.values[at], name: row.names[at] });
		return id;
	};
	for (const row of rows) {
		const ids = KINDS.map((_, at) => node(row, at));
		const token = tokenOf(row.values[2]);
		for (const [source, target] of [[ids[0], ids[1]], [ids[1], ids[2]]]) {
			const key = `${source}\u0001${target}\u0001${token}`;
			const link = links.get(key) ?? { source, target, token, value: 0 };
			link.value += row.total.bytes_up;
			links.set(key, link);
		}
	}
	return { nodes: [...nodes.values()], links: [...links.values()] };
}

function layout(rows) {
	const given = graph(rows);
	const most = Math.max(...KINDS.map((_, at) => given.nodes.filter((node) => node.at === at).length));
	const high = Math.max(200, most * ROW);
	const lay = sankey().nodeId((node) => node.id).nodeAlign((node) => node.at).nodeWidth(NODE).nodePadding(13).extent([[SIDE, 4], [WIDE - SIDE, high - 4]]);
	return { ...lay(given), high };
}

// What fits beside a node: without what stands in brackets, and then as many words as there is room for.
function short(name, most) {
	const plain = name.length > most ? name.replace(/ [(/].*$/, '') : name;
	const words = plain.slice(0, most + 1).split(' ');
	return plain.length <= most ? plain : words.length > 1 ? words.slice(0, -1).join(' ') : plain.slice(0, most);
}

function Node({ node }) {
	const isRight = node.at === 2;
	const x = node.at === 0 ? node.x0 - 6 : node.x1 + 6;
	const high = Math.max(1, node.y1 - node.y0);
	const text = short(isRight ? word('zone_short', node.what) : node.name, LETTERS[node.at]);
	const label = `${node.name.startsWith(text) ? node.name : `${text} (${node.name})`}: ${size(node.value)}`;
	const open = (event) => openHandle({ by: node.by, value: node.what, name: node.name }, event.currentTarget);
	const onKey = (event) => {
		if (event.key === 'Enter' || event.key === ' ') {
			event.preventDefault();
			open(event);
		}
	};
	return html`<g class="node" role="button" tabindex="0" aria-haspopup="menu" aria-label=${label} onClick=${open} onKeyDown=${onKey}>
		<title>${label}</title>
		<rect x=${node.x0} y=${node.y0} width=${NODE} height=${high} class="ink-${isRight ? tokenOf(node.what) : 'text'}" />
		<text x=${x} y=${(node.y0 + node.y1) / 2} dy="0.35em" text-anchor=${node.at === 0 ? 'end' : 'start'}>${text}</text></g>`;
}

export function FlowDiagram({ rows }) {
	const drawn = useMemo(() => layout(rows.filter((row) => row.total.bytes_up > 0)), [rows]);
	const path = sankeyLinkHorizontal();
	return html`<div class="flow-frame" role="group" aria-label=${t('flow_title')} tabindex="0"><svg class="flow" viewBox="0 0 ${WIDE} ${drawn.high}" preserveAspectRatio="xMidYMin meet">
		${drawn.links.map((link) => html`<path class="flow-link line-${link.token}" d=${path(link)} stroke-width=${Math.max(1, link.width)}><title>${`${link.source.name} → ${link.target.name}: ${size(link.value)}`}</title></path>`)}
		${drawn.nodes.map((node) => html`<${Node} key=${node.id} node=${node} />`)}
	</svg></div>`;
}
