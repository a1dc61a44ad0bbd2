/**
 * @file builtin.h
 * @brief The files of share/templates and share/locales, compiled in.
 */
#ifndef TPA_HTTP_BUILTIN_H
#define TPA_HTTP_BUILTIN_H

typedef struct tpa_builtin_t {
    const char *name;    /* "login.mustache", "de.json" */
    const char *text;
} tpa_builtin_t;

/** All of them; ended by a row without a name. Made by build/embed.sh. */
extern const tpa_builtin_t tpa_builtins[];

#endif
