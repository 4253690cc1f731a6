// npm directus on SQLite as the benches of submissions and of registers start it: one process (the file has one writer), on loopback.
// All that neither needs is off: rate limiter, pressure limiter, telemetry, log, web sockets, app, response cache.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const token = 'bench-token';
const kOff = 'false';
const settings = (port, folder, file) => ({
  NODE_ENV: 'production', HOST: '127.0.0.1', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}`, SECRET: 'bench-secret-of-thirty-two-letters',
  DB_CLIENT: 'sqlite3', DB_FILENAME: file, STORAGE_LOCAL_ROOT: `${folder}/uploads`, EXTENSIONS_PATH: `${folder}/extensions`, CONFIG_PATH: `${folder}/none`,
  ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'bench-password', ADMIN_TOKEN: token, LOG_LEVEL: 'error',
  RATE_LIMITER_ENABLED: kOff, PRESSURE_LIMITER_ENABLED: kOff, TELEMETRY: kOff, WEBSOCKETS_ENABLED: kOff, METRICS_ENABLED: kOff, SERVE_APP: kOff,
  CACHE_ENABLED: kOff, CACHE_SCHEMA_FREEZE_ENABLED: 'true', MCP_ENABLED: kOff, AI_ENABLED: kOff, ACCESS_TOKEN_TTL: '1h',
});

/**
 * Makes FOLDER/directus.db with its journal ("delete" as Directus makes the file, or "wal") and serves it; `home` is where npm directus is installed,
 * `more` settings of one bench. Gives `ask` (METHOD PATH VALUE: the answer's status and text), `make` (a POST that must be taken), and beside the server,
 * through the driver that it uses, `query` (the rows of one statement) and `run` (several statements).
 */
export async function startDirectus({ home, port, folder, journal, more = {} }) {
  const require = createRequire(`${home}/server.mjs`);
  const file = `${folder}/directus.db`;
  for (const name of ['uploads', 'extensions']) mkdirSync(`${folder}/${name}`, { recursive: true });
  Object.assign(process.env, settings(port, folder, file), more);

  const beside = (method, statements) => {
    const { Database } = require('sqlite3');
    return new Promise((resolve, reject) => {
      const db = new Database(file);
      db[method](statements, (error, found) => db.close(() => (error ? reject(error) : resolve(found))));
    });
  };
  const query = (statement) => beside('all', statement);
  const run = (statements) => beside('exec', statements);
  const ask = async (method, path, value) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }, body: JSON.stringify(value) });
    return { status: answer.status, text: await answer.text() };
  };
  const make = async (path, value) => {
    const { status, text } = await ask('POST', path, value);
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${text}`);
  };

  execFileSync(process.execPath, [require.resolve('@directus/api/cli/run.js'), 'bootstrap'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const mode = Object.values((await query(`PRAGMA journal_mode = ${journal}`))[0])[0];
  if (mode !== journal) throw new Error(`the journal is ${mode}, not ${journal}`);
  const { createServer } = await import(pathToFileURL(require.resolve('@directus/api/server')).href);
  const server = await createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(Number(port), '127.0.0.1', resolve));
  return { ask, make, query, run };
}
