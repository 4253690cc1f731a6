-- A table that staff attached to a draft: one line for each recipient, with their own values for the message's texts. state 0: being stored;
-- 1: in use. `left_out`: numbers of the lines that somebody left out. All rows are sealed under one data key, erased when the message has ended.
CREATE TABLE campaign_list (
  id ID,
  campaign INT NOT NULL,
  data_key INT NOT NULL,
  state INT NOT NULL,
  columns JSON NOT NULL,
  total INT NOT NULL,
  left_out JSON NOT NULL,
  created_us TS NOT NULL
);
CREATE UNIQUE INDEX campaign_list_campaign ON campaign_list (campaign) WHERE state = 1;
-- Its rows in the order of recipients, a few hundred sealed together. `first`, `last`: keys of recipients; below 0: nobody was found (minus the line).
CREATE TABLE campaign_list_part (
  list INT NOT NULL,
  first INT NOT NULL,
  last INT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (list, first)
);
