#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/limit.h"

#define OWN "client:"
#define MOST_ID 255
#define MOST_BURST 1000000
#define MOST_RATE 10000
#define BLOCKED_FOR apr_time_from_sec(3600)   /* what a blocked one is told */

static const char *const words[TPA_LIMIT_CLASSES] = {
    [TPA_LIMIT_DEFAULT]       = "default",
    [TPA_LIMIT_THIRD_PARTY]   = "third-party",
    [TPA_LIMIT_CIMD]          = "cimd",
    [TPA_LIMIT_REGISTER]      = "register",
    [TPA_LIMIT_AUTH_FAILURES] = "auth-failures",
    [TPA_LIMIT_CLIENT]        = "client",
};

/* Registering costs signatures, and nobody needs it often. */
static const tpa_limit_t registering = {
    "register", TPA_LIMIT_REGISTER, 0, 0, { 100, APR_USEC_PER_SEC }
};

static const struct {
    char letter;
    apr_time_t length;
} units[] = {
    { 's', APR_USEC_PER_SEC },
    { 'm', APR_USEC_PER_SEC * 60 },
    { 'h', APR_USEC_PER_SEC * 3600 },
    { 'd', APR_USEC_PER_SEC * 86400 },
    { 0 }
};

const char *tpa_limit_word(tpa_limit_class_t about)
{
    return words[about];
}

/* ---- reading ------------------------------------------------------------ */

static const char *read_who(const char *word, tpa_limit_t *out)
{
    apr_size_t len = strlen(word);
    int i;

    out->who = word;
    if (!strncmp(word, OWN, strlen(OWN))) {
        out->about = TPA_LIMIT_CLIENT;
        return len > strlen(OWN) && len <= strlen(OWN) + MOST_ID
            ? NULL : "client: must be followed by a client id";
    }
    for (i = 0; i < TPA_LIMIT_CLIENT; i++) {
        if (!strcmp(words[i], word)) {
            out->about = i;
            return NULL;
        }
    }
    return "the first word must be default, third-party, cimd, register,"
           " auth-failures or client:ID";
}

/* Sets the interval: "5/s" is a fifth of a second. */
static const char *read_rate(const char *word, tpa_limit_t *out,
                             apr_pool_t *p)
{
    const char *slash = strchr(word, '/');
    apr_int64_t rate;
    int i;

    if (!slash || !slash[1] || slash[2]
        || !tpa_text_number(apr_pstrmemdup(p, word, slash - word), 1,
                            MOST_RATE, &rate))
        return "the rate must be a whole number from 1 to 10000, and /s, /m,"
               " /h or /d";
    for (i = 0; units[i].letter; i++) {
        if (units[i].letter == slash[1]) {
            out->spec.interval = units[i].length / rate;
            return NULL;
        }
    }
    return "the rate must be for /s, /m, /h or /d";
}

const char *tpa_limit_read(const char *const *words_, int n, tpa_limit_t *out,
                           apr_pool_t *p)
{
    const char *bad;
    apr_int64_t burst;
    int at = 2;

    memset(out, 0, sizeof(*out));
    if (n < 2)
        return "it takes whom it is about, and off or how many";
    bad = read_who(words_[0], out);
    if (bad)
        return bad;
    if (out->about == TPA_LIMIT_AUTH_FAILURES && !strcmp(words_[1], "0"))
        return "auth-failures 0 would refuse everybody";
    out->is_off = !strcmp(words_[1], "off");
    if (out->is_off)
        return n == 2 ? NULL : "nothing may follow off";
    if (!tpa_text_number(words_[1], 0, MOST_BURST, &burst))
        return "the burst must be a whole number from 0 to 1000000, or off";
    out->spec.burst = (int)burst;
    out->spec.interval = BLOCKED_FOR;
    if (burst) {
        bad = n > 2 ? read_rate(words_[at++], out, p)
                    : "a burst needs a rate behind it";
        if (bad)
            return bad;
    }
    out->log_only = n > at && !strcmp(words_[at], "log");
    return n == at + out->log_only ? NULL
        : burst ? "only log may follow the rate"
                : "only log may follow 0, which blocks";
}

/* ---- finding ------------------------------------------------------------ */

static const tpa_limit_t *get(const apr_hash_t *limits, const char *who)
{
    return limits ? apr_hash_get((apr_hash_t *)limits, who,
                                 APR_HASH_KEY_STRING) : NULL;
}

static tpa_limit_class_t group_of(const char *client_id)
{
    if (!strncmp(client_id, "https://", 8))
        return TPA_LIMIT_CIMD;
    return !strncmp(client_id, "tpc_", 4) ? TPA_LIMIT_THIRD_PARTY
                                          : TPA_LIMIT_DEFAULT;
}

const tpa_limit_t *tpa_limit_of_client(const apr_hash_t *limits,
                                       const char *client_id, int groups,
                                       apr_pool_t *p)
{
    const tpa_limit_t *limit;

    if (!limits || !apr_hash_count((apr_hash_t *)limits))
        return NULL;
    limit = get(limits, apr_pstrcat(p, OWN, client_id, NULL));
    if (!limit && groups)
        limit = get(limits, words[group_of(client_id)]);
    return limit ? limit : get(limits, words[TPA_LIMIT_DEFAULT]);
}

const tpa_limit_t *tpa_limit_of_address(const apr_hash_t *limits,
                                        tpa_limit_class_t about)
{
    const tpa_limit_t *limit = get(limits, words[about]);

    return limit || about != TPA_LIMIT_REGISTER ? limit : &registering;
}
