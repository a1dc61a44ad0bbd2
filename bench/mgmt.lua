-- One call of the Management API, again and again; prints the median of its
-- time: wrk -s mgmt.lua URL -- METHOD TOKEN [BODY]

function init(args)
    wrk.method = args[1]
    wrk.headers["Authorization"] = "Bearer " .. args[2]
    if args[3] and args[3] ~= "" then
        wrk.headers["Content-Type"] = "application/json"
        wrk.body = args[3]
    end
end

function done(summary, latency)
    local e = summary.errors

    print(string.format("figures requests=%d p50=%d p99=%d broken=%d",
        summary.requests, latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.timeout + e.status))
end
