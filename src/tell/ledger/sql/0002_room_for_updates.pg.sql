-- Each row's state changes once or twice: with room in its page its index entries stay (heap-only tuples).
ALTER TABLE delivery SET (fillfactor = 70);
