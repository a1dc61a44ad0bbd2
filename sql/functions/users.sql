-- Users, the roles they have in the tenant, and where they are members.

-- A user as the Management API shows it.
CREATE OR REPLACE FUNCTION tpa_data.user_json(u tpa_data.users)
RETURNS jsonb LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'user_id', u.user_id, 'email', u.email,
               'email_verified', u.email_verified, 'username', u.username,
               'name', u.name, 'given_name', u.given_name,
               'family_name', u.family_name, 'nickname', u.nickname,
               'picture', u.picture, 'blocked', u.blocked,
               'identities', jsonb_build_array(jsonb_build_object(
                   'connection', c.name, 'provider', c.strategy,
                   'user_id', u.connection_user_id, 'isSocial', false)),
               'created_at', iso(u.created_at),
               'updated_at', iso(u.updated_at),
               'last_password_reset', iso(u.password_changed_at),
               'last_login', iso(u.last_login_at),
               'last_ip', host(u.last_ip), 'logins_count', u.logins_count))
           || CASE WHEN u.user_metadata = '{}' THEN '{}'
                   ELSE jsonb_build_object('user_metadata', u.user_metadata) END
           || CASE WHEN u.app_metadata = '{}' THEN '{}'
                   ELSE jsonb_build_object('app_metadata', u.app_metadata) END
    FROM connections c WHERE c.id = u.connection_id;
$$;

