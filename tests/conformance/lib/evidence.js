// What ran in this run of script/test, and how it ended: results of gtest (build/logs/gtest/*.xml), of node --test
// (build/logs/node/*.xml) and of whole steps (build/logs/steps.tsv). The same test id may have several results
// (a parameter, a second run); it counts as passed only when there is one and all of them passed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const unescaped = (text) => text.replace(/&(lt|gt|quot|apos|amp|#(\d+)|#x([0-9a-fA-F]+));/g, (_, name, ten, hex) =>
  ten ? String.fromCodePoint(Number(ten)) : hex ? String.fromCodePoint(parseInt(hex, 16)) : { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }[name]);

/** Attributes and outcome of every <testcase>: passed, failed or skipped. */
function testCases(xml) {
  const out = [];
  for (const [, head, close, body] of xml.matchAll(/<testcase\b((?:\s+[\w:.-]+="[^"]*")*)\s*(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const attributes = Object.fromEntries([...head.matchAll(/([\w:.-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)]));
    const inside = close === '/>' ? '' : body;
    const skipped = /<skipped\b/.test(inside) || ['skipped', 'suppressed'].includes(attributes.result) || attributes.status === 'notrun';
    out.push({ ...attributes, outcome: /<(failure|error)\b/.test(inside) ? 'failed' : skipped ? 'skipped' : 'passed' });
  }
  return out;
}

const filesOf = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.xml')).sort() : []);

/** Map of test id → [outcomes] of one folder of logs. */
export function evidenceOf(logs) {
  const results = new Map();
  const note = (id, outcome) => results.set(id, [...(results.get(id) ?? []), outcome]);
  for (const file of filesOf(join(logs, 'gtest'))) {
    const program = basename(file, '.xml').replace(/_\d+$/, '');
    for (const one of testCases(readFileSync(join(logs, 'gtest', file), 'utf8'))) {
      // A parameter stands around the name: "Stores/StoreContract" "keeps/1".
      note(`${program}:${one.classname.replace(/^.*?\//, '')}.${one.name.replace(/\/.*$/, '')}`, one.outcome);
    }
  }
  for (const file of filesOf(join(logs, 'node')))
    for (const one of testCases(readFileSync(join(logs, 'node', file), 'utf8'))) note(`node:${basename(file, '.xml')}#${one.name}`, one.outcome);
  const steps = join(logs, 'steps.tsv');
  if (existsSync(steps))
    for (const line of readFileSync(steps, 'utf8').split('\n').filter(Boolean)) {
      const [name, outcome] = line.split('\t');
      note(`step:${name}`, outcome);
    }
  return results;
}
