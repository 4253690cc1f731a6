// The peer on the embedded store: npm directus on SQLite, one process (the file has one writer), ready with the four collections that a submission writes.
//   node server.mjs PORT FOLDER [JOURNAL]   makes FOLDER/directus.db, prints "ready" once; ends with SIGTERM.
// JOURNAL: "delete" (as Directus makes the file) or "wal" (kinder than what it comes with). fsync is SQLite's own default, synchronous=FULL, in both.
// All that a submission does not need is off: rate limiter, pressure limiter, telemetry, log, web sockets, app, response cache, its own revisions and activity.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [port, folder, journal = 'delete'] = process.argv.slice(2);
const file = `${folder}/directus.db`;
const token = 'bench-token';
const kOff = 'false';
for (const name of ['uploads', 'extensions']) mkdirSync(`${folder}/${name}`, { recursive: true });
Object.assign(process.env, {
  NODE_ENV: 'production', HOST: '127.0.0.1', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, SECRET: 'bench-secret-of-thirty-two-letters',
  DB_CLIENT: 'sqlite3', DB_FILENAME: file, STORAGE_LOCAL_ROOT: `${folder}/uploads`, EXTENSIONS_PATH: `${folder}/extensions`, CONFIG_PATH: `${folder}/none`,
  ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'bench-password', ADMIN_TOKEN: token, LOG_LEVEL: 'error',
  RATE_LIMITER_ENABLED: kOff, PRESSURE_LIMITER_ENABLED: kOff, TELEMETRY: kOff, WEBSOCKETS_ENABLED: kOff, METRICS_ENABLED: kOff, SERVE_APP: kOff,
  CACHE_ENABLED: kOff, CACHE_SCHEMA_FREEZE_ENABLED: 'true', LOG_HTTP_IGNORE_PATHS: '/items/cases', MCP_ENABLED: kOff, AI_ENABLED: kOff, ACCESS_TOKEN_TTL: '1h',
});

const needed = { schema: { is_nullable: false } };
const text = (field, more = needed) => ({ field, type: 'string', ...more });
const json = (field) => ({ field, type: 'json', meta: { special: ['cast-json'] }, schema: {} });
const integer = (field) => ({ field, type: 'integer', schema: {} });
const id = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };
const ofCase = integer('case');
const kCollections = {
  cases: [text('number', { schema: { is_nullable: false, is_indexed: true } }), text('procedure'), text('state'), text('department'), json('answers'), { field: 'received', type: 'timestamp', schema: {} }],
  history: [ofCase, integer('sequence'), text('state'), text('action'), text('actor')],
  audit: [ofCase, text('actor'), text('action'), text('object'), text('request', { schema: {} })],
  outbox: [ofCase, text('event'), text('key'), json('payload'), integer('state')],
};

// post PATH VALUE: the status of the answer and its text.
async function post(path, value) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify(value) });
  return { status: answer.status, text: await answer.text() };
}
async function make(path, value) {
  const { status, text: body } = await post(path, value);
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${body}`);
}
async function makeCollections() {
  for (const [collection, fields] of Object.entries(kCollections)) await make('/collections', { collection, meta: { accountability: null }, schema: {}, fields: [id, ...fields].map((field) => ({ meta: {}, ...field })) });
  for (const child of ['history', 'audit', 'outbox']) {
    await make('/fields/cases', { field: child, type: 'alias', meta: { special: ['o2m'] } });
    await make('/relations', { collection: child, field: 'case', related_collection: 'cases', meta: { one_field: child }, schema: {} });
  }
}
// One statement on the file, beside the server, through the driver that it uses.
function ask(sql) {
  const { Database } = require('sqlite3');
  return new Promise((resolve, reject) => {
    const db = new Database(file);
    db.get(sql, (error, row) => db.close(() => (error ? reject(error) : resolve(row))));
  });
}
// A nested create whose last row is refused must leave nothing: the four rows are one transaction.
async function checkTransaction() {
  const made = { number: 'R8-0', procedure: 'p', state: 'received', department: 'd', answers: {}, history: { create: [{ sequence: 1, state: 's', action: 'a', actor: 'v' }], update: [], delete: [] } };
  const { status } = await post('/items/cases?fields=id', { ...made, outbox: { create: [{ event: null, key: 'k' }], update: [], delete: [] } });
  const rows = await ask('SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM history) AS n');
  if (status < 400 || rows.n !== 0) throw new Error(`a refused row left ${rows.n} others behind (status ${status}): not one transaction`);
}

execFileSync(process.execPath, [require.resolve('@directus/api/cli/run.js'), 'bootstrap'], { stdio: ['ignore', 'ignore', 'inherit'] });
const mode = Object.values(await ask(`PRAGMA journal_mode = ${journal}`))[0];
if (mode !== journal) throw new Error(`the journal is ${mode}, not ${journal}`);
const { createServer } = await import('@directus/api/server');
const server = await createServer();
await new Promise((resolve, reject) => server.once('error', reject).listen(Number(port), '127.0.0.1', resolve));
await makeCollections();
await checkTransaction();
console.log('ready');
