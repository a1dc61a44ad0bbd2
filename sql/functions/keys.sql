-- Signing keys. Their private parts come and go sealed.

CREATE OR REPLACE FUNCTION tpa.signing_keys(
    OUT kid text, OUT state text, OUT sealed text, OUT public_jwk text,
    OUT cert_pem text, OUT created_at text, OUT current_since text,
    OUT current_until text, OUT revoked_at text)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT k.kid, k.state, k.sealed, k.public_jwk::text, k.cert_pem,
           k.created_at::text, k.current_since::text, k.current_until::text,
           k.revoked_at::text
    FROM signing_keys k
    ORDER BY k.created_at DESC, k.kid;
$$;

-- A key as the Management API shows it, but for what is computed from cert.
CREATE OR REPLACE FUNCTION tpa_data.signing_key_json(k tpa_data.signing_keys)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'kid', k.kid, 'cert', k.cert_pem,
        'current', k.state = 'current', 'next', k.state = 'next',
        'previous', k.state = 'previous',
        'current_since', iso(k.current_since),
        'current_until', iso(k.current_until),
        'revoked', k.state = 'revoked', 'revoked_at', iso(k.revoked_at)));
$$;

-- All of them, newest first.
CREATE OR REPLACE FUNCTION tpa.signing_key_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT 'found', NULL, jsonb_build_object('items', coalesce(jsonb_agg(
        signing_key_json(k) ORDER BY k.created_at DESC, k.kid), '[]'))::text
    FROM signing_keys k;
$$;

-- {kid}
CREATE OR REPLACE FUNCTION tpa.signing_key_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT k.kid, signing_key_json(k)::text INTO id, body
    FROM signing_keys k WHERE k.kid = p::jsonb->>'kid';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {kid, sealed, public_jwk, cert_pem}. Next becomes current, current becomes
-- previous, the fresh one next; without keys the fresh one is current. Without
-- a next key the current one stays, for nobody has seen the fresh one yet:
-- result prepared. A kid that is there already: conflict.
CREATE OR REPLACE FUNCTION tpa.signing_key_rotate(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    has_current boolean;
    has_next boolean;
BEGIN
    id := o->>'kid';
    LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM signing_keys k WHERE k.kid = o->>'kid') THEN
        result := 'conflict';
        RETURN;
    END IF;
    SELECT coalesce(bool_or(k.state = 'current'), false),
           coalesce(bool_or(k.state = 'next'), false)
    INTO has_current, has_next FROM signing_keys k;
    IF has_next THEN
        UPDATE signing_keys SET state = 'previous', current_until = now()
        WHERE state = 'current';
        UPDATE signing_keys SET state = 'current', current_since = now()
        WHERE state = 'next';
        has_current := true;
    END IF;
    INSERT INTO signing_keys
        (kid, state, sealed, public_jwk, cert_pem, current_since)
    VALUES (o->>'kid', CASE WHEN has_current THEN 'next' ELSE 'current' END,
            o->>'sealed', (o->>'public_jwk')::jsonb, o->>'cert_pem',
            CASE WHEN has_current THEN NULL ELSE now() END);
    PERFORM event_write(p_event);
    result := CASE WHEN has_current AND NOT has_next THEN 'prepared'
                   ELSE 'rotated' END;
    body := jsonb_build_object('kid', o->'kid', 'cert', o->'cert_pem');
END $$;

-- {kid}. Only a previous key can be revoked; again: unchanged.
CREATE OR REPLACE FUNCTION tpa.signing_key_revoke(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    before text;
BEGIN
    SELECT k.kid, k.state,
           jsonb_build_object('kid', k.kid, 'cert', k.cert_pem)::text
    INTO id, before, body
    FROM signing_keys k WHERE k.kid = p::jsonb->>'kid' FOR UPDATE;
    result := CASE before WHEN 'previous' THEN 'revoked'
                          WHEN 'revoked' THEN 'unchanged'
                          ELSE 'not_previous' END;
    IF before IS NULL THEN
        result := 'not_found';
    ELSIF before = 'previous' THEN
        UPDATE signing_keys k SET state = 'revoked', revoked_at = now()
        WHERE k.kid = signing_key_revoke.id;
        PERFORM event_write(p_event);
    END IF;
END $$;
