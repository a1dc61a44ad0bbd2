-- Roles, and the permissions they give.

CREATE OR REPLACE FUNCTION tpa_data.role_json(r tpa_data.roles)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', r.id, 'name', r.name, 'description', r.description));
$$;

-- {id}
CREATE OR REPLACE FUNCTION tpa.role_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT r.id, (role_json(r)
                  || jsonb_build_object('version', r.xmin::text))::text
    INTO id, body FROM roles r WHERE r.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {page, per_page, include_totals, name_filter}: a part of the name, whatever
-- the case of its letters. There are never more than 1000 to look at.
CREATE OR REPLACE FUNCTION tpa.role_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    result := 'found';
    body := list_page(o, 'roles r', list_filters(o, '{
        "name_filter": "strpos(lower(r.name), lower($1->>''name_filter'')) > 0"
        }'), 'r.name', 'role_json(r)');
END $$;

-- {id, name, description}. Limit: there are 1000 of them.
CREATE OR REPLACE FUNCTION tpa.role_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    LOCK TABLE roles IN SHARE ROW EXCLUSIVE MODE;
    result := CASE
        WHEN EXISTS (SELECT FROM roles r WHERE r.name = o->>'name')
            THEN 'conflict'
        WHEN (SELECT count(*) FROM roles) >= 1000 THEN 'limit'
        WHEN row_add('roles', o) THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        PERFORM event_write(p_event);
        SELECT r.id, role_json(r)::text INTO id, body FROM roles r
        WHERE r.id = o->>'id';
    END IF;
END $$;

-- {id, version, patch}
CREATE OR REPLACE FUNCTION tpa.role_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    r jsonb := o->'patch';
BEGIN
    id := o->>'id';
    UPDATE roles x
    SET name = CASE WHEN r ? 'name' THEN r->>'name' ELSE x.name END,
        description = CASE WHEN r ? 'description' THEN r->>'description'
                           ELSE x.description END
    WHERE x.id = o->>'id' AND x.xmin::text = o->>'version';
    IF NOT FOUND THEN
        result := 'changed';
        RETURN;
    END IF;
    PERFORM event_write(p_event);
    SELECT 'updated', role_json(x)::text INTO result, body FROM roles x
    WHERE x.id = o->>'id';
EXCEPTION WHEN unique_violation THEN
    result := 'conflict';
END $$;

-- {id}. Users and members lose it.
CREATE OR REPLACE FUNCTION tpa.role_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM roles r WHERE r.id = p::jsonb->>'id' RETURNING r.id INTO id;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;

-- ---- permissions -----------------------------------------------------------

-- {id, page, per_page, include_totals}
CREATE OR REPLACE FUNCTION tpa.role_permission_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM roles r WHERE r.id = o->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    id := o->>'id';
    body := list_sorted(o, 'role_permissions x', 'x.role_id = $1->>''id''',
                        'x.resource_server_id, x.permission', 'x',
                        'role_permission_json(x)');
END $$;

CREATE OR REPLACE FUNCTION tpa_data.role_permission_json(
    x tpa_data.role_permissions)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'resource_server_identifier', a.identifier,
        'resource_server_name', a.name,
        'permission_name', x.permission, 'description', s.description))
    FROM resource_servers a
    JOIN resource_server_scopes s ON s.resource_server_id = a.id
    WHERE a.id = x.resource_server_id AND s.value = x.permission;
$$;

-- Permissions that were named; api is null where one is no scope of its API.
CREATE OR REPLACE FUNCTION tpa_data.permissions_named(
    p_list jsonb, OUT identifier text, OUT permission text, OUT api text)
RETURNS SETOF record LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT DISTINCT x.resource_server_identifier, x.permission_name,
           -- One by one: a join would rather read all APIs.
           (SELECT s.resource_server_id
            FROM resource_servers a
            JOIN resource_server_scopes s ON s.resource_server_id = a.id
            WHERE a.identifier = x.resource_server_identifier
              AND s.value = x.permission_name)
    FROM jsonb_to_recordset(p_list) AS x
         (resource_server_identifier text, permission_name text);
$$;

-- {id, permissions: [{resource_server_identifier, permission_name}]}. What is
-- there already stays.
CREATE OR REPLACE FUNCTION tpa.role_permission_add(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    PERFORM FROM roles r WHERE r.id = o->>'id' FOR KEY SHARE;
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    -- Scopes stay as long as the row of their API is locked.
    PERFORM FROM resource_servers a
    WHERE a.id = ANY (ARRAY(SELECT n.api
                            FROM permissions_named(o->'permissions') AS n))
    ORDER BY a.id FOR SHARE;
    IF EXISTS (SELECT FROM permissions_named(o->'permissions') AS n
               WHERE n.api IS NULL) THEN
        result := 'no_scope';
        RETURN;
    END IF;
    INSERT INTO role_permissions (role_id, resource_server_id, permission)
    SELECT o->>'id', n.api, n.permission
    FROM permissions_named(o->'permissions') AS n
    ON CONFLICT DO NOTHING;
    PERFORM event_write(p_event);
    result := 'updated';
END $$;

-- {id, permissions}. What is not there is left alone.
CREATE OR REPLACE FUNCTION tpa.role_permission_remove(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    IF NOT EXISTS (SELECT FROM roles r WHERE r.id = o->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    DELETE FROM role_permissions d
    USING permissions_named(o->'permissions') AS n
    WHERE d.role_id = o->>'id' AND d.resource_server_id = n.api
      AND d.permission = n.permission;
    PERFORM event_write(p_event);
    result := 'updated';
END $$;
