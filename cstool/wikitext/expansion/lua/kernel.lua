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
  dump = string.dump,
}
local error, type, select, setfenv = error, type, select, setfenv

-- Libraries of ours ------------------------------------------------------------------------------

local builtin = {} -- sources of libraries by name, as text

local function compiled(source, name)
  if string.find(source, "\27Lua", 1, true) then error("cannot load compiled code", 0) end
  local chunk, fault = raw.loadstring(source, name)
  if not chunk then error(fault, 0) end
  return chunk
end

-- What another part of the kernel returns; it has the globals of this one.
local function part(name, ...)
  return compiled(sources[name], "@" .. name .. ".lua")(...)
end

local limits = part("limits", host, raw)
local base = part("basics", host, raw, limits)
local apart, bound, charge, values = limits.apart, limits.bound, limits.charge, limits.values
local at_begin = {} -- functions that forget what libraries remember, before each call

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
})(charge, function() limits.stop("Lua memory") end, bound(host.find), sources.byte_patterns,
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

-- Functions of modules, by full title; an error of their syntax; false if there is no such module.
local chunks = {}
local running = {} -- how often each is on the stack

-- Return the main function of a module, nil if there is none.
local function chunk_of(title)
  local chunk = chunks[title]
  if chunk == nil or (chunk and (running[title] or 0) > 0) then
    local source = values(host.source(title))
    if source then
      local ok, result = raw.pcall(compiled, source, "=" .. title)
      if result == "not enough memory" then error(result, 0) end
      if ok then values(host.check(raw.dump(result))) end
      chunk = ok and result or tostring(result)
    else
      chunk = false
    end
    chunks[title] = chunk
  end
  if type(chunk) == "string" then error(chunk, 0) end
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

-- What environments are copied from. It is made before libraries remember anything in `base`.
local template

local function make_template()
  template = clone(base, {})
  for _, list in ipairs({ "namespaces", "subjectNamespaces", "talkNamespaces",
    "contentNamespaces" }) do
    local _ = base.mw.site[list]
  end
end

-- Return a new environment for a module and the frame of its call.
local function new_environment(frame)
  local environment = clone(template, {})
  add_require(environment)
  environment.mw.getCurrentFrame = function() return frame end
  return environment
end

-- Data -------------------------------------------------------------------------------------------

do
  local functions = part("data", host, raw, limits, function(name)
    return new_environment(frames.empty()).require(name)
  end)
  base.mw.loadData, base.mw.loadJsonData = functions.loadData, functions.loadJsonData
  at_begin[#at_begin + 1] = functions.forget
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
  functions.charge = charge
  function functions.at_begin(forget) at_begin[#at_begin + 1] = forget end
  if name == "frame" then
    functions.new_environment = new_environment
    frames = library(name, base, functions)
  elseif name == "mw" then
    for key, value in raw.pairs(library(name, base, functions)) do base.mw[key] = value end
  elseif MW[name] or MW["mw." .. name] then
    base.mw[name] = library(name, base, functions)
  end
end

-- Begin a call that is not part of another one. Instructions; memory and churn in kilobytes.
function kernel.begin(instructions, memory, most)
  if not template then make_template() end
  limits.begin(instructions, memory, most)
  for _, forget in raw.ipairs(at_begin) do forget() end
  running = {}
  frames.reset()
  limits.restart()
end

kernel.finish, kernel.reason, kernel.continue = limits.finish, limits.reason, limits.continue

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

return kernel
