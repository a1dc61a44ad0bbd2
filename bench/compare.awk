# The report of compare.sh, over medians.awk. -v markdown=1 for README.md.

END {
    gather()
    printf "%d rounds on %d cores; %s.\n\n", rounds, cores, load_note()
    if (markdown) {
        print "| server | connections | tokens/s over RSA/s | ours over it |" \
            " CPU a token over that of a signature | of it database | p99 over" \
            " p50 | errors |"
        print "|---|---|---|---|---|---|---|---|"
    }
    else
        printf "%-18s %5s %9s %7s %9s %9s %9s %9s %9s %7s %7s\n", "server", \
            "conns", "tokens/s", "of RSA", "ours/it", "p50 ms", "p99 ms", \
            "server us", "db us", "errors", "others"
    for (i = 1; i <= rows; i++) {
        key = order[i]
        split(key, part, " ")
        ours = "mod_tpa_orgs " part[2] " " part[3]
        for (r = 1; r <= rounds; r++)
            if (median("round" r " " key) > 0)
                put("ahead " key, median("round" r " " ours) \
                    / median("round" r " " key))
        ahead = median("ahead " key)
        if (part[1] != "mod_tpa_orgs" \
            && (!(part[3] in least) || ahead < least[part[3]]))
            least[part[3]] = ahead
        if (!(part[3] in concs_seen))
            concs[++nconcs] = part[3]
        concs_seen[part[3]] = 1
        if (markdown)
            printf "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.1f | %d |\n", \
                part[1], part[3], median("share " key), ahead, \
                median("cpu " key) / signature, \
                median("database " key) / signature, median("spread " key), \
                refused[key] + broken[key]
        else
            printf "%-18s %5d %9.0f %7.2f %9.2f %9.2f %9.2f %9.0f %9.0f" \
                " %7d %7.2f\n", part[1], part[3], median("rate " key), \
                median("share " key), ahead, median("p50 " key) / 1000, \
                median("p99 " key) / 1000, median("server " key), \
                median("database " key), refused[key] + broken[key], \
                median("others " key)
    }
    print ""
    heading_of_targets()
    for (i = 1; i <= nconcs; i++)
        target("tokens/s over those of the best peer, at " concs[i], \
               least[concs[i]], 1.5, 0, "%.2f")
    print missed ? "\n" missed " targets missed" : "\nall targets hold"
}
