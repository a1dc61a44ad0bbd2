-- The number of the newest migration applied; no row in the table: none.
CREATE OR REPLACE FUNCTION tpa.schema_version(OUT version integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT v.version FROM schema_version v;
$$;
