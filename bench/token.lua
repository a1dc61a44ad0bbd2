-- Load of wrk: each request is that of a random machine.
--   wrk ... -s token.lua URL -- CLIENTS BODY
-- NUMBER in BODY stands for the number of the machine, filled up to 26 digits.
-- At the end one line for programs: figures NAME=VALUE ...

local clients, before, after

function init(args)
    local place = string.rep("0", 26)
    local whole, from, to

    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    whole = wrk.format("POST", nil, nil, (args[2]:gsub("NUMBER", place)))
    from, to = whole:find(place, 1, true)
    before = whole:sub(1, from - 1)
    after = whole:sub(to + 1)
    clients = tonumber(args[1])
    math.randomseed(os.time())
end

function request()
    return before .. string.format("%026d", math.random(clients)) .. after
end

function done(summary, latency, requests)
    local e = summary.errors

    print(string.format("figures requests=%d us=%d p50=%d p99=%d refused=%d"
        .. " broken=%d", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.status,
        e.connect + e.read + e.write + e.timeout))
end
