-- Client grants: of one application, or the default of a class.

-- Scopes out of a list that the API does not have. Those it has stay: the lock
-- of its row, which any change of them needs, lasts as long as the
-- transaction.
CREATE OR REPLACE FUNCTION tpa_data.scopes_unknown(p_id text, p_scope text[])
RETURNS text[] LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM resource_servers a WHERE a.id = p_id FOR SHARE;
    RETURN ARRAY(
        SELECT w.value FROM unnest(p_scope) WITH ORDINALITY AS w(value, n)
        WHERE NOT EXISTS (SELECT FROM resource_server_scopes s
                          WHERE s.resource_server_id = p_id
                            AND s.value = w.value)
        ORDER BY w.n);
END $$;

CREATE OR REPLACE FUNCTION tpa_data.client_grant_json(
    g tpa_data.client_grants)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'id', g.id, 'client_id', g.client_id, 'default_for', g.default_for,
        'audience', (SELECT a.identifier FROM resource_servers a
                     WHERE a.id = g.resource_server_id),
        'scope', g.scope, 'allow_all_scopes', nullif(g.allow_all_scopes, false),
        'subject_type', g.subject_type,
        'organization_usage', g.organization_usage,
        'allow_any_organization', CASE WHEN g.default_for IS NULL
                                       THEN g.allow_any_organization END,
        'authorization_details_types', g.authorization_details_types,
        'is_system', nullif(g.is_system, false)));
END $$;

-- ---- reading ----------------------------------------------------------------

-- With what a change of it depends on: version, @third_party (is its
-- application one), @scopes (of its API).
CREATE OR REPLACE FUNCTION tpa.client_grant_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'id';
    SELECT client_grant_json(g) || jsonb_build_object(
               'version', g.xmin::text,
               '@third_party', NOT coalesce(c.is_first_party, false),
               '@scopes', string_to_array(a.scope_list, ' '))
    INTO body FROM client_grants g
    JOIN resource_servers a ON a.id = g.resource_server_id
    LEFT JOIN clients c ON c.client_id = g.client_id
    WHERE g.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- Filters: audience, client_id, default_for, subject_type,
-- allow_any_organization.
CREATE OR REPLACE FUNCTION tpa.client_grant_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wheres text := 'true';
BEGIN
    IF o ? 'audience' THEN
        SELECT o || jsonb_build_object('api', a.id) INTO o
        FROM resource_servers a WHERE a.identifier = o->>'audience';
        o := coalesce(o, p::jsonb);
        wheres := CASE WHEN o ? 'api'
                       THEN 'g.resource_server_id = $1->>''api'''
                       ELSE 'false' END;
    END IF;
    IF o ? 'client_id' THEN
        wheres := wheres || ' AND g.client_id = $1->>''client_id''';
    END IF;
    IF o ? 'default_for' THEN
        wheres := wheres || ' AND g.default_for = $1->>''default_for''';
    END IF;
    IF o ? 'subject_type' THEN
        wheres := wheres || ' AND g.subject_type = $1->>''subject_type''';
    END IF;
    IF o ? 'allow_any_organization' THEN
        wheres := wheres || CASE WHEN o->'allow_any_organization' = 'true'
            THEN ' AND g.allow_any_organization'
            ELSE ' AND NOT g.allow_any_organization' END;
    END IF;
    result := 'found';
    body := list_page(o, 'client_grants g', wheres, 'g.id',
                      'client_grant_json(g)');
END $$;

-- Organizations a grant is good for.
CREATE OR REPLACE FUNCTION tpa.client_grant_organizations_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM client_grants g WHERE g.id = p::jsonb->>'id';
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(p::jsonb, 'organization_client_grants x',
                      'x.grant_id = $1->>''id''', 'x.organization_id',
                      '(SELECT organization_json(o) FROM organizations o'
                      ' WHERE o.id = (x).organization_id)');
END $$;

-- ---- writing ----------------------------------------------------------------

