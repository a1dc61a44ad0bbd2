-- APIs and their scopes.

CREATE OR REPLACE FUNCTION tpa_data.resource_server_row(p_object jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT flat(p_object - '{scopes}'::text[], '{
        "subject_type_authorization.user.policy": "user_policy",
        "subject_type_authorization.client.policy": "client_policy",
        "proof_of_possession.mechanism": "pop_mechanism",
        "proof_of_possession.required": "pop_required",
        "proof_of_possession.required_for": "pop_required_for"
    }') || CASE WHEN jsonb_typeof(p_object->'authorization_details') = 'array'
           THEN jsonb_build_object('authorization_details', jsonb_path_query_array(
                    p_object, '$.authorization_details[*].type'))
           ELSE '{}' END;
$$;

CREATE OR REPLACE FUNCTION tpa_data.scopes_json(p_id text)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'value', s.value, 'description', s.description))
               ORDER BY s.position, s.value), '[]')
    FROM resource_server_scopes s WHERE s.resource_server_id = p_id;
$$;

CREATE OR REPLACE FUNCTION tpa_data.resource_server_json(
    a tpa_data.resource_servers)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN a.properties || jsonb_strip_nulls(jsonb_build_object(
        'id', a.id, 'identifier', a.identifier, 'name', a.name,
        'is_system', nullif(a.is_system, false),
        'scopes', CASE WHEN a.scope_list <> '' THEN scopes_json(a.id)
                       ELSE '[]' END,
        'signing_alg', a.signing_alg,
        'allow_offline_access', a.allow_offline_access,
        'token_lifetime', a.token_lifetime,
        'token_lifetime_for_web', a.token_lifetime_for_web,
        'token_dialect', a.token_dialect,
        'enforce_policies', a.enforce_policies,
        'skip_consent_for_verifiable_first_party_clients',
            a.skip_consent_for_verifiable_first_party_clients,
        'consent_policy', a.consent_policy,
        'authorization_details', (
            SELECT jsonb_agg(jsonb_build_object('type', t.type) ORDER BY t.n)
            FROM unnest(a.authorization_details) WITH ORDINALITY AS t(type, n)),
        'proof_of_possession', CASE WHEN a.pop_mechanism IS NOT NULL
            THEN jsonb_build_object('mechanism', a.pop_mechanism,
                                    'required', a.pop_required,
                                    'required_for', a.pop_required_for) END,
        'subject_type_authorization', jsonb_build_object(
            'user', jsonb_build_object('policy', a.user_policy),
            'client', jsonb_build_object('policy', a.client_policy)),
        'client_id', a.client_id));
END $$;

-- The id of the API with that id or identifier; null: there is none.
CREATE OR REPLACE FUNCTION tpa_data.api_id_of(p_text text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    found_id text;
BEGIN
    SELECT a.id INTO found_id FROM resource_servers a WHERE a.id = p_text;
    IF NOT FOUND THEN
        SELECT a.id INTO found_id FROM resource_servers a
        WHERE a.identifier = p_text;
    END IF;
    RETURN found_id;
END $$;

-- ---- reading ----------------------------------------------------------------

-- By id or identifier.
CREATE OR REPLACE FUNCTION tpa.resource_server_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    api text := api_id_of(p::jsonb->>'id');
BEGIN
    SELECT a.id, resource_server_json(a)
                 || jsonb_build_object('version', a.xmin::text)
    INTO id, body FROM resource_servers a WHERE a.id = api;
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- Filter: identifiers (a list).
CREATE OR REPLACE FUNCTION tpa.resource_server_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    result := 'found';
    body := list_page(p::jsonb, 'resource_servers a',
                      CASE WHEN p::jsonb ? 'identifiers'
                           THEN 'a.identifier = ANY (words($1->''identifiers''))'
                           ELSE 'true' END,
                      'a.id', 'resource_server_json(a)');
END $$;

-- ---- writing ----------------------------------------------------------------

-- Scopes in their order: [{value, description}].
CREATE OR REPLACE FUNCTION tpa_data.scopes_add(p_id text, p_scopes jsonb)
RETURNS void LANGUAGE sql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    INSERT INTO resource_server_scopes
        (resource_server_id, value, description, position)
    SELECT p_id, s.item->>'value', s.item->>'description', s.n
    FROM jsonb_array_elements(coalesce(nullif(p_scopes, 'null'), '[]'))
         WITH ORDINALITY AS s(item, n)
    ORDER BY s.n
    ON CONFLICT DO NOTHING;
$$;

-- These scopes and no others. One that stays is not taken away in between:
-- client grants and roles would lose it.
CREATE OR REPLACE FUNCTION tpa_data.scopes_set(p_id text, p_scopes jsonb)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM resource_server_scopes s
    WHERE s.resource_server_id = p_id AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(p_scopes) AS n
        WHERE n->>'value' = s.value);
    UPDATE resource_server_scopes s
    SET description = n.item->>'description', position = n.at
    FROM jsonb_array_elements(p_scopes) WITH ORDINALITY AS n(item, at)
    WHERE s.resource_server_id = p_id AND s.value = n.item->>'value';
    PERFORM scopes_add(p_id, p_scopes);
