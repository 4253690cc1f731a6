// A client that reads only the HTML: no script, no style, no knowledge of our templates. It keeps cookies, follows
// redirects, finds forms by the names of their fields and sends them as a browser would (HTML, "Constructing the
// form data set"). It is what an outside client may rely on: docs/clients.md.
//
//   const client = new PlainClient('http://127.0.0.1:8080');
//   await client.get('/procedures');
//   await client.follow('犬の登録');                               a link by its text, or {rel}, {href}
//   await client.submit({ email: 'a@example.jp' });                the form that has these fields
//   await client.submit({ dog_name: 'ポチ' }, { action: 'next' });  pressing the button name=action value=next
import { parse, defaultTreeAdapter as tree } from 'parse5';

const isElement = (node) => tree.isElementNode(node);
const attribute = (node, name) => node.attrs.find((a) => a.name === name)?.value;
const has = (node, name) => node.attrs.some((a) => a.name === name);

/** Every element below a node, in document order. */
function* elements(node) {
  for (const child of node.childNodes ?? []) {
    if (isElement(child)) {
      yield child;
      yield* elements(child);
    }
  }
}
export function textOf(node) {
  if (tree.isTextNode(node)) return node.value;
  if (isElement(node) && ['script', 'style', 'rt', 'rp'].includes(node.tagName)) return '';
  return (node.childNodes ?? []).map(textOf).join('');
}
const clean = (text) => text.replace(/\s+/g, ' ').trim();

/** One page as read. */
export class PlainPage {
  constructor(address, status, headers, html) {
    Object.assign(this, { address, status, headers, html });
    this.document = parse(html);
    this.elements = [...elements(this.document)];
  }
  all(tag, test = () => true) {
    return this.elements.filter((e) => e.tagName === tag && test(e));
  }
  get title() {
    return clean(this.all('title').map(textOf).join(''));
  }
  get heading() {
    return clean(this.all('h1').map(textOf).join(' '));
  }
  get text() {
    return clean(this.all('body').map(textOf).join(' '));
  }
  /** Value of <data class="name" value="…">; undefined when the page has none. */
  data(name) {
    const found = this.elements.find((e) => e.tagName === 'data' && (attribute(e, 'class') ?? '').split(/\s+/).includes(name));
    return found && attribute(found, 'value');
  }
  links() {
    return this.all('a', (e) => has(e, 'href')).map((e) => ({ href: attribute(e, 'href'), rel: attribute(e, 'rel') ?? '', text: clean(textOf(e)) }));
  }
  /** Errors tied to fields: {field name: message}, as aria-describedby names them. */
  errors() {
    const byId = new Map(this.elements.filter((e) => has(e, 'id')).map((e) => [attribute(e, 'id'), e]));
    const out = {};
    const note = (element, name) => {
      for (const id of (attribute(element, 'aria-describedby') ?? '').split(/\s+/)) {
        const message = byId.get(id);
        if (message && /error/.test(id)) out[name] = clean(textOf(message));
      }
    };
    for (const element of this.elements) {
      if (['input', 'select', 'textarea'].includes(element.tagName) && has(element, 'name')) note(element, attribute(element, 'name'));
      if (element.tagName === 'fieldset') {
        const first = [...elements(element)].find((e) => has(e, 'name'));
        if (first) note(element, attribute(first, 'name').split('.')[0]);
      }
    }
    return out;
  }
  forms() {
    return this.all('form').map((element) => new PlainForm(this, element));
  }
}

