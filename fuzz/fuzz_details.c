/*
 * Whatever comes as authorization_details: what is accepted is bounded, each
 * object once and with a type, and reads the same when it is read again.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/details.h"
#include "fuzz.h"

static const tpa_detail_t *at(const apr_array_header_t *list, int i)
{
    return &APR_ARRAY_IDX(list, i, tpa_detail_t);
}

static void check_list(const apr_array_header_t *list)
{
    apr_size_t len = 0;
    int i;

    FUZZ_HOLDS(list && list->nelts > 0 && list->nelts <= TPA_DETAILS_MOST);
    for (i = 0; i < list->nelts; i++) {
        apr_array_header_t rest = *list;

        FUZZ_HOLDS(*at(list, i)->type);
        FUZZ_HOLDS(strlen(at(list, i)->type) <= TPA_DETAILS_TYPE);
        FUZZ_HOLDS(tpa_text_is_utf8(at(list, i)->text));
        FUZZ_HOLDS(tpa_details_have(list, at(list, i)));
        rest.nelts = i;
        FUZZ_HOLDS(!tpa_details_have(&rest, at(list, i)));
        len += strlen(at(list, i)->text);
    }
    FUZZ_HOLDS(len <= TPA_DETAILS_MAX);
}

static void check_again(const apr_array_header_t *list, apr_pool_t *p)
{
    const char *text = tpa_json_print(tpa_details_objects(list, p), p);
    apr_array_header_t *again;
    int i;

    /* Brackets and commas may make it too long. */
    if (strlen(text) > TPA_DETAILS_MAX)
        return;
    FUZZ_HOLDS(!tpa_details_parse(text, &again, p));
    FUZZ_HOLDS(again->nelts == list->nelts);
    for (i = 0; i < list->nelts; i++)
        FUZZ_HOLDS(!strcmp(at(again, i)->text, at(list, i)->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    apr_array_header_t *list;
    tpa_err_t *e;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    e = tpa_details_parse(apr_pstrmemdup(p, (const char *)data, size), &list,
                          p);
    if (e) {
        FUZZ_HOLDS(e->kind == TPA_E_INVALID_AUTHORIZATION_DETAILS);
        FUZZ_HOLDS(!list && strlen(e->text) < 200);
    }
    else {
        check_list(list);
        check_again(list, p);
    }
    apr_pool_clear(p);
    return 0;
}
