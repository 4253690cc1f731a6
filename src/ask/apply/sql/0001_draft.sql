-- A draft is an interview's log, sealed under its own data key. It belongs to a person, or to a visitor's session until
-- the visitor logs in. A sent draft keeps its number so that sending again shows the same receipt.
CREATE TABLE draft (
  id ID,
  public_id TEXT NOT NULL UNIQUE,
  procedure TEXT NOT NULL,
  version INT NOT NULL,
  hash TEXT NOT NULL,
  person INT,
  session TEXT NOT NULL,
  data_key INT NOT NULL,
  sealed BYTES NOT NULL,
  state TEXT NOT NULL,
  number TEXT NOT NULL,
  case_number TEXT NOT NULL,
  asked JSON NOT NULL,
  changes JSON NOT NULL,
  created TS NOT NULL,
  changed TS NOT NULL,
  expires TS NOT NULL,
  revision INT NOT NULL
);
CREATE INDEX draft_person ON draft (person, changed);
CREATE INDEX draft_session ON draft (session);
CREATE INDEX draft_expires ON draft (expires);
-- What a draft was begun with, so that a new version of its definition can be compared with it.
CREATE TABLE draft_definition (
  hash TEXT PRIMARY KEY,
  procedure TEXT NOT NULL,
  version INT NOT NULL,
  body JSON NOT NULL
);
-- Which client sent which application, so that it may ask how it stands.
CREATE TABLE api_application (
  number TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  sent TS NOT NULL
);
