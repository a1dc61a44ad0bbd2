#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "tpactl.h"

/* ---- options ------------------------------------------------------------ */

static void *member(tpa_ctl_t *ctl, const tpa_ctl_opt_t *opt)
{
    return (char *)ctl + opt->offset;
}

static const tpa_ctl_opt_t *find_option(const char *name, apr_size_t len)
{
    const tpa_ctl_opt_t *opt;

    for (opt = tpa_ctl_opts; opt->name; opt++) {
        if (strlen(opt->name) == len && !strncmp(opt->name, name, len))
            return opt;
    }
    return NULL;
}

/* One option, at argv[*i]; moves *i to its value when that stands apart. The
 * value is never repeated in a message: it may hold a password. */
static int read_option(tpa_ctl_t *ctl, const char *word, int *i, int argc,
                       const char *const *argv)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    int len = (int)(equals ? equals - name : (long)strlen(name));
    const tpa_ctl_opt_t *opt = find_option(name, len);

    if (!opt)
        return tpa_ctl_say(TPA_CTL_USAGE, "there is no option --%s; write --"
                           " before a word that starts with a dash",
                           tpa_text_loggable(apr_pstrmemdup(ctl->p, name, len),
                                             40, ctl->p));
    if (!opt->value) {
        if (equals)
            return tpa_ctl_say(TPA_CTL_USAGE, "--%s takes no value",
                               opt->name);
        *(int *)member(ctl, opt) = 1;
        return TPA_CTL_DONE;
    }
    if (!equals && *i + 1 >= argc)
        return tpa_ctl_say(TPA_CTL_USAGE, "--%s needs a value: --%s %s",
                           opt->name, opt->name, opt->value);
    *(const char **)member(ctl, opt) = equals ? equals + 1 : argv[++*i];
    return TPA_CTL_DONE;
}

static int read_words(tpa_ctl_t *ctl, int argc, const char *const *argv)
{
    int i, words_only = 0, rc;

    for (i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (words_only || word[0] != '-' || !word[1]) {
            APR_ARRAY_PUSH(ctl->words, const char *) = word;
        }
        else if (!strcmp(word, "--")) {
            words_only = 1;
        }
        else {
            if (!strcmp(word, "-h"))
                word = "--help";
            if (word[1] != '-')
                return tpa_ctl_say(TPA_CTL_USAGE, "there is no option %s; write"
                                   " -- before a word that starts with a dash",
                                   tpa_text_loggable(word, 60, ctl->p));
            rc = read_option(ctl, word, &i, argc, argv);
            if (rc != TPA_CTL_DONE)
                return rc;
        }
    }
    return TPA_CTL_DONE;
}

static void read_environment(tpa_ctl_t *ctl)
{
    const tpa_ctl_opt_t *opt;

    for (opt = tpa_ctl_opts; opt->name; opt++) {
        const char *value = opt->env ? getenv(opt->env) : NULL;

        if (value && value[0])
            *(const char **)member(ctl, opt) = value;
    }
}

/* ---- verbs -------------------------------------------------------------- */

static const char *word_at(const tpa_ctl_t *ctl, int i)
{
    return i < ctl->words->nelts ? APR_ARRAY_IDX(ctl->words, i, const char *)
                                 : NULL;
}

static const char *last_word(const tpa_ctl_t *ctl)
{
    return word_at(ctl, ctl->words->nelts - 1);
}

/* How many of the words the name of the verb takes; 0: it is another verb. */
static int words_of_verb(const tpa_ctl_t *ctl, const tpa_ctl_verb_t *verb)
{
    apr_array_header_t *name = tpa_text_split(verb->name, ' ', ctl->p);
    int i;

    for (i = 0; i < name->nelts; i++) {
        const char *word = word_at(ctl, i);

        if (!word || strcmp(word, APR_ARRAY_IDX(name, i, const char *)))
            return 0;
    }
    return name->nelts;
}

