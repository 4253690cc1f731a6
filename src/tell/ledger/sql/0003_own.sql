-- Everyone's content is their own: one request for each person, in small parcels.
ALTER TABLE tell_message ADD COLUMN own BOOL NOT NULL DEFAULT FALSE;
