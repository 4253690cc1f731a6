-- A screen in the city. token: what its player asks with, in its address. settings: JSON, what staff chose.
CREATE TABLE signage_screen (
  id ID,
  public_id TEXT NOT NULL,
  token TEXT NOT NULL,
  department TEXT NOT NULL,
  settings JSON NOT NULL,
  revision INT NOT NULL,
  created_us TS NOT NULL,
  changed_us TS NOT NULL,
  retired_us TS
);
CREATE UNIQUE INDEX signage_screen_public ON signage_screen (public_id);
CREATE UNIQUE INDEX signage_screen_token ON signage_screen (token);
-- CAP 1.2 alerts of others, as they were sent; never changed: what follows an alert is a row of its own.
CREATE TABLE signage_alert (
  id ID,
  sender TEXT NOT NULL,
  identifier TEXT NOT NULL,
  sent_us TS NOT NULL,
  client TEXT NOT NULL,
  cap TEXT NOT NULL,
  received_us TS NOT NULL
);
CREATE UNIQUE INDEX signage_alert_known ON signage_alert (sender, identifier, sent_us);
CREATE INDEX signage_alert_received ON signage_alert (received_us);
-- Alerts that a member of staff took off the screens before they ended by themselves.
CREATE TABLE signage_end (
  thread TEXT NOT NULL,
  actor TEXT NOT NULL,
  at_us TS NOT NULL,
  PRIMARY KEY (thread)
) WITHOUT ROWID;
-- What a player showed: append-only. sequence counts within one installation of a player.
CREATE TABLE signage_play (
  screen INT NOT NULL,
  player TEXT NOT NULL,
  sequence INT NOT NULL,
  at_us TS NOT NULL,
  item TEXT NOT NULL,
  lang TEXT NOT NULL,
  shown_ms INT NOT NULL,
  received_us TS NOT NULL,
  PRIMARY KEY (screen, player, sequence)
) WITHOUT ROWID;
CREATE INDEX signage_play_time ON signage_play (screen, at_us);
-- When a player was heard of last, and what it said it was showing ("": it did not say).
CREATE TABLE signage_seen (
  screen INT NOT NULL,
  at_us TS NOT NULL,
  item TEXT NOT NULL,
  lang TEXT NOT NULL,
  page INT NOT NULL,
  plain BOOL NOT NULL,
  PRIMARY KEY (screen)
) WITHOUT ROWID;
-- One row: grows with everything that may change what screens show, so that other processes look again.
CREATE TABLE signage_mark (one INT NOT NULL, revision INT NOT NULL, PRIMARY KEY (one)) WITHOUT ROWID;
