# The report of bearer.sh, over medians.awk. -v markdown=1 for README.md.

# against_plain(): the rate of each way over that of the bare file, round by
# round, so that a slower minute of the machine spoils neither.
function against_plain(    i, round, part, plain) {
    for (i = 1; i <= rows; i++) {
        split(order[i], part, " ")
        for (round = 1; round <= rounds; round++) {
            plain = median("round" round " plain 1 " part[3])
            if (plain)
                put("ratio " order[i], \
                    median("round" round " " order[i]) / plain)
        }
    }
}

function table(    i, part, key) {
    if (markdown) {
        print "| file | connections | requests a second | of the bare file |" \
            " p50 ms | p99 ms | server CPU, us | errors |"
        print "|---|---|---|---|---|---|---|---|"
    }
    else
        printf "%-10s %5s %9s %9s %8s %8s %8s %7s %7s\n", "file", "conns", \
            "a second", "of plain", "p50 ms", "p99 ms", "srv us", "errors", \
            "others"
    for (i = 1; i <= rows; i++) {
        key = order[i]
        split(key, part, " ")
        printf markdown ? "| %s | %d | %.0f | %.2f | %.2f | %.2f | %.0f |" \
                " %d |\n" : "%-10s %5d %9.0f %9.2f %8.2f %8.2f %8.0f %7d" \
                " %7.2f\n", part[1], part[3], median("rate " key), \
                median("ratio " key), median("p50 " key) / 1000, \
                median("p99 " key) / 1000, median("server " key), \
                refused[key] + broken[key], median("others " key)
        failures += refused[key] + broken[key]
        if (part[1] == "cached" && (worst == "" || median("ratio " key) < worst))
            worst = median("ratio " key)
    }
}

END {
    gather()
    against_plain()
    printf "%d rounds on %d cores; one RSA-2048 signature takes %.0f us on one" \
        " core;\n%s.\n\n", rounds, cores, signature, load_note()
    table()
    print ""
    heading_of_targets()
    target("requests with a token that is remembered, over the bare file", \
           worst, 0.8, 0, "%.2f")
    target("requests that were not answered as they should", failures + 0, \
           0, 1, "%d")
    print missed ? "\n" missed " targets missed" : "\nall targets hold"
}
