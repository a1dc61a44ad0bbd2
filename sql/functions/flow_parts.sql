-- Parts of the facts of the user flow (flow_facts.sql): members of one JSON
-- object. Short statements on unique indexes, as in facts.sql.

-- The members of a row's JSON object, without its braces. This and the next
-- are made part of the statement that calls them, so they set no path.
CREATE OR REPLACE FUNCTION tpa_data.members(p_row json)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(substr(p_row::text, 2), -1);
$$;

CREATE OR REPLACE FUNCTION tpa_data.microseconds(p_time timestamptz)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (extract(epoch FROM p_time) * 1000000)::bigint;
$$;

-- The id of an application that the protocol calls by the address of its
-- document. One that nobody registered is there only while the tenant reads
-- documents.
CREATE OR REPLACE FUNCTION tpa_data.document_client(p_url text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT c.client_id FROM clients c
            WHERE c.external_client_id = p_url
              AND (c.document_expires_at IS NULL OR EXISTS (
                  SELECT FROM tenant t
                  WHERE t.client_id_metadata_document_supported)));
END $$;

-- The tenant and an application; its authentication data where p_secrets.
CREATE OR REPLACE FUNCTION tpa_data.flow_client(
    p_client_id text, p_secrets boolean,
    OUT members text, OUT default_audience text, OUT reads_resource boolean,
    OUT is_public boolean, OUT document_hash text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    t record;
    c record;
BEGIN
    SELECT x.default_audience AS tenant_default_audience,
           x.allow_organization_name_in_authentication_api
               AS tenant_org_names,
           x.resource_parameter_profile = 'compatibility'
               AS tenant_resource_compat,
           x.third_party_client_credentials AS tenant_third_party_m2m,
           x.name AS tenant_name, x.error_page_url AS tenant_error_page_url,
           x.default_directory AS tenant_default_directory,
           (x.session_lifetime * 3600)::integer AS tenant_session,
           (x.idle_session_lifetime * 3600)::integer AS tenant_idle_session,
           x.flag_use_scope_descriptions_for_consent
               AS tenant_scope_descriptions,
           coalesce(x.skip_non_verifiable_callback_uri_confirmation_prompt,
                    false) AS tenant_skips_confirmation,
           x.client_id_metadata_document_supported AS tenant_reads_documents,
           x.flag_revoke_refresh_token_grant AS tenant_revoke_takes_consent
    INTO t FROM tenant x;
    default_audience := t.tenant_default_audience;
    reads_resource := t.tenant_resource_compat;

    SELECT x.client_id, x.external_client_id AS client_external_id,
           microseconds(x.document_expires_at) AS client_document_expires_at,
           x.document_hash AS client_document_hash, x.name AS client_name,
           x.token_endpoint_auth_method AS client_auth_method,
           CASE WHEN p_secrets THEN x.secret_hash END AS client_secret_hash,
           x.grant_types AS client_grant_types,
           x.is_first_party AS client_first_party,
           x.third_party_security_mode IS NOT DISTINCT FROM 'strict'
               AS client_strict,
           x.require_proof_of_possession AS client_requires_pop,
           x.registered_via AS client_via, x.callbacks AS client_callbacks,
           x.web_origins AS client_web_origins,
           x.allowed_origins AS client_allowed_origins,
           x.app_type AS client_app_type, x.logo_uri AS client_logo_uri,
           microseconds(x.created_at) AS client_created_at,
           x.redirection_policy = 'allow_always' AS client_redirects_errors,
           x.organization_usage AS client_org_usage,
           x.organization_require_behavior AS client_org_prompt,
           x.organization_discovery_methods AS client_org_discovery,
           coalesce(x.skip_non_verifiable_callback_uri_confirmation_prompt,
                    false) AS client_skips_confirmation,
           x.jwt_lifetime_in_seconds AS client_token_lifetime,
           x.refresh_rotation_type = 'rotating' AS client_refresh_rotates,
           x.refresh_leeway AS client_refresh_leeway,
           CASE WHEN x.refresh_expiration_type = 'expiring'
                 AND NOT x.refresh_infinite_token_lifetime
                THEN x.refresh_token_lifetime ELSE 0 END
               AS client_refresh_lifetime,
           CASE WHEN x.refresh_expiration_type = 'expiring'
                 AND NOT x.refresh_infinite_idle_token_lifetime
                THEN x.refresh_idle_token_lifetime ELSE 0 END
               AS client_refresh_idle
    INTO c FROM clients x WHERE x.client_id = p_client_id;
    is_public := c.client_auth_method = 'none';
    document_hash := c.client_document_hash;
    members := concat_ws(',', members(row_to_json(t)), members(row_to_json(c)));

    IF p_secrets AND c.client_auth_method = 'private_key_jwt'
       AND c.client_via = 'cimd' THEN
        SELECT concat_ws(',', members, '"client_credentials":'
                   || to_json(x.jwks::text))
        INTO members FROM clients x WHERE x.client_id = p_client_id;
    ELSIF p_secrets AND c.client_auth_method = 'private_key_jwt' THEN
        SELECT concat_ws(',', members, '"client_credentials":'
                   || to_json(json_agg(json_build_object(
                       'id', k.id, 'kid', k.kid, 'alg', k.alg, 'pem', k.pem,
                       'expires_at', extract(epoch FROM k.expires_at)::bigint)
                       ORDER BY k.slot)::text))
        INTO members FROM client_credentials k
        WHERE k.client_id = p_client_id AND k.in_use
          AND (k.expires_at IS NULL OR k.expires_at > now());
    END IF;
END $$;

-- An API and the grants of an application for it. By its id, or by identifier.
CREATE OR REPLACE FUNCTION tpa_data.flow_api(
    p_client_id text, p_is_public boolean, p_api_id text, p_identifier text,
    OUT members text, OUT api_id text, OUT enforces boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    a record;
    g record;
BEGIN
    IF p_api_id IS NULL THEN
        SELECT x.id INTO p_api_id FROM resource_servers x
        WHERE x.identifier = p_identifier;
    END IF;
    SELECT x.id AS api_id, x.identifier AS api_audience,
           string_to_array(x.scope_list, ' ') AS api_scopes,
           x.is_system AS api_system,
           x.token_lifetime AS api_token_lifetime,
           x.token_dialect AS api_dialect, x.name AS api_name,
           x.user_policy AS api_user_policy,
           x.allow_offline_access AS api_allows_offline,
           x.enforce_policies AS api_enforces_policies,
           x.skip_consent_for_verifiable_first_party_clients
               AS api_skips_consent,
           coalesce(x.pop_mechanism = 'dpop', false) AS api_takes_dpop,
           coalesce(x.pop_required AND (x.pop_required_for = 'all_clients'
                                        OR p_is_public), false)
               AS api_user_needs_pop
    INTO a FROM resource_servers x WHERE x.id = p_api_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    api_id := a.api_id;
    enforces := a.api_enforces_policies;
    members := members(row_to_json(a));

    SELECT x.id AS own_grant_id, x.scope AS own_grant_scopes,
           x.allow_all_scopes AS own_grant_all_scopes,
           x.organization_usage AS own_grant_org_usage,
           x.allow_any_organization AS own_grant_any_org
    INTO g FROM client_grants x
    WHERE x.client_id = p_client_id AND x.resource_server_id = p_api_id
      AND x.subject_type = 'user';
    IF FOUND THEN
        members := concat_ws(',', members, members(row_to_json(g)));
    END IF;
    SELECT x.id AS default_grant_id, x.scope AS default_grant_scopes,
           x.allow_all_scopes AS default_grant_all_scopes,
           x.organization_usage AS default_grant_org_usage,
           x.allow_any_organization AS default_grant_any_org
    INTO g FROM client_grants x
    WHERE x.default_for = 'third_party_clients'
      AND x.resource_server_id = p_api_id AND x.subject_type = 'user';
    IF FOUND THEN
        members := concat_ws(',', members, members(row_to_json(g)));
    END IF;
END $$;

-- The types of authorization details that an API knows, and that the client
-- grants allow. Asked only where there are details.
CREATE OR REPLACE FUNCTION tpa_data.flow_details(
    p_client_id text, p_api_id text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN members(json_build_object(
        'api_details_types', (
            SELECT x.authorization_details FROM resource_servers x
            WHERE x.id = p_api_id),
        'own_grant_details_types', (
            SELECT x.authorization_details_types FROM client_grants x
            WHERE x.client_id = p_client_id
              AND x.resource_server_id = p_api_id
              AND x.subject_type = 'user'),
        'default_grant_details_types', (
            SELECT x.authorization_details_types FROM client_grants x
            WHERE x.default_for = 'third_party_clients'
              AND x.resource_server_id = p_api_id
              AND x.subject_type = 'user')));
END $$;

-- An Organization as it stands to an application, a user, and the connection
-- the user came by.
CREATE OR REPLACE FUNCTION tpa_data.flow_org(
    p_org_id text, p_by_name boolean, p_client_id text, p_user_id text,
    p_connection_id text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    g record;
    stands record;
BEGIN
    SELECT x.id AS org_id, x.name AS org_name,
           x.display_name AS org_display_name,
           x.branding_logo_url AS org_logo_url,
           x.branding_primary AS org_primary_color,
           x.branding_page_background AS org_page_background,
           p_by_name AS org_by_name,
           x.third_party_client_access = 'allow' AS org_admits_third_party,
           x.is_app_entitlement_active AS org_lists_clients
    INTO g FROM organizations x WHERE x.id = p_org_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT e.client_id IS NOT NULL AS org_listed,
           coalesce(e.use_for_member_access, false) AS org_listed_for_members,
           m.user_id IS NOT NULL AS org_member,
           c.connection_id IS NOT NULL AS org_uses_connection,
           coalesce(c.assign_membership_on_login, false) AS org_joins
    INTO stands FROM (VALUES (1)) AS one
    LEFT JOIN organization_clients e
        ON e.organization_id = p_org_id AND e.client_id = p_client_id
    LEFT JOIN organization_members m
        ON m.organization_id = p_org_id AND m.user_id = p_user_id
    LEFT JOIN organization_connections c
        ON c.organization_id = p_org_id
       AND c.connection_id = p_connection_id AND c.is_enabled;
    RETURN concat_ws(',', members(row_to_json(g)),
                     members(row_to_json(stands)));
END $$;

-- A user, what the user granted to the application there, and, where p_enforces,
-- what the user may do with the API: in an Organization only by roles given
-- there. With p_document_hash, consent to another document is none.
CREATE OR REPLACE FUNCTION tpa_data.flow_user(
    p_user_id text, p_connection_id text, p_authenticated_at timestamptz,
    p_client_id text, p_api_id text, p_org_id text, p_enforces boolean,
    p_document_hash text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    u record;
    g record;
    permissions text[];
BEGIN
    SELECT x.user_id, coalesce(x.name, x.nickname, x.username, x.email)
               AS user_name,
           x.email AS user_email, x.picture AS user_picture,
           x.blocked AS user_blocked,
           p_connection_id AS user_connection_id,
           microseconds(p_authenticated_at) AS user_authenticated_at
    INTO u FROM users x WHERE x.user_id = p_user_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- IS NOT DISTINCT FROM would not use the index.
    IF p_org_id IS NULL THEN
        SELECT x.id, x.scope INTO g FROM user_grants x
        WHERE x.user_id = p_user_id AND x.client_id = p_client_id
          AND x.resource_server_id = p_api_id AND x.organization_id IS NULL
          AND (p_document_hash IS NULL OR x.document_hash = p_document_hash);
    ELSE
        SELECT x.id, x.scope INTO g FROM user_grants x
        WHERE x.user_id = p_user_id AND x.client_id = p_client_id
          AND x.resource_server_id = p_api_id AND x.organization_id = p_org_id
          AND (p_document_hash IS NULL OR x.document_hash = p_document_hash);
    END IF;
    IF p_enforces AND p_org_id IS NULL THEN
        permissions := ARRAY(
            SELECT DISTINCT r.permission::text FROM user_roles x
            JOIN role_permissions r ON r.role_id = x.role_id
            WHERE x.user_id = p_user_id AND r.resource_server_id = p_api_id
            ORDER BY 1);
    ELSIF p_enforces THEN
        permissions := ARRAY(
            SELECT DISTINCT r.permission::text FROM organization_member_roles x
            JOIN role_permissions r ON r.role_id = x.role_id
            WHERE x.organization_id = p_org_id AND x.user_id = p_user_id
              AND r.resource_server_id = p_api_id
            ORDER BY 1);
    END IF;
    RETURN concat_ws(',', members(row_to_json(u)), members(json_build_object(
        'user_permissions', permissions, 'user_consent_id', g.id,
        'user_consented', g.scope)));
END $$;
