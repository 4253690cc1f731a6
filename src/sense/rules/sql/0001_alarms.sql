-- Alarms that ever were anything else than normal: one for a rule and an entity. state, mode: alarm_state.h; priority 0 high, 1 medium, 2 low. due_us: when
-- the condition's delay is over (0: none runs); shelved_us: until when (0: not shelved). raised_us: when it last was raised (0: never). value: what the rule
-- looked at then. actor, actor_name (as it was), reason: who withheld it, and why.
CREATE TABLE sense_alarm (
  id INT NOT NULL PRIMARY KEY,
  public_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  tenant TEXT NOT NULL,
  entity TEXT NOT NULL,
  priority INT NOT NULL,
  state INT NOT NULL,
  mode INT NOT NULL,
  active BOOL NOT NULL,
  due_us TS NOT NULL,
  suppressed BOOL NOT NULL,
  shelved_us TS NOT NULL,
  out_of_service BOOL NOT NULL,
  raised_us TS NOT NULL,
  changed_us TS NOT NULL,
  value TEXT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE UNIQUE INDEX sense_alarm_public ON sense_alarm (public_id);
CREATE UNIQUE INDEX sense_alarm_of ON sense_alarm (entity, tenant, rule);
CREATE INDEX sense_alarm_open ON sense_alarm (priority, raised_us) WHERE state <> 0;
CREATE INDEX sense_alarm_withheld ON sense_alarm (changed_us) WHERE mode <> 0;
-- What happened to alarms, in order; what, state, mode: alarm_state.h, after it happened. actor: staff:…, or empty for the rule itself.
CREATE TABLE sense_alarm_journal (
  id ID,
  alarm INT NOT NULL,
  at_us TS NOT NULL,
  what INT NOT NULL,
  state INT NOT NULL,
  mode INT NOT NULL,
  priority INT NOT NULL,
  actor TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX sense_alarm_journal_alarm ON sense_alarm_journal (alarm, id);
CREATE INDEX sense_alarm_journal_at ON sense_alarm_journal (at_us);
-- One row: changes of entities up to this number are judged.
CREATE TABLE sense_alarm_cursor (one INT NOT NULL PRIMARY KEY, number INT NOT NULL);
-- The definitions by which all entities that were there have been judged.
CREATE TABLE sense_alarm_rule (rule TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL);
