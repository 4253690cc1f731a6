// Adds "use my position" and a map to a place question. Both only fill in the fields that are there without script.
import { openMap } from './map.js';

export function enhance(group) {
  const tools = group.querySelector('[data-place-tools]');
  const status = group.querySelector('[data-place-status]');
  const lat = group.querySelector('[data-lat]');
  const lon = group.querySelector('[data-lon]');
  const box = group.querySelector('[data-map]');
  if (!tools || !lat || !lon) return;
  let map = null;

  const choose = (point) => {
    lat.value = point.lat.toFixed(6);
    lon.value = point.lon.toFixed(6);
    map?.mark(point);
    if (status) status.textContent = `${lat.value}, ${lon.value}`;
  };
  tools.hidden = false;
  const button = group.querySelector('[data-locate]');
  if (!('geolocation' in navigator)) button.hidden = true;
  button.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => choose({ lat: coords.latitude, lon: coords.longitude }),
      (fault) => { if (status) status.textContent = fault.message; },
      { enableHighAccuracy: true, timeout: 20000 });
  });
  if (box?.dataset.layers) {
    box.hidden = false;
    openMap(box, { onChoose: choose }).then((opened) => {
      map = opened;
      if (lat.value !== '' && lon.value !== '') map.mark({ lat: Number(lat.value), lon: Number(lon.value) });
    });
  }
}
