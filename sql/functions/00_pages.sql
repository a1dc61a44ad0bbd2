-- Pages of lists.

-- A page as {items, total, next}. What is listed is said in SQL: p_from, a
-- table and its alias; p_where, in which $1 is p; p_key, a unique text with an
-- index, by which the list is sorted; p_item, the member of the list, in which
-- $2 is p_extra. With take pages go from key to key, else by page and
-- per_page.
CREATE OR REPLACE FUNCTION tpa_data.list_page(
    p jsonb, p_from text, p_where text, p_key text, p_item text,
    p_extra jsonb DEFAULT NULL)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
DECLARE
    most integer := coalesce(p->>'take', p->>'per_page')::integer;
    skipped bigint := (p->>'page')::bigint * most;
    by_key boolean := p ? 'take';
    start text := '';
    items jsonb[];
    keys text[];
    total bigint;
BEGIN
    -- Rows that are skipped are counted in the index, not read.
    IF by_key AND p ? 'from' THEN
        start := format(' AND %s > ($1->>''from'')', p_key);
    ELSIF skipped > 0 AND NOT by_key THEN
        start := format(' AND %1$s >= (SELECT %1$s FROM %2$s WHERE (%3$s)'
                        ' ORDER BY 1 LIMIT 1 OFFSET %4$s)',
                        p_key, p_from, p_where, skipped);
    END IF;
    EXECUTE format(
        'SELECT array_agg(%s ORDER BY key), array_agg(key::text ORDER BY key)'
        ' FROM (SELECT %s, %s AS key FROM %s WHERE (%s)%s'
        ' ORDER BY 2 LIMIT %s) AS page',
        p_item, split_part(p_key, '.', 1), p_key, p_from, p_where, start,
        most + by_key::integer)
    INTO items, keys USING p, p_extra;
    IF p->'include_totals' = 'true' THEN
        EXECUTE format('SELECT count(*) FROM %s WHERE %s', p_from, p_where)
        INTO total USING p, p_extra;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
            'total', total,
            -- There is a next page where one more row follows.
            'next', CASE WHEN by_key AND cardinality(keys) > most
                         THEN keys[most] END))
        || jsonb_build_object('items', coalesce(items[:most], '{}'));
END $$;
