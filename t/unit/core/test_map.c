#include "base/json.h"
#include "core/map.h"
#include "tap.h"

static tpa_json_t *json_of(const char *text)
{
    tpa_json_t *value;

    ck_assert_msg(!tpa_json_parse(text, strlen(text), &value, p), "%s", text);
    return value;
}

static const struct {
    const char *now, *patch;
    const char *after;      /* of the map; NULL: it is refused; "": no map */
} merges[] = {
    { "{}", "{\"metadata\":{\"a\":\"b\"}}", "{\"a\":\"b\"}" },
    { "{}", "{\"metadata\":{\"a\":null}}", "{}" },
    { "{}", "{}", "" },
    { "{\"metadata\":{\"a\":\"b\"}}", "{}", "" },
    { "{\"metadata\":{\"a\":\"b\"}}", "{\"metadata\":null}", "" },
    { "{\"metadata\":{\"a\":\"b\"}}", "{\"metadata\":{}}", "{\"a\":\"b\"}" },
    { "{\"metadata\":{\"a\":\"b\"}}", "{\"metadata\":{\"a\":\"c\"}}",
      "{\"a\":\"c\"}" },
    { "{\"metadata\":{\"a\":\"b\",\"c\":\"d\"}}",
      "{\"metadata\":{\"a\":null,\"e\":\"f\"}}", "{\"c\":\"d\",\"e\":\"f\"}" },
    { "{\"metadata\":{\"a\":\"b\",\"c\":\"d\"}}",
      "{\"metadata\":{\"e\":\"f\"}}", NULL },
};

#define MERGES (int)(sizeof(merges) / sizeof(merges[0]))

START_TEST(merge_table)
{
    tpa_json_t *patch = json_of(merges[_i].patch);
    tpa_err_t *e = tpa_map_merge(json_of(merges[_i].now), patch, "metadata", 2,
                                 p);
    const tpa_json_t *map = tpa_json_get(patch, "metadata");

    ck_assert_msg((!e) == (merges[_i].after != NULL), "%s", merges[_i].patch);
    if (merges[_i].after && *merges[_i].after)
        ck_assert_str_eq(tpa_json_canonical(map, p), merges[_i].after);
    else if (merges[_i].after)
        ck_assert(tpa_json_type(map) != TPA_JSON_OBJECT);
    else
        ck_assert_str_eq(e->text, "Payload validation error: 'Too many"
                         " properties defined (3), maximum 2' on property"
                         " metadata.");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/map");
    TCase *tc = tap_case(s, "map");

    tcase_add_loop_test(tc, merge_table, 0, MERGES);
    return s;
}
