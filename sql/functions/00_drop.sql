-- All functions go before they are made anew, in the same transaction: one
-- that changed its arguments could not be replaced, and one that is no longer
-- in these files would stay. Functions of triggers belong to the tables.
DO $$
DECLARE
    old regprocedure;
BEGIN
    FOR old IN
        SELECT f.oid::regprocedure FROM pg_proc f
        JOIN pg_namespace n ON n.oid = f.pronamespace
        WHERE n.nspname IN ('tpa', 'tpa_data')
          AND f.prorettype <> 'trigger'::regtype
        ORDER BY f.oid DESC
    LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END $$;
