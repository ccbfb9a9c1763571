-- Checks of the arguments of mw.ustring's functions.
local host = ...

local find, format, match = string.find, string.format, string.match
local floor, huge = math.floor, math.huge
local error, type = error, type

-- Longest subject and pattern in bytes.
local arguments = { MAX_STRING_LENGTH = 2048 * 1024, MAX_PATTERN_LENGTH = 10000 }

-- The last text that was valid, in the current call of a module.
local last_valid
if host.at_begin then host.at_begin(function() last_valid = nil end) end

-- A number as PHP writes it.
function arguments.number_text(number)
  if number ~= number then return "NAN" end
  if number == huge then return "INF" end
  if number == -huge then return "-INF" end
  if number == floor(number) and number >= -2 ^ 63 and number < 2 ^ 63 then
    return format("%d", number)
  end
  local mantissa, sign, exponent = match(format("%.14g", number), "^(.-)e([+-])0*(%d+)$")
  if not mantissa then return format("%.14g", number) end
  if not find(mantissa, ".", 1, true) then mantissa = mantissa .. ".0" end
  return mantissa .. "E" .. sign .. exponent
end

function arguments.is_ascii(s)
  return not find(s, "[\128-\255]")
end

function arguments.bad_argument(name, position, problem)
  error(format("bad argument #%d to '%s' (%s)", position, name, problem), 4)
end

function arguments.check_type(name, position, value, expected, default)
  if value == nil and default ~= nil then return default end
  if type(value) ~= expected then
    arguments.bad_argument(name, position, format("%s expected, got %s", expected, type(value)))
  end
  return value
end

-- The subject of a function: a string or number. `any`: also a string that is not UTF-8.
function arguments.check_subject(name, s, any)
  if type(s) == "number" then return arguments.number_text(s) end
  if type(s) ~= "string" then
    arguments.bad_argument(name, 1, "string expected, got " .. type(s))
  end
  if not any and s ~= last_valid and not arguments.is_ascii(s) then
    if not host.is_utf8(s) then arguments.bad_argument(name, 1, "string is not UTF-8") end
    last_valid = s
  end
  if #s > arguments.MAX_STRING_LENGTH then
    local most = arguments.MAX_STRING_LENGTH
    arguments.bad_argument(name, 1, "string is longer than " .. most .. " bytes")
  end
  return s
end

function arguments.check_pattern(name, pattern)
  if type(pattern) == "number" then return arguments.number_text(pattern) end
  if type(pattern) ~= "string" then
    arguments.bad_argument(name, 2, "string expected, got " .. type(pattern))
  end
  if not arguments.is_ascii(pattern) and not host.is_utf8(pattern) then
    arguments.bad_argument(name, 2, "string is not UTF-8")
  end
  if #pattern > arguments.MAX_PATTERN_LENGTH then
    local most = arguments.MAX_PATTERN_LENGTH
    arguments.bad_argument(name, 2, "pattern is longer than " .. most .. " bytes")
  end
  return pattern
end

return arguments
