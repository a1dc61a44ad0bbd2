-- Applications that register themselves.

-- {strict: {client, event}, permissive: {client, event}}: members of client as
-- of client_create. The tenant says which of the two it is to be, or that
-- there is none: closed.
CREATE OR REPLACE FUNCTION tpa.client_register(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb;
BEGIN
    SELECT p::jsonb -> CASE
               WHEN t.permissive_mode_available
                AND t.dynamic_client_registration_security_mode = 'permissive'
               THEN 'permissive' ELSE 'strict' END
    INTO o FROM tenant t WHERE t.flag_enable_dynamic_client_registration;
    IF NOT FOUND THEN
        result := 'closed';
        RETURN;
    END IF;
    result := 'conflict';
    IF row_add('clients', client_row(o->'client')) THEN
        id := o #>> '{client,client_id}';
        PERFORM event_write(o->>'event');
        result := 'created';
    END IF;
END $$;

-- Has an administrator taken an application in hand: given it a grant, a key, a
-- connection, an Organization, an invitation or a limit?
CREATE OR REPLACE FUNCTION tpa_data.client_in_hand(p_client_id text)
RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM client_grants x
                   WHERE x.client_id = p_client_id)
        OR EXISTS (SELECT FROM client_credentials x
                   WHERE x.client_id = p_client_id)
        OR EXISTS (SELECT FROM client_connections x
                   WHERE x.client_id = p_client_id)
        OR EXISTS (SELECT FROM organization_clients x
                   WHERE x.client_id = p_client_id)
        OR EXISTS (SELECT FROM invitations x
                   WHERE x.client_id = p_client_id)
        OR EXISTS (SELECT FROM rate_limit_policies x
                   WHERE x.client_id = p_client_id);
END $$;

-- Take away applications that registered themselves longer ago than p_seconds
-- and that no user ever consented to; of the oldest p_limit. Those that an
-- administrator has changed or taken in hand stay, and count as used from now
-- on. Who is in a login at this moment is passed over; nodes that do this at
-- once take different ones. One by one: as a whole, the planner would read
-- large tables from end to end.
CREATE OR REPLACE FUNCTION tpa.registrations_reap(
    p_seconds text, p_limit text, OUT reaped text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    c record;
    n integer := 0;
BEGIN
    FOR c IN
        SELECT x.client_id, x.updated_at <> x.created_at AS changed
        FROM clients x
        WHERE x.registered_via = 'dynamic' AND x.used_at IS NULL
          AND x.created_at < now() - p_seconds::integer * interval '1 second'
        ORDER BY x.created_at, x.client_id LIMIT p_limit::integer
        FOR UPDATE SKIP LOCKED
    LOOP
        IF c.changed OR client_in_hand(c.client_id) THEN
            UPDATE clients x SET used_at = now()
            WHERE x.client_id = c.client_id;
        ELSE
            DELETE FROM clients x WHERE x.client_id = c.client_id;
            n := n + 1;
        END IF;
    END LOOP;
    reaped := n::text;
END $$;
