// One browser without script: cookies by origin, redirects step by step, so that a test can bend an address on its way.
export class Visitor {
  static received = [];   // everything that our own site ever told a browser: status line, headers, cookies, pages
  constructor(base) {
    this.base = base;
    this.jars = new Map();
  }
  jar(url) {
    const { origin } = new URL(url);
    if (!this.jars.has(origin)) this.jars.set(origin, new Map());
    return this.jars.get(origin);
  }
  async ask(url, init = {}) {
    const jar = this.jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...init, headers: { accept: 'text/html', cookie, ...init.headers } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line) || value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const location = answer.headers.get('location');
    const text = await answer.text();
    if (url.startsWith(this.base)) Visitor.received.push([...answer.headers].flat().join('\n') + text);
    return { status: answer.status, location: location && new URL(location, url).href, text, url };
  }
  form(url, fields) {
    return this.ask(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin }, body: new URLSearchParams(fields) });
  }
  /** Leaves for a provider: the address of its authorization endpoint, or of our page that says why not. */
  async leave(id, next = '/drafts') {
    const answer = await this.ask(`${this.base}/login/with/${id}?next=${encodeURIComponent(next)}`);
    if (answer.status !== 303) throw new Error(`/login/with/${id} answers ${answer.status}`);
    return answer.location;
  }
  /** Logs in at the provider: the address that it sends the browser back to; undefined when it refuses by itself. */
  async agree(address, account = 'hanako', press = 'in') {
    let answer = await this.ask(address);
    for (let step = 0; step < 8; ++step) {
      if (answer.status === 200 && answer.url.includes('/interaction/')) answer = await this.form(answer.url, { account, do: press });
      else if (answer.status >= 300 && answer.status < 400) {
        if (answer.location.startsWith(this.base)) return answer.location;
        answer = await this.ask(answer.location);
      } else return undefined;
    }
    throw new Error('the provider goes round in circles');
  }
  /** Who is logged in here? "" for nobody. */
  async signedIn() {
    const citizen = await this.ask(`${this.base}/my/security`);
    if (citizen.status === 200) return 'citizen';
    return (await this.ask(`${this.base}/staff/security`)).status === 200 ? 'staff' : '';
  }
}
