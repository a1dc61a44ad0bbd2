-- Applications that are known by the address of their metadata document.

-- {external_client_id}
CREATE OR REPLACE FUNCTION tpa.cimd_find(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT c.client_id INTO id FROM clients c
    WHERE c.external_client_id = p::jsonb->>'external_client_id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- What a document says of an application that is there already; the rest of it
-- is the administrator's.
CREATE OR REPLACE FUNCTION tpa_data.cimd_refresh(
    p_client_id text, p_row jsonb)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    said constant text[] := '{name,description,logo_uri,app_type,callbacks,
        grant_types,token_endpoint_auth_method,jwks_uri,jwks,document_hash,
        document_expires_at,metadata_fetched_at}';
BEGIN
    PERFORM row_change('clients', 'client_id', p_client_id,
        (SELECT jsonb_object_agg(m.key, m.value) FROM jsonb_each(p_row) AS m
         WHERE m.key = ANY (said)));
END $$;

-- {client, lifetime_s}: client holds all properties of a new application. With
-- lifetime_s a user's coming made us fetch the document: then an application
-- that somebody registered stays as it is. Of two callers at once one makes it.
CREATE OR REPLACE FUNCTION tpa.cimd_put(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    comes boolean := o ? 'lifetime_s';
    r jsonb := client_row(o->'client') || jsonb_build_object(
        'metadata_fetched_at', now(), 'document_expires_at',
        now() + (o->>'lifetime_s')::integer * interval '1 second');
    fetched boolean;
    same boolean := false;
BEGIN
    IF comes THEN
        PERFORM cimd_reap();
    END IF;
    IF row_add('clients', r) THEN
        id := o #>> '{client,client_id}';
        result := 'created';
    ELSE
        SELECT c.client_id, c.document_expires_at IS NOT NULL,
               (c.name, c.document_hash) = (r->>'name', r->>'document_hash')
        INTO id, fetched, same FROM clients c
        WHERE c.external_client_id = r->>'external_client_id'
        FOR NO KEY UPDATE;
        result := CASE WHEN NOT FOUND THEN 'conflict'
                       WHEN comes AND NOT fetched THEN 'unchanged'
                       ELSE 'updated' END;
        IF result = 'updated' THEN
            PERFORM cimd_refresh(id, r);
        END IF;
    END IF;
    IF result = 'created' OR (result = 'updated' AND NOT (comes AND same)) THEN
        PERFORM record(p_event);
    END IF;
END $$;

-- Applications that nobody registered and nobody uses go: those older than a
-- day, and the oldest where there are more than a thousand. A few at a time, so
-- that no caller waits for it.
CREATE OR REPLACE FUNCTION tpa_data.cimd_reap()
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM clients c WHERE c.client_id IN (
        SELECT x.client_id FROM clients x
        WHERE x.document_expires_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM user_grants g
                          WHERE g.client_id = x.client_id)
          AND NOT EXISTS (SELECT FROM client_grants g
                          WHERE g.client_id = x.client_id)
          AND (x.created_at < now() - interval '1 day'
               OR x.created_at < (
                   SELECT y.created_at FROM clients y
                   WHERE y.document_expires_at IS NOT NULL
                   ORDER BY y.created_at DESC, y.client_id DESC
                   OFFSET 1000 LIMIT 1))
        ORDER BY x.created_at, x.client_id LIMIT 20);
END $$;
