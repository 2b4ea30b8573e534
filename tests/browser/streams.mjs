// streams.mjs COUNT ORIGIN COOKIE: opens so many streams of events at once, and says how many of them are told something.
import { get } from 'node:http';

const [, , wanted, origin, cookie] = process.argv;
let opened = 0;
let told = 0;
for (let i = 0; i < Number(wanted); i++) {
	get(`${origin}/api/1/events?after=0`, { headers: { Cookie: `borderflow=${cookie}` }, agent: false }, (answer) => {
		opened += answer.statusCode === 200;
		answer.once('data', () => told++);
	}).on('error', () => {});
}
setTimeout(() => {
	console.log(`${opened} ${told}`);
	process.exit(0);
}, Number(process.env.SECONDS_OPEN ?? 20) * 1000);
