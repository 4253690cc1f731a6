// Makes citizens with a case each, as people do: log-in, interview, receipt, through the HTML pages only.
//   node sessions.mjs BASE COUNT FILE    writes one line a person: Cookie value, TAB, number of the case
import { writeFileSync } from 'node:fs';
import { PlainClient } from '../../tests/browser/plain_client.js';
import { procedures } from '../../tests/browser/lib/answers.js';
import { samplePdf } from '../../tests/browser/lib/sample_files.js';
import { apply } from '../../tests/browser/lib/walk.js';

const [base, count, file] = process.argv.slice(2);
const kProcedure = 'resident-record-copy';
const answers = procedures(PlainClient.file('papers.pdf', 'application/pdf', samplePdf()), null)[kProcedure];
const lines = [];
let next = 0;
async function worker() {
  while (next < Number(count)) {
    const n = next++;
    const { client, number } = await apply(new PlainClient(base), kProcedure, answers, `page-${n}@example.jp`);
    lines.push(`${client.jar.header()}\t${number}`);
    if (lines.length % 100 === 0) process.stderr.write(`\r${lines.length} of ${count} people `);
  }
}
await Promise.all(Array.from({ length: 8 }, worker));
writeFileSync(file, `${lines.join('\n')}\n`);
