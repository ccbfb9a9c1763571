-- luabit/hex: hexadecimal numbers.
--
-- Behaviour: LuaBit 0.4, as Scribunto has it.
local bit = require("bit")

local error, floor, format, sub, tonumber, type =
  error, math.floor, string.format, string.sub, tonumber, type

local hex = {}

function hex.to_hex(number)
  if type(number) ~= "number" then error("non-number type passed in.") end
  if number ~= floor(number) then
    error("trying to apply bitwise operation on non-integer!")
  end
  if number < 0 then number = bit.bnot(-number) + 1 end
  local digits = ""
  repeat
    digits = format("%X", number % 16) .. digits
    number = floor(number / 16)
  until number == 0
  return "0x" .. digits
end

function hex.to_dec(text)
  if type(text) ~= "string" then error("non-string type passed in.") end
  local prefix = sub(text, 1, 2)
  if prefix ~= "0x" and prefix ~= "0X" then
    error("wrong hex format, should lead by 0x or 0X.")
  end
  return tonumber(sub(text, 3), 16)
end

return hex
