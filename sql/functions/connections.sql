-- Connections: where users log in, and which applications may use them.

CREATE OR REPLACE FUNCTION tpa_data.connection_json(
    p_row tpa_data.connections)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
            'id', p_row.id, 'name', p_row.name, 'strategy', p_row.strategy,
            'display_name', p_row.display_name,
            'is_domain_connection', p_row.is_domain_connection,
            'show_as_button', p_row.show_as_button, 'realms', p_row.realms,
            'metadata', nullif(p_row.metadata, '{}'),
            'enabled_clients', coalesce(
                (SELECT jsonb_agg(x.client_id ORDER BY x.client_id)
                 FROM client_connections x
                 WHERE x.connection_id = p_row.id), '[]')))
        -- Nulls in it are its own.
        || jsonb_build_object('options', p_row.options);
END $$;

-- Applications that do not exist out of a list; those that do stay.
CREATE OR REPLACE FUNCTION tpa_data.clients_missing(p_ids text[])
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    known integer;
BEGIN
    PERFORM FROM clients c WHERE c.client_id = ANY (p_ids) FOR KEY SHARE;
    GET DIAGNOSTICS known = ROW_COUNT;
    RETURN known < (SELECT count(DISTINCT i) FROM unnest(p_ids) AS i);
END $$;

-- ---- reading ----------------------------------------------------------------

-- {id}
CREATE OR REPLACE FUNCTION tpa.connection_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT c.id, connection_json(c)
                 || jsonb_build_object('version', c.xmin::text)
    INTO id, body FROM connections c WHERE c.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {name, strategy: a list, pages}
CREATE OR REPLACE FUNCTION tpa.connection_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    result := 'found';
    body := list_page(o, 'connections x', 'true'
        || CASE WHEN o ? 'name' THEN ' AND x.name = $1->>''name''' ELSE '' END
        || CASE WHEN o ? 'strategy' THEN
               ' AND x.strategy = ANY (words($1->''strategy''))' ELSE '' END,
        'x.id', 'connection_json(x)');
END $$;

-- {id, pages}
CREATE OR REPLACE FUNCTION tpa.connection_clients_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM connections c WHERE c.id = p::jsonb->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(p::jsonb, 'client_connections x',
        'x.connection_id = $1->>''id''', 'x.client_id',
        'jsonb_build_object(''client_id'', (x).client_id)');
END $$;

-- ---- writing ----------------------------------------------------------------

-- Members of the API, and id. On conflict the id is that of the connection
-- with this name.
CREATE OR REPLACE FUNCTION tpa.connection_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    enabled text[] := words(o->'enabled_clients');
BEGIN
    id := o->>'id';
    IF clients_missing(enabled) THEN
        result := 'no_client';
        RETURN;
    END IF;
    IF row_add('connections',
               jsonb_build_object('realms', jsonb_build_array(o->>'name'))
               || (o - 'enabled_clients')) THEN
        INSERT INTO client_connections (client_id, connection_id)
        SELECT DISTINCT unnest(enabled), o->>'id';
        result := 'created';
        SELECT connection_json(c) INTO body FROM connections c
        WHERE c.id = o->>'id';
        PERFORM event_write(p_event);
    ELSE
        result := 'conflict';
        SELECT c.id INTO id FROM connections c WHERE c.name = o->>'name';
    END IF;
END $$;

-- {id, version, patch}: members that are there are set; null sets the default.
-- Name and strategy are left alone.
CREATE OR REPLACE FUNCTION tpa.connection_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    enabled text[] := words(o #> '{patch,enabled_clients}');
    version text;
BEGIN
    id := o->>'id';
    SELECT c.xmin::text INTO version FROM connections c
    WHERE c.id = o->>'id' FOR NO KEY UPDATE;
    result := CASE WHEN NOT FOUND THEN 'not_found'
                   WHEN version <> o->>'version' THEN 'changed'
                   WHEN clients_missing(enabled) THEN 'no_client'
                   ELSE 'updated' END;
    IF result <> 'updated' THEN
        RETURN;
    END IF;
    PERFORM row_change('connections', 'id', id,
        (o->'patch') - '{id,name,strategy,enabled_clients}'::text[]);
    IF enabled IS NOT NULL THEN
        DELETE FROM client_connections x
        WHERE x.connection_id = o->>'id' AND x.client_id <> ALL (enabled);
        INSERT INTO client_connections (client_id, connection_id)
        SELECT DISTINCT unnest(enabled), o->>'id' ON CONFLICT DO NOTHING;
    END IF;
    SELECT connection_json(c) INTO body FROM connections c
    WHERE c.id = o->>'id';
    PERFORM event_write(p_event);
END $$;

-- {id, clients: [{client_id, status}]}: all of them, or none.
CREATE OR REPLACE FUNCTION tpa.connection_clients_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wanted text[] := ARRAY(SELECT e->>'client_id'
                           FROM jsonb_array_elements(o->'clients') AS e
                           WHERE e->'status' = 'true');
    unwanted text[] := ARRAY(SELECT e->>'client_id'
                             FROM jsonb_array_elements(o->'clients') AS e
                             WHERE e->'status' = 'false');
BEGIN
    id := o->>'id';
    PERFORM FROM connections c WHERE c.id = o->>'id' FOR KEY SHARE;
    result := CASE WHEN NOT FOUND THEN 'not_found'
                   WHEN clients_missing(wanted || unwanted) THEN 'no_client'
                   ELSE 'updated' END;
    IF result = 'updated' THEN
        DELETE FROM client_connections x
        WHERE x.connection_id = o->>'id' AND x.client_id = ANY (unwanted);
        INSERT INTO client_connections (client_id, connection_id)
        SELECT DISTINCT unnest(wanted), o->>'id' ON CONFLICT DO NOTHING;
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {id, most}. Its users, their sessions and their consents go with it. Of a
-- connection with more users than most, that many go now, and the result is
-- "more": no statement takes too long, and what is left is deleted by the next
-- call.
CREATE OR REPLACE FUNCTION tpa.connection_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    most integer := p::jsonb->>'most';
    gone integer;
BEGIN
    id := p::jsonb->>'id';
    DELETE FROM users u WHERE u.user_id IN (
        SELECT v.user_id FROM users v
        WHERE v.connection_id = p::jsonb->>'id'
        ORDER BY v.connection_user_id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone = most THEN
        result := 'more';
        RETURN;
    END IF;
    DELETE FROM connections c WHERE c.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
