-- Patterns of mw.ustring: Lua's patterns, with characters of Unicode instead of bytes.
--
-- The rules are those of Scribunto's UstringLibrary.php, which differs from Lua's string library:
-- `$` also matches before a last line feed, `]` outside of a set is an error, and %p is Unicode's
-- punctuation (without symbols). This file parses a pattern to a list of items.
local host = ...

local byte, char, find, format = string.byte, string.char, string.find, string.format
local error, ipairs, remove, setmetatable = error, ipairs, table.remove, setmetatable

local parser = {}

-- Characters -------------------------------------------------------------------------------------

-- Character codes, byte positions and count of a string that is valid UTF-8.
local function explode(s)
  local codes, starts, count = {}, {}, 0
  local index, length = 1, #s
  while index <= length do
    local code, width = byte(s, index), 1
    if code >= 240 then
      local b, c, d = byte(s, index + 1, index + 3)
      code, width = (code - 240) * 262144 + (b - 128) * 4096 + (c - 128) * 64 + d - 128, 4
    elseif code >= 224 then
      local b, c = byte(s, index + 1, index + 2)
      code, width = (code - 224) * 4096 + (b - 128) * 64 + c - 128, 3
    elseif code >= 192 then
      code, width = (code - 192) * 64 + byte(s, index + 1) - 128, 2
    end
    count = count + 1
    codes[count], starts[count] = code, index
    index = index + width
  end
  codes[count + 1] = -1 -- in no set
  starts[count + 1] = length + 1
  return { codes = codes, starts = starts, count = count }
end
parser.explode = explode

local function memoized(test)
  return setmetatable({ [-1] = false }, {
    __index = function(members, code)
      local result = test(code) and true or false
      members[code] = result
      return result
    end,
  })
end

-- Tests of classes by letter.
local CLASSES = {}
for _, letter in ipairs({ "a", "c", "d", "l", "p", "s", "u" }) do
  local ascii = {}
  for code = 0, 127 do
    ascii[code] = find(char(code), "%" .. letter) ~= nil
  end
  CLASSES[letter] = function(code)
    if code < 128 then return ascii[code] end
    return host.in_class(letter, code)
  end
  if letter == "p" then
    for _, code in ipairs({ byte("$+<=>^`|~", 1, -1) }) do ascii[code] = false end
  end
end
function CLASSES.w(code) return CLASSES.a(code) or CLASSES.d(code) end
function CLASSES.x(code)
  if code >= 0xff00 then code = code - 0xfee0 end -- full-width forms
  return code >= 48 and code <= 57 or code >= 65 and code <= 70 or code >= 97 and code <= 102
end
function CLASSES.z(code) return code == 0 end
for _, letter in ipairs({ "a", "c", "d", "l", "p", "s", "u", "w", "x", "z" }) do
  local contains = CLASSES[letter]
  CLASSES[letter:upper()] = function(code) return not contains(code) end
end

-- What Lua's string library may do with a class: "ascii": the same for ASCII strings; "digits" and
-- "spaces": the same for strings without such characters outside of ASCII.
local NATIVE = { a = "ascii", c = "ascii", l = "ascii", u = "ascii", w = "ascii", p = "no",
  d = "digits", x = "digits", s = "spaces", z = "any" }

-- Parser -----------------------------------------------------------------------------------------

local QUANTIFIERS = { [42] = "*", [43] = "+", [45] = "-", [63] = "?" }
local ANY = memoized(function() return true end)

local function fail(message, ...)
  error(format(message, ...), 0)
end

local function class_letter(code)
  if code and code < 128 then
    local letter = char(code)
    if CLASSES[letter] then return letter end
  end
end

local function literal(code)
  return { kind = "char", code, single = true, foreign = code >= 128, no = code == 0 }
end

-- Note in `item` that it has this class.
local function note_class(item, letter)
  item[NATIVE[letter:lower()]] = true
  if letter ~= letter:lower() then item.wide = true end
end

