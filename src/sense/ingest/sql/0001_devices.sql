-- A device of the city. device: the id that staff chose; gateway: the device that may speak for it ("" none); details: JSON, what its profile asks for.
-- seen_us … refused: what became of what it sent, written every few seconds.
CREATE TABLE sense_device (
  id ID,
  device TEXT NOT NULL,
  profile TEXT NOT NULL,
  name TEXT NOT NULL,
  department TEXT NOT NULL,
  gateway TEXT NOT NULL,
  lat REAL,
  lon REAL,
  details JSON NOT NULL,
  registered_us TS NOT NULL,
  retired_us TS,
  revision INT NOT NULL,
  seen_us TS,
  error_us TS,
  error TEXT NOT NULL,
  taken INT NOT NULL,
  misfits INT NOT NULL,
  refused INT NOT NULL
);
CREATE UNIQUE INDEX sense_device_name ON sense_device (device);
-- Keys: of the secret only hash = SHA-256 (salt, secret).
CREATE TABLE sense_device_key (
  key TEXT NOT NULL,
  device TEXT NOT NULL,
  label TEXT NOT NULL,
  salt TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_us TS NOT NULL,
  expires_us TS,
  revoked_us TS,
  PRIMARY KEY (key)
) WITHOUT ROWID;
CREATE INDEX sense_device_key_device ON sense_device_key (device);
-- Messages in each hour (hours since 1970, UTC).
CREATE TABLE sense_device_hour (
  device TEXT NOT NULL,
  hour INT NOT NULL,
  taken INT NOT NULL,
  misfits INT NOT NULL,
  PRIMARY KEY (device, hour)
) WITHOUT ROWID;
-- Which device an entity belongs to: the first that wrote it. "": a rule of a profile shares it.
CREATE TABLE sense_device_entity (
  entity TEXT NOT NULL,
  device TEXT NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (entity)
) WITHOUT ROWID;
-- What was not taken, until a steward has decided. about: JSON, what a replay needs (captures of the topic, precision); causes: JSON; state: open, replayed,
-- discarded; taken: some of it was taken nevertheless.
CREATE TABLE sense_misfit (
  id ID,
  public_id TEXT NOT NULL,
  device TEXT NOT NULL,
  profile TEXT NOT NULL,
  version INT NOT NULL,
  door TEXT NOT NULL,
  place TEXT NOT NULL,
  about JSON NOT NULL,
  payload BYTES NOT NULL,
  bytes INT NOT NULL,
  digest TEXT NOT NULL,
  code TEXT NOT NULL,
  causes JSON NOT NULL,
  taken BOOL NOT NULL,
  first_us TS NOT NULL,
  last_us TS NOT NULL,
  repeats INT NOT NULL,
  state TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  closed_us TS
);
CREATE UNIQUE INDEX sense_misfit_public ON sense_misfit (public_id);
CREATE UNIQUE INDEX sense_misfit_again ON sense_misfit (device, digest) WHERE state = 'open';
CREATE INDEX sense_misfit_state ON sense_misfit (state, last_us);
