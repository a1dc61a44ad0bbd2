-- Connections of Organizations, for both families of paths: the older knows
-- enabled ones only, and less about them; its arguments hold "older".

CREATE OR REPLACE FUNCTION tpa_data.organization_connection_json(
    p_row tpa_data.organization_connections, p_older boolean)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object(
            'connection_id', p_row.connection_id,
            'assign_membership_on_login', p_row.assign_membership_on_login,
            'show_as_button', p_row.show_as_button,
            'is_signup_enabled', p_row.is_signup_enabled,
            'connection', (SELECT jsonb_build_object('name', c.name,
                                                     'strategy', c.strategy)
                           FROM connections c WHERE c.id = p_row.connection_id))
        || CASE WHEN p_older THEN '{}' ELSE
            jsonb_strip_nulls(jsonb_build_object(
                'is_enabled', p_row.is_enabled,
                'organization_connection_name',
                    p_row.organization_connection_name,
                'organization_access_level',
                    p_row.organization_access_level)) END;
END $$;

-- May a connection be one of an Organization in this way? Null, or why not. It
-- stays: the lock lasts as long as the transaction.
CREATE OR REPLACE FUNCTION tpa_data.organization_connection_fits(p_entry jsonb)
RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    strategy text;
BEGIN
    SELECT c.strategy INTO strategy FROM connections c
    WHERE c.id = p_entry->>'connection_id' FOR KEY SHARE;
    RETURN CASE
        WHEN NOT FOUND THEN 'no_connection'
        -- Only we can sign a user up.
        WHEN p_entry->'is_signup_enabled' = 'true' AND strategy <> 'auth0'
            THEN 'no_database' END;
END $$;

-- ---- reading ----------------------------------------------------------------

-- {organization_id, older, is_enabled, pages}
CREATE OR REPLACE FUNCTION tpa.organization_connection_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF NOT organization_exists(o->>'organization_id') THEN
        result := 'no_organization';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(o, 'organization_connections x',
        'x.organization_id = $1->>''organization_id'''
        || CASE WHEN o->'older' = 'true' OR o->'is_enabled' = 'true'
                THEN ' AND x.is_enabled'
                WHEN o->'is_enabled' = 'false' THEN ' AND NOT x.is_enabled'
                ELSE '' END,
        'x.connection_id',
        CASE WHEN o->'older' = 'true'
             THEN 'organization_connection_json(x, true)'
             ELSE 'organization_connection_json(x, false)' END);
END $$;

-- {organization_id, connection_id, older}
CREATE OR REPLACE FUNCTION tpa.organization_connection_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    older boolean := coalesce(o->'older' = 'true', false);
BEGIN
    id := o->>'connection_id';
    SELECT organization_connection_json(x, older)
           || jsonb_build_object('version', x.xmin::text)
    INTO body FROM organization_connections x
    WHERE x.organization_id = o->>'organization_id'
      AND x.connection_id = o->>'connection_id'
      AND (x.is_enabled OR NOT older);
    result := CASE
        WHEN FOUND THEN 'found'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
END $$;

-- ---- writing ----------------------------------------------------------------

-- {organization_id, older, most, members of the API}; most: how many of them an
-- Organization may have.
CREATE OR REPLACE FUNCTION tpa.organization_connection_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    org text := o->>'organization_id';
BEGIN
    id := o->>'connection_id';
    IF NOT organization_lock(org) THEN
        result := 'no_organization';
        RETURN;
    END IF;
    result := organization_connection_fits(o);
    IF result IS NOT NULL THEN
        RETURN;
    END IF;
    result := CASE
        WHEN EXISTS (SELECT FROM organization_connections x
                     WHERE x.organization_id = org
                       AND x.connection_id = o->>'connection_id')
            THEN 'conflict'
        WHEN (SELECT count(*) FROM organization_connections x
              WHERE x.organization_id = org) >= (o->>'most')::integer
            THEN 'limit'
        WHEN row_add('organization_connections', o - '{older,most}'::text[])
            THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        SELECT organization_connection_json(x, coalesce(o->'older' = 'true',
                                                        false))
        INTO body FROM organization_connections x
        WHERE x.organization_id = org
          AND x.connection_id = o->>'connection_id';
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, connection_id, older, version, patch}
CREATE OR REPLACE FUNCTION tpa.organization_connection_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    r organization_connections;
    version text;
BEGIN
    id := o->>'connection_id';
    SELECT x.xmin::text INTO version FROM organization_connections x
    WHERE x.organization_id = o->>'organization_id'
      AND x.connection_id = o->>'connection_id' FOR NO KEY UPDATE;
    IF version IS NULL OR version <> o->>'version' THEN
        result := CASE WHEN version IS NULL THEN 'not_found'
                       ELSE 'changed' END;
        RETURN;
    END IF;
    SELECT n.* INTO r FROM organization_connections x,
        jsonb_populate_record(x, (o->'patch')
            - '{organization_id,connection_id,connection,created_at}'::text[]
        ) AS n
    WHERE x.organization_id = o->>'organization_id'
      AND x.connection_id = o->>'connection_id';
    UPDATE organization_connections x
    SET assign_membership_on_login = r.assign_membership_on_login,
        show_as_button = r.show_as_button,
        is_signup_enabled = r.is_signup_enabled,
        is_enabled = r.is_enabled,
        organization_connection_name = r.organization_connection_name,
        organization_access_level = r.organization_access_level
    WHERE x.organization_id = r.organization_id
      AND x.connection_id = r.connection_id;
    result := 'updated';
    body := organization_connection_json(r, coalesce(o->'older' = 'true',
                                                     false));
    PERFORM event_write(p_event);
END $$;

-- {organization_id, connection_id}
CREATE OR REPLACE FUNCTION tpa.organization_connection_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'connection_id';
    DELETE FROM organization_connections x
    WHERE x.organization_id = o->>'organization_id'
      AND x.connection_id = o->>'connection_id';
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
