// The operator's gateways to the public: carriers (緊急速報メール), Lアラート, loudspeakers. Stricter than the real ones; rules written from the carriers'
// and standards' own words, apart from src/tell/bulletins. An exercise that arrives here is a violation: drills must not leave the house.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { http_service } from './http_service.mjs';
import { name_of } from './log.mjs';

const KEY_LIFE_MS = 24 * 3600 * 1000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00$/;
const WARD = /^271(0[2-9]|1\d|2[0-8])$/;   // JIS X 0402: the wards of Osaka
const CARRIERS = ['docomo', 'kddi', 'softbank', 'rakuten'];
const ID = /^[0-9a-z]{26}$/;
const HEAD = { format: 'string', message: 'string', thread: 'string', status: 'string', act: 'string', sent: 'string', municipalities: 'object' };
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Judges by the standards' own schemas with xmllint; undefined when the shared data is not there. */
function schemas() {
  const folder = join(resolve(process.env.MACHIYA_SHARED ?? join(root, '../shared')), 'conformance/cap/xsd');
  if (!existsSync(join(folder, 'edxlde-1_0.xsd'))) return undefined;
  const work = mkdtempSync(join(tmpdir(), 'machiya-xsd-'));
  process.on('exit', () => rmSync(work, { recursive: true, force: true }));
  writeFileSync(join(work, 'both.xsd'), `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="urn:oasis:names:tc:emergency:EDXL:DE:1.0" schemaLocation="file://${folder}/edxlde-1_0.xsd"/>
  <xs:import namespace="urn:oasis:names:tc:emergency:cap:1.2" schemaLocation="file://${folder}/cap12_extended.xsd"/>
</xs:schema>`);
  return (xml) => {
    const out = spawnSync('xmllint', ['--noout', '--nonet', '--schema', join(work, 'both.xsd'), '-'], { input: xml, encoding: 'utf8' });
    return out.status === 0 ? '' : out.stderr.split('\n')[0] || 'xmllint did not run';
  };
}

/** What is wrong with the members that every gateway is told; "" when nothing is. */
function wrong_head(json, format, more) {
  const members = { ...HEAD, ...more };
  for (const name of Object.keys(json)) if (!(name in members)) return `${name} is unknown`;
  for (const [name, type] of Object.entries(members)) if (typeof json[name] !== type || json[name] === '') return `${name} is missing or of another type`;
  if (json.format !== format) return 'format';
  if (!ID.test(json.message) || !ID.test(json.thread)) return 'message or thread is no id';
  if (json.status !== 'Actual') return `status ${json.status}: no exercise may come here`;
  if (!['Alert', 'Update', 'Cancel'].includes(json.act)) return 'act';
  if (!TIME.test(json.sent)) return 'sent has no offset of Japan';
  if (!Array.isArray(json.municipalities) || json.municipalities.length === 0 || !json.municipalities.every((code) => WARD.test(code))) return 'municipalities are no wards of the city';
  if (new Set(json.municipalities).size !== json.municipalities.length) return 'a municipality twice';
  return '';
}

const characters = (text) => [...text].length;
function wrong_mail(json) {
  const head = wrong_head(json, 'machiya-area-mail-1', { carrier: 'string', title: 'string', body: 'string' });
  if (head) return head;
  if (!CARRIERS.includes(json.carrier)) return 'carrier';
  if (characters(json.title) > 15 || /\n/.test(json.title)) return 'title: at most 15 characters in one line';
  if (characters(json.body) > 200) return 'body: at most 200 characters';
  for (const text of [json.title, json.body]) {
    if (/https?:|www\.|@/i.test(text)) return 'an address in the text';
    if (/[0０][0-9０-９]{1,4}[-－ー−‐(（][0-9０-９]{1,4}[-－ー−‐)）][0-9０-９]{3,4}/.test(text)) return 'a telephone number in the text';
    if (/[{}]|訓練|テスト/.test(text)) return 'a slot that was not filled, or an exercise';
    if (/[^\n -~　-〃々-〕〜ぁ-ん゛-ゞァ-ヶ・-ヾ一-龥！-～―‘’“”…‥※←-↓□■△▲▽▼○●◎◆◇★☆℃]/u.test(text)) return 'a character that handsets may not show';
  }
  return '';
}
function wrong_speech(json) {
  const head = wrong_head(json, 'machiya-wireless-1', { text: 'string', sentences: 'object', seconds: 'number' });
  if (head) return head;
  if (!Array.isArray(json.sentences) || json.sentences.length < 3 || json.sentences.join('\n') !== json.text) return 'sentences and text differ';
  if (json.sentences[0] !== json.sentences.at(-1) || !/^こちらは、[ぁ-んァ-ヶー]+です。$/.test(json.sentences[0])) return 'who speaks, in kana, at both ends';
  if (!(json.seconds > 0 && json.seconds <= 180)) return 'longer than three minutes';
  if (/https?:|@|[{}]|訓練放送/.test(json.text)) return 'what cannot be spoken, a slot, or an exercise';
  return '';
}

