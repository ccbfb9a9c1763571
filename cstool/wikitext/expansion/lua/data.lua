-- mw.loadData and mw.loadJsonData: tables that are loaded once per interpreter.
local host, raw, limits, load = ...

local error, type = error, type
local apart, charge, values = limits.apart, limits.charge, limits.values

local data = {} -- by the name that mw.loadData gets
local costs = {} -- instructions for loading it
local used_data = {} -- names whose costs the call has paid
local passing = {} -- by name, whether data depends on the call

local function fault_in_data(value, seen)
  local kind = type(value)
  if kind == "table" then
    if seen[value] then return nil end
    seen[value] = true
    if raw.getmetatable(value) ~= nil then
      return "data for mw.loadData contains a table with a metatable"
    end
    for key, element in raw.next, value do
      if type(key) == "table" then return "data for mw.loadData contains a table as a key" end
      local fault = fault_in_data(key, seen) or fault_in_data(element, seen)
      if fault then return fault end
    end
  elseif kind ~= "nil" and kind ~= "boolean" and kind ~= "number" and kind ~= "string" then
    return "data for mw.loadData contains unsupported data type '" .. kind .. "'"
  end
  return nil
end

local function load_data(name)
  local result = load(name)
  local fault
  if type(result) == "table" then
    fault = fault_in_data(result, {})
  else
    fault = name .. " returned " .. type(result) .. ", table expected"
  end
  return fault or result
end

-- Data is loaded once per interpreter, and yet costs each call the same.
local function data_of(name)
  if passing[name] then values(host.read_page()) end
  if used_data[name] then return data[name] end
  apart()
  if data[name] == nil then
    local before = limits.left()
    local reads = values(host.page_reads())
    data[name] = load_data(name)
    costs[name] = before - limits.left()
    if values(host.page_reads()) > reads then passing[name] = true end
  else
    charge(costs[name])
  end
  apart()
  used_data[name] = true
  return data[name]
end

local json = {}

local function json_of(name)
  apart()
  if json[name] == nil then json[name] = values(host.json_page(name)) end
  apart()
  return json[name]
end

-- A table that reads `source`, and tables in it, and cannot be changed.
local function read_only(source, wrapped, name)
  local proxy = {}
  wrapped[source] = proxy
  local function element(_, key)
    local value = source[key]
    if type(value) == "table" then return wrapped[value] or read_only(value, wrapped, name) end
    return value
  end
  local function step(_, key)
    key = raw.next(source, key)
    if key == nil then return nil end
    return key, element(nil, key)
  end
  local function indexed(_, index)
    index = index + 1
    if source[index] ~= nil then return index, element(nil, index) end
  end
  local metatable = {
    mw_loadData = true,
    __index = element,
    __newindex = function() error("table from " .. name .. " is read-only", 2) end,
    __pairs = function() return step, proxy, nil end,
    __ipairs = function() return indexed, proxy, 0 end,
  }
  metatable.__metatable = metatable
  return raw.setmetatable(proxy, metatable)
end

local functions = {}

function functions.loadData(name)
  local found = data_of(name)
  if type(found) == "string" then error(found, 2) end
  return read_only(found, {}, "mw.loadData")
end

function functions.loadJsonData(name)
  if type(name) ~= "string" then
    error("bad argument #1 to 'mw.loadJsonData' (string expected, got " .. type(name) .. ")", 2)
  end
  local found = json_of(name)
  if type(found) ~= "table" then
    error(name .. " returned " .. type(found) .. ", table expected", 2)
  end
  return read_only(found, {}, "mw.loadJsonData")
end

-- Before each call.
function functions.forget()
  used_data = {}
  for name in raw.next, passing do data[name] = nil end
  passing = {}
end

return functions
