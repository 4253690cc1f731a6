// Reads a vector tile (Mapbox Vector Tile 2.1): {layer: [{type, tags, parts: [[[x, y], …], …]}]}, units of 0 … 4096.
class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint() {
    let value = 0;
    for (let factor = 1; this.at < this.end; factor *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * factor;   // no shifts: they would cut off at 32 bits
      if (byte < 128) return value;
    }
    throw new Error('a number is cut off');
  }

  /** Calls visit(field, value or Reader) for each field. */
  fields(visit) {
    while (this.at < this.end) {
      const key = this.varint();
      const wire = key % 8;
      const field = Math.floor(key / 8);
      if (wire === 0) visit(field, this.varint());
      else if (wire === 1) {
        visit(field, new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0, true));
        this.at += 8;
      } else if (wire === 2) {
        const size = this.varint();
        visit(field, new Reader(this.bytes, this.at, this.at + size));
        this.at += size;
      } else throw new Error(`wire type ${wire}`);
    }
  }

  text() {
    return new TextDecoder().decode(this.bytes.subarray(this.at, this.end));
  }
}

const signed = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

function valueOf(reader) {
  let out = null;
  reader.fields((field, value) => {
    if (field === 1) out = value.text();
    else if (field === 6) out = signed(value);
    else if (field === 7) out = value === 1;
    else out = value;
  });
  return out;
}

function partsOf(reader) {
  const parts = [];
  let x = 0;
  let y = 0;
  while (reader.at < reader.end) {
    const command = reader.varint();
    const id = command % 8;
    for (let count = Math.floor(command / 8); id !== 7 && count > 0; count--) {
      x += signed(reader.varint());
      y += signed(reader.varint());
      if (id === 1) parts.push([]);
      parts.at(-1).push([x, y]);
    }
  }
  return parts;
}

export function readTile(buffer) {
  const layers = {};
  new Reader(new Uint8Array(buffer)).fields((field, layer) => {
    if (field !== 3) return;
    const keys = [];
    const values = [];
    const features = [];
    let name = '';
    layer.fields((part, value) => {
      if (part === 1) name = value.text();
      if (part === 2) features.push(value);
      if (part === 3) keys.push(value.text());
      if (part === 4) values.push(valueOf(value));
    });
    layers[name] = features.map((reader) => {
      const feature = { type: 0, tags: {}, parts: [] };
      reader.fields((part, value) => {
        if (part === 2) while (value.at < value.end) feature.tags[keys[value.varint()]] = values[value.varint()];
        if (part === 3) feature.type = value;
        if (part === 4) feature.parts = partsOf(value);
      });
      return feature;
    });
  });
  return layers;
}
