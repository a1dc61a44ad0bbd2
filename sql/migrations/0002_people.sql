-- People, and what happens: connections, users, roles, memberships, consent,
-- sessions, codes, refresh tokens, values used once, the audit record.

-- ---- connections ------------------------------------------------------------

CREATE TABLE tpa_data.connections (
    id tpa_data.connection_id PRIMARY KEY,
    name text NOT NULL UNIQUE
        CHECK (length(name) <= 128
               AND name ~ '^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$'),
    strategy text NOT NULL CHECK (strategy <> ''),
    display_name text,
    is_domain_connection boolean NOT NULL DEFAULT false,
    show_as_button boolean,
    realms text[] NOT NULL DEFAULT '{}',
    options jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX connections_strategy ON tpa_data.connections (strategy, id);
CREATE INDEX connections_domain_level ON tpa_data.connections (name)
    WHERE is_domain_connection;

CREATE TABLE tpa_data.client_connections (
    client_id tpa_data.client_id REFERENCES tpa_data.clients ON DELETE CASCADE,
    connection_id tpa_data.connection_id
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    PRIMARY KEY (client_id, connection_id)
);
CREATE INDEX client_connections_connection
    ON tpa_data.client_connections (connection_id, client_id);

CREATE TABLE tpa_data.organization_connections (
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    connection_id tpa_data.connection_id
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    assign_membership_on_login boolean NOT NULL DEFAULT false,
    show_as_button boolean NOT NULL DEFAULT true,
    is_signup_enabled boolean NOT NULL DEFAULT false,
    is_enabled boolean NOT NULL DEFAULT true,
    organization_connection_name text,
    organization_access_level text NOT NULL DEFAULT 'none'
        CHECK (organization_access_level IN
               ('none', 'readonly', 'limited', 'full')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, connection_id),
    CHECK (NOT is_signup_enabled OR assign_membership_on_login)
);
CREATE INDEX organization_connections_connection
    ON tpa_data.organization_connections (connection_id, organization_id);

-- Applications named by an Organization for its members, one by one.
CREATE TABLE tpa_data.organization_clients (
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    client_id tpa_data.client_id REFERENCES tpa_data.clients ON DELETE CASCADE,
    use_for_member_access boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, client_id)
);
CREATE INDEX organization_clients_client
    ON tpa_data.organization_clients (client_id, organization_id);

-- ---- users, roles, members --------------------------------------------------

CREATE TABLE tpa_data.users (
    user_id tpa_data.user_id PRIMARY KEY,
    connection_id tpa_data.connection_id NOT NULL
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    connection_user_id text NOT NULL,     -- what the connection calls the user
    username text,
    email text CHECK (length(email) <= 320),
    email_verified boolean NOT NULL DEFAULT false,
    name text,
    given_name text,
    family_name text,
    nickname text,
    picture text,
    password_hash text CHECK (password_hash ~ '^\$2[aby]\$\d\d\$.{53}$'),
    blocked boolean NOT NULL DEFAULT false,
    user_metadata jsonb NOT NULL DEFAULT '{}',
    app_metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    password_changed_at timestamptz,
    last_login_at timestamptz,
    last_ip inet,
    logins_count integer NOT NULL DEFAULT 0,
    UNIQUE (connection_id, connection_user_id)
);
CREATE INDEX users_email ON tpa_data.users (lower(email));
CREATE INDEX users_created_at ON tpa_data.users (created_at, user_id);
-- Where we hold the password, the names to log in with are unambiguous.
CREATE UNIQUE INDEX users_login_email
    ON tpa_data.users (connection_id, lower(email))
    WHERE password_hash IS NOT NULL;
CREATE UNIQUE INDEX users_login_name
    ON tpa_data.users (connection_id, lower(username))
    WHERE password_hash IS NOT NULL;