-- Parse a set from the bracket at `index`: its item and the index of its closing bracket.
local function parse_set(codes, count, index)
  local first, negated = index, false
  local singles, ranges, classes = {}, {}, {}
  local item = { kind = "set" }
  index = index + 1
  if codes[index] == 94 and index <= count then
    negated = true
    index = index + 1
  end
  local start, empty = index, true
  while index <= count and (index == start or codes[index] ~= 93) do
    local code, last = codes[index], codes[index + 2]
    if code == 37 then -- %
      index = index + 1
      if index > count then break end
      local letter = class_letter(codes[index])
      if letter then
        classes[#classes + 1] = CLASSES[letter]
        note_class(item, letter)
      else
        singles[codes[index]] = true
        if codes[index] >= 128 then item.foreign = true end
      end
      empty = false
    elseif index + 2 <= count and codes[index + 1] == 45 and last ~= 93 and last ~= 37 then
      if code <= last then
        ranges[#ranges + 1] = { code, last }
        empty = false
      end
      if last >= 128 or code >= 128 then item.foreign = true end
      index = index + 2
    else
      if codes[index + 1] == 45 and last == 37 then item.no = true end
      if code >= 128 then item.foreign = true end
      singles[code] = true
      empty = false
    end
    index = index + 1
  end
  if index > count then
    fail("Missing close-bracket for character set beginning at pattern character %d", first)
  end
  local function contains(code)
    if singles[code] then return true end
    for number = 1, #ranges do
      local range = ranges[number]
      if code >= range[1] and code <= range[2] then return true end
    end
    for number = 1, #classes do
      if classes[number](code) then return true end
    end
    return false
  end
  if empty or singles[0] then item.no = true end -- Lua's patterns end at NUL
  if negated then item.wide = not item.wide or nil end
  item.members = memoized(function(code) return contains(code) ~= negated end)
  return item, index
end

-- Parse the escape at `index`: its item and the index of its last character.
local function parse_escape(codes, count, index, open, captures)
  local first = index
  index = index + 1
  if index > count then fail("malformed pattern (ends with '%%')") end
  local code = codes[index]
  local letter = class_letter(code)
  if letter then
    local item = { kind = "set", members = memoized(CLASSES[letter]), single = true }
    note_class(item, letter)
    return item, index
  elseif code == 98 then -- b
    if index + 2 > count then fail("malformed pattern (missing arguments to '%%b')") end
    local opener, closer = codes[index + 1], codes[index + 2]
    return { kind = "balance", opener, closer, foreign = opener >= 128 or closer >= 128 },
      index + 2
  elseif code == 102 then -- f
    if codes[index + 1] ~= 91 or index + 1 > count then
      fail("missing '[' after %%f in pattern at pattern character %d", first)
    end
    local item, last = parse_set(codes, count, index + 1)
    item.kind = "frontier"
    item.ascii = true
    return item, last
  elseif code >= 48 and code <= 57 then
    local number = code - 48
    local is_open = false
    for _, other in ipairs(open) do is_open = is_open or other == number end
    if number == 0 or number > #captures or is_open then
      fail("invalid capture index %%%d at pattern character %d", number, first)
    end
    return { kind = "back", number, ascii = true, no = captures[number] == "position" }, index
  end
  return literal(code), index
end

-- Parse a pattern: items with `captures` ("text" or "position") and `anchored`. `literal_caret`:
-- gmatch has no anchor.
function parser.parse(pattern, literal_caret)
  local exploded = explode(pattern)
  local codes, count = exploded.codes, exploded.count
  local items, captures, open, parens = { captures = {} }, nil, {}, {}
  captures = items.captures
  local index = 1
  while index <= count do
    local code, item = codes[index], nil
    if code == 94 and index == 1 then -- ^
      if literal_caret then
        item = { kind = "char", code, no = QUANTIFIERS[codes[2]] and true }
      else
        items.anchored = true
      end
    elseif code == 36 and index == count then -- $
      item = { kind = "end" }
    elseif code == 40 then -- (
      if index + 1 > count then fail("Unmatched open-paren at pattern character %d", index) end
      local number = #captures + 1
      captures[number] = codes[index + 1] == 41 and "position" or "text"
      parens[number] = index
      open[#open + 1] = number
      item = { kind = "open", number }
    elseif code == 41 then -- )
      if #open == 0 then fail("Unmatched close-paren at pattern character %d", index) end
      item = { kind = "close", remove(open) }
    elseif code == 37 then -- %
      item, index = parse_escape(codes, count, index, open, captures)
    elseif code == 91 then -- [
      item, index = parse_set(codes, count, index)
      item.single = true
    elseif code == 93 then -- ]
      fail("Unmatched close-bracket at pattern character %d", index)
    elseif code == 46 then -- .
      item = { kind = "set", members = ANY, single = true, wide = true, any = true }
    else
      item = literal(code)
    end
    if item then
      if item.single and QUANTIFIERS[codes[index + 1]] and index < count then
        index = index + 1
        item.quantifier = QUANTIFIERS[codes[index]]
      end
      items[#items + 1] = item
    end
    index = index + 1
  end
  if #open > 0 then
    fail("Unclosed capture beginning at pattern character %d", parens[open[1]])
  end
  return items
end

return parser
