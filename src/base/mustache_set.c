#include <string.h>

#include <apr_strings.h>

#include "base/mustache_int.h"

tpa_mustache_t *tpa_mustache_make(apr_pool_t *p)
{
    tpa_mustache_t *set = apr_pcalloc(p, sizeof(*set));

    set->p = p;
    set->templates = apr_array_make(p, 16, sizeof(tpa_mtemplate_t *));
    return set;
}

tpa_mtemplate_t *tpa_mustache_find(const tpa_mustache_t *set,
                                   const char *name)
{
    int i;

    for (i = 0; i < set->templates->nelts; i++) {
        tpa_mtemplate_t *t
            = APR_ARRAY_IDX(set->templates, i, tpa_mtemplate_t *);

        if (!strcmp(t->name, name))
            return t;
    }
    return NULL;
}

/* ---- link --------------------------------------------------------------- */

static tpa_mnode_t *node_at(const tpa_mtemplate_t *t, int i)
{
    return &APR_ARRAY_IDX(t->nodes, i, tpa_mnode_t);
}

static tpa_err_t *link_one(const tpa_mustache_t *set, tpa_mtemplate_t *t)
{
    int i;

    t->mark = 0;
    for (i = 0; i < t->nodes->nelts; i++) {
        tpa_mnode_t *node = node_at(t, i);

        if (node->kind != TPA_M_PARTIAL)
            continue;
        node->partial = tpa_mustache_find(set, node->text);
        if (!node->partial)
            return tpa_err_private(set->p, TPA_E_INTERNAL, "%s line %d: there"
                " is no template \"%s\"; write the name of one that is there,"
                " or make %s.mustache", t->file, node->line, node->text,
                node->text);
    }
    return TPA_OK;
}

/* Follow what is included whatever the view says. */
static tpa_err_t *follow(const tpa_mustache_t *set, tpa_mtemplate_t *t,
                         int depth)
{
    int i;

    t->mark = 1;
    for (i = 0; i < t->nodes->nelts; i++) {
        tpa_mnode_t *node = node_at(t, i);
        tpa_mtemplate_t *partial;

        if (node->kind != TPA_M_PARTIAL || node->guarded)
            continue;
        partial = tpa_mustache_find(set, node->text);
        if (!partial)
            continue;   /* told before: unknown partials are refused */
        if (partial->mark == 1 || depth == TPA_MUSTACHE_MAX_DEPTH)
            return tpa_err_private(set->p, TPA_E_INTERNAL, "%s line %d: \"%s\""
                " would include itself without end; leave it out, or put it"
                " into a section", t->file, node->line, node->text);
        if (!partial->mark)
            TPA_TRY(follow(set, partial, depth + 1));
    }
    t->mark = 2;
    return TPA_OK;
}

tpa_err_t *tpa_mustache_link(tpa_mustache_t *set)
{
    int i;

    for (i = 0; i < set->templates->nelts; i++)
        TPA_TRY(link_one(set, APR_ARRAY_IDX(set->templates, i,
                                            tpa_mtemplate_t *)));
    for (i = 0; i < set->templates->nelts; i++) {
        tpa_mtemplate_t *t
            = APR_ARRAY_IDX(set->templates, i, tpa_mtemplate_t *);

        if (!t->mark)
            TPA_TRY(follow(set, t, 0));
    }
    return TPA_OK;
}

int tpa_mustache_included(const tpa_mustache_t *set, const char *name)
{
    int i, n;

    for (i = 0; i < set->templates->nelts; i++) {
        const tpa_mtemplate_t *t
            = APR_ARRAY_IDX(set->templates, i, tpa_mtemplate_t *);

        for (n = 0; n < t->nodes->nelts; n++) {
            if (node_at(t, n)->kind == TPA_M_PARTIAL
                && !strcmp(node_at(t, n)->text, name))
                return 1;
        }
    }
    return 0;
}
