// Where a live map looks, and how it is drawn on a canvas. World coordinates are 0 … 1 from the north-west (Web Mercator); a tile is 512 pixels wide.
const SIZE = 512;
export const LEAST_ZOOM = 4;
export const MOST_ZOOM = 18;

export const worldOf = (lat, lon) => {
  const s = Math.sin(lat * Math.PI / 180);
  return [(lon + 180) / 360, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
};
export const placeOf = (x, y) => ({ lat: Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI, lon: x * 360 - 180 });

export class View {
  constructor() {
    this.x = 0.5;
    this.y = 0.5;
    this.zoom = 10;
    this.width = 1;
    this.height = 1;
  }

  get scale() { return SIZE * 2 ** this.zoom; }
  get tileZoom() { return Math.max(0, Math.min(MOST_ZOOM, Math.round(this.zoom))); }

  look(x, y, zoom = this.zoom) {
    this.zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM + 1, zoom));
    this.x = Math.max(0, Math.min(1, x));
    this.y = Math.max(0, Math.min(1, y));
  }

  fit([west, south, east, north]) {
    const [x0, y0] = worldOf(north, west);
    const [x1, y1] = worldOf(south, east);
    const zoom = Math.log2(Math.min((this.width - 48) / (x1 - x0), (this.height - 48) / (y1 - y0)) / SIZE);
    this.look((x0 + x1) / 2, (y0 + y1) / 2, zoom);
  }

  pan(dx, dy) { this.look(this.x - dx / this.scale, this.y - dy / this.scale); }

  /** The place under the point stays there. */
  zoomAt(px, py, steps) {
    const [x, y] = this.world(px, py);
    this.look(this.x, this.y, this.zoom + steps);
    this.look(x - (px - this.width / 2) / this.scale, y - (py - this.height / 2) / this.scale);
  }

  pixel(x, y) { return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2]; }
  world(px, py) { return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale]; }

  /** Degrees: west, south, east, north. */
  box() {
    const a = placeOf(...this.world(0, this.height));
    const b = placeOf(...this.world(this.width, 0));
    return [a.lon, a.lat, b.lon, b.lat];
  }

  tiles() {
    const z = this.tileZoom;
    const n = 2 ** z;
    const [x0, y0] = this.world(0, 0).map((v) => Math.max(0, Math.floor(v * n)));
    const [x1, y1] = this.world(this.width, this.height).map((v) => Math.min(n - 1, Math.floor(v * n)));
    const out = [];
    for (let x = x0; x <= x1; x++) for (let y = y0; y <= y1; y++) out.push({ z, x, y, key: `${z}/${x}/${y}` });
    return out;
  }
}

/** Colours of the page's style, so that the map changes with it. */
export function coloursOf(box) {
  const probe = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  probe.append(path);
  box.append(probe);
  const fill = (name) => {
    path.setAttribute('class', name);
    return getComputedStyle(path).fill;
  };
  const stroke = (name) => {
    path.setAttribute('class', name);
    return getComputedStyle(path).stroke;
  };
  const out = { ground: fill('map-ground'), ward: fill('map-ward'), border: stroke('map-ward'), ink: fill('map-name'), halo: stroke('map-name'), chosen: stroke('map-chosen'), drawn: fill('map-chosen'), marks: {} };
  for (const colour of ['blue', 'green', 'yellow', 'orange', 'red', 'purple', 'cyan', 'grey']) out.marks[colour] = fill(`map-mark map-mark--${colour}`);
  probe.remove();
  return out;
}

const units = (tile, [x, y]) => [(tile.x + x / 4096) / 2 ** tile.z, (tile.y + y / 4096) / 2 ** tile.z];

