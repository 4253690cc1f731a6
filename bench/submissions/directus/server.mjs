// The peer on the embedded store: npm directus on SQLite, one process (the file has one writer), ready with the four collections that a submission writes.
//   node server.mjs PORT FOLDER [JOURNAL]   makes FOLDER/directus.db, prints "ready" once; ends with SIGTERM.
// JOURNAL: "delete" (as Directus makes the file) or "wal" (kinder than what it comes with). fsync is SQLite's own default, synchronous=FULL, in both.
// All that a submission does not need is off: see start.mjs, and its own revisions and activity (accountability: null).
import { fileURLToPath } from 'node:url';
import { startDirectus } from './start.mjs';

const [port, folder, journal = 'delete'] = process.argv.slice(2);

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

async function makeCollections(make) {
  for (const [collection, fields] of Object.entries(kCollections)) await make('/collections', { collection, meta: { accountability: null }, schema: {}, fields: [id, ...fields].map((field) => ({ meta: {}, ...field })) });
  for (const child of ['history', 'audit', 'outbox']) {
    await make('/fields/cases', { field: child, type: 'alias', meta: { special: ['o2m'] } });
    await make('/relations', { collection: child, field: 'case', related_collection: 'cases', meta: { one_field: child }, schema: {} });
  }
}
// A nested create whose last row is refused must leave nothing: the four rows are one transaction.
async function checkTransaction(ask, query) {
  const made = { number: 'R8-0', procedure: 'p', state: 'received', department: 'd', answers: {}, history: { create: [{ sequence: 1, state: 's', action: 'a', actor: 'v' }], update: [], delete: [] } };
  const { status } = await ask('POST', '/items/cases?fields=id', { ...made, outbox: { create: [{ event: null, key: 'k' }], update: [], delete: [] } });
  const [rows] = await query('SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM history) AS n');
  if (status < 400 || rows.n !== 0) throw new Error(`a refused row left ${rows.n} others behind (status ${status}): not one transaction`);
}

const { ask, make, query } = await startDirectus({ home: fileURLToPath(new URL('.', import.meta.url)), port, folder, journal, more: { LOG_HTTP_IGNORE_PATHS: '/items/cases' } });
await makeCollections(make);
await checkTransaction(ask, query);
console.log('ready');
