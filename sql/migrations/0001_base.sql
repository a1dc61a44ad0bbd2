-- What a tenant is and what its operator sets: keys, Organizations,
-- applications, APIs, client grants. One database is one tenant, so nothing
-- here carries a tenant id. People and what happens follow in 0002.
--
-- tpa_data holds the tables and belongs to the owner alone; tpa holds the
-- functions, which are all that the httpd role may use. Ids and secrets are
-- made by the program; secrets arrive as SHA-256, in hexadecimal.
--
-- Sent as one message, hence one transaction: it applies as a whole or not.

CREATE SCHEMA tpa_data;
CREATE SCHEMA tpa;
REVOKE ALL ON SCHEMA tpa_data, tpa, public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC',
                   current_database());
END $$;

CREATE TABLE tpa_data.schema_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- ---- words ------------------------------------------------------------------

CREATE DOMAIN tpa_data.sha256 AS text CHECK (VALUE ~ '^[0-9a-f]{64}$');
CREATE DOMAIN tpa_data.client_id AS text
    CHECK (VALUE ~ '^[0-9A-Za-z_-]{1,255}$');
CREATE DOMAIN tpa_data.api_id AS text CHECK (VALUE ~ '^[0-9a-f]{24}$');
CREATE DOMAIN tpa_data.grant_id AS text CHECK (VALUE ~ '^cgr_[0-9A-Za-z]{16}$');
CREATE DOMAIN tpa_data.org_id AS text CHECK (VALUE ~ '^org_[0-9A-Za-z]{16}$');
CREATE DOMAIN tpa_data.connection_id AS text
    CHECK (VALUE ~ '^con_[0-9A-Za-z]{16}$');
CREATE DOMAIN tpa_data.role_id AS text
    CHECK (VALUE ~ '^rol_[0-9A-Za-z]{1,64}$');
CREATE DOMAIN tpa_data.user_id AS text
    CHECK (VALUE ~ '^[^|[:space:]]+\|.+$' AND length(VALUE) <= 255);
CREATE DOMAIN tpa_data.org_usage AS text
    CHECK (VALUE IN ('deny', 'allow', 'require'));
CREATE DOMAIN tpa_data.subject_type AS text CHECK (VALUE IN ('client', 'user'));
CREATE DOMAIN tpa_data.security_mode AS text
    CHECK (VALUE IN ('strict', 'permissive'));
CREATE DOMAIN tpa_data.quota AS integer CHECK (VALUE >= 1);
-- Characters of RFC 6749 3.3: a scope holds no blank, so lists may be joined.
CREATE DOMAIN tpa_data.scope AS text
    CHECK (VALUE ~ '^[!#-[\]-~]+$' AND length(VALUE) <= 280);

-- ---- the tenant -------------------------------------------------------------

