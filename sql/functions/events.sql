-- The audit record, and values that count once.

-- A batch of events in one call. Repeating it adds nothing.
CREATE OR REPLACE FUNCTION tpa.events_add(p_batch text, OUT added integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    INSERT INTO log_events
        (log_id, date, type, ref, description, rule, client_id, client_name,
         audience, scope, organization_id, organization_name, user_id,
         user_name, connection, connection_id, strategy, strategy_type,
         correlation_id, ip, user_agent, hostname, details)
    SELECT e.log_id, timestamptz 'epoch' + e.date * interval '1 microsecond',
           e.type, e.ref, e.description, e.rule, e.client_id, e.client_name,
           e.audience, e.scope, e.organization_id, e.organization_name,
           e.user_id, e.user_name, e.connection, e.connection_id, e.strategy,
           e.strategy_type, e.correlation_id, e.ip, e.user_agent, e.hostname,
           e.details
    FROM jsonb_to_recordset(p_batch::jsonb) AS e
        (log_id text, date bigint, type text, ref text, description text,
         rule text, client_id text, client_name text, audience text,
         scope text, organization_id text, organization_name text,
         user_id text, user_name text, connection text, connection_id text,
         strategy text, strategy_type text, correlation_id text, ip text,
         user_agent text, hostname text, details jsonb)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS added = ROW_COUNT;
END $$;

-- An event as it was handed in.
CREATE OR REPLACE FUNCTION tpa_data.event_json(p_event tpa_data.log_events)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT (jsonb_strip_nulls(to_jsonb(p_event) - 'details')
            || jsonb_build_object('date', (extract(epoch FROM p_event.date)
                                           * 1000000)::bigint)
            || CASE WHEN p_event.details IS NULL THEN '{}'
                    ELSE jsonb_build_object('details', p_event.details) END
           )::text;
$$;

CREATE OR REPLACE FUNCTION tpa.event_by_ref(p_ref text)
RETURNS TABLE (event text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT event_json(e) FROM log_events e WHERE e.ref = p_ref;
$$;

-- The newest refusal; of one application, or of all when that is null.
CREATE OR REPLACE FUNCTION tpa.event_latest_refusal(p_client_id text)
RETURNS TABLE (event text) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF p_client_id IS NULL THEN
        RETURN QUERY SELECT event_json(e) FROM log_events e
            WHERE e.ref IS NOT NULL ORDER BY e.log_id DESC LIMIT 1;
    ELSE
        RETURN QUERY SELECT event_json(e) FROM log_events e
            WHERE e.client_id = p_client_id AND e.ref IS NOT NULL
            ORDER BY e.log_id DESC LIMIT 1;
    END IF;
END $$;

-- Use up a value: of all callers at all nodes one gets fresh = true. Expired
-- values go as new ones come, so the table needs no other care.
CREATE OR REPLACE FUNCTION tpa.jti_use(
    p_client_id text, p_jti_hash text, p_expires_epoch text, OUT fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM seen_jti s WHERE s.ctid IN (
        SELECT o.ctid FROM seen_jti o WHERE o.expires_at < now()
        ORDER BY o.expires_at LIMIT 4 FOR UPDATE SKIP LOCKED);
    INSERT INTO seen_jti AS s (owner, jti_hash, expires_at)
    VALUES (p_client_id, p_jti_hash, to_timestamp(p_expires_epoch::bigint))
    ON CONFLICT (owner, jti_hash) DO UPDATE SET expires_at = EXCLUDED.expires_at
        WHERE s.expires_at < now();
    fresh := FOUND;
END $$;

-- The same for a proof of possession, {jkt, jti_hash, expires} with a time in
-- seconds; where there is none, nothing is in the way.
CREATE OR REPLACE FUNCTION tpa_data.proof_use(p_proof jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN p_proof IS NULL OR (
        SELECT u.fresh FROM tpa.jti_use(p_proof->>'jkt', p_proof->>'jti_hash',
                                        p_proof->>'expires') AS u);
END $$;
