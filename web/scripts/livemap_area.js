// "What is inside this area": a polygon or a circle that a person draws, by pointer or by keyboard; the server counts.
import { placeOf, worldOf } from './livemap_view.js';

const EARTH = 40_075_016.7;   // metres around the equator

export class AreaTool {
  constructor(map, make) {
    this.map = map;
    this.make = make;
    this.corners = [];
    this.drawing = false;
    this.closed = null;
    this.asked = '';
    const { t } = map;
    this.hint = make('p', { class: 'field__hint' }, t('area_hint'));
    this.result = make('div', { class: 'livemap__result', role: 'status' });
    const button = (text, press) => make('button', { type: 'button', class: 'button button--secondary livemap__tool', onclick: press }, text);
    this.radius = make('input', { class: 'input', id: 'livemap-radius', type: 'number', min: '10', max: '100000', step: '10', value: '500', inputmode: 'numeric' });
    this.tools = {
      draw: button(t('draw'), () => this.begin()), done: button(t('done'), () => this.finish()), cancel: button(t('cancel'), () => this.clear()),
      circle: button(t('draw_circle'), () => this.circle()), clear: button(t('clear'), () => this.clear()),
    };
    this.element = make('details', { class: 'details livemap__area' }, make('summary', {}, t('area')), this.hint,
      make('div', { class: 'livemap__tools' }, this.tools.draw, this.tools.done, this.tools.cancel),
      make('div', { class: 'livemap__tools' }, make('label', { for: 'livemap-radius' }, t('radius')), this.radius, this.tools.circle, this.tools.clear), this.result);
    this.tell();
  }

  tell() {
    this.tools.draw.hidden = this.drawing;
    this.tools.done.hidden = !this.drawing;
    this.tools.done.disabled = this.corners.length < 3;
    this.tools.cancel.hidden = !this.drawing;
    this.tools.clear.hidden = !this.closed;
    this.hint.textContent = this.map.t(this.drawing ? 'drawing' : 'area_hint');
    this.map.ask();
  }

  begin() {
    this.clear();
    this.drawing = true;
    this.tell();
    this.map.map.focus();
  }

  /** A corner, when one is wanted. */
  press(place) {
    if (!this.drawing) return false;
    this.corners.push(place);
    this.tell();
    return true;
  }

  clear() {
    this.corners = [];
    this.drawing = false;
    this.closed = null;
    this.asked = '';
    this.result.replaceChildren();
    this.tell();
  }

  finish() {
    this.drawing = false;
    this.closed = this.corners;
    this.query(`polygon=${encodeURIComponent(this.corners.map((corner) => this.text(corner)).join(' '))}`);
  }

  text([x, y]) {
    const { lat, lon } = placeOf(x, y);
    return `${lat.toFixed(6)},${lon.toFixed(6)}`;
  }

  circle() {
    const metres = Math.min(100_000, Math.max(10, Number(this.radius.value) || 500));
    this.clear();
    this.round([this.map.view.x, this.map.view.y], metres);
    this.query(`circle=${encodeURIComponent(`${this.text([this.map.view.x, this.map.view.y])},${metres}`)}`);
  }

  round([x, y], metres) {
    const r = metres / (EARTH * Math.cos(placeOf(x, y).lat * Math.PI / 180));
    this.closed = Array.from({ length: 72 }, (_, i) => [x + r * Math.cos(i * Math.PI / 36), y + r * Math.sin(i * Math.PI / 36)]);
  }

  /** What the page was asked: the area of its address is drawn, and seen as a whole. */
  show(asked) {
    const circle = asked.get('circle')?.split(',').map(Number);
    const polygon = asked.get('polygon')?.trim().split(/\s+/).map((corner) => corner.split(',').map(Number));
    if (circle?.length === 3) this.round(worldOf(circle[0], circle[1]), circle[2]);
    else if (polygon?.length >= 3) this.closed = polygon.map(([lat, lon]) => worldOf(lat, lon));
    if (this.closed) {
      const places = this.closed.map((corner) => placeOf(...corner));
      const [lats, lons] = [places.map((place) => place.lat), places.map((place) => place.lon)];
      this.map.view.fit([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]);
    }
    this.tell();
  }

  /** Counts again: something changed, or another moment is shown. */
  again() {
    if (this.asked) this.query(this.asked);
  }

  async query(asked) {
    this.asked = asked;
    this.tell();
    const { map, make } = this;
    const answer = await fetch(`${map.s.base}/inside?${asked}${map.at ? `&at=${encodeURIComponent(map.at)}` : ''}`);
    if (!answer.ok || this.asked !== asked) return;
    const { layers, list, csv } = await answer.json();
    const parts = layers.flatMap((layer) => {
      const facts = make('dl', { class: 'facts' });
      const add = (label, value) => facts.append(make('dt', {}, label), make('dd', {}, value));
      for (const one of layer.classes) if (one.count > 0 && layer.classes.length > 1) add(one.label, map.t('count', { count: one.count.toLocaleString() }));
      for (const one of layer.figures) {
        const number = (n) => `${n.toLocaleString(undefined, { maximumFractionDigits: 2 })} ${one.unit}`.trim();
        if (one.sum !== undefined) add(map.t('sum', { what: one.label }), number(one.sum));
        if (one.average !== undefined) add(map.t('average', { what: one.label }), number(one.average));
      }
      return [make('p', { class: 'livemap__count' }, `${layer.name}: ${map.t('count', { count: layer.count.toLocaleString() })}`), facts];
    });
    this.result.replaceChildren(...parts, make('p', {}, make('a', { href: list }, map.t('list')), ' · ', make('a', { href: csv }, map.t('csv'))));
  }

  draw(painter) {
    if (this.closed) painter.shape(this.closed, true);
    else if (this.corners.length > 0) painter.shape(this.corners, false);
  }
}
