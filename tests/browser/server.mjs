// A borderflow serve of the test's own over $work/archive and $work/desk (or what else is given), at one port, which can be
// stopped and started again with the sessions that it had.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const { BORDERFLOW_BIN: program, WORK: work, POLICY: policy } = process.env;

const freePort = () => new Promise((tell) => {
	const server = createServer().listen(0, '127.0.0.1', () => {
		const { port } = server.address();
		server.close(() => tell(port));
	});
});

export async function server(source = ['--state', `${work}/desk`]) {
	const port = await freePort();
	let process_ = null;
	const start = () => new Promise((tell, fail) => {
		const args = ['serve', '--archive', `${work}/archive`, ...source, '--policy', policy, '--reports', `${work}/reports`,
			'--access', `${work}/access`, '--listen', `127.0.0.1:${port}`, '--link'];
		process_ = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
		let said = '';
		const read = (bytes) => {
			said += bytes;
			const link = /https?:\/\/\S+\/enter\S*/.exec(said)?.[0];
			if (link) {
				tell(link);
			}
		};
		process_.stdout.on('data', read);
		process_.stderr.on('data', read);
		process_.once('exit', (status) => fail(new Error(`serve ended with ${status}: ${said}`)));
	});
	const stop = () => new Promise((tell) => {
		process_.removeAllListeners('exit');
		process_.once('exit', tell);
		process_.kill('SIGTERM');
	});
	return { root: `http://127.0.0.1:${port}`, start, stop };
}
