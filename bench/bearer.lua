-- The same request again and again; at the end one line for programs:
--   wrk ... -H HEADER -s bearer.lua URL

function done(summary, latency, requests)
    local e = summary.errors

    print(string.format("figures requests=%d us=%d p50=%d p99=%d refused=%d"
        .. " broken=%d", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.status,
        e.connect + e.read + e.write + e.timeout))
end
