-- mw.language: what depends on a language.
--
-- Behaviour: the reference manual of Scribunto and its LanguageLibrary.php.
local host = ...

local error, floor, gmatch, huge, ipairs, match, pairs, select, tonumber, tostring, type, unpack =
  error, math.floor, string.gmatch, math.huge, ipairs, string.match, pairs, select, tonumber,
  tostring, type, unpack

local util = require("libraryUtil")
local number_text = host.library("ustring_arguments").number_text
local check_type = util.checkType

local language = {}

-- Languages --------------------------------------------------------------------------------------

for name, callback in pairs({ isSupportedLanguage = host.is_supported,
  isKnownLanguageTag = host.is_known, isValidCode = host.is_valid,
  isValidBuiltInCode = host.is_valid_builtin }) do
  language[name] = function(code)
    check_type(name, 1, code, "string")
    return callback(code)
  end
end

function language.fetchLanguageName(code, in_language)
  check_type("fetchLanguageName", 1, code, "string")
  check_type("fetchLanguageName", 2, in_language, "string", true)
  return host.name(code, in_language or "")
end

function language.fetchLanguageNames(in_language, include)
  check_type("fetchLanguageNames", 1, in_language, "string", true)
  check_type("fetchLanguageNames", 2, include, "string", true)
  local names = {}
  local lines = host.names(in_language or "", include or "mw")
  for code, name in gmatch(lines, "([^\t]*)\t([^\n]*)\n") do
    names[code] = name
  end
  return names
end

