#include <stddef.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/event.h"

/* Texts that come from outside are bounded, and safe to print. */
static const struct {
    const char *name;
    apr_size_t offset;
    apr_size_t max;
} texts[] = {
#define ROW(name, max) { #name, offsetof(tpa_event_t, name), max }
    ROW(log_id, 64), ROW(type, 32), ROW(ref, 32), ROW(description, 500),
    ROW(rule, 64), ROW(client_id, 255), ROW(client_name, 255),
    ROW(audience, 600), ROW(scope, 2000), ROW(organization_id, 64),
    ROW(organization_name, 64), ROW(user_id, 255), ROW(connection, 128),
    ROW(ip, 64), ROW(user_agent, 255), ROW(hostname, 255),
#undef ROW
    { NULL }
};

tpa_json_t *tpa_event_json(const tpa_event_t *e, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    int i;

    tpa_json_set_int(o, "date", e->date);
    for (i = 0; texts[i].name; i++) {
        const char *text
            = *(const char *const *)((const char *)e + texts[i].offset);

        if (text)
            tpa_json_set_str(o, texts[i].name,
                             tpa_text_loggable(text, texts[i].max, p));
    }
    if (e->details)
        tpa_json_set(o, "details", e->details);
    return o;
}
