#!/bin/sh
# Copy the files of the product into a folder: copy-files.sh SOURCE FOLDER.
# "make dist" and prove-gates.sh use it.
into=$(cd "$2" && pwd) || exit 1
. "$(dirname "$0")/gate.sh"
files -name '*' | tar --no-recursion -cf - -T - | tar -C "$into" -xf -
