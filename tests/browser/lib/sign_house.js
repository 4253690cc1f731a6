// What staff and outside clients do with signs, by forms and requests: for the browser test and the bench.
import assert from 'node:assert';
import { staffClient } from './walk.js';

const csrf = (client) => client.page.forms().find((form) => form.field('csrf')).field('csrf').value;
const post = (client, path, pairs) => client.request(path, { method: 'POST', body: new URLSearchParams([...pairs, ['csrf', csrf(client)]]) });
const pathOf = (client) => new URL(client.page.address).pathname;
const iso = (ms) => `${new Date(ms + 9 * 3600e3).toISOString().slice(0, 19)}+09:00`;

export class SignHouse {
  static async open(base) {
    const house = new SignHouse();
    house.base = base;
    house.author = await staffClient(base, 'crisis');
    house.second = await staffClient(base, 'crisis-second');
    return house;
  }

  /** A new screen: {staff, player}, the paths of its pages. */
  async screen({ name, place = '', languages, playlists = [], topics = [], drills = false, portrait = false }) {
    await this.author.get('/staff/signage/new');
    const list = (key, values) => values.map((value) => [key, value]);
    await post(this.author, '/staff/signage', [['name', name], ['place', place], ['orientation', portrait ? 'portrait' : 'landscape'], ['message_hours', '24'], ...(drills ? [['drills', '1']] : []),
      ...list('language', languages), ...list('playlist', playlists), ...list('topic', topics)]);
    assert.match(pathOf(this.author), /^\/staff\/signage\/[0-9a-z]{26}$/, this.author.page.text.slice(0, 400));
    return { staff: pathOf(this.author), player: /href="(\/signage\/[0-9a-z]{26})"/.exec(this.author.page.html)[1] };
  }

  /** Written by one, released by another; `ready` does all but the release and gives it as a function. */
  async ready(texts, { drill = false, follows = '', template = '' } = {}) {
    await this.author.get('/staff/messages/new?class=emergency');
    await post(this.author, '/staff/messages?class=emergency', [...(drill ? [['drill', '1']] : []), ['follows', follows], ['template', template],
      ...Object.entries(texts).flatMap(([lang, [title, body]]) => [[`title.${lang}`, title], [`body.${lang}`, body]])]);
    const path = pathOf(this.author);
    assert.match(path, /^\/staff\/messages\/[0-9a-z]{26}$/, this.author.page.text.slice(0, 400));
    await post(this.author, path, [['act', 'submit']]);
    await this.second.get(path);
    const token = csrf(this.second);
    return {
      id: path.split('/').at(-1),
      release: async () => {
        await this.second.request(path, { method: 'POST', body: new URLSearchParams({ act: 'release', csrf: token }) });
        assert.equal(this.second.page.status, 200, this.second.page.text.slice(0, 300));
      },
    };
  }
  async emergency(texts, more) {
    const made = await this.ready(texts, more);
    await made.release();
    return made.id;
  }
  async allClear(id) {
    await this.emergency({ ja: ['津波注意報の解除', '危険はなくなりました。'], en: ['All clear', 'The danger is over.'] }, { follows: id, template: 'tsunami-lifted' });
  }
  /** Off all screens, before it ends by itself. */
  async takeOff(id) {
    await this.author.get('/staff/signage');
    await post(this.author, '/staff/signage/alerts/end', [['thread', `house/${id}`]]);
    assert.equal(this.author.page.status, 200, this.author.page.text.slice(0, 300));
  }

  /** An alert of somebody else, by an API client. */
  async cap({ id, expires, status = 'Actual' }) {
    this.token ??= await this.newToken();
    const answer = await fetch(`${this.base}/api/v1/signage/alerts`, { method: 'POST', headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/cap+xml' }, body: `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>${id}</identifier><sender>pref@example.jp</sender><sent>${iso(Date.now())}</sent><status>${status}</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>ja-JP</language><category>Geo</category><event>津波警報</event><responseType>Evacuate</responseType><urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty><expires>${iso(expires)}</expires>
<senderName>府</senderName><headline>津波警報</headline><description>高い所へ逃げてください。</description></info></alert>` });
    assert.equal(answer.status, 201, await answer.text());
  }
  async newToken() {
    const admin = await staffClient(this.base, 'admin');
    await admin.get('/staff/clients');
    await admin.submit({ name: `signs-${Date.now()}`, scopes: 'signage.alert' }, { action: 'create' });
    const token = /<code class="token">([^<]+)</.exec(admin.page.html);
    assert.ok(token, admin.page.text.slice(0, 400));
    return token[1];
  }

  /** How many frames a screen has told of. */
  async times(screen) {
    await this.author.get(`${screen.staff}/report.csv`);
    return this.author.page.html.split('\n').slice(1).reduce((sum, row) => sum + (Number(row.split(',').at(-4)) || 0), 0);
  }
}
