// The live map in the browser: data-livemap on an empty box, data-settings the address of what it shows, data-query what the page was asked. Everything that it
// shows stands in the page's tables, too; the box takes the place of the picture that the server drew.
import { AreaTool } from './livemap_area.js';
import { Painter, View, coloursOf, placeOf, units, worldOf } from './livemap_view.js';
import { Tiles } from './livemap_tiles.js';

const MOST_LISTED = 40;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
const filled = (text, args) => text.replace(/\{(\w+)\}/g, (whole, name) => args[name] ?? whole);
const words = (text) => text.replace(/\{([^|{}]+)\|[^|{}]+\}/g, '$1');   // without readings

class LiveMap {
  constructor(box, settings) {
    this.box = box;
    this.s = settings;
    this.t = (key, args = {}) => filled(words(settings.texts[key]), args);
    this.view = new View();
    this.hidden = new Set(settings.layers.filter((layer) => layer.hidden).map((layer) => layer.id));
    this.at = '';
    this.shown = new Map();
    this.things = [];
    this.chosen = null;
    this.frame = 0;
    this.build();
    this.painter = new Painter(this.canvas, this.view, coloursOf(this.map), getComputedStyle(document.body).fontFamily);
    this.tiles = new Tiles(settings.tiles, () => this.ask());
    this.ground = new Tiles(settings.ground, () => this.ask());
    this.rasters = new Map();
    this.area = new AreaTool(this, make);
    this.side.append(this.area.element);
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.map);
    this.resize();
    const { start, zoom, box: all } = settings;
    if (start) this.view.look(...worldOf(start.lat, start.lon), zoom);
    else this.view.fit(all ?? [122, 24, 146, 46]);
    this.ask();
    this.connect();
  }

  // What the page gets.
  build() {
    const { s } = this;
    this.canvas = make('canvas', { class: 'livemap__canvas', 'aria-hidden': 'true' });
    this.map = make('div', { class: 'livemap__map', tabindex: '0', role: 'application', 'aria-label': this.t('map'), 'aria-describedby': 'livemap-keys' }, this.canvas);
    this.status = make('p', { class: 'livemap__status', role: 'status' });
    this.state = make('span', { class: 'livemap__state' });
    const button = (text, label, press) => make('button', { type: 'button', class: 'livemap__button', 'aria-label': label, title: label, onclick: press }, text);
    const buttons = make('div', { class: 'livemap__buttons' }, button('+', this.t('zoom_in'), () => this.zoom(1)), button('−', this.t('zoom_out'), () => this.zoom(-1)));
    if ('geolocation' in navigator) buttons.append(button('◎', this.t('locate'), () => this.locate()));
    const credits = [s.credit, s.groundCredit, s.rasterCredit].filter(Boolean).join(' · ');
    const frame = make('div', { class: 'livemap__frame' }, this.map, buttons, make('p', { class: 'livemap__credit' }, credits));
    this.side = make('div', { class: 'livemap__side' });
    if (s.layers.length > 1) this.side.append(this.layerChoice());
    if (s.past) this.side.append(this.slider());
    this.details = make('section', { class: 'livemap__details', 'aria-label': this.t('details'), hidden: true });
    this.list = make('ul', { class: 'livemap__list' });
    this.more = make('p', { class: 'field__hint' });
    this.side.append(this.details, make('div', { class: 'livemap__seen' }, this.status, this.list, this.more));
    this.box.append(make('p', { class: 'field__hint livemap__keys', id: 'livemap-keys' }, this.t('keys')), make('div', { class: 'livemap__parts' }, frame, this.side), make('p', { class: 'field__hint' }, this.state));
  }

  layerChoice() {
    const set = make('fieldset', { class: 'livemap__layers' }, make('legend', {}, this.t('layers')));
    for (const layer of this.s.layers) {
      const id = `livemap-layer-${layer.id}`;
      const box = make('input', { type: 'checkbox', id, checked: !this.hidden.has(layer.id), onchange: () => {
        if (box.checked) this.hidden.delete(layer.id);
        else this.hidden.add(layer.id);
        this.ask();
      } });
      set.append(make('div', { class: 'livemap__choice' }, box, make('label', { for: id }, layer.name)));
    }
    return set;
  }

  slider() {
    const { past } = this.s;
    const japan = new Intl.DateTimeFormat(this.s.language, { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' });
    const most = past.steps;   // the last place is now, the one before the newest step
    const out = make('output', { for: 'livemap-at', class: 'livemap__time' }, this.t('now'));
    const range = make('input', { type: 'range', id: 'livemap-at', min: '0', max: String(most), value: String(most), step: '1' });
    let waiting = 0;
    const turn = () => {
      const back = most - Number(range.value);
      const seconds = past.newest - (back - 1) * past.minutes * 60;
      const text = back === 0 ? this.t('now') : japan.format(seconds * 1000);
      out.textContent = text;
      range.setAttribute('aria-valuetext', text);
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        this.at = back === 0 ? '' : new Date((seconds + 9 * 3600) * 1000).toISOString().slice(0, 16);   // Japan's time, as the form has it
        this.tiles.turnTo(this.query());
        this.closeDetails();
        this.area.again();
        this.ask();
      }, 150);
    };
    const step = (by) => {
      range.value = String(Number(range.value) + by);
      turn();
    };
    range.addEventListener('input', turn);
    return make('div', { class: 'livemap__past' }, make('label', { for: 'livemap-at' }, this.t('moment')), out,
      make('div', { class: 'livemap__turn' }, make('button', { type: 'button', class: 'livemap__button', 'aria-label': this.t('play_back'), onclick: () => step(-1) }, '◀'), range,
        make('button', { type: 'button', class: 'livemap__button', 'aria-label': this.t('play_on'), onclick: () => step(1) }, '▶')));
  }

  query() { return this.at ? `?at=${encodeURIComponent(this.at)}` : ''; }

  // What a person does.
  listen() {
    const { map } = this;
    map.addEventListener('keydown', (event) => this.key(event));
    map.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && document.activeElement !== map) return;   // the page scrolls until the map is chosen
      event.preventDefault();
      const at = map.getBoundingClientRect();
      this.view.zoomAt(event.clientX - at.left, event.clientY - at.top, -Math.sign(event.deltaY) / 2);
      this.ask();
    }, { passive: false });
    map.addEventListener('dblclick', (event) => {
      const at = map.getBoundingClientRect();
      this.view.zoomAt(event.clientX - at.left, event.clientY - at.top, 1);
      this.ask();
    });
    this.pointers = new Map();
    map.addEventListener('pointerdown', (event) => {
      map.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
      this.moved = this.pointers.size > 1;
    });
    map.addEventListener('pointermove', (event) => this.drag(event));
    map.addEventListener('pointerup', (event) => {
      const was = this.pointers.delete(event.pointerId);
      if (was && !this.moved) this.press(event);
    });
    map.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    addEventListener('pagehide', () => this.stream?.close());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.stream?.readyState === EventSource.CLOSED) this.connect();
    });
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (!this.moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < 5) return;
    this.moved = true;
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
      const at = this.map.getBoundingClientRect();
      this.view.zoomAt((now[0] + other[0]) / 2 - at.left, (now[1] + other[1]) / 2 - at.top, Math.log2(Math.max(1, far(now, other)) / Math.max(1, far(before, other))));
    } else this.view.pan(now[0] - before[0], now[1] - before[1]);
    this.pointers.set(event.pointerId, now);
    this.ask();
  }

  press(event) {
    const at = this.map.getBoundingClientRect();
    const [x, y] = [event.clientX - at.left, event.clientY - at.top];
    if (this.area.press(this.view.world(x, y))) return;
    const near = this.things.map((thing) => ({ thing, far: Math.hypot(thing.px - x, thing.py - y) - (thing.radius ?? 10) })).sort((a, b) => a.far - b.far)[0];
    if (near && near.far < 14) this.open(near.thing);
    else this.closeDetails();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? 240 : 80;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (moves[event.key]) this.view.pan(...moves[event.key]);
    else if (event.key === '+' || event.key === '=' || event.key === ';') this.view.look(this.view.x, this.view.y, Math.round(this.view.zoom) + 1);
    else if (event.key === '-') this.view.look(this.view.x, this.view.y, Math.round(this.view.zoom) - 1);
    else if (event.key === ' ' && this.area.press([this.view.x, this.view.y])) { /* a corner in the middle */ }
    else if (event.key === 'Escape' && !this.details.hidden) this.closeDetails();
    else return;
    event.preventDefault();
    this.ask();
  }

  zoom(by) {
    this.view.look(this.view.x, this.view.y, Math.round(this.view.zoom) + by);
    this.ask();
  }

  locate() {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      this.view.look(...worldOf(coords.latitude, coords.longitude), Math.max(this.view.zoom, 15));
      this.ask();
    }, (fault) => { this.state.textContent = fault.message; }, { timeout: 20000 });
  }

  resize() {
    this.painter.resize();
    this.ask();
  }

  // Drawing, once for each picture of the screen at most.
  ask() {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  tilesToDraw() {
    const now = this.view.tiles().map((tile) => this.tiles.get(tile));
    // Until all of a new zoom have come, the marks of the one before stay.
    if (now.every((tile) => tile.layers)) this.shown = new Map(now.map((tile) => [`${tile.z}/${tile.x}/${tile.y}`, tile]));
    const [first] = this.shown.values();
    if (!first || first.z === this.view.tileZoom) return now.filter((tile) => tile.layers);
    return [...this.shown.values()];
  }

  draw() {
    const { painter, view } = this;
    painter.clear();
    if (this.s.raster) this.drawRaster();
    const under = view.tiles().map((tile) => this.ground.get(tile)).filter((tile) => tile.layers);
    const fill = this.s.raster ? null : painter.colours.ward;
    for (const tile of under) for (const feature of tile.layers.wards ?? []) painter.area(tile, feature, fill, painter.colours.border, 1.5);
    this.collect();
    for (const { tile, feature, colour } of this.shapes) painter.area(tile, feature, null, painter.colours.marks[colour], 3);
    for (const tile of under) for (const kind of ['towns', 'ward-names']) for (const feature of tile.layers[kind] ?? []) {
      const name = feature.tags[`name:${document.documentElement.dataset.language}`] ?? feature.tags[`name:${this.s.language}`] ?? feature.tags['name:en'] ?? feature.tags['name:ja'];
      const shown = this.s.language === 'ja' ? feature.tags['name:ja'] : name;
      const [px, py] = view.pixel(...units(tile, feature.parts[0][0]));
      painter.label(shown ?? '', px, py + this.besides(px, py), kind === 'towns' ? 11 : 13);
    }
    for (const thing of this.things) painter.mark(thing);
    const chosen = this.chosen && this.things.find((thing) => thing.key === this.chosen);
    if (chosen) painter.ring(chosen.px, chosen.py, (chosen.radius ?? 9) + 5);
    this.area.draw(painter);
    this.tellSeen();
    this.reconnectWhereNeeded();
    this.state.textContent = this.tiles.failed || this.down ? this.t('offline') : this.at ? '' : this.t('live');
    this.box.dataset.ready = this.view.tiles().every((tile) => this.tiles.get(tile).layers) ? 'yes' : 'no';   // for tests
  }

  /** How far a name moves up or down so that no mark covers it; 0 when there is no room. */
  besides(px, py) {
    for (const dy of [0, 18, -18, 30, -30]) {
      const free = this.things.every((thing) => Math.abs(thing.px - px) > (thing.radius ?? 9) + 20 || Math.abs(thing.py - py - dy) > (thing.radius ?? 9) + 8);
      if (free) return dy;
    }
    return 0;
  }

  drawRaster() {
    for (const tile of this.view.tiles()) {
      let picture = this.rasters.get(tile.key);
      if (!picture) {
        picture = new Image();
        picture.addEventListener('load', () => this.ask());
        picture.src = this.s.raster.replace('{z}', tile.z).replace('{x}', tile.x).replace('{y}', tile.y);
        this.rasters.set(tile.key, picture);
        if (this.rasters.size > 200) this.rasters.delete(this.rasters.keys().next().value);
      }
      if (picture.complete && picture.naturalWidth > 0) this.painter.raster(picture, tile);
    }
  }

  /** Everything that is in view, with its place on the screen. */
  collect() {
    const { view } = this;
    this.things = [];
    this.shapes = [];
    for (const tile of this.tilesToDraw()) for (const layer of this.s.layers) {
      if (this.hidden.has(layer.id)) continue;
      for (const feature of tile.layers[layer.id] ?? []) {
        const { tags } = feature;
        const cls = layer.classes.find((one) => one.id === tags.class);
        if (feature.type !== 1) this.shapes.push({ tile, feature, colour: cls?.colour ?? 'grey' });
        const middle = feature.type === 1 ? feature.parts[0][0] : this.middleOf(feature.parts[0]);
        const place = units(tile, middle);
        const [px, py] = view.pixel(...place);
        if (px < -30 || py < -30 || px > view.width + 30 || py > view.height + 30) continue;
        const thing = { layer, place, px, py, tags, colour: cls?.colour ?? 'grey', path: cls?.path ?? this.s.other, cls };
        if (tags.count) {
          thing.count = tags.count;
          thing.radius = Math.min(30, 13 + 2 * Math.log2(tags.count));
          thing.shares = [...layer.classes, { id: '', colour: 'grey' }].map((one) => ({ colour: one.colour, share: (tags[`n:${one.id}`] ?? 0) / tags.count })).filter((one) => one.share > 0);
          if (thing.shares.length === 0) thing.shares = [{ colour: 'grey', share: 1 }];
        }
        thing.key = tags.id ? `${layer.id} ${tags.id}` : `${layer.id} ${tile.z}/${tile.x}/${tile.y} ${middle}`;
        this.things.push(thing);
      }
    }
    // An area that several tiles touch is one thing.
    const seen = new Set();
    this.things = this.things.filter((thing) => !seen.has(thing.key) && seen.add(thing.key));
    this.things.sort((a, b) => Number(Boolean(b.count)) - Number(Boolean(a.count)) || a.py - b.py || a.px - b.px);
  }

  middleOf(part) {
    const sum = part.reduce(([x, y], [u, v]) => [x + u, y + v], [0, 0]);
    return [sum[0] / part.length, sum[1] / part.length];
  }

  nameOf(thing) {
    if (thing.count) return this.t('cluster', { layer: thing.layer.name, count: thing.count });
    const cls = thing.cls?.label ?? (thing.layer.classes.length > 0 ? this.t('other') : '');
    return [thing.tags.title ?? this.t('no_title'), cls].filter(Boolean).join(' — ');
  }

  /** The list of what is in view: for the keyboard, and for who does not see the map. */
  tellSeen() {
    const inside = this.things.filter((thing) => thing.px >= 0 && thing.py >= 0 && thing.px <= this.view.width && thing.py <= this.view.height);
    const count = inside.reduce((sum, thing) => sum + (thing.count ?? 1), 0);
    const text = count === 0 ? this.t('nothing_here') : this.t('in_view', { count: count.toLocaleString() });
    if (this.status.textContent !== text) this.status.textContent = text;
    const listed = inside.slice(0, MOST_LISTED);
    const mark = listed.map((thing) => `${thing.key} ${this.nameOf(thing)}`).join('\n');
    if (mark === this.listed) return;
    this.listed = mark;
    const focused = document.activeElement?.dataset?.thing;
    this.list.replaceChildren(...listed.map((thing) => make('li', {}, make('button', { type: 'button', class: 'livemap__thing', 'data-thing': thing.key, onclick: () => this.open(this.now(thing), true), onfocus: () => this.choose(thing.key) }, this.icon(thing), make('span', {}, this.nameOf(thing))))));
    const rest = inside.slice(MOST_LISTED).reduce((sum, thing) => sum + (thing.count ?? 1), 0);
    this.more.textContent = rest > 0 ? this.t('more_here', { count: rest.toLocaleString() }) : '';
    if (focused) [...this.list.querySelectorAll('[data-thing]')].find((one) => one.dataset.thing === focused)?.focus({ preventScroll: true });
  }

  /** The thing as it is drawn now. */
  now(thing) { return this.things.find((one) => one.key === thing.key) ?? thing; }

  icon(thing) {
    const ns = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(ns, 'svg');
    svg.setAttribute('viewBox', '-12 -12 24 24');
    svg.setAttribute('class', 'map-key');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(ns, 'path');
    path.setAttribute('d', thing.count ? this.s.other : thing.path);
    path.setAttribute('class', `map-mark map-mark--${thing.count ? thing.shares.reduce((a, b) => (b.share > a.share ? b : a)).colour : thing.colour}`);
    svg.append(path);
    return svg;
  }

  choose(key) {
    this.chosen = key;
    this.ask();
  }

  async open(thing, byKey = false) {
    this.choose(thing.key);
    if (thing.count) {
      this.view.look(...thing.place, Math.floor(this.view.zoom) + 2);
      this.ask();
      if (byKey) this.map.focus();
      return;
    }
    const address = `${this.s.base}/entity${this.query() || '?'}${this.at ? '&' : ''}layer=${encodeURIComponent(thing.layer.id)}&id=${encodeURIComponent(thing.tags.id)}`;
    const answer = await fetch(address);
    if (!answer.ok) return;
    const entity = await answer.json();
    const rows = make('dl', { class: 'facts' });
    const add = (label, value) => rows.append(make('dt', {}, label), make('dd', {}, value));
    if (entity.class) add(entity.layer, entity.class);
    for (const { label, value } of entity.rows) add(label, value);
    if (entity.ward) add(this.t('ward'), entity.ward);
    const heading = make('h2', { class: 'livemap__heading', tabindex: '-1' }, entity.title || this.t('no_title'));
    const close = make('button', { type: 'button', class: 'button button--secondary', onclick: () => this.closeDetails(true) }, this.t('close'));
    this.details.replaceChildren(heading, rows, close);
    this.details.hidden = false;
    this.from = byKey ? thing.key : null;
    this.details.onkeydown = (event) => { if (event.key === 'Escape') this.closeDetails(true); };
    heading.focus({ preventScroll: !byKey });
    this.opened = thing.key;
  }

  closeDetails(back = false) {
    if (this.details.hidden) return;
    this.details.hidden = true;
    this.opened = null;
    this.choose(null);
    if (!back) return;
    const button = [...this.list.querySelectorAll('[data-thing]')].find((one) => one.dataset.thing === this.from);
    (button ?? this.map).focus();
  }

  // Changes: the server says in which cell something happened; what is in view of it is fetched again.
  seen() {
    // A box a little wider than the view, so that a small move needs no new stream.
    const [west, south, east, north] = this.view.box();
    const [dx, dy] = [(east - west) / 4, (north - south) / 4];
    return [west - dx, Math.max(-85, south - dy), east + dx, Math.min(85, north + dy)];
  }

  reconnectWhereNeeded() {
    if (!this.heard) return;
    const [west, south, east, north] = this.view.box();
    const [w, s, e, n] = this.heard;
    const inside = west >= w && south >= s && east <= e && north <= n;
    if (inside && (east - west) * 6 > e - w) return;
    clearTimeout(this.reconnecting);
    this.reconnecting = setTimeout(() => this.connect(), 700);
  }

  connect() {
    this.stream?.close();
    clearTimeout(this.reconnecting);
    this.heard = this.seen();
    const stream = new EventSource(`${this.s.base}/events?seen=${this.heard.map((v) => v.toFixed(5)).join(',')}`);
    this.stream = stream;
    let waiting = 0;
    const changed = (cell) => {
      if (this.at) return;   // the past does not change
      this.tiles.changed(cell);
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        this.ask();
        const thing = this.opened && this.things.find((one) => one.key === this.opened);
        if (thing && !this.details.contains(document.activeElement)) this.open(thing, false);
        this.area.again();
      }, 200);
    };
    stream.addEventListener('changed', (event) => changed(event.data));
    stream.addEventListener('resync', () => changed('0/0/0'));
    stream.addEventListener('open', () => {
      if (this.down) changed('0/0/0');   // something may have happened meanwhile
      this.down = false;
      this.ask();
    });
    stream.addEventListener('error', () => {
      this.down = true;
      this.ask();
      if (stream.readyState === EventSource.CLOSED && this.stream === stream) this.reconnecting = setTimeout(() => this.connect(), 5000);
    });
  }
}

export async function enhance(box) {
  const answer = await fetch(box.dataset.settings);
  if (!answer.ok) return;
  const settings = await answer.json();
  box.hidden = false;
  const asked = new URLSearchParams(box.dataset.query);
  const map = new LiveMap(box, settings);
  document.getElementById('map-picture')?.setAttribute('hidden', '');
  map.area.show(asked);
}

export { placeOf };
