// Which of the cases that ETSI's suite examines have a test of ours: the ids in NGSI("…") of the sources against the list of the shared folder.
//   node tests/conformance/ngsi_ld/coverage.mjs [--write docs/ngsi-ld.md] [--missing]
// Counts only what is named; that the named tests pass is what the unit tests say. Beside each clause: how many of the checks over HTTP (checks.mjs) a store that
// only keeps JSON passes (floor.mjs, asked here); ours passes all of them in script/test (run.mjs).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChecks } from './checking.mjs';
import { scenarios } from './checks.mjs';
import { startFloor } from './floor.mjs';

const { values: options } = parseArgs({ options: { write: { type: 'string' }, missing: { type: 'boolean', default: false } } });
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const list = join(process.env.MACHIYA_SHARED ?? join(root, '../shared'), 'conformance/ngsi-ld-cases/cases.csv');
if (!existsSync(list)) {
  console.log('skipped: shared data absent');
  process.exit(0);
}

const sources = readdirSync(join(root, 'src/sense'), { recursive: true }).filter((f) => f.endsWith('_test.cpp')).map((f) => readFileSync(join(root, 'src/sense', f), 'utf8'));
const named = new Set(sources.flatMap((text) => [...text.matchAll(/NGSI\("([^"]+)"/g)].flatMap((m) => m[1].split(/[ ,]+/))));

// NGSI("020_17_0" + std::to_string(i), …): a row of cases that differ by their last number.
const prefixes = sources.flatMap((text) => [...text.matchAll(/NGSI\("([^"]+)" \+/g)].map((m) => m[1]));

/** Rows of the list that are cases: "001_01_02 What is examined", with the clauses among their tags. */
const rows = readFileSync(list, 'utf8').split('\n').slice(1).map((line) => line.match(/^([^,]*),([^,]*),("(?:[^"]|"")*"|[^,]*),("(?:[^"]|"")*"|[^,]*),/)).filter(Boolean)
  .map(([, area, file, name, tags]) => ({ area, file, id: name.replace(/^"/, '').match(/^\d+(?:_\d+)+/)?.[0], clauses: [...tags.matchAll(/\b\d+(?:_\d+)+\b/g)].map((m) => m[0].replaceAll('_', '.')) }))
  .filter((row) => row.id);
const covered = (row) => named.has(row.id) || prefixes.some((prefix) => row.id.startsWith(prefix) && row.id.length - prefix.length <= 2);

function table(key) {
  const groups = new Map();
  for (const row of rows)
    for (const name of key(row)) groups.set(name, [...(groups.get(name) ?? []), row]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).map(([name, of]) => [name, of.length, of.filter(covered).length]);
}
const areas = table((row) => [row.area]), clauses = table((row) => (row.clauses.length ? row.clauses : ['not said']));
const all = rows.length, done = rows.filter(covered).length;
console.log(`${done} of ${all} cases have a test of ours (${((100 * done) / all).toFixed(1)} %)`);
if (options.missing) for (const row of rows) if (!covered(row)) console.log(`  ${row.area}  ${row.id}`);

/** Clause → [checks, those of them that the floor passes]. */
const store = await startFloor(), floor = new Map();
const results = await runChecks(store.url, scenarios);
await store.close();
for (const { clauses: of, why } of results)
  for (const clause of of.split(' ')) {
    const [checks, passed] = floor.get(clause) ?? [0, 0];
    floor.set(clause, [checks + 1, passed + (why ? 0 : 1)]);
  }
const floorPassed = results.filter((r) => !r.why).length;
const byClause = [...new Set([...clauses.map(([name]) => name), ...floor.keys()])].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
const counts = new Map(clauses.map(([name, n, have]) => [name, [n, have]]));
const clauseRow = (name) => `| ${name} | ${(counts.get(name) ?? [0, 0]).join(' | ')} | ${floor.get(name)?.[0] ?? ''} | ${floor.has(name) ? floor.get(name)[1] : ''} |`;
const lines = (list, head) => [`| ${head} | cases | with a test of ours |`, '|---|---:|---:|', ...list.map(([name, n, have]) => `| ${name} | ${n} | ${have} |`)].join('\n');
if (options.write)
  writeFileSync(options.write, `# NGSI-LD: what is there, clause by clause

Made by \`node tests/conformance/ngsi_ld/coverage.mjs --write docs/ngsi-ld.md\` from the names in our tests (\`NGSI("case", "clauses")\`) and from the list of what
three fifths of ETSI's NGSI-LD test suite examine. A case counts when a test of ours examines the same; those tests are unit tests and are green when
\`script/test\` is. The suite itself is run from outside, against \`machiya broker\`.

    machiya broker --listen 127.0.0.1:9090 --data FOLDER [--context-map FILE]

\`--context-map\` names a file of lines "URL PATH": contexts that are read from files instead of being fetched. Nobody logs in to this command; beyond loopback it
wants \`--open\`. On loopback it may call whatever lies on this machine
(subscribers, registered sources, contexts, MQTT brokers); with \`--open\` listed origins only: \`--channels FILE\` with lines such as
\`outbound = https://subscriber.example\`.

**${done} of ${all}** cases have a test of ours.

## Snapshots

\`POST /snapshots\` keeps what its queries find now (§5.16; registered sources help unless \`local=true\`). \`NGSILD-Snapshot: ID\` in a request does it on the snapshot
instead of the entities that are: reading, querying, types, attributes, and every write of entities, of which nobody is told. The answer says the header again.

| | |
|---|---|
| kept | with its entities in one transaction: after a kill -9 it is there whole or not at all; a day, or \`snapshotLifetime\`, at most a week |
| whose | the tenant's; in the house the maker's alone. Who reads it sees of it what they may read now, and never more than the maker saw |
| limits | 50 of one owner, 1,000 in all; 20,000 entities or 64 MiB in one; then one of a lower \`snapshotPriority\` of the same owner gives way, or 403 |
| purged | \`DELETE /snapshots?q=…\` over members of the snapshot: \`snapshotPriority<5\`, \`createdAt<2026-01-01T00:00:00Z\` |
| not there | \`snapshotTemporalQueries\`, the temporal interface and subscriptions on a snapshot, \`endpoint\` (it is filled when the answer comes): 422 |

## Areas and clauses

${lines(areas, 'area')}

Over HTTP, against a running broker, ${results.length} checks of our own (\`tests/conformance/ngsi_ld/checks.mjs\`, against any broker: \`run.mjs --url\`) must all be right in
\`script/test\`. The floor: a store that keeps what is posted by its id and gives it back, and knows nothing of the standard, is right in **${floorPassed} of ${results.length}**
(${((100 * floorPassed) / results.length).toFixed(1)} %). A check whose floor is as high as its count proves little of its clause; those clauses stand on the cases beside it.

| clause of ETSI GS CIM 009 | cases | with a test of ours | checks over HTTP | floor |
|---|---:|---:|---:|---:|
${byClause.map(clauseRow).join('\n')}
`);