-- May this application, or any third-party application (null), have a grant
-- for this API like that? 'created', or why not.
CREATE OR REPLACE FUNCTION tpa_data.grant_fits(
    p_third_party boolean, p_is_system boolean, p_any_organization boolean)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT CASE WHEN p_third_party AND p_is_system THEN 'is_system'
                WHEN p_third_party AND p_any_organization
                    THEN 'any_organization'
                ELSE 'created' END;
$$;

-- For client_id or default_for, at the API that audience names. On conflict
-- the id is that of the grant which is there; on no_scope the body names the
-- scopes.
CREATE OR REPLACE FUNCTION tpa.client_grant_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    third_party boolean := true;
    unknown text[];
    api record;
BEGIN
    id := o->>'id';
    SELECT a.id, a.is_system INTO api FROM resource_servers a
    WHERE a.identifier = o->>'audience';
    IF o->>'client_id' IS NOT NULL THEN
        SELECT NOT c.is_first_party INTO third_party FROM clients c
        WHERE c.client_id = o->>'client_id' FOR KEY SHARE;
        IF NOT FOUND THEN
            result := 'no_client';
            RETURN;
        END IF;
    END IF;
    IF api.id IS NULL THEN
        result := 'no_api';
        RETURN;
    END IF;
    result := grant_fits(third_party, api.is_system, coalesce(
                  (o->>'allow_any_organization')::boolean, false));
    IF result <> 'created' THEN
        RETURN;
    END IF;
    unknown := scopes_unknown(api.id, words(o->'scope'));
    IF cardinality(unknown) > 0 THEN
        result := 'no_scope';
        body := jsonb_build_object('scopes', unknown);
    ELSIF row_add('client_grants', o - 'audience'
                  || jsonb_build_object('resource_server_id', api.id)) THEN
        SELECT client_grant_json(g) INTO body FROM client_grants g
        WHERE g.id = o->>'id';
        PERFORM record(p_event);
    ELSE
        result := 'conflict';
        SELECT g.id INTO id FROM client_grants g
        WHERE g.resource_server_id = api.id
          AND g.subject_type = coalesce(o->>'subject_type', 'client')
          AND (g.client_id = o->>'client_id'
               OR g.default_for = o->>'default_for');
    END IF;
END $$;

-- {id, version, patch}, or the members themselves and no version. Members that
-- are there are set; null sets the default. Whose grant it is, and at which
-- API, is left alone. Scopes end allow_all_scopes and reversely.
CREATE OR REPLACE FUNCTION tpa.client_grant_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    r jsonb := coalesce(o->'patch', o)
               - '{id,client_id,default_for,audience,subject_type,
                   is_system}'::text[];
    was record;
BEGIN
    id := o->>'id';
    SELECT g.resource_server_id AS api, g.xmin::text AS version INTO was
    FROM client_grants g WHERE g.id = o->>'id' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    IF r->'allow_all_scopes' = 'true' THEN
        r := r || '{"scope": []}';
    ELSIF jsonb_typeof(r->'scope') = 'array' THEN
        r := r || '{"allow_all_scopes": false}';
    END IF;
    result := CASE
        WHEN was.version <> o->>'version' THEN 'changed'
        WHEN cardinality(scopes_unknown(was.api, words(r->'scope'))) > 0
            THEN 'no_scope'
        WHEN row_change('client_grants', 'id', id, r) THEN 'updated'
        ELSE 'not_found' END;
    IF result = 'updated' THEN
        SELECT client_grant_json(g) INTO body FROM client_grants g
        WHERE g.id = o->>'id';
        PERFORM record(p_event);
    END IF;
END $$;

-- The Organizations it is good for are forgotten with it. What is built in
-- stays.
CREATE OR REPLACE FUNCTION tpa.client_grant_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'id';
    DELETE FROM client_grants g
    WHERE g.id = p::jsonb->>'id' AND NOT g.is_system;
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN EXISTS (SELECT FROM client_grants g WHERE g.id = p::jsonb->>'id')
            THEN 'is_system'
        ELSE 'not_found' END;
    IF result = 'deleted' THEN
        PERFORM record(p_event);
    END IF;
END $$;
