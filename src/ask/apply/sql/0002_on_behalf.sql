-- The person for whom a guardian or delegate fills a draft in; NULL for oneself.
ALTER TABLE draft ADD COLUMN on_behalf INT;
