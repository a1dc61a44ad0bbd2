# The report of token.sh, over medians.awk. -v markdown=1 for README.md.

$1 == "memory" { memory[f["what"]] = f["late"] / f["early"]
                 memory_text[f["what"]] = sprintf("%.1f MB after %d, %.1f MB" \
                     " after %d requests", f["early"] / 1024, f["first"], \
                     f["late"] / 1024, f["second"]) }
$1 == "calls" { calls = f["module"]; transactions = f["database"] }
$1 == "down" { down = $0; sub(/^down /, "", down) }

# The worst of a figure over all plain rows at the given numbers of connections.
function worst(name, concs, most,    i, n, part, v, found, key) {
    for (i = 1; i <= rows; i++) {
        key = order[i]
        n = split(key, part, " ")
        if (part[1] != "plain" || index(" " concs " ", " " part[3] " ") == 0)
            continue
        v = median(name " " key)
        if (!found || (most ? v > found_value : v < found_value))
            found_value = v
        found = 1
    }
    return found ? found_value : ""
}

# The rate with the most clients over the rate with one, round by round.
function growth(conc,    r, one, many) {
    many = "plain " largest " " conc
    one = "plain 1 " conc
    for (r = 1; r <= rounds; r++)
        if (median("round" r " " one) > 0)
            put("growth " conc, median("round" r " " many) \
                / median("round" r " " one))
    return count["growth " conc] ? median("growth " conc) : ""
}

function table(    i, part, key) {
    if (markdown) {
        print "| clients | connections | tokens/s over RSA/s | p99 over p50 |" \
            " CPU a token over that of a signature | server us | database us |" \
            " above a signature, us | errors |"
        print "|---|---|---|---|---|---|---|---|---|"
    }
    else
        printf "%-12s %5s %9s %8s %8s %9s %9s %9s %9s %8s %8s %7s\n", \
            "clients", "conns", "tokens/s", "of RSA", "p50 ms", "p99 ms", \
            "server us", "db us", "CPU/sign", "above us", "errors", "others"
    for (i = 1; i <= rows; i++) {
        key = order[i]
        split(key, part, " ")
        if (part[1] == "organization")
            part[2] = part[2] (markdown ? ", in an Organization" : " org")
        printf markdown ? "| %s | %d | %.2f | %.1f | %.2f | %.0f | %.0f |" \
            " %.0f | %d |\n" : "", part[2], part[3], median("share " key), \
            median("spread " key), median("cpu " key) / signature, \
            median("server " key), median("database " key), \
            median("over " key), refused[key] + broken[key]
        if (!markdown)
            printf "%-12s %5d %9.0f %8.2f %8.2f %9.2f %9.0f %9.0f %9.2f" \
                " %8.0f %8d %7.2f\n", part[2], part[3], \
                median("rate " key), median("share " key), \
                median("p50 " key) / 1000, median("p99 " key) / 1000, \
                median("server " key), median("database " key), \
                median("cpu " key) / signature, median("over " key), \
                refused[key] + broken[key], median("others " key)
    }
}

END {
    gather()
    for (i = 1; i <= rows; i++) {
        split(order[i], part, " ")
        largest = part[2] > largest ? part[2] : largest
    }
    largest += 0
    printf "%d rounds on %d cores; one RSA-2048 signature takes %.0f us on one" \
        " core,\nall cores make %.2f times as many as one; %s.\n\n", rounds, \
        cores, signature, median("rsaall") / median("rsa1"), load_note()
    table()
    print ""
    heading_of_targets()
    target("CPU a token above one signature, us, at 8 and 32", \
           worst("over", "8 32", 1), 200, 1, "%.0f")
    target("of it the database, us", worst("database", "8 32", 1), 90, 1, \
           "%.0f")
    target("database round trips a token", calls, 1, 1, "%.2f")
    target("tokens/s over RSA/s of all cores, at 8", \
           worst("share", "8", 0), 0.45, 0, "%.2f")
    target("tokens/s over RSA/s of all cores, at 32", \
           worst("share", "32", 0), 0.45, 0, "%.2f")
    target("p99 over p50 at 8", worst("spread", "8", 1), 6, 1, "%.1f")
    for (i = 1; i <= rows; i++) {
        split(order[i], part, " ")
        failures += refused[order[i]]
        if (part[3] == 8 || part[3] == 32)
            failures += broken[order[i]]
    }
    target("requests refused; at 8 and 32, or broken off", failures + 0, 0, 1, \
           "%d")
    target("tokens/s with " largest " clients over one, at 8", growth(8), \
           0.9, 0, "%.2f")
    target("tokens/s with " largest " clients over one, at 32", growth(32), \
           0.9, 0, "%.2f")
    target("memory after 300,000 requests over after 100,000", \
           memory["tokens"], 1.1, 1, "%.3f")
    target("the same, all answered 503 for want of a database", \
           memory["refusals"], 1.1, 1, "%.3f")
    print ""
    if (transactions != "")
        printf "Transactions of the database a token, audit batches and" \
            " start included: %.3f\n", transactions
    for (i in memory_text)
        printf "%sMemory, %s: %s\n", markdown ? "\n" : "", i, memory_text[i]
    if (down != "")
        printf "%sDatabase down: %s\n", markdown ? "\n" : "", down
    print missed ? "\n" missed " targets missed" : "\nall targets hold"
}
