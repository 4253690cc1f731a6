// A map of points to look at (reports, places): data-map-view on the box, data-points the address of
// {"points": [{"lat", "lon", "label", "href"}]}. The list below the map holds the same without script.
import { openMap } from './map.js';

export async function enhance(box) {
  box.hidden = false;
  const map = await openMap(box);
  if (!box.dataset.points) return;
  const { points } = await (await fetch(box.dataset.points)).json();
  map.pins(points, (point) => {
    const link = document.createElement(point.href ? 'a' : 'span');
    if (point.href) link.href = point.href;
    link.textContent = point.label;
    return link;
  });
}
