# Building module and tool. Sourced by quickstart.
#
# The sources are copied first: the build tools cannot stand blanks in a path,
# and the clone stays as it is.

# What a build leaves behind, here or there, is no source.
NOT_SOURCES=(./.git ./run './build-*' node_modules .libs .deps '*.o' '*.lo'
    '*.la' ./configure ./config.status ./config.log './config.h*' ./libtool
    ./Makefile ./Makefile.in ./aclocal.m4 ./autom4te.cache ./build-aux ./m4
    ./stamp-h1 ./tpactl ./fuzz/corpus)

copy_sources() {
    local word excluded=()
    for word in "${NOT_SOURCES[@]}"; do
        excluded+=(--exclude "$word")
    done
    # A migration that was taken back must not linger.
    rm -rf "$place/src/sql"
    mkdir -p "$place/src" && tar -C "$here" "${excluded[@]}" -cf - . |
        tar -C "$place/src" --no-same-owner -xf -
}

configure() {
    cd "$place/src" && ./autogen.sh && rm -rf "$place/build" &&
        mkdir "$place/build" && cd "$place/build" && "$place/src/configure" &&
        echo "$place" >"$place/build/made-in"
}

compile() { make -C "$place/build" -j "$(nproc)" all; }

build() {
    say 'looking for changed sources'
    copy_sources || die "cannot copy the sources to $place/src"
    [ "$(cat "$place/build/made-in" 2>/dev/null)" = "$place" ] ||
        step 'preparing the build in run/build' "$place/log/configure.log" \
            configure
    step 'building what changed' "$place/log/make.log" compile
}
