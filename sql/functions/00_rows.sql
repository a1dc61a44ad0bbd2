-- From a JSON object to a row. Effects take one object whose members are
-- called as the protocol documents call them; most are columns of that name.
-- Which members may be sent, by whom and with what value, is decided before
-- the call: a member that is no column is an error of the program.

-- Lift members of nested objects to columns. p_map: path of the member, with
-- dots, to column. A null in place of the outermost object is a null for each.
CREATE OR REPLACE FUNCTION tpa_data.flat(p_object jsonb, p_map jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT p_object - array_agg(m.path[1])
           || coalesce(jsonb_object_agg(
                  m.col, coalesce(p_object #> m.path, 'null'))
                  FILTER (WHERE p_object #> m.path IS NOT NULL
                          OR p_object -> m.path[1] = 'null'), '{}')
    FROM (SELECT string_to_array(key, '.'), value
          FROM jsonb_each_text(p_map)) AS m(path, col);
$$;

-- Add a row; a null member counts as absent. False: a key is taken.
CREATE OR REPLACE FUNCTION tpa_data.row_add(p_table text, p_row jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    cols text;
    n integer;
BEGIN
    SELECT string_agg(quote_ident(m.key), ', ') INTO cols
    FROM jsonb_each(p_row) AS m WHERE m.value <> 'null';
    EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %2$s FROM'
                   ' jsonb_populate_record(NULL::%1$I, $1)'
                   ' ON CONFLICT DO NOTHING', p_table, cols)
    USING p_row;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n = 1;
END $$;

-- Change the row that member p_key names: members that are there are set, null
-- sets the default. False: no such row.
CREATE OR REPLACE FUNCTION tpa_data.row_change(
    p_table text, p_key text, p_row jsonb)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    changes text;
    n integer;
BEGIN
    SELECT string_agg(format(CASE WHEN m.value = 'null' THEN '%1$I = DEFAULT, '
                                  ELSE '%1$I = n.%1$I, ' END, m.key), '')
    INTO changes FROM jsonb_each(p_row) AS m WHERE m.key <> p_key;
    EXECUTE format('UPDATE %1$I AS t SET %2$s updated_at = now() FROM'
                   ' jsonb_populate_record(NULL::%1$I, $1) AS n'
                   ' WHERE t.%3$I = n.%3$I', p_table, changes, p_key)
    USING p_row;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n = 1;
END $$;

-- A JSON array of strings as text[]; anything else is null.
CREATE OR REPLACE FUNCTION tpa_data.words(p_list jsonb)
RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT CASE WHEN jsonb_typeof(p_list) = 'array'
                THEN ARRAY(SELECT jsonb_array_elements_text(p_list)) END;
$$;

-- The same for a row that p_id names, whatever p_row says.
CREATE OR REPLACE FUNCTION tpa_data.row_change(
    p_table text, p_key text, p_id text, p_row jsonb)
RETURNS boolean LANGUAGE sql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT row_change(p_table, p_key,
                      p_row || jsonb_build_object(p_key, p_id));
$$;

-- A time as answers print it.
CREATE OR REPLACE FUNCTION tpa_data.iso(p_time timestamptz)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT to_char(p_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- The member token_quota; null when nothing was ever set.
CREATE OR REPLACE FUNCTION tpa_data.quota_json(
    p_enforce boolean, p_per_day integer, p_per_hour integer)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT CASE WHEN num_nonnulls(p_enforce, p_per_day, p_per_hour) > 0 THEN
        jsonb_build_object('client_credentials', jsonb_strip_nulls(
            jsonb_build_object('enforce', p_enforce, 'per_day', p_per_day,
                               'per_hour', p_per_hour))) END;
$$;

-- Write the event of an effect, where there is one.
CREATE OR REPLACE FUNCTION tpa_data.event_write(p_event text)
RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
BEGIN
    IF p_event IS NOT NULL THEN
        PERFORM tpa.events_add('[' || p_event || ']');
    END IF;
END $$;

-- The same by its first name.
CREATE OR REPLACE FUNCTION tpa_data.record(p_event text)
RETURNS void LANGUAGE sql
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT event_write(p_event);
$$;
