-- Organizations.

-- Members of the API to columns. Branding and quota are each one whole: what
-- is not said of them is taken back.
CREATE OR REPLACE FUNCTION tpa_data.organization_row(p_object jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT flat(
        p_object
        || CASE WHEN jsonb_typeof(p_object->'branding') = 'object' THEN
               jsonb_build_object('branding',
                   '{"logo_url": null, "colors": {"primary": null,
                     "page_background": null}}'
                   || jsonb_strip_nulls(p_object->'branding'))
               ELSE '{}' END
        || CASE WHEN jsonb_typeof(p_object->'token_quota') = 'object' THEN
               jsonb_build_object('token_quota', jsonb_build_object(
                   'client_credentials',
                   '{"enforce": null, "per_day": null, "per_hour": null}'
                   || (p_object #> '{token_quota,client_credentials}')))
               ELSE '{}' END,
        '{
        "branding.logo_url": "branding_logo_url",
        "branding.colors.primary": "branding_primary",
        "branding.colors.page_background": "branding_page_background",
        "token_quota.client_credentials.enforce": "quota_enforce",
        "token_quota.client_credentials.per_day": "quota_per_day",
        "token_quota.client_credentials.per_hour": "quota_per_hour"
    }');
$$;

-- An Organization as the API answers it.
CREATE OR REPLACE FUNCTION tpa_data.organization_json(
    p_org tpa_data.organizations)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'id', p_org.id,
        'name', p_org.name,
        'display_name', p_org.display_name,
        'branding', CASE
            WHEN num_nonnulls(p_org.branding_logo_url,
                              p_org.branding_primary) > 0 THEN
                jsonb_build_object(
                    'logo_url', p_org.branding_logo_url,
                    'colors', CASE WHEN p_org.branding_primary IS NOT NULL THEN
                        jsonb_build_object(
                            'primary', p_org.branding_primary,
                            'page_background', p_org.branding_page_background)
                    END) END,
        'metadata', nullif(p_org.metadata, '{}'),
        'token_quota', quota_json(p_org.quota_enforce, p_org.quota_per_day,
                                  p_org.quota_per_hour),
        'third_party_client_access', p_org.third_party_client_access,
        'is_app_entitlement_active',
            nullif(p_org.is_app_entitlement_active, false)));
END $$;

-- Does it exist? It stays, and nobody else adds to it or takes from it: the
-- lock lasts as long as the transaction, so that what it has can be counted.
CREATE OR REPLACE FUNCTION tpa_data.organization_lock(p_id text)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    PERFORM FROM organizations o WHERE o.id = p_id FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION tpa_data.organization_exists(p_id text)
RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM organizations o WHERE o.id = p_id);
END $$;

-- ---- reading ----------------------------------------------------------------

-- {id}
CREATE OR REPLACE FUNCTION tpa.organization_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT o.id, organization_json(o)
                 || jsonb_build_object('version', o.xmin::text)
    INTO id, body FROM organizations o WHERE o.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {name}
