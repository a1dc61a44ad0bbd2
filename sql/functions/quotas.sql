-- Tokens that applications get for themselves, counted against the quotas of
-- the application and of the Organization: one row of quota_uses for each of
-- them and each hour or day of UTC, by the clock of this server alone.

-- What a request is counted against, in the order in which rows are locked. An
-- own quota replaces the tenant's default as a whole.
CREATE OR REPLACE FUNCTION tpa_data.quota_limits(
    p_client_id text, p_organization_id text)
RETURNS TABLE (n integer, client_id text, organization_id text, bucket text,
               starts_at timestamptz, ends_at timestamptz, quota integer,
               enforce boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    WITH holders (o, client_id, organization_id, enforce, per_hour, per_day)
    AS (
        SELECT 0, c.client_id, NULL::text, coalesce(q.e, true), q.h, q.d
        FROM clients c, tenant t, LATERAL (
            SELECT c.quota_enforce, c.quota_per_hour, c.quota_per_day
            WHERE num_nonnulls(c.quota_enforce, c.quota_per_hour,
                               c.quota_per_day) > 0
            UNION ALL
            SELECT t.clients_quota_enforce, t.clients_quota_per_hour,
                   t.clients_quota_per_day
            WHERE num_nonnulls(c.quota_enforce, c.quota_per_hour,
                               c.quota_per_day) = 0) AS q (e, h, d)
        WHERE c.client_id = p_client_id
        UNION ALL
        SELECT 2, NULL, o.id, coalesce(q.e, true), q.h, q.d
        FROM organizations o, tenant t, LATERAL (
            SELECT o.quota_enforce, o.quota_per_hour, o.quota_per_day
            WHERE num_nonnulls(o.quota_enforce, o.quota_per_hour,
                               o.quota_per_day) > 0
            UNION ALL
            SELECT t.organizations_quota_enforce,
                   t.organizations_quota_per_hour,
                   t.organizations_quota_per_day
            WHERE num_nonnulls(o.quota_enforce, o.quota_per_hour,
                               o.quota_per_day) = 0) AS q (e, h, d)
        WHERE o.id = p_organization_id)
    SELECT h.o + b.o, h.client_id, h.organization_id, b.bucket, b.starts_at,
           b.starts_at + b.length, b.quota, h.enforce
    FROM holders h, LATERAL (VALUES
        (1, 'per_hour', date_trunc('hour', now(), 'UTC'), interval '1 hour',
         h.per_hour),
        (2, 'per_day', date_trunc('day', now(), 'UTC'), interval '24 hours',
         h.per_day)) AS b (o, bucket, starts_at, length, quota)
    WHERE b.quota IS NOT NULL
    ORDER BY 1;
$$;

-- The rows of earlier hours and days go when one of a new one comes.
CREATE OR REPLACE FUNCTION tpa_data.quota_tidy(
    p_client_id text, p_organization_id text, p_bucket text,
    p_starts_at timestamptz)
RETURNS void LANGUAGE sql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    DELETE FROM quota_uses u
    WHERE (u.client_id = p_client_id OR u.organization_id = p_organization_id)
      AND u.bucket = p_bucket AND u.starts_at < p_starts_at;
$$;

-- Give back what was taken in the hours and days in which p_at lies; of a
-- request that took less, the first p_most only.
CREATE OR REPLACE FUNCTION tpa_data.quota_untake(
    p_client_id text, p_organization_id text, p_at timestamptz, p_most integer)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    l record;
BEGIN
    FOR l IN SELECT * FROM quota_limits(p_client_id, p_organization_id) LOOP
        EXIT WHEN l.n > p_most;
        UPDATE quota_uses u SET used = u.used - 1
        WHERE (u.client_id = l.client_id
               OR u.organization_id = l.organization_id)
          AND u.bucket = l.bucket AND u.used > 0
          AND p_at >= u.starts_at
          AND p_at < u.starts_at + (l.ends_at - l.starts_at);
    END LOOP;
END $$;

-- Take one of each, or none: where an enforced one is used up, it is named.
CREATE OR REPLACE FUNCTION tpa_data.quota_use(
    p_client_id text, p_organization_id text)
RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    l record;
    is_new boolean;
    used_up text;
BEGIN
    FOR l IN SELECT * FROM quota_limits(p_client_id, p_organization_id) LOOP
        INSERT INTO quota_uses AS u
            (client_id, organization_id, bucket, starts_at, used)
        VALUES (l.client_id, l.organization_id, l.bucket, l.starts_at, 1)
        ON CONFLICT (client_id, organization_id, bucket, starts_at)
        DO UPDATE SET used = u.used + 1
            WHERE NOT l.enforce OR u.used < l.quota
        RETURNING u.used = 1 INTO is_new;
        IF NOT FOUND THEN
            used_up := CASE WHEN l.client_id IS NULL THEN 'organization'
                            ELSE 'client' END;
            PERFORM quota_untake(p_client_id, p_organization_id, now(),
                                 l.n - 1);
            EXIT;
        END IF;
        IF is_new THEN
            PERFORM quota_tidy(l.client_id, l.organization_id, l.bucket,
                               l.starts_at);
        END IF;
    END LOOP;
    RETURN (
        SELECT json_build_object(
            'used_up', used_up, 'at', extract(epoch FROM now())::bigint,
            'organization_id', p_organization_id,
            'buckets', coalesce(json_agg(json_build_object(
                'of', CASE WHEN x.client_id IS NULL THEN 'organization'
                           ELSE 'client' END,
                'bucket', x.bucket, 'quota', x.quota, 'enforce', x.enforce,
                'used', coalesce(CASE WHEN x.client_id IS NULL THEN
                    (SELECT u.used FROM quota_uses u
                     WHERE u.organization_id = x.organization_id
                       AND u.bucket = x.bucket AND u.starts_at = x.starts_at)
                ELSE
                    (SELECT u.used FROM quota_uses u
                     WHERE u.client_id = x.client_id
                       AND u.bucket = x.bucket AND u.starts_at = x.starts_at)
                END, 0),
                'left_s', ceil(extract(epoch FROM x.ends_at - now()))::bigint)
                ORDER BY x.n), '[]'))
        FROM quota_limits(p_client_id, p_organization_id) x)::text;
END $$;

-- The same for an application that proves who it is behind the facts.
CREATE OR REPLACE FUNCTION tpa.quota_take(
    p_client_id text, p_organization_id text, OUT quota text)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT quota_use(p_client_id, p_organization_id);
$$;

-- What was taken for a token that was not issued.
CREATE OR REPLACE FUNCTION tpa.quota_give(
    p_client_id text, p_organization_id text, p_at text, OUT done boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM quota_untake(p_client_id, p_organization_id,
                         to_timestamp(p_at::bigint), 4);
    done := true;
END $$;
