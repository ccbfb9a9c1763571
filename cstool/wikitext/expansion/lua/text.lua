-- mw.text. After Scribunto's reference manual.
local host = ...

local find, sub, gsub, format = string.find, string.sub, string.gsub, string.format
local util = require("libraryUtil")

local text = { JSON_PRESERVE_KEYS = 1, JSON_TRY_FIXING = 2, JSON_PRETTY = 4 }

-- Parts of texts ---------------------------------------------------------------------------------

function text.trim(s, charset)
  if charset then
    local set = "[" .. charset .. "]"
    return (mw.ustring.gsub(s, "^" .. set .. "*(.-)" .. set .. "*$", "%1"))
  end
  s = tostring(s)
  local first = find(s, "[^\t\r\n\f ]")
  if not first then return "" end
  local last = #s
  while find(s, "^[\t\r\n\f ]", last) do last = last - 1 end
  return sub(s, first, last)
end

-- Whether a pattern matches the same bytes as characters: it has no classes of characters but
-- white space, of which the text has only ASCII's, no complements, and matches no empty text.
local function is_of_bytes(pattern, s)
  if find(pattern, "[\128-\255%z.^$()]") or find("", pattern) then return false end
  for class in string.gmatch(pattern, "%%(.)") do
    if class == "s" then
      if find(s, "[\194\225\226\227]") then return false end
    elseif find(class, "%w") then
      return false
    end
  end
  return true
end

local function gsplit_bytes(s, separator, plain)
  local from = 1
  return function()
    if not from then return nil end
    local first, last = find(s, separator, from, plain)
    local piece
    if first then
      piece, from = sub(s, from, first - 1), last + 1
    else
      piece, from = sub(s, from), nil
    end
    return piece
  end
end

function text.gsplit(s, pattern, plain)
  local ustring = mw.ustring
  if type(s) == "string" and type(pattern) == "string" and pattern ~= ""
    and mw.ustring.isutf8(s) then
    if plain or not find(pattern, "[%^%$%(%)%%%.%[%]%*%+%-%?%z]") then
      return gsplit_bytes(s, pattern, true)
    elseif is_of_bytes(pattern, s) then
      return gsplit_bytes(s, pattern, false)
    end
  end
  local from, length = 1, ustring.len(s)
  return function()
    if not from then return nil end
    local first, last = ustring.find(s, pattern, from, plain)
    local piece
    if not first then
      piece, from = ustring.sub(s, from), nil
    elseif last < first then -- the separator is empty
      piece = ustring.sub(s, from, first)
      from = first < length and first + 1 or nil
    else
      piece = first > from and ustring.sub(s, from, first - 1) or ""
      from = last + 1
    end
    return piece
  end
end

