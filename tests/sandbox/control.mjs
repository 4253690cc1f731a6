// The control port: JSON over HTTP on loopback, for tests only. README.md lists what it takes.
import http from 'node:http';

const MOST_PAGE = 10_000;

function number(query, name, fallback) {
  const value = Number(query.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is no count`);
  return value;
}

/** Questions: what the sandbox saw. */
function questions(world) {
  const { log, services } = world;
  return {
    '/': () => world.describe(),
    '/counters': () => ({
      totals: log.totals, violations: log.violation_count, faults: world.faults.met, rates: world.rates.report(),
      line: { seen: services.line.seen, judged: services.line.judged }, push: { messages: services.push.messages, opened: services.push.opened },
    }),
    '/seconds': () => Object.fromEntries(log.seconds),
    '/violations': (query) => ({ total: log.violation_count, violations: log.violations.slice(number(query, 'after', 0), number(query, 'after', 0) + number(query, 'limit', 100)) }),
    '/duplicates': (query) => log.duplicates(query.get('service') ?? ''),
    '/log': (query) => log.page(number(query, 'after', 0), Math.min(MOST_PAGE, number(query, 'limit', 1000)), query.get('service') ?? ''),
    '/smtp/kept': () => services.smtp.kept,
    '/outlets/kept': () => services.outlets.kept,
    '/push/texts': () => services.push.texts,
    '/sms/texts': () => services.sms.texts,
    '/line/menus': () => { const m = services.line.menus; return { menus: Object.fromEntries(m.menus), aliases: Object.fromEntries(m.aliases), default: m.default_menu ?? '', images: [...m.images.keys()] }; },
    '/line/webhooks': () => services.line.webhooks.sent,
  };
}

/** Orders: what the sandbox shall do from now on. */
function orders(world) {
  const { log, faults, rates, services } = world;
  return {
    '/faults': ({ plan, seed = 1, next }) => { if (plan) faults.set(plan, seed); for (const [service, kinds] of Object.entries(next ?? {})) faults.next(service, kinds); },
    '/down': ({ service, ms }) => { if (!world.ports[service]) throw new Error(`no service ${service}`); faults.down(service, ms); world.cut(service); },
    '/rates': (limits) => rates.set(limits),
    '/clock': ({ plus_ms }) => { world.shift_ms += plus_ms; },
    '/reset': () => { log.clear(); for (const service of Object.values(services)) service.clear(); faults.set({}, 1); faults.down_until.clear(); world.shift_ms = 0; },
    '/line/friends': ({ ids }) => services.line.befriend(ids),
    '/line/quota': ({ value }) => { services.line.quota = value ?? undefined; },
    '/line/webhook': (order) => services.line.webhooks.send(order),
    '/push/subscribe': ({ count = 1, key = '' }) => ({ subscriptions: services.push.subscribe(count, key, `${services.push.scheme}://127.0.0.1:${world.ports.push}`) }),
    '/push/answer': ({ endpoint, status }) => { if (!services.push.answer(endpoint, status)) throw new Error('no such subscription'); },
    '/smtp/answers': (answers) => { for (const [mailbox, code] of Object.entries(answers)) services.smtp.answers.set(mailbox.toLowerCase(), code); },
    '/smtp/keep': ({ count }) => { services.smtp.keep = count; },
    '/sms/dead': ({ numbers }) => { for (const one of numbers) services.sms.dead.add(one); },
    '/webhook/gone': ({ path }) => { services.webhook.gone.add(path); },
  };
}

function answer_log(res, { entries, next, more }) {
  res.writeHead(200, { 'Content-Type': 'application/json' });
  res.write(`{"next":${next},"more":${more},"entries":[`);
  for (const [i, line] of entries.entries()) {
    if (i) res.write(',');
    res.write(line);
  }
  res.end(']}');
}

export function control(world) {
  const ask = questions(world), order = orders(world);
  return http.createServer({ keepAliveTimeout: 600_000 }, async (req, res) => {
    const url = new URL(req.url, 'http://control');
    const say = (status, json) => res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json ?? { done: true }));
    try {
      let text = '';
      for await (const part of req) text += part;
      const handler = (req.method === 'GET' ? ask : req.method === 'POST' ? order : {})[url.pathname];
      if (!handler) return say(404, { error: `${req.method} ${url.pathname} is unknown` });
      const out = req.method === 'GET' ? handler(url.searchParams) : await handler(text ? JSON.parse(text) : {});
      return url.pathname === '/log' ? answer_log(res, out) : say(200, out);
    } catch (error) {
      return say(400, { error: error.message });
    }
  });
}
