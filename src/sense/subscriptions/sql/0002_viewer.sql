-- Who made it, as the access engine writes it: they are told what they may read. '': made where everybody may read everything.
ALTER TABLE sense_subscription ADD COLUMN viewer TEXT NOT NULL DEFAULT '';