function language.getFallbacksFor(code)
  check_type("getFallbacksFor", 1, code, "string")
  local codes = {}
  for fallback in gmatch(host.fallbacks(code), "%S+") do codes[#codes + 1] = fallback end
  return codes
end

-- Methods ----------------------------------------------------------------------------------------

local methods = {}

for _, name in ipairs({ "lc", "uc", "lcfirst", "ucfirst", "caseFold" }) do
  methods[name] = function(code, s)
    check_type(name, 1, s, "string")
    if #s > 100 then host.charge(#s) end
    return host.change_case(code, name, s)
  end
end

function methods.formatNum(code, number, options)
  check_type("formatNum", 1, number, "number")
  if number == huge or number == -huge then
    error("bad argument #1 to 'formatNum' (infinite)", 3)
  end
  if number ~= number then error("bad argument #1 to 'formatNum' (NaN)", 3) end
  check_type("formatNum", 2, options, "table", true)
  -- What PHP considers as empty.
  local plain = options and options.noCommafy
  plain = plain and plain ~= 0 and plain ~= "" and plain ~= "0"
  return host.format_number(code, number_text(number), plain and true or false)
end

function methods.formatDate(code, format, date, is_local)
  check_type("formatDate", 1, format, "string")
  check_type("formatDate", 2, date, "string", true)
  check_type("formatDate", 3, is_local, "boolean", true)
  if not date or date == "" then return host.unknown("formatDate of now") end
  host.charge(40 * #format)
  return host.format_date(code, format, date, is_local or false)
end

-- The forms of words, given as a list or as arguments, as texts.
local function to_forms(...)
  local first = ...
  local list, forms = type(first) == "table" and first or { ... }, {}
  for index = 1, type(first) == "table" and #list or select("#", ...) do
    forms[index] = list[index] == nil and "" or tostring(list[index])
  end
  return forms
end

function methods.convertPlural(code, number, ...)
  check_type("convertPlural", 1, number, "number")
  return host.plural(code, number, unpack(to_forms(...)))
end

function methods.convertGrammar(code, word, case)
  check_type("convertGrammar", 1, word, "string")
  check_type("convertGrammar", 2, case, "string")
  return host.grammar(code, word, case)
end

function methods.gender(_, user, ...)
  check_type("gender", 1, user, "string")
  local forms = to_forms(...)
  user = match(user, "^%s*(.-)%s*$")
  if #forms < 2 then return forms[1] or "" end
  if user == "male" then return forms[1] end
  if user == "female" then return forms[2] end
  if user ~= "" then return host.unknown("gender of a user") end
  return forms[3] or forms[1]
end

-- Intervals of durations, in seconds, from the largest on.
local INTERVALS = { { "millennia", 31556952000 }, { "centuries", 3155695200 },
  { "decades", 315569520 }, { "years", 31556952 }, { "weeks", 604800 }, { "days", 86400 },
  { "hours", 3600 }, { "minutes", 60 }, { "seconds", 1 } }

local function to_intervals(seconds, chosen)
  local wanted, any = {}, false
  for _, name in pairs(chosen or {}) do wanted[name], any = true, true end
  if not any then
    wanted = { millennia = true, centuries = true, decades = true, years = true, days = true,
      hours = true, minutes = true, seconds = true }
  end
  local last
  for index, interval in ipairs(INTERVALS) do
    if wanted[interval[1]] then last = index end
  end
  local parts = {}
  for index, interval in ipairs(INTERVALS) do
    local name, size = interval[1], interval[2]
    if wanted[name] then
      local count = floor(seconds / size)
      if count > 0 or index == last and #parts == 0 then
        seconds = seconds - count * size
        parts[#parts + 1] = { name, count }
      end
    end
  end
  return parts
end

function methods.getDurationIntervals(_, seconds, chosen)
  check_type("getDurationIntervals", 1, seconds, "number")
  check_type("getDurationIntervals", 2, chosen, "table", true)
  local result = {}
  for _, part in ipairs(to_intervals(seconds, chosen)) do result[part[1]] = part[2] end
  return result
end

function methods.formatDuration(code, seconds, chosen)
  check_type("formatDuration", 1, seconds, "number")
  check_type("formatDuration", 2, chosen, "table", true)
  local flat = {}
  for _, part in ipairs(to_intervals(seconds, chosen)) do
    flat[#flat + 1], flat[#flat + 2] = part[1], part[2]
  end
  return host.format_duration(code, unpack(flat))
end

-- Objects ----------------------------------------------------------------------------------------

-- The number of arguments that a method needs.
local NEEDED = { lcfirst = 1, ucfirst = 1, lc = 1, uc = 1, caseFold = 1, formatNum = 1,
  formatDate = 1, formatDuration = 1, getDurationIntervals = 1, convertPlural = 2,
  convertGrammar = 2, gender = 2 }

local ARROWS = { left = "←", right = "→", up = "↑", down = "↓" }

local function check_code(code)
  if not host.is_valid(code) then error("language code '" .. code .. "' is invalid", 3) end
end

-- Methods without arguments, or with an optional one.
local function add_simple_methods(object, check_self)
  local function right_to_left(opposite)
    check_code(object.code)
    return host.is_rtl(object.code) ~= (opposite and true or false)
  end

  function object:isRTL()
    check_self(self, "isRTL")
    return right_to_left()
  end

  function object:getCode()
    check_self(self, "getCode")
    return self.code
  end

  function object:toBcp47Code()
    check_self(self, "toBcp47Code")
    return host.bcp47(self.code)
  end

  function object:getDir()
    check_self(self, "getDir")
    return right_to_left() and "rtl" or "ltr"
  end

  function object:getDirMark(opposite)
    check_self(self, "getDirMark")
    return right_to_left(opposite) and "\226\128\143" or "\226\128\142"
  end

  function object:getDirMarkEntity(opposite)
    check_self(self, "getDirMarkEntity")
    return right_to_left(opposite) and "&rlm;" or "&lrm;"
  end

  function object:getArrow(direction)
    check_self(self, "getArrow")
    direction = direction or "forwards"
    check_type("getArrow", 1, direction, "string")
    if direction == "forwards" or direction == "backwards" then
      direction = right_to_left(direction == "backwards") and "left" or "right"
    end
    if ARROWS[direction] then return ARROWS[direction] end
  end

  function object:getFallbackLanguages()
    check_self(self, "getFallbackLanguages")
    return language.getFallbacksFor(self.code)
  end
end

function language.new(code)
  if code == nil then error("too few arguments to mw.language.new()", 2) end
  local object = { code = code }
  local check_self = util.makeCheckSelfFunction("mw.language", "lang", object, "language object")
  for name, count in pairs(NEEDED) do
    local method = methods[name]
    object[name] = function(self, ...)
      check_self(self, name)
      if select("#", ...) < count then error("too few arguments to mw.language:" .. name, 2) end
      check_code(self.code)
      return method(self.code, ...)
    end
  end
  add_simple_methods(object, check_self)
  object.plural = object.convertPlural

  function object:parseFormattedNumber(...)
    check_self(self, "parseFormattedNumber")
    if select("#", ...) < 1 then
      error("too few arguments to mw.language:parseFormattedNumber", 2)
    end
    local text = ...
    if type(text) == "number" then text = number_text(text) end
    if type(text) ~= "string" then return nil end
    host.charge(#text)
    return tonumber(host.parse_number(self.code, text))
  end

  function object:grammar(case, word)
    return self:convertGrammar(word, case)
  end

  return object
end

function language.getContentLanguage()
  return language.new(host.content())
end

mw.getContentLanguage, mw.getLanguage = language.getContentLanguage, language.new

function mw.ustring.upper(s) return methods.uc(host.content(), s) end
function mw.ustring.lower(s) return methods.lc(host.content(), s) end
string.ulower, string.uupper = mw.ustring.lower, mw.ustring.upper

return language
