-- Refresh tokens in use. Which token of a family is the newest is told by
-- generation, never by time; the row of the family is the lock.

-- {token_hash, client_id, rotates, new_hash, successor, leeway_s, idle_s,
-- proof: {jkt, jti_hash, expires}, reuse_event}. With a fresh proof, or without
-- any, the first statement decides: of all callers with one token,
-- at all nodes, it finds its row for one.
CREATE OR REPLACE FUNCTION tpa.refresh_use(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    rotates boolean := coalesce(o->'rotates' = 'true', false);
    sent integer;
BEGIN
    IF NOT proof_use(o->'proof') THEN
        result := 'replayed';
        RETURN;
    END IF;
    UPDATE refresh_families f
    SET generation = f.generation + rotates::integer, last_used_at = now(),
        idle_expires_at = now() + nullif((o->>'idle_s')::bigint, 0)
                                  * interval '1 second'
    FROM refresh_tokens t
    WHERE t.token_hash = o->>'token_hash' AND f.id = t.family_id
      AND f.client_id = o->>'client_id' AND f.generation = t.generation
      AND f.revoked_at IS NULL
      AND (f.expires_at IS NULL OR f.expires_at > now())
      AND (f.idle_expires_at IS NULL OR f.idle_expires_at > now())
    RETURNING f.id, t.generation INTO id, sent;
    IF NOT FOUND THEN
        SELECT * INTO result, id, body FROM refresh_late(o, p_event);
        RETURN;
    END IF;
    IF rotates THEN
        -- That of the token before is of no use any more.
        UPDATE refresh_tokens t
        SET exchanged_at = CASE WHEN t.generation = sent
                                THEN clock_timestamp() ELSE t.exchanged_at END,
            successor = CASE WHEN t.generation = sent
                             THEN o->>'successor' END
        WHERE t.family_id = refresh_use.id
          AND t.generation IN (sent - 1, sent);
        INSERT INTO refresh_tokens (token_hash, family_id, generation)
        VALUES (o->>'new_hash', id, sent + 1);
    END IF;
    PERFORM event_write(p_event);
    result := 'updated';
END $$;

-- A token that is not, or no longer, the newest one of a living family.
CREATE OR REPLACE FUNCTION tpa_data.refresh_late(
    o jsonb, p_event text, OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    h record;
BEGIN
    SELECT f.id, f.generation AS latest, t.generation AS sent, t.successor,
           t.exchanged_at
    INTO h FROM refresh_tokens t JOIN refresh_families f ON f.id = t.family_id
    WHERE t.token_hash = o->>'token_hash' AND f.client_id = o->>'client_id'
      AND f.revoked_at IS NULL
      AND (f.expires_at IS NULL OR f.expires_at > now())
      AND (f.idle_expires_at IS NULL OR f.idle_expires_at > now());
    IF NOT FOUND OR h.sent >= h.latest THEN
        result := 'not_found';
        RETURN;
    END IF;
    id := h.id;
    IF h.sent = h.latest - 1 AND h.successor IS NOT NULL
       AND clock_timestamp() <= h.exchanged_at
           + coalesce((o->>'leeway_s')::bigint, 0) * interval '1 second' THEN
        body := jsonb_build_object('successor', h.successor);
        PERFORM event_write(p_event);
        result := 'repeated';
        RETURN;
    END IF;
    UPDATE refresh_families f
    SET revoked_at = now(), revoked_reason = 'reuse'
    WHERE f.id = h.id AND f.revoked_at IS NULL;
    IF NOT FOUND THEN
        -- Another caller saw it first, and said so.
        id := NULL;
        result := 'not_found';
        RETURN;
    END IF;
    PERFORM event_write(o->>'reuse_event');
    body := jsonb_build_object('generation', h.sent, 'latest', h.latest);
    result := 'reused';
END $$;

-- {token_hash, client_id, takes_consent}. Any token of a family ends it.
CREATE OR REPLACE FUNCTION tpa.refresh_end(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    consent text;
BEGIN
    SELECT f.id, f.user_grant_id INTO id, consent
    FROM refresh_tokens t JOIN refresh_families f ON f.id = t.family_id
    WHERE t.token_hash = o->>'token_hash' AND f.client_id = o->>'client_id'
      AND family_lives(f);
    IF FOUND AND o->'takes_consent' = 'true' AND consent IS NOT NULL THEN
        DELETE FROM user_grants g WHERE g.id = consent;
    ELSIF FOUND THEN
        UPDATE refresh_families f
        SET revoked_at = now(), revoked_reason = 'revoked'
        WHERE f.id = refresh_end.id AND f.revoked_at IS NULL;
    END IF;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