CREATE TABLE tpa_data.tenant (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    issuer text NOT NULL CHECK (issuer ~ '^https?://.+/$'),
    name text NOT NULL,
    default_audience text CHECK (default_audience <> ''),
    default_directory text CHECK (default_directory <> ''),
    error_page_html text,
    error_page_url text,
    error_page_show_log_link boolean NOT NULL DEFAULT false,
    session_lifetime numeric NOT NULL DEFAULT 168         -- hours
        CHECK (session_lifetime > 0),
    idle_session_lifetime numeric NOT NULL DEFAULT 72     -- hours
        CHECK (idle_session_lifetime > 0),
    flag_enable_dynamic_client_registration boolean NOT NULL DEFAULT false,
    flag_use_scope_descriptions_for_consent boolean NOT NULL DEFAULT false,
    flag_revoke_refresh_token_grant boolean NOT NULL DEFAULT false,
    flag_remove_alg_from_jwks boolean NOT NULL DEFAULT false,
    allow_organization_name_in_authentication_api boolean
        NOT NULL DEFAULT false,
    authorization_response_iss_parameter_supported boolean
        NOT NULL DEFAULT false,
    resource_parameter_profile text NOT NULL DEFAULT 'audience'
        CHECK (resource_parameter_profile IN ('audience', 'compatibility')),
    client_id_metadata_document_supported boolean NOT NULL DEFAULT false,
    dynamic_client_registration_security_mode tpa_data.security_mode,
    -- The tenant had third-party applications before strict mode existed.
    permissive_mode_available boolean NOT NULL DEFAULT false,
    -- False: third-party applications act for users only, as in April 2026.
    third_party_client_credentials boolean NOT NULL DEFAULT true,
    clients_quota_enforce boolean,
    clients_quota_per_day tpa_data.quota,
    clients_quota_per_hour tpa_data.quota,
    organizations_quota_enforce boolean,
    organizations_quota_per_day tpa_data.quota,
    organizations_quota_per_hour tpa_data.quota,
    skip_non_verifiable_callback_uri_confirmation_prompt boolean,
    -- What is kept and shown, and decides nothing: support_url and the like.
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tpa_data.signing_keys (
    kid text PRIMARY KEY CHECK (length(kid) BETWEEN 1 AND 128),
    state text NOT NULL
        CHECK (state IN ('current', 'next', 'previous', 'revoked')),
    sealed text NOT NULL,
    public_jwk jsonb NOT NULL CHECK (NOT public_jwk ?| '{d,p,q,dp,dq,qi}'),
    cert_pem text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    current_since timestamptz,
    current_until timestamptz,
    revoked_at timestamptz,
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE UNIQUE INDEX signing_keys_one_current ON tpa_data.signing_keys (state)
    WHERE state = 'current';
CREATE UNIQUE INDEX signing_keys_one_next ON tpa_data.signing_keys (state)
    WHERE state = 'next';
CREATE INDEX signing_keys_newest ON tpa_data.signing_keys (created_at);

-- ---- organizations ----------------------------------------------------------

CREATE TABLE tpa_data.organizations (
    id tpa_data.org_id PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
    display_name text CHECK (length(display_name) BETWEEN 1 AND 255),
    branding_logo_url text CHECK (branding_logo_url ~ '^https://'),
    branding_primary text CHECK (branding_primary ~ '^#[0-9A-Fa-f]{3,8}$'),
    branding_page_background text
        CHECK (branding_page_background ~ '^#[0-9A-Fa-f]{3,8}$'),
    metadata jsonb NOT NULL DEFAULT '{}',
    quota_enforce boolean,
    quota_per_day tpa_data.quota,
    quota_per_hour tpa_data.quota,
    third_party_client_access text NOT NULL DEFAULT 'block'
        CHECK (third_party_client_access IN ('block', 'allow')),
    is_app_entitlement_active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((branding_primary IS NULL) = (branding_page_background IS NULL))
);
CREATE INDEX organizations_display_name
    ON tpa_data.organizations (display_name);
CREATE INDEX organizations_created_at ON tpa_data.organizations (created_at);

CREATE TABLE tpa_data.organization_domains (
    id text PRIMARY KEY CHECK (id ~ '^ord_[0-9A-Za-z]{22}$'),
    organization_id tpa_data.org_id NOT NULL
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    domain text NOT NULL
        CHECK (length(domain) BETWEEN 3 AND 255 AND domain = lower(domain)),
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'verified')),
    use_for_organization_discovery boolean NOT NULL DEFAULT true,
    verification_txt text NOT NULL CHECK (verification_txt ~ '^[0-9a-f]{32}$'),
    verification_host text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, domain)
);
CREATE INDEX organization_domains_domain
    ON tpa_data.organization_domains (domain, organization_id);

-- ---- applications -----------------------------------------------------------

