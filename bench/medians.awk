# Reads the lines "KIND NAME=VALUE ..." that the benches write, and answers
# with medians over the rounds. First of two: awk -f medians.awk -f x.awk

{
    delete f
    for (i = 2; i <= NF; i++) {
        at = index($i, "=")
        f[substr($i, 1, at - 1)] = substr($i, at + 1)
    }
}

# put(KEY, VALUE): one value of one round.
function put(key, value) {
    values[key, ++count[key]] = value
}

function median(key,    n, i, j, t, v) {
    n = count[key]
    for (i = 1; i <= n; i++)
        v[i] = values[key, i]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
            t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
        }
    return n == 0 ? 0 : n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

$1 == "rsa" {
    put("rsa" (f["cores"] == 1 ? 1 : "all"), f["rate"])
    put("rsa" (f["cores"] == 1 ? 1 : "all") " " f["round"], f["rate"])
    cores = f["cores"]
}

# Signatures of the same round stand before its figures, and again after it:
# hence all of that waits for the end.
$1 == "figure" {
    ++figures
    for (i in f)
        figure[figures, i] = f[i]
}

function gather(    n, key, rate, round) {
    for (n = 1; n <= figures; n++) {
        round = figure[n, "round"]
        key = figure[n, "label"] " " figure[n, "clients"] " " figure[n, "conc"]
        if (!(key in seen))
            order[++rows] = key
        seen[key] = 1
        rate = figure[n, "requests"] * 1e6 / figure[n, "us"]
        put("rate " key, rate)
        put("round" round " " key, rate)
        put("share " key, rate / median("rsaall " round))
        put("p50 " key, figure[n, "p50"])
        put("p99 " key, figure[n, "p99"])
        put("spread " key, figure[n, "p99"] / figure[n, "p50"])
        put("server " key, figure[n, "server"] / figure[n, "requests"])
        put("database " key, figure[n, "database"] / figure[n, "requests"])
        put("cpu " key, (figure[n, "server"] + figure[n, "database"]) \
            / figure[n, "requests"])
        put("over " key, (figure[n, "server"] + figure[n, "database"]) \
            / figure[n, "requests"] - 1e6 / median("rsa1 " round))
        put("others " key, figure[n, "others"] / figure[n, "elapsed"])
        put("others", figure[n, "others"] / figure[n, "elapsed"])
        put("load", figure[n, "load"])
        refused[key] += figure[n, "refused"]
        broken[key] += figure[n, "broken"]
        rounds = round > rounds ? round : rounds
    }
    signature = 1e6 / median("rsa1")
}

# target(WORDS, FIGURE, LIMIT, MOST): MOST 1 when the limit is the most, 0 when
# it is the least that is right. FIGURE may be "" when it was not measured.
function target(words, value, limit, most, form,    ok) {
    if (value == "") {
        line("-", words, "not measured", most, limit, form)
        return
    }
    ok = most ? value <= limit : value >= limit
    missed += !ok
    line(ok ? "ok" : "MISSED", words, sprintf(form, value), most, limit, form)
}

function line(verdict, words, value, most, limit, form) {
    if (markdown)
        printf "| %s | %s | %s %s | %s |\n", words, value, \
            most ? "at most" : "at least", sprintf(form, limit), verdict
    else
        printf "%-7s %-58s %10s   %s %s\n", verdict, words, value, \
            most ? "at most" : "at least", sprintf(form, limit)
}

function heading_of_targets() {
    if (markdown) {
        print "| target | figure | limit | |"
        print "|---|---|---|---|"
    }
}

# What others did meanwhile, and whether that spoils the figures.
function load_note() {
    return sprintf("load average before the runs: median %.1f; cores used by" \
        " others during them: median %.2f%s", median("load"), median("others"), \
        median("others") > 0.15 ? \
        ".\nThe machine was not quiet: rates and p99 mean little" : "")
}
