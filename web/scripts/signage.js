// A sign's player. It shows what the feed says: alerts over everything, else the slides of this hour, in its languages by turns. It is told of
// changes by an event stream and asks by itself when there is none. What it has goes on without a network: page and files are kept for the
// service worker, feed and proofs of play in IndexedDB.
const base = document.body.dataset.signage;
const stage = document.querySelector('[data-stage]');
const parts = Object.fromEntries(['fit', 'banner', 'title', 'text'].map((name) => [name, stage.querySelector(`[data-${name}]`)]));
const footer = Object.fromEntries(['age', 'clock', 'pause'].map((name) => [name, document.querySelector(`[data-${name}]:not(li)`)]));
const texts = new Map([...document.querySelectorAll('[data-texts] li')].map((item) => [item.dataset.lang, item.dataset]));

const ASK_CONNECTED = 20_000;    // while the event stream stands
const ASK_ALONE = 1_500;         // while it does not: an alert is on the screen within two seconds all the same
const REPORT = 15_000;
const OLD = 45_000;              // older than this the screen says how old its content is
const BATCH = 200;
const BEAT = 5_000;

/** Kept over restarts: what the house said last, who we are, what we showed and have not told yet. */
class Kept {
  static open() {
    return new Promise((done, fail) => {
      const request = indexedDB.open(base, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('kept');
        request.result.createObjectStore('plays', { keyPath: 'sequence', autoIncrement: true });
      };
      request.onsuccess = () => done(new Kept(request.result));
      request.onerror = () => fail(request.error);
    });
  }
  constructor(database) { this.database = database; }
  run(stores, mode, work) {
    return new Promise((done, fail) => {
      const transaction = this.database.transaction(stores, mode, { durability: 'strict' });
      const request = work(transaction);
      transaction.oncomplete = () => done(request?.result);
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
  }
  get(key) { return this.run(['kept'], 'readonly', (t) => t.objectStore('kept').get(key)); }
  put(key, value) { return this.run(['kept'], 'readwrite', (t) => t.objectStore('kept').put(value, key)); }
  /** A frame has ended (or its last sign of life was found at the start): one step, so that it is counted once. */
  ended(play, next) {
    return this.run(['kept', 'plays'], 'readwrite', (t) => {
      if (play) t.objectStore('plays').add(play);
      return next ? t.objectStore('kept').put(next, 'playing') : t.objectStore('kept').delete('playing');
    });
  }
  waiting() { return this.run(['plays'], 'readonly', (t) => t.objectStore('plays').getAll(null, BATCH)); }
  forget(through) { return this.run(['plays'], 'readwrite', (t) => t.objectStore('plays').delete(IDBKeyRange.upperBound(through))); }
}

let kept = null;
let feed = null;
let tag = '';
let contact = 0;      // when the house answered last, by its clock
let offset = 0;       // its clock less ours
let connected = false;
let list = { key: '', frames: [] };
let at = 0;
let until = 0;
let playing = null;
let paused = false;
let player = '';
let ours = false;      // one window of a device proves what it shows: a second one would count everything twice
const now = () => Date.now() + offset;

/** What is to be shown at this moment. The feed's schedule is worked out by the house: nothing is decided here but the hour. */
function due() {
  if (!feed) return { key: '', frames: [] };
  const t = now();
  const on = feed.alerts.filter((alert) => alert.from <= t + 1000 && t < alert.until);   // a second: clocks are told in seconds
  const meant = on.filter((alert) => !alert.drill);
  const shown = meant.length > 0 ? meant : on;   // a drill never shares the screen with what is meant
  if (shown.length > 0) {
    return { key: shown.map((a) => `${a.id}/${a.from}`).join(' '), kind: shown[0].drill ? 'drill' : 'alert', frames: shown.flatMap((a) => a.frames.map((frame) => ({ item: a.id, frame }))) };
  }
  const stretch = feed.timeline.find((one) => one.from <= t && t < one.until);
  const frames = (stretch?.show ?? []).flatMap((id) => (feed.items[id] ?? []).map((frame) => ({ item: id, frame })));
  if (frames.length > 0) return { key: `${stretch.show.join(' ')}#${tag}`, kind: 'plain', frames };
  return { key: `rest#${tag}`, kind: 'plain', frames: feed.rest.map((frame) => ({ item: 'rest', frame })) };
}

function put(element, pieces) {
  element.replaceChildren(...pieces.map(({ text, reading }) => {
    if (!reading) return document.createTextNode(text);
    const ruby = document.createElement('ruby');
    const rt = document.createElement('rt');
    rt.textContent = reading;
    ruby.append(text, rt);
    return ruby;
  }));
}

const word = (lang, name) => (texts.get(lang) ?? texts.values().next().value)?.[name] ?? '';

const scaling = new CSSStyleSheet();
document.adoptedStyleSheets = [scaling];

/** As large as it fits. */
function fit() {
  let scale = 1.5;   // few words may be larger still
  const use = () => scaling.replaceSync(`.sign__fit { --fit: ${scale.toFixed(3)} }`);
  use();
  const room = () => stage.clientHeight - parseFloat(getComputedStyle(stage).paddingTop) * 2;
  while (parts.fit.offsetHeight > room() && scale > 0.35) {
    scale *= 0.93;
    use();
  }
}

function show({ item, frame }, kind) {
  stage.lang = frame.tag;
  stage.dataset.item = item;
  stage.className = `sign__stage sign__stage--${kind}`;
  parts.banner.hidden = kind === 'plain';
  parts.banner.textContent = kind === 'plain' ? '' : word(frame.lang, kind);
  put(parts.title, [...(frame.mark ? [...frame.mark, { text: ' ' }] : []), ...frame.title]);
  parts.text.replaceChildren(...frame.text.map((pieces) => {
    const paragraph = document.createElement('p');
    put(paragraph, pieces);
    return paragraph;
  }));
  fit();
  stage.dataset.shown = String(Date.now());
  footer.pause.textContent = word(frame.lang, paused ? 'goOn' : 'pause');
}

/** Ends the proof of what was shown and begins that of what is shown from here on. */
function note(next) {
  const t = now();
  const ended = playing && { at: playing.at, item: playing.item, lang: playing.lang, shown_ms: Math.max(0, t - playing.at) };
  playing = next && { at: t, item: next.item, lang: next.frame.lang, page: next.frame.page, beat: t };
  if (!ours) return;
  kept?.ended(ended, playing && { ...playing }).catch((error) => console.warn('play not kept', error));
}

function turn() {
  const wanted = due();
  const t = now();
  if (wanted.frames.length === 0) return;
  const news = wanted.key !== list.key;
  const takes = news && wanted.kind !== 'plain';
  if (!news && (t < until || paused)) return;
  if (news && paused && !takes && list.kind === 'plain') return;   // somebody reads
  at = news ? 0 : (at + 1) % wanted.frames.length;
  list = wanted;
  const next = list.frames[at];
  until = t + next.frame.seconds * 1000;
  note(next);
  show(next, list.kind);
}

function tell_age() {
  const lang = list.frames[at]?.frame.lang;
  const old = contact > 0 && now() - contact > OLD;
  footer.age.hidden = !old;
  if (old) footer.age.textContent = `${word(lang, 'offline')} · ${word(lang, 'age').replace('{minutes}', Math.floor((now() - contact) / 60_000))}`;
  footer.clock.textContent = new Date(now()).toLocaleTimeString('ja-JP', { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' });
}

let asking = null;
let again = false;
/** The feed as it is now. A change that comes meanwhile is fetched afterwards. */
async function ask() {
  if (asking) {
    again = true;
    return asking;
  }
  asking = (async () => {
    do {
      again = false;
      try {
        const answer = await fetch(`${base}/feed`, { cache: 'no-store', headers: tag ? { 'If-None-Match': tag } : {}, signal: AbortSignal.timeout(8000) });
        if (answer.status === 200) {
          feed = await answer.json();
          tag = answer.headers.get('ETag') ?? '';
          offset = feed.generated - Date.now();
        }
        if (answer.status === 200 || answer.status === 304) contact = now();
        // This screen was given up, or its address replaced: what it showed is no longer its own.
        if (answer.status === 404) feed = feed && { ...feed, items: {}, timeline: [], alerts: [] };
        await kept?.put('feed', { feed, tag, contact, offset });
      } catch { /* no network: what is here goes on */ }
      turn();
    } while (again);
  })();
  await asking;
  asking = null;
}

/** Is this the window that proves? It stays so until it is closed. */
function own() {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((done) => {
    navigator.locks.request(base, { ifAvailable: true }, (lock) => {
      done(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

async function report() {
  if (!kept || !ours) return;
  try {
    const plays = await kept.waiting();
    const body = { player, now: playing && { item: playing.item, lang: playing.lang, page: playing.page }, plays: plays.map((play) => ({ ...play, at: Math.round(play.at), shown_ms: Math.round(play.shown_ms) })) };
    const answer = await fetch(`${base}/plays`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(8000) });
    if (!answer.ok) return;
    const { through } = await answer.json();
    if (through > 0) await kept.forget(through);
    if (plays.length === BATCH) await report();
  } catch { /* they wait here */ }
}

function listen() {
  const stream = new EventSource(`${base}/events`);
  stream.addEventListener('open', () => { connected = true; ask(); });
  stream.addEventListener('error', () => {
    connected = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
  for (const name of ['changed', 'resync']) stream.addEventListener(name, ask);
  addEventListener('pagehide', () => stream.close());
}

/** Page and files of this version together, or none of them: half a version would show nothing. */
async function keep_page() {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('/signage-worker.js', { scope: '/signage/' });
  const files = [...document.querySelectorAll('link[href], script[src]')].map((element) => element.href || element.src);
  const cache = await caches.open('signage');
  await cache.addAll([base, ...files]);
  document.body.dataset.kept = 'yes';
}

async function begin() {
  try {
    kept = await Kept.open();
    player = (await kept.get('player')) ?? crypto.randomUUID();
    await kept.put('player', player);
    ours = await own();
    const before = ours && (await kept.get('playing'));   // the device went off while it showed this
    if (before) await kept.ended({ at: before.at, item: before.item, lang: before.lang, shown_ms: Math.max(0, before.beat - before.at) }, null);
    const last = await kept.get('feed');
    if (last && !feed) ({ feed, tag, contact, offset } = last);
  } catch (error) {
    console.warn('nothing is kept on this device', error);
  }
  turn();
  await ask();
  listen();
  keep_page().catch((error) => console.warn('page not kept', error));
  report();
}

let asked = Date.now();
setInterval(() => {
  turn();
  tell_age();
  if (Date.now() - asked < (connected ? ASK_CONNECTED : ASK_ALONE)) return;
  asked = Date.now();
  ask();
}, 250);
setInterval(report, REPORT);
setInterval(() => {
  if (!playing || !kept || !ours) return;
  playing.beat = now();
  kept.put('playing', { ...playing }).catch(() => {});
}, BEAT);
addEventListener('online', () => { ask(); report(); });
addEventListener('resize', fit);
footer.pause.hidden = false;
footer.pause.addEventListener('click', () => {
  paused = !paused;
  footer.pause.textContent = word(list.frames[at]?.frame.lang, paused ? 'goOn' : 'pause');
});
begin();
