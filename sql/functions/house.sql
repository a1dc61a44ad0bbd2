-- Housekeeping: rows whose time is over go.

-- Take away at most p_most rows of a kind that ended more than p_keep_s seconds
-- ago, the oldest first; deleted < p_most: there are no more. One node at a
-- time does it for a kind, others are told 0; a row that somebody holds is
-- passed over until the next time. Nothing waits for long, here or elsewhere.
CREATE OR REPLACE FUNCTION tpa.housekeep(
    p_what text, p_keep_s text, p_most text, OUT deleted integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    ended timestamptz := now() - p_keep_s::bigint * interval '1 second';
    most integer := p_most;
BEGIN
    deleted := 0;
    IF NOT pg_try_advisory_xact_lock(hashtext('tpa.housekeep'),
                                     hashtext(p_what)) THEN
        RETURN;
    END IF;
    CASE p_what
    WHEN 'families' THEN
        deleted := house_families(ended, most);
        RETURN;
    WHEN 'registrations' THEN
        deleted := (SELECT r.reaped::integer
                    FROM tpa.registrations_reap(p_keep_s, p_most) AS r);
        RETURN;
    WHEN 'codes' THEN
        DELETE FROM authorization_codes WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM authorization_codes WHERE expires_at < ended
            ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'sessions' THEN
        DELETE FROM sessions WHERE session_hash = ANY (ARRAY(
            SELECT session_hash FROM (
                SELECT session_hash FROM sessions WHERE expires_at < ended
                ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED) AS a
            UNION
            SELECT session_hash FROM (
                SELECT session_hash FROM sessions WHERE idle_expires_at < ended
                ORDER BY idle_expires_at LIMIT most
                FOR UPDATE SKIP LOCKED) AS b
            LIMIT most));
    WHEN 'jti' THEN
        DELETE FROM seen_jti WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM seen_jti WHERE expires_at < ended
            ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'throttle' THEN
        DELETE FROM login_throttle WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM login_throttle
            WHERE full_until < ended AND open_at < ended
            ORDER BY full_until LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'events' THEN
        DELETE FROM log_events WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM log_events WHERE date < ended
            ORDER BY date LIMIT most FOR UPDATE SKIP LOCKED));
    END CASE;
    GET DIAGNOSTICS deleted = ROW_COUNT;
END $$;

-- Families of refresh tokens that were revoked or have expired. One may hold
-- very many tokens, which count as rows too; it goes when none is left.
CREATE OR REPLACE FUNCTION tpa_data.house_families(
    ended timestamptz, most integer) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    dead text[];
    tokens integer;
    families integer;
BEGIN
    dead := ARRAY(
        SELECT id FROM (
            SELECT id FROM refresh_families WHERE revoked_at < ended
            ORDER BY revoked_at LIMIT most FOR UPDATE SKIP LOCKED) AS a
        UNION
        SELECT id FROM (
            SELECT id FROM refresh_families WHERE expires_at < ended
            ORDER BY expires_at LIMIT most FOR UPDATE SKIP LOCKED) AS b
        UNION
        SELECT id FROM (
            SELECT id FROM refresh_families WHERE idle_expires_at < ended
            ORDER BY idle_expires_at LIMIT most FOR UPDATE SKIP LOCKED) AS c
        LIMIT most);
    DELETE FROM refresh_tokens WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM refresh_tokens WHERE family_id = ANY (dead)
        LIMIT most));
    GET DIAGNOSTICS tokens = ROW_COUNT;
    IF tokens >= most THEN
        RETURN tokens;
    END IF;
    DELETE FROM refresh_families WHERE id = ANY (dead);
    GET DIAGNOSTICS families = ROW_COUNT;
    RETURN tokens + families;
END $$;
