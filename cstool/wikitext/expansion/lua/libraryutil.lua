-- libraryUtil: checks of the types of arguments.
--
-- Behaviour: the reference manual of Scribunto. An error is that of the caller's caller.
local error, format, type = error, string.format, type

local util = {}

local function is_missing(value, optional)
  return optional and value == nil
end

function util.checkType(name, position, value, expected, optional)
  if is_missing(value, optional) or type(value) == expected then return end
  error(format("bad argument #%d to '%s' (%s expected, got %s)", position, name, expected,
    type(value)), 3)
end

function util.checkTypeMulti(name, position, value, expected)
  local found, count = type(value), #expected
  for index = 1, count do
    if expected[index] == found then return end
  end
  local choice = expected[count]
  if count > 1 then
    choice = table.concat(expected, ", ", 1, count - 1) .. " or " .. choice
  end
  error(format("bad argument #%d to '%s' (%s expected, got %s)", position, name, choice, found), 3)
end

function util.checkTypeForIndex(index, value, expected)
  if type(value) == expected then return end
  error(format("value for index '%s' must be %s, %s given", index, expected, type(value)), 3)
end

function util.checkTypeForNamedArg(name, argument, value, expected, optional)
  if is_missing(value, optional) or type(value) == expected then return end
  error(format("bad named argument %s to '%s' (%s expected, got %s)", argument, name, expected,
    type(value)), 3)
end

function util.makeCheckSelfFunction(library, variable, object, description)
  return function(self, method)
    if self == object then return end
    error(format("%s: invalid %s. Did you call %s with a dot instead of a colon, i.e. "
      .. "%s.%s() instead of %s:%s()?", library, description, method, variable, method, variable,
      method), 3)
  end
end

return util
