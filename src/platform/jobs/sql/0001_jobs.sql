-- state 0: waiting; 1: leased (due_us is then the end of the lease); 3: dead. A finished job is deleted.
CREATE TABLE job (
  id ID,
  kind TEXT NOT NULL,
  payload JSON NOT NULL,
  unique_key TEXT,
  state INT NOT NULL,
  attempt INT NOT NULL,
  due_us TS NOT NULL,
  owner TEXT NOT NULL,
  fence INT NOT NULL,
  error TEXT NOT NULL,
  created_us TS NOT NULL,
  died_us TS
);
CREATE INDEX job_due ON job (kind, due_us, id) WHERE state < 3;
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL AND state < 3;
CREATE INDEX job_dead ON job (died_us) WHERE state = 3;
