// Rolling restarts in mid-interview: a new process takes the listening socket over from the running one (data folder/handover.sock) while clients
// that read only HTML walk whole interviews, page by page, over kept connections.
//   node tests/faults/server_restart.js --binary build/release/machiya --restarts 3 [--store sqlite|postgresql://…]
// An error is any status from 400 on, any request whose connection ends before its answer (nothing is ever sent again, though HTTP would allow it on
// a kept connection: connections pass from process to process), and any old process that does not end by itself with code 0.
import http from 'node:http';
import { parseArgs } from 'node:util';
import { PlainClient } from '../browser/plain_client.js';
import { procedures } from '../browser/lib/answers.js';
import { sampleJpeg, samplePdf } from '../browser/lib/sample_files.js';
import { apply } from '../browser/lib/walk.js';
import { House, until } from './lib/house.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, restarts: { type: 'string', default: '3' }, store: { type: 'string', default: 'sqlite' } } });
const kClients = 4;
const kPagesBetween = 12;   // pages served by the new process before the next restart
const kProcedures = ['dog-registration', 'sme-digital-check', 'change-of-address', 'resident-record-copy', 'road-park-report'];

const house = new House(options.binary, options.store);
const agent = new http.Agent({ keepAlive: true, maxSockets: kClients, scheduling: 'fifo' });
let pages = 0;
let restarts = 0;
let errors = 0;
const error = (text) => { errors++; console.log(`ERROR ${text}`); };

function send(url, method, headers, bytes) {
  return new Promise((done, failed) => {
    const out = http.request(url, { agent, method, headers: bytes.length || method === 'POST' ? { ...headers, 'content-length': bytes.length } : headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('aborted', () => failed(new Error('the connection ended within the answer')));
      answer.on('end', () => done({ answer, body: Buffer.concat(parts) }));
    });
    out.on('error', (why) => failed(new Error(`${method} ${new URL(url).pathname}: ${why.code ?? ''} ${why.message}${out.reusedSocket ? ' (kept connection)' : ''}`)));
    out.end(bytes);
  });
}

/** fetch() over kept connections of our own, so that we see what happens to each of them. */
globalThis.fetch = async (url, init = {}) => {
  const wanted = new Request(url, { method: init.method, body: init.body, headers: init.headers });
  const bytes = Buffer.from(await wanted.arrayBuffer());
  const headers = Object.fromEntries(wanted.headers);
  const { answer, body } = await send(wanted.url, wanted.method, headers, bytes);
  pages++;
  if (answer.statusCode >= 400) error(`${answer.statusCode} for ${wanted.method} ${new URL(wanted.url).pathname}: ${body.toString().replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 300)}`);
  return {
    status: answer.statusCode, text: async () => body.toString(), arrayBuffer: async () => body,
    headers: { get: (name) => answer.headers[name.toLowerCase()]?.toString() ?? null, getSetCookie: () => answer.headers['set-cookie'] ?? [] },
  };
};

const answers = procedures(PlainClient.file('papers.pdf', 'application/pdf', samplePdf()), PlainClient.file('photo.jpg', 'image/jpeg', sampleJpeg()));
let over = false;
let sent = 0;
let across = 0;
const numbers = [];

async function walk(name) {
  for (let n = 0; !over; n++) {
    const id = kProcedures[(name + n) % kProcedures.length];
    const before = restarts;
    try {
      const { number } = await apply(new PlainClient(`http://127.0.0.1:${house.port}`), id, answers[id], `restart-${name}-${n}@example.jp`);
      numbers.push(number);
      sent++;
      if (restarts > before) across++;
    } catch (why) {
      error(`${id}: ${why.message}`);
      over = true;
    }
  }
}

try {
  let running = await house.start();
  const walks = Array.from({ length: kClients }, (_, name) => walk(name));
  for (; restarts < Number(options.restarts) && errors === 0; ) {
    const from = pages;
    await until('pages from the running process', () => over || pages >= from + kPagesBetween);
    if (over) break;
    const next = await house.start();
    const end = await running.ended;
    if (end.code !== 0) error(`the old process ended with ${JSON.stringify(end)}:\n${running.log}`);
    running = next;
    restarts++;
    if (process.stderr.isTTY) process.stderr.write(`\r${restarts} of ${options.restarts} restarts, ${pages} pages `);
  }
  over = true;
  await Promise.all(walks);
  const present = new Set(house.database.rows("SELECT number FROM record WHERE kind = 'case'").map(([number]) => number));
  for (const number of numbers) if (!present.has(number)) error(`receipt ${number} was given, the case is not there`);
  if (present.size !== numbers.length) error(`${present.size} cases for ${numbers.length} receipts`);
  running.child.kill('SIGTERM');
  const end = await running.ended;
  if (end.code !== 0) error(`the last process ended with ${JSON.stringify(end)}:\n${running.log}`);
  const verdict = house.verify();
  if (!verdict.intact) error(`audit verify: ${verdict.text}`);
} catch (why) {
  error(why.stack);
} finally {
  agent.destroy();
  await house.remove();
}
if (across === 0 && errors === 0) error('no interview went across a restart: nothing was tested');
console.log(`${restarts} restarts (${house.database.postgres ? 'postgresql' : 'sqlite'}), ${pages} pages, ${sent} procedures sent, ${across} of them across a restart, ${errors} errors`);
process.exit(errors || restarts < Number(options.restarts) ? 1 : 0);
