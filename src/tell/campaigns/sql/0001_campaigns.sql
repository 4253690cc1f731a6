-- What staff write to many. state 0: draft; 1: waits for a second person; 2: on its way (the ledger has it); 3: cancelled; 4: dropped.
CREATE TABLE campaign (
  id ID,
  public_id TEXT NOT NULL,
  class INT NOT NULL,
  state INT NOT NULL,
  revision INT NOT NULL,
  department TEXT NOT NULL,
  draft JSON NOT NULL,
  message INT,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  submitted_by TEXT NOT NULL,
  released_by TEXT NOT NULL,
  created_us TS NOT NULL,
  changed_us TS NOT NULL,
  released_us TS
);
CREATE UNIQUE INDEX campaign_public ON campaign (public_id);
CREATE INDEX campaign_state ON campaign (state, id);
CREATE INDEX campaign_released ON campaign (released_us) WHERE released_us IS NOT NULL;
CREATE TABLE campaign_event (
  campaign INT NOT NULL,
  sequence INT NOT NULL,
  what TEXT NOT NULL,
  note TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  at_us TS NOT NULL,
  PRIMARY KEY (campaign, sequence)
) WITHOUT ROWID;
