-- Webhook events of LINE that were taken, so that a second delivery does nothing; kept for a week. `who`: digest of the user id.
CREATE TABLE tell_line_event (
  id TEXT NOT NULL PRIMARY KEY,
  who TEXT NOT NULL,
  friendship INT NOT NULL,
  at_ms INT NOT NULL,
  taken_us TS NOT NULL
);
CREATE INDEX tell_line_event_who ON tell_line_event (who, at_ms) WHERE friendship = 1;
CREATE INDEX tell_line_event_taken ON tell_line_event (taken_us);
-- A code that somebody who is logged in sends to the LINE account: whose account it is. One at a time for each person.
CREATE TABLE tell_link_code (
  digest TEXT NOT NULL PRIMARY KEY,
  person INT NOT NULL,
  expires_us TS NOT NULL
);
CREATE UNIQUE INDEX tell_link_code_person ON tell_link_code (person);
-- When a link was mailed to an address that nobody has proved to be theirs, so that nobody's mailbox is filled from here.
CREATE TABLE tell_mailed (
  id ID,
  digest TEXT NOT NULL,
  at_us TS NOT NULL
);
CREATE INDEX tell_mailed_digest ON tell_mailed (digest, at_us);
CREATE INDEX tell_mailed_at ON tell_mailed (at_us);
