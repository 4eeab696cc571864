-- wrk: post one body again and again, and print what was measured as one line of JSON.
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "application/json"

-- A file of tokens, one a line: each request has its own, as CDS Hooks asks.
local list = os.getenv("BENCH_TOKENS")
if list then
  local tokens, sent = {}, 0
  for token in io.lines(list) do tokens[#tokens + 1] = "Bearer " .. token end
  request = function()
    sent = sent + 1
    wrk.headers["Authorization"] = tokens[(sent - 1) % #tokens + 1]
    return wrk.format()
  end
end

function done(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('{"p50":%f,"p99":%f,"rps":%f,"failed":%d,"requests":%d}\n',
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests / summary.duration * 1e6, failed, summary.requests))
end
