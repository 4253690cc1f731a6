// Reads docs/asvs.yml: a list of flow mappings whose texts stand in double quotes. A stricter form than YAML asks for, so
// that a misspelt key or a forgotten quote is a fault with its line and never a requirement that silently has no test.
const kKeys = new Set(['id', 'level', 'about', 'applies', 'reason', 'tests', 'missing']);

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  fault(what) {
    return new Error(`line ${this.text.slice(0, this.at).split('\n').length}: ${what}`);
  }
  /** Blanks, line ends and comments between tokens. */
  skip() {
    for (;;) {
      const blank = /^(?:\s+|#[^\n]*)/.exec(this.text.slice(this.at, this.at + 4000));
      if (!blank) return;
      this.at += blank[0].length;
    }
  }
  take(pattern, what) {
    this.skip();
    const found = new RegExp(pattern.source, 'y');
    found.lastIndex = this.at;
    const hit = found.exec(this.text);
    if (!hit) throw this.fault(`expected ${what}`);
    this.at = found.lastIndex;
    return hit[0];
  }
  sees(character) {
    this.skip();
    return this.text[this.at] === character;
  }
  string() {
    return JSON.parse(this.take(/"(?:[^"\\\n]|\\.)*"/, 'a text in double quotes'));
  }
  list() {
    const out = [];
    this.take(/\[/, '"["');
    while (!this.sees(']')) {
      if (out.length) this.take(/,/, '","');
      out.push(this.string());
    }
    this.take(/\]/, '"]"');
    return out;
  }
  value(key) {
    if (key === 'tests') return this.list();
    if (key === 'level') return Number(this.take(/[123]\b/, 'a level'));
    if (key === 'applies') return this.take(/true\b|false\b/, 'true or false') === 'true';
    if (key === 'id') return this.take(/v\d+\.\d+\.\d+-\d+\.\d+\.\d+/, 'an id');
    return this.string();
  }
  entry() {
    const out = { line: 0 };
    this.take(/- *\{/, '"- {"');
    out.line = this.text.slice(0, this.at).split('\n').length;
    while (!this.sees('}')) {
      if (Object.keys(out).length > 1) this.take(/,/, '","');
      const key = this.take(/[a-z]+(?=:)/, 'a key');
      if (!kKeys.has(key)) throw this.fault(`unknown key "${key}"`);
      if (key in out) throw this.fault(`"${key}" stands twice`);
      this.take(/:/, '":"');
      out[key] = this.value(key);
    }
    this.take(/\}/, '"}"');
    return out;
  }
}

/** The entries of the file in order, each with its line. Throws with the line of the first fault. */
export function readRequirements(text) {
  const reader = new Reader(text);
  const out = [];
  for (reader.skip(); reader.at < reader.text.length; reader.skip()) out.push(reader.entry());
  return out;
}
