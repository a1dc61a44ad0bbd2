#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "base/log.h"
#include "base/text_int.h"

void tpa_log(const tpa_log_t *log, tpa_level_t level, apr_pool_t *p,
             const char *fmt, ...)
{
    va_list args;
    const char *line;

    if (!log || !log->write)
        return;
    va_start(args, fmt);
    line = apr_pvsprintf(p, fmt, args);
    va_end(args);
    log->write(log->baton, level, tpa_text_escape(line, strlen(line), 1, p));
}
