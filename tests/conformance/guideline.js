// Every test that a guideline of the city names (city/*/**/guidelines/*.yaml) ran in this run of script/test and passed: only then
// may its line be green on /staff/protection.
//   node tests/conformance/guideline.js [--logs build/logs]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evidenceOf } from './lib/evidence.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Files of guidelines below `folder`. */
function guidelines(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => /(^|\/)guidelines\/[^/]+\.yaml$/.test(name)).map((name) => join(folder, name));
}

/** [id, line] of every test that a file names. */
function testsOf(text) {
  const out = [];
  text.split('\n').forEach((line, i) => {
    for (const [, list] of line.matchAll(/\btests: \[([^\]]*)\]/g)) for (const [, id] of list.matchAll(/"([^"]*)"/g)) out.push([id, i + 1]);
  });
  return out;
}

/** What is wrong with the tests of one file; `results` as evidenceOf() gives them. */
function faultsOf(name, text, results) {
  const faults = [];
  for (const [id, line] of testsOf(text)) {
    const outcomes = results.get(id) ?? [];
    const passed = outcomes.some((o) => o === 'passed' || o === 'partly') && !outcomes.includes('failed');
    if (!passed) faults.push(`${name}:${line}: ${id} ${outcomes.length ? 'did not pass' : 'did not run'}`);
  }
  return faults;
}

// The checker must be able to fail.
const planted = '- { line: a, tests: ["p:S.Good", "p:S.Gone"] }\n- { line: b, tests: ["p:S.Bad"] }\n';
const seen = faultsOf('x', planted, new Map([['p:S.Good', ['passed']], ['p:S.Bad', ['passed', 'failed']]]));
if (seen.join() !== 'x:1: p:S.Gone did not run,x:2: p:S.Bad did not pass') throw new Error(`NOT SEEN: ${seen}`);

const at = process.argv.indexOf('--logs');
const results = evidenceOf(at > 0 ? process.argv[at + 1] : join(root, 'build/logs'));
let tests = 0;
const faults = [];
for (const file of guidelines(join(root, 'city'))) {
  const text = readFileSync(file, 'utf8');
  tests += testsOf(text).length;
  faults.push(...faultsOf(file.slice(root.length + 1), text, results));
}
for (const fault of faults) console.log(fault);
console.log(`${tests} tests named by guidelines, ${faults.length} of them without a passed run`);
if (faults.length || tests === 0) process.exitCode = 1;