export class Painter {
  constructor(canvas, view, colours, font) {
    this.canvas = canvas;
    this.view = view;
    this.colours = colours;
    this.font = font;
    this.pen = canvas.getContext('2d');
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.view.width = clientWidth;
    this.view.height = clientHeight;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  clear() {
    this.pen.fillStyle = this.colours.ground;
    this.pen.fillRect(0, 0, this.view.width, this.view.height);
  }

  raster(picture, tile) {
    const n = 2 ** tile.z;
    const [x0, y0] = this.view.pixel(tile.x / n, tile.y / n);
    const [x1, y1] = this.view.pixel((tile.x + 1) / n, (tile.y + 1) / n);
    this.pen.drawImage(picture, x0, y0, x1 - x0, y1 - y0);
  }

  trace(tile, feature) {
    this.pen.beginPath();
    for (const part of feature.parts) {
      part.forEach((unit, i) => {
        const [x, y] = this.view.pixel(...units(tile, unit));
        if (i === 0) this.pen.moveTo(x, y);
        else this.pen.lineTo(x, y);
      });
      if (feature.type === 3) this.pen.closePath();
    }
  }

  /** Areas of wards without the edge of the tile: the buffer hides it. */
  area(tile, feature, fill, line, width) {
    const n = 2 ** tile.z;
    const [x0, y0] = this.view.pixel(tile.x / n, tile.y / n);
    const [x1, y1] = this.view.pixel((tile.x + 1) / n, (tile.y + 1) / n);
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(x0, y0, x1 - x0, y1 - y0);
    this.pen.clip();
    this.trace(tile, feature);
    if (feature.type === 3 && fill) {
      this.pen.fillStyle = fill;
      this.pen.fill('evenodd');
    }
    this.pen.strokeStyle = line;
    this.pen.lineWidth = width;
    this.pen.stroke();
    this.pen.restore();
  }

  label(text, x, y, size = 13, weight = 400) {
    this.pen.font = `${weight} ${size}px ${this.font}`;
    this.pen.textAlign = 'center';
    this.pen.textBaseline = 'middle';
    this.pen.lineWidth = 4;
    this.pen.lineJoin = 'round';
    this.pen.strokeStyle = this.colours.halo;
    this.pen.strokeText(text, x, y);
    this.pen.fillStyle = this.colours.ink;
    this.pen.fillText(text, x, y);
  }

  mark(thing) {
    const { pen } = this;
    pen.save();
    pen.translate(thing.px, thing.py);
    if (thing.count) {
      // A ring whose parts are the classes' shares, and the number within.
      let from = -Math.PI / 2;
      for (const { share, colour } of thing.shares) {
        pen.beginPath();
        pen.moveTo(0, 0);
        pen.arc(0, 0, thing.radius, from, from + share * 2 * Math.PI);
        pen.closePath();
        pen.fillStyle = this.colours.marks[colour];
        pen.fill();
        from += share * 2 * Math.PI;
      }
      pen.beginPath();
      pen.arc(0, 0, thing.radius - 5, 0, 2 * Math.PI);
      pen.fillStyle = this.colours.halo;
      pen.fill();
      pen.fillStyle = this.colours.ink;
      pen.font = `600 13px ${this.font}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(thing.count >= 10000 ? `${Math.floor(thing.count / 1000)}k` : String(thing.count), 0, 0);
    } else {
      pen.fillStyle = this.colours.marks[thing.colour];
      pen.strokeStyle = this.colours.halo;
      pen.lineWidth = 2;
      const path = new Path2D(thing.path);
      pen.stroke(path);
      pen.fill(path);
    }
    pen.restore();
  }

  ring(x, y, radius) {
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.pen.lineWidth = 4;
    this.pen.strokeStyle = this.colours.chosen;
    this.pen.stroke();
  }

  /** What a person draws: corners in world coordinates. */
  shape(corners, closed) {
    const { pen } = this;
    pen.beginPath();
    corners.forEach((corner, i) => {
      const [x, y] = this.view.pixel(...corner);
      if (i === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    });
    if (closed) {
      pen.closePath();
      pen.fillStyle = this.colours.drawn;
      pen.fill();
    }
    pen.strokeStyle = this.colours.chosen;
    pen.lineWidth = 3;
    pen.setLineDash(closed ? [] : [8, 5]);
    pen.stroke();
    pen.setLineDash([]);
    if (closed && corners.length > 30) return;   // a circle
    for (const corner of corners) {
      const [x, y] = this.view.pixel(...corner);
      pen.beginPath();
      pen.arc(x, y, 5, 0, 2 * Math.PI);
      pen.fillStyle = this.colours.chosen;
      pen.fill();
    }
  }
}

export { units };
