// docs/asvs.yml against the released list of OWASP ASVS 5.0.0 and against what ran: a requirement counts as verified when
// it names at least one test, and every test it names ran in this run of script/test and passed. A test of script/prove is
// written "prove:PART"; it must be a part of script/prove, and a requirement that has only such tests counts apart.
//   node tests/conformance/asvs.js [--logs build/logs]
//   node tests/conformance/asvs.js --self-test
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRequirements } from './lib/asvs_file.js';
import { released } from './lib/asvs_released.js';
import { evidenceOf } from './lib/evidence.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const kHighest = 2;   // the level aimed at: all requirements of levels 1 and 2
const kWanted = 0.9;  // share of the applicable ones, issue 4 "Must show" 7
const kLongestWording = 10;

/** Every id of levels 1 and 2 once, nothing else, with its released level. */
function checkList(entries, faults) {
  const wanted = new Map(released().filter((r) => r.level <= kHighest).map((r) => [r.id, r.level]));
  const seen = new Set();
  for (const e of entries) {
    const where = `docs/asvs.yml:${e.line}: ${e.id ?? 'an entry without id'}`;
    if (!wanted.has(e.id)) faults.push(`${where} is no requirement of level 1 or 2`);
    else if (wanted.get(e.id) !== e.level) faults.push(`${where} has level ${wanted.get(e.id)}`);
    if (seen.has(e.id)) faults.push(`${where} stands twice`);
    seen.add(e.id);
  }
  for (const id of wanted.keys()) if (!seen.has(id)) faults.push(`${id} is not in docs/asvs.yml`);
}

/** An entry says one thing: not applicable with a reason, verified by tests, or what is missing. */
function checkEntry(e, faults) {
  const where = `docs/asvs.yml:${e.line}: ${e.id}`;
  if (!e.about || e.about.trim().split(/\s+/).length > kLongestWording) faults.push(`${where}: a wording of 1 to ${kLongestWording} words is needed`);
  if (!Array.isArray(e.tests)) faults.push(`${where}: "tests" is needed`);
  if (e.applies === undefined) faults.push(`${where}: "applies" is needed`);
  if (e.applies === false && !e.reason) faults.push(`${where}: does not apply, but no reason is given`);
  if (e.applies && !e.tests?.length && !e.missing) faults.push(`${where}: neither a test nor what is missing`);
}

/** Why a test id does not count: unknown, failed or skipped; "" when it passed. A step that left something out passed with the rest. */
function complaint(id, results, parts) {
  if (id.startsWith('prove:')) return parts.has(id.slice(6)) ? '' : 'is no part of script/prove';
  const outcomes = results.get(id);
  if (!outcomes) return 'did not run';
  return outcomes.includes('failed') ? 'failed' : outcomes.some((o) => o === 'passed' || o === 'partly') ? '' : 'was skipped';
}

/** The whole judgement: faults of the file, and the sums. */
function judge(text, results, parts) {
  const faults = [];
  let entries = [];
  try {
    entries = readRequirements(text);
  } catch (error) {
    return { faults: [`docs/asvs.yml: ${error.message}`], applicable: 0, verified: 0, rest: [] };
  }
  checkList(entries, faults);
  const rest = [];
  let applicable = 0;
  let verified = 0;
  let proved = 0;
  for (const e of entries) {
    checkEntry(e, faults);
    const wrong = (e.tests ?? []).map((id) => [id, complaint(id, results, parts)]).filter(([, why]) => why);
    for (const [id, why] of wrong) faults.push(`docs/asvs.yml:${e.line}: ${e.id}: ${id} ${why}`);
    if (e.applies === false) continue;
    applicable += 1;
    const own = (e.tests ?? []).filter((id) => !id.startsWith('prove:'));
    if (e.missing || wrong.length) rest.push(`${e.id} (level ${e.level}) ${e.about}: ${e.missing ?? wrong[0].join(' ')}`);
    else if (own.length) verified += 1;
    else proved += 1;
  }
  return { faults, applicable, verified, proved, rest, total: entries.length };
}

const partsOfProve = () => new Set(readdirSync(join(root, 'script/prove.d')).map((f) => f.replace(/^\d+-(.*)\.sh$/, '$1')));

function report(found) {
  for (const fault of found.faults) console.log(fault);
  for (const line of found.rest) console.log(`not verified: ${line}`);
  const share = found.verified / (found.applicable || 1);
  console.log(`ASVS 5.0.0, levels 1 and 2: ${found.total} requirements, ${found.applicable} apply; verified by a test that ran and passed: ` +
    `${found.verified} (${(100 * share).toFixed(1)} %), only by script/prove: ${found.proved}, not verified: ${found.rest.length}; wanted: ${100 * kWanted} %`);
  return share;
}