CREATE OR REPLACE FUNCTION tpa.organization_get_by_name(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT o.id, organization_json(o)
                 || jsonb_build_object('version', o.xmin::text)
    INTO id, body FROM organizations o WHERE o.name = p::jsonb->>'name';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

-- {pages, sort: "name" or "created_at", a colon, 1 or -1}. The key of a page
-- by time is microseconds, a colon, an id; any other is bad_from.
CREATE OR REPLACE FUNCTION tpa.organization_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    by_time boolean := starts_with(coalesce(o->>'sort', ''), 'created_at:');
    direction text := CASE WHEN o->>'sort' LIKE '%:-1'
                           THEN 'DESC' ELSE 'ASC' END;
    beyond text := CASE WHEN direction = 'DESC' THEN '<' ELSE '>' END;
    most bigint := coalesce(o->>'take', o->>'per_page')::bigint;
    items jsonb[];
    keys text[];
    after timestamptz;
BEGIN
    result := 'found';
    IF NOT by_time AND direction = 'ASC' THEN
        body := list_page(o, 'organizations x', 'true', 'x.name',
                          'organization_json(x)');
        RETURN;
    END IF;
    IF by_time AND o ? 'from' THEN
        IF o->>'from' !~ '^[0-9]{1,16}:' THEN
            result := 'bad_from';
            RETURN;
        END IF;
        after := timestamptz 'epoch'
                 + split_part(o->>'from', ':', 1)::bigint
                   * interval '1 microsecond';
    END IF;
    EXECUTE format(
        'SELECT array_agg(organization_json(x) ORDER BY n),'
        ' array_agg(CASE WHEN $5 THEN (extract(epoch FROM (x).created_at)'
        '                              * 1000000)::bigint || '':'' || (x).id'
        '                ELSE (x).name END ORDER BY n)'
        ' FROM (SELECT x, row_number() OVER () AS n FROM'
        '       (SELECT x FROM organizations x WHERE %s ORDER BY %s'
        '        LIMIT $1 OFFSET $2) AS page) AS numbered',
        CASE WHEN NOT o ? 'from' THEN 'true'
             WHEN by_time THEN format('(x.created_at, x.id) %s ($3, $4)',
                                      beyond)
             ELSE format('x.name %s $4', beyond) END,
        CASE WHEN by_time THEN format('x.created_at %1$s, x.id %1$s', direction)
             ELSE format('x.name %s', direction) END)
    INTO items, keys
    USING most + (o ? 'take')::integer,
          CASE WHEN o ? 'take' THEN 0 ELSE (o->>'page')::bigint * most END,
          after,
          CASE WHEN by_time THEN split_part(o->>'from', ':', 2)
               ELSE o->>'from' END,
          by_time;
    body := jsonb_strip_nulls(jsonb_build_object(
            'total', CASE WHEN o->'include_totals' = 'true' THEN
                (SELECT count(*) FROM organizations) END,
            'next', CASE WHEN o ? 'take' AND cardinality(keys) > most
                         THEN keys[most] END))
        || jsonb_build_object('items', coalesce(items[:most], '{}'));
END $$;

-- ---- writing ----------------------------------------------------------------

-- Are there as many as there may be? They are counted only where the planner's
-- estimate says that it is near, by one transaction at a time. Volatile: what
-- the one before made must be seen.
CREATE OR REPLACE FUNCTION tpa_data.organizations_are_full(p_most integer)
RETURNS boolean LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    about real := (SELECT c.reltuples FROM pg_class c
                   WHERE c.oid = 'tpa_data.organizations'::regclass);
BEGIN
    IF p_most IS NULL OR about BETWEEN 0 AND p_most * 0.8 THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock('organizations'::regclass::bigint);
    RETURN EXISTS (SELECT FROM organizations x ORDER BY x.id
                   OFFSET p_most - 1 LIMIT 1);
END $$;

-- Members of the API, and id; enabled_connections are made with it. most, when
-- it is there: how many Organizations there may be. On conflict the id is that
-- of the Organization with this name.
CREATE OR REPLACE FUNCTION tpa.organization_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb - '{most,enabled_connections}'::text[];
    enabled jsonb := coalesce(p::jsonb->'enabled_connections', '[]');
    most integer := p::jsonb->>'most';
    entry jsonb;
    added jsonb;
BEGIN
    id := o->>'id';
    FOR entry IN SELECT * FROM jsonb_array_elements(enabled) LOOP
        result := organization_connection_fits(entry);
        IF result IS NOT NULL THEN
            RETURN;
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM organizations x WHERE x.name = o->>'name') THEN
        result := 'conflict';
    ELSIF organizations_are_full(most) THEN
        result := 'limit';
        RETURN;
    ELSIF row_add('organizations', organization_row(o)) THEN
        result := 'created';
        FOR entry IN SELECT * FROM jsonb_array_elements(enabled) LOOP
            PERFORM row_add('organization_connections', entry
                || jsonb_build_object('organization_id', o->>'id'));
        END LOOP;
        SELECT jsonb_agg(organization_connection_json(c, true)
                         ORDER BY c.connection_id)
        INTO added FROM organization_connections c
        WHERE c.organization_id = o->>'id';
        SELECT organization_json(x) || CASE WHEN added IS NULL THEN '{}'
                   ELSE jsonb_build_object('enabled_connections', added) END
        INTO body FROM organizations x WHERE x.id = o->>'id';
        PERFORM event_write(p_event);
        RETURN;
    END IF;
    result := 'conflict';
    SELECT x.id INTO id FROM organizations x WHERE x.name = o->>'name';
END $$;

-- {id, version, patch}, or the members themselves and no version. Members that
-- are there are set; null sets the default.
CREATE OR REPLACE FUNCTION tpa.organization_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    version text;
BEGIN
    id := o->>'id';
    SELECT x.xmin::text INTO version FROM organizations x
    WHERE x.id = o->>'id' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        result := 'not_found';
        RETURN;
    END IF;
    IF version <> o->>'version' THEN
        result := 'changed';
        RETURN;
    END IF;
    BEGIN
        PERFORM row_change('organizations', 'id', id,
                           organization_row(coalesce(o->'patch', o) - 'id'));
        result := 'updated';
    EXCEPTION WHEN unique_violation THEN
        result := 'conflict';
        RETURN;
    END;
    SELECT organization_json(x) INTO body FROM organizations x
    WHERE x.id = o->>'id';
    PERFORM event_write(p_event);
END $$;

-- {id}. Members, invitations, connections, domains and client grants of it go
-- with it.
CREATE OR REPLACE FUNCTION tpa.organization_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    id := p::jsonb->>'id';
    DELETE FROM organizations o WHERE o.id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
