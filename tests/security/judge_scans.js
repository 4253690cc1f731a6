// Judges what the scanners of script/prove found: a finding that tests/security/explained.json does not explain is a failure, and
// so is an explanation that nothing needs any more.
//   node tests/security/judge_scans.js --work FOLDER --base URL --explained FILE        or --self-test
// explained.json: [{"tool", "kind", "path" and "about" (regular expressions, the whole text), "why"}].
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** [{tool, kind, path, about}] of wapiti's reports; `broken` are runs that looked at nothing. */
function ofWapiti(folder, broken) {
  const out = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const log = readFileSync(join(folder, file.replace('.json', '.log')), 'utf8');
    const seen = new Set(log.match(/https?:\/\/\S+/g) ?? []).size;   // with -v 1 it names each address
    if (seen < 3) broken.push(`wapiti ${file} saw ${seen} addresses`);
    for (const group of ['vulnerabilities', 'anomalies'])
      for (const [kind, list] of Object.entries(report[group] ?? {})) for (const one of list) out.push({ tool: 'wapiti', kind, path: one.path, about: [one.method, one.parameter, one.info].filter(Boolean).join(' ') });
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

/** {lines, bad}: what to print, and whether anything is unexplained, out of date or broken. */
function judge(work, base, explanations) {
  const broken = [];
  const lines = [];
  const findings = [...ofWapiti(join(work, 'wapiti'), broken), ...ofSqlmap(join(work, 'sqlmap'), broken)];
  const used = new Set();
  const sums = new Map();
  let unexplained = 0;
  for (const finding of findings) {
    const path = finding.path.replace(base, '');
    const whole = (pattern, text) => new RegExp(`^(?:${pattern})$`).test(text);
    const why = explanations.find((e) => e.tool === finding.tool && e.kind === finding.kind && whole(e.path, path) && whole(e.about, finding.about));
    sums.set(`${finding.tool}: ${finding.kind}`, (sums.get(`${finding.tool}: ${finding.kind}`) ?? 0) + 1);
    if (why) used.add(why);
    else {
      unexplained += 1;
      lines.push(`UNEXPLAINED ${finding.tool}: ${finding.kind}: ${path}: ${finding.about}`);
    }
  }
  const idle = explanations.filter((e) => !used.has(e));
  for (const e of idle) lines.push(`no longer needed: ${e.tool}: ${e.kind}: ${e.path}`);
  for (const line of broken) lines.push(`BROKEN ${line}`);
  for (const [kind, count] of sums) lines.push(`${count} × ${kind}`);
  lines.push(`${findings.length} findings, ${findings.length - unexplained} explained, ${unexplained} unexplained`);
  return { lines, bad: unexplained + idle.length + broken.length };
}

/** Planted reports: each must be judged as what it is. */
function selfTest() {
  const work = mkdtempSync(join(tmpdir(), 'machiya-scans-'));
  const crawl = 'http://a/1\nhttp://a/2\nhttp://a/3\n';
  const finding = { 'Cross Site Scripting': [{ method: 'GET', path: 'http://a/x', parameter: 'q', info: 'XSS in q' }] };
  const explained = [{ tool: 'wapiti', kind: 'Cross Site Scripting', path: '/x', about: 'GET q .*', why: 'planted' }];
  const bad = (report, log, sqlmap, explanations) => {
    for (const folder of ['wapiti', 'sqlmap']) mkdirSync(join(work, folder), { recursive: true });
    writeFileSync(join(work, 'wapiti/0.json'), JSON.stringify({ vulnerabilities: report, anomalies: {} }));
    writeFileSync(join(work, 'wapiti/0.log'), log);
    writeFileSync(join(work, 'sqlmap/0-1.log'), sqlmap);
    return judge(work, 'http://a', explanations).bad;
  };
  const fine = "[INFO] testing 'x'\nGET parameter 'q' does not seem to be injectable\n";
  const cases = [
    ['nothing found', 0, {}, crawl, fine, []], ['explained', 0, finding, crawl, fine, explained], ['a finding', 1, finding, crawl, fine, []], ['an idle explanation', 1, {}, crawl, fine, explained],
    ['a crawl that saw nothing', 1, {}, '', fine, []], ['an injection', 1, {}, crawl, "testing\nGET parameter 'q' is vulnerable. Do you want\n", []], ['a scan that tested nothing', 1, {}, crawl, 'connection refused\n', []],
  ];
  for (const [name, want, ...rest] of cases) if (bad(...rest) !== want) throw new Error(`NOT SEEN: ${name}`);
  rmSync(work, { recursive: true });
  console.log(`${cases.length} planted reports judged right`);
}

const { values: options } = parseArgs({ options: { work: { type: 'string' }, base: { type: 'string' }, explained: { type: 'string' }, 'self-test': { type: 'boolean' } } });
if (options['self-test']) selfTest();
else {
  const { lines, bad } = judge(options.work, options.base, JSON.parse(readFileSync(options.explained, 'utf8')));
  console.log(lines.join('\n'));
  process.exitCode = bad ? 1 : 0;
}
