-- Facts of the user flow: everything one decision looks at, in one JSON object
-- whose members are those of core/flow_facts.c. What does not exist is null or
-- absent. What the three points have in common is in flow_parts.sql.

-- ---- lists ------------------------------------------------------------------

-- Connections at the authorization endpoint: the one the user came by, those of
-- the Organization, the application's, domain-level ones, the tenant's default.
CREATE OR REPLACE FUNCTION tpa_data.flow_connections(
    p_client_id text, p_org_id text, p_connection_id text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT json_agg(s) FROM (
        SELECT c.id, c.name, c.strategy, c.display_name,
               c.is_domain_connection AS domain_level,
               x.client_id IS NOT NULL AS for_client,
               o.connection_id IS NOT NULL AS for_org,
               coalesce(o.assign_membership_on_login, false) AS joins,
               coalesce(o.show_as_button, c.show_as_button, true)
                   AS show_as_button
        FROM (SELECT p_connection_id AS id WHERE p_connection_id IS NOT NULL
              UNION
              (SELECT y.connection_id FROM organization_connections y
               WHERE y.organization_id = p_org_id AND y.is_enabled
               ORDER BY y.connection_id LIMIT 200)
              UNION
              (SELECT y.connection_id FROM client_connections y
               WHERE y.client_id = p_client_id
               ORDER BY y.connection_id LIMIT 200)
              UNION
              (SELECT y.id FROM connections y WHERE y.is_domain_connection
               ORDER BY y.name LIMIT 200)
              UNION
              SELECT y.id FROM connections y
              WHERE y.name = (SELECT t.default_directory FROM tenant t)) AS w
        JOIN connections c ON c.id = w.id
        LEFT JOIN client_connections x
            ON x.client_id = p_client_id AND x.connection_id = c.id
        LEFT JOIN organization_connections o
            ON o.organization_id = p_org_id AND o.connection_id = c.id
           AND o.is_enabled
        ORDER BY c.id = p_connection_id DESC NULLS LAST, for_org DESC,
                 for_client DESC, c.name
        LIMIT 200) AS s);
END $$;

-- One connection in the same form, for a user who came by it.
CREATE OR REPLACE FUNCTION tpa_data.flow_connection(
    p_client_id text, p_org_id text, p_connection_id text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT json_build_array(json_build_object(
            'id', c.id, 'name', c.name, 'strategy', c.strategy,
            'display_name', c.display_name,
            'domain_level', c.is_domain_connection,
            'for_client', x.client_id IS NOT NULL,
            'for_org', o.connection_id IS NOT NULL,
            'joins', coalesce(o.assign_membership_on_login, false),
            'show_as_button', coalesce(o.show_as_button, c.show_as_button,
                                       true)))
        FROM connections c
        LEFT JOIN client_connections x
            ON x.client_id = p_client_id AND x.connection_id = c.id
        LEFT JOIN organization_connections o
            ON o.organization_id = p_org_id AND o.connection_id = c.id
           AND o.is_enabled
        WHERE c.id = p_connection_id);
END $$;

-- Organizations a user is a member of, those that use the connection first;
-- and two that the user may join by it: with two, nobody can tell which.
CREATE OR REPLACE FUNCTION tpa_data.flow_orgs(
    p_client_id text, p_user_id text, p_connection_id text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT json_agg(s ORDER BY s.member DESC, s.uses_connection DESC,
                            lower(coalesce(s.display_name, s.name)), s.id)
        FROM (
        SELECT g.id, g.name, g.display_name, g.branding_logo_url AS logo_url,
               g.third_party_client_access = 'allow' AS admits_third_party,
               g.is_app_entitlement_active AS lists_clients,
               e.client_id IS NOT NULL AS listed,
               coalesce(e.use_for_member_access, false) AS listed_for_members,
               w.member,
               c.connection_id IS NOT NULL AS uses_connection,
               coalesce(c.assign_membership_on_login, false) AS joins
        FROM ((SELECT m.organization_id AS id, true AS member
               FROM (SELECT y.organization_id FROM organization_members y
                     WHERE y.user_id = p_user_id
                     ORDER BY y.organization_id LIMIT 1000) AS m
               LEFT JOIN organization_connections k
                   ON k.organization_id = m.organization_id
                  AND k.connection_id = p_connection_id AND k.is_enabled
               ORDER BY k.connection_id IS NULL, m.organization_id LIMIT 100)
              UNION ALL
              (SELECT k.organization_id, false FROM organization_connections k
               WHERE k.connection_id = p_connection_id AND k.is_enabled
                 AND k.assign_membership_on_login
                 AND NOT EXISTS (
                     SELECT FROM organization_members y
                     WHERE y.organization_id = k.organization_id
                       AND y.user_id = p_user_id)
               ORDER BY k.organization_id LIMIT 2)) AS w
        JOIN organizations g ON g.id = w.id
        LEFT JOIN organization_clients e
            ON e.organization_id = g.id AND e.client_id = p_client_id
        LEFT JOIN organization_connections c
            ON c.organization_id = g.id
           AND c.connection_id = p_connection_id AND c.is_enabled) AS s);
END $$;

-- ---- the three points -------------------------------------------------------

