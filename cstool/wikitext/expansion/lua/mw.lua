-- Functions of `mw` itself. After Scribunto's reference manual.
local host = ...

local mw_functions = {}

function mw_functions.clone(value)
  local copies = {}
  local function copy(original)
    if type(original) ~= "table" then return original end
    if copies[original] ~= nil then return copies[original] end
    local result = {}
    copies[original] = result
    local metatable = getmetatable(original)
    if metatable then setmetatable(result, copy(metatable)) end
    for key, element in pairs(original) do result[key] = copy(element) end
    return result
  end
  return copy(value)
end

function mw_functions.allToString(...)
  local texts = { ... }
  local count = select("#", ...)
  for index = 1, count do texts[index] = tostring(texts[index]) end
  return table.concat(texts, "\t", 1, count)
end

-- Nobody reads the log.
function mw_functions.log(...)
  mw_functions.allToString(...)
end

local SCALARS = { number = true, boolean = true, ["nil"] = true }

local function before(a, b)
  local kind = type(a)
  if kind ~= type(b) then return kind < type(b) end
  if kind == "string" or kind == "number" then return a < b end
  if kind == "boolean" then return tostring(a) < tostring(b) end
  return false
end

function mw_functions.dumpObject(object)
  local names, shown, counts = {}, {}, {}
  local function numbered(kind)
    counts[kind] = (counts[kind] or 0) + 1
    return kind .. "#" .. counts[kind]
  end
  local dump
  local function dump_table(value, depth, pieces)
    local indent = ("  "):rep(depth + 2)
    pieces[#pieces + 1] = names[value] .. " {\n"
    local metatable = getmetatable(value)
    if metatable then
      pieces[#pieces + 1] = indent .. "metatable = " .. dump(metatable, depth + 2, false) .. "\n"
    end
    local listed, keys = {}, {}
    for key, element in ipairs(value) do
      listed[key] = true
      pieces[#pieces + 1] = indent .. dump(element, depth + 2, true) .. ",\n"
    end
    for key in pairs(value) do
      if not listed[key] then keys[#keys + 1] = key end
    end
    table.sort(keys, before)
    for _, key in ipairs(keys) do
      pieces[#pieces + 1] = indent .. "[" .. dump(key, depth + 3, false) .. "] = "
        .. dump(value[key], depth + 2, true) .. ",\n"
    end
    pieces[#pieces + 1] = ("  "):rep(depth) .. "}"
    return table.concat(pieces)
  end
  function dump(value, depth, expands)
    local kind = type(value)
    if SCALARS[kind] then return tostring(value) end
    if kind == "string" then return string.format("%q", value) end
    if not names[value] then
      local text = tostring(value)
      if kind ~= "table" or text == "table" then
        names[value] = numbered(text)
      else
        names[value], shown[value] = text, true
      end
    end
    if kind ~= "table" or shown[value] or not expands then return names[value] end
    shown[value] = true
    return dump_table(value, depth, {})
  end
  return dump(object, 0, true)
end

function mw_functions.logObject(object)
  mw_functions.dumpObject(object)
end

function mw_functions.isSubsting()
  return false
end

function mw_functions.addWarning(text)
  if type(text) ~= "string" then error("bad argument #1 to 'addWarning' (string expected)", 2) end
end

local MOST_EXPENSIVE = 500

function mw_functions.incrementExpensiveFunctionCount()
  if host.expensive() > MOST_EXPENSIVE then error("too many expensive function calls", 2) end
end

-- Functions that need what a dump of pages does not have.
local function unknown(name)
  return function() return host.unknown(name) end
end

mw_functions.ext = {
  data = { get = unknown("mw.ext.data") },
  ParserFunctions = {},
}

function mw_functions.ext.ParserFunctions.expr(expression)
  return host.expression(tostring(expression))
end

return mw_functions
