-- Rows for glewlwyd over the package's own schema: the modules of a first
-- start, the OpenID Connect plugin, and so many clients.
--   psql -v n=NUMBER -v secret=TEXT -v key=PEM -v cert=PEM -f setup.sql
INSERT INTO g_scope (gs_name, gs_display_name, gs_password_required)
VALUES ('g_admin', 'administration', 1), ('g_profile', 'profile', 1),
       ('openid', 'OpenID', 0), ('read:posts', 'read', 0);

INSERT INTO g_user_module_instance (gumi_module, gumi_order, gumi_name,
                                    gumi_parameters)
VALUES ('database', 0, 'database',
        '{"use-glewlwyd-connection": true, "data-format": {}}');

INSERT INTO g_client_module_instance (gcmi_module, gcmi_order, gcmi_name,
                                      gcmi_parameters)
SELECT 'database', 0, 'database', json_build_object(
    'use-glewlwyd-connection', true, 'data-format', (
        SELECT json_object_agg(name, json_build_object(
            'multiple', multiple, 'read', true, 'write', true))
        FROM (VALUES ('redirect_uri', true), ('authorization_type', true),
                     ('token_endpoint_auth_method', true),
                     ('client_secret', false), ('jwks', false),
                     ('jwks_uri', false), ('pubkey', false))
             AS property(name, multiple)))::text;

INSERT INTO g_plugin_module_instance (gpmi_module, gpmi_name, gpmi_parameters)
SELECT 'oidc', 'oidc', json_build_object(
    'iss', 'https://bench.example.com/', 'jwt-type', 'rsa',
    'jwt-key-size', '256', 'key', :'key', 'cert', :'cert',
    'access-token-duration', 86400, 'refresh-token-duration', 1209600,
    'code-duration', 600, 'refresh-token-rolling', true,
    'refresh-token-one-use', 'always', 'allow-non-oidc', true,
    'auth-type-code-enabled', true, 'auth-type-token-enabled', false,
    'auth-type-id-token-enabled', false, 'auth-type-none-enabled', false,
    'auth-type-password-enabled', false, 'auth-type-client-enabled', true,
    'auth-type-refresh-enabled', true)::text;

INSERT INTO g_client (gc_client_id, gc_name, gc_confidential)
SELECT 'bench_' || lpad(i::text, 26, '0'), 'Machine ' || i, 1
FROM generate_series(1, :n) AS i;

INSERT INTO g_client_scope (gcs_name) VALUES ('read:posts');
INSERT INTO g_client_scope_client (gc_id, gcs_id)
SELECT c.gc_id, s.gcs_id FROM g_client c, g_client_scope s;

INSERT INTO g_client_property (gc_id, gcp_name, gcp_value)
SELECT c.gc_id, property.name, property.value
FROM g_client c, (VALUES ('authorization_type', 'client_credentials'),
                         ('token_endpoint_auth_method', 'client_secret_post'),
                         ('client_secret', :'secret'))
                 AS property(name, value);