CREATE TABLE tpa_data.roles (
    id tpa_data.role_id PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    description text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tpa_data.role_permissions (
    role_id tpa_data.role_id REFERENCES tpa_data.roles ON DELETE CASCADE,
    resource_server_id tpa_data.api_id,
    permission tpa_data.scope,
    PRIMARY KEY (role_id, resource_server_id, permission),
    FOREIGN KEY (resource_server_id, permission)
        REFERENCES tpa_data.resource_server_scopes ON DELETE CASCADE
);
CREATE INDEX role_permissions_scope
    ON tpa_data.role_permissions (resource_server_id, permission);

-- Roles of the tenant; those of an Organization's member are further below.
CREATE TABLE tpa_data.user_roles (
    user_id tpa_data.user_id REFERENCES tpa_data.users ON DELETE CASCADE,
    role_id tpa_data.role_id REFERENCES tpa_data.roles ON DELETE CASCADE,
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_role ON tpa_data.user_roles (role_id, user_id);

CREATE TABLE tpa_data.organization_members (
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    user_id tpa_data.user_id REFERENCES tpa_data.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_members_user
    ON tpa_data.organization_members (user_id, organization_id);

CREATE TABLE tpa_data.organization_member_roles (
    organization_id tpa_data.org_id,
    user_id tpa_data.user_id,
    role_id tpa_data.role_id REFERENCES tpa_data.roles ON DELETE CASCADE,
    PRIMARY KEY (organization_id, user_id, role_id),
    FOREIGN KEY (organization_id, user_id)
        REFERENCES tpa_data.organization_members ON DELETE CASCADE
);
CREATE INDEX organization_member_roles_role
    ON tpa_data.organization_member_roles (role_id);

CREATE TABLE tpa_data.invitations (
    id text PRIMARY KEY CHECK (id ~ '^uinv_[0-9A-Za-z]{1,64}$'),
    organization_id tpa_data.org_id NOT NULL
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    client_id tpa_data.client_id NOT NULL
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    connection_id tpa_data.connection_id
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    ticket_hash tpa_data.sha256 NOT NULL UNIQUE,
    inviter_name text NOT NULL CHECK (length(inviter_name) BETWEEN 1 AND 300),
    invitee_email text NOT NULL,
    app_metadata jsonb NOT NULL DEFAULT '{}',
    user_metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK (expires_at <= created_at + interval '2592000 seconds')
);
CREATE INDEX invitations_organization
    ON tpa_data.invitations (organization_id, created_at);
CREATE INDEX invitations_client ON tpa_data.invitations (client_id);
CREATE INDEX invitations_connection ON tpa_data.invitations (connection_id);
CREATE INDEX invitations_email ON tpa_data.invitations (lower(invitee_email));
CREATE INDEX invitations_expires_at ON tpa_data.invitations (expires_at);

CREATE TABLE tpa_data.invitation_roles (
    invitation_id text REFERENCES tpa_data.invitations ON DELETE CASCADE,
    role_id tpa_data.role_id REFERENCES tpa_data.roles ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, role_id)
);
CREATE INDEX invitation_roles_role ON tpa_data.invitation_roles (role_id);

-- ---- consent, sessions, codes, refresh tokens -------------------------------

-- Consent in one Organization is worth nothing in another, nor without one.
CREATE TABLE tpa_data.user_grants (
    id text PRIMARY KEY CHECK (id ~ '^[0-9A-Za-z_-]{1,64}$'),
    user_id tpa_data.user_id NOT NULL
        REFERENCES tpa_data.users ON DELETE CASCADE,
    client_id tpa_data.client_id NOT NULL
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    resource_server_id tpa_data.api_id NOT NULL
        REFERENCES tpa_data.resource_servers ON DELETE CASCADE,
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    scope text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT
        (user_id, client_id, resource_server_id, organization_id)
);
CREATE INDEX user_grants_client ON tpa_data.user_grants (client_id);
CREATE INDEX user_grants_api ON tpa_data.user_grants (resource_server_id);
CREATE INDEX user_grants_organization ON tpa_data.user_grants (organization_id);

CREATE TABLE tpa_data.sessions (
    session_hash tpa_data.sha256 PRIMARY KEY,
    user_id tpa_data.user_id NOT NULL
        REFERENCES tpa_data.users ON DELETE CASCADE,
    connection_id tpa_data.connection_id NOT NULL
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    authenticated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    idle_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ip inet,
    user_agent text
);
CREATE INDEX sessions_user ON tpa_data.sessions (user_id);
CREATE INDEX sessions_connection ON tpa_data.sessions (connection_id);
CREATE INDEX sessions_expires_at ON tpa_data.sessions (expires_at);
CREATE INDEX sessions_idle_expires_at ON tpa_data.sessions (idle_expires_at);

-- One login of a user at an application: all refresh tokens that follow from
-- it. It rests on the consent and goes with it.
CREATE TABLE tpa_data.refresh_families (
    id text PRIMARY KEY CHECK (id ~ '^[0-9A-Za-z_-]{1,64}$'),
    user_grant_id text NOT NULL
        REFERENCES tpa_data.user_grants ON DELETE CASCADE,
    user_id tpa_data.user_id NOT NULL
        REFERENCES tpa_data.users ON DELETE CASCADE,
    client_id tpa_data.client_id NOT NULL
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    resource_server_id tpa_data.api_id NOT NULL
        REFERENCES tpa_data.resource_servers ON DELETE CASCADE,
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    connection_id tpa_data.connection_id NOT NULL
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    session_hash tpa_data.sha256
        REFERENCES tpa_data.sessions ON DELETE SET NULL,
    scope text[] NOT NULL,
    authorization_details jsonb,
    dpop_jkt text,
    authenticated_at timestamptz NOT NULL,
    generation integer NOT NULL DEFAULT 1 CHECK (generation >= 1), -- the newest
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    idle_expires_at timestamptz,          -- null: never
    expires_at timestamptz,               -- null: never; fixed at the start
    revoked_at timestamptz,
    revoked_reason text
        CHECK (revoked_reason IN ('revoked', 'reuse', 'limit', 'code_reuse')),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX refresh_families_user
    ON tpa_data.refresh_families (user_id, client_id, created_at);
CREATE INDEX refresh_families_client
    ON tpa_data.refresh_families (client_id, resource_server_id);
CREATE INDEX refresh_families_grant
    ON tpa_data.refresh_families (user_grant_id);
CREATE INDEX refresh_families_api
    ON tpa_data.refresh_families (resource_server_id);
CREATE INDEX refresh_families_organization
    ON tpa_data.refresh_families (organization_id);
CREATE INDEX refresh_families_connection
    ON tpa_data.refresh_families (connection_id);
CREATE INDEX refresh_families_session
    ON tpa_data.refresh_families (session_hash);
CREATE INDEX refresh_families_expires_at
    ON tpa_data.refresh_families (expires_at);
CREATE INDEX refresh_families_idle_expires_at
    ON tpa_data.refresh_families (idle_expires_at);
CREATE INDEX refresh_families_revoked_at
    ON tpa_data.refresh_families (revoked_at) WHERE revoked_at IS NOT NULL;

-- Tokens of a family; order is told by generation, never by time.
CREATE TABLE tpa_data.refresh_tokens (
    token_hash tpa_data.sha256 PRIMARY KEY,
    family_id text NOT NULL
        REFERENCES tpa_data.refresh_families ON DELETE CASCADE,
    generation integer NOT NULL CHECK (generation >= 1),
    issued_at timestamptz NOT NULL DEFAULT now(),
    exchanged_at timestamptz,
    UNIQUE (family_id, generation)
);

-- Kept after use until it expires, so that a second use is seen as one.
CREATE TABLE tpa_data.authorization_codes (
    code_hash tpa_data.sha256 PRIMARY KEY,
    client_id tpa_data.client_id NOT NULL
        REFERENCES tpa_data.clients ON DELETE CASCADE,
    user_id tpa_data.user_id NOT NULL
        REFERENCES tpa_data.users ON DELETE CASCADE,
    resource_server_id tpa_data.api_id NOT NULL
        REFERENCES tpa_data.resource_servers ON DELETE CASCADE,
    organization_id tpa_data.org_id
        REFERENCES tpa_data.organizations ON DELETE CASCADE,
    connection_id tpa_data.connection_id NOT NULL
        REFERENCES tpa_data.connections ON DELETE CASCADE,
    session_hash tpa_data.sha256
        REFERENCES tpa_data.sessions ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    code_challenge text CHECK (code_challenge ~ '^[0-9A-Za-z_-]{43}$'),
    scope text[] NOT NULL,
    authorization_details jsonb,
    nonce text,
    dpop_jkt text,
    authenticated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    family_id text REFERENCES tpa_data.refresh_families ON DELETE SET NULL,
    CHECK (expires_at <= created_at + interval '10 minutes')
);
CREATE INDEX authorization_codes_client
    ON tpa_data.authorization_codes (client_id);
CREATE INDEX authorization_codes_user ON tpa_data.authorization_codes (user_id);
CREATE INDEX authorization_codes_api
    ON tpa_data.authorization_codes (resource_server_id);
CREATE INDEX authorization_codes_organization
    ON tpa_data.authorization_codes (organization_id);
CREATE INDEX authorization_codes_connection
    ON tpa_data.authorization_codes (connection_id);
CREATE INDEX authorization_codes_session
    ON tpa_data.authorization_codes (session_hash);
CREATE INDEX authorization_codes_family
    ON tpa_data.authorization_codes (family_id);
CREATE INDEX authorization_codes_expires_at
    ON tpa_data.authorization_codes (expires_at);

-- ---- what was seen ----------------------------------------------------------

-- No foreign key: it would lock the row of a busy application at each use.
CREATE TABLE tpa_data.seen_jti (
    owner text NOT NULL,                  -- an application, or a DPoP key
    jti_hash tpa_data.sha256 NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (owner, jti_hash)
);
CREATE INDEX seen_jti_expires_at ON tpa_data.seen_jti (expires_at);

-- The audit record. It outlives what it names, so it has no foreign keys, and
-- asks little of its rows: one that is refused would be lost.
CREATE TABLE tpa_data.log_events (
    log_id text PRIMARY KEY,              -- sorts by time
    date timestamptz NOT NULL,
    type text NOT NULL,
    ref text,                             -- of a refusal
    description text,
    rule text,
    client_id text,
    client_name text,
    audience text,
    scope text,
    organization_id text,
    organization_name text,
    user_id text,
    user_name text,
    connection text,
    connection_id text,
    strategy text,
    strategy_type text,
    correlation_id text,
    ip text,
    user_agent text,
    hostname text,
    details jsonb
);
CREATE UNIQUE INDEX log_events_ref ON tpa_data.log_events (ref)
    WHERE ref IS NOT NULL;
CREATE INDEX log_events_refusals ON tpa_data.log_events (log_id)
    WHERE ref IS NOT NULL;
CREATE INDEX log_events_client_refusals
    ON tpa_data.log_events (client_id, log_id) WHERE ref IS NOT NULL;
CREATE INDEX log_events_date ON tpa_data.log_events (date);
CREATE INDEX log_events_client ON tpa_data.log_events (client_id, log_id);
CREATE INDEX log_events_user ON tpa_data.log_events (user_id, log_id)
    WHERE user_id IS NOT NULL;
CREATE INDEX log_events_organization
    ON tpa_data.log_events (organization_id, log_id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX log_events_type ON tpa_data.log_events (type, log_id);

UPDATE tpa_data.schema_version SET version = 2, applied_at = now();