END $$;

-- On conflict the id is that of the API which is there.
CREATE OR REPLACE FUNCTION tpa.resource_server_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF row_add('resource_servers', resource_server_row(o)) THEN
        PERFORM scopes_add(o->>'id', o->'scopes');
        result := 'created';
        SELECT a.id, resource_server_json(a) INTO id, body
        FROM resource_servers a WHERE a.id = o->>'id';
        PERFORM record(p_event);
    ELSE
        result := 'conflict';
        SELECT a.id INTO id FROM resource_servers a
        WHERE a.identifier = o->>'identifier';
    END IF;
END $$;

-- {id, version, patch}; the id or the identifier. Members that are there are
-- set; null sets the default; scopes are replaced, properties merged.
CREATE OR REPLACE FUNCTION tpa.resource_server_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    r jsonb := resource_server_row(o->'patch')
               - '{id,identifier,is_system}'::text[];
    api text := api_id_of(o->>'id');
    was record;
BEGIN
    SELECT a.xmin::text AS version, a.properties INTO was
    FROM resource_servers a WHERE a.id = api FOR NO KEY UPDATE;
    result := CASE WHEN NOT FOUND THEN 'not_found'
                   WHEN was.version <> o->>'version' THEN 'changed'
                   ELSE 'updated' END;
    IF result <> 'updated' THEN
        RETURN;
    END IF;
    IF r ? 'properties' THEN
        SELECT r || jsonb_build_object('properties',
                        coalesce(jsonb_object_agg(m.key, m.value), '{}'))
        INTO r FROM jsonb_each(was.properties || (r->'properties')) AS m
        WHERE m.value <> 'null';
    END IF;
    PERFORM row_change('resource_servers', 'id', api, r);
    IF jsonb_typeof(o#>'{patch,scopes}') = 'array' THEN
        PERFORM scopes_set(api, o#>'{patch,scopes}');
    END IF;
    SELECT a.id, resource_server_json(a) INTO id, body
    FROM resource_servers a WHERE a.id = api;
    PERFORM record(p_event);
END $$;

-- By id or identifier. Its client grants go with it. What is built in stays.
CREATE OR REPLACE FUNCTION tpa.resource_server_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    api text := api_id_of(coalesce(p::jsonb->>'id', p::jsonb->>'identifier'));
BEGIN
    DELETE FROM resource_servers a WHERE a.id = api AND NOT a.is_system
    RETURNING a.id INTO id;
    result := CASE WHEN FOUND THEN 'deleted'
                   WHEN api IS NULL THEN 'not_found' ELSE 'is_system' END;
    IF result = 'deleted' THEN
        PERFORM record(p_event);
    END IF;
END $$;