-- {client_id, audience, resource, organization, org_id, session_hash, scopes,
-- details}
CREATE OR REPLACE FUNCTION tpa.authorize_facts(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    app text := o->>'client_id';
    named text := coalesce(o->>'org_id', o->>'organization');
    c record;
    a record;
    s record;
    org text;
    org_is_named boolean := false;
BEGIN
    IF app LIKE 'https://%' THEN
        app := document_client(app);
    END IF;
    SELECT * INTO c FROM flow_client(app, false);
    SELECT * INTO a FROM flow_api(app, c.is_public, NULL,
        coalesce(o->>'audience',
                 CASE WHEN c.reads_resource THEN o->>'resource' END,
                 c.default_audience));
    SELECT x.user_id, x.connection_id, x.authenticated_at INTO s
    FROM sessions x
    WHERE x.session_hash = o->>'session_hash' AND x.expires_at > now()
      AND x.idle_expires_at > now();
    IF named IS NOT NULL THEN
        SELECT g.id INTO org FROM organizations g WHERE g.id = named;
        IF NOT FOUND AND NOT o ? 'org_id' THEN
            SELECT g.id INTO org FROM organizations g WHERE g.name = named;
            org_is_named := FOUND;
        END IF;
    END IF;
    result := 'found';
    body := '{' || concat_ws(',', c.members, a.members,
        CASE WHEN o ? 'details' THEN flow_details(app, a.api_id) END,
        flow_org(org, org_is_named, app, s.user_id, s.connection_id),
        flow_user(s.user_id, s.connection_id, s.authenticated_at, app,
                  a.api_id, org, a.enforces, c.document_hash),
        '"connections":' || flow_connections(app, org, s.connection_id),
        CASE WHEN named IS NULL AND s.user_id IS NOT NULL THEN
            '"orgs":' || flow_orgs(app, s.user_id, s.connection_id) END,
        CASE WHEN o->'scopes' <> '[]' THEN (
            SELECT '"scope_texts":' || json_agg(json_build_object(
                       'value', x.value, 'description', x.description)
                       ORDER BY x.position)
            FROM resource_server_scopes x
            WHERE x.resource_server_id = a.api_id
              AND x.value = ANY (words(o->'scopes'))
              AND x.description <> '') END) || '}';
END $$;

-- What a code or a refresh token gives rise to, besides what it holds.
CREATE OR REPLACE FUNCTION tpa_data.flow_token_facts(
    p_client_id text, p_api_id text, p_org_id text, p_user_id text,
    p_connection_id text, p_authenticated_at timestamptz, p_held json,
    p_details jsonb)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    c record;
    a record;
BEGIN
    SELECT * INTO c FROM flow_client(p_client_id, true);
    IF p_held IS NULL THEN
        RETURN '{' || c.members || '}';
    END IF;
    SELECT * INTO a FROM flow_api(p_client_id, c.is_public, p_api_id, NULL);
    RETURN '{' || concat_ws(',', c.members, a.members,
        flow_org(p_org_id, false, p_client_id, p_user_id, p_connection_id),
        flow_user(p_user_id, p_connection_id, p_authenticated_at, p_client_id,
                  p_api_id, p_org_id, a.enforces, NULL),
        '"connections":' || flow_connection(p_client_id, p_org_id,
                                            p_connection_id),
        members(p_held),
        CASE WHEN p_details IS NOT NULL THEN
            '"held_details":' || p_details::text || ','
            || flow_details(p_client_id, p_api_id) END) || '}';
END $$;

-- {client_id, code_hash}
CREATE OR REPLACE FUNCTION tpa.code_facts(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    app text := p::jsonb->>'client_id';
    h record;
    held json;
BEGIN
    IF app LIKE 'https://%' THEN
        app := document_client(app);
    END IF;
    SELECT x.* INTO h FROM authorization_codes x
    WHERE x.code_hash = p::jsonb->>'code_hash' AND x.client_id = app;
    IF FOUND THEN
        held := json_build_object(
            'held_redirect_uri', h.redirect_uri,
            'held_code_challenge', h.code_challenge,
            'held_dpop_jkt', h.dpop_jkt, 'held_scopes', h.scope,
            'held_org_id', h.organization_id,
            'held_session_hash', h.session_hash,
            'held_expires_at', microseconds(h.expires_at),
            'held_used', h.used_at IS NOT NULL,
            'held_family_id', h.family_id);
    END IF;
    result := 'found';
    body := flow_token_facts(app, h.resource_server_id, h.organization_id,
                             h.user_id, h.connection_id, h.authenticated_at,
                             held, h.authorization_details);
END $$;

-- {client_id, token_hash}
CREATE OR REPLACE FUNCTION tpa.refresh_facts(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    app text := p::jsonb->>'client_id';
    h record;
    held json;
BEGIN
    IF app LIKE 'https://%' THEN
        app := document_client(app);
    END IF;
    SELECT f.*, x.generation AS sent, x.exchanged_at, x.successor INTO h
    FROM refresh_tokens x JOIN refresh_families f ON f.id = x.family_id
    WHERE x.token_hash = p::jsonb->>'token_hash' AND f.client_id = app;
    IF FOUND THEN
        held := json_build_object(
            'held_family_id', h.id, 'held_generation', h.sent,
            'held_latest', h.generation,
            'held_exchanged_at', microseconds(h.exchanged_at),
            'held_successor', h.successor, 'held_scopes', h.scope,
            'held_dpop_jkt', h.dpop_jkt, 'held_org_id', h.organization_id,
            'held_session_hash', h.session_hash,
            'held_ended', h.revoked_at IS NOT NULL
                          OR coalesce(h.expires_at <= now(), false)
                          OR coalesce(h.idle_expires_at <= now(), false));
    END IF;
    result := 'found';
    body := flow_token_facts(app, h.resource_server_id, h.organization_id,
                             h.user_id, h.connection_id, h.authenticated_at,
                             held, h.authorization_details);
END $$;
