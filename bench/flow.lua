-- Load of wrk for the user flow: one connection a thread, so that each thread
-- is an application that waits for its answer.
--   wrk -tN -cN ... -s flow.lua URL -- STEP FIRST CODES VERIFIER ORG CHALLENGE
-- STEP is exchange (of codes numbered from FIRST on, so many a thread), refresh
-- (each thread follows its own chain of tokens), authorize (with session and
-- consent remembered), or flow (authorize and exchange in turn).
-- At the end one line for programs: figures NAME=VALUE ...

local threads = {}
local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }
local client = "client_id=tpc_bench00000000000000000"
local callback = "https%3A%2F%2Fapp.example.com%2Fback"
local session = "bench-session" .. string.rep("0", 30)

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init(args)
    step = args[1]
    next_code = tonumber(args[2]) + number * tonumber(args[3])
    last_code = next_code + tonumber(args[3])
    verifier = args[4]
    token = string.format("bench-refresh-%029d", number + 1)
    refused = 0
    authorize_request = wrk.format("GET", "/authorize?response_type=code&"
        .. client .. "&redirect_uri=" .. callback .. "&scope=read%3Aposts"
        .. "&audience=https%3A%2F%2Fapi.example.com%2F&state=0123456789"
        .. "&code_challenge_method=S256&code_challenge=" .. args[6]
        .. "&organization=" .. args[5],
        { Cookie = "__Host-tpa_session=" .. session })
end

local function exchange_of(code)
    return wrk.format("POST", "/oauth/token", form,
        "grant_type=authorization_code&" .. client .. "&code=" .. code
        .. "&redirect_uri=" .. callback .. "&code_verifier=" .. verifier)
end

function request()
    expected = 200
    if step == "exchange" then
        if next_code < last_code then next_code = next_code + 1 end
        return exchange_of(string.format("bench-code-%032d", next_code))
    elseif step == "refresh" then
        return wrk.format("POST", "/oauth/token", form,
            "grant_type=refresh_token&" .. client .. "&refresh_token=" .. token)
    elseif step == "flow" and code then
        local redeemed = exchange_of(code)

        code = nil
        return redeemed
    end
    expected = 303
    return authorize_request
end

-- A page instead of a code, or an error, is not what was asked for.
function response(status, headers, body)
    local location = headers["Location"] or headers["location"]
    local sent = location and location:match("[?&]code=([^&]+)")

    if status ~= expected or (expected == 303 and not sent) then
        refused = refused + 1
    elseif step == "flow" then
        code = sent
    elseif step == "refresh" then
        token = body:match('"refresh_token":"([^"]+)"') or token
    end
end

function done(summary, latency, requests)
    local e = summary.errors
    local lost = 0

    for _, thread in ipairs(threads) do
        lost = lost + thread:get("refused")
    end
    print(string.format("figures requests=%d us=%d p50=%d p99=%d refused=%d"
        .. " broken=%d", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), lost,
        e.connect + e.read + e.write + e.timeout))
end