CREATE TABLE tpa_data.clients (
    client_id tpa_data.client_id PRIMARY KEY,
    name text NOT NULL CHECK (name <> '' AND name !~ '[<>]'),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 140),
    logo_uri text,
    app_type text CHECK (app_type IN ('regular_web', 'spa', 'native',
                                      'non_interactive', 'resource_server')),
    is_first_party boolean NOT NULL DEFAULT true,
    third_party_security_mode tpa_data.security_mode,
    registered_via text NOT NULL DEFAULT 'manual'
        CHECK (registered_via IN ('manual', 'dynamic', 'cimd')),
    external_client_id text UNIQUE CHECK (length(external_client_id) <= 120),
    jwks_uri text,
    jwks jsonb,                           -- of jwks_uri, as last fetched
    metadata_fetched_at timestamptz,
    secret_hash tpa_data.sha256,
    token_endpoint_auth_method text NOT NULL DEFAULT 'client_secret_post'
        CHECK (token_endpoint_auth_method IN
               ('none', 'client_secret_post', 'client_secret_basic',
                'private_key_jwt')),
    grant_types text[] NOT NULL DEFAULT '{authorization_code}',
    callbacks text[] NOT NULL DEFAULT '{}',
    allowed_origins text[] NOT NULL DEFAULT '{}',
    web_origins text[] NOT NULL DEFAULT '{}',
    client_metadata jsonb,
    jwt_lifetime_in_seconds integer NOT NULL DEFAULT 3600
        CHECK (jwt_lifetime_in_seconds > 0),
    jwt_alg text NOT NULL DEFAULT 'RS256' CHECK (jwt_alg = 'RS256'),
    refresh_rotation_type text NOT NULL DEFAULT 'non-rotating'
        CHECK (refresh_rotation_type IN ('rotating', 'non-rotating')),
    refresh_expiration_type text NOT NULL DEFAULT 'expiring'
        CHECK (refresh_expiration_type IN ('expiring', 'non-expiring')),
    refresh_leeway integer NOT NULL DEFAULT 0 CHECK (refresh_leeway >= 0),
    refresh_token_lifetime integer NOT NULL DEFAULT 31557600
        CHECK (refresh_token_lifetime BETWEEN 1 AND 157788000),
    refresh_infinite_token_lifetime boolean NOT NULL DEFAULT true,
    refresh_idle_token_lifetime integer NOT NULL DEFAULT 2592000
        CHECK (refresh_idle_token_lifetime >= 1),
    refresh_infinite_idle_token_lifetime boolean NOT NULL DEFAULT false,
    refresh_policies jsonb,
    require_proof_of_possession boolean NOT NULL DEFAULT false,
    redirection_policy text NOT NULL DEFAULT 'open_redirect_protection'
        CHECK (redirection_policy IN
               ('open_redirect_protection', 'allow_always')),
    organization_usage tpa_data.org_usage,
    organization_require_behavior text
        CHECK (organization_require_behavior IN
               ('no_prompt', 'pre_login_prompt', 'post_login_prompt')),
    organization_discovery_methods text[]
        CHECK (organization_discovery_methods <@ '{email,organization_name}'
               AND organization_discovery_methods <> '{}'),
    default_organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE SET NULL,
    default_organization_flows text[] NOT NULL DEFAULT '{}'
        CHECK (default_organization_flows <@ '{client_credentials}'),
    oidc_conformant boolean NOT NULL DEFAULT true,
    quota_enforce boolean,
    quota_per_day tpa_data.quota,
    quota_per_hour tpa_data.quota,
    skip_non_verifiable_callback_uri_confirmation_prompt boolean,
    identity_assertion_active boolean,
    -- What is kept and shown, and decides nothing here.
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (is_first_party = (third_party_security_mode IS NULL)),
    -- The prefix of an id tells a strict third-party application from others.
    CHECK ((left(client_id, 4) = 'tpc_')
           = (third_party_security_mode IS NOT DISTINCT FROM 'strict')),
    CHECK ((registered_via = 'cimd') = (external_client_id IS NOT NULL)),
    CHECK (registered_via = 'manual' OR NOT is_first_party),
    CHECK (refresh_rotation_type <> 'rotating'
           OR refresh_expiration_type = 'expiring')
);
CREATE INDEX clients_name ON tpa_data.clients (name, client_id);
CREATE INDEX clients_created_at ON tpa_data.clients (created_at, client_id);
CREATE INDEX clients_party ON tpa_data.clients (is_first_party, client_id);
CREATE INDEX clients_app_type ON tpa_data.clients (app_type, client_id);
CREATE INDEX clients_default_organization
    ON tpa_data.clients (default_organization_id)
    WHERE default_organization_id IS NOT NULL;

