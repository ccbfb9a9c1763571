-- mw.ustring: functions on strings of Unicode.
--
-- Behaviour: Scribunto's UstringLibrary.php. Strings are UTF-8. `language.lua` adds `lower` and
-- `upper`.
local host = ...

local byte, char, find, sub = string.byte, string.char, string.find, string.sub
local gmatch, gsub, match = string.gmatch, string.gsub, string.match
local concat, floor, huge, max, min = table.concat, math.floor, math.huge, math.max, math.min
local error, getmetatable, ipairs, rawget, select, tonumber, type, unpack =
  error, getmetatable, ipairs, rawget, select, tonumber, type, unpack

local patterns = host.library("ustring_patterns")
local arguments = host.library("ustring_arguments")
local bad_argument, check_pattern, check_subject, check_type, is_ascii, number_text =
  arguments.bad_argument, arguments.check_pattern, arguments.check_subject, arguments.check_type,
  arguments.is_ascii, arguments.number_text

local ustring = {
  maxStringLength = arguments.MAX_STRING_LENGTH,
  maxPatternLength = arguments.MAX_PATTERN_LENGTH,
  byte = byte,
  format = string.format,
  rep = string.rep,
}

-- Characters -------------------------------------------------------------------------------------

local function length(s)
  return is_ascii(s) and #s or host.length(s)
end

function ustring.isutf8(s)
  s = check_subject("isutf8", s, true)
  return is_ascii(s) or host.is_utf8(s)
end

function ustring.len(s)
  s = check_subject("len", s, true)
  if is_ascii(s) then return #s end
  return host.is_utf8(s) and host.length(s) or nil
end

-- The range of characters from `i` to `j` in a string of `count` ones, nil if it is empty.
local function range(i, j, count)
  if i < 0 then i = count + i + 1 end
  if j < 0 then j = count + j + 1 end
  if j < i then return nil end
  return max(1, min(floor(i), count + 1)), max(1, min(floor(j), count + 1))
end

