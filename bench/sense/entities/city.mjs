// Entities for the benchmark of the context broker, made from a seed: the shape of the load template that Stellio's published figures were taken with.
/** A small generator (mulberry32): the same city each time. */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
export const idOf = (n) => `urn:ngsi-ld:Entity:${n}`;
/** Where the n-th entity stands: Osaka City's bounding box. */
export const place = (next) => [135.37 + next() * 0.23, 34.59 + next() * 0.18];
const measured = (value, dataset) => ({ type: 'Property', value, observedAt: '2026-11-23T06:00:00Z', unitCode: 'M1', ...(dataset ? { datasetId: `urn:ngsi-ld:Dataset:${dataset}` } : {}) });
const value = (next, most) => Math.round(next() * most * 100) / 100;
/** What an update replaces. */
export const fragment = (next) => ({
  ammonium: [measured(value(next, 1), 'Bottom'), measured(value(next, 1), 'Surface')],
  dissolvedOxygen: { ...measured(value(next, 20)), sandreCode: { type: 'Property', value: '1311' } },
  waterTemperature: [measured(value(next, 30), 'Bottom'), measured(value(next, 30), 'Surface')],
});
export const entity = (n, next) => ({
  id: idOf(n), type: 'Entity', name: { type: 'Property', value: `Entity ${n}` }, description: { type: 'Property', value: 'A short description of this entity' },
  stationCode: { type: 'Property', value: `BSS${String(n).padStart(7, '0')}` }, ...fragment(next),
  servesDataset: { type: 'Relationship', object: 'urn:ngsi-ld:Dataset:SurfaceWaterMonitoring' },
  location: { type: 'GeoProperty', value: { type: 'Point', coordinates: place(next) } },
});
