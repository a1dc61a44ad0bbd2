-- Consent: what users granted to applications.

CREATE OR REPLACE FUNCTION tpa_data.grant_json(g tpa_data.user_grants)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', g.id, 'clientID', g.client_id, 'user_id', g.user_id,
        'audience', a.identifier, 'scope', to_jsonb(g.scope),
        'organization_id', g.organization_id))
    FROM resource_servers a WHERE a.id = g.resource_server_id;
$$;

CREATE OR REPLACE FUNCTION tpa_data.api_called(p_identifier text)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT a.id FROM resource_servers a WHERE a.identifier = p_identifier;
$$;

-- {page, per_page, include_totals, user_id, client_id, audience}
CREATE OR REPLACE FUNCTION tpa.grant_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    result := 'found';
    body := list_page(o, 'user_grants g', list_filters(o, '{
            "user_id": "g.user_id = $1->>''user_id''",
            "client_id": "g.client_id = $1->>''client_id''",
            "audience": "g.resource_server_id = api_called($1->>''audience'')"
        }'), 'g.id', 'grant_json(g)');
END $$;

-- {id}. Refresh tokens that rest on it go with it.
CREATE OR REPLACE FUNCTION tpa.grant_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM user_grants g WHERE g.id = p::jsonb->>'id'
    RETURNING g.id INTO id;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {user_id}: all of that user's. Unchanged: there were none.
CREATE OR REPLACE FUNCTION tpa.grant_delete_by_user(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'user_id';
    DELETE FROM user_grants g WHERE g.user_id = p::jsonb->>'user_id';
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'unchanged' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
