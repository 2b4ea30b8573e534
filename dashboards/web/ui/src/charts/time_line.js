// A time line, stacked, with the usual band, gaps as gaps and marks. Brushing zooms, by mouse and by keyboard.
//
// starts, stepS       when each step begins, and how long it is
// layers              [{ id, name, token, values }], the lowest first
// usual               [{ low, high }] a step, or null
// gaps                [{ from, to }], times in which nothing was recorded
// hidden              which steps may not be told by themselves
// marks               [{ at, label }]
// show(value), label  how a value is written; what the chart is of
// onBrush(from, to)   milliseconds
import uPlot from 'uplot';
import { html, useEffect, useRef, useState } from '../core/dom.js';
import { moment, shortDay, time } from '../core/format.js';
import { t, useLanguage } from '../core/messages.js';
import { session } from '../core/session.js';
import { colour, theme } from '../core/theme.js';
import { isBand } from './band.js';
import { fillOf, font, hatch } from './paint.js';

const HEIGHT = 260;
const DAY_S = 86400;
const DENSE = 120; // more steps than that, and lines between layers are all one sees

const isIn = (gaps, start, end) => gaps.some((gap) => Date.parse(gap.from) / 1000 <= start && Date.parse(gap.to) / 1000 >= end);

// Steps in gaps, those that have not begun, and those that are not told, hold nothing: null is drawn as nothing.
function known(x, stepS, gaps, hidden) {
	const now = Date.now() / 1000;
	return x.map((start, i) => start <= now && !hidden[i] && !isIn(gaps, start, start + stepS));
}

// The columns of uPlot: times, the band's two edges, and sums of layers from the highest down, so that lower ones cover.
function columns({ starts, stepS, layers, usual, gaps, hidden }) {
	const x = starts.map((start) => Date.parse(start) / 1000);
	const is = known(x, stepS, gaps, hidden);
	const below = x.map(() => 0);
	const sums = layers.map((layer) => x.map((_, i) => {
		below[i] += layer.values[i] ?? 0;
		return is[i] ? below[i] : null;
	}));
	const edge = (name) => x.map((_, i) => usual?.[i]?.[name] ?? null);
	const all = [x, edge('high'), edge('low'), ...sums.reverse()];
	// The last step is as wide as the others.
	return all.map((column, i) => [...column, i === 0 ? (column.at(-1) ?? 0) + stepS : column.at(-1) ?? null]);
}

function timeTicks(chart, splits, axis, space, step) {
	let last = '';
	return splits.map((split) => {
		const day = shortDay(split * 1000);
		const text = step >= DAY_S ? day : day === last ? time(split * 1000) : `${time(split * 1000)}\n${day}`;
		last = day;
		return text;
	});
}

function paintGaps(chart, gaps) {
	const { ctx, bbox } = chart;
	for (const gap of gaps) {
		const [left, right] = [gap.from, gap.to].map((at) => {
			const x = chart.valToPos(Date.parse(at) / 1000, 'x', true);
			return Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
		});
		if (right > left) {
			ctx.fillStyle = hatch(colour('line'));
			ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
		}
	}
}

function paintMarks(chart, marks) {
	const { ctx, bbox } = chart;
	const scale = devicePixelRatio;
	ctx.save();
	ctx.strokeStyle = ctx.fillStyle = colour('text');
	ctx.lineWidth = scale;
	ctx.setLineDash([3 * scale, 3 * scale]);
	ctx.font = font(11 * scale);
	marks.forEach((mark, i) => {
		const x = chart.valToPos(Date.parse(mark.at) / 1000, 'x', true);
		if (x >= bbox.left && x <= bbox.left + bbox.width) {
			ctx.beginPath();
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
			ctx.stroke();
			ctx.fillText(String(i + 1), x + 3 * scale, bbox.top + 11 * scale);
		}
	});
	ctx.restore();
}

