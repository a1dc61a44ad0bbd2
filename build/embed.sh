#!/bin/sh
# Print a C file that holds text files by their names: embed.sh FILE...
# The pages of src/http/ are compiled in with it, see src/http/builtin.h.
export LC_ALL=C
cat <<'END'
/* Made by build/embed.sh. */
#include "http/builtin.h"

const tpa_builtin_t tpa_builtins[] = {
END
awk '
    FNR == 1 {
        if (NR > 1) print "    },"
        name = FILENAME
        sub(/.*\//, "", name)
        print "    { \"" name "\","
    }
    {
        gsub(/[\\"]/, "\\\\&")
        print "      \"" $0 "\\n\""
    }
    END { if (NR) print "    }," }
' "$@" || exit 1
cat <<'END'
    { 0 }
};
END
