// One map on our own GeoJSON layers; MapLibre is loaded from our own origin and only when a page has a map.
// The layers come from data-layers: a GeoJSON of areas, with the national base map only when the city has set it.
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return { area: value('--color-primitive-light-blue-50'), line: value('--color-primitive-light-blue-1000'), mark: value('--color-primitive-red-1000') };
};

function loadStyle(address) {
  if (!address || document.querySelector(`link[href="${CSS.escape(address)}"]`)) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = address;
    link.addEventListener('load', done);
    link.addEventListener('error', done);
    document.head.append(link);
  });
}

function boundsOf(geojson) {
  const bounds = [180, 90, -180, -90];
  const walk = (part) => {
    if (typeof part[0] === 'number') {
      bounds[0] = Math.min(bounds[0], part[0]);
      bounds[1] = Math.min(bounds[1], part[1]);
      bounds[2] = Math.max(bounds[2], part[0]);
      bounds[3] = Math.max(bounds[3], part[1]);
    } else part.forEach(walk);
  };
  geojson.features.forEach((feature) => walk(feature.geometry.coordinates));
  return bounds;
}

export async function openMap(box, { onChoose } = {}) {
  const areas = await fetch(box.dataset.layers).then((answer) => (answer.ok ? answer.json() : null));
  if (!areas?.features?.length) {  // a city without boundaries: there is nothing to draw, and the fields beside the map do the same
    box.hidden = true;
    return { mark() {}, pins() {} };
  }
  const [maplibre] = await Promise.all([import(box.dataset.module), loadStyle(box.dataset.style)]);
  maplibre.setWorkerUrl(new URL('maplibre-gl-worker.mjs', new URL(box.dataset.module, location.href)).href);
  const { area, line, mark } = colours();
  const sources = { areas: { type: 'geojson', data: areas, attribution: areas.attribution ?? '' } };
  const layers = [
    { id: 'ground', type: 'background', paint: { 'background-color': '#ffffff' } },
    { id: 'areas', type: 'fill', source: 'areas', paint: { 'fill-color': area, 'fill-opacity': 0.7 } },
    { id: 'borders', type: 'line', source: 'areas', paint: { 'line-color': line, 'line-width': 1 } },
  ];
  if (box.dataset.tiles) {
    sources.base = { type: 'raster', tiles: [box.dataset.tiles], tileSize: 256, attribution: box.dataset.tilesAttribution ?? '' };
    layers.splice(1, 0, { id: 'base', type: 'raster', source: 'base' });
  }
  const map = new maplibre.Map({
    container: box, style: { version: 8, sources, layers }, bounds: boundsOf(areas), fitBoundsOptions: { padding: 12 },
    attributionControl: { compact: false }, dragRotate: false, pitchWithRotate: false, fadeDuration: 0, cooperativeGestures: false,
    locale: box.dataset.label ? { 'Map.Title': box.dataset.label } : {},
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  let marker = null;
  const place = ({ lat, lon }) => {
    marker ??= new maplibre.Marker({ color: mark }).setLngLat([lon, lat]).addTo(map);
    marker.setLngLat([lon, lat]);
  };
  if (onChoose) {
    map.on('click', ({ lngLat }) => {
      place({ lat: lngLat.lat, lon: lngLat.lng });
      onChoose({ lat: lngLat.lat, lon: lngLat.lng });
    });
  }
  return {
    mark(point) {
      place(point);
      map.easeTo({ center: [point.lon, point.lat], zoom: Math.max(map.getZoom(), 15), duration: 0 });
    },
    pins(points, labelOf) {
      for (const point of points) {
        const popup = new maplibre.Popup({ closeButton: true }).setDOMContent(labelOf(point));
        new maplibre.Marker({ color: mark }).setLngLat([point.lon, point.lat]).setPopup(popup).addTo(map);
      }
    },
  };
}
