-- Invitations to an Organization. Of a ticket only its hash is kept, so that an
-- answer can show it once.

CREATE OR REPLACE FUNCTION tpa_data.invitation_json(
    p_row tpa_data.invitations)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
            'id', p_row.id, 'organization_id', p_row.organization_id,
            'client_id', p_row.client_id,
            'connection_id', p_row.connection_id,
            'inviter', jsonb_build_object('name', p_row.inviter_name),
            'invitee', jsonb_build_object('email', p_row.invitee_email),
            'roles', (SELECT jsonb_agg(r.role_id ORDER BY r.role_id)
                      FROM invitation_roles r
                      WHERE r.invitation_id = p_row.id),
            'created_at', iso(p_row.created_at),
            'expires_at', iso(p_row.expires_at)))
        || CASE WHEN p_row.app_metadata = '{}' THEN '{}' ELSE
            jsonb_build_object('app_metadata', p_row.app_metadata) END
        || CASE WHEN p_row.user_metadata = '{}' THEN '{}' ELSE
            jsonb_build_object('user_metadata', p_row.user_metadata) END;
END $$;

-- {organization_id, sort: created_at:1 or created_at:-1, pages}. One that was
-- accepted is no longer listed.
CREATE OR REPLACE FUNCTION tpa.invitation_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    per_page bigint := o->>'per_page';
    items jsonb;
BEGIN
    IF NOT organization_exists(o->>'organization_id') THEN
        result := 'no_organization';
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT jsonb_agg(invitation_json(x) ORDER BY n) FROM'
        ' (SELECT x, row_number() OVER () AS n FROM'
        '  (SELECT x FROM invitations x'
        '   WHERE x.organization_id = $1 AND x.used_at IS NULL'
        '   ORDER BY x.created_at %1$s, x.id %1$s LIMIT $2 OFFSET $3) AS page'
        ' ) AS numbered',
        CASE WHEN o->>'sort' = 'created_at:1' THEN 'ASC' ELSE 'DESC' END)
    INTO items USING o->>'organization_id', per_page,
                     per_page * (o->>'page')::bigint;
    result := 'found';
    body := jsonb_strip_nulls(jsonb_build_object(
            'total', CASE WHEN o->'include_totals' = 'true' THEN
                (SELECT count(*) FROM invitations x
                 WHERE x.organization_id = o->>'organization_id'
                   AND x.used_at IS NULL) END))
        || jsonb_build_object('items', coalesce(items, '[]'));
END $$;

-- {organization_id, id}
CREATE OR REPLACE FUNCTION tpa.invitation_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    SELECT x.id, invitation_json(x) INTO id, body FROM invitations x
    WHERE x.organization_id = o->>'organization_id' AND x.id = o->>'id'
      AND x.used_at IS NULL;
    result := CASE
        WHEN FOUND THEN 'found'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
END $$;

-- Members of the API, and organization_id, id, ticket_hash, usages,
-- passwordless: strategies of connections that cannot be used. The body holds
-- what a link is made of, too: @login_uri, @organization_name.
CREATE OR REPLACE FUNCTION tpa.invitation_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wanted text[] := ARRAY(SELECT DISTINCT unnest(words(o->'roles')));
    app record;
    org_name text;
    login_uri text;
    strategy text;
    known integer;
BEGIN
    id := o->>'id';
    SELECT x.name INTO org_name FROM organizations x
    WHERE x.id = o->>'organization_id' FOR KEY SHARE;
    IF NOT FOUND THEN
        result := 'no_organization';
        RETURN;
    END IF;
    SELECT c.is_first_party, c.properties->>'initiate_login_uri' AS login_uri,
           coalesce(c.organization_usage, 'deny') AS usage
    INTO app FROM clients c WHERE c.client_id = o->>'client_id' FOR KEY SHARE;
    IF NOT FOUND THEN
        result := 'no_client';
        RETURN;
    END IF;
    SELECT k.strategy INTO strategy FROM connections k
    WHERE k.id = o->>'connection_id' FOR KEY SHARE;
    PERFORM FROM roles r WHERE r.id = ANY (wanted) FOR KEY SHARE;
    GET DIAGNOSTICS known = ROW_COUNT;
    login_uri := coalesce(app.login_uri,
        (SELECT t.properties->>'default_redirection_uri' FROM tenant t));
    result := CASE
        WHEN NOT app.is_first_party THEN 'third_party'
        WHEN app.usage <> ALL (words(o->'usages')) THEN 'no_usage'
        WHEN o->>'connection_id' IS NOT NULL AND strategy IS NULL
            THEN 'no_connection'
        WHEN strategy = ANY (words(o->'passwordless')) THEN 'passwordless'
        WHEN known < cardinality(wanted) THEN 'no_role'
        WHEN login_uri IS NULL THEN 'no_login_route'
        ELSE 'created' END;
    IF result <> 'created' THEN
        RETURN;
    END IF;
    INSERT INTO invitations
        (id, organization_id, client_id, connection_id, ticket_hash,
         inviter_name, invitee_email, app_metadata, user_metadata, expires_at)
    VALUES (o->>'id', o->>'organization_id', o->>'client_id',
            o->>'connection_id', o->>'ticket_hash', o #>> '{inviter,name}',
            o #>> '{invitee,email}', coalesce(o->'app_metadata', '{}'),
            coalesce(o->'user_metadata', '{}'),
            now() + (o->>'ttl_sec')::integer * interval '1 second');
    INSERT INTO invitation_roles (invitation_id, role_id)
    SELECT o->>'id', unnest(wanted);
    SELECT invitation_json(x) || jsonb_build_object(
               '@login_uri', login_uri, '@organization_name', org_name)
    INTO body FROM invitations x WHERE x.id = o->>'id';
    PERFORM event_write(p_event);
END $$;

-- {organization_id, id}
CREATE OR REPLACE FUNCTION tpa.invitation_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    DELETE FROM invitations x
    WHERE x.organization_id = o->>'organization_id' AND x.id = o->>'id'
      AND x.used_at IS NULL;
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'not_found'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
