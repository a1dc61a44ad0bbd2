-- So many machines of the tenant, each with its client grant, and with leave to
-- act for the Organization acme of the demonstration.
--   psql -v n=NUMBER -v secret=TEXT -f clients.sql
BEGIN;
INSERT INTO tpa_data.clients (client_id, name, app_type, grant_types,
                              token_endpoint_auth_method, secret_hash)
SELECT 'bench_' || lpad(i::text, 26, '0'), 'Machine ' || i, 'non_interactive',
       '{client_credentials}', 'client_secret_post',
       encode(sha256(convert_to(:'secret', 'UTF8')), 'hex')
FROM generate_series(1, :n) AS i;

INSERT INTO tpa_data.client_grants (id, client_id, resource_server_id, scope,
                                    organization_usage)
SELECT 'cgr_' || lpad(i::text, 16, '0'), 'bench_' || lpad(i::text, 26, '0'),
       a.id, '{create:posts,read:posts}', 'allow'
FROM generate_series(1, :n) AS i, tpa_data.resource_servers a
WHERE a.identifier = 'https://api.example.com/';

INSERT INTO tpa_data.organization_client_grants (organization_id, grant_id)
SELECT o.id, 'cgr_' || lpad(i::text, 16, '0')
FROM generate_series(1, :n) AS i, tpa_data.organizations o
WHERE o.name = 'acme';
COMMIT;
