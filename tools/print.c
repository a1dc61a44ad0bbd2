#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/text.h"
#include "tpactl.h"

/* ---- text to a width ---------------------------------------------------- */

/* Columns that s takes: bytes that continue a UTF-8 character take none. */
static int columns_of(const char *s, apr_size_t len)
{
    apr_size_t i;
    int n = 0;

    for (i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

/* Bytes of s that fill the given columns; characters stay whole. */
static apr_size_t bytes_for(const char *s, apr_size_t len, int columns)
{
    apr_size_t i = 0;

    while (i < len && columns_of(s, i + 1) <= columns)
        i++;
    return i;
}

static int new_line(int indent)
{
    printf("\n%*s", indent, "");
    return indent;
}

void tpa_ctl_wrap(int at, int indent, const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = tpa_text_split(text, ' ', p);
    int start = 1, i;

    for (i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);
        apr_size_t len = strlen(word);
        int wide = columns_of(word, len);

        if (!start && at + 1 + wide > TPA_CTL_COLUMNS) {
            at = new_line(indent);
            start = 1;
        }
        at += printf("%s", start ? "" : " ");
        start = 0;
        while (at + wide > TPA_CTL_COLUMNS && at < TPA_CTL_COLUMNS) {
            apr_size_t part = bytes_for(word, len, TPA_CTL_COLUMNS - at);

            fwrite(word, 1, part, stdout);
            word += part;
            len -= part;
            wide = columns_of(word, len);
            at = new_line(indent);
        }
        fwrite(word, 1, len, stdout);
        at += wide;
    }
    putchar('\n');
}

void tpa_ctl_print_json(const tpa_json_t *v, apr_pool_t *p)
{
    printf("%s\n", tpa_json_pretty(v, p));
}

const char *tpa_ctl_colour(const char *sequence)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (!isatty(STDOUT_FILENO) || (no && no[0])
        || !term || !strcmp(term, "dumb"))
        return "";
    return sequence;
}

/* ---- help --------------------------------------------------------------- */

#define HELP_INDENT 30

static void print_row(const char *left, const char *text, apr_pool_t *p)
{
    tpa_ctl_wrap(printf("  %-*s ", HELP_INDENT - 3, left), HELP_INDENT, text,
                 p);
}

static void print_options(const tpa_ctl_verb_t *verb, apr_pool_t *p)
{
    const tpa_ctl_opt_t *opt;

    for (opt = tpa_ctl_opts; opt->name; opt++) {
        const char *text = opt->help;

        if (verb && !tpa_ctl_takes(verb, opt->name, p))
            continue;
        if (opt->env)
            text = apr_psprintf(p, "%s (or variable %s)", text, opt->env);
        print_row(apr_psprintf(p, "--%s%s%s", opt->name,
                               opt->value ? " " : "",
                               opt->value ? opt->value : ""), text, p);
    }
}

static void print_codes(apr_pool_t *p)
{
    const tpa_ctl_code_t *code;

    printf("\nExit codes:\n");
    for (code = tpa_ctl_codes; code->text; code++)
        print_row(apr_itoa(p, code->code), code->text, p);
}

static const char *called(const tpa_ctl_verb_t *verb, apr_pool_t *p)
{
    return apr_pstrcat(p, verb->name, verb->arg ? " " : "",
                       verb->arg ? verb->arg : "", NULL);
}

void tpa_ctl_help(const tpa_ctl_t *ctl)
{
    const tpa_ctl_verb_t *verb = ctl->verb;
    apr_pool_t *p = ctl->p;

    if (verb) {
        printf("usage: tpactl %s [OPTIONS]\n\n", called(verb, p));
        tpa_ctl_wrap(0, 0, verb->text, p);
        printf("\nOptions:\n");
    }
    else {
        printf("tpactl looks after the tenants of mod_tpa_orgs.\n\n"
               "usage: tpactl VERB [OPTIONS]\n\nVerbs:\n");
        for (verb = tpa_ctl_verbs; verb->name; verb++)
            print_row(called(verb, p), verb->summary, p);
        printf("\nOptions (tpactl VERB --help names those of a verb):\n");
        verb = NULL;
    }
    print_options(verb, p);
    print_codes(p);
}
