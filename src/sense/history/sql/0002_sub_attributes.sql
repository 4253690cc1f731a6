-- Numbers whose sub-attributes stay the same lie in columns, too: `sub` holds them (form.h). When entities were modified is written from time to time only:
-- `heads_number` is the newest change of the broker of which that is known here; its journal has what came since.
ALTER TABLE sense_history_column ADD COLUMN sub BYTES;
ALTER TABLE sense_history_state ADD COLUMN heads_number INT;
