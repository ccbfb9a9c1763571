-- Lua's string library, with limits on work that is hidden in one call.
--
-- Patterns whose matching could take long are matched by `byte_patterns`, whose instructions are
-- counted. The others are charged for their largest possible number of steps.
local charge, out_of_memory, host_find, patterns_source, at_begin = ...

local C = {}
for name, value in pairs(string) do C[name] = value end
local byte, floor = C.byte, math.floor

local MOST_STEPS = 1e6 -- of a match in C
local STEPS_PER_INSTRUCTION = 100
local LONGEST = 2 ^ 25 -- bytes of a repeated string
local LONGEST_PATTERN = 2000 -- in C, where the depth of recursion grows with the pattern

local string = {}
for _, name in ipairs({ "byte", "char", "len", "sub" }) do string[name] = C[name] end

for _, name in ipairs({ "lower", "upper", "reverse", "format" }) do
  local call = C[name]
  string[name] = function(s, ...)
    if type(s) == "string" and #s > 1000 then charge(floor(#s / 100)) end
    return call(s, ...)
  end
end

function string.rep(...)
  local s, count = ...
  local length, times = type(s) == "string" and #s or 20, tonumber(count)
  if times and times > 0 then
    local total = length * times
    if total > LONGEST then out_of_memory() end
    charge(floor(total / 20) + (length == 0 and floor(times) or 0))
  end
  if times and length == 0 then return C.rep(s, 0) end
  return C.rep(...)
end

local patterns = loadstring(patterns_source, "@byte_patterns.lua")(charge)

-- What the cost of matching depends on: the number of items that match texts of any length, the
-- largest set, and whether there are no special characters.
local shapes = {}
at_begin(function() shapes = {} end)

local function shape_of(pattern)
  local power, set, doubled, plain = 0, 1, 0, true
  local index, length = 1, #pattern
  while index <= length do
    local c = byte(pattern, index)
    if c == 37 then -- %
      plain = false
      local class = byte(pattern, index + 1)
      if class == 98 then -- b
        power, index = power + 1, index + 2
      elseif class and class >= 48 and class <= 57 then
        power = power + 1
      end
      index = index + 1
    elseif c == 91 then -- [
      plain = false
      local start = index
      index = index + 1
      if byte(pattern, index) == 94 then index = index + 1 end
      repeat
        if byte(pattern, index) == 37 then index = index + 1 end
        index = index + 1
      until index > length or byte(pattern, index) == 93
      if index - start > set then set = index - start end
    elseif c == 42 or c == 43 or c == 45 then -- * + -
      plain, power = false, power + 1
    elseif c == 63 then -- ?
      plain, doubled = false, doubled + 1
    elseif c == 46 or c == 40 or c == 41 or c == 94 or c == 36 then -- . ( ) ^ $
      plain = false
    end
    index = index + 1
  end
  if byte(pattern, 1) ~= 94 then power = power + 1 end
  return { power, (1 + floor(set / 8)) * 2 ^ doubled, plain }
end

-- Whether C may match the pattern in `length` bytes; that is charged.
local function is_cheap(length, pattern)
  local shape = shapes[pattern]
  if not shape then
    if #pattern > LONGEST_PATTERN then return false end
    shape = shape_of(pattern)
    shapes[pattern] = shape
  end
  local steps = shape[2]
  if shape[3] then
    steps = length * #pattern
  else
    for factor = 1, shape[1] do steps = steps * (length / factor + 1) end
  end
  if steps > MOST_STEPS then return false end
  if steps > 1000 then charge(floor(steps / STEPS_PER_INSTRUCTION)) end
  return true
end

local function are_texts(s, pattern)
  return (type(s) == "string" or type(s) == "number")
    and (type(pattern) == "string" or type(pattern) == "number")
end

-- A long text without special characters is found by Python, in linear time.
local function find_plain(s, text, init)
  charge(floor(#s / 100))
  local first = host_find(s, text, init)
  if first then return first, first + #text - 1 end
  return nil
end

local function is_plain(pattern, plain)
  return plain or not C.find(pattern, "[%^%$%*%+%?%.%(%[%%%-]")
end

local SHORT = 50 -- bytes of a text that is found fast

function string.find(...)
  local s, pattern, init, plain = ...
  if not are_texts(s, pattern) then return C.find(...) end
  s, pattern = tostring(s), tostring(pattern)
  if #pattern < SHORT and is_plain(pattern, plain) then
    if #s < 1000 then return C.find(...) end
    local first, last = C.find(...)
    local passed = (first or #s) - (tonumber(init) or 1)
    if passed > 1000 then charge(floor(passed / 100)) end
    return first, last
  end
  if is_cheap(#s, pattern) then return C.find(...) end
  init = tonumber(init) or 1
  init = init < 0 and math.max(#s + init + 1, 1) or math.max(init, 1)
  if init > #s + 1 then init = #s + 1 end
  if is_plain(pattern, plain) then return find_plain(s, pattern, init) end
  return patterns.find(s, pattern, init)
end

function string.match(...)
  local s, pattern, init = ...
  if not are_texts(s, pattern) then return C.match(...) end
  s, pattern = tostring(s), tostring(pattern)
  if is_cheap(#s, pattern) then return C.match(...) end
  init = tonumber(init) or 1
  init = init < 0 and math.max(#s + init + 1, 1) or math.max(init, 1)
  if init > #s + 1 then init = #s + 1 end
  return patterns.match(s, pattern, init)
end

function string.gmatch(...)
  local s, pattern = ...
  if not are_texts(s, pattern) or is_cheap(#tostring(s), tostring(pattern)) then
    return C.gmatch(...)
  end
  return patterns.gmatch(tostring(s), tostring(pattern))
end
string.gfind = string.gmatch

function string.gsub(...)
  local s, pattern, replacement, most = ...
  if not are_texts(s, pattern) or is_cheap(#tostring(s), tostring(pattern)) then
    return C.gsub(...)
  end
  local kind = type(replacement)
  if kind == "number" then
    replacement = tostring(replacement)
  elseif kind ~= "string" and kind ~= "table" and kind ~= "function" then
    return C.gsub(...)
  end
  return patterns.gsub(tostring(s), tostring(pattern), replacement, tonumber(most))
end

return string