function text.split(s, pattern, plain)
  local pieces = {}
  for piece in text.gsplit(s, pattern, plain) do pieces[#pieces + 1] = piece end
  return pieces
end

function text.listToText(list, separator, conjunction)
  separator = separator or host.separator("comma-separator")
  conjunction = conjunction or host.separator("and") .. host.separator("word-separator")
  local count = #list
  if count > 1 then
    return table.concat(list, separator, 1, count - 1) .. conjunction .. list[count]
  end
  return tostring(list[1] or "")
end

function text.truncate(s, length, ellipsis, adjusts)
  local ustring = mw.ustring
  local whole, most = ustring.len(s), math.abs(length)
  if whole <= most then return s end
  ellipsis = ellipsis or host.separator("ellipsis")
  local extra = adjusts and ustring.len(ellipsis) or 0
  local result
  if most <= extra then
    result = ellipsis
  elseif length > 0 then
    result = ustring.sub(s, 1, length - extra) .. ellipsis
  else
    result = ellipsis .. ustring.sub(s, length + extra)
  end
  return ustring.len(result) < whole and result or s
end

-- Character references ---------------------------------------------------------------------------

local NAMED = { [">"] = "&gt;", ["<"] = "&lt;", ["&"] = "&amp;", ['"'] = "&quot;",
  ["'"] = "&#039;", ["\194\160"] = "&nbsp;" }
local CHARACTERS = {}
for character, reference in pairs(NAMED) do CHARACTERS[reference] = character end

local function reference_of(character)
  return NAMED[character] or format("&#%d;", mw.ustring.codepoint(character))
end

function text.encode(s, charset)
  if not charset then
    s = gsub(s, "[<>&\"']", NAMED)
    return (gsub(s, "\194\160", "&nbsp;"))
  end
  return (mw.ustring.gsub(s, "[" .. charset .. "]", reference_of))
end

function text.decode(s, all_names)
  return (gsub(s, "(&(#?x?)([a-zA-Z0-9]+);)", function(reference, kind, name)
    local known = CHARACTERS[reference]
    if known then return known end
    local code
    if kind == "#" then
      code = tonumber(name, 10)
    elseif kind == "#x" then
      code = tonumber(name, 16)
    elseif all_names then
      return host.entity(name)
    end
    if code and code <= 0x10ffff then return mw.ustring.char(code) end
    return nil
  end))
end

-- Markup that is not read as such ----------------------------------------------------------------

local ESCAPED = {}
for character in ("\"&'<=>[]{|}"):gmatch(".") do
  ESCAPED[character] = format("&#%d;", character:byte())
end
local PROTOCOLS = { "bitcoin", "geo", "magnet", "mailto", "news", "sip", "sips", "sms", "tel",
  "urn", "xmpp" }
for index, protocol in ipairs(PROTOCOLS) do
  PROTOCOLS[index] = "(" .. protocol:gsub("%a", function(letter)
    return "[" .. letter:upper() .. letter .. "]"
  end) .. "):"
end

local function last_escaped(characters)
  return characters:sub(1, -2) .. format("&#%d;", characters:byte(-1))
end

local function line_start(pair)
  if pair == "\r\n" then return "&#13;\n" end
  return last_escaped(pair)
end

function text.nowiki(s)
  s = "\n" .. gsub(s, "[\"&'<=>%[%]{|}]", ESCAPED)
  s = gsub(s, "[\r\n][#*:; \n\r\t]", line_start)
  s = gsub(s, "([\r\n])%-%-%-%-", "%1&#45;---")
  s = sub(s, 2)
  s = gsub(s, "__", "_&#95;")
  s = gsub(s, "://", "&#58;//")
  for _, name in ipairs({ "ISBN", "RFC", "PMID" }) do
    s = gsub(s, name .. "[ \t\r\n\f]", last_escaped)
  end
  for _, protocol in ipairs(PROTOCOLS) do s = gsub(s, protocol, "%1&#58;") end
  return s
end

-- Tags -------------------------------------------------------------------------------------------

local function attribute(name, value)
  if type(name) ~= "string" then
    error("bad named argument attrs to 'tag' (keys must be strings, found " .. type(name) .. ")", 3)
  end
  if find(name, "[\t\r\n\f /<>\"'=]") then
    error("bad named argument attrs to 'tag' (invalid key '" .. name .. "')", 3)
  end
  if value == true then return " " .. name end
  if value == false then return "" end
  if type(value) ~= "string" and type(value) ~= "number" then
    error("bad named argument attrs to 'tag' (value for key '" .. name .. "' may not be "
      .. type(value) .. ")", 3)
  end
  return format(' %s="', name) .. text.encode(tostring(value)) .. '"'
end

function text.tag(name, attrs, content)
  local named = type(name) == "table"
  if named then
    name, attrs, content = name.name, name.attrs, name.content
    util.checkTypeForNamedArg("tag", "name", name, "string")
    util.checkTypeForNamedArg("tag", "attrs", attrs, "table", true)
  else
    util.checkType("tag", 1, name, "string")
    util.checkType("tag", 2, attrs, "table", true)
  end
  local pieces = { "<" .. name }
  for key, value in pairs(attrs or {}) do pieces[#pieces + 1] = attribute(key, value) end
  if content == nil then
    pieces[#pieces + 1] = ">"
  elseif content == false then
    pieces[#pieces + 1] = " />"
  elseif type(content) == "string" or type(content) == "number" then
    pieces[#pieces + 1] = ">" .. content .. "</" .. name .. ">"
  elseif named then
    util.checkTypeForNamedArg("tag", "content", content, "string, number, nil, or false")
  else
    util.checkType("tag", 3, content, "string, number, nil, or false")
  end
  return table.concat(pieces)
end

-- Marks of removed text --------------------------------------------------------------------------

local function of_text(name, call)
  return function(s)
    util.checkType(name, 1, s, "string")
    return call(s)
  end
end

text.killMarkers = of_text("killMarkers", function(s) return host.without_marks(s) end)
text.unstripNoWiki = of_text("unstripNoWiki", function(s) return host.without_nowiki(s) end)
text.unstrip = of_text("unstrip", function(s)
  return host.without_marks(host.without_nowiki(s))
end)

-- JSON -------------------------------------------------------------------------------------------

local function check_json(value, seen)
  local kind = type(value)
  if kind == "table" then
    if seen[value] then error("mw.text.jsonEncode: Cannot use recursive tables", 0) end
    seen[value] = true
    for key, element in pairs(value) do
      if type(key) ~= "string" and type(key) ~= "number" then
        error("mw.text.jsonEncode: Cannot use type '" .. type(key) .. "' as a table key", 0)
      elseif key == math.huge or key == -math.huge then
        error("mw.text.jsonEncode: Cannot use 'inf' as a table key", 0)
      end
      check_json(element, seen)
    end
    seen[value] = nil
  elseif kind == "number" then
    if value ~= value or value == math.huge or value == -math.huge then
      error("mw.text.jsonEncode: Cannot encode non-finite numbers", 0)
    end
  elseif kind ~= "string" and kind ~= "boolean" and kind ~= "nil" then
    error("mw.text.jsonEncode: Cannot encode type '" .. kind .. "'", 0)
  end
end

function text.jsonEncode(value, flags)
  check_json(value, {})
  if flags == nil then flags = 0 end
  util.checkType("mw.text.jsonEncode", 2, flags, "number")
  return host.json_encode(value, flags)
end

function text.jsonDecode(json, flags)
  util.checkType("mw.text.jsonDecode", 1, json, "string")
  if flags == nil then flags = 0 end
  util.checkType("mw.text.jsonDecode", 2, flags, "number")
  return host.json_decode(json, flags)
end

return text