/** One form: its fields as a person finds them, with the values it came with. */
export class PlainForm {
  constructor(page, element) {
    this.page = page;
    this.method = (attribute(element, 'method') ?? 'get').toLowerCase();
    this.action = new URL(attribute(element, 'action') || page.address, page.address).href;
    this.multipart = attribute(element, 'enctype') === 'multipart/form-data';
    const inside = [...elements(element)];
    const labels = new Map(inside.filter((e) => e.tagName === 'label' && has(e, 'for')).map((e) => [attribute(e, 'for'), clean(textOf(e))]));
    this.controls = inside
      .filter((e) => ['input', 'select', 'textarea', 'button'].includes(e.tagName) && has(e, 'name') && !has(e, 'disabled'))
      .map((e) => ({ ...readControl(e), label: labels.get(attribute(e, 'id')) ?? '' }));
  }
  get names() {
    return [...new Set(this.controls.filter((c) => c.type !== 'submit').map((c) => c.name))];
  }
  get buttons() {
    return this.controls.filter((c) => c.type === 'submit').map(({ name, value, label }) => ({ name, value, label }));
  }
  field(name) {
    return this.controls.find((c) => c.name === name && c.type !== 'submit');
  }
  /** Values a choice may take. */
  options(name) {
    return this.controls.filter((c) => c.name === name).flatMap((c) => c.options ?? [c.value]);
  }
  /** Name and value pairs to send: what the form came with, changed by `values` (arrays for several, null for none). */
  pairs(values, button) {
    for (const name of Object.keys(values)) if (!this.names.includes(name)) throw new Error(`the form has no field "${name}" (it has ${this.names.join(', ')})`);
    const out = [];
    const given = new Set();
    for (const control of this.controls) {
      if (control.type === 'submit') continue;
      if (control.name in values) {
        if (!given.has(control.name)) {
          given.add(control.name);
          for (const value of [values[control.name]].flat()) if (value !== null) out.push([control.name, checkChoice(this, control, value)]);
        }
      } else if (control.type === 'file') {
        out.push([control.name, null]);
      } else if (control.type === 'checkbox' || control.type === 'radio') {
        if (control.checked) out.push([control.name, control.value]);
      } else if (control.options) {
        for (const value of control.selected) out.push([control.name, value]);
      } else out.push([control.name, control.value]);
    }
    if (button) {
      const [name, value] = Object.entries(button)[0];
      if (!this.buttons.some((b) => b.name === name && b.value === value)) throw new Error(`the form has no button ${name}=${value}`);
      out.push([name, value]);
    }
    return out;
  }
}

function checkChoice(form, control, value) {
  const closed = control.type === 'radio' || control.type === 'checkbox' || control.options;
  if (closed && !form.options(control.name).includes(String(value))) throw new Error(`"${control.name}" offers ${form.options(control.name).join(', ')}, not "${value}"`);
  return value;
}

function readControl(element) {
  const name = attribute(element, 'name');
  if (element.tagName === 'textarea') return { name, type: 'textarea', value: textOf(element).replace(/^\n/, ''), required: has(element, 'required') };
  if (element.tagName === 'select') {
    const options = [...elements(element)].filter((e) => e.tagName === 'option');
    const value = (option) => attribute(option, 'value') ?? clean(textOf(option));
    const selected = options.filter((o) => has(o, 'selected')).map(value);
    return { name, type: 'select', options: options.map(value), selected: selected.length > 0 || has(element, 'multiple') ? selected : options.slice(0, 1).map(value), required: has(element, 'required') };
  }
  const type = element.tagName === 'button' ? (attribute(element, 'type') ?? 'submit') : (attribute(element, 'type') ?? 'text').toLowerCase();
  return {
    name, type, value: attribute(element, 'value') ?? (type === 'checkbox' || type === 'radio' ? 'on' : ''), checked: has(element, 'checked'),
    required: has(element, 'required'), autocomplete: attribute(element, 'autocomplete'), inputmode: attribute(element, 'inputmode'),
  };
}

