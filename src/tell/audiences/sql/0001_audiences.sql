-- Channels and topics by small numbers: bits of a mask in `reach`. A number is never given to another name.
CREATE TABLE tell_name (
  kind TEXT NOT NULL,
  number INT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (kind, number)
);
CREATE UNIQUE INDEX tell_name_name ON tell_name (kind, name);
-- What a recipient told about themselves, with consent; equal answers share a row, so that a segment is judged once for each.
CREATE TABLE tell_profile (
  id ID,
  attributes JSON NOT NULL
);
CREATE UNIQUE INDEX tell_profile_attributes ON tell_profile (attributes);
-- Somebody who is told things. `person` is the key of identity when they have an account.
CREATE TABLE recipient (
  id ID,
  person INT,
  leave_id TEXT NOT NULL,
  data_key INT NOT NULL,
  profile INT NOT NULL,
  lang INT NOT NULL,
  created_us TS NOT NULL
);
CREATE UNIQUE INDEX recipient_person ON recipient (person) WHERE person IS NOT NULL;
CREATE UNIQUE INDEX recipient_leave ON recipient (leave_id);
CREATE INDEX recipient_profile ON recipient (profile);
-- state 0: asked for, not confirmed; 1: in use; 2: left; 3: dead (the channel said so). A row is never changed to another address.
CREATE TABLE recipient_address (
  id ID,
  recipient INT NOT NULL,
  channel INT NOT NULL,
  digest TEXT NOT NULL,
  sealed BYTES NOT NULL,
  state INT NOT NULL,
  soft_failures INT NOT NULL,
  created_us TS NOT NULL,
  changed_us TS NOT NULL
);
CREATE UNIQUE INDEX recipient_address_digest ON recipient_address (channel, digest) WHERE state = 1;
CREATE INDEX recipient_address_recipient ON recipient_address (recipient, channel);
-- Published for the ledger: one row for each person and channel that has an address in use. `topics`: bits of what they chose;
-- `rank`: the person's order of channels, 0 first.
CREATE TABLE reach (
  recipient INT NOT NULL,
  channel SMALL NOT NULL,
  topics INT NOT NULL,
  lang SMALL NOT NULL,
  profile INT NOT NULL,
  rank SMALL NOT NULL,
  PRIMARY KEY (recipient, channel)
) WITHOUT ROWID;
-- Who agreed to what, when and how: only added to.
CREATE TABLE consent_event (
  id ID,
  recipient INT NOT NULL,
  channel INT NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL,
  by_whom TEXT NOT NULL,
  at_us TS NOT NULL
);
CREATE INDEX consent_event_recipient ON consent_event (recipient, id);
-- Double opt-in: a mailed link, known by its digest.
CREATE TABLE opt_in (
  digest TEXT NOT NULL PRIMARY KEY,
  address INT NOT NULL,
  topics INT NOT NULL,
  expires_us TS NOT NULL
);
