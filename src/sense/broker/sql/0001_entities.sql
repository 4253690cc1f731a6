-- Every entity as it is now, in the frozen form of codec.h.
CREATE TABLE sense_entity (tenant TEXT NOT NULL, id TEXT NOT NULL, entity BYTES NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
-- What changed, in order: for those who follow. A number that exists already means that somebody else writes: the primary key is the fence.
CREATE TABLE sense_change (number INT NOT NULL PRIMARY KEY, record BYTES NOT NULL);
