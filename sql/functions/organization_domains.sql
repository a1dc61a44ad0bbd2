-- Domains by which an Organization is found from an e-mail address.

CREATE OR REPLACE FUNCTION tpa_data.organization_domain_json(
    p_row tpa_data.organization_domains)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object(
        'id', p_row.id, 'domain', p_row.domain, 'status', p_row.status,
        'use_for_organization_discovery',
            p_row.use_for_organization_discovery,
        'verification_txt', p_row.verification_txt,
        'verification_host', p_row.verification_host);
END $$;

-- {organization_id, pages}
CREATE OR REPLACE FUNCTION tpa.organization_domain_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF NOT organization_exists(p::jsonb->>'organization_id') THEN
        result := 'no_organization';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(p::jsonb, 'organization_domains x',
                      'x.organization_id = $1->>''organization_id''',
                      'x.domain', 'organization_domain_json(x)');
END $$;

-- {organization_id, id}
CREATE OR REPLACE FUNCTION tpa.organization_domain_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    SELECT x.id, organization_domain_json(x)
                 || jsonb_build_object('version', x.xmin::text)
    INTO id, body FROM organization_domains x
    WHERE x.organization_id = o->>'organization_id' AND x.id = o->>'id';
    result := CASE
        WHEN FOUND THEN 'found'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
END $$;

-- {organization_id, domain}
CREATE OR REPLACE FUNCTION tpa.organization_domain_get_by_name(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    SELECT x.id, organization_domain_json(x)
                 || jsonb_build_object('version', x.xmin::text)
    INTO id, body FROM organization_domains x
    WHERE x.organization_id = o->>'organization_id'
      AND x.domain = lower(o->>'domain');
    result := CASE
        WHEN FOUND THEN 'found'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
END $$;

-- Members of the API, and organization_id, id, verification_txt,
-- verification_host, most: how many an Organization may have.
CREATE OR REPLACE FUNCTION tpa.organization_domain_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    org text := o->>'organization_id';
BEGIN
    id := o->>'id';
    result := CASE
        WHEN NOT organization_lock(org) THEN 'no_organization'
        WHEN EXISTS (SELECT FROM organization_domains x
                     WHERE x.organization_id = org
                       AND x.domain = o->>'domain') THEN 'conflict'
        WHEN (SELECT count(*) FROM organization_domains x
              WHERE x.organization_id = org) >= (o->>'most')::integer
            THEN 'limit'
        WHEN row_add('organization_domains', o - 'most') THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        SELECT organization_domain_json(x) INTO body
        FROM organization_domains x WHERE x.id = o->>'id';
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, id, version, patch}
CREATE OR REPLACE FUNCTION tpa.organization_domain_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    changed organization_domains;
    version text;
BEGIN
    id := o->>'id';
    SELECT x.xmin::text INTO version FROM organization_domains x
    WHERE x.organization_id = o->>'organization_id' AND x.id = o->>'id'
    FOR NO KEY UPDATE;
    IF version IS NULL OR version <> o->>'version' THEN
        result := CASE WHEN version IS NULL THEN 'not_found'
                       ELSE 'changed' END;
        RETURN;
    END IF;
    UPDATE organization_domains x
    SET status = coalesce(o #>> '{patch,status}', x.status),
        use_for_organization_discovery = coalesce(
            (o #>> '{patch,use_for_organization_discovery}')::boolean,
            x.use_for_organization_discovery)
    WHERE x.id = o->>'id' RETURNING x.* INTO changed;
    result := 'updated';
    body := organization_domain_json(changed);
    PERFORM event_write(p_event);
END $$;

-- {organization_id, id}
CREATE OR REPLACE FUNCTION tpa.organization_domain_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    DELETE FROM organization_domains x
    WHERE x.organization_id = o->>'organization_id' AND x.id = o->>'id';
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
