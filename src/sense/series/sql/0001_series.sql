-- The store of series on a database (src/sense/series/README.md). version: number of the write; of two rows for one time the greater one counts.
-- quality 4: the write took the value away. Floors are days (of the partition grid) before which raw values, roll-ups per hour and per day are gone.
CREATE TABLE sense_series_measurement (
  id INT PRIMARY KEY,
  tenant BYTES NOT NULL,
  name BYTES NOT NULL,
  raw_floor INT NOT NULL,
  hours_floor INT NOT NULL,
  days_floor INT NOT NULL
);
CREATE TABLE sense_series_key (measurement INT NOT NULL, number INT NOT NULL, key BYTES NOT NULL, PRIMARY KEY (measurement, number)) WITHOUT ROWID;
CREATE TABLE sense_series_point (
  measurement INT NOT NULL,
  number INT NOT NULL,
  time_us TS NOT NULL,
  version INT NOT NULL,
  value REAL NOT NULL,
  quality SMALL NOT NULL,
  PRIMARY KEY (measurement, number, time_us, version)
) WITHOUT ROWID;
-- kind 0: an hour; 1: a day.
CREATE TABLE sense_series_roll_up (
  measurement INT NOT NULL,
  number INT NOT NULL,
  kind SMALL NOT NULL,
  begin_us TS NOT NULL,
  count INT NOT NULL,
  sum REAL NOT NULL,
  squares REAL NOT NULL,
  least REAL NOT NULL,
  most REAL NOT NULL,
  first REAL NOT NULL,
  last REAL NOT NULL,
  first_us TS NOT NULL,
  last_us TS NOT NULL,
  PRIMARY KEY (measurement, number, kind, begin_us)
) WITHOUT ROWID;
CREATE TABLE sense_series_version (id INT PRIMARY KEY, version INT NOT NULL);
INSERT INTO sense_series_version (id, version) VALUES (1, 0);
