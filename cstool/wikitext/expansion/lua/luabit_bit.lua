-- luabit/bit: operations on the bits of whole numbers of any size.
--
-- Behaviour: LuaBit 0.4, as Scribunto has it; numbers are not negative, but in shifts.
local abs, error, floor, max = math.abs, error, math.floor, math.max

local bit = {}

local function check(number)
  if number ~= floor(number) then error("trying to use bitwise operation on non-integer!") end
  return number
end

-- The bits of a number, lowest first.
function bit.tobits(number)
  check(number)
  if number < 0 then error("trying to use bitwise operation on a negative number") end
  local bits = {}
  while number > 0 do
    local low = number % 2
    bits[#bits + 1] = low
    number = (number - low) / 2
  end
  return bits
end

function bit.tonumb(bits)
  local number = 0
  for index = #bits, 1, -1 do number = number * 2 + bits[index] end
  return number
end

local function combined(m, n, keeps)
  local first, second, bits = bit.tobits(m), bit.tobits(n), {}
  for index = 1, max(#first, #second) do
    bits[index] = keeps((first[index] or 0) + (second[index] or 0)) and 1 or 0
  end
  return bit.tonumb(bits)
end

function bit.band(m, n)
  return combined(m, n, function(sum) return sum == 2 end)
end

function bit.bor(m, n)
  return combined(m, n, function(sum) return sum > 0 end)
end

function bit.bxor(m, n)
  return combined(m, n, function(sum) return sum == 1 end)
end
bit.bxor2 = bit.bxor

-- The complement in 32 bits, or in as many as the number has.
function bit.bnot(number)
  return 2 ^ max(#bit.tobits(number), 32) - 1 - number
end

-- The two's complement of a negative number.
local function unsigned(number)
  check(number)
  if number < 0 then return bit.bnot(abs(number)) + 1 end
  return number
end

function bit.brshift(number, count)
  local sign = number < 0 and 2147483648 or 0
  number = unsigned(number)
  for _ = 1, count do number = bit.bor(floor(number / 2), sign) end
  return floor(number)
end

function bit.blogic_rshift(number, count)
  return floor(unsigned(number) / 2 ^ max(floor(count), 0))
end

function bit.blshift(number, count)
  return unsigned(number) * 2 ^ max(floor(count), 0) % 2 ^ 32
end

return bit
