-- Lua's patterns (reference manual 5.1, section 5.4.1), matched by Lua itself: every step counts as
-- instructions, so that a pattern that would take long ends at their limit.
local charge = ...

local byte, sub, find, concat = string.byte, string.sub, string.find, table.concat
local type, tostring, error = type, tostring, error

local PERCENT, OPEN, CLOSE, SET, SET_END = 37, 40, 41, 91, 93
local CARET, DOLLAR, DOT, STAR, PLUS, MINUS, OPTION = 94, 36, 46, 42, 43, 45, 63
local MOST_CAPTURES = 32
local POSITION, UNFINISHED = -2, -1

-- Single characters ------------------------------------------------------------------------------

local classes = {} -- by letter: a table of bytes

for letter in ("acdlpsuwxz"):gmatch(".") do
  local members, others = {}, {}
  for code = 0, 255 do
    local is_member = find(string.char(code), "^%" .. letter) ~= nil
    members[code], others[code] = is_member, not is_member
  end
  classes[byte(letter)], classes[byte(letter:upper())] = members, others
end

local function class_has(letter, code)
  local members = classes[letter]
  if members then return members[code] end
  return letter == code
end

-- The position after the item that begins at `p`.
local function item_end(pattern, p)
  local c = byte(pattern, p)
  p = p + 1
  if c == PERCENT then
    if p > #pattern then error("malformed pattern (ends with '%')", 0) end
    return p + 1
  elseif c == SET then
    if byte(pattern, p) == CARET then p = p + 1 end
    repeat
      local inner = byte(pattern, p)
      if not inner then error("malformed pattern (missing ']')", 0) end
      p = p + 1
      if inner == PERCENT then p = p + 1 end
    until byte(pattern, p) == SET_END
    return p + 1
  end
  return p
end

-- `last` is the position of the set's `]`.
local function set_has(pattern, p, last, code)
  local found = true
  p = p + 1
  if byte(pattern, p) == CARET then found, p = false, p + 1 end
  while p < last do
    local c = byte(pattern, p)
    if c == PERCENT then
      if class_has(byte(pattern, p + 1), code) then return found end
      p = p + 2
    elseif byte(pattern, p + 1) == MINUS and p + 2 < last then
      if c <= code and code <= byte(pattern, p + 2) then return found end
      p = p + 3
    else
      if c == code then return found end
      p = p + 1
    end
  end
  return not found
end

-- Whether the item from `p` to `after` matches the byte at `i`.
local function item_matches(s, i, pattern, p, after)
  local code = byte(s, i)
  if not code then return false end
  local c = byte(pattern, p)
  if c == DOT then return true end
  if c == PERCENT then return class_has(byte(pattern, p + 1), code) end
  if c == SET then return set_has(pattern, p, after - 1, code) end
  return c == code
end

-- Matching ---------------------------------------------------------------------------------------

local match

local function match_balance(s, i, pattern, p)
  local open, close = byte(pattern, p), byte(pattern, p + 1)
  if not close then error("unbalanced pattern", 0) end
  if byte(s, i) ~= open then return nil end
  local depth = 1
  for index = i + 1, #s do
    local c = byte(s, index)
    if c == close then
      depth = depth - 1
      if depth == 0 then return index + 1 end
    elseif c == open then
      depth = depth + 1
    end
  end
  return nil
end

local function expand_most(s, i, pattern, p, after, captures)
  local count = 0
  while item_matches(s, i + count, pattern, p, after) do count = count + 1 end
  while count >= 0 do
    local last = match(s, i + count, pattern, after + 1, captures)
    if last then return last end
    count = count - 1
  end
  return nil
end

local function expand_least(s, i, pattern, p, after, captures)
  while true do
    local last = match(s, i, pattern, after + 1, captures)
    if last then return last end
    if not item_matches(s, i, pattern, p, after) then return nil end
    i = i + 1
  end
end

local function open_capture(s, i, pattern, p, captures, length)
  local level = captures.count + 1
  if level > MOST_CAPTURES then error("too many captures", 0) end
  captures[level] = { i, length }
  captures.count = level
  local last = match(s, i, pattern, p, captures)
  if not last then captures.count = level - 1 end
  return last
end

local function close_capture(s, i, pattern, p, captures)
  local level = captures.count
  while level > 0 and captures[level][2] ~= UNFINISHED do level = level - 1 end
  if level == 0 then error("invalid pattern capture", 0) end
  local capture = captures[level]
  capture[2] = i - capture[1]
  local last = match(s, i, pattern, p, captures)
  if not last then capture[2] = UNFINISHED end
  return last
end

local function captured(captures, number)
  local capture = captures[number]
  if number < 1 or number > captures.count or capture[2] == UNFINISHED then
    error("invalid capture index", 0)
  end
  return capture
end

