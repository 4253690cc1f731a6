// node run.mjs BENCH_FEEL: runs npm feelin (parses each time; it has no compiled form) and the given binary on the same
// expressions, checks that the values agree, and prints a table. Exit code 1 when a value differs or a bar is missed.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { evaluate } from 'feelin';

const file = new URL('./expressions.json', import.meta.url).pathname;
const cases = JSON.parse(readFileSync(file, 'utf8'));
const ours = execFileSync(process.argv[2], [file], { encoding: 'utf8' }).trim().split('\n').map((l) => JSON.parse(l));

function rate(once) {
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const begin = performance.now();
    let n = 0;
    while (performance.now() - begin < 300) {
      for (let i = 0; i < 8; i++) once();
      n += 8;
    }
    best = Math.max(best, n / ((performance.now() - begin) / 1000));
  }
  return best;
}

let ok = true;
const ratios = { compiled: [], parsed: [] };
console.log('| expression | feelin/s | parsed each time/s | × | compiled/s | × |');
console.log('|---|---|---|---|---|---|');
cases.forEach((c, i) => {
  const theirs = evaluate(c.expression, c.context).value;
  const same = typeof theirs === 'number' && typeof ours[i].value === 'number'
    ? Math.abs(theirs - ours[i].value) <= 1e-9 * Math.abs(theirs) : JSON.stringify(theirs) === JSON.stringify(ours[i].value);
  if (!same) {
    ok = false;
    console.error(`${c.name}: feelin ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours[i].value)}`);
  }
  for (let w = 0; w < 200; w++) evaluate(c.expression, c.context);  // warm up
  const peer = rate(() => evaluate(c.expression, c.context));
  ratios.compiled.push(ours[i].compiled / peer);
  ratios.parsed.push(ours[i].parsed / peer);
  console.log(`| ${c.name} | ${peer.toFixed(0)} | ${ours[i].parsed} | ${(ours[i].parsed / peer).toFixed(0)} | ${ours[i].compiled} | ${(ours[i].compiled / peer).toFixed(0)} |`);
});
const mean = (a) => Math.exp(a.reduce((s, x) => s + Math.log(x), 0) / a.length);
console.log(`geometric mean: parsed each time × ${mean(ratios.parsed).toFixed(0)}, compiled × ${mean(ratios.compiled).toFixed(0)}`);
console.log(`lowest: parsed each time × ${Math.min(...ratios.parsed).toFixed(0)}, compiled × ${Math.min(...ratios.compiled).toFixed(0)}`);
if (mean(ratios.parsed) < 20 || mean(ratios.compiled) < 500) ok = false;
process.exitCode = ok ? 0 : 1;
