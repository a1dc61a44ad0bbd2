-- Members of Organizations, and their roles there.

CREATE OR REPLACE FUNCTION tpa_data.organization_member_json(
    p_row tpa_data.organization_members, p_roles boolean)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'user_id', u.user_id, 'name', u.name, 'email', u.email,
            'picture', u.picture,
            'roles', CASE WHEN p_roles THEN
                (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'id', r.id, 'name', r.name) ORDER BY r.id), '[]')
                 FROM organization_member_roles x
                 JOIN roles r ON r.id = x.role_id
                 WHERE x.organization_id = p_row.organization_id
                   AND x.user_id = p_row.user_id) END))
        FROM users u WHERE u.user_id = p_row.user_id);
END $$;

-- {organization_id, roles: whether they are shown, pages}
CREATE OR REPLACE FUNCTION tpa.organization_member_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF NOT organization_exists(o->>'organization_id') THEN
        result := 'no_organization';
        RETURN;
    END IF;
    result := 'found';
    body := list_page(o, 'organization_members x',
        'x.organization_id = $1->>''organization_id''', 'x.user_id',
        CASE WHEN o->'roles' = 'true' THEN 'organization_member_json(x, true)'
             ELSE 'organization_member_json(x, false)' END);
END $$;

-- {organization_id, members: user ids, most}. Who is a member stays one.
CREATE OR REPLACE FUNCTION tpa.organization_member_add(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    org text := o->>'organization_id';
    most integer := o->>'most';
    wanted text[];
    known integer;
BEGIN
    id := org;
    IF NOT organization_lock(org) THEN
        result := 'no_organization';
        RETURN;
    END IF;
    wanted := ARRAY(SELECT DISTINCT unnest(words(o->'members')));
    PERFORM FROM users u WHERE u.user_id = ANY (wanted) FOR KEY SHARE;
    GET DIAGNOSTICS known = ROW_COUNT;
    IF known < cardinality(wanted) THEN
        result := 'no_user';
        RETURN;
    END IF;
    wanted := ARRAY(SELECT w.id FROM unnest(wanted) AS w(id)
                    WHERE NOT EXISTS (SELECT FROM organization_members m
                                      WHERE m.organization_id = org
                                        AND m.user_id = w.id));
    IF cardinality(wanted) = 0 THEN
        result := 'unchanged';
    ELSIF EXISTS (SELECT FROM organization_members m
                  WHERE m.organization_id = org ORDER BY m.user_id
                  OFFSET greatest(most - cardinality(wanted), 0)
                  LIMIT CASE WHEN most IS NULL THEN 0 ELSE 1 END) THEN
        result := 'limit';
    ELSE
        INSERT INTO organization_members (organization_id, user_id)
        SELECT org, unnest(wanted);
        result := 'created';
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, members}. Their roles there go with it, and what they gave
-- to applications there: codes first, since one that is being exchanged is
-- waited for.
CREATE OR REPLACE FUNCTION tpa.organization_member_remove(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'organization_id';
    DELETE FROM organization_members m
    WHERE m.organization_id = o->>'organization_id'
      AND m.user_id = ANY (words(o->'members'));
    result := CASE
        WHEN FOUND THEN 'deleted'
        WHEN organization_exists(o->>'organization_id') THEN 'unchanged'
        ELSE 'no_organization' END;
    IF result = 'deleted' THEN
        DELETE FROM authorization_codes x
        WHERE x.user_id = ANY (words(o->'members'))
          AND x.organization_id = o->>'organization_id';
        UPDATE refresh_families f
        SET revoked_at = now(), revoked_reason = 'revoked'
        WHERE f.user_id = ANY (words(o->'members'))
          AND f.organization_id = o->>'organization_id'
          AND f.revoked_at IS NULL;
        PERFORM event_write(p_event);
    END IF;
END $$;

-- ---- roles ------------------------------------------------------------------

-- Null, or what is missing: the Organization, or the member.
CREATE OR REPLACE FUNCTION tpa_data.organization_member_missing(p_arg jsonb)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    RETURN CASE
        WHEN EXISTS (SELECT FROM organization_members m
                     WHERE m.organization_id = p_arg->>'organization_id'
                       AND m.user_id = p_arg->>'user_id') THEN NULL
        WHEN organization_exists(p_arg->>'organization_id') THEN 'no_member'
        ELSE 'no_organization' END;
END $$;

-- {organization_id, user_id, pages}
CREATE OR REPLACE FUNCTION tpa.organization_member_role_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    result := coalesce(organization_member_missing(p::jsonb), 'found');
    IF result = 'found' THEN
        body := list_page(p::jsonb, 'organization_member_roles x',
            'x.organization_id = $1->>''organization_id'''
            ' AND x.user_id = $1->>''user_id''', 'x.role_id',
            '(SELECT jsonb_strip_nulls(jsonb_build_object(''id'', r.id,'
            ' ''name'', r.name, ''description'', r.description))'
            ' FROM roles r WHERE r.id = (x).role_id)');
    END IF;
END $$;

-- {organization_id, user_id, roles: ids, most}
CREATE OR REPLACE FUNCTION tpa.organization_member_role_add(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    wanted text[] := ARRAY(SELECT DISTINCT unnest(words(o->'roles')));
    known integer;
    has text[];
BEGIN
    id := o->>'user_id';
    -- One at a time, so that they can be counted.
    PERFORM FROM organization_members m
    WHERE m.organization_id = o->>'organization_id'
      AND m.user_id = o->>'user_id' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        result := coalesce(organization_member_missing(o), 'no_member');
        RETURN;
    END IF;
    PERFORM FROM roles r WHERE r.id = ANY (wanted) FOR KEY SHARE;
    GET DIAGNOSTICS known = ROW_COUNT;
    IF known < cardinality(wanted) THEN
        result := 'no_role';
        RETURN;
    END IF;
    has := ARRAY(SELECT x.role_id FROM organization_member_roles x
                 WHERE x.organization_id = o->>'organization_id'
                   AND x.user_id = o->>'user_id');
    wanted := ARRAY(SELECT unnest(wanted) EXCEPT SELECT unnest(has));
    result := CASE
        WHEN cardinality(wanted) = 0 THEN 'unchanged'
        WHEN cardinality(has) + cardinality(wanted) > (o->>'most')::integer
            THEN 'limit'
        ELSE 'created' END;
    IF result = 'created' THEN
        INSERT INTO organization_member_roles
            (organization_id, user_id, role_id)
        SELECT o->>'organization_id', o->>'user_id', unnest(wanted);
        PERFORM event_write(p_event);
    END IF;
END $$;

-- {organization_id, user_id, roles}
CREATE OR REPLACE FUNCTION tpa.organization_member_role_remove(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'user_id';
    DELETE FROM organization_member_roles x
    WHERE x.organization_id = o->>'organization_id'
      AND x.user_id = o->>'user_id'
      AND x.role_id = ANY (words(o->'roles'));
    result := CASE WHEN FOUND THEN 'deleted'
                   ELSE coalesce(organization_member_missing(o), 'unchanged')
              END;
    IF result = 'deleted' THEN
        PERFORM event_write(p_event);
    END IF;
END $$;
