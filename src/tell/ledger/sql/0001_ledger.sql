-- A message on its way. state 0: being placed; 1: rows are being made; 2: all rows made; 3: done; 4: cancelled, its open rows
-- are being closed; 5: cancelled and closed. class 0: to many; 1: about one person's own affair; 2: emergency.
CREATE TABLE tell_message (
  id ID,
  public_id TEXT NOT NULL,
  class INT NOT NULL,
  drill BOOL NOT NULL,
  state INT NOT NULL,
  topics INT NOT NULL,
  channels INT NOT NULL,
  first_only BOOL NOT NULL,
  segmented BOOL NOT NULL,
  listed BOOL NOT NULL,
  follows INT,
  contents JSON NOT NULL,
  quiet_from INT NOT NULL,
  quiet_to INT NOT NULL,
  start_us TS NOT NULL,
  expanded_to INT NOT NULL,
  last_recipient INT NOT NULL,
  created_us TS NOT NULL,
  cancelled_us TS,
  swept_to INT NOT NULL
);
CREATE UNIQUE INDEX tell_message_public ON tell_message (public_id);
CREATE INDEX tell_message_open ON tell_message (class, start_us, id) WHERE state < 3 OR state = 4;
-- Whom it is for, when not for everybody: profiles of its segment, or named recipients.
CREATE TABLE tell_message_profile (message INT NOT NULL, profile INT NOT NULL, PRIMARY KEY (message, profile)) WITHOUT ROWID;
CREATE TABLE tell_message_recipient (message INT NOT NULL, recipient INT NOT NULL, PRIMARY KEY (message, recipient)) WITHOUT ROWID;
-- The ledger. state 0: open (queued, or in a hand-off that covers it); 1: taken by the channel; 2: refused; 3: its address is dead;
-- 4: had no address any more; 5: cancelled before it was sent; 6: given up, nobody knows whether it arrived; 7: given up, not sent;
-- 8: came back after it was taken.
CREATE TABLE delivery (
  message INT NOT NULL,
  recipient INT NOT NULL,
  channel SMALL NOT NULL,
  lang SMALL NOT NULL,
  state SMALL NOT NULL,
  PRIMARY KEY (message, recipient, channel)
) WITHOUT ROWID;
-- How far one channel has come with one message in one language.
CREATE TABLE lane (
  message INT NOT NULL,
  channel INT NOT NULL,
  lang INT NOT NULL,
  handed_to INT NOT NULL,
  total INT NOT NULL,
  handed INT NOT NULL,
  PRIMARY KEY (message, channel, lang)
);
CREATE INDEX lane_open ON lane (channel) WHERE handed < total;
-- What was handed to a channel at a time: the open rows of its lane from `first` to `last`, under one key at every attempt.
-- state 0: under way (due: never) or to be tried again; 1: settled. maybe: the last attempt may have been taken. What became of its rows stands in counts and, one by one, in the ledger.
CREATE TABLE hand_off (
  id ID,
  message INT NOT NULL,
  channel INT NOT NULL,
  lang INT NOT NULL,
  first INT NOT NULL,
  last INT NOT NULL,
  key TEXT NOT NULL,
  total INT NOT NULL,
  attempts INT NOT NULL,
  maybe BOOL NOT NULL,
  fence INT NOT NULL,
  state INT NOT NULL,
  due_us TS NOT NULL,
  created_us TS NOT NULL,
  settled_us TS,
  accepted INT NOT NULL,
  failed INT NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX hand_off_open ON hand_off (channel, due_us) WHERE state = 0;
CREATE INDEX hand_off_message ON hand_off (message, channel, lang, first);
-- What ended otherwise than "taken", with its reason: with the hand-offs this is what the ledger can be made again from.
CREATE TABLE delivery_event (
  id ID,
  message INT NOT NULL,
  recipient INT NOT NULL,
  channel INT NOT NULL,
  hand_off INT NOT NULL,
  state INT NOT NULL,
  reason TEXT NOT NULL,
  at_us TS NOT NULL
);
CREATE INDEX delivery_event_message ON delivery_event (message, recipient);
