-- Which registrations each subscription to registrations was told of, as they were then: what it is told next is the difference.
CREATE TABLE sense_registration_told (
  tenant TEXT NOT NULL, subscription TEXT NOT NULL, registration TEXT NOT NULL, body TEXT NOT NULL, context TEXT NOT NULL, created_us TS NOT NULL, modified_us TS NOT NULL,
  PRIMARY KEY (tenant, subscription, registration)) WITHOUT ROWID;
