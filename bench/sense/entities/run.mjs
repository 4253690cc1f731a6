// The context broker against bare pgbench that does the same row work (PostgreSQL 15 with PostGIS: JSONB, GiST), in the same run.
//   node bench/sense/entities/run.mjs [--entities 1000000] [--seconds 10] [--connections 64] [--store files|postgresql] [--no-peer]
// Update: three attributes of one entity by its id. Query: q on a value, georel near within 500 m, 20 entities. One line of JSON each.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { entity, fragment, place, random } from './city.mjs';

const { values: options } = parseArgs({ options: { entities: { type: 'string', default: '1000000' }, seconds: { type: 'string', default: '10' }, connections: { type: 'string', default: '64' }, store: { type: 'string', default: 'files' },
  binary: { type: 'string', default: 'build/release/src/sense/component/check/broker_server' }, 'no-peer': { type: 'boolean', default: false } } });
const entities = Number(options.entities), folder = mkdtempSync(join(tmpdir(), 'machiya-entities-'));
const run = promisify(execFile);
const print = (facts) => console.log(JSON.stringify({ entities, ...facts }));

/** A PostgreSQL of our own on a socket in the folder, settings as it comes from Debian. */
async function postgres() {
  const bin = '/usr/lib/postgresql/15/bin', data = join(folder, 'pg');
  const as = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const call = (...words) => execFileSync([...as, ...words][0], [...as, ...words].slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('chmod', ['755', folder]);
  execFileSync('install', ['-d', ...(as.length ? ['-o', 'postgres'] : []), data, join(folder, 'socket')]);
  call(`${bin}/initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-locale');
  call(`${bin}/pg_ctl`, '-D', data, '-w', '-o', `-k ${join(folder, 'socket')} -c listen_addresses= -c max_connections=120 -c shared_buffers=2GB -c max_wal_size=8GB`, '-l', join(data, 'log'), 'start');
  return { url: `postgresql:///postgres?host=${join(folder, 'socket')}&user=postgres`, socket: join(folder, 'socket'), stop: () => call(`${bin}/pg_ctl`, '-D', data, '-m', 'immediate', 'stop') };
}

/** The p-th part of sorted numbers. */
const quantile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

async function load(base) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 }), next = random(1), size = 500;
  const send = (list) => new Promise((done, fail) => {
    const text = JSON.stringify(list);
    const request = http.request(`${base}/ngsi-ld/v1/entityOperations/create`, { agent, method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) } }, (answer) => {
      answer.resume();
      answer.on('end', () => (answer.statusCode === 201 ? done() : fail(new Error(`batch: ${answer.statusCode}`))));
    });
    request.on('error', fail);
    request.end(text);
  });
  const started = Date.now();
  for (let n = 0; n < entities;) {
    const lists = [];
    for (let k = 0; k < 4 && n < entities; ++k) lists.push(Array.from({ length: Math.min(size, entities - n) }, () => entity(n++, next)));
    await Promise.all(lists.map(send));
  }
  const loaded = (Date.now() - started) / 1000;
  // The history keeps what was written, too, behind the answers; a temporal question waits for it. The peer's VACUUM and CHECKPOINT are not in its figures either.
  await new Promise((done, fail) => http.get(`${base}/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Entity:0`, { agent }, (answer) => answer.resume().on('end', done)).on('error', fail));
  agent.destroy();
  return { loaded_s: loaded, kept_s: (Date.now() - started) / 1000 };
}

/** wrk with a script; its report is made by the script itself. */
async function wrk(base, script, connections = options.connections) {
  const file = join(folder, 'load.lua');
  writeFileSync(file, `${script}
done = function(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%.3f,"errors":%d,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}\\n', summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout, latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end`);
  const { stdout } = await run('wrk', ['-t2', `-c${connections}`, `-d${options.seconds}s`, '-s', file, base]);
  const report = JSON.parse(stdout.trim().split('\n').at(-1));
  return { connections: Number(connections), ...report, per_second: Math.round(report.requests / report.seconds) };
}
const lua = (text) => JSON.stringify(text);
const updates = () => {
  const next = random(7), bodies = Array.from({ length: 64 }, () => JSON.stringify(fragment(next)));
  return `local bodies = {${bodies.map(lua).join(',')}}
request = function() return wrk.format('PATCH', '/ngsi-ld/v1/entities/urn:ngsi-ld:Entity:' .. math.random(0, ${entities - 1}) .. '/attrs', {['Content-Type'] = 'application/json'}, bodies[math.random(#bodies)]) end`;
};
const queries = () => {
  const next = random(9);
  const paths = Array.from({ length: 256 }, () => `/ngsi-ld/v1/entities?type=Entity&q=dissolvedOxygen%3E${(next() * 15).toFixed(1)}&georel=near%3BmaxDistance%3D%3D500&geometry=Point&coordinates=${encodeURIComponent(JSON.stringify(place(next)))}`);
  return `local paths = {${paths.map(lua).join(',')}}
request = function() return wrk.format('GET', paths[math.random(#paths)]) end`;
};

