#include "core/map.h"

static int merge_member(void *into, const char *name, const tpa_json_t *value)
{
    if (tpa_json_type(value) == TPA_JSON_NULL)
        tpa_json_remove(into, name);
    else
        tpa_json_set(into, name, value);
    return 0;
}

tpa_err_t *tpa_map_merge(const tpa_json_t *now, tpa_json_t *patch,
                         const char *name, int most, apr_pool_t *p)
{
    const tpa_json_t *change = tpa_json_get(patch, name);
    tpa_json_t *map = tpa_json_object(p);

    if (tpa_json_type(change) != TPA_JSON_OBJECT)
        return TPA_OK;
    tpa_json_each(tpa_json_get(now, name), merge_member, map);
    tpa_json_each(change, merge_member, map);
    if ((int)tpa_json_size(map) > most)
        return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY,
            "Payload validation error: 'Too many properties defined (%d),"
            " maximum %d' on property %s.", (int)tpa_json_size(map), most,
            name), "body");
    tpa_json_set(patch, name, map);
    return TPA_OK;
}
