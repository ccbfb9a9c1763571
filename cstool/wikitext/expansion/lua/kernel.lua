-- The sandbox: what modules may use, limits on their work, `require` and `#invoke`.
--
-- It runs once per interpreter with Python's functions (`host`), removes everything that reaches
-- outside of Lua, and returns functions for Python. After Scribunto's reference manual.
local host, sources = ...

local raw = {
  pcall = pcall, xpcall = xpcall, error = error, pairs = pairs, ipairs = ipairs, next = next,
  getmetatable = getmetatable, setmetatable = setmetatable, rawget = rawget, tostring = tostring,
  type = type, unpack = unpack, select = select, loadstring = loadstring, setfenv = setfenv,
  count = collectgarbage, newproxy = newproxy, sethook = debug.sethook,
}
local error, type, select, setfenv = error, type, select, setfenv
local floor, huge, os = math.floor, math.huge, os

-- Limits -----------------------------------------------------------------------------------------

local STEP = 1000 -- instructions between two checks
local CHECKS = 200 -- between two calls of Python, where it handles signals
local ENDED = "this call has ended"

local left = huge -- instructions
local churn = 0 -- kilobytes: the sum of the memory in use at the end of each garbage collection
local most_memory, most_churn = huge, huge -- kilobytes
local checks = 0
local ended -- why the call has ended; no code of modules runs after that

local function stop(reason)
  ended = ended or reason
  raw.sethook()
  error(ENDED, 0)
end

local function check()
  if ended then error(ENDED, 0) end
  left = left - STEP
  if left < 0 then stop("Lua instructions") end
  if churn > most_churn or raw.count("count") > most_memory then stop("Lua memory") end
  checks = checks + 1
  if checks >= CHECKS then
    checks = 0
    if not host.tick() then stop("host") end
  end
end

-- Count work that is hidden in a function of C, as instructions.
local function charge(instructions)
  left = left - instructions
  if left < 0 or ended then stop("Lua instructions") end
end

-- An object that notices the end of each garbage collection: large strings that are made and
-- dropped cost few instructions, but much time.
local function watch()
  raw.getmetatable(raw.newproxy(true)).__gc = function()
    churn = churn + raw.count("count")
    if churn > most_churn and not ended then raw.sethook(check, "", 1) end
    watch()
  end
end
watch()
-- A collection is not divided into steps, during which much could be allocated.
raw.count("setstepmul", 0)

-- Instructions are counted from here, so that the count does not depend on what was before.
local function restart()
  raw.sethook(check, "", STEP)
end

-- The same before and after work whose instructions depend on what this interpreter remembers.
local function apart()
  charge(STEP)
  restart()
end

-- Functions of Python ----------------------------------------------------------------------------

-- They return true and values, false and a message, or nil and why the call ends.
local function values(ok, ...)
  if ended then error(ENDED, 0) end
  if ok then return ... end
  if ok == nil then stop((...)) end
  error((...), 3)
end

local function bound(callback)
  return function(...) return values(callback(...)) end
end

-- Basic functions --------------------------------------------------------------------------------

local base = {}
local at_begin = {} -- functions that forget what libraries remember, before each call

local function caught(ok, ...)
  if ended then error(ENDED, 0) end
  if not ok and (...) == "not enough memory" then stop("Lua memory") end
  return ok, ...
end

function base.pcall(...)
  return caught(raw.pcall(...))
end

function base.xpcall(body, handler)
  return caught(raw.xpcall(body, function(fault)
    if ended or fault == "not enough memory" then return fault end
    return handler(fault)
  end))
end

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
  if format:sub(1, 1) ~= "!" then format = "!" .. format end
  return os.date(format, time)
end

-- Libraries of ours ------------------------------------------------------------------------------

local builtin = {} -- sources of libraries by name, as text

local function compiled(source, name)
  if source:find("\27Lua", 1, true) then error("cannot load compiled code", 0) end
  local chunk, fault = raw.loadstring(source, name)
  if not chunk then error(fault, 0) end
  return chunk
end

-- What the library `name` returns; `environment` is that of the module that needs it.
local function library(name, environment, callbacks)
  local chunk = compiled(builtin[name], "@" .. name .. ".lua")
  setfenv(chunk, environment)
  return chunk(callbacks)
end

-- Names by which modules load libraries.
local REQUIRED = { libraryUtil = "libraryutil", strict = "strict", bit32 = "bit32",
  bit = "luabit_bit", ["luabit.bit"] = "luabit_bit", ["luabit/bit"] = "luabit_bit",
  hex = "luabit_hex", ["luabit.hex"] = "luabit_hex", ["luabit/hex"] = "luabit_hex" }
