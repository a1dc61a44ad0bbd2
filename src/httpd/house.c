#include <httpd.h>
#include <http_config.h>
#include <apr_dbd.h>
#include <apr_optional.h>
#include <mod_watchdog.h>

#include "httpd/config.h"
#include "httpd/house.h"
#include "httpd/site.h"
#include "store/house.h"

#define BATCH 500                     /* rows of one call */
#define AT_A_TIME APR_USEC_PER_SEC    /* other work of the thread waits */
#define HOUR 3600
#define DAY 86400

struct tpa_house_t {
    const tpa_conn_source_t *source;
    const tpa_settings_t *settings;
    tpa_meter_t *meter;
    apr_time_t due;
};

/* What is kept, and for how long after its end: a code that is shown late, or
 * a refresh token, is still known for what it was. Codes go before the
 * families they gave, so nobody waits for the other way round. */
typedef struct chore_t {
    const char *what;
    int keep_s;
} chore_t;

static const chore_t chores[] = {
    { "jti", HOUR },
    { "throttle", 0 },
    { "codes", DAY },
    { "sessions", DAY },
    { "families", 7 * DAY },
    { "registrations", 7 * DAY },
    { NULL }
};

/* ---- the work ----------------------------------------------------------- */

tpa_house_t *tpa_house_make(const tpa_conn_source_t *source,
                            const tpa_settings_t *settings,
                            tpa_meter_t *meter, apr_pool_t *p)
{
    tpa_house_t *house = apr_pcalloc(p, sizeof(*house));

    house->source = source;
    house->settings = settings;
    house->meter = meter;
    house->due = apr_time_now() + apr_time_from_sec(settings->housekeeping_s);
    return house;
}

/* *more: there was no time for all. */
static tpa_err_t *take_away(const tpa_house_t *house, const chore_t *chore,
                            apr_time_t until, int *more, apr_pool_t *p)
{
    int deleted = BATCH;

    while (deleted >= BATCH) {
        if (apr_time_now() >= until) {
            *more = 1;
            return TPA_OK;
        }
        TPA_TRY(tpa_store_housekeep(tpa_store_make(house->source, p),
                                    chore->what, chore->keep_s, BATCH,
                                    &deleted, p));
        if (deleted)
            tpa_meter_add(house->meter, TPA_TALLY_SWEPT, chore->what, NULL,
                          deleted);
    }
    return TPA_OK;
}

static tpa_err_t *take_all_away(const tpa_house_t *house, int *more,
                                apr_pool_t *p)
{
    apr_time_t until = apr_time_now() + AT_A_TIME;
    chore_t events = { "events", house->settings->log_retention_d * DAY };
    const chore_t *chore;

    for (chore = chores; chore->what; chore++)
        TPA_TRY(take_away(house, chore, until, more, p));
    return events.keep_s ? take_away(house, &events, until, more, p) : TPA_OK;
}

tpa_err_t *tpa_house_keep(tpa_house_t *house, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    int more = 0;
    tpa_err_t *e;

    if (!house->settings->housekeeping_s || now < house->due)
        return TPA_OK;
    e = take_all_away(house, &more, p);
    if (e || !more)
        house->due = now
            + apr_time_from_sec(house->settings->housekeeping_s);
    return e;
}

/* ---- the thread --------------------------------------------------------- */

static apr_status_t step(int state, void *s, apr_pool_t *p)
{
    const tpa_conf_t *conf = tpa_conf_of(s);

    if (state == AP_WATCHDOG_STATE_RUNNING)
        tpa_site_keep_house(conf->site, p);
    return APR_SUCCESS;
}

int tpa_house_register(server_rec *s, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get
        = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *call
        = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *dog;

    return !get || !call
        || get(&dog, AP_WATCHDOG_SINGLETON, 0, 1, pconf) != APR_SUCCESS
        || call(dog, AP_WD_TM_INTERVAL, s, step) != APR_SUCCESS;
}
