-- A user, an application and what they need of each other: session, consent,
-- so many codes and so many refresh tokens. Texts are numbered, so that the
-- load knows them: bench-code-N, bench-refresh-N, bench-session, filled up to
-- 43 characters. Run again, it renews codes and tokens.
--   psql -v codes=NUMBER -v tokens=NUMBER -v challenge=TEXT -f flow.sql
BEGIN;
DELETE FROM tpa_data.authorization_codes;
DELETE FROM tpa_data.refresh_families;

INSERT INTO tpa_data.connections (id, name, strategy, is_domain_connection)
VALUES ('con_bench00000000000', 'bench', 'auth0', true) ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.users (user_id, connection_id, connection_user_id, email,
                            name)
VALUES ('auth0|bench', 'con_bench00000000000', 'bench', 'bench@example.com',
        'Bench') ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.clients (client_id, name, app_type, is_first_party,
        third_party_security_mode, grant_types, callbacks,
        token_endpoint_auth_method, organization_usage, refresh_rotation_type,
        refresh_leeway)
VALUES ('tpc_bench00000000000000000', 'Bench', 'spa', false, 'strict',
        '{authorization_code,refresh_token}', '{https://app.example.com/back}',
        'none', 'allow', 'rotating', 30) ON CONFLICT DO NOTHING;
UPDATE tpa_data.resource_servers SET allow_offline_access = true
WHERE identifier = 'https://api.example.com/';
UPDATE tpa_data.organizations SET third_party_client_access = 'allow'
WHERE name = 'acme';
INSERT INTO tpa_data.client_grants (id, client_id, resource_server_id, scope,
                                    subject_type)
SELECT 'cgr_benchuser0000000', 'tpc_bench00000000000000000', a.id,
       '{read:posts}', 'user'
FROM tpa_data.resource_servers a
WHERE a.identifier = 'https://api.example.com/' ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.organization_connections (organization_id, connection_id)
SELECT o.id, 'con_bench00000000000' FROM tpa_data.organizations o
WHERE o.name = 'acme' ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.organization_members (organization_id, user_id)
SELECT o.id, 'auth0|bench' FROM tpa_data.organizations o
WHERE o.name = 'acme' ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.sessions (session_hash, user_id, connection_id,
        authenticated_at, idle_expires_at, expires_at)
VALUES (encode(sha256(convert_to(rpad('bench-session', 43, '0'), 'UTF8')),
               'hex'), 'auth0|bench', 'con_bench00000000000', now(),
        now() + interval '1 day', now() + interval '1 day')
ON CONFLICT DO NOTHING;
INSERT INTO tpa_data.user_grants (id, user_id, client_id, resource_server_id,
                                  organization_id, scope)
SELECT 'bench', 'auth0|bench', 'tpc_bench00000000000000000', a.id, o.id,
       '{read:posts,offline_access}'
FROM tpa_data.resource_servers a, tpa_data.organizations o
WHERE a.identifier = 'https://api.example.com/' AND o.name = 'acme'
ON CONFLICT DO NOTHING;

-- What is exchanged holds no offline_access: a family for each code would be
-- more than a user may have, and the oldest would go.
INSERT INTO tpa_data.authorization_codes (code_hash, client_id, user_id,
        resource_server_id, organization_id, connection_id, user_grant_id,
        session_hash, redirect_uri, code_challenge, scope, authenticated_at, expires_at)
SELECT encode(sha256(convert_to('bench-code-' || lpad(i::text, 32, '0'),
                                'UTF8')), 'hex'),
       g.client_id, g.user_id, g.resource_server_id, g.organization_id,
       'con_bench00000000000', g.id, s.session_hash,
       'https://app.example.com/back', :'challenge', '{read:posts}', now(),
       now() + interval '10 minutes'
FROM tpa_data.user_grants g, tpa_data.sessions s,
     generate_series(1, :codes) AS i
WHERE g.id = 'bench' AND s.user_id = 'auth0|bench';

INSERT INTO tpa_data.refresh_families (id, user_grant_id, user_id, client_id,
        resource_server_id, organization_id, connection_id, scope,
        authenticated_at)
SELECT 'bench-' || i, g.id, g.user_id, g.client_id, g.resource_server_id,
       g.organization_id, 'con_bench00000000000', '{read:posts,offline_access}',
       now()
FROM tpa_data.user_grants g, generate_series(1, :tokens) AS i
WHERE g.id = 'bench';
INSERT INTO tpa_data.refresh_tokens (token_hash, family_id, generation)
SELECT encode(sha256(convert_to('bench-refresh-' || lpad(i::text, 29, '0'),
                                'UTF8')), 'hex'), 'bench-' || i, 1
FROM generate_series(1, :tokens) AS i;
COMMIT;
