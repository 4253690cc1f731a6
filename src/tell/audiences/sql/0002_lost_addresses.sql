-- What was chosen when a channel's last address died, until its owner comes back with a new one or leaves; NULL otherwise.
ALTER TABLE recipient_address ADD COLUMN last_topics INT;
ALTER TABLE recipient_address ADD COLUMN last_rank SMALL;
CREATE INDEX recipient_address_dead ON recipient_address (channel, digest) WHERE state = 3;