-- Public keys of private_key_jwt: two slots, so at most two.
CREATE TABLE tpa_data.client_credentials (
    id text PRIMARY KEY CHECK (id ~ '^cred_[0-9A-Za-z]{1,64}$'),
    client_id tpa_data.client_id NOT NULL
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    slot smallint NOT NULL CHECK (slot IN (1, 2)),
    credential_type text NOT NULL DEFAULT 'public_key'
        CHECK (credential_type = 'public_key'),
    name text CHECK (length(name) <= 128),
    kid text NOT NULL CHECK (kid ~ '^[0-9a-zA-Z_-]{10,64}$'),
    alg text NOT NULL DEFAULT 'RS256'
        CHECK (alg IN ('RS256', 'RS384', 'PS256')),
    pem text NOT NULL,
    -- Named in client_authentication_methods; others are only stored.
    in_use boolean NOT NULL DEFAULT true,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (client_id, slot),
    UNIQUE (client_id, kid)
);

-- ---- APIs and client grants -------------------------------------------------

CREATE TABLE tpa_data.resource_servers (
    id tpa_data.api_id PRIMARY KEY,
    identifier text NOT NULL UNIQUE
        CHECK (length(identifier) BETWEEN 1 AND 600),
    name text NOT NULL DEFAULT ''
        CHECK (length(name) <= 200 AND name !~ '[<>]'),
    is_system boolean NOT NULL DEFAULT false,
    -- The values of resource_server_scopes in their order; kept by a trigger,
    -- so that a token request need not gather them.
    scope_list text NOT NULL DEFAULT '',
    signing_alg text NOT NULL DEFAULT 'RS256' CHECK (signing_alg = 'RS256'),
    allow_offline_access boolean NOT NULL DEFAULT false,
    token_lifetime integer NOT NULL DEFAULT 86400
        CHECK (token_lifetime BETWEEN 0 AND 2592000),
    token_lifetime_for_web integer NOT NULL DEFAULT 7200
        CHECK (token_lifetime_for_web >= 0),
    token_dialect text NOT NULL DEFAULT 'access_token'
        CHECK (token_dialect IN ('access_token', 'access_token_authz',
                                 'rfc9068_profile', 'rfc9068_profile_authz')),
    enforce_policies boolean NOT NULL DEFAULT false,
    skip_consent_for_verifiable_first_party_clients boolean
        NOT NULL DEFAULT false,
    consent_policy text
        CHECK (consent_policy = 'transactional-authorization-with-mfa'),
    authorization_details text[],         -- types of RFC 9396
    token_encryption jsonb,
    pop_mechanism text CHECK (pop_mechanism IN ('mtls', 'dpop')),
    pop_required boolean,
    pop_required_for text
        CHECK (pop_required_for IN ('public_clients', 'all_clients')),
    user_policy text NOT NULL DEFAULT 'allow_all'
        CHECK (user_policy IN
               ('allow_all', 'deny_all', 'require_client_grant')),
    client_policy text NOT NULL DEFAULT 'require_client_grant'
        CHECK (client_policy IN ('deny_all', 'require_client_grant')),
    client_id tpa_data.client_id
        REFERENCES tpa_data.clients ON DELETE SET NULL,
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((pop_mechanism IS NULL) = (pop_required IS NULL))
);
CREATE INDEX resource_servers_created_at
    ON tpa_data.resource_servers (created_at, id);
CREATE INDEX resource_servers_client ON tpa_data.resource_servers (client_id)
    WHERE client_id IS NOT NULL;

CREATE TABLE tpa_data.resource_server_scopes (
    resource_server_id tpa_data.api_id
        REFERENCES tpa_data.resource_servers ON DELETE CASCADE,
    value tpa_data.scope,
    position integer NOT NULL,
    description text CHECK (length(description) <= 500),
    PRIMARY KEY (resource_server_id, value)
);

-- A client grant belongs to one application, or is the default of a class.
CREATE TABLE tpa_data.client_grants (
    id tpa_data.grant_id PRIMARY KEY,
    client_id tpa_data.client_id
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    default_for text CHECK (default_for = 'third_party_clients'),
    resource_server_id tpa_data.api_id NOT NULL
        REFERENCES tpa_data.resource_servers ON DELETE CASCADE,
    subject_type tpa_data.subject_type NOT NULL DEFAULT 'client',
    scope text[] NOT NULL DEFAULT '{}',
    allow_all_scopes boolean NOT NULL DEFAULT false,
    organization_usage tpa_data.org_usage,
    allow_any_organization boolean NOT NULL DEFAULT false,
    authorization_details_types text[],
    is_system boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (client_id, resource_server_id, subject_type),
    CHECK (num_nonnulls(client_id, default_for) = 1),
    CHECK (NOT allow_all_scopes OR scope = '{}'),
    CHECK (authorization_details_types IS NULL OR subject_type = 'user'),
    CHECK (default_for IS NULL
           OR (organization_usage IS NULL AND NOT allow_any_organization))
);
CREATE UNIQUE INDEX client_grants_default
    ON tpa_data.client_grants (resource_server_id, subject_type, default_for)
    WHERE default_for IS NOT NULL;
