-- Subscriptions with expanded names (subscription_text.h); `context` is the JSON of the @context that notifications are written with. Records of the journal
-- up to `since` are none of its business.
CREATE TABLE sense_subscription (
  tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, context TEXT NOT NULL, created_us TS NOT NULL, modified_us TS NOT NULL, since INT NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
-- How far each subscription was told, and its counters. A row of its own: it changes several times a second.
CREATE TABLE sense_subscription_state (
  tenant TEXT NOT NULL, id TEXT NOT NULL, cursor INT NOT NULL, sent INT NOT NULL, failed INT NOT NULL, last_us TS, success_us TS, failure_us TS,
  last_ok INT NOT NULL, cause TEXT NOT NULL, fired_us TS,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
-- One row: everything up to this number is told to everybody.
CREATE TABLE sense_told (one INT NOT NULL PRIMARY KEY, number INT NOT NULL);
-- Notifications that were given up, each with what would have been sent.
CREATE TABLE sense_dead_letter (
  id ID, tenant TEXT NOT NULL, subscription TEXT NOT NULL, number INT NOT NULL, entity TEXT NOT NULL, changed_us TS NOT NULL, given_up_us TS NOT NULL,
  tries INT NOT NULL, cause TEXT NOT NULL, data TEXT NOT NULL);
CREATE UNIQUE INDEX sense_dead_letter_once ON sense_dead_letter (tenant, subscription, number, entity);
