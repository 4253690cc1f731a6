// The peer on the embedded store: npm directus on SQLite, one process, with the same register as ours and as many rows.
//   node server.mjs PORT FOLDER JOURNAL ROWS HOME   makes FOLDER/directus.db, prints "ready" once; HOME is where npm directus is installed
// The collection is made through its API, the rows are written into its file by SQL with the indexes that ours has (the API takes hours for
// a million); its own revisions and activity are on, because ours keeps the history of every value too. JOURNAL as in bench/submissions.
import { startDirectus } from '../../submissions/directus/start.mjs';

const [port, folder, journal, rows, home] = process.argv.slice(2);

const column = (field, type, schema = {}) => ({ field, type, meta: {}, schema });
const kFields = [
  { field: 'id', type: 'integer', meta: {}, schema: { is_primary_key: true, has_auto_increment: true } },
  column('tag', 'string', { is_unique: true, is_nullable: false }), column('park', 'integer'), column('species', 'string'), column('girth', 'integer'),
  column('planted', 'date'), column('felled', 'date'), column('next_inspection', 'date'), column('answer_by', 'date'), column('double_girth', 'integer'),
  column('memo', 'string'), column('cost', 'integer'), column('owner_name', 'string'), column('state', 'string'),
];
const kIndexed = ['park', 'species', 'girth', 'planted', 'next_inspection', 'answer_by', 'cost', 'state'];

const { ask, make, query, run } = await startDirectus({ home, port, folder, journal });
await make('/collections', { collection: 'trees', meta: { accountability: 'all' }, schema: {}, fields: kFields });
// abs(random()) spreads as evenly as the rows of registers_bench do.
await run(`BEGIN; WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Number(rows)})
  INSERT INTO trees (tag, park, species, girth, planted, next_inspection, answer_by, memo, cost, owner_name, state)
  SELECT printf('%07d', i), abs(random()) % 200, iif(abs(random()) % 10, 'zelkova', 'cherry'), abs(random()) % 5000, date('1980-01-01', (abs(random()) % 16000) || ' days'),
    date('2026-01-01', (abs(random()) % 1500) || ' days'), NULL, '剪定済' || abs(random()) % 100000, abs(random()) % 1000000, '連絡者' || i, 'living' FROM n;
  UPDATE trees SET answer_by = date(planted, '3 days'), double_girth = girth * 2;
  ${kIndexed.map((name) => `CREATE INDEX trees_${name} ON trees (${name});`).join(' ')} COMMIT; ANALYZE;`);
// Its history must be on: a save leaves a line that holds the new value.
const saved = await ask('PATCH', '/items/trees/1?fields=id', { girth: 4321 });
if (saved.status >= 300) throw new Error(`a save: ${saved.status} ${saved.text}`);
const kept = await query("SELECT count(*) AS n FROM directus_revisions WHERE collection = 'trees' AND delta LIKE '%4321%'");
if (kept[0].n !== 1) throw new Error('a save leaves no revision: not the same work');
console.log('ready');
