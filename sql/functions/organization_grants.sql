-- Client grants that are good for an Organization.

CREATE OR REPLACE FUNCTION tpa_data.organization_client_grant_json(
    p_grant text)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', g.id, 'grant_id', g.id, 'client_id', g.client_id,
            'audience', a.identifier, 'scope', g.scope,
            'allow_all_scopes', nullif(g.allow_all_scopes, false),
            'subject_type', g.subject_type,
            'organization_usage', g.organization_usage,
            'allow_any_organization', g.allow_any_organization))
        FROM client_grants g
        JOIN resource_servers a ON a.id = g.resource_server_id
        WHERE g.id = p_grant);
END $$;

-- {organization_id, client_id, audience, grant_ids, pages}
CREATE OR REPLACE FUNCTION tpa.organization_client_grant_list(
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
    body := list_page(o, 'organization_client_grants x'
        || CASE WHEN o ?| '{client_id,audience}' THEN
               ' JOIN client_grants g ON g.id = x.grant_id' ELSE '' END,
        'x.organization_id = $1->>''organization_id'''
        || CASE WHEN o ? 'client_id' THEN
               ' AND g.client_id = $1->>''client_id''' ELSE '' END
        || CASE WHEN o ? 'audience' THEN
               ' AND g.resource_server_id = (SELECT a.id'
               ' FROM resource_servers a'
               ' WHERE a.identifier = $1->>''audience'')' ELSE '' END
        || CASE WHEN o ? 'grant_ids' THEN
               ' AND x.grant_id = ANY (words($1->''grant_ids''))' ELSE '' END,
        'x.grant_id', 'organization_client_grant_json((x).grant_id)');
END $$;

-- {organization_id, grant_id, usages, most}: at most that many an Organization,
-- 100 unless it is said, counted under its lock. usages, when it is there:
-- values of organization_usage that the grant must have one of.
CREATE OR REPLACE FUNCTION tpa.organization_client_grant_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    org text := o->>'organization_id';
    usage text;
BEGIN
    id := o->>'grant_id';
    IF NOT organization_lock(org) THEN
        result := 'no_organization';
        RETURN;
    END IF;
    SELECT coalesce(g.organization_usage, 'deny') INTO usage
    FROM client_grants g
    WHERE g.id = o->>'grant_id' AND g.client_id IS NOT NULL FOR SHARE;
    IF NOT FOUND THEN
        result := 'no_grant';
        RETURN;
    END IF;
    result := CASE
        WHEN usage <> ALL (words(o->'usages')) THEN 'no_usage'
        WHEN EXISTS (SELECT FROM organization_client_grants x
                     WHERE x.organization_id = org
                       AND x.grant_id = o->>'grant_id') THEN 'conflict'
        WHEN (SELECT count(*) FROM organization_client_grants x
              WHERE x.organization_id = org)
             >= coalesce((o->>'most')::integer, 100) THEN 'limit'
        WHEN row_add('organization_client_grants',
                     o - '{most,usages}'::text[]) THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        body := organization_client_grant_json(o->>'grant_id');
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, grant_id}
CREATE OR REPLACE FUNCTION tpa.organization_client_grant_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'grant_id';
    DELETE FROM organization_client_grants x
    WHERE x.organization_id = o->>'organization_id'
      AND x.grant_id = o->>'grant_id';
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
