// Judges what the scanners of script/prove found: a finding that tests/security/explained.json does not explain is a failure, and
// so is an explanation that nothing needs any more.
//   node tests/security/judge_scans.js --work FOLDER --base URL --explained FILE
// explained.json: [{"tool", "kind", "path" (regular expression, whole path), "why"}].
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { work: { type: 'string' }, base: { type: 'string' }, explained: { type: 'string' } } });

/** [{tool, kind, path, about}] of wapiti's reports; `broken` are runs that looked at nothing. */
function ofWapiti(folder, broken) {
  const out = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const log = readFileSync(join(folder, file.replace('.json', '.log')), 'utf8');
    const seen = Number(/(\d+) (?:URLs?|urls?) (?:and forms )?were browsed|(\d+) resources? crawled|Nb of URLs: (\d+)/i.exec(log)?.slice(1).find(Boolean) ?? 0) || (log.match(/https?:\/\//g) ?? []).length;
    if (seen < 3) broken.push(`wapiti ${file} saw ${seen} addresses`);
    for (const group of ['vulnerabilities', 'anomalies'])
      for (const [kind, list] of Object.entries(report[group] ?? {})) for (const one of list) out.push({ tool: 'wapiti', kind, path: one.path, about: `${one.method} ${one.parameter ?? ''} ${one.info}` });
  }
  return out;
}

/** sqlmap says in words what it found, and what it tested. */
function ofSqlmap(folder, broken) {
  const out = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
    const log = readFileSync(join(folder, file), 'utf8');
    if (!/testing|tested/i.test(log)) broken.push(`sqlmap ${file} tested nothing: ${log.split('\n').slice(-4).join(' ')}`);
    for (const [, parameter] of log.matchAll(/parameter '([^']+)' (?:is vulnerable|appears to be '[^']+' injectable)/g)) out.push({ tool: 'sqlmap', kind: 'injection', path: /starting|url '([^']+)'/.exec(log)?.[1] ?? file, about: parameter });
    if (/back-end DBMS( operating system)?: /.test(log)) out.push({ tool: 'sqlmap', kind: 'database seen', path: file, about: 'it named the database' });
  }
  return out;
}

const explanations = JSON.parse(readFileSync(options.explained, 'utf8'));
const broken = [];
const findings = [...ofWapiti(join(options.work, 'wapiti'), broken), ...ofSqlmap(join(options.work, 'sqlmap'), broken)];
const used = new Set();
let unexplained = 0;
const sums = new Map();
for (const finding of findings) {
  const path = finding.path.replace(options.base, '');
  const why = explanations.find((e) => e.tool === finding.tool && e.kind === finding.kind && new RegExp(`^(?:${e.path})$`).test(path));
  sums.set(`${finding.tool}: ${finding.kind}`, (sums.get(`${finding.tool}: ${finding.kind}`) ?? 0) + 1);
  if (why) used.add(why);
  else {
    unexplained += 1;
    console.log(`UNEXPLAINED ${finding.tool}: ${finding.kind}: ${path}: ${finding.about}`);
  }
}
for (const e of explanations) if (!used.has(e)) console.log(`no longer needed: ${e.tool}: ${e.kind}: ${e.path}`);
for (const line of broken) console.log(`BROKEN ${line}`);
for (const [kind, count] of sums) console.log(`${count} × ${kind}`);
console.log(`${findings.length} findings, ${findings.length - unexplained} explained, ${unexplained} unexplained`);
process.exit(unexplained || broken.length || explanations.some((e) => !used.has(e)) ? 1 : 0);