async function ours(url) {
  const server = spawn(options.binary, ['127.0.0.1:0', join(folder, 'broker'), url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const base = await new Promise((done) => createInterface({ input: server.stdout }).once('line', done));
  const loaded = await load(base);
  const memory = Number(readFileSync(`/proc/${server.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
  print({ who: 'machiya', store: options.store, ...loaded, memory_mb: Math.round(memory) });
  const update = await wrk(base, updates());
  print({ who: 'machiya', store: options.store, what: 'update', ...update });
  const query = await wrk(base, queries());
  print({ who: 'machiya', store: options.store, what: 'query', ...query });
  // Latency without a queue before the processors.
  for (const few of [4, 8]) print({ who: 'machiya', store: options.store, what: 'query', ...(await wrk(base, queries(), few)) });
  server.stdin.end();
  await new Promise((done) => server.once('exit', done));
  return { update, query };
}

async function peer(database) {
  const psql = (sql) => execFileSync('psql', [database.url, '-q', '-v', 'ON_ERROR_STOP=1'], { input: sql, stdio: ['pipe', 'ignore', 'inherit'] });
  psql('CREATE EXTENSION IF NOT EXISTS postgis; CREATE TABLE entity (id text PRIMARY KEY, type text NOT NULL, doc jsonb NOT NULL, location geography(Point, 4326));');
  const copy = spawn('psql', [database.url, '-q', '-c', "COPY entity FROM STDIN"], { stdio: ['pipe', 'inherit', 'inherit'] });
  const next = random(1);
  for (let n = 0; n < entities; ++n) {
    const one = entity(n, next), [lon, lat] = one.location.value.coordinates;
    const row = `${one.id}\t${one.type}\t${JSON.stringify(one).replaceAll('\\', '\\\\')}\tPOINT(${lon} ${lat})\n`;
    if (!copy.stdin.write(row)) await new Promise((done) => copy.stdin.once('drain', done));
  }
  copy.stdin.end();
  await new Promise((done) => copy.once('exit', done));
  psql("CREATE INDEX ON entity USING gist (location); CREATE INDEX ON entity (((doc->'dissolvedOxygen'->>'value')::float8)); VACUUM ANALYZE entity; CHECKPOINT;");
  const bench = async (what, sql) => {
    const file = join(folder, `${what}.sql`);
    writeFileSync(file, sql);
    const log = join(folder, `${what}.log`);
    const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', '-c', options.connections, '-j', '2', '-T', options.seconds, '-f', file, '-l', '--log-prefix', log, database.url], { maxBuffer: 1 << 26 });
    const times = execFileSync('bash', ['-c', `cat ${log}.* | cut -d' ' -f3`], { maxBuffer: 1 << 28 }).toString().split('\n').filter(Boolean).map(Number).sort((a, b) => a - b);
    const facts = { per_second: Math.round(Number(stdout.match(/tps = ([\d.]+)/)[1])), p50_ms: quantile(times, 0.5) / 1000, p95_ms: quantile(times, 0.95) / 1000, p99_ms: quantile(times, 0.99) / 1000 };
    print({ who: 'pgbench', what, ...facts });
    return facts;
  };
  // In functions: pgbench takes colons for its variables.
  psql("CREATE FUNCTION entity_id(int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'urn:ngsi-ld:Entity:' || $1 $$;");
  psql(`CREATE FUNCTION fragment() RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT '${JSON.stringify(fragment(random(7)))}'::jsonb $$;`);
  const update = await bench('update', `\\set n random(0, ${entities - 1})\nUPDATE entity SET doc = doc || fragment() WHERE id = entity_id((:n)::int);\n`);
  const query = await bench('query', `\\set x random(0, 2300)\n\\set y random(0, 1800)\n\\set v random(0, 15)\nSELECT doc FROM entity WHERE type = 'Entity' AND (doc->'dissolvedOxygen'->>'value')::float8 > (:v)::float8 AND ST_DWithin(location, ST_SetSRID(ST_MakePoint(135.37 + (:x)::float8 / 10000, 34.59 + (:y)::float8 / 10000), 4326)::geography, 500) LIMIT 20;\n`);
  return { update, query };
}

const database = options['no-peer'] && options.store === 'files' ? undefined : await postgres();
try {
  const we = await ours(options.store === 'files' ? '' : database.url);
  if (!options['no-peer']) {
    const they = await peer(database);
    for (const what of ['update', 'query'])
      print({ what, store: options.store, times: Number((we[what].per_second / they[what].per_second).toFixed(2)), p99_ratio: Number((we[what].p99_ms / they[what].p99_ms).toFixed(2)) });
  }
} finally {
  database?.stop();
  rmSync(folder, { recursive: true, force: true });
}
