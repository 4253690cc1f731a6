-- When it goes, or went: for the calendar. Nothing for what begins when it is released.
ALTER TABLE campaign ADD COLUMN starts_us TS;
UPDATE campaign SET starts_us = max(coalesce(released_us, 0), coalesce(json_extract(draft, '$.start_us'), 0)) WHERE released_us IS NOT NULL OR json_extract(draft, '$.start_us') IS NOT NULL;
CREATE INDEX campaign_starts ON campaign (starts_us) WHERE starts_us IS NOT NULL;
