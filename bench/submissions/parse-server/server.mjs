// The peer: npm parse-server on PostgreSQL, two processes (one a core), ready with the four classes that a submission writes.
//   node server.mjs PORT postgresql://…   prints "ready" once; ends with its parent's SIGTERM.
import cluster from 'node:cluster';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [port, uri] = process.argv.slice(2);
const kProcesses = Number(process.env.PARSE_PROCESSES ?? 2);
const text = { type: 'String', required: true };
const classes = [
  { className: 'Case', fields: { number: text, procedure: text, state: text, department: text, answers: { type: 'Object' }, received: { type: 'Date' } }, indexes: { number: { number: 1 } } },
  { className: 'History', fields: { number: text, sequence: { type: 'Number' }, state: text, action: text, actor: text } },
  { className: 'Audit', fields: { actor: text, action: text, object: text, request: { type: 'String' } } },
  { className: 'Outbox', fields: { event: text, key: text, payload: { type: 'Object' }, state: { type: 'Number' } } },
];

if (cluster.isPrimary) {
  let ready = 0;
  const fork = () => cluster.fork().on('message', () => { if (++ready < kProcesses) fork(); else console.log('ready'); });
  fork();   // the first one makes the tables, then come the others
  process.on('SIGTERM', () => { for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL'); process.exit(0); });
} else {
  const logsFolder = new URL('./logs', import.meta.url).pathname;
  process.env.PARSE_SERVER_LOGS_FOLDER = logsFolder;   // its logger opens files while it is loaded, before it sees the option
  const express = require('express');
  const { ParseServer } = require('parse-server');
  const api = new ParseServer({
    databaseURI: `${uri}?poolSize=16`, appId: 'bench', masterKey: 'bench-master', serverURL: `http://127.0.0.1:${port}/parse`, silent: true, logLevel: 'error',
    logsFolder, allowClientClassCreation: false, schema: { definitions: classes, lockSchemas: false, strict: false, deleteExtraFields: false },
  });
  await api.start();
  const app = express();
  app.use('/parse', api.app);
  app.listen(Number(port), '127.0.0.1', () => process.send('ready'));
}
