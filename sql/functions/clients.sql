-- Applications, and their public keys.

-- Members to columns. A quota is one whole: what is not said of it is taken
-- back.
CREATE OR REPLACE FUNCTION tpa_data.client_row(p_object jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT flat(p_object - '{client_authentication_methods}'::text[]
        || CASE WHEN jsonb_typeof(p_object->'token_quota') = 'object' THEN
               jsonb_build_object('token_quota', jsonb_build_object(
                   'client_credentials',
                   '{"enforce": null, "per_day": null, "per_hour": null}'
                   || (p_object #> '{token_quota,client_credentials}')))
               ELSE '{}' END, '{
        "jwt_configuration.lifetime_in_seconds": "jwt_lifetime_in_seconds",
        "jwt_configuration.alg": "jwt_alg",
        "refresh_token.rotation_type": "refresh_rotation_type",
        "refresh_token.expiration_type": "refresh_expiration_type",
        "refresh_token.leeway": "refresh_leeway",
        "refresh_token.token_lifetime": "refresh_token_lifetime",
        "refresh_token.infinite_token_lifetime":
            "refresh_infinite_token_lifetime",
        "refresh_token.idle_token_lifetime": "refresh_idle_token_lifetime",
        "refresh_token.infinite_idle_token_lifetime":
            "refresh_infinite_idle_token_lifetime",
        "refresh_token.policies": "refresh_policies",
        "default_organization.organization_id": "default_organization_id",
        "default_organization.flows": "default_organization_flows",
        "token_quota.client_credentials.enforce": "quota_enforce",
        "token_quota.client_credentials.per_day": "quota_per_day",
        "token_quota.client_credentials.per_hour": "quota_per_hour",
        "identity_assertion_authorization_grant.active":
            "identity_assertion_active"
    }');
$$;

-- ---- as answers show it -----------------------------------------------------

-- What every application of a tenant shows of the tenant.
CREATE OR REPLACE FUNCTION tpa_data.signing_certs()
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('cert', k.cert_pem)), '[]')
    FROM signing_keys k WHERE k.state = 'current';
$$;

CREATE OR REPLACE FUNCTION tpa_data.credentials_in_use(p_client_id text)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_build_object('private_key_jwt', jsonb_build_object(
        'credentials', coalesce(jsonb_agg(jsonb_build_object('id', k.id)
                                          ORDER BY k.slot), '[]')))
    FROM client_credentials k WHERE k.client_id = p_client_id AND k.in_use;
$$;

-- Absent members are null, and null members are left out.
CREATE OR REPLACE FUNCTION tpa_data.client_json(
    c tpa_data.clients, p_certs jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN '{"sso_disabled": false, "cross_origin_authentication": false,
             "custom_login_page_on": true,
             "is_token_endpoint_ip_header_trusted": false}'::jsonb
        || c.properties || jsonb_strip_nulls(jsonb_build_object(
        'client_id', c.client_id, 'name', c.name,
        'description', c.description, 'logo_uri', c.logo_uri,
        'is_first_party', c.is_first_party,
        'third_party_security_mode', c.third_party_security_mode,
        'registered_via', nullif(c.registered_via, 'manual'),
        'app_type', c.app_type, 'grant_types', c.grant_types,
        'token_endpoint_auth_method',
            nullif(c.token_endpoint_auth_method, 'private_key_jwt'),
        'client_authentication_methods',
            CASE WHEN c.token_endpoint_auth_method = 'private_key_jwt'
                 THEN credentials_in_use(c.client_id) END,
        'callbacks', c.callbacks, 'allowed_origins', c.allowed_origins,
        'web_origins', c.web_origins, 'client_metadata', c.client_metadata,
        'jwt_configuration', jsonb_build_object(
            'lifetime_in_seconds', c.jwt_lifetime_in_seconds,
            'alg', c.jwt_alg, 'secret_encoded', false),
        'refresh_token', jsonb_build_object(
            'rotation_type', c.refresh_rotation_type,
            'expiration_type', c.refresh_expiration_type,
            'leeway', c.refresh_leeway,
            'token_lifetime', c.refresh_token_lifetime,
            'infinite_token_lifetime', c.refresh_infinite_token_lifetime,
            'idle_token_lifetime', c.refresh_idle_token_lifetime,
            'infinite_idle_token_lifetime',
                c.refresh_infinite_idle_token_lifetime,
            'policies', c.refresh_policies),
        'require_proof_of_possession', c.require_proof_of_possession,
        'redirection_policy', CASE WHEN NOT c.is_first_party
                                   THEN c.redirection_policy END
        ) || jsonb_build_object(
        'organization_usage', c.organization_usage,
        'organization_require_behavior', c.organization_require_behavior,
        'organization_discovery_methods', c.organization_discovery_methods,
        'default_organization', CASE WHEN c.default_organization_id IS NOT NULL
            THEN jsonb_build_object(
                'organization_id', c.default_organization_id,
                'flows', c.default_organization_flows) END,
        'oidc_conformant', c.oidc_conformant,
        'token_quota', quota_json(c.quota_enforce, c.quota_per_day,
                                  c.quota_per_hour),
        'skip_non_verifiable_callback_uri_confirmation_prompt',
            c.skip_non_verifiable_callback_uri_confirmation_prompt,
        'identity_assertion_authorization_grant',
            CASE WHEN c.identity_assertion_active IS NOT NULL
                 THEN jsonb_build_object('active', c.identity_assertion_active)
            END,
        'jwks_uri', c.jwks_uri, 'external_client_id', c.external_client_id,
        'signing_keys', p_certs));
END $$;

-- Of a public key the key itself is never shown.
CREATE OR REPLACE FUNCTION tpa_data.credential_json(
    k tpa_data.client_credentials)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', k.id, 'credential_type', k.credential_type, 'name', k.name,
        'kid', k.kid, 'alg', k.alg, 'expires_at', iso(k.expires_at),
        'created_at', iso(k.created_at), 'updated_at', iso(k.updated_at)));