function options(props, width, latest, onIndex) {
	const axis = { stroke: () => colour('muted'), font: font(), grid: { stroke: () => colour('line'), width: 1 }, ticks: { show: false } };
	const stepped = uPlot.paths.stepped({ align: 1 });
	const edge = { stroke: () => colour('text'), width: 1, dash: [4, 3], paths: stepped, points: { show: false } };
	return {
		width,
		height: HEIGHT,
		padding: [8, 20, 0, 0],
		tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), session.get()?.timezone ?? 'UTC'),
		legend: { show: false },
		scales: { y: { range: (chart, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
		cursor: { y: false, points: { show: false }, drag: { x: Boolean(props.onBrush), y: false, setScale: false } },
		bands: [{ series: [1, 2], fill: () => `color-mix(in srgb, ${colour('text')} 12%, transparent)` }],
		axes: [
			{ ...axis, grid: { show: false }, values: timeTicks, space: 72, size: 44 },
			{ ...axis, values: (chart, splits) => splits.map((value) => latest.current.show(value)), size: 72, space: 44 },
		],
		series: [
			{},
			edge,
			edge,
			...[...props.layers].reverse().map((layer) => ({ fill: () => fillOf(layer.token), stroke: () => colour('surface'), width: props.starts.length > DENSE ? 0 : 1, paths: stepped, points: { show: false } })),
		],
		hooks: {
			drawClear: [(chart) => paintGaps(chart, latest.current.gaps)],
			draw: [(chart) => paintMarks(chart, latest.current.marks)],
			setCursor: [(chart) => onIndex(chart.cursor.idx ?? null)],
			setSelect: [
				(chart) => {
					const { left, width: wide } = chart.select;
					if (wide > 4) {
						latest.current.onBrush(...[left, left + wide].map((at) => Math.round(chart.posToVal(at, 'x') * 1000)));
					}
					chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
				},
			],
		},
	};
}

// Arrows walk the steps; Enter begins a stretch and Enter again zooms to it.
function useWalk(props, setIndex) {
	const [begun, setBegun] = useState(null);
	const at = useRef(0);
	const last = props.starts.length - 1;
	const onKeyDown = (event) => {
		const next = { ArrowLeft: at.current - 1, ArrowRight: at.current + 1, Home: 0, End: last }[event.key];
		if (next !== undefined) {
			event.preventDefault();
			at.current = Math.min(last, Math.max(0, next));
			setIndex(at.current);
		} else if (event.key === 'Enter' && props.onBrush) {
			event.preventDefault();
			if (begun === null) {
				setBegun(at.current);
				return;
			}
			const [from, to] = [begun, at.current].sort((a, b) => a - b);
			setBegun(null);
			props.onBrush(Date.parse(props.starts[from]), Date.parse(props.starts[to]) + props.stepS * 1000);
		} else if (event.key === 'Escape') {
			setBegun(null);
		}
	};
	return { begun, onKeyDown };
}

function Readout({ props, index, begun }) {
	const start = index === null ? undefined : props.starts[index];
	if (!start) {
		return html`<p class="readout muted" aria-hidden="true">${props.onBrush ? t('chart_brush') : '\u00a0'}</p>`;
	}
	const parts = props.layers.map((layer) => [layer, layer.values[index] ?? 0]).filter(([, value]) => value > 0);
	const isGap = isIn(props.gaps, Date.parse(start) / 1000, Date.parse(start) / 1000 + props.stepS);
	const usual = props.usual?.[index];
	const nothing = props.hidden[index] ? t('chart_hidden') : isGap ? t('chart_gap') : '';
	return html`<p class="readout" aria-live="polite"><strong>${moment(start)}</strong> ${nothing || html`${parts.length === 0 && props.show(0)}
		${parts.map(([layer, value]) => html`<span class="readout-part"><span class="swatch fill-${layer.token}"></span>${layer.name}\u00a0${props.show(value)}</span>`)}`}
		${isBand(usual) && html`<span class="readout-part muted">${t('usual_between', { low: props.show(usual.low), high: props.show(usual.high) })}</span>`}
		${begun !== null && html`<span class="readout-part">${t('chart_begun')}</span>`}</p>`;
}

export function TimeLine(given) {
	const props = { gaps: [], hidden: [], marks: [], usual: null, ...given };
	const frame = useRef(null);
	const chart = useRef(null);
	const latest = useRef(props);
	const [index, setIndex] = useState(null);
	const { begun, onKeyDown } = useWalk(props, setIndex);
	const shade = theme.use();
	const words = useLanguage();
	const form = props.layers.map((layer) => layer.id).join(' ');
	latest.current = props;

	useEffect(() => {
		const made = new uPlot(options(props, frame.current.clientWidth, latest, setIndex), columns(latest.current), frame.current);
		const watch = new ResizeObserver(() => frame.current && made.setSize({ width: frame.current.clientWidth, height: HEIGHT }));
		watch.observe(frame.current);
		chart.current = made;
		return () => {
			watch.disconnect();
			made.destroy();
		};
	}, [form, shade, words, Boolean(props.onBrush)]);
	useEffect(() => {
		chart.current?.setData(columns(props));
	}, [props.starts, props.layers, props.usual, props.gaps, props.hidden, props.marks]);

	return html`<figure class="time-line" aria-label=${props.label}>
		<div ref=${frame} class="time-line-frame" role="group" tabindex="0" aria-roledescription=${t('chart')} aria-label=${props.label} onKeyDown=${onKeyDown} onBlur=${() => setIndex(null)}></div>
		<${Readout} props=${props} index=${index} begun=${begun} />
		${props.marks.length > 0 && html`<ol class="marks">${props.marks.map((mark) => html`<li>${moment(mark.at)}: ${mark.label}</li>`)}</ol>`}
	</figure>`;
}

// Its colours in words, in the order of the stack; each a handle.
export const Legend = ({ layers, children }) => html`<ul class="legend">${layers.map((layer) => html`<li key=${layer.id}><span class="swatch fill-${layer.token}"></span>${children ? children(layer) : layer.name}</li>`)}</ul>`;
