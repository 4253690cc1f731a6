// The checks of checks.mjs against a broker, over HTTP.
//   node tests/conformance/ngsi_ld/run.mjs [BUILD_DIR]           our broker must pass all of them; then how many the floor passes
//   node tests/conformance/ngsi_ld/run.mjs --url http://HOST     any other broker
//   node tests/conformance/ngsi_ld/run.mjs [BUILD_DIR] --plant   our broker behind somebody who spoils answers: the checks must find each fault
import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { scenarios } from './checks.mjs';
import { runChecks } from './checking.mjs';
import { startFloor } from './floor.mjs';

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { url: { type: 'string' }, plant: { type: 'boolean', default: false } } });

async function startBroker() {
  const folder = mkdtempSync(join(tmpdir(), 'machiya-ngsild-'));
  const child = spawn(join(positionals[0] ?? 'build/release', 'src/sense/component/check/broker_server'), ['127.0.0.1:0', folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('exit', (code) => fail(new Error(`the broker ended with ${code}`)));
    child.once('error', fail);
  });
  return {
    url,
    close: async () => {
      const ended = new Promise((done) => child.once('exit', done));
      child.stdin.end();
      const code = await ended;
      rmSync(folder, { recursive: true });
      if (code !== 0) throw new Error(`the broker ended with ${code}`);
    },
  };
}

/** Somebody between us and the broker who changes what it answers. */
async function startSpoiler(url, spoil) {
  const server = createServer((asked, answer) => {
    const onward = request(url + asked.url, { method: asked.method, headers: asked.headers }, (got) => {
      const chunks = [];
      got.on('data', (chunk) => chunks.push(chunk));
      got.on('end', () => {
        const out = spoil({ method: asked.method, path: asked.url, status: got.statusCode, headers: { ...got.headers }, body: Buffer.concat(chunks).toString() });
        delete out.headers['content-length'], delete out.headers['transfer-encoding'];
        answer.writeHead(out.status, out.headers).end(out.body);
      });
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((done) => (server.close(done), server.closeAllConnections())) };
}

const faults = {
  'observedAt is lost': (a) => ({ ...a, body: a.body.replace(/,"observedAt":"[^"]*"/g, '') }),
  'a missing entity is an empty one': (a) => (a.status === 404 && a.path.includes('/entities/urn') && a.method === 'GET' ? { ...a, status: 200, body: '{}' } : a),
  'problems have no type': (a) => ({ ...a, body: a.body.replace(/"type":"https:\/\/uri.etsi.org\/ngsi-ld\/errors\/[A-Za-z]*",/, '') }),
  'created without an address': (a) => (delete a.headers.location, a),
  'every source matches': (a) => (/csourceRegistrations\?/.test(a.path) && a.body === '[]' ? { ...a, body: '[{"id":"urn:r:any"}]' } : a),
  'a proxied source may claim what another holds': (a) => (a.status === 409 && a.path.includes('/csourceRegistrations') ? { ...a, status: 201, body: '' } : a),
  'q is not looked at': null,
  'the last of a list is lost': (a) => {
    if (a.method !== 'GET' || !/entities\?/.test(a.path) || !a.body.startsWith('[')) return a;
    return { ...a, body: JSON.stringify(JSON.parse(a.body).slice(0, -1)) };
  },
};

function print(name, results) {
  const passed = results.filter((r) => !r.why).length;
  console.log(`${name}: ${passed} of ${results.length} checks (${((100 * passed) / results.length).toFixed(1)} %)`);
  return results.length - passed;
}

const target = options.url ? { url: options.url, close: async () => {} } : await startBroker();
let failed = 0;
if (options.plant) {
  for (const [fault, spoil] of Object.entries(faults)) {
    // A query that is asked without its q: the fault lies in what is asked, not in what is answered.
    const between = spoil ? await startSpoiler(target.url, spoil) : null;
    const results = await runChecks(between?.url ?? target.url, scenarios, between ? {} : { change: (path) => path.replace(/([?&])q=[^&]*&?/, '$1') });
    await between?.close();
    const found = results.filter((r) => r.why).length;
    console.log(`planted: ${fault}: ${found > 0 ? `found by ${found} checks` : 'NOT FOUND'}`);
    if (found === 0) failed += 1;
  }
} else {
  const results = await runChecks(target.url, scenarios);
  for (const r of results.filter((one) => one.why)) console.log(`  ${r.clauses} ${r.scenario}: ${r.line}\n    ${r.why}`);
  failed = print(options.url ?? 'machiya', results);
  const floor = await startFloor();
  print('a store that only keeps JSON', await runChecks(floor.url, scenarios));
  await floor.close();
}
await target.close();
process.exitCode = failed === 0 ? 0 : 1;
