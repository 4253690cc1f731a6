-- state 0: not looked at; 1: every consumer has it in its inbox or in event_failure.
CREATE TABLE event_outbox (
  id ID,
  type TEXT NOT NULL,
  key TEXT NOT NULL,
  payload JSON NOT NULL,
  at_us TS NOT NULL,
  state INT NOT NULL
);
CREATE INDEX event_outbox_pending ON event_outbox (id) WHERE state = 0;
CREATE INDEX event_outbox_age ON event_outbox (at_us) WHERE state = 1;
-- The marks of consumers: written with their effect.
CREATE TABLE event_inbox (
  event_id INT NOT NULL,
  consumer TEXT NOT NULL,
  PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
-- Deliveries that failed, or wait behind one of the same key that failed (attempts 0). Parked ones wait for a person.
CREATE TABLE event_failure (
  event_id INT NOT NULL,
  consumer TEXT NOT NULL,
  key TEXT NOT NULL,
  attempts INT NOT NULL,
  due_us TS NOT NULL,
  error TEXT NOT NULL,
  parked BOOL NOT NULL,
  PRIMARY KEY (event_id, consumer)
);
CREATE INDEX event_failure_key ON event_failure (consumer, key, event_id);
