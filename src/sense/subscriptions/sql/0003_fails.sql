-- Tries in a row that failed (NGSIv2: failsCounter): one that succeeds begins anew.
ALTER TABLE sense_subscription_state ADD COLUMN fails INT NOT NULL DEFAULT 0;
