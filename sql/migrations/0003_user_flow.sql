-- What the user flow needs besides: consent that codes rest on, successors of
-- refresh tokens, failed logins.

-- ---- codes and refresh tokens rest on consent -------------------------------

-- Null: no consent was needed. Removing a consent ends both.
ALTER TABLE tpa_data.refresh_families ALTER COLUMN user_grant_id DROP NOT NULL;
ALTER TABLE tpa_data.authorization_codes
    ADD COLUMN user_grant_id text
        REFERENCES tpa_data.user_grants ON DELETE CASCADE;
CREATE INDEX authorization_codes_grant
    ON tpa_data.authorization_codes (user_grant_id);

-- What a token was exchanged for, sealed under the token itself, so that a
-- lost answer can be given again. Kept for the newest exchange only.
ALTER TABLE tpa_data.refresh_tokens
    ADD COLUMN successor text CHECK (length(successor) <= 4000),
    ADD CHECK (successor IS NULL OR exchanged_at IS NOT NULL);

-- The limit of a user and application counts those that were not revoked.
CREATE INDEX refresh_families_unrevoked
    ON tpa_data.refresh_families (user_id, client_id, created_at, id)
    WHERE revoked_at IS NULL;

-- ---- logging in -------------------------------------------------------------

-- Failed logins, by number of a hash bucket: strangers can fill no more than
-- all buckets. A failure is worth some seconds; full_until is the end of all
-- that were not yet worked off, open_at the end of the wait.
CREATE TABLE tpa_data.login_throttle (
    kind text CHECK (kind IN ('account', 'address')),
    bucket integer CHECK (bucket BETWEEN 0 AND 1048575),
    full_until timestamptz NOT NULL,
    open_at timestamptz NOT NULL,
    PRIMARY KEY (kind, bucket)
);
CREATE INDEX login_throttle_full_until ON tpa_data.login_throttle (full_until);

-- Organizations that one may join by logging in with a connection.
CREATE INDEX organization_connections_joins
    ON tpa_data.organization_connections (connection_id, organization_id)
    WHERE assign_membership_on_login AND is_enabled;

UPDATE tpa_data.schema_version SET version = 3, applied_at = now();