/** Cookies of one origin, as RFC 6265 asks of a simple client. */
class CookieJar {
  #cookies = new Map();
  read(headers) {
    for (const line of headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const gone = attributes.some((a) => /^max-age=0*$|^max-age=-/i.test(a));
      if (gone) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
  header() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
  /** Name and value of each, to hand the session to a browser. */
  entries() {
    return [...this.#cookies];
  }
  set(name, value) {
    this.#cookies.set(name, value);
  }
  clear() {
    this.#cookies.clear();
  }
}

export class PlainClient {
  constructor(base, { language = 'ja', headers = {} } = {}) {
    this.base = base;
    this.headers = { 'Accept-Language': language, Accept: 'text/html,application/xhtml+xml;q=0.9', ...headers };
    this.jar = new CookieJar();
    this.page = null;
    this.requests = 0;
  }
  /** A file for submit(): {photo: file('a.jpg', 'image/jpeg', bytes)}. */
  static file(name, type, bytes) {
    return new File([bytes], name, { type });
  }
  async request(address, options = {}) {
    let target = new URL(address, this.page?.address ?? this.base);
    let send = options;
    for (let hop = 0; hop < 10; hop++) {
      this.requests++;
      const answer = await fetch(target, { ...send, redirect: 'manual', headers: { ...this.headers, ...send.headers, Cookie: this.jar.header() } });
      this.jar.read(answer.headers);
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location) {
        await answer.arrayBuffer();
        target = new URL(location, target);
        send = answer.status === 307 || answer.status === 308 ? send : {};
        continue;
      }
      this.page = new PlainPage(target.href, answer.status, answer.headers, await answer.text());
      return this.page;
    }
    throw new Error(`too many redirects from ${address}`);
  }
  get(address) {
    return this.request(address);
  }
  /** Follows a link by exact text, or by {rel}, {href} (text or regular expression). */
  follow(wanted) {
    const links = this.page.links();
    const fits = (value, test) => (test instanceof RegExp ? test.test(value) : value === test);
    const link = typeof wanted === 'string' || wanted instanceof RegExp
      ? links.find((l) => fits(l.text, wanted))
      : links.find((l) => Object.entries(wanted).every(([key, test]) => (key === 'rel' ? l.rel.split(/\s+/).includes(test) : fits(l[key], test))));
    if (!link) throw new Error(`no such link on ${this.page.address}: ${JSON.stringify(wanted)}`);
    return this.request(link.href);
  }
  /** The first form that has all these fields (and the button). */
  form(names = [], button = null) {
    const found = this.page.forms().find((form) =>
      names.every((name) => form.names.includes(name)) &&
      (!button || Object.entries(button).every(([name, value]) => form.buttons.some((b) => b.name === name && b.value === value))));
    if (!found) throw new Error(`no form with ${names.join(', ')} ${button ? JSON.stringify(button) : ''} on ${this.page.address} ("${this.page.title}", ${this.page.status})`);
    return found;
  }
  submit(values, button = null) {
    const form = this.form(Object.keys(values), button);
    const pairs = form.pairs(values, button);
    if (form.method === 'get') {
      const target = new URL(form.action);
      target.search = new URLSearchParams(pairs.filter(([, v]) => typeof v === 'string')).toString();
      return this.request(target.href);
    }
    const files = pairs.some(([, value]) => value instanceof File);
    if (form.multipart || files) {
      if (files && !form.multipart) throw new Error('a file in a form that is not multipart/form-data');
      const body = new FormData();
      for (const [name, value] of pairs) body.append(name, value === null ? new File([], '') : value);
      return this.request(form.action, { method: 'POST', body });
    }
    return this.request(form.action, {
      method: 'POST', body: new URLSearchParams(pairs.filter(([, v]) => v !== null).map(([n, v]) => [n, String(v)])),
    });
  }
  /** The log-in of the contract: a form with `email`, then one with `code`; the demonstration shows the code. */
  async logIn(email) {
    if (!this.page?.forms().some((form) => form.names.includes('email') && !form.names.includes('code'))) await this.get('/login');
    await this.submit({ email });
    const code = this.page.data('demo-code');
    if (!code) throw new Error('the page shows no code: is this the demonstration?');
    return this.submit({ code });
  }
}