local MW = { ustring = "ustring" }
for _, name in ipairs({ "text", "html", "title", "site", "language", "uri", "hash", "message",
  "ustring", "wikibase" }) do
  MW["mw." .. name] = name
end

base._G = base
base.mw = {}
base.string = setfenv(compiled(sources.strings, "@strings.lua"), {
  string = string, select = select, type = type, error = error, tonumber = tonumber,
  tostring = base.tostring, loadstring = raw.loadstring, setmetatable = raw.setmetatable,
  math = math, table = table, ipairs = ipairs, pairs = pairs, unpack = unpack,
})(charge, function() stop("Lua memory") end, bound(host.find), sources.byte_patterns,
  function(forget) at_begin[#at_begin + 1] = forget end)
raw.getmetatable("").__index = base.string

do
  local loaded = {}
  function base.require(name)
    local file = REQUIRED[name] or MW[name]
    if not builtin[file] then error("module '" .. tostring(name) .. "' not found", 2) end
    if loaded[file] == nil then loaded[file] = library(file, base) end
    return loaded[file]
  end
end

-- Environments of modules ------------------------------------------------------------------------

local function clone(value, copies)
  if type(value) ~= "table" then return value end
  local copy = copies[value]
  if copy then return copy end
  copy = {}
  copies[value] = copy
  for key, element in raw.next, value do
    copy[key] = type(element) == "table" and clone(element, copies) or element
  end
  local metatable = raw.getmetatable(value)
  if metatable then raw.setmetatable(copy, clone(metatable, copies)) end
  return copy
end

local chunks = {} -- functions of modules, by full title; false if there is no such module
local running = {} -- how often each is on the stack

-- Return the main function of a module, nil if there is none.
local function chunk_of(title)
  local chunk = chunks[title]
  if chunk == nil or (chunk and (running[title] or 0) > 0) then
    local source = values(host.source(title))
    chunk = source and compiled(source, "=" .. title) or false
    chunks[title] = chunk
  end
  return chunk or nil
end

local function run(title, environment, ...)
  local chunk = chunk_of(title)
  setfenv(chunk, environment)
  running[title] = (running[title] or 0) + 1
  local result = chunk(...)
  running[title] = running[title] - 1
  return result
end

local titles = {} -- full titles of modules by the names that `require` gets; false if unknown

local function title_of(name)
  local title = titles[name]
  if title == nil then
    title = values(host.module_title(name)) or false
    titles[name] = title
  end
  return title
end

local LOADING = {}

local function add_require(environment)
  local loaded, preload = {}, {}
  for _, name in ipairs({ "string", "math", "os", "table", "debug", "mw" }) do
    loaded[name] = environment[name]
  end
  for name, file in raw.pairs(MW) do loaded[name] = environment.mw[file] end
  loaded._G = environment
  local function find_preload(name) return preload[name] end
  local function find_module(name)
    local file = REQUIRED[name]
    if file and builtin[file] then
      return function() return library(file, environment) end
    end
    apart()
    local title = title_of(name)
    local exists = title and chunk_of(title)
    apart()
    return exists and function(...) return run(title, environment, ...) end or nil
  end
  local package = { loaded = loaded, preload = preload, loaders = { find_preload, find_module } }
  function package.seeall(module)
    local metatable = base.getmetatable(module) or {}
    metatable.__index = environment
    return base.setmetatable(module, metatable)
  end
  loaded.package = package
  environment.package = package

  function environment.require(name)
    if type(name) ~= "string" then
      error("bad argument #1 to 'require' (string expected, got " .. type(name) .. ")", 2)
    end
    local module = loaded[name]
    if module == LOADING then
      error("loop or previous error loading module '" .. name .. "'", 2)
    elseif module then
      return module
    end
    local loader
    for _, find in raw.ipairs(package.loaders) do
      loader = find(name)
      if loader then break end
    end
    if not loader then error("module '" .. name .. "' not found", 2) end
    loaded[name] = LOADING
    local outer = environment.arg
    environment.arg = { name }
    local result = loader(name)
    environment.arg = outer
    if result then
      loaded[name] = result
    elseif loaded[name] == LOADING then
      loaded[name] = true
    end
    return loaded[name]
  end
end

local frames -- what frame.lua returns

-- Return a new environment for a module and the frame of its call.
local function new_environment(frame)
  local environment = clone(base, {})
  add_require(environment)
  environment.mw.getCurrentFrame = function() return frame end
  return environment
end

-- Data -------------------------------------------------------------------------------------------

local data = {} -- by the name that mw.loadData gets
local costs = {} -- instructions for loading it
local used_data = {} -- names whose costs the call has paid
local of_page = {} -- names of data that depends on the page, which only the call may use
local page_reads = 0

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
  local environment = new_environment(frames.empty())
  local result = environment.require(name)
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
  if used_data[name] then
    if of_page[name] then page_reads = page_reads + 1 end
    return data[name]
  end
  apart()
  if data[name] == nil then
    local before, reads = left, page_reads
    data[name] = load_data(name)
    costs[name] = before - left
    if page_reads > reads then of_page[name] = true end
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

function base.mw.loadData(name)
  local found = data_of(name)
  if type(found) == "string" then error(found, 2) end
  return read_only(found, {}, "mw.loadData")
end

function base.mw.loadJsonData(name)
  if type(name) ~= "string" then
    error("bad argument #1 to 'mw.loadJsonData' (string expected, got " .. type(name) .. ")", 2)
  end
  local found = json_of(name)
  if type(found) ~= "table" then
    error(name .. " returned " .. type(found) .. ", table expected", 2)
  end
  return read_only(found, {}, "mw.loadJsonData")
end

-- For Python -------------------------------------------------------------------------------------

local kernel = {}

-- Make the source of a library known that needs nothing of Python.
function kernel.declare(name, source)
  builtin[name] = source
end

-- Load a library; `callbacks` has functions of Python by name.
function kernel.add(name, source, callbacks)
  builtin[name] = source
  local functions = {}
  for key, callback in raw.pairs(callbacks) do functions[key] = bound(callback) end
  local parts = {}
  function functions.library(part)
    parts[part] = parts[part] or library(part, base, functions)
    return parts[part]
  end
  function functions.at_begin(forget) at_begin[#at_begin + 1] = forget end
  function functions.reads_page() page_reads = page_reads + 1 end
  if name == "frame" then
    functions.new_environment = new_environment
    frames = library(name, base, functions)
  elseif name == "mw" then
    for key, value in raw.pairs(library(name, base, functions)) do base.mw[key] = value end
  elseif MW[name] or MW["mw." .. name] then
    base.mw[name] = library(name, base, functions)
    if name == "ustring" then
      base.string.ulower, base.string.uupper = base.mw.ustring.lower, base.mw.ustring.upper
    end
  end
end

-- Begin a call that is not part of another one. Instructions; memory and churn in kilobytes.
function kernel.begin(instructions, memory, most)
  left, churn, checks, ended = instructions, 0, 0, nil
  for key in raw.next, of_page do data[key] = nil end
  used_data, of_page = {}, {}
  for _, forget in raw.ipairs(at_begin) do forget() end
  most_memory, most_churn = raw.count("count") + memory, most
  running = {}
  frames.reset()
  restart()
end

-- End it: the instructions that are left, and why it ended, if it did not return.
function kernel.finish()
  raw.sethook()
  local rest, why = left, ended
  left, ended, most_memory, most_churn = huge, nil, huge, huge
  return rest, why
end

-- Why the current call has ended, nil if it has not.
function kernel.reason()
  return ended
end

-- After a call within another one has ended as unknown: the outer one continues.
function kernel.continue()
  ended = nil
  restart()
end

-- Text that a function of a module returns, or nil and a message.
function kernel.invoke(title, name, current, parent)
  local frame = frames.new(current, parent)
  apart()
  if not chunk_of(title) then return nil, "no such module" end
  apart()
  local environment = new_environment(frame)
  local exports = run(title, environment)
  if type(exports) ~= "table" then return nil, "the module returned no table" end
  local call = exports[name]
  if call == nil then return nil, "the function does not exist" end
  if type(call) ~= "function" then return nil, "this is not a function" end
  local results = { call(frame) }
  local last = 0
  for index in ipairs(results) do
    results[index], last = base.tostring(results[index]), index
  end
  return table.concat(results, "", 1, last)
end

-- A table from keys and values that follow each other.
function kernel.table(...)
  local result = {}
  for index = 1, select("#", ...), 2 do
    local key, value = select(index, ...)
    result[key] = value
  end
  return result
end

for _, name in ipairs({ "io", "os", "debug", "package", "python", "coroutine", "require", "module",
  "load", "loadfile", "loadstring", "dofile", "collectgarbage", "gcinfo", "newproxy", "print",
  "getfenv", "setfenv" }) do
  _G[name] = nil
end
-- `string.dump` shows compiled code.
string.dump = nil
base.string.dump = nil

kernel.charge = charge
return kernel
