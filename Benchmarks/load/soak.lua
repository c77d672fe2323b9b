-- A mix of everything that the service answers, wrong requests among it, for Benchmarks/soak.
local json = { ["Content-Type"] = "application/json" }
local turn = 0
statuses = {}

local function uuid(number)
  return string.format("00000000-0000-4000-8000-%012x", number)
end

local function with(headers)
  local all = { ["Content-Type"] = "application/json" }
  for name, value in pairs(headers) do all[name] = value end
  return all
end

local function person(number)
  return string.format(
    '{"uuid":"%s","passengerClass":%d,"name":"Passenger %d","sex":"other","age":%d,'
      .. '"siblingsOrSpousesAboard":0,"parentsOrChildrenAboard":1,"fare":7.25}',
    uuid(number), 1 + number % 3, number, number % 90)
end

local function name(number)
  local letters = ""
  for _ = 1, 4 do
    letters = letters .. string.char(97 + number % 26)
    number = math.floor(number / 26)
  end
  return letters
end

local mix = {
  function(n) return wrk.format("POST", "/people", json, person(n)) end,
  function(n) return wrk.format("GET", "/people/" .. uuid(n - 2101)) end,
  function(n) return wrk.format("GET", "/people/" .. uuid(n - 2102), { ["If-None-Match"] = "*" }) end,
  function(n) return wrk.format("PUT", "/people/" .. uuid(n - 2103), json, '{"age":33}') end,
  function() return wrk.format("GET", "/people?limit=20", { ["Accept-Encoding"] = "gzip" }) end,
  function(n)
    return wrk.format("POST", "/api/randomizes", json, '{"word":"word ' .. n .. ' äöü"}')
  end,
  function() return wrk.format("GET", "/api/randomizes?limit=10") end,
  function() return wrk.format("POST", "/api/randomizes", json, '{"word":""}') end,
  function()
    return wrk.format(
      "GET", "/api/histories", { ["Authorization"] = "Bearer " .. os.getenv("TOKEN") })
  end,
  function(n)
    return wrk.format(
      "PUT", "/hello/" .. name(n % 1000), json, '{"dateOfBirth":"1990-04-17"}')
  end,
  function(n) return wrk.format("GET", "/hello/" .. name((n - 211) % 1000)) end,
  function(n)
    return wrk.format(
      "POST", "/message", json,
      '{"sender":"soak","recipient":"r' .. n % 50 .. '","message":"text ' .. n .. '"}')
  end,
  function() return wrk.format("GET", "/message?sender=soak&recipient=r7") end,
  function(n)
    return wrk.format(
      "POST", "/messages", with({ ["Idempotency-Key"] = "soak-" .. math.floor(n / 40) }),
      '{"sender":"soak","recipient":"once","message":"the same"}')
  end,
  function() return wrk.format("GET", "/messages?recipient=once&limit=5") end,
  function(n)
    return wrk.format("GET", "/api/pageviews/" .. (n % 42 == 0 and "Kubernetes" or "Foobar") .. "/2023/11")
  end,
  function() return wrk.format("GET", "/monthly_view_count/Foobar/2023/11") end,
  function() return wrk.format("GET", "/health", { ["Accept"] = "application/json" }) end,
  function() return wrk.format("GET", "/openapi.json", { ["Accept-Encoding"] = "gzip" }) end,
  function() return wrk.format("POST", "/people", json, '{"name":1,"age":"20"') end,
  function() return wrk.format("DELETE", "/hello/anna") end,
}

function request()
  turn = turn + 1
  return mix[turn % #mix + 1](turn)
end

function delay()
  return tonumber(os.getenv("PAUSE_MS") or "10")
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency)
  local total = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      total[status] = (total[status] or 0) + count
    end
  end
  for status, count in pairs(total) do
    io.write(string.format("status %d: %d\n", status, count))
  end
  io.write(string.format("p99: %.1f ms\n", latency:percentile(99) / 1000))
end
