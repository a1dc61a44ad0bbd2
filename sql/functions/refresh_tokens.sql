-- Refresh tokens as administrators see them: a family is one, whatever number
-- of times it was exchanged. One that is revoked or expired is not there.

CREATE OR REPLACE FUNCTION tpa_data.family_lives(f tpa_data.refresh_families)
RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT f.revoked_at IS NULL
       AND (f.expires_at IS NULL OR f.expires_at > now())
       AND (f.idle_expires_at IS NULL OR f.idle_expires_at > now());
$$;

CREATE OR REPLACE FUNCTION tpa_data.refresh_token_json(
    f tpa_data.refresh_families)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', f.id, 'user_id', f.user_id, 'client_id', f.client_id,
        'organization_id', f.organization_id,
        'created_at', iso(f.created_at), 'expires_at', iso(f.expires_at),
        'idle_expires_at', iso(f.idle_expires_at),
        'last_exchanged_at', iso(f.last_used_at),
        'rotating', c.refresh_rotation_type = 'rotating',
        'resource_servers', jsonb_build_array(jsonb_build_object(
            'audience', a.identifier,
            'scopes', array_to_string(f.scope, ' ')))))
    FROM clients c, resource_servers a
    WHERE c.client_id = f.client_id AND a.id = f.resource_server_id;
$$;

-- {id}
CREATE OR REPLACE FUNCTION tpa.refresh_token_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT f.id, refresh_token_json(f)::text INTO id, body
    FROM refresh_families f
    WHERE f.id = p::jsonb->>'id' AND family_lives(f);
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {user_id, client_id, from, take}; the user must be named.
CREATE OR REPLACE FUNCTION tpa.refresh_token_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    result := 'found';
    body := list_page(o, 'refresh_families f', list_filters(o, '{
            "client_id": "f.client_id = $1->>''client_id''"
        }') || ' AND f.user_id = $1->>''user_id'' AND family_lives(f)',
        'f.id', 'refresh_token_json(f)');
END $$;

-- {id}
CREATE OR REPLACE FUNCTION tpa.refresh_token_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    UPDATE refresh_families f
    SET revoked_at = now(), revoked_reason = 'revoked'
    WHERE f.id = p::jsonb->>'id' AND family_lives(f)
    RETURNING f.id INTO id;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {ids}, or {user_id, client_id, audience}, of which one of the first two is
-- there. Unchanged: none was found.
CREATE OR REPLACE FUNCTION tpa.refresh_token_revoke(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    n bigint;
BEGIN
    IF NOT o ?| '{ids,user_id,client_id}' THEN
        result := 'unchanged';
        RETURN;
    END IF;
    EXECUTE 'UPDATE refresh_families f'
        ' SET revoked_at = now(), revoked_reason = ''revoked'''
        ' WHERE f.revoked_at IS NULL AND ' || list_filters(o, '{
            "ids": "f.id = ANY (words($1->''ids''))",
            "user_id": "f.user_id = $1->>''user_id''",
            "client_id": "f.client_id = $1->>''client_id''",
            "audience": "f.resource_server_id = api_called($1->>''audience'')"
        }') USING o;
    GET DIAGNOSTICS n = ROW_COUNT;
    result := CASE WHEN n > 0 THEN 'updated' ELSE 'unchanged' END;
    IF n > 0 THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
