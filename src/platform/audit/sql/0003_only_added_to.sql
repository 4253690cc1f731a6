-- The database itself refuses to change the audit. Rows leave it only behind a signed cut, once they lie in an archive.
-- Who may alter the schema can drop these triggers: the chain and the signed heads show what was done afterwards.
CREATE TRIGGER audit_row_kept BEFORE UPDATE ON audit_row BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_row_stays BEFORE DELETE ON audit_row
WHEN NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.row_id = OLD.id AND s.sequence <= (SELECT max(sequence) FROM audit_cut))
BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;
CREATE TRIGGER audit_seal_kept BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'seals are never changed'); END;
CREATE TRIGGER audit_seal_stays BEFORE DELETE ON audit_seal
WHEN OLD.sequence > coalesce((SELECT max(sequence) FROM audit_cut), 0) BEGIN SELECT RAISE(ABORT, 'seals are never removed'); END;
CREATE TRIGGER audit_statement_kept BEFORE UPDATE ON audit_statement BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER audit_statement_stays BEFORE DELETE ON audit_statement BEGIN SELECT RAISE(ABORT, 'statements are never removed'); END;
CREATE TRIGGER audit_cut_kept BEFORE UPDATE ON audit_cut BEGIN SELECT RAISE(ABORT, 'cuts are never changed'); END;
CREATE TRIGGER audit_cut_stays BEFORE DELETE ON audit_cut BEGIN SELECT RAISE(ABORT, 'cuts are never removed'); END;
