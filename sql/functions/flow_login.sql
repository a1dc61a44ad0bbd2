-- Logging in: who it is, failures, sessions, Organizations by name or domain.
-- Rows are locked in one order everywhere: user, session, consent, code,
-- family.

-- ---- failures ---------------------------------------------------------------

-- One failure more in a bucket. p_free of them cost nothing; from then on each
-- makes the next login wait until one was worked off, p_every_s later. Nobody
-- waits longer than p_longest_s, however many failed at once.
CREATE OR REPLACE FUNCTION tpa_data.login_failure(
    p_kind text, p_bucket integer, p_free integer, p_every_s integer,
    p_longest_s integer)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    every interval := p_every_s * interval '1 second';
    free interval := p_free * every;
BEGIN
    INSERT INTO login_throttle AS t (kind, bucket, full_until, open_at)
    VALUES (p_kind, p_bucket, clock_timestamp() + every,
            clock_timestamp() + every - free)
    ON CONFLICT (kind, bucket) DO UPDATE
    SET (full_until, open_at) = (
        SELECT s.until, s.until - free FROM (SELECT least(
            greatest(t.full_until, clock_timestamp()) + every,
            clock_timestamp() + free + p_longest_s * interval '1 second'))
            AS s(until));
END $$;

-- {account_key, address_key}, and perhaps account_free, account_every_s,
-- address_free, address_every_s, longest_wait_s
CREATE OR REPLACE FUNCTION tpa.login_failed(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := '{"account_free": 5, "account_every_s": 10,
                 "address_free": 50, "address_every_s": 2,
                 "longest_wait_s": 60}' || p::jsonb;
    kind text;
BEGIN
    FOREACH kind IN ARRAY '{account,address}'::text[] LOOP
        PERFORM login_failure(kind, (o->>(kind || '_key'))::integer,
                              (o->>(kind || '_free'))::integer,
                              (o->>(kind || '_every_s'))::integer,
                              (o->>'longest_wait_s')::integer);
    END LOOP;
    PERFORM event_write(p_event);
    result := 'updated';
END $$;