$$;

-- ---- reading ----------------------------------------------------------------

CREATE OR REPLACE FUNCTION tpa.client_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'client_id';
    SELECT client_json(c, signing_certs())
           || jsonb_build_object('version', c.xmin::text)
    INTO body FROM clients c WHERE c.client_id = p::jsonb->>'client_id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- Filters: is_global (none is), is_first_party, app_type (a list),
-- external_client_id, organization_id and any_organization of its grants.
CREATE OR REPLACE FUNCTION tpa.client_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wheres text := 'true';
BEGIN
    IF o->'is_global' = 'true' THEN
        wheres := 'false';
    END IF;
    IF o ? 'is_first_party' THEN
        wheres := wheres || CASE WHEN o->'is_first_party' = 'true'
            THEN ' AND c.is_first_party' ELSE ' AND NOT c.is_first_party' END;
    END IF;
    IF o ? 'app_type' THEN
        wheres := wheres || ' AND c.app_type = ANY (words($1->''app_type''))';
    END IF;
    IF o ? 'external_client_id' THEN
        wheres := wheres
            || ' AND c.external_client_id = $1->>''external_client_id''';
    END IF;
    IF o ? 'organization_id' THEN
        wheres := wheres || ' AND c.client_id IN (
            SELECT g.client_id FROM organization_client_grants x
            JOIN client_grants g ON g.id = x.grant_id
            WHERE x.organization_id = $1->>''organization_id'')';
    END IF;
    IF o->'any_organization' = 'true' THEN
        wheres := wheres || ' AND EXISTS (
            SELECT FROM client_grants g WHERE g.client_id = c.client_id
            AND g.allow_any_organization)';
    END IF;
    result := 'found';
    body := list_page(o, 'clients c', wheres, 'c.client_id',
                      'client_json(c, $2)', signing_certs());
END $$;

-- Connections an application may log users in with; filter: strategy (a list).
CREATE OR REPLACE FUNCTION tpa.client_connections_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    PERFORM FROM clients c WHERE c.client_id = o->>'client_id';
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(o, 'connections c', 'c.id IN (
            SELECT x.connection_id FROM client_connections x
            WHERE x.client_id = $1->>''client_id'')'
        || CASE WHEN o ? 'strategy'
                THEN ' AND c.strategy = ANY (words($1->''strategy''))'
                ELSE '' END, 'c.id', 'connection_json(c)');
END $$;

-- ---- public keys --------------------------------------------------------------