/* The verbs that start with that word, for a hint: "key list, key rotate". */
static const char *verbs_like(const tpa_ctl_t *ctl, const char *word)
{
    apr_array_header_t *like = apr_array_make(ctl->p, 4, sizeof(char *));
    const tpa_ctl_verb_t *verb;
    apr_size_t len = strlen(word);

    for (verb = tpa_ctl_verbs; verb->name; verb++) {
        if (!strncmp(verb->name, word, len) && verb->name[len] == ' ')
            APR_ARRAY_PUSH(like, const char *) = verb->name;
    }
    return tpa_text_join(like, ", ", ctl->p);
}

static int no_such_verb(const tpa_ctl_t *ctl)
{
    const char *word = word_at(ctl, 0), *like;

    if (!word)
        return tpa_ctl_say(TPA_CTL_USAGE, "say what to do, e.g. tpactl schema"
                           " status; tpactl --help lists the verbs");
    like = verbs_like(ctl, word);
    if (like[0])
        return tpa_ctl_say(TPA_CTL_USAGE, "%s what? There are: %s", word,
                           like);
    return tpa_ctl_say(TPA_CTL_USAGE, "there is no verb \"%s\"; tpactl --help"
                       " lists the verbs", tpa_text_loggable(word, 40, ctl->p));
}

static int find_verb(tpa_ctl_t *ctl)
{
    const tpa_ctl_verb_t *verb;
    int taken = 0;

    for (verb = tpa_ctl_verbs; verb->name && !taken; verb++) {
        taken = words_of_verb(ctl, verb);
        if (taken)
            ctl->verb = verb;
    }
    if (!ctl->verb)
        return no_such_verb(ctl);
    ctl->arg = word_at(ctl, taken);
    if (ctl->words->nelts <= taken + (ctl->verb->arg ? 1 : 0))
        return TPA_CTL_DONE;
    return tpa_ctl_say(TPA_CTL_USAGE, "tpactl %s does not know what to do with"
                       " \"%s\"", ctl->verb->name,
                       tpa_text_loggable(last_word(ctl), 40, ctl->p));
}

int tpa_ctl_takes(const tpa_ctl_verb_t *verb, const char *option,
                  apr_pool_t *p)
{
    return tpa_text_in(tpa_text_split(verb->options, ' ', p), option);
}

static int is_set(tpa_ctl_t *ctl, const tpa_ctl_opt_t *opt)
{
    return opt->value ? *(const char **)member(ctl, opt) != NULL
                      : *(int *)member(ctl, opt);
}

/* An option that the verb would ignore is a mistake of the caller's; one from
 * the environment is not, so this runs before the environment is read. */
static int check_options(tpa_ctl_t *ctl)
{
    const tpa_ctl_opt_t *opt;

    for (opt = tpa_ctl_opts; opt->name; opt++) {
        if (is_set(ctl, opt) && !tpa_ctl_takes(ctl->verb, opt->name, ctl->p))
            return tpa_ctl_say(TPA_CTL_USAGE, "tpactl %s takes no --%s; see"
                               " tpactl %s --help", ctl->verb->name,
                               opt->name, ctl->verb->name);
        if (is_set(ctl, opt) && opt->value
            && !(*(const char **)member(ctl, opt))[0])
            return tpa_ctl_say(TPA_CTL_USAGE, "--%s is empty", opt->name);
    }
    return TPA_CTL_DONE;
}

int tpa_ctl_parse(tpa_ctl_t *ctl, int argc, const char *const *argv)
{
    tpa_ctl_t given;
    const tpa_ctl_opt_t *opt;
    int rc;

    ctl->words = apr_array_make(ctl->p, 4, sizeof(const char *));
    rc = read_words(ctl, argc, argv);
    if (rc != TPA_CTL_DONE || ctl->version
        || (ctl->help && !ctl->words->nelts))
        return rc;
    rc = find_verb(ctl);
    if (rc != TPA_CTL_DONE || ctl->help)
        return rc;
    rc = check_options(ctl);
    if (rc != TPA_CTL_DONE)
        return rc;
    given = *ctl;
    read_environment(ctl);
    for (opt = tpa_ctl_opts; opt->name; opt++) {
        if (opt->env && is_set(&given, opt))
            *(const char **)member(ctl, opt)
                = *(const char **)member(&given, opt);
    }
    return TPA_CTL_DONE;
}