function ustring.sub(s, i, j)
  s = check_subject("sub", s)
  i = check_type("sub", 2, i, "number", 1)
  j = check_type("sub", 3, j, "number", -1)
  local ascii = is_ascii(s)
  i, j = range(i, j, ascii and #s or length(s))
  if not i then return "" end
  if ascii then return sub(s, i, j) end
  return host.sub(s, i, j)
end

function ustring.byteoffset(s, l, i)
  s = check_subject("byteoffset", s)
  l = check_type("byteoffset", 2, l, "number", 1)
  i = check_type("byteoffset", 3, i, "number", 1)
  if i < 0 then i = #s + i + 1 end
  if i < 1 or i > #s then return nil end
  local first = i
  while first > 1 and find(s, "^[\128-\191]", first) do first = first - 1 end
  if l > 0 and first == i then l = l - 1 end
  local subject = patterns.explode(s)
  local number = length(sub(s, 1, first - 1)) + l
  if number < 0 or number >= subject.count then return nil end
  return subject.starts[floor(number) + 1]
end

function ustring.codepoint(s, i, j)
  s = check_subject("codepoint", s)
  i = check_type("codepoint", 2, i, "number", 1)
  j = check_type("codepoint", 3, j, "number", i)
  local subject = patterns.explode(s)
  i, j = range(i, j, subject.count)
  if not i then return end
  return unpack(subject.codes, i, min(j, subject.count))
end

function ustring.gcodepoint(s, i, j)
  s = check_subject("gcodepoint", s)
  i = check_type("gcodepoint", 2, i, "number", 1)
  j = check_type("gcodepoint", 3, j, "number", -1)
  local subject = patterns.explode(s)
  i, j = range(i, j, subject.count)
  local index, last = (i or 1) - 1, i and min(j, subject.count) or 0
  return function()
    if index < last then
      index = index + 1
      return subject.codes[index]
    end
  end
end

local function encode(code)
  if code < 0x80 then return char(code) end
  local tail = char(code % 64 + 128)
  code = floor(code / 64)
  if code < 32 then return char(code + 192) .. tail end
  tail = char(code % 64 + 128) .. tail
  code = floor(code / 64)
  if code < 16 then return char(code + 224) .. tail end
  return char(floor(code / 64) + 240, code % 64 + 128) .. tail
end

function ustring.char(...)
  local parts = { ... }
  for position = 1, select("#", ...) do
    local code = tonumber(parts[position])
    if not code then
      bad_argument("char", position, "number expected, got " .. type(parts[position]))
    end
    code = floor(code)
    if not (code >= 0 and code <= 0x10ffff) then
      bad_argument("char", position, "value out of range")
    end
    -- No character: surrogates.
    parts[position] = code >= 0xd800 and code <= 0xdfff and "?" or encode(code)
  end
  return concat(parts)
end

for _, form in ipairs({ "NFC", "NFD", "NFKC", "NFKD" }) do
  local name = "to" .. form
  ustring[name] = function(s)
    s = check_subject(name, s, true)
    if is_ascii(s) then return s end
    if not host.is_utf8(s) then return nil end
    host.charge(2 * #s)
    return host.normalize(form, s)
  end
end

-- Patterns ---------------------------------------------------------------------------------------

-- Bytes that begin a decimal digit outside of ASCII, and such spaces.
local DIGIT = "[\217\219\223-\225\234\239\240]"
local SPACES = { "\194[\133\160]", "\225[\154\160][\128\142]",
  "\226[\128\129][\128-\138\159\168\169\175]", "\227\128\128" }

-- Whether Lua's string library gives the same result for this subject. `all`: for all matches.
local function is_native(program, s, ascii, all)
  local use = program.native
  if not use or use.line and byte(s, -1) == 10 then return false end
  if not patterns.is_short(use, #s) then return false end
  if ascii then return true end
  if use.ascii or all and use.empty or use.digits and find(s, DIGIT) then return false end
  if use.spaces then
    for _, space in ipairs(SPACES) do
      if find(s, space) then return false end
    end
  end
  return true
end

-- The first character to search, for an argument `init`.
local function first_character(init, count)
  if init < 0 then init = count + init + 1 end
  return floor(max(1, min(init, count + 1)))
end

-- The byte position of a character.
local function byte_position(s, ascii, index)
  if ascii or index == 1 then return index end
  return #host.sub(s, 1, index - 1) + 1
end

local function to_characters(s, first, last, ...)
  if not first then return nil end
  first = length(sub(s, 1, first - 1)) + 1
  return first, length(sub(s, 1, last)), ...
end

function ustring.find(s, pattern, init, plain)
  s = check_subject("find", s)
  init = check_type("find", 3, init, "number", 1)
  plain = check_type("find", 4, plain, "boolean", false)
  pattern = check_pattern("find", pattern)
  local ascii = is_ascii(s)
  local first = init == 1 and 1 or first_character(init, ascii and #s or length(s))
  local program = not plain and patterns.program(pattern, false)
  if plain or is_native(program, s, ascii) then
    if ascii then return find(s, pattern, first, plain) end
    return to_characters(s, find(s, pattern, byte_position(s, ascii, first), plain))
  end
  local subject = patterns.explode(s)
  local start, after = patterns.search(program, subject, first, program.anchored)
  if not start then return nil end
  return start, after - 1, unpack(patterns.captures(program, s, subject))
end

function ustring.match(s, pattern, init)
  s = check_subject("match", s)
  init = check_type("match", 3, init, "number", 1)
  pattern = check_pattern("match", pattern)
  local ascii = is_ascii(s)
  local first = init == 1 and 1 or first_character(init, ascii and #s or length(s))
  local program = patterns.program(pattern, false)
  if is_native(program, s, ascii) then
    return match(s, pattern, byte_position(s, ascii, first))
  end
  local subject = patterns.explode(s)
  local start, after = patterns.search(program, subject, first, program.anchored)
  if not start then return nil end
  if #program.captures > 0 then return unpack(patterns.captures(program, s, subject)) end
  return sub(s, subject.starts[start], subject.starts[after] - 1)
end

function ustring.gmatch(s, pattern)
  check_type("gmatch", 1, s, "string")
  check_type("gmatch", 2, pattern, "string")
  s = check_subject("gmatch", s)
  pattern = check_pattern("gmatch", pattern)
  local program = patterns.program(pattern, true)
  if is_native(program, s, is_ascii(s), true) then return gmatch(s, pattern) end
  local subject, index = patterns.explode(s), 1
  return function()
    if index > subject.count + 1 then return nil end
    local start, after = patterns.search(program, subject, index)
    if not start then
      index = subject.count + 2
      return nil
    end
    -- Scribunto would return an empty match forever.
    index = after > start and after or after + 1
    if #program.captures > 0 then return unpack(patterns.captures(program, s, subject)) end
    return sub(s, subject.starts[start], subject.starts[after] - 1)
  end
end

-- Whether a replacement has no escapes other than %0 to %9 and %%, all of existing captures.
local function is_plain_replacement(text, captures)
  if not find(text, "%", 1, true) then return true end
  local rest = gsub(text, "%%[%%0-" .. max(1, min(9, captures)) .. "]", "")
  return not find(rest, "%", 1, true)
end

-- Return a replacement as text, nil for none.
local function replacement_text(value)
  local kind = type(value)
  if kind == "number" then return number_text(value) end
  if value ~= nil and kind ~= "string" then
    error("invalid replacement value (a " .. kind .. ")", 0)
  end
  return value
end

-- Return a function that reads a table of replacements. PHP gets the table as pairs() returns it.
local function table_lookup(replacements)
  local meta = getmetatable(replacements)
  local get = rawget
  if meta and (type(meta) ~= "table" or meta.__pairs) then
    get = function(from, key) return from[key] end
  end
  return function(key)
    local value = get(replacements, key)
    -- A key of a PHP array that is a decimal number is the same as number and as text.
    if value == nil and type(key) == "number" then
      value = get(replacements, number_text(key))
    elseif value == nil and #key < 16 and (key == "0" or find(key, "^%-?[1-9]%d*$")) then
      value = get(replacements, tonumber(key))
    end
    return replacement_text(value)
  end
end

-- Return a function of the whole match and its captures that returns the replacement.
local function replacer(replacement)
  local kind = type(replacement)
  if kind == "number" then replacement, kind = number_text(replacement), "string" end
  if kind == "string" then
    return function(whole, captures)
      return (gsub(replacement, "%%([%%0-9])", function(digit)
        if digit == "%" then return "%" end
        local capture = digit == "0" and whole or captures[tonumber(digit)]
        if not capture and digit == "1" then capture = whole end
        if not capture then
          error("invalid capture index %" .. digit .. " in replacement string", 0)
        end
        return capture
      end))
    end
  elseif kind == "table" then
    local lookup = table_lookup(replacement)
    return function(whole, captures) return lookup(captures[1] or whole) end
  elseif kind == "function" then
    return function(whole, captures)
      if #captures > 0 then return (replacement(unpack(captures))) end
      return (replacement(whole))
    end
  end
  bad_argument("gsub", 3, "function or table or string expected, got " .. kind)
end

-- Replace in an exploded string. An empty match is followed by a search for one at the same place
-- that is not empty, as in PHP's preg_replace.
local function substitute(program, s, replace, limit)
  local subject = patterns.explode(s)
  local count, starts = subject.count, subject.starts
  local parts, copied, index, done, not_empty = {}, 1, 1, 0, false
  while done < limit and index <= count + 1 do
    local once = not_empty or program.anchored
    local start, after
    if not program.anchored or index == 1 then
      start, after = patterns.search(program, subject, index, once, not_empty)
    end
    if start then
      local whole = sub(s, starts[start], starts[after] - 1)
      local value = replacement_text(replace(whole, patterns.captures(program, s, subject)))
      parts[#parts + 1] = sub(s, starts[copied], starts[start] - 1)
      parts[#parts + 1] = value or whole
      done = done + 1
      copied, index, not_empty = after, after, after == start
    elseif not_empty then
      index, not_empty = index + 1, false
    else
      break
    end
  end
  if copied <= count then parts[#parts + 1] = sub(s, starts[copied]) end
  return concat(parts), done
end

function ustring.gsub(s, pattern, replacement, n)
  s = check_subject("gsub", s)
  if n ~= nil then check_type("gsub", 4, n, "number") end
  if n and n < 1 then return s, 0 end
  pattern = check_pattern("gsub", pattern)
  local program = patterns.program(pattern, false)
  if not (program.native and program.native.lazy) and is_native(program, s, is_ascii(s), true) then
    local kind = type(replacement)
    if kind == "table" then
      return gsub(s, pattern, table_lookup(replacement), n)
    elseif kind == "function" then
      return gsub(s, pattern, function(...) return replacement_text((replacement(...))) end, n)
    elseif kind == "string" and is_plain_replacement(replacement, #program.captures) then
      return gsub(s, pattern, replacement, n)
    end
  end
  return substitute(program, s, replacer(replacement), n and floor(n) or huge)
end

return ustring
