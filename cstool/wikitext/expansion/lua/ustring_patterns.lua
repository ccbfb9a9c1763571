-- Search in strings of Unicode for the patterns of mw.ustring.
--
-- A pattern is left to Lua's string library if that gives the same result; otherwise its items are
-- compiled to functions, each of which continues with the function of the next item.
local host = ...

local ipairs = ipairs

local parser = host.library("ustring_parser")
local patterns = {}

-- The last text whose characters were needed: many modules read one text in steps.
local last_text, last_subject

-- Character codes, byte positions and count of a string that is valid UTF-8.
function patterns.explode(s)
  if s ~= last_text then last_text, last_subject = s, parser.explode(s) end
  return last_subject
end

-- Lua's string library ---------------------------------------------------------------------------

local MOST_STEPS = 2e5
local REPEATED = { ["*"] = true, ["+"] = true, ["-"] = true }

local EMPTY = { ["*"] = true, ["-"] = true, ["?"] = true }

-- Whether an item that matches bytes of a character always ends after a whole one: because what
-- follows can only match there, or can be empty up to the end of the pattern.
local function is_bounded(items, number)
  if not REPEATED[items[number].quantifier] then return false end
  for other = number + 1, #items do
    local item = items[other]
    if item.wide then return false end
    if item.kind == "end" or item.kind == "balance" then return true end
    if item.single and (not item.quantifier or item.quantifier == "+") then return true end
  end
  return true
end