CREATE OR REPLACE FUNCTION tpa.client_credential_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'credential_id';
    SELECT credential_json(k) || jsonb_build_object('version', k.xmin::text)
    INTO body FROM client_credentials k
    WHERE k.id = p::jsonb->>'credential_id'
      AND k.client_id = p::jsonb->>'client_id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

CREATE OR REPLACE FUNCTION tpa.client_credential_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM clients c WHERE c.client_id = p::jsonb->>'client_id';
    IF NOT FOUND THEN
        result := 'no_client';
        RETURN;
    END IF;
    result := 'found';
    SELECT jsonb_build_object('items', coalesce(
               jsonb_agg(credential_json(k) ORDER BY k.slot), '[]'))
    INTO body FROM client_credentials k
    WHERE k.client_id = p::jsonb->>'client_id';
END $$;

-- A public key in a free one of the two slots of an application.
CREATE OR REPLACE FUNCTION tpa.client_credential_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    free smallint;
BEGIN
    id := o->>'id';
    PERFORM FROM clients c
    WHERE c.client_id = o->>'client_id' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        result := 'no_client';
        RETURN;
    END IF;
    SELECT min(s.slot) INTO free FROM unnest('{1,2}'::smallint[]) AS s(slot)
    WHERE NOT EXISTS (SELECT FROM client_credentials k
                      WHERE k.client_id = o->>'client_id'
                        AND k.slot = s.slot);
    result := CASE
        WHEN free IS NULL THEN 'limit'
        WHEN row_add('client_credentials',
                     o || jsonb_build_object('slot', free)) THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        SELECT credential_json(k) INTO body FROM client_credentials k
        WHERE k.id = o->>'id';
        PERFORM record(p_event);
    END IF;
END $$;

