-- Applications that an Organization names for its members, one by one.

CREATE OR REPLACE FUNCTION tpa_data.organization_client_json(
    p_row tpa_data.organization_clients)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_build_object(
            'client_id', c.client_id,
            'use_for_member_access', p_row.use_for_member_access,
            'client', jsonb_build_object(
                'name', c.name, 'is_first_party', c.is_first_party,
                'grant_types', c.grant_types))
        FROM clients c WHERE c.client_id = p_row.client_id);
END $$;

-- {organization_id, pages}
CREATE OR REPLACE FUNCTION tpa.organization_client_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF NOT organization_exists(p::jsonb->>'organization_id') THEN
        result := 'no_organization';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(p::jsonb, 'organization_clients x',
                      'x.organization_id = $1->>''organization_id''',
                      'x.client_id', 'organization_client_json(x)');
END $$;

-- {organization_id, client_id}
CREATE OR REPLACE FUNCTION tpa.organization_client_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'client_id';
    SELECT organization_client_json(x)
           || jsonb_build_object('version', x.xmin::text)
    INTO body FROM organization_clients x
    WHERE x.organization_id = o->>'organization_id'
      AND x.client_id = o->>'client_id';
    result := CASE
        WHEN FOUND THEN 'found'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
END $$;

-- {organization_id, clients: [{client_id, use_for_member_access}], most}: all
-- of them, or none. The body is the list of what was made.
CREATE OR REPLACE FUNCTION tpa.organization_client_add(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    org text := o->>'organization_id';
    wanted text[] := ARRAY(SELECT c->>'client_id'
                           FROM jsonb_array_elements(o->'clients') AS c);
    known integer;
BEGIN
    id := org;
    IF NOT organization_lock(org) THEN
        result := 'no_organization';
        RETURN;
    END IF;
    PERFORM FROM clients c WHERE c.client_id = ANY (wanted) FOR KEY SHARE;
    GET DIAGNOSTICS known = ROW_COUNT;
    result := CASE
        WHEN known < cardinality(wanted) THEN 'no_client'
        WHEN EXISTS (SELECT FROM organization_clients x
                     WHERE x.organization_id = org
                       AND x.client_id = ANY (wanted)) THEN 'conflict'
        WHEN (SELECT count(*) FROM organization_clients x
              WHERE x.organization_id = org) + cardinality(wanted)
             > (o->>'most')::integer THEN 'limit'
        ELSE 'created' END;
    IF result = 'created' THEN
        INSERT INTO organization_clients
            (organization_id, client_id, use_for_member_access)
        SELECT org, c->>'client_id', (c->>'use_for_member_access')::boolean
        FROM jsonb_array_elements(o->'clients') AS c;
        SELECT jsonb_agg(organization_client_json(x)
                         ORDER BY array_position(wanted, x.client_id::text))
        INTO body FROM organization_clients x
        WHERE x.organization_id = org AND x.client_id = ANY (wanted);
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, client_id, version, patch}
CREATE OR REPLACE FUNCTION tpa.organization_client_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    changed organization_clients;
    version text;
BEGIN
    id := o->>'client_id';
    SELECT x.xmin::text INTO version FROM organization_clients x
    WHERE x.organization_id = o->>'organization_id'
      AND x.client_id = o->>'client_id' FOR NO KEY UPDATE;
    IF version IS NULL OR version <> o->>'version' THEN
        result := CASE WHEN version IS NULL THEN 'not_found'
                       ELSE 'changed' END;
        RETURN;
    END IF;
    UPDATE organization_clients x
    SET use_for_member_access = coalesce(
            (o #>> '{patch,use_for_member_access}')::boolean,
            x.use_for_member_access)
    WHERE x.organization_id = o->>'organization_id'
      AND x.client_id = o->>'client_id' RETURNING x.* INTO changed;
    result := 'updated';
    body := organization_client_json(changed);
    PERFORM event_write(p_event);
END $$;

-- {organization_id, clients: ids}
CREATE OR REPLACE FUNCTION tpa.organization_client_remove(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'organization_id';
    DELETE FROM organization_clients x
    WHERE x.organization_id = o->>'organization_id'
      AND x.client_id = ANY (words(o->'clients'));
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'unchanged'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