-- Describe what strings may be left to Lua's string library: nil for none; `ascii`: only ASCII
-- ones, `digits`, `spaces`: only without such characters outside of ASCII; `power`, `weight`: what the
-- number of steps depends on (see `is_short`). `empty`: may match no character of a
-- text that has some; `lazy`: an empty match is not always the longest.
local function native_use(items)
  local use = { lazy = false, empty = true }
  local repeated, optional = items.anchored and 0 or 1, 0
  for number, item in ipairs(items) do
    if item.no then return nil end
    use.ascii = use.ascii or item.ascii
    use.digits = use.digits or item.digits
    use.spaces = use.spaces or item.spaces
    use.line = use.line or item.kind == "end" or item.kind == "frontier"
    use.lazy = use.lazy or item.quantifier == "-"
    use.empty = use.empty
      and (not (item.single or item.kind == "balance") or EMPTY[item.quantifier])
    if item.foreign and (item.kind ~= "char" or item.quantifier) then return nil end
    if item.wide and not is_bounded(items, number) then use.ascii = true end
    if item.kind == "balance" or REPEATED[item.quantifier] then repeated = repeated + 1 end
    if item.quantifier == "?" then optional = optional + 1 end
  end
  for _, kind in ipairs(items.captures) do
    use.ascii = use.ascii or kind == "position"
  end
  local last = items[#items]
  if items.anchored and last and last.kind == "end" then use.empty = false end
  use.lazy = use.lazy and use.empty
  if repeated > 4 or optional > 6 then return nil end
  use.power, use.weight = repeated, 2 ^ optional
  return use
end

-- Whether matching in a text of `length` bytes certainly takes not too many steps in C, where they
-- cannot be counted.
function patterns.is_short(use, length)
  local steps = use.weight
  for factor = 1, use.power do steps = steps * (length / factor + 1) end
  return steps <= MOST_STEPS
end

-- Compiler ---------------------------------------------------------------------------------------

-- The subject of the match in progress.
local codes, count, forbidden
local starts, stops = {}, {}

local function finish(index)
  if index ~= forbidden then return index end
end

local function at_end(index)
  return index == count + 1 or index == count and codes[count] == 10
end

local function same_text(number, index)
  local first, last = starts[number], stops[number]
  for offset = 0, last - first do
    if codes[first + offset] ~= codes[index + offset] then return nil end
  end
  return index + last - first + 1
end

local function balanced(index, opener, closer)
  if codes[index] ~= opener then return nil end
  local depth = 1
  repeat
    index = index + 1
    local code = codes[index]
    if code == closer then
      depth = depth - 1
    elseif code == opener then
      depth = depth + 1
    elseif code == -1 then
      return nil
    end
  until depth == 0
  return index + 1
end

local COMPILE = {
  open = function(item, following)
    local number = item[1]
    return function(index)
      starts[number] = index
      return following(index)
    end
  end,
  close = function(item, following)
    local number = item[1]
    return function(index)
      stops[number] = index - 1
      return following(index)
    end
  end,
  ["end"] = function(_, following)
    return function(index)
      if at_end(index) then return following(index) end
    end
  end,
  back = function(item, following)
    local number = item[1]
    return function(index)
      local after = same_text(number, index)
      if after then return following(after) end
    end
  end,
  balance = function(item, following)
    local opener, closer = item[1], item[2]
    return function(index)
      local after = balanced(index, opener, closer)
      if after then return following(after) end
    end
  end,
  frontier = function(item, following)
    local members = item.members
    local outside = members[0] -- the ends of the string count as NUL
    return function(index)
      local before = outside
      if index > 1 then before = members[codes[index - 1]] end
      if not before and (members[codes[index]] or outside and at_end(index)) then
        return following(index)
      end
    end
  end,
}

local function compile_single(members, following)
  return function(index)
    if members[codes[index]] then return following(index + 1) end
  end
end

local QUANTIFIED = {
  ["*"] = function(members, following)
    return function(index)
      local last = index
      while members[codes[last]] do last = last + 1 end
      for position = last, index, -1 do
        local after = following(position)
        if after then return after end
      end
    end
  end,
  ["-"] = function(members, following)
    return function(index)
      while true do
        local after = following(index)
        if after then return after end
        if not members[codes[index]] then return nil end
        index = index + 1
      end
    end
  end,
  ["?"] = function(members, following)
    return function(index)
      if members[codes[index]] then
        local after = following(index + 1)
        if after then return after end
      end
      return following(index)
    end
  end,
}
QUANTIFIED["+"] = function(members, following)
  return compile_single(members, QUANTIFIED["*"](members, following))
end

local function compile(items)
  local following = finish
  for number = #items, 1, -1 do
    local item = items[number]
    local kind = COMPILE[item.kind]
    if kind then
      following = kind(item, following)
    else
      local members = item.members or { [item[1]] = true }
      following = (QUANTIFIED[item.quantifier] or compile_single)(members, following)
    end
  end
  return following
end

-- Interface --------------------------------------------------------------------------------------

-- Programs of patterns, by text, apart for gmatch, where `^` is not an anchor. They last for a call
-- of a module, so that its instructions do not depend on earlier calls.
local programs
local function forget()
  programs = { [true] = {}, [false] = {} }
  last_text, last_subject = nil, nil
end
forget()
if host.at_begin then host.at_begin(forget) end

-- Return the program of a pattern: `anchored`, `captures`, `native` (see `native_use`) and `run`.
function patterns.program(pattern, literal_caret)
  local known = programs[literal_caret]
  local program = known[pattern]
  if not program then
    local items = parser.parse(pattern, literal_caret)
    program = { anchored = items.anchored, captures = items.captures, native = native_use(items),
      items = items }
    known[pattern] = program
  end
  return program
end

-- Search an exploded string from a character on. `once`: only at this character; `not_empty`: not
-- with an empty match there. Return the first character and the one after the match, or nil.
function patterns.search(program, subject, index, once, not_empty)
  local run = program.run
  if not run then
    run = compile(program.items)
    program.run = run
  end
  codes, count = subject.codes, subject.count
  forbidden = not_empty and index or nil
  local last = once and index or count + 1
  for first = index, last do
    local after = run(first)
    if after then return first, after end
  end
end

-- Return the captures of the last match in a list.
function patterns.captures(program, s, subject)
  local list = {}
  for number, kind in ipairs(program.captures) do
    if kind == "position" then
      list[number] = starts[number]
    else
      list[number] = s:sub(subject.starts[starts[number]], subject.starts[stops[number] + 1] - 1)
    end
  end
  return list
end

return patterns