-- The outermost members of a change are taken over one by one; null takes one
-- out, and an empty object all.
CREATE OR REPLACE FUNCTION tpa_data.user_metadata_merged(
    p_now jsonb, p_change jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT CASE WHEN p_change = '{}' THEN '{}' ELSE
        (SELECT coalesce(jsonb_object_agg(m.key, m.value), '{}')
         FROM jsonb_each(p_now || p_change) AS m WHERE m.value <> 'null') END;
$$;

-- {id}
CREATE OR REPLACE FUNCTION tpa.user_get(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    SELECT u.user_id, (user_json(u)
                       || jsonb_build_object('version', u.xmin::text))::text
    INTO id, body FROM users u WHERE u.user_id = p::jsonb->>'id';
    result := CASE WHEN FOUND THEN 'found' ELSE 'not_found' END;
END $$;

CREATE OR REPLACE FUNCTION tpa_data.connection_of(p_name text)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT c.id FROM connections c WHERE c.name = p_name;
$$;

-- {page, per_page, include_totals, sort, connection, email, user_id}
CREATE OR REPLACE FUNCTION tpa.user_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    result := 'found';
    body := list_sorted(o, 'users u', list_filters(o, '{
        "connection": "u.connection_id = connection_of($1->>''connection'')",
        "email": "lower(u.email) = lower($1->>''email'')",
        "user_id": "u.user_id = $1->>''user_id''"
        }'),
        CASE o->>'sort'
            WHEN 'created_at:1' THEN 'u.created_at, u.user_id'
            WHEN 'created_at:-1' THEN 'u.created_at DESC, u.user_id DESC'
            WHEN 'email:1' THEN 'lower(u.email), u.user_id'
            WHEN 'email:-1' THEN 'lower(u.email) DESC, u.user_id DESC'
            WHEN 'user_id:-1' THEN 'u.user_id DESC'
            -- Of one connection this is the same order, and has an index.
            ELSE CASE WHEN o ? 'connection' THEN 'u.connection_user_id'
                      ELSE 'u.user_id' END
        END, 'u', 'user_json(u)');
END $$;

-- {email}: all, in any connection, whatever the case of its letters.
CREATE OR REPLACE FUNCTION tpa.user_by_email(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT 'found', NULL, jsonb_build_object('items', coalesce(jsonb_agg(
        user_json(s.u) ORDER BY (s.u).user_id), '[]'))::text
    FROM (SELECT u FROM users u
          WHERE lower(u.email) = lower(p::jsonb->>'email')
          ORDER BY u.user_id LIMIT 100) AS s;
$$;

-- {connection, connection_user_id, password_hash, members}. The strategy of
-- the connection tells whether we hold the password: needs_password,
-- takes_no_password, needs_email.
CREATE OR REPLACE FUNCTION tpa.user_create(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    c connections;
    has_password boolean := o ? 'password_hash';
BEGIN
    SELECT x.* INTO c FROM connections x WHERE x.name = o->>'connection'
    FOR KEY SHARE;
    id := c.strategy || '|' || (o->>'connection_user_id');
    result := CASE
        WHEN c.id IS NULL THEN 'no_connection'
        WHEN c.strategy = 'auth0' AND o->>'email' IS NULL THEN 'needs_email'
        WHEN c.strategy = 'auth0' AND NOT has_password THEN 'needs_password'
        WHEN c.strategy <> 'auth0' AND has_password THEN 'takes_no_password'
        WHEN length(id) > 255 OR c.strategy ~ '[|[:space:]]' THEN 'bad_id'
        WHEN row_add('users', o - 'connection' || jsonb_build_object(
                 'user_id', id, 'connection_id', c.id)) THEN 'created'
        ELSE 'conflict' END;
    IF result = 'created' THEN
        PERFORM event_write(p_event);
        SELECT user_json(u)::text INTO body FROM users u
        WHERE u.user_id = user_create.id;
    END IF;
END $$;

-- All that a user has open ends: sessions, codes with them, refresh tokens. Who
-- calls holds the row of the user, so that nothing new comes in between.
CREATE OR REPLACE FUNCTION tpa_data.user_out(p_user_id text)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM sessions s WHERE s.user_id = p_user_id;
    UPDATE refresh_families f
    SET revoked_at = now(), revoked_reason = 'revoked'
    WHERE f.user_id = p_user_id AND f.revoked_at IS NULL;
END $$;

-- {id, version, patch}. A new password ends all that the user has open: whoever
-- knew the old one is out. So does a block.
CREATE OR REPLACE FUNCTION tpa.user_update(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
    r jsonb := o->'patch';
    u users;
BEGIN
    id := o->>'id';
    SELECT x.* INTO u FROM users x
    WHERE x.user_id = o->>'id' AND x.xmin::text = o->>'version' FOR UPDATE;
    IF NOT FOUND THEN
        result := 'changed';
        RETURN;
    END IF;
    IF r ? 'user_metadata' THEN
        r := r || jsonb_build_object('user_metadata',
            user_metadata_merged(u.user_metadata, r->'user_metadata'));
    END IF;
    IF r ? 'app_metadata' THEN
        r := r || jsonb_build_object('app_metadata',
            user_metadata_merged(u.app_metadata, r->'app_metadata'));
    END IF;
    IF r ? 'password_hash' THEN
        r := r || jsonb_build_object('password_changed_at', now());
    END IF;
    IF r ? 'password_hash' OR r->'blocked' = 'true' THEN
        PERFORM user_out(u.user_id);
    END IF;
    PERFORM row_change('users', 'user_id', u.user_id, r);
    PERFORM event_write(p_event);
    SELECT 'updated', user_json(x)::text INTO result, body FROM users x
    WHERE x.user_id = u.user_id;
EXCEPTION WHEN unique_violation THEN
    result := 'conflict';
END $$;

-- {id}. Memberships, roles, consent, sessions and refresh tokens go with it.
CREATE OR REPLACE FUNCTION tpa.user_delete(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    DELETE FROM users u WHERE u.user_id = p::jsonb->>'id'
    RETURNING u.user_id INTO id;
    result := CASE WHEN FOUND THEN 'deleted' ELSE 'not_found' END;
    IF FOUND THEN
        PERFORM event_write(p_event);
    END IF;
END $$;

-- ---- roles in the tenant ----------------------------------------------------

-- {id, page, per_page, include_totals}
CREATE OR REPLACE FUNCTION tpa.user_role_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM users u WHERE u.user_id = o->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    id := o->>'id';
    body := list_page(o, 'user_roles x', 'x.user_id = $1->>''id''', 'x.role_id',
                      '(SELECT role_json(r) FROM roles r'
                      ' WHERE r.id = (x).role_id)');
END $$;

-- Do all of these roles exist? They stay as long as the transaction.
CREATE OR REPLACE FUNCTION tpa_data.roles_hold(p_ids text[])
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    n integer;
BEGIN
    PERFORM FROM roles r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR KEY SHARE;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n = (SELECT count(DISTINCT w) FROM unnest(p_ids) AS w);
END $$;

-- {id, roles}. What is there already stays.
CREATE OR REPLACE FUNCTION tpa.user_role_add(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    PERFORM FROM users u WHERE u.user_id = o->>'id' FOR KEY SHARE;
    IF NOT FOUND THEN
        result := 'not_found';
    ELSIF NOT roles_hold(words(o->'roles')) THEN
        result := 'no_role';
    ELSE
        INSERT INTO user_roles (user_id, role_id)
        SELECT o->>'id', w FROM unnest(words(o->'roles')) AS w
        ON CONFLICT DO NOTHING;
        PERFORM event_write(p_event);
        result := 'updated';
    END IF;
END $$;

-- {id, roles}. What is not there is left alone.
CREATE OR REPLACE FUNCTION tpa.user_role_remove(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    id := o->>'id';
    IF NOT EXISTS (SELECT FROM users u WHERE u.user_id = o->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    DELETE FROM user_roles x
    WHERE x.user_id = o->>'id' AND x.role_id = ANY (words(o->'roles'));
    PERFORM event_write(p_event);
    result := 'updated';
END $$;

-- ---- memberships -----------------------------------------------------------

-- {id, page, per_page, include_totals}: Organizations the user is a member of.
CREATE OR REPLACE FUNCTION tpa.user_organization_list(
    p text, p_event text DEFAULT NULL,
    OUT result text, OUT id text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    o jsonb := p::jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM users u WHERE u.user_id = o->>'id') THEN
        result := 'not_found';
        RETURN;
    END IF;
    result := 'found';
    id := o->>'id';
    body := list_page(o, 'organization_members x', 'x.user_id = $1->>''id''',
                      'x.organization_id',
                      '(SELECT organization_json(g) FROM organizations g'
                      ' WHERE g.id = (x).organization_id)');
END $$;