CREATE INDEX client_grants_api
    ON tpa_data.client_grants (resource_server_id, subject_type);
CREATE INDEX client_grants_any_organization
    ON tpa_data.client_grants (client_id) WHERE allow_any_organization;

-- Keep resource_servers.scope_list; a scope that is gone leaves the grants.
CREATE FUNCTION tpa_data.scopes_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    UPDATE resource_servers a
    SET scope_list = coalesce(
        (SELECT string_agg(s.value, ' ' ORDER BY s.position, s.value)
         FROM resource_server_scopes s WHERE s.resource_server_id = a.id), '')
    WHERE a.id IN (SELECT resource_server_id FROM changed);
    IF TG_OP <> 'INSERT' THEN
        UPDATE client_grants g
        SET scope = ARRAY(
            SELECT u.value FROM unnest(g.scope) WITH ORDINALITY AS u(value, n)
            WHERE EXISTS (SELECT FROM resource_server_scopes s
                          WHERE s.resource_server_id = g.resource_server_id
                            AND s.value = u.value) ORDER BY u.n)
        WHERE g.scope && ARRAY(SELECT value::text FROM changed)
          AND g.resource_server_id IN
              (SELECT resource_server_id FROM changed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scopes_added AFTER INSERT ON tpa_data.resource_server_scopes
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tpa_data.scopes_changed();
CREATE TRIGGER scopes_updated AFTER UPDATE ON tpa_data.resource_server_scopes
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tpa_data.scopes_changed();
CREATE TRIGGER scopes_removed AFTER DELETE ON tpa_data.resource_server_scopes
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tpa_data.scopes_changed();

CREATE TABLE tpa_data.organization_client_grants (
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    grant_id tpa_data.grant_id
        REFERENCES tpa_data.client_grants ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, grant_id)
);
CREATE INDEX organization_client_grants_grant
    ON tpa_data.organization_client_grants (grant_id, organization_id);

-- Tokens counted against a quota; exactly one of the two is set.
CREATE TABLE tpa_data.quota_uses (
    client_id tpa_data.client_id REFERENCES tpa_data.clients ON DELETE CASCADE,
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    bucket text NOT NULL CHECK (bucket IN ('per_hour', 'per_day')),
    starts_at timestamptz NOT NULL,
    used integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    UNIQUE NULLS NOT DISTINCT (client_id, organization_id, bucket, starts_at),
    CHECK (num_nonnulls(client_id, organization_id) = 1)
);
CREATE INDEX quota_uses_organization ON tpa_data.quota_uses (organization_id);
CREATE INDEX quota_uses_starts_at ON tpa_data.quota_uses (starts_at);

-- How often an application may call; one without a policy of its own falls
-- under that of its group, and then under the one that names nobody. A group
-- shares one counter. No burst: blocked.
CREATE TABLE tpa_data.rate_limit_policies (
    id text PRIMARY KEY CHECK (id ~ '^[0-9A-Za-z_-]{1,64}$'),
    client_id tpa_data.client_id REFERENCES tpa_data.clients ON DELETE CASCADE,
    client_group text
        CHECK (client_group IN ('third_party_clients', 'cimd_clients')),
    burst integer NOT NULL CHECK (burst >= 0),
    per_minute integer NOT NULL CHECK (per_minute >= 0),
    log_only boolean NOT NULL DEFAULT false,
    UNIQUE NULLS NOT DISTINCT (client_id, client_group),
    CHECK (num_nonnulls(client_id, client_group) <= 1)
);

INSERT INTO tpa_data.schema_version (version) VALUES (1);
