-- Registrations as httpd makes them, for bench/register.sh: the same function,
-- the same members, an event each. Their time is spread over 30 days.
UPDATE tpa_data.tenant SET flag_enable_dynamic_client_registration = true;

CREATE FUNCTION bench_text(p_number bigint) RETURNS text LANGUAGE sql AS $$
    SELECT replace(replace($json$
{"strict": {"client": {"client_id": "tpc_ID", "name": "MCP CLI",
  "description": "", "callbacks": ["http://127.0.0.1:33418/callback"],
  "allowed_origins": ["http://127.0.0.1:33418"], "web_origins": [],
  "is_first_party": false, "oidc_conformant": true, "app_type": "native",
  "require_proof_of_possession": false, "registered_via": "dynamic",
  "jwt_configuration": {"lifetime_in_seconds": 3600, "alg": "RS256"},
  "third_party_security_mode": "strict",
  "redirection_policy": "open_redirect_protection",
  "grant_types": ["authorization_code", "refresh_token"],
  "token_endpoint_auth_method": "none",
  "refresh_token": {"rotation_type": "rotating",
    "expiration_type": "expiring", "leeway": 0, "token_lifetime": 2592000,
    "infinite_token_lifetime": false, "idle_token_lifetime": 1296000,
    "infinite_idle_token_lifetime": false}},
 "event": {"log_id": "LOG", "date": 1700000000000000, "type": "sapi",
  "description": "Dynamic client registration", "client_id": "tpc_ID",
  "client_name": "MCP CLI", "ip": "192.0.2.1", "user_agent": "node",
  "hostname": "bench.example.com", "details": {
   "request": {"method": "POST", "path": "/oidc/register"},
   "response": {"statusCode": 201, "body": {
    "client_id_issued_at": 1700000000, "client_name": "MCP CLI",
    "redirect_uris": ["http://127.0.0.1:33418/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none", "response_types": ["code"],
    "application_type": "native", "client_id": "tpc_ID"}}}}}}$json$,
        'ID', left(md5(p_number::text), 22)), 'LOG',
        lpad(to_hex(p_number), 16, '0') || 'bench');
$$;

CREATE FUNCTION bench_register(p_number bigint) RETURNS text LANGUAGE sql AS $$
    SELECT r.result FROM tpa.client_register(bench_text(p_number)) AS r;
$$;

CREATE PROCEDURE bench_fill(p_from bigint, p_to bigint)
LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN p_from .. p_to LOOP
        PERFORM bench_register(i);
        IF i % 1000 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$;
