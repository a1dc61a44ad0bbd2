# The report of mgmt.sh, over medians.awk. -v markdown=1 for README.md.

$1 == "call" {
    if (!(f["what"] in known))
        calls[++n_calls] = f["what"]
    known[f["what"]] = 1
    put(f["what"] " " f["rows"], f["p50"])
    broken_calls += f["broken"]
    if (!few || f["rows"] + 0 < few)
        few = f["rows"] + 0
    if (f["rows"] + 0 > many)
        many = f["rows"] + 0
}

END {
    if (markdown) {
        printf "| call | %d rows, ms | %d rows, ms | ratio |\n", few, many
        print "|---|---|---|---|"
    }
    for (i = 1; i <= n_calls; i++) {
        a = median(calls[i] " " few)
        b = median(calls[i] " " many)
        ratio = a ? b / a : 0
        name = calls[i]
        gsub(/_/, " ", name)
        printf markdown ? "| %s | %.2f | %.2f | %.2f |\n" : \
            "%-34s %8.2f ms %8.2f ms   ratio %.2f\n", name, a / 1000, \
            b / 1000, ratio
        worst_ratio = ratio > worst_ratio ? ratio : worst_ratio
    }
    print ""
    heading_of_targets()
    target("many rows against few, the worst call", worst_ratio, 1.3, 1, "%.2f")
    target("calls that failed", broken_calls, 0, 1, "%d")
    exit missed > 0
}
