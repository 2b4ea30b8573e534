// build.mjs OUTPUT: bundles the page and writes it down as a C table of gzip streams (../assets.h); beside it, with .tsv
// for .c, a row a file: path, bytes, gzip bytes, and whether it comes with the map alone. Where OUTPUT is a folder the files
// go there as they are, for whoever works on the page.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { world } from './build_map.mjs';
import { firstWords } from './build_words.mjs';

const ui = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
const TYPES = {
	html: 'text/html; charset=utf-8',
	js: 'text/javascript; charset=utf-8',
	css: 'text/css; charset=utf-8',
	svg: 'image/svg+xml',
	json: 'application/json',
	txt: 'text/plain; charset=utf-8',
};

// What is made while bundling: import … from 'made:NAME'.
const made = {
	name: 'made',
	setup(bundler) {
		const makers = { world, words: () => firstWords(join(ui, '../../../analyzer/share/messages/web.tsv')) };
		bundler.onResolve({ filter: /^made:/ }, (wanted) => ({ path: wanted.path.slice(5), namespace: 'made' }));
		bundler.onLoad({ filter: /.*/, namespace: 'made' }, (wanted) => ({
			contents: JSON.stringify(makers[wanted.path]()),
			loader: 'json',
		}));
	},
};

const hash = (content) => createHash('sha256').update(content).digest('hex').slice(0, 12);

async function bundle() {
	return build({
		absWorkingDir: ui,
		entryPoints: { page: 'src/main.js', style: 'style/page.css' },
		bundle: true,
		splitting: true,
		format: 'esm',
		target: ['es2022'],
		minify: true,
		metafile: true,
		write: false,
		outdir: '/assets',
		entryNames: '[name]-[hash]',
		chunkNames: '[name]-[hash]',
		legalComments: 'none',
		logLevel: 'warning',
		plugins: [made],
	});
}

// The licences of all that is bundled, to be read at /assets/licences.txt.
function licences() {
	const packages = Object.entries(JSON.parse(readFileSync(join(ui, 'package-lock.json'), 'utf8')).packages);
	return packages
		.filter(([path, about]) => path.startsWith('node_modules/') && (!about.dev || path.endsWith('world-atlas')))
		.map(([path, about]) => {
			const folder = join(ui, path);
			const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
			const text = file ? readFileSync(join(folder, file), 'utf8').trim() : about.license;
			return `${path.slice(13)} ${about.version}\n\n${text}\n`;
		})
		.join('\n\n');
}

function documentOf(files) {
	const named = (start, end) => files.find((file) => file.path.startsWith(start) && file.path.endsWith(end)).path;
	return readFileSync(join(ui, 'page.html'), 'utf8')
		.replace('STYLE', named('/assets/style-', '.css'))
		.replace('SCRIPT', named('/assets/page-', '.js'))
		.replace('ICON', named('/assets/icon-', '.svg'));
}

// Chunks that only the map brings: reached from charts/map.js and not without it.
function chunksOfMap(outputs) {
	const reach = (name, seen, skip) => {
		if (seen.has(name) || outputs[name] === undefined || outputs[name].entryPoint === skip) {
			return seen;
		}
		seen.add(name);
		outputs[name].imports.forEach((one) => reach(one.path, seen, skip));
		return seen;
	};
	const map = 'src/charts/map.js';
	const start = Object.keys(outputs).filter((name) => /^src\/main\.js$|^style\//.test(outputs[name].entryPoint ?? ''));
	const without = new Set();
	start.forEach((name) => reach(name, without, map));
	return new Set(Object.keys(outputs).filter((name) => !without.has(name)).map((name) => name.replace(/^.*assets\//, '/assets/')));
}

function table(files) {
	const bytes = (content) => content.toString('hex').replace(/../g, (pair) => `${parseInt(pair, 16)},`);
	const lines = ['/* clang-format off */', '#include "dashboards/web/assets.h"'];
	files.forEach((file, i) => lines.push(`static const unsigned char asset_${i}[] = {${bytes(file.gzip)}};`));
	lines.push('const struct web_asset web_assets[] = {');
	files.forEach((file, i) =>
		lines.push(
			`\t{ "${file.path}", "${file.type}", "\\"${hash(file.content)}\\"", asset_${i}, ${file.gzip.length}, ${/-\w+\.\w+$/.test(file.path)} },`,
		),
	);
	lines.push('\t{ NULL, NULL, NULL, NULL, 0, false }', '};', '');
	return lines.join('\n');
}

const result = await bundle();
const icon = readFileSync(join(ui, 'icon.svg'));
const ofMap = chunksOfMap(result.metafile.outputs);
const files = result.outputFiles.map((file) => ({
	path: file.path.replace(/^.*assets\//, '/assets/'),
	content: Buffer.from(file.contents),
}));
files.push({ path: `/assets/icon-${hash(icon)}.svg`, content: icon });
files.push({ path: '/assets/licences.txt', content: Buffer.from(licences()) });
files.unshift({ path: '/index.html', content: Buffer.from(documentOf(files)) });
for (const file of files) {
	file.type = TYPES[file.path.split('.').pop()];
	file.gzip = gzipSync(file.content, { level: 9 });
}

function writeFolder(folder) {
	rmSync(join(folder, 'assets'), { recursive: true, force: true });
	mkdirSync(join(folder, 'assets'));
	files.forEach((file) => writeFileSync(join(folder, file.path), file.content));
}

function writeTable(path) {
	const rows = files.map((file) => [file.path, file.content.length, file.gzip.length, ofMap.has(file.path) ? 'yes' : 'no']);
	writeFileSync(path, table(files));
	writeFileSync(path.replace(/\.c$/, '.tsv'), [['path', 'bytes', 'gzip_bytes', 'map'], ...rows].map((row) => `${row.join('\t')}\n`).join(''));
}

if (existsSync(output) && statSync(output).isDirectory()) {
	writeFolder(output);
} else {
	writeTable(output);
}
