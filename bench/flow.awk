# The report of flow.sh, over medians.awk. -v markdown=1 for README.md.

$1 == "calls" { calls[f["step"]] = f["most"] }

# CPU of the server a step, in signatures, that is allowed: 1.6 and 100 us.
function allowed() {
    return 1.6 * signature + 100
}

function table(    i, part, key) {
    if (markdown) {
        print "| step | connections | a second, over RSA/s | p50 ms | p99 ms |" \
            " server CPU over a signature | database CPU over a signature |" \
            " round trips | errors |"
        print "|---|---|---|---|---|---|---|---|---|"
    }
    else
        printf "%-10s %5s %9s %8s %8s %8s %9s %9s %6s %7s %7s\n", "step", \
            "conns", "steps/s", "of RSA", "p50 ms", "p99 ms", "srv/sign", \
            "db/sign", "calls", "errors", "others"
    for (i = 1; i <= rows; i++) {
        key = order[i]
        split(key, part, " ")
        if (markdown)
            printf "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %s | %d |\n", \
                part[1], part[3], median("share " key), \
                median("p50 " key) / 1000, median("p99 " key) / 1000, \
                median("server " key) / signature, \
                median("database " key) / signature, \
                part[1] in calls ? calls[part[1]] : "", \
                refused[key] + broken[key]
        else
            printf "%-10s %5d %9.0f %8.2f %8.2f %8.2f %9.2f %9.2f %6s %7d" \
                " %7.2f\n", part[1], part[3], median("rate " key), \
                median("share " key), median("p50 " key) / 1000, \
                median("p99 " key) / 1000, median("server " key) / signature, \
                median("database " key) / signature, \
                part[1] in calls ? calls[part[1]] : "", \
                refused[key] + broken[key], median("others " key)
        failures += refused[key] + broken[key]
    }
}

function server_us(step,    i, part, v, most) {
    for (i = 1; i <= rows; i++) {
        split(order[i], part, " ")
        v = median("server " order[i])
        if (part[1] == step && v > most)
            most = v
    }
    return most
}

END {
    gather()
    printf "%d rounds on %d cores; one RSA-2048 signature takes %.0f us on one" \
        " core,\nall cores make %.2f times as many as one; %s.\n\n", rounds, \
        cores, signature, median("rsaall") / median("rsa1"), load_note()
    table()
    print ""
    heading_of_targets()
    target("round trips of a code exchange", calls["exchange"], 2, 1, "%d")
    target("round trips of a refresh", calls["refresh"], 2, 1, "%d")
    target("round trips of /authorize, session and consent there", \
           calls["authorize"], 3, 1, "%d")
    target("server CPU of a code exchange, us (1.6 signatures + 100)", \
           server_us("exchange"), allowed(), 1, "%.0f")
    target("server CPU of a refresh with rotation, us (the same)", \
           server_us("refresh"), allowed(), 1, "%.0f")
    target("requests that were not answered as they should", failures + 0, \
           0, 1, "%d")
    print missed ? "\n" missed " targets missed" : "\nall targets hold"
}
