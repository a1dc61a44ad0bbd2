-- The audit record as administrators read it.

CREATE OR REPLACE FUNCTION tpa_data.log_json(e tpa_data.log_events)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               '_id', e.log_id, 'log_id', e.log_id, 'date', iso(e.date),
               'type', e.type, 'description', e.description,
               'connection', e.connection, 'client_id', e.client_id,
               'client_name', e.client_name, 'ip', e.ip,
               'user_agent', e.user_agent, 'hostname', e.hostname,
               'user_id', e.user_id, 'audience', e.audience,
               'scope', e.scope, 'organization_id', e.organization_id,
               'organization_name', e.organization_name, 'isMobile', false,
               'tracking_id', e.ref, 'rule', e.rule))
           || CASE WHEN e.details IS NULL THEN '{}'
                   ELSE jsonb_build_object('details', e.details) END;
$$;

-- {page, per_page, include_totals, sort} or {from, take}, oldest first; type,
-- client_id, user_id, organization_id, log_id. More than 10000 are not counted.
CREATE OR REPLACE FUNCTION tpa.log_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wheres text := list_filters(o, '{
        "type": "e.type = $1->>''type''",
        "client_id": "e.client_id = $1->>''client_id''",
        "user_id": "e.user_id = $1->>''user_id''",
        "organization_id": "e.organization_id = $1->>''organization_id''",
        "log_id": "e.log_id = $1->>''log_id''"
    }');
BEGIN
    result := 'found';
    body := CASE WHEN o ? 'take' THEN
        list_page(o, 'log_events e', wheres, 'e.log_id', 'log_json(e)')
    ELSE
        list_sorted(o, 'log_events e', wheres,
                    CASE WHEN o->>'sort' LIKE '%:1' THEN 'e.log_id'
                         ELSE 'e.log_id DESC' END,
                    'e', 'log_json(e)', 10000) END;
END $$;

-- {id}
CREATE OR REPLACE FUNCTION tpa.log_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT e.log_id, log_json(e)::text INTO id, body
    FROM log_events e WHERE e.log_id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;
