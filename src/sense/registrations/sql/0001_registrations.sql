-- Context source registrations with expanded names (registration_text.h); `context` is the JSON of the @context that each came with.
CREATE TABLE sense_registration (
  tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, context TEXT NOT NULL, created_us TS NOT NULL, modified_us TS NOT NULL, sequence INT NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
-- How distributed operations went with each. A row of its own: it changes often.
CREATE TABLE sense_registration_state (
  tenant TEXT NOT NULL, id TEXT NOT NULL, sent INT NOT NULL, failed INT NOT NULL, success_us TS, failure_us TS, last_ok INT NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
