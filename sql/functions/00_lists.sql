-- What list_page does not do: any order, and totals with an end.

-- Conditions of the parameters that were sent: p_map holds one a parameter, in
-- which $1 is p_sent.
CREATE OR REPLACE FUNCTION tpa_data.list_filters(p_sent jsonb, p_map jsonb)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
    SELECT 'true' || coalesce(string_agg(' AND ' || m.value, ''), '')
    FROM jsonb_each_text(p_map) AS m WHERE p_sent ? m.key;
$$;

-- A page by page and per_page, as {items, total}. p_alias: the table of p_from
-- whose rows are listed; p_item: the member of the list, reckoned for the rows
-- of the page alone. Beyond p_most nothing is counted.
CREATE OR REPLACE FUNCTION tpa_data.list_sorted(
    p jsonb, p_from text, p_where text, p_order text, p_alias text,
    p_item text, p_most bigint DEFAULT NULL)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    per_page bigint := (p->>'per_page')::bigint;
    items jsonb;
    total bigint;
BEGIN
    EXECUTE format('SELECT coalesce(jsonb_agg(%1$s ORDER BY n), ''[]'') FROM'
                   ' (SELECT %2$s, row_number() OVER (ORDER BY %5$s) AS n'
                   ' FROM %3$s WHERE %4$s ORDER BY %5$s'
                   ' LIMIT $2 OFFSET $3) AS page',
                   p_item, p_alias, p_from, p_where, p_order)
    INTO items USING p, per_page, per_page * (p->>'page')::bigint;
    IF p->'include_totals' = 'true' THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT $2)'
                       ' AS counted', p_from, p_where)
        INTO total USING p, p_most;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object('total', total))
           || jsonb_build_object('items', items);
END $$;
