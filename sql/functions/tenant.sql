-- The tenant: made once, all of it or nothing.

-- {issuer, name, keys: [{kid, state, sealed, public_jwk, cert_pem}],
--  management_api: {id, identifier, name, scopes: [{value, description}]},
--  admin: {client_id, name, secret_hash, grant_id, ...}}
-- Of two callers at once one makes it. The id is the issuer that is there.
CREATE OR REPLACE FUNCTION tpa.tenant_init(p text, OUT result text, OUT id text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    api jsonb := o->'management_api';
    admin jsonb := o->'admin';
    made text[];
BEGIN
    LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE;
    SELECT t.issuer INTO id FROM tenant t;
    IF FOUND THEN
        result := 'unchanged';
        RETURN;
    END IF;
    INSERT INTO tenant (issuer, name) VALUES (o->>'issuer', o->>'name');
    INSERT INTO signing_keys
        (kid, state, sealed, public_jwk, cert_pem, current_since)
    SELECT k->>'kid', k->>'state', k->>'sealed', (k->>'public_jwk')::jsonb,
           k->>'cert_pem', CASE k->>'state' WHEN 'current' THEN now() END
    FROM jsonb_array_elements(o->'keys') AS k;
    made := ARRAY[
        (SELECT x.result FROM tpa.resource_server_create((api || '{
             "is_system": true,
             "subject_type_authorization": {"user": {"policy": "deny_all"}}
         }')::text) AS x),
        (SELECT x.result FROM tpa.client_create((admin - 'grant_id' || '{
             "app_type": "non_interactive",
             "grant_types": ["client_credentials"]}')::text) AS x),
        (SELECT x.result FROM tpa.client_grant_create(jsonb_build_object(
             'id', admin->'grant_id', 'client_id', admin->'client_id',
             'audience', api->'identifier', 'allow_all_scopes', true,
             'is_system', true)::text) AS x)];
    IF made <> '{created,created,created}' THEN
        RAISE 'rows of a tenant without a tenant: %', made;
    END IF;
    result := 'created';
    id := o->>'issuer';
END $$;

-- Settings as the Management API shows them: spec of the members in
-- src/mgmt/tenant.c. What begins with @ is for the server alone.
CREATE OR REPLACE FUNCTION tpa_data.tenant_json(t tpa_data.tenant)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(t.properties || jsonb_build_object(
        'friendly_name', t.name,
        'default_audience', coalesce(t.default_audience, ''),
        'default_directory', coalesce(t.default_directory, ''),
        'error_page', CASE WHEN num_nonnulls(t.error_page_html,
                                             t.error_page_url) > 0
            THEN jsonb_build_object(
                'html', t.error_page_html, 'url', t.error_page_url,
                'show_log_link', t.error_page_show_log_link) END,
        'session_lifetime', t.session_lifetime,
        'idle_session_lifetime', t.idle_session_lifetime,
        'flags', jsonb_build_object(
            'enable_dynamic_client_registration',
                t.flag_enable_dynamic_client_registration,
            'use_scope_descriptions_for_consent',
                t.flag_use_scope_descriptions_for_consent,
            'revoke_refresh_token_grant', t.flag_revoke_refresh_token_grant,
            'remove_alg_from_jwks', t.flag_remove_alg_from_jwks),
        'allow_organization_name_in_authentication_api',
            t.allow_organization_name_in_authentication_api,
        'authorization_response_iss_parameter_supported',
            t.authorization_response_iss_parameter_supported,
        'resource_parameter_profile', t.resource_parameter_profile,
        'client_id_metadata_document_supported',
            t.client_id_metadata_document_supported,
        'dynamic_client_registration_security_mode',
            t.dynamic_client_registration_security_mode,
        'default_token_quota', CASE
            WHEN num_nonnulls(t.clients_quota_enforce, t.clients_quota_per_day,
                              t.clients_quota_per_hour,
                              t.organizations_quota_enforce,
                              t.organizations_quota_per_day,
                              t.organizations_quota_per_hour) > 0
            THEN jsonb_build_object(
                'clients', quota_json(t.clients_quota_enforce,
                    t.clients_quota_per_day, t.clients_quota_per_hour),
                'organizations', quota_json(t.organizations_quota_enforce,
                    t.organizations_quota_per_day,
                    t.organizations_quota_per_hour)) END,
        'skip_non_verifiable_callback_uri_confirmation_prompt',
            t.skip_non_verifiable_callback_uri_confirmation_prompt,
        '@permissive_mode_available', t.permissive_mode_available));
$$;

-- What strangers may do here, and which types of authorization details APIs know,
-- the first two hundred, as every node looks at every few seconds.
CREATE OR REPLACE FUNCTION tpa.open_doors(
    OUT registration text, OUT documents text, OUT details text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT t.flag_enable_dynamic_client_registration::text,
           t.client_id_metadata_document_supported::text,
           (SELECT json_agg(d.type)::text FROM (
               SELECT DISTINCT type COLLATE "C" AS type
               FROM resource_servers a, unnest(a.authorization_details) AS type
               WHERE a.authorization_details IS NOT NULL
               ORDER BY type LIMIT 200) d)
    FROM tenant t;
$$;

CREATE OR REPLACE FUNCTION tpa.tenant_settings_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT t.issuer, (tenant_json(t)
                      || jsonb_build_object('version', t.xmin::text))::text
    INTO id, body FROM tenant t;
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {version, patch}; or the members alone, whatever is there. Members that are
-- there are set; null sets the default.
CREATE OR REPLACE FUNCTION tpa.tenant_settings_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    patch jsonb := coalesce(o->'patch', o) - 'issuer';
    version text;
    kept constant text[] := '{picture_url,support_email,support_url,
                              enabled_locales}';
    props jsonb;
    r jsonb;
BEGIN
    SELECT t.issuer, t.properties, t.xmin::text INTO id, props, version
    FROM tenant t FOR UPDATE;
    result := CASE WHEN NOT FOUND THEN 'not_found'
                   WHEN version <> o->>'version' THEN 'changed'
                   ELSE 'updated' END;
    IF result <> 'updated' THEN
        RETURN;
    END IF;
    SELECT jsonb_strip_nulls(props || coalesce(jsonb_object_agg(m.key, m.value),
                                               '{}'))
    INTO props FROM jsonb_each(patch) AS m WHERE m.key = ANY (kept);
    r := flat(patch - kept, '{
        "friendly_name": "name",
        "flags.enable_dynamic_client_registration":
            "flag_enable_dynamic_client_registration",
        "flags.use_scope_descriptions_for_consent":
            "flag_use_scope_descriptions_for_consent",
        "flags.revoke_refresh_token_grant": "flag_revoke_refresh_token_grant",
        "flags.remove_alg_from_jwks": "flag_remove_alg_from_jwks",
        "error_page.html": "error_page_html",
        "error_page.url": "error_page_url",
        "error_page.show_log_link": "error_page_show_log_link",
        "default_token_quota.clients.client_credentials.enforce":
            "clients_quota_enforce",
        "default_token_quota.clients.client_credentials.per_day":
            "clients_quota_per_day",
        "default_token_quota.clients.client_credentials.per_hour":
            "clients_quota_per_hour",
        "default_token_quota.organizations.client_credentials.enforce":
            "organizations_quota_enforce",
        "default_token_quota.organizations.client_credentials.per_day":
            "organizations_quota_per_day",
        "default_token_quota.organizations.client_credentials.per_hour":
            "organizations_quota_per_hour"
    }') || jsonb_build_object('properties', props);
    -- An empty text is how these two are taken back.
    IF r->>'default_audience' = '' THEN
        r := r || '{"default_audience": null}';
    END IF;
    IF r->>'default_directory' = '' THEN
        r := r || '{"default_directory": null}';
    END IF;
    PERFORM row_change('tenant', 'one', r || '{"one": true}');
    PERFORM event_write(p_event);
    SELECT tenant_json(t)::text INTO body FROM tenant t;
END $$;
