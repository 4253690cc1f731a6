// node bench/sense/jsonld.mjs BUILD [SECONDS] [--plant]: the payloads of the NGSI-LD test suite expanded and compacted by this house and by npm jsonld, in turn,
// three rounds each, contexts cached on both sides, one thread. First both answers are compared. Exit code 1 when they differ or when ours makes less
// than 20 times as many documents a second. With 0 seconds it only compares; --plant turns one answer, which must be found.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import jsonld from 'jsonld';

const build = process.argv[2] ?? 'build/release';
const seconds = Number(process.argv[3] ?? 3);
const payloads = join(process.env.MACHIYA_SHARED ?? '../shared', 'conformance/ngsi-ld-payloads');
if (!existsSync(payloads)) { console.log('skipped: shared data absent'); process.exit(0); }
const program = `${build}/bench/sense/jsonld_bench`;

// A context of our own stands for the suite's, which names the same words but cannot be had without fetching.
const suite = 'https://city.example/ngsi-ld/suite.jsonld', coreUrl = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld';
const words = ['Building', 'Vehicle', 'OffStreetParking', 'Bus', 'Testing', 'name', 'subCategory', 'airQualityLevel', 'almostFull', 'brandName', 'speed', 'fuelLevel', 'isParked',
  'providedBy', 'totalSpotNumber', 'availableSpotNumber', 'refDevice', 'address', 'category', 'street', 'tyreTreadDepths', 'gender', 'heading', 'driver'];
const contexts = {
  [suite]: { '@context': Object.fromEntries([['suite', 'https://ngsi-ld-test-suite/context#'], ...words.map((w) => [w, `https://ngsi-ld-test-suite/context#${w}`])]) },
  [coreUrl]: JSON.parse(execFileSync(program, ['core'], { encoding: 'utf8' })),
};

const bare = ({ '@context': _, ...rest }) => rest;
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
/** What is sent with a document whose context can be had: its own core contexts, else the suite's as a Link header would say. */
function load(folder) {
  const out = [];
  for (const entry of readdirSync(folder, { recursive: true }).sort()) {
    if (!/\.jsonl?d?$|\.json$/.test(entry)) continue;
    let value;
    try { value = JSON.parse(readFileSync(join(folder, entry), 'utf8')); } catch { continue; }   // some are wrong on purpose
    if (typeof value !== 'object' || value === null) continue;
    const own = [isObject(value) ? value['@context'] : value.find(isObject)?.['@context']].flat().filter((c) => c !== undefined);
    if (own.some((c) => typeof c !== 'string' || !/ngsi-ld-test-suite|TestSuite|ngsi-ld-core-context-v/.test(c))) continue;
    const onlyCore = own.length > 0 && own.every((c) => c.includes('core-context'));
    out.push({ name: entry, context: onlyCore ? null : suite, document: isObject(value) ? bare(value) : value.map((v) => (isObject(v) ? bare(v) : v)) });
  }
  return out;
}
const documents = load(payloads);
const folder = mkdtempSync(join(tmpdir(), 'machiya-jsonld-'));
const file = join(folder, 'documents');
const write = (list) => writeFileSync(file, [{ contexts }, ...list].map((l) => JSON.stringify(l)).join('\n') + '\n');

const documentLoader = async (url) => {
  if (!contexts[url]) throw new Error(`no request is made for ${url}`);
  return { contextUrl: null, documentUrl: url, document: contexts[url] };
};
const peerContext = { [suite]: [suite, coreUrl], null: [coreUrl] };
async function peer({ context, document }) {
  const expandContext = peerContext[context];
  const expanded = await jsonld.expand(document, { expandContext, documentLoader, base: null });
  const { '@context': _, ...compacted } = await jsonld.compact(expanded, expandContext, { documentLoader, skipExpansion: true, base: null });
  return { expanded, compacted };
}
async function theirs() {
  const begin = performance.now();
  let n = 0;
  while (performance.now() - begin < seconds * 1000) for (const d of timed) await peer(d), n++;
  return n / ((performance.now() - begin) / 1000);
}
const run = (...args) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
const ours = (what) => JSON.parse(run(what, file, seconds)).per_second;

write(documents);
const answers = run('answers', file).trim().split('\n').map((l) => JSON.parse(l));
// The peer writes language tags in lower case, which the standard allows and does not ask for.
const lower = (v) => v && JSON.parse(JSON.stringify(v).replace(/"[a-z]{2}-[A-Z]{2}"/g, (tag) => tag.toLowerCase()));
if (process.argv.includes('--plant')) answers.find((a) => a.compacted?.type === 'Vehicle').compacted.type = 'Bus';
let differ = 0;
for (const [i, d] of documents.entries()) {
  // Some are wrong on purpose: then the standard's error code is the answer.
  const wanted = await peer(d).catch((e) => ({ refused: e.details?.code ?? e.message }));
  for (const what of ['expanded', 'compacted', 'refused']) {
    if (isDeepStrictEqual(lower(answers[i][what]), lower(wanted[what]))) continue;
    if (++differ < 5) console.log(`${d.name} ${what}\n  ours   ${JSON.stringify(answers[i][what])}\n  theirs ${JSON.stringify(wanted[what])}`);
  }
}
const timed = documents.filter((_, i) => !answers[i].refused);
console.log(`${documents.length} documents, ${documents.length - timed.length} refused, ${differ} answers differ`);
if (seconds === 0) { rmSync(folder, { recursive: true }); process.exit(differ === 0 ? 0 : 1); }
write(timed);
const rounds = [];
for (let round = 0; round < 3; round++) rounds.push({ peer: await theirs(), rate: ours('rate'), whole: ours('whole') });
rmSync(folder, { recursive: true });
console.log('| round | jsonld 9.0.0, documents/s | ours | × | ours from text to text |\n|---|---:|---:|---:|---:|');
rounds.forEach((r, i) => console.log(`| ${i + 1} | ${r.peer.toFixed(0)} | ${r.rate} | ${(r.rate / r.peer).toFixed(1)} | ${r.whole} |`));
const worst = Math.min(...rounds.map((r) => r.rate / r.peer));
console.log(`lowest ratio: × ${worst.toFixed(1)} (wanted 20)`);
process.exitCode = worst >= 20 && differ === 0 ? 0 : 1;
