-- Authorization codes: made once, exchanged once.

-- The event of becoming a member by a login, beside that of the login: the same
-- people, just behind it in the record.
CREATE OR REPLACE FUNCTION tpa_data.event_of_joining(p_event text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT (e - '{ref,rule,audience,scope,details}'::text[]
            || jsonb_build_object('log_id', e->>'log_id' || 'm',
                   'type', 'organization_member_added',
                   'description', 'became a member by login'))::text
    FROM (SELECT p_event::jsonb) AS s(e);
$$;

-- Everything a code names is there, and stays as long as the transaction. The
-- session may prolong itself meanwhile, but not end.
CREATE OR REPLACE FUNCTION tpa_data.code_holds(o jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM users u
    WHERE u.user_id = o->>'user_id' AND NOT u.blocked FOR KEY SHARE;
    IF FOUND THEN
        PERFORM FROM sessions s
        WHERE s.session_hash = o->>'session_hash'
          AND s.user_id = o->>'user_id'
          AND s.connection_id = o->>'connection_id'
          AND s.expires_at > now() AND s.idle_expires_at > now()
        FOR NO KEY UPDATE;
    END IF;
    IF FOUND THEN
        PERFORM FROM clients c, resource_servers a
        WHERE c.client_id = o->>'client_id' AND a.id = o->>'api_id'
        FOR KEY SHARE;
    END IF;
    IF FOUND AND o->>'org_id' IS NOT NULL THEN
        PERFORM FROM organizations g WHERE g.id = o->>'org_id' FOR KEY SHARE;
    END IF;
    RETURN FOUND;
END $$;

-- Consent that was given now joins what there is; its id. Without new consent
-- that of the one there is, or null. Who registered itself is in use from the
-- first consent on.
CREATE OR REPLACE FUNCTION tpa_data.consent_put(o jsonb)
RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    new_id text := o #>> '{consent,id}';
    kept text;
BEGIN
    IF new_id IS NOT NULL THEN
        INSERT INTO user_grants AS g (id, user_id, client_id,
            resource_server_id, organization_id, scope, document_hash)
        VALUES (new_id, o->>'user_id', o->>'client_id', o->>'api_id',
                o->>'org_id', words(o #> '{consent,scope}'),
                o #>> '{consent,document_hash}')
        ON CONFLICT (user_id, client_id, resource_server_id, organization_id)
        DO UPDATE SET updated_at = now(),
            document_hash = EXCLUDED.document_hash,
            scope = CASE WHEN g.document_hash IS DISTINCT FROM
                              EXCLUDED.document_hash
                         THEN '{}' ELSE g.scope END || ARRAY(
            SELECT w FROM unnest(EXCLUDED.scope) WITH ORDINALITY AS x(w, n)
            WHERE g.document_hash IS DISTINCT FROM EXCLUDED.document_hash
               OR w <> ALL (g.scope) ORDER BY n)
        RETURNING g.id INTO kept;
        UPDATE clients c SET used_at = now()
        WHERE c.client_id = o->>'client_id' AND c.registered_via <> 'manual'
          AND c.used_at IS NULL;
    ELSIF o->>'org_id' IS NULL THEN
        SELECT g.id INTO kept FROM user_grants g
        WHERE g.user_id = o->>'user_id' AND g.client_id = o->>'client_id'
          AND g.resource_server_id = o->>'api_id'
          AND g.organization_id IS NULL FOR KEY SHARE;
    ELSE
        SELECT g.id INTO kept FROM user_grants g
        WHERE g.user_id = o->>'user_id' AND g.client_id = o->>'client_id'
          AND g.resource_server_id = o->>'api_id'
          AND g.organization_id = o->>'org_id' FOR KEY SHARE;
    END IF;
    RETURN kept;
END $$;

-- {code_hash, client_id, user_id, api_id, org_id, connection_id, session_hash,
-- redirect_uri, code_challenge, scope, details: [{type, text}] or absent, nonce,
-- dpop_jkt, authenticated_at, ttl_s, joins, consent: {id, scope,
-- document_hash}, ticket_hash, ticket_expires}. What may be missing is looked at
-- before anything is written.
CREATE OR REPLACE FUNCTION tpa.code_issue(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    consent text;
BEGIN
    IF NOT code_holds(o) THEN
        result := 'not_found';
        RETURN;
    END IF;
    IF o->>'ticket_hash' IS NOT NULL AND NOT (
        SELECT u.fresh FROM tpa.jti_use('ticket', o->>'ticket_hash',
            ((o->>'ticket_expires')::bigint / 1000000)::text) AS u) THEN
        result := 'repeated';
        RETURN;
    END IF;
    UPDATE sessions s
    SET last_used_at = now(),
        idle_expires_at = now() + (SELECT t.idle_session_lifetime FROM tenant t)
                                  * interval '1 hour'
    WHERE s.session_hash = o->>'session_hash';
    consent := consent_put(o);
    INSERT INTO authorization_codes
        (code_hash, client_id, user_id, resource_server_id, organization_id,
         connection_id, session_hash, user_grant_id, redirect_uri,
         code_challenge, scope, authorization_details, nonce, dpop_jkt,
         authenticated_at, expires_at)
    VALUES (o->>'code_hash', o->>'client_id', o->>'user_id', o->>'api_id',
            o->>'org_id', o->>'connection_id', o->>'session_hash', consent,
            o->>'redirect_uri', o->>'code_challenge', words(o->'scope'),
            o->'details', o->>'nonce', o->>'dpop_jkt',
            timestamptz 'epoch' + (o->>'authenticated_at')::bigint
                                  * interval '1 microsecond',
            now() + (o->>'ttl_s')::integer * interval '1 second');
    PERFORM event_write(p_event);
    IF o->'joins' = 'true' AND o->>'org_id' IS NOT NULL THEN
        INSERT INTO organization_members (organization_id, user_id)
        VALUES (o->>'org_id', o->>'user_id') ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM event_write(event_of_joining(p_event));
        END IF;
    END IF;
    id := consent;
    result := 'created';
END $$;

-- ---- the exchange -----------------------------------------------------------

-- No more than 200 refresh tokens of a user at an application: the oldest go.
-- They are looked at one by one only where an index says that there are more.
CREATE OR REPLACE FUNCTION tpa_data.families_limit(
    p_user_id text, p_client_id text)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM refresh_families f
    WHERE f.user_id = p_user_id AND f.client_id = p_client_id
      AND f.revoked_at IS NULL
    ORDER BY f.created_at DESC, f.id DESC OFFSET 200 LIMIT 1;
    IF FOUND THEN
        UPDATE refresh_families f
        SET revoked_at = now(), revoked_reason = 'limit'
        WHERE f.revoked_at IS NULL AND f.id IN (
            SELECT x.id FROM refresh_families x
            WHERE x.user_id = p_user_id AND x.client_id = p_client_id
              AND x.revoked_at IS NULL
              AND (x.expires_at IS NULL OR x.expires_at > now())
              AND (x.idle_expires_at IS NULL OR x.idle_expires_at > now())
            ORDER BY x.created_at DESC, x.id DESC OFFSET 200);
    END IF;
END $$;

-- Use a code up, and start the family of refresh tokens that f describes. One
-- statement: of all callers one gets the user, the others null.
CREATE OR REPLACE FUNCTION tpa_data.code_use(
    p_code_hash text, p_client_id text, f jsonb)
RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    lifetime interval := nullif((f->>'lifetime_s')::bigint, 0)
                         * interval '1 second';
    idle interval := nullif((f->>'idle_s')::bigint, 0) * interval '1 second';
    whose text;
BEGIN
    WITH used AS (
        UPDATE authorization_codes x
        SET used_at = now(), family_id = f->>'id'
        WHERE x.code_hash = p_code_hash AND x.client_id = p_client_id
          AND x.used_at IS NULL AND x.expires_at > now()
        RETURNING x.*
    ), family AS (
        INSERT INTO refresh_families (id, user_grant_id, user_id, client_id,
            resource_server_id, organization_id, connection_id, session_hash,
            scope, authorization_details, dpop_jkt, authenticated_at,
            idle_expires_at, expires_at)
        SELECT f->>'id', u.user_grant_id, u.user_id, u.client_id,
               u.resource_server_id, u.organization_id, u.connection_id,
               u.session_hash, u.scope, u.authorization_details,
               f->>'dpop_jkt', u.authenticated_at, now() + idle,
               now() + lifetime
        FROM used u WHERE f->>'id' IS NOT NULL
        RETURNING refresh_families.id
    ), token AS (
        INSERT INTO refresh_tokens (token_hash, family_id, generation)
        SELECT f->>'token_hash', y.id, 1 FROM family y
    )
    SELECT u.user_id INTO whose FROM used u;
    RETURN whose;
END $$;

-- {code_hash, client_id, family: {id, token_hash, lifetime_s, idle_s, dpop_jkt},
-- proof: {jkt, jti_hash, expires}, reuse_event}. Without a fresh proof nothing
-- is given, but the second use of a code is noticed.
CREATE OR REPLACE FUNCTION tpa.code_redeem(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    c record;
    whose text;
    fresh boolean := true;
BEGIN
    SELECT x.user_id, x.session_hash, x.user_grant_id INTO c
    FROM authorization_codes x
    WHERE x.code_hash = o->>'code_hash' AND x.client_id = o->>'client_id';
    PERFORM FROM users u JOIN sessions s ON s.user_id = u.user_id
    WHERE u.user_id = c.user_id AND NOT u.blocked
      AND s.session_hash = c.session_hash FOR KEY SHARE;
    IF FOUND THEN
        PERFORM FROM user_grants g WHERE g.id = c.user_grant_id FOR KEY SHARE;
        fresh := proof_use(o->'proof');
        IF fresh THEN
            whose := code_use(o->>'code_hash', o->>'client_id', o->'family');
        END IF;
    END IF;
    IF whose IS NOT NULL THEN
        id := o #>> '{family,id}';
        IF id IS NOT NULL THEN
            PERFORM families_limit(whose, o->>'client_id');
        END IF;
        PERFORM event_write(p_event);
        result := 'updated';
        RETURN;
    END IF;
    SELECT x.family_id INTO id FROM authorization_codes x
    WHERE x.code_hash = o->>'code_hash' AND x.client_id = o->>'client_id'
      AND x.used_at IS NOT NULL;
    IF NOT FOUND THEN
        result := CASE WHEN fresh THEN 'not_found' ELSE 'replayed' END;
        RETURN;
    END IF;
    UPDATE refresh_families f
    SET revoked_at = now(), revoked_reason = 'code_reuse'
    WHERE f.id = code_redeem.id AND f.revoked_at IS NULL;
    PERFORM event_write(o->>'reuse_event');
    result := 'reused';
END $$;
