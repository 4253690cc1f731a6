-- What entities were (src/sense/history/README.md): heads, tracks (one attribute and datasetId of one entity), columns of plain numbers that lie in the store
-- of series, and instances that are more than a number, as bytes. Numbers (key, id) are given by the program and never again.
CREATE TABLE sense_history_state (id SMALL PRIMARY KEY, cursor_number INT NOT NULL, secret_high INT NOT NULL, secret_low INT NOT NULL, next_key INT NOT NULL);
CREATE TABLE sense_history_entity (
  key INT PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  types TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at TS,
  modified_at TS,
  deleted_at TS,
  UNIQUE (tenant, id)
);
CREATE TABLE sense_history_track (key INT PRIMARY KEY, entity INT NOT NULL, name TEXT NOT NULL, dataset TEXT NOT NULL);
CREATE TABLE sense_history_column (track INT NOT NULL, number SMALL NOT NULL, unit TEXT NOT NULL, digits SMALL NOT NULL, PRIMARY KEY (track, number)) WITHOUT ROWID;
CREATE TABLE sense_history_instance (
  track INT NOT NULL,
  time_us TS NOT NULL,
  number INT NOT NULL,
  instance TEXT NOT NULL,
  body BYTES NOT NULL,
  PRIMARY KEY (track, time_us, number)
) WITHOUT ROWID;
CREATE INDEX sense_history_instance_id ON sense_history_instance (track, instance);
-- Values that are to go from the store of series and perhaps have not gone yet: done again at the next start.
CREATE TABLE sense_history_erasure (series INT NOT NULL, from_us TS NOT NULL, to_us TS NOT NULL);