export class Outlets {
  /** options: {token}. */
  constructor(world, options) {
    this.world = world;
    this.options = options;
    this.schema = schemas();
    this.clear();
    this.server = http_service(world, {
      name: 'outlets', class_of: () => 'message', judge: (request) => this.judge(request), limited: () => ({ status: 429, json: { error: 'busy' } }), failed: () => ({ status: 500, json: { error: 'internal' } }),
    });
  }
  clear() {
    this.keys = new Map();
    this.kept = [];   // what was accepted, whole: {path, body}
  }

  #refuse(status, path, error) {
    this.world.log.violation('outlets', `${status}`, `POST ${path}`, error);
    return { status, json: { error } };
  }
  #wrong_envelope(text) {
    if (!/<distributionStatus>Actual<\/distributionStatus>/.test(text) || /<status>(Exercise|Test|Draft)<\/status>/.test(text)) return 'no exercise may come here';
    if (!/<senderID>[^<@\s]+@[^<@\s]+<\/senderID>/.test(text)) return 'senderID is no actor@domain';
    return this.schema ? this.schema(text) : '';
  }

  judge({ method, path, headers, body }) {
    const json_type = /^application\/json\b/.test(headers['content-type'] ?? '');
    const ways = { '/area-mail': wrong_mail, '/wireless': wrong_speech, '/l-alert': undefined };
    if (method !== 'POST' || !(path in ways)) return this.#refuse(404, path, 'no such gateway');
    if (headers.authorization !== `Bearer ${this.options.token}`) return this.#refuse(401, path, 'token');
    const key = headers['idempotency-key'];
    if (!UUID.test(key ?? '')) return this.#refuse(400, path, 'Idempotency-Key is no UUID');
    const text = body.toString('utf8');
    let wrong = '';
    if (path === '/l-alert') {
      if (!/^application\/xml\b/.test(headers['content-type'] ?? '')) return this.#refuse(415, path, 'application/xml expected');
      wrong = this.#wrong_envelope(text);
    } else {
      if (!json_type) return this.#refuse(415, path, 'application/json expected');
      try {
        wrong = ways[path](JSON.parse(text));
      } catch {
        wrong = 'no JSON';
      }
    }
    if (wrong) return this.#refuse(422, path, wrong);
    return this.#keyed(key, path, text);
  }

  #keyed(key, path, text) {
    const now = this.world.log.now(), digest = createHash('sha1').update(path).update(text).digest('base64');
    const known = this.keys.get(key);
    if (known && now - known.at <= KEY_LIFE_MS) {
      if (known.digest !== digest) return this.#refuse(422, path, 'the key was used with another content');
      return { repeated: true, status: 200, json: { status: 'known' } };
    }
    return {
      accept: () => {
        this.keys.set(key, { at: now, digest });
        this.kept.push({ path, body: text });
        const carrier = path === '/area-mail' ? `/${JSON.parse(text).carrier}` : '';
        this.world.log.accept({ service: 'outlets', op: path.slice(1), what: name_of(text), key, to: [path + carrier] });
        return { status: 202, json: { status: 'accepted' } };
      },
    };
  }
}
