-- Snapshots (src/sense/snapshots/README.md): what queries found at one moment, and what was written to it since. `owner` is the tenant and, where there are gates,
-- the asker. `document`: JSON of queries, their outcomes, lifetime and priority.
CREATE TABLE sense_snapshot (
  code TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  id TEXT NOT NULL,
  document JSON NOT NULL,
  created_us TS NOT NULL,
  modified_us TS NOT NULL,
  expires_us TS NOT NULL,
  used_us TS NOT NULL,
  UNIQUE (owner, id)
);
-- Its entities, in the frozen form of codec.h. `code` of the snapshot.
CREATE TABLE sense_snapshot_entity (snapshot TEXT NOT NULL, id TEXT NOT NULL, entity BYTES NOT NULL, PRIMARY KEY (snapshot, id)) WITHOUT ROWID;
