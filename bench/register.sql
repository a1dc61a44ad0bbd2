-- Registrations as httpd makes them, for bench/register.sh: the same function,
-- the same members, an event each.
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

-- One that the function made, so many times, with its event: the same rows in a
-- small part of the time.
CREATE PROCEDURE bench_fill(p_count bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bench_register(0);
    INSERT INTO tpa_data.clients
    SELECT r.* FROM tpa_data.clients c, generate_series(1, p_count) AS i,
        LATERAL jsonb_populate_record(c, jsonb_build_object(
            'client_id', 'tpc_' || left(md5(i::text), 22))) AS r
    WHERE c.registered_via = 'dynamic';
    INSERT INTO tpa_data.log_events
    SELECT r.* FROM tpa_data.log_events e, generate_series(1, p_count) AS i,
        LATERAL jsonb_populate_record(e, jsonb_build_object(
            'log_id', lpad(to_hex(i), 16, '0') || 'bench',
            'client_id', 'tpc_' || left(md5(i::text), 22))) AS r
    WHERE e.type = 'sapi' AND e.log_id = '0000000000000000bench';
END $$;
