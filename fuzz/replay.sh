#!/bin/sh
# Replay the inputs of fuzz/corpus through the fuzz targets: fuzz/fuzz_NAME of
# the build folder reads all of corpus/NAME. Prints TAP.
srcdir=${srcdir:-.}
builddir=${builddir:-.}
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM
n=0
failed=0

# Why the run of a target is no success; nothing when it is one.
complaint() {
    if [ "$3" -ne 0 ]; then
        echo "exit status $3"
    elif [ "$1" -eq 0 ]; then
        echo "no input"
    elif ! grep -q "^$1 inputs replayed" "$2"; then
        echo "not all of $1 inputs were replayed"
    elif grep -q 'runtime error:' "$2"; then
        echo "a sanitizer complains"
    fi
}

for dir in "$srcdir"/fuzz/corpus/*/; do
    name=$(basename "$dir")
    inputs=$(find "$dir" -type f | wc -l)
    timeout 120 "$builddir/fuzz/fuzz_$name" "$dir" >"$out" 2>&1
    why=$(complaint "$inputs" "$out" $?)
    n=$((n + 1))
    if [ -z "$why" ]; then
        echo "ok $n - fuzz_$name ($inputs inputs)"
    else
        failed=1
        echo "not ok $n - fuzz_$name: $why"
        tail -n 30 "$out" | sed 's/^/# /'
    fi
done

# A target without inputs would be forgotten in silence.
for source in "$srcdir"/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    [ -d "$srcdir/fuzz/corpus/$name" ] && continue
    n=$((n + 1))
    failed=1
    echo "not ok $n - fuzz_$name has no corpus"
done
echo "1..$n"
exit $failed