-- {connection_id, identifier, account_key, address_key, ip}. At the address of
-- the last login the owner does not wait for what others did to the account.
CREATE OR REPLACE FUNCTION tpa.login_lookup(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    who text := lower(o->>'identifier');
    u record;
    wait numeric;
BEGIN
    SELECT x.user_id, x.password_hash, x.blocked, x.name, x.email, x.last_ip
    INTO u
    FROM users x
    WHERE x.connection_id = o->>'connection_id' AND lower(x.email) = who
      AND x.password_hash IS NOT NULL;
    IF NOT FOUND THEN
        SELECT x.user_id, x.password_hash, x.blocked, x.name, x.email,
               x.last_ip
        INTO u
        FROM users x
        WHERE x.connection_id = o->>'connection_id' AND lower(x.username) = who
          AND x.password_hash IS NOT NULL;
    END IF;
    id := u.user_id;
    result := CASE WHEN id IS NULL THEN 'not_found' ELSE 'found' END;
    SELECT max(extract(epoch FROM t.open_at - clock_timestamp())) INTO wait
    FROM login_throttle t
    WHERE (t.kind = 'account' AND t.bucket = (o->>'account_key')::integer
           AND u.last_ip IS DISTINCT FROM coalesce(address_of(o->>'ip'),
                                                   inet '0.0.0.0'))
       OR (t.kind = 'address' AND t.bucket = (o->>'address_key')::integer);
    body := jsonb_strip_nulls(jsonb_build_object(
        'password_hash', u.password_hash, 'blocked', u.blocked,
        'name', u.name, 'email', u.email,
        'wait_s', greatest(ceil(coalesce(wait, 0)), 0)::integer));
END $$;

-- ---- sessions ---------------------------------------------------------------

-- A new session; the one it follows ends. What the same user has from that one,
-- in another window, is carried over. When the login was is told by httpd,
-- whose clock also says when the application asked for it.
CREATE OR REPLACE FUNCTION tpa_data.session_put(
    o jsonb, p_user_id text, p_connection_id text)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    INSERT INTO sessions (session_hash, user_id, connection_id,
        authenticated_at, idle_expires_at, expires_at, ip, user_agent)
    VALUES (o->>'session_hash', p_user_id, p_connection_id,
            coalesce(timestamptz 'epoch' + (o->>'authenticated_at')::bigint
                     * interval '1 microsecond', now()),
            now() + (o->>'idle_s')::integer * interval '1 second',
            now() + (o->>'lifetime_s')::integer * interval '1 second',
            address_of(o->>'ip'), left(o->>'user_agent', 255));
    IF o->>'old_session_hash' IS NOT NULL THEN
        UPDATE authorization_codes x SET session_hash = o->>'session_hash'
        WHERE x.session_hash = o->>'old_session_hash'
          AND x.user_id = p_user_id;
        UPDATE refresh_families f SET session_hash = o->>'session_hash'
        WHERE f.session_hash = o->>'old_session_hash'
          AND f.user_id = p_user_id;
        DELETE FROM sessions s WHERE s.session_hash = o->>'old_session_hash';
    END IF;
END $$;

-- What is no address, of a proxy that says "unknown", is none.
CREATE OR REPLACE FUNCTION tpa_data.address_of(p_text text)
RETURNS inet LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN p_text::inet;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN NULL;
END $$;

-- {session_hash, old_session_hash, user_id, connection_id, password_hash, ip,
-- user_agent, lifetime_s, idle_s, account_key}. password_hash, when it is
-- there: what the password was compared with. The account's failures are
-- forgiven.
CREATE OR REPLACE FUNCTION tpa.session_start(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    UPDATE users u
    SET last_login_at = now(), last_ip = address_of(o->>'ip'),
        logins_count = u.logins_count + 1
    WHERE u.user_id = o->>'user_id' AND u.connection_id = o->>'connection_id'
      AND NOT u.blocked
      AND (o->>'password_hash' IS NULL
           OR u.password_hash = o->>'password_hash')
    RETURNING u.user_id INTO id;
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    PERFORM session_put(o, id, o->>'connection_id');
    DELETE FROM login_throttle t
    WHERE t.kind = 'account' AND t.bucket = (o->>'account_key')::integer;
    PERFORM event_write(p_event);
    result := 'created';
END $$;

-- The id of a user whom another system names; an id has 255 characters at most.
CREATE OR REPLACE FUNCTION tpa_data.external_user_id(
    p_strategy text, p_connection text, p_subject text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT p_strategy || '|' || p_connection || '|'
        || CASE WHEN length(p_strategy || p_connection || p_subject) <= 250
                THEN p_subject
                ELSE encode(sha256(convert_to(p_subject, 'UTF8')), 'hex') END;
$$;

-- {connection: its name, subject, email, email_verified, name, and what
-- session_start takes of the session}. Whose passwords we hold, nobody else may
-- name. Users are told apart by connection and subject, never by e-mail; a
-- conflict is an id that a user of another connection has.
CREATE OR REPLACE FUNCTION tpa.session_external(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    c record;
    u record;
BEGIN
    SELECT x.id, x.name, x.strategy INTO c FROM connections x
    WHERE x.name = o->>'connection' AND x.strategy <> 'auth0' FOR KEY SHARE;
    IF NOT FOUND THEN
        result := 'no_connection';
        RETURN;
    END IF;
    INSERT INTO users (user_id, connection_id, connection_user_id)
    VALUES (external_user_id(c.strategy, c.name, o->>'subject'), c.id,
            o->>'subject')
    ON CONFLICT DO NOTHING;
    PERFORM FROM users x
    WHERE x.connection_id = c.id AND x.connection_user_id = o->>'subject';
    IF NOT FOUND THEN
        result := 'conflict';
        RETURN;
    END IF;
    UPDATE users x
    SET email = coalesce(o->>'email', x.email),
        email_verified = coalesce((o->>'email_verified')::boolean,
                                  x.email_verified),
        name = coalesce(o->>'name', x.name), last_login_at = now(),
        last_ip = address_of(o->>'ip'), logins_count = x.logins_count + 1
    WHERE x.connection_id = c.id AND x.connection_user_id = o->>'subject'
      AND NOT x.blocked
    RETURNING x.user_id, x.name INTO u;
    IF NOT FOUND THEN
        result := 'blocked';
        RETURN;
    END IF;
    id := u.user_id;
    PERFORM session_put(o, id, c.id);
    PERFORM event_write((p_event::jsonb || jsonb_build_object(
        'user_id', id, 'user_name', u.name, 'connection', c.name,
        'connection_id', c.id, 'strategy', c.strategy))::text);
    result := 'created';
END $$;

-- {session_hash}. Codes that were not exchanged go with it.
CREATE OR REPLACE FUNCTION tpa.session_end(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM sessions s WHERE s.session_hash = p::jsonb->>'session_hash'
    RETURNING s.user_id INTO id;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;

-- ---- Organizations before the login -----------------------------------------

-- {name} or {domain}, and client_id: how an Organization stands to it.
CREATE OR REPLACE FUNCTION tpa.organization_find(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    found_ids text[];
BEGIN
    IF o->>'name' IS NOT NULL THEN
        found_ids := ARRAY(SELECT g.id::text FROM organizations g
                           WHERE g.name = o->>'name');
    ELSE
        found_ids := ARRAY(
            SELECT d.organization_id::text FROM organization_domains d
            WHERE d.domain = lower(o->>'domain') AND d.status = 'verified'
              AND d.use_for_organization_discovery
            ORDER BY d.organization_id LIMIT 100);
    END IF;
    result := 'found';
    body := jsonb_build_object('items', coalesce((
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'id', g.id, 'name', g.name, 'display_name', g.display_name,
            'logo_url', g.branding_logo_url,
            'admits_third_party', g.third_party_client_access = 'allow',
            'lists_clients', g.is_app_entitlement_active,
            'listed', e.client_id IS NOT NULL,
            'listed_for_members', coalesce(e.use_for_member_access, false)))
            ORDER BY lower(coalesce(g.display_name, g.name)), g.id)
        FROM unnest(found_ids) AS w(id) JOIN organizations g ON g.id = w.id
        LEFT JOIN organization_clients e
            ON e.organization_id = g.id AND e.client_id = o->>'client_id'),
        '[]'));
END $$;
