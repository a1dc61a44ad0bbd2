/**
 * @file map.h
 * @brief Maps of strings (metadata), and how a change is taken into one.
 */
#ifndef TPA_CORE_MAP_H
#define TPA_CORE_MAP_H

#include "base/json.h"

/**
 * Take a change of a map into an update of the object that holds it: in patch,
 * the map becomes what it will be, so that it can be stored as a whole.
 *
 * @param now    the object as it is
 * @param patch  the update, of which tpa_props_check approved; a null in its
 *               map takes a name out. Without the map nothing happens
 * @param name   of the map, in both
 * @param most   names the map may have afterwards
 * @return TPA_OK, or TPA_E_INVALID_BODY when there would be more
 */
tpa_err_t *tpa_map_merge(const tpa_json_t *now, tpa_json_t *patch,
                         const char *name, int most, apr_pool_t *p);

#endif
