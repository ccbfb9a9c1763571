-- mw.message: messages with parameters.
--
-- Behaviour: the reference manual of Scribunto. Of MediaWiki's messages, only a few are known.
local host = ...

local error, format, getmetatable, gsub, select, setmetatable, tostring, type =
  error, string.format, getmetatable, string.gsub, select, setmetatable, tostring, type
local max = math.max

local util = require("libraryUtil")
local check_type = util.checkType

local message = {}

-- A parameter that is raw text or a number to format: `{ raw = … }`, `{ num = … }`. Each has its own
-- metatable, because modules could change a common one for each other.
local MARK = {}

local function special(kind, value)
  return setmetatable({ [kind] = value }, {
    mark = MARK,
    __tostring = function(parameter) return tostring(parameter.raw or parameter.num) end,
  })
end

local function is_special(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return metatable and metatable.mark == MARK
end

local function is_textual(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return metatable and metatable.__tostring ~= nil
end

local function to_scalar(name, position, value, level)
  if is_textual(value) then return tostring(value) end
  if type(value) ~= "string" and type(value) ~= "number" then
    error(format("bad argument #%d to '%s' (string or number expected, got %s)", position, name,
      type(value)), level + 1)
  end
  return value
end

-- Return parameters, given as a list or as arguments, and their number.
local function to_list(name, keep_special, ...)
  local list, count = { ... }, select("#", ...)
  local first = ...
  if type(first) == "table" and not is_textual(first) then
    if count > 1 then
      error("bad arguments to '" .. name
        .. "' (pass either a table of params or params as individual arguments)", 3)
    end
    list, count = first, table.maxn(first)
  end
  local result = {}
  for index = 1, count do
    local value = list[index]
    local kept = keep_special and is_special(value)
    result[index] = kept and value or to_scalar("params", index, value, 3)
  end
  return result
end

local function text_of(parameter, language)
  if type(parameter) ~= "table" then return tostring(parameter) end
  if parameter.raw ~= nil then return tostring(parameter.raw) end
  return host.format_number(language, parameter.num)
end

local function with_parameters(text, parameters, language)
  return (gsub(text, "%$([1-9]%d*)", function(digits)
    -- The longest number for which there is a parameter.
    for length = #digits, 1, -1 do
      local parameter = parameters[tonumber(digits:sub(1, length))]
      if parameter ~= nil then return text_of(parameter, language) .. digits:sub(length + 1) end
    end
  end))
end

local function new_message(text, ...)
  local object, parameters, language = {}, {}, nil
  local check_self = util.makeCheckSelfFunction("mw.message", "msg", object, "message object")
  local keys = { ... }

  -- The text of the first key, which is what exists if it is known.
  local function known_text()
    local found = text or host.message(keys[1], language or host.language())
    if found == nil then host.unknown("message " .. keys[1]) end
    return found
  end

  local function adder(name, keep_special, kind)
    object[name] = function(self, ...)
      check_self(self, name)
      for _, value in ipairs(to_list(name, keep_special, ...)) do
        parameters[#parameters + 1] = kind and special(kind, value) or value
      end
      return self
    end
  end

  adder("params", true)
  adder("rawParams", false, "raw")
  adder("numParams", false, "num")

  function object:inLanguage(value)
    check_self(self, "inLanguage")
    if type(value) == "table" and value.getCode then value = value:getCode() end
    check_type("inLanguage", 1, value, "string")
    language = value
    return self
  end

  function object:useDatabase(value)
    check_self(self, "useDatabase")
    check_type("useDatabase", 1, value, "boolean")
    return self
  end

  function object:plain()
    check_self(self, "plain")
    return with_parameters(known_text(), parameters, language or host.language())
  end

  function object:exists()
    check_self(self, "exists")
    return known_text() ~= nil
  end

  function object:isBlank()
    check_self(self, "isBlank")
    return known_text() == ""
  end

  function object:isDisabled()
    check_self(self, "isDisabled")
    local found = known_text()
    return found == "" or found == "-"
  end

  return setmetatable(object, { __tostring = function(self) return self:plain() end })
end

function message.new(key, ...)
  check_type("message.new", 1, key, "string")
  return new_message(nil, key):params(...)
end

function message.newFallbackSequence(...)
  for index = 1, max(1, select("#", ...)) do
    check_type("message.newFallbackSequence", index, (select(index, ...)), "string")
  end
  return new_message(nil, ...)
end

function message.newRawMessage(text, ...)
  check_type("message.newRawMessage", 1, text, "string")
  return new_message(text):params(...)
end

function message.rawParam(value)
  return special("raw", to_scalar("message.rawParam", 1, value, 2))
end

function message.numParam(value)
  return special("num", to_scalar("message.numParam", 1, value, 2))
end

function message.getDefaultLanguage()
  return mw.language and mw.language.new(host.language()) or host.language()
end

return message
