-- Lua's own functions as modules get them: without what reaches outside, depends on this machine, or
-- hides much work in one call.
local host, raw, limits = ...

local error, type, select = error, type, select
local floor, os = math.floor, os
local values, bound, charge = limits.values, limits.bound, limits.charge

local base = { pcall = limits.pcall, xpcall = limits.xpcall }

function base.getmetatable(object)
  if type(object) == "table" then return raw.getmetatable(object) end
  return nil
end

-- Without weak tables: what they contain depends on when garbage is collected.
function base.setmetatable(object, metatable)
  if type(metatable) == "table" and raw.rawget(metatable, "__mode") ~= nil then
    metatable.__mode = nil
  end
  return raw.setmetatable(object, metatable)
end

function base.tostring(object)
  local kind = type(object)
  if kind == "string" then return object end
  local metatable = raw.getmetatable(object)
  if metatable and metatable.__tostring then return metatable.__tostring(object) end
  -- Addresses in memory differ between runs.
  if kind == "number" or kind == "boolean" or kind == "nil" then return raw.tostring(object) end
  return kind
end

function base.pairs(...)
  local object = ...
  local metatable = raw.getmetatable(object)
  if type(metatable) == "table" and metatable.__pairs then
    local step, state, key = metatable.__pairs(object)
    return step, state, key
  end
  return raw.pairs(...)
end

function base.ipairs(...)
  local object = ...
  local metatable = raw.getmetatable(object)
  if type(metatable) == "table" and metatable.__ipairs then
    local step, state, key = metatable.__ipairs(object)
    return step, state, key
  end
  return raw.ipairs(...)
end

local LONGEST_UNPACK = 8000

function base.unpack(list, first, last)
  if type(list) == "table" then
    local from, to = first or 1, last or #list
    if type(from) == "number" and type(to) == "number" then
      if math.abs(from) >= 2 ^ 31 or math.abs(to) >= 2 ^ 31 or to - from > LONGEST_UNPACK then
        error("too many results to unpack", 2)
      end
    end
  end
  return raw.unpack(list, first, last)
end

for _, name in ipairs({ "assert", "error", "next", "rawequal", "rawget", "rawset", "select",
  "tonumber", "type", "_VERSION" }) do
  base[name] = _G[name]
end

-- Libraries of Lua -------------------------------------------------------------------------------

local function copied(names, library)
  local copy = {}
  for name in names:gmatch("%S+") do copy[name] = library[name] end
  return copy
end

base.math = copied("abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log "
  .. "log10 max min mod modf pi pow rad sin sinh sqrt tan tanh", math)
base.math.random = bound(function() return host.unknown("math.random") end)
base.math.randomseed = function() end

base.table = copied("concat foreach foreachi getn maxn setn", table)

function base.table.insert(list, ...)
  if select("#", ...) > 1 and type(list) == "table" then charge(#list) end
  return table.insert(list, ...)
end

function base.table.remove(list, ...)
  if select("#", ...) > 0 and type(list) == "table" then charge(#list) end
  return table.remove(list, ...)
end

function base.table.sort(list, ...)
  if type(list) == "table" then charge(#list * 10) end
  return table.sort(list, ...)
end

function base.table.concat(list, ...)
  if type(list) == "table" then charge(#list) end
  return table.concat(list, ...)
end

base.debug = { traceback = function(message) return message or "" end }

base.os = { difftime = os.difftime, clock = function() return 0 end }

-- The seconds since 1970 of a table with a date in UTC.
local function seconds(date)
  local function field(name, default)
    local value = tonumber(date[name]) or default
    if not value then error("field '" .. name .. "' missing in date table", 3) end
    return floor(value)
  end
  local hour, day = field("hour", 12), field("day")
  local month, year = field("month"), field("year")
  year, month = year + floor((month - 1) / 12), (month - 1) % 12 + 1
  if month <= 2 then year, month = year - 1, month + 12 end
  local days = 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400)
    + floor((153 * (month - 3) + 2) / 5) + day - 719469
  return ((days * 24 + hour) * 60 + field("min", 0)) * 60 + field("sec", 0)
end

function base.os.time(date)
  if date == nil then return values(host.unknown("os.time")) end
  if type(date) ~= "table" then
    error("bad argument #1 to 'time' (table expected, got " .. type(date) .. ")", 2)
  end
  return seconds(date)
end

function base.os.date(format, time)
  if time == nil then return values(host.unknown("os.date")) end
  format = base.tostring(format == nil and "%c" or format)
  -- The time zone of this machine.
  if format:find("%%s") then return values(host.unknown("os.date")) end
  if format:sub(1, 1) ~= "!" then format = "!" .. format end
  return os.date(format, time)
end

return base