-- The position after the match of the pattern from `p` at position `i`, nil if there is none.
function match(s, i, pattern, p, captures)
  while true do
    local c = byte(pattern, p)
    if not c then return i end
    if c == OPEN then
      if byte(pattern, p + 1) == CLOSE then
        return open_capture(s, i, pattern, p + 2, captures, POSITION)
      end
      return open_capture(s, i, pattern, p + 1, captures, UNFINISHED)
    elseif c == CLOSE then
      return close_capture(s, i, pattern, p + 1, captures)
    elseif c == DOLLAR and p == #pattern then
      return i == #s + 1 and i or nil
    end
    local class = c == PERCENT and byte(pattern, p + 1)
    if class == 98 then -- %b
      i = match_balance(s, i, pattern, p + 2)
      if not i then return nil end
      p = p + 4
    elseif class == 102 then -- %f
      p = p + 2
      if byte(pattern, p) ~= SET then error("missing '[' after '%f' in pattern", 0) end
      local after = item_end(pattern, p)
      local before = i > 1 and byte(s, i - 1) or 0
      if set_has(pattern, p, after - 1, before)
        or not set_has(pattern, p, after - 1, byte(s, i) or 0) then
        return nil
      end
      p = after
    elseif class and class >= 48 and class <= 57 then
      local capture = captured(captures, class - 48)
      if capture[2] == POSITION then return nil end
      local text = sub(s, capture[1], capture[1] + capture[2] - 1)
      charge(1 + #text / 100)
      if sub(s, i, i + #text - 1) ~= text then return nil end
      i, p = i + #text, p + 2
    else
      local after = item_end(pattern, p)
      local quantifier = byte(pattern, after)
      if quantifier == OPTION then
        if item_matches(s, i, pattern, p, after) then
          local last = match(s, i + 1, pattern, after + 1, captures)
          if last then return last end
        end
        p = after + 1
      elseif quantifier == STAR then
        return expand_most(s, i, pattern, p, after, captures)
      elseif quantifier == PLUS then
        if not item_matches(s, i, pattern, p, after) then return nil end
        return expand_most(s, i + 1, pattern, p, after, captures)
      elseif quantifier == MINUS then
        return expand_least(s, i, pattern, p, after, captures)
      else
        if not item_matches(s, i, pattern, p, after) then return nil end
        i, p = i + 1, after
      end
    end
  end
end

-- Functions of the library -----------------------------------------------------------------------

local function capture_text(s, captures, number, first, last)
  if number > captures.count then
    if number == 1 then return sub(s, first, last - 1) end
    error("invalid capture index", 0)
  end
  local capture = captures[number]
  if capture[2] == POSITION then return capture[1] end
  if capture[2] == UNFINISHED then error("unfinished capture", 0) end
  return sub(s, capture[1], capture[1] + capture[2] - 1)
end

-- All captures; the whole match if there is none and `whole` is set.
local function texts(s, captures, first, last, whole)
  local result = {}
  for number = 1, captures.count do
    result[number] = capture_text(s, captures, number, first, last)
  end
  if captures.count == 0 and whole then result[1] = sub(s, first, last - 1) end
  return result
end

-- The first match from `init` on: its start, the position after it, and captures.
local function search(s, pattern, init, p)
  local anchored = p == nil and byte(pattern, 1) == CARET
  p = p or (anchored and 2 or 1)
  for i = init, #s + 1 do
    local captures = { count = 0 }
    local last = match(s, i, pattern, p, captures)
    if last then return i, last, captures end
    if anchored then break end
  end
  return nil
end

local patterns = {}

function patterns.find(s, pattern, init)
  local first, last, captures = search(s, pattern, init)
  if not first then return nil end
  return first, last - 1, unpack(texts(s, captures, first, last, false))
end

function patterns.match(s, pattern, init)
  local first, last, captures = search(s, pattern, init)
  if not first then return nil end
  return unpack(texts(s, captures, first, last, true))
end

function patterns.gmatch(s, pattern)
  local from = 1
  return function()
    -- A caret is not special here.
    local first, last, captures = search(s, pattern, from, 1)
    if not first then
      from = #s + 2
      return nil
    end
    from = last > first and last or last + 1
    return unpack(texts(s, captures, first, last, true))
  end
end

local function filled(replacement, s, captures, first, last)
  local pieces, index = {}, 1
  while index <= #replacement do
    local percent = find(replacement, "%", index, true)
    if not percent then
      pieces[#pieces + 1] = sub(replacement, index)
      break
    end
    pieces[#pieces + 1] = sub(replacement, index, percent - 1)
    local c = byte(replacement, percent + 1)
    if not c or c < 48 or c > 57 then
      pieces[#pieces + 1] = sub(replacement, percent + 1, percent + 1)
    elseif c == 48 then
      pieces[#pieces + 1] = sub(s, first, last - 1)
    else
      pieces[#pieces + 1] = capture_text(s, captures, c - 48, first, last)
    end
    index = percent + 2
  end
  return concat(pieces)
end

local function replaced(replacement, s, captures, first, last)
  local kind, value = type(replacement), nil
  if kind == "string" then return filled(replacement, s, captures, first, last) end
  if kind == "table" then
    value = replacement[capture_text(s, captures, 1, first, last)]
  else
    value = replacement(unpack(texts(s, captures, first, last, true)))
  end
  if not value then return sub(s, first, last - 1) end
  if type(value) ~= "string" and type(value) ~= "number" then
    error("invalid replacement value (a " .. type(value) .. ")", 0)
  end
  return tostring(value)
end

function patterns.gsub(s, pattern, replacement, most)
  local anchored = byte(pattern, 1) == CARET
  local p = anchored and 2 or 1
  local pieces, i, count = {}, 1, 0
  most = most or #s + 1
  while count < most do
    local captures = { count = 0 }
    local last = match(s, i, pattern, p, captures)
    if last then
      count = count + 1
      pieces[#pieces + 1] = replaced(replacement, s, captures, i, last)
    end
    if last and last > i then
      i = last
    elseif i <= #s then
      pieces[#pieces + 1] = sub(s, i, i)
      i = i + 1
    else
      break
    end
    if anchored then break end
  end
  pieces[#pieces + 1] = sub(s, i)
  return concat(pieces), count
end

return patterns
