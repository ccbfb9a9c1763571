-- bit32: operations on 32 bits, as in Lua 5.2.
local error, floor, format, select, tonumber, type =
  error, math.floor, string.format, select, tonumber, type
local max, min = math.max, math.min

local WORD = 2 ^ 32

local bit32 = {}

local function to_number(name, position, value)
  local number = tonumber(value)
  if not number then
    error(format("bad argument #%d to '%s' (number expected, got %s)", position, name,
      type(value)), 3)
  end
  return floor(number)
end

local function to_word(name, position, value)
  local number = tonumber(value)
  if not number then
    error(format("bad argument #%d to '%s' (number expected, got %s)", position, name,
      type(value)), 3)
  end
  return floor(number) % WORD
end

-- Combine words bit by bit. `keeps(a, b)`: the bit of the result.
local function combined(a, b, keeps)
  local result, weight = 0, 1
  while a > 0 or b > 0 do
    local bit_a, bit_b = a % 2, b % 2
    if keeps(bit_a, bit_b) then result = result + weight end
    a, b, weight = (a - bit_a) / 2, (b - bit_b) / 2, weight * 2
  end
  return result
end

local function operation(name, start, keeps)
  return function(...)
    local result = start
    for position = 1, select("#", ...) do
      result = combined(result, to_word(name, position, (select(position, ...))), keeps)
    end
    return result
  end
end

local function both(a, b) return a + b == 2 end

bit32.band = operation("band", WORD - 1, both)
bit32.bor = operation("bor", 0, function(a, b) return a + b > 0 end)
bit32.bxor = operation("bxor", 0, function(a, b) return a ~= b end)

local test = operation("btest", WORD - 1, both)

function bit32.btest(...)
  return test(...) ~= 0
end

function bit32.bnot(x)
  return WORD - 1 - to_word("bnot", 1, x)
end

-- Check a field of bits whose arguments begin at `position`.
local function to_field(name, position, field, width)
  field, width = to_number(name, position, field), to_number(name, position + 1, width or 1)
  if field < 0 then
    error(format("bad argument #%d to '%s' (field cannot be negative)", position, name), 3)
  end
  if width <= 0 then
    error(format("bad argument #%d to '%s' (width must be positive)", position + 1, name), 3)
  end
  if field + width > 32 then error("trying to access non-existent bits", 3) end
  return 2 ^ field, 2 ^ width
end

function bit32.extract(n, field, width)
  n = to_word("extract", 1, n)
  local low, size = to_field("extract", 2, field, width)
  return floor(n / low) % size
end

function bit32.replace(n, v, field, width)
  n, v = to_word("replace", 1, n), to_word("replace", 2, v)
  local low, size = to_field("replace", 3, field, width)
  return n + (v % size - floor(n / low) % size) * low
end

-- Shift to the left by `count` bits, to the right by a negative count.
local function shifted(x, count)
  return floor(x * 2 ^ max(-32, min(count, 32))) % WORD
end

function bit32.lshift(x, count)
  x = to_word("lshift", 1, x)
  return shifted(x, to_number("lshift", 2, count))
end

function bit32.rshift(x, count)
  x = to_word("rshift", 1, x)
  return shifted(x, -to_number("rshift", 2, count))
end

function bit32.arshift(x, count)
  x = to_word("arshift", 1, x)
  count = min(to_number("arshift", 2, count), 32)
  local result = shifted(x, -count)
  if count > 0 and x >= WORD / 2 then result = result + WORD - 2 ^ (32 - count) end
  return result
end

local function rotated(x, count)
  local product = x * 2 ^ (count % 32)
  return product % WORD + floor(product / WORD)
end

function bit32.lrotate(x, count)
  x = to_word("lrotate", 1, x)
  return rotated(x, to_number("lrotate", 2, count))
end

function bit32.rrotate(x, count)
  x = to_word("rrotate", 1, x)
  return rotated(x, -to_number("rrotate", 2, count))
end

return bit32
