-- The database itself refuses to change the audit. Rows leave it only behind a signed cut, once they lie in an archive.
-- Who may alter the schema can drop these triggers: the chain and the signed heads show what was done afterwards.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_row' THEN
    IF EXISTS (SELECT 1 FROM audit_seal s WHERE s.row_id = OLD.id AND s.sequence <= (SELECT max(sequence) FROM audit_cut)) THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_seal' THEN
    IF OLD.sequence <= (SELECT max(sequence) FROM audit_cut) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION '% is only added to', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_row_kept BEFORE UPDATE OR DELETE ON audit_row FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_kept BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_statement_kept BEFORE UPDATE OR DELETE ON audit_statement FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_cut_kept BEFORE UPDATE OR DELETE ON audit_cut FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_row_whole BEFORE TRUNCATE ON audit_row FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_seal_whole BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_statement_whole BEFORE TRUNCATE ON audit_statement FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_cut_whole BEFORE TRUNCATE ON audit_cut FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
