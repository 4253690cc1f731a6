// The peer on the embedded store: npm directus on SQLite, one process, with the same register as ours and as many rows.
//   node server.mjs PORT FOLDER JOURNAL ROWS HOME   makes FOLDER/directus.db, prints "ready" once; HOME is where npm directus is installed
// The collection is made through its API, the rows are written into its file by SQL with the indexes that ours has (the API takes hours for
// a million); its own revisions and activity are on, because ours keeps the history of every value too. JOURNAL as in bench/submissions.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, folder, journal, rows, home] = process.argv.slice(2);
const require = createRequire(`${home}/server.mjs`);
const file = `${folder}/directus.db`;
const token = 'bench-token';
const kOff = 'false';
for (const name of ['uploads', 'extensions']) mkdirSync(`${folder}/${name}`, { recursive: true });
Object.assign(process.env, {
  NODE_ENV: 'production', HOST: '127.0.0.1', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, SECRET: 'bench-secret-of-thirty-two-letters',
  DB_CLIENT: 'sqlite3', DB_FILENAME: file, STORAGE_LOCAL_ROOT: `${folder}/uploads`, EXTENSIONS_PATH: `${folder}/extensions`, CONFIG_PATH: `${folder}/none`,
  ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'bench-password', ADMIN_TOKEN: token, LOG_LEVEL: 'error',
  RATE_LIMITER_ENABLED: kOff, PRESSURE_LIMITER_ENABLED: kOff, TELEMETRY: kOff, WEBSOCKETS_ENABLED: kOff, METRICS_ENABLED: kOff, SERVE_APP: kOff,
  CACHE_ENABLED: kOff, CACHE_SCHEMA_FREEZE_ENABLED: 'true', MCP_ENABLED: kOff, AI_ENABLED: kOff, ACCESS_TOKEN_TTL: '1h',
});

const column = (field, type, schema = {}) => ({ field, type, meta: {}, schema });
const kFields = [
  { field: 'id', type: 'integer', meta: {}, schema: { is_primary_key: true, has_auto_increment: true } },
  column('tag', 'string', { is_unique: true, is_nullable: false }), column('park', 'integer'), column('species', 'string'), column('girth', 'integer'),
  column('planted', 'date'), column('felled', 'date'), column('next_inspection', 'date'), column('answer_by', 'date'), column('double_girth', 'integer'),
  column('memo', 'string'), column('cost', 'integer'), column('owner_name', 'string'), column('state', 'string'),
];
const kIndexed = ['park', 'species', 'girth', 'planted', 'next_inspection', 'answer_by', 'cost', 'state'];

function sql(statements) {
  const { Database } = require('sqlite3');
  return new Promise((resolve, reject) => {
    const db = new Database(file);
    db.exec(statements, (error) => db.close(() => (error ? reject(error) : resolve())));
  });
}
function all(statement) {
  const { Database } = require('sqlite3');
  return new Promise((resolve, reject) => {
    const db = new Database(file);
    db.all(statement, (error, found) => db.close(() => (error ? reject(error) : resolve(found))));
  });
}
async function ask(method, path, value) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: value && JSON.stringify(value) });
  const body = await answer.text();
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${body}`);
  return body;
}

execFileSync(process.execPath, [require.resolve('@directus/api/cli/run.js'), 'bootstrap'], { stdio: ['ignore', 'ignore', 'inherit'] });
const mode = Object.values((await all(`PRAGMA journal_mode = ${journal}`))[0])[0];
if (mode !== journal) throw new Error(`the journal is ${mode}, not ${journal}`);
const { createServer } = await import(pathToFileURL(require.resolve('@directus/api/server')).href);
const server = await createServer();
await new Promise((resolve, reject) => server.once('error', reject).listen(Number(port), '127.0.0.1', resolve));
await ask('POST', '/collections', { collection: 'trees', meta: { accountability: 'all' }, schema: {}, fields: kFields });
// abs(random()) spreads as evenly as the rows of registers_bench do.
await sql(`BEGIN; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Number(rows)})
  INSERT INTO trees (tag, park, species, girth, planted, next_inspection, answer_by, memo, cost, owner_name, state)
  SELECT printf('%07d', i), abs(random()) % 200, iif(abs(random()) % 10, 'zelkova', 'cherry'), abs(random()) % 5000, date('1980-01-01', (abs(random()) % 16000) || ' days'),
    date('2026-01-01', (abs(random()) % 1500) || ' days'), NULL, '剪定済' || abs(random()) % 100000, abs(random()) % 1000000, '連絡者' || i, 'living' FROM n;
  UPDATE trees SET answer_by = date(planted, '3 days'), double_girth = girth * 2;
  ${kIndexed.map((name) => `CREATE INDEX trees_${name} ON trees (${name});`).join(' ')} COMMIT; ANALYZE;`);
// Its history must be on: a save leaves a line that holds the new value.
await ask('PATCH', '/items/trees/1?fields=id', { girth: 4321 });
const kept = await all("SELECT count(*) AS n FROM directus_revisions WHERE collection = 'trees' AND delta LIKE '%4321%'");
if (kept[0].n !== 1) throw new Error('a save leaves no revision: not the same work');
console.log('ready');