/** Plants one fault of each kind in a file that is right otherwise; each must be seen. */
function selfTest() {
  const list = released().filter((r) => r.level <= kHighest);
  const line = (r, tests = '"p_tests:S.T"') => `- { id: ${r.id}, level: ${r.level}, about: "a thing", applies: true, tests: [${tests}] }`;
  const good = list.map((r) => line(r));
  const results = new Map([['p_tests:S.T', ['passed', 'passed']], ['p_tests:S.Red', ['passed', 'failed']], ['p_tests:S.Skip', ['skipped']]]);
  const faultsOf = (lines) => judge(lines.join('\n'), results, new Set(['kills'])).faults;
  const swap = (at, text) => good.map((l, i) => (i === at ? text : l));
  const first = list[0];
  const cases = {
    'a requirement left out': good.slice(1),
    'a requirement twice': [...good, good[0]],
    'a wrong level': swap(0, line({ id: first.id, level: 3 - first.level })),
    'a requirement that is not there': [...good, line({ id: 'v5.0.0-1.1.99', level: 2 })],
    'a test that does not exist': swap(0, line(first, '"p_tests:S.Gone"')),
    'a test that failed once': swap(0, line(first, '"p_tests:S.Red"')),
    'a test that was skipped': swap(0, line(first, '"p_tests:S.Skip"')),
    'a part of prove that does not exist': swap(0, line(first, '"prove:nothing"')),
    'no test and nothing missing': swap(0, line(first, '')),
    'not applicable without a reason': swap(0, line(first).replace('applies: true', 'applies: false')),
    'a long wording': swap(0, line(first).replace('a thing', 'one two three four five six seven eight nine ten eleven')),
    'an unknown key': swap(0, line(first).replace('about', 'abuot')),
    'a text without quotes': swap(0, line(first).replace('"a thing"', 'a thing')),
  };
  const levels = [1, 2, 3].map((level) => released().filter((r) => r.level === level).length);
  if (levels.join() !== '70,183,92') throw new Error(`the released list has 70, 183 and 92 requirements, not ${levels}`);
  if (faultsOf(good).length) throw new Error(`the good file is refused: ${faultsOf(good)[0]}`);
  const broken = judge(cases['a test that failed once'].join('\n'), results, new Set());
  if (broken.verified !== list.length - 1) throw new Error('a failed test counts as verified');
  for (const [name, lines] of Object.entries(cases)) if (!faultsOf(lines).length) throw new Error(`NOT SEEN: ${name}`);
  console.log(`${Object.keys(cases).length} planted faults seen`);
}

/** The reader of results: a failure in any of several runs, a skipped test and a parameterised name are what they are. */
function selfTestOfEvidence() {
  const logs = mkdtempSync(join(tmpdir(), 'machiya-asvs-'));
  for (const folder of ['gtest', 'node']) mkdirSync(join(logs, folder));
  const suite = (cases) => `<?xml version="1.0"?><testsuites><testsuite name="S">${cases}</testsuite></testsuites>`;
  writeFileSync(join(logs, 'gtest/p_tests.xml'), suite('<testcase name="Good/0" status="run" result="completed" classname="Store/S" /><testcase name="Good/1" status="run" result="completed" classname="Store/S" />' +
    '<testcase name="Bad" status="run" result="completed" classname="S"><failure message="x" type=""><![CDATA[no]]></failure></testcase><testcase name="Off" status="notrun" result="suppressed" classname="S" />' +
    '<testcase name="Skip" status="run" result="skipped" classname="S"><skipped message="absent" /></testcase>'));
  writeFileSync(join(logs, 'gtest/p_tests_1.xml'), suite('<testcase name="Good/0" status="run" result="completed" classname="Store/S"><failure message="x" type=""></failure></testcase>'));
  writeFileSync(join(logs, 'node/a_test.xml'), suite('<testcase name="it&apos;s &lt;fine&gt;" time="0.1" classname="test"/><testcase name="bad" classname="test"><failure>no</failure></testcase>'));
  writeFileSync(join(logs, 'steps.tsv'), 'a step\tpassed\nanother\tfailed\n');
  const found = evidenceOf(logs);
  rmSync(logs, { recursive: true });
  const want = { 'p_tests:S.Good': 'passed,passed,failed', 'p_tests:S.Bad': 'failed', 'p_tests:S.Off': 'skipped', 'p_tests:S.Skip': 'skipped', "node:a_test#it's <fine>": 'passed', 'node:a_test#bad': 'failed', 'step:a step': 'passed', 'step:another': 'failed' };
  for (const [id, outcomes] of Object.entries(want)) if (String(found.get(id)) !== outcomes) throw new Error(`${id} is read as ${found.get(id)}, not ${outcomes}`);
  console.log(`${Object.keys(want).length} results read as they are`);
}

if (process.argv.includes('--self-test')) {
  selfTest();
  selfTestOfEvidence();
} else {
  const at = process.argv.indexOf('--logs');
  const logs = at > 0 ? process.argv[at + 1] : join(root, 'build/logs');
  if (!existsSync(logs)) throw new Error(`${logs}: no results; run script/test`);
  const found = judge(readFileSync(join(root, 'docs/asvs.yml'), 'utf8'), evidenceOf(logs), partsOfProve());
  const share = report(found);
  if (found.faults.length || share < kWanted) process.exitCode = 1;
}