-- {client_id, credential_id, version, patch: {expires_at}}.
CREATE OR REPLACE FUNCTION tpa.client_credential_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'credential_id';
    UPDATE client_credentials k
    SET updated_at = now(), expires_at = CASE
            WHEN o->'patch' ? 'expires_at'
            THEN (o#>>'{patch,expires_at}')::timestamptz
            ELSE k.expires_at END
    WHERE k.id = o->>'credential_id' AND k.client_id = o->>'client_id'
      AND k.xmin::text = o->>'version'
    RETURNING credential_json(k) INTO body;
    result := CASE WHEN FOUND THEN 'updated' ELSE 'changed' END;
    IF result = 'updated' THEN
        PERFORM record(p_event);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION tpa.client_credential_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'credential_id';
    DELETE FROM client_credentials k
    WHERE k.id = p::jsonb->>'credential_id'
      AND k.client_id = p::jsonb->>'client_id';
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF result = 'deleted' THEN
        PERFORM record(p_event);
    END IF;
END $$;

-- ---- writing ----------------------------------------------------------------

-- Is the default Organization, if there is one, a real one? It stays: the
-- lock lasts as long as the transaction.
CREATE OR REPLACE FUNCTION tpa_data.default_organization_exists(p_row jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF p_row->>'default_organization_id' IS NULL THEN
        RETURN true;
    END IF;
    PERFORM FROM organizations o
    WHERE o.id = p_row->>'default_organization_id' FOR KEY SHARE;
    RETURN FOUND;
END $$;

-- Members as spec.md 1.2 names them, with client_id, secret_hash,
-- registered_via, and properties for what is kept only;
-- client_authentication_methods holds whole credentials.
-- if_permissive_available: not unless the tenant has permissive mode.
CREATE OR REPLACE FUNCTION tpa.client_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb - 'if_permissive_available';
    r jsonb := client_row(o);
    keys jsonb := o #> '{client_authentication_methods,private_key_jwt,'
                       'credentials}';
    key jsonb;
BEGIN
    id := o->>'client_id';
    IF p::jsonb->'if_permissive_available' = 'true' AND NOT EXISTS (
        SELECT FROM tenant t WHERE t.permissive_mode_available) THEN
        result := 'no_permissive_mode';
        RETURN;
    END IF;
    IF NOT default_organization_exists(r) THEN
        result := 'no_organization';
        RETURN;
    END IF;
    IF keys IS NOT NULL THEN
        r := r || '{"token_endpoint_auth_method": "private_key_jwt"}';
    END IF;
    IF r->'is_first_party' = 'false' THEN
        r := '{"third_party_security_mode": "strict"}' || r;
    END IF;
    IF r->>'third_party_security_mode' IS DISTINCT FROM 'strict' THEN
        r := '{"redirection_policy": "allow_always"}' || r;
    END IF;
    BEGIN
        result := 'conflict';
        IF row_add('clients', r) THEN
            FOR key IN SELECT * FROM jsonb_array_elements(keys) LOOP
                SELECT c.result INTO result
                FROM tpa.client_credential_create(
                    (key || jsonb_build_object('client_id', id))::text) AS c;
                IF result <> 'created' THEN
                    RAISE unique_violation;
                END IF;
            END LOOP;
            result := 'created';
            SELECT client_json(c, signing_certs()) INTO body
            FROM clients c WHERE c.client_id = o->>'client_id';
            PERFORM record(p_event);
        END IF;
    EXCEPTION WHEN unique_violation THEN
        NULL;   -- nothing was made; the result says why
    END;
END $$;

-- Name the credentials that are in use from now on. False: one of them is not
-- there.
CREATE OR REPLACE FUNCTION tpa_data.credentials_use(
    p_client_id text, p_named jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(p_named) AS n
               WHERE NOT EXISTS (SELECT FROM client_credentials k
                                 WHERE k.id = n->>'id'
                                   AND k.client_id = p_client_id)) THEN
        RETURN false;
    END IF;
    UPDATE client_credentials k
    SET in_use = p_named @> jsonb_build_array(jsonb_build_object('id', k.id))
    WHERE k.client_id = p_client_id;
    RETURN true;
END $$;

-- {client_id, version, patch}, or the members themselves and no version.
-- Members that are there are set; null sets the default; properties are
-- merged. What an application is from its birth on is left alone. Credentials
-- are only named, by their id.
CREATE OR REPLACE FUNCTION tpa.client_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    patch jsonb := coalesce(o->'patch', o - 'client_id');
    r jsonb := client_row(patch) - '{client_id,is_first_party,registered_via,
                                     third_party_security_mode}'::text[];
    methods jsonb := patch->'client_authentication_methods';
    was record;
BEGIN
    id := o->>'client_id';
    SELECT c.xmin::text AS version, c.properties INTO was FROM clients c
    WHERE c.client_id = o->>'client_id' FOR NO KEY UPDATE;
    result := CASE
        WHEN NOT FOUND THEN 'not_found'
        WHEN was.version <> o->>'version' THEN 'changed'
        WHEN NOT default_organization_exists(r) THEN 'no_organization'
        WHEN methods IS NOT NULL AND NOT credentials_use(id,
                 coalesce(methods #> '{private_key_jwt,credentials}', '[]'))
            THEN 'no_credential'
        ELSE 'updated' END;
    IF result <> 'updated' THEN
        RETURN;
    END IF;
    IF methods <> 'null' THEN
        r := r || '{"token_endpoint_auth_method": "private_key_jwt"}';
    END IF;
    IF r ? 'properties' THEN
        r := r || jsonb_build_object(
            'properties', was.properties || (r->'properties'));
    END IF;
    -- Whoever changes an application that nobody registered takes it over.
    r := r || '{"document_expires_at": null}';
    PERFORM row_change('clients', 'client_id', id, r);
    SELECT client_json(c, signing_certs()) INTO body FROM clients c
    WHERE c.client_id = o->>'client_id';
    PERFORM record(p_event);
END $$;

CREATE OR REPLACE FUNCTION tpa.client_secret_rotate(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'client_id';
    UPDATE clients c
    SET secret_hash = p::jsonb->>'secret_hash', updated_at = now()
    WHERE c.client_id = p::jsonb->>'client_id' AND c.registered_via <> 'cimd'
    RETURNING client_json(c, signing_certs()) INTO body;
    result := CASE
        WHEN FOUND THEN 'updated'
        WHEN EXISTS (SELECT FROM clients c
                     WHERE c.client_id = p::jsonb->>'client_id')
            THEN 'no_secret'
        ELSE 'not_found' END;
    IF result = 'updated' THEN
        PERFORM record(p_event);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION tpa.client_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'client_id';
    DELETE FROM clients c WHERE c.client_id = p::jsonb->>'client_id';
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF result = 'deleted' THEN
        PERFORM record(p_event);
    END IF;
END $$;
