-- What the adapter of server.mjs stores, and so many clients in it.
--   psql -v n=NUMBER -v secret=TEXT -f schema.sql
CREATE TABLE oidc (
    id text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    uid text,
    expires_at timestamptz,
    consumed_at timestamptz,
    PRIMARY KEY (id, type)
);
CREATE INDEX oidc_grant ON oidc (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX oidc_uid ON oidc (uid) WHERE uid IS NOT NULL;

INSERT INTO oidc (id, type, payload)
SELECT id, 'Client', jsonb_build_object(
    'client_id', id, 'client_secret', :'secret', 'client_name', 'Machine ' || i,
    'grant_types', '["client_credentials"]'::jsonb,
    'response_types', '[]'::jsonb, 'redirect_uris', '[]'::jsonb,
    'token_endpoint_auth_method', 'client_secret_post',
    'scope', 'read:posts create:posts')
FROM generate_series(1, :n) AS i,
     LATERAL (SELECT 'bench_' || lpad(i::text, 26, '0') AS id) AS named;
