-- Escapes and queries of mw.uri.
local byte, char, find, format, gsub, sub =
  string.byte, string.char, string.find, string.format, string.gsub, string.sub
local concat, pairs, rawset, remove, setmetatable, tonumber, type =
  table.concat, pairs, rawset, table.remove, setmetatable, tonumber, type

local check_type = require("libraryUtil").checkType

local queries = {}

-- Escapes ----------------------------------------------------------------------------------------

local function percent(character) return format("%%%02X", byte(character)) end

-- Escape all but letters, digits and `kept` (the inside of a set); `space` is for spaces.
local function escaped(s, kept, space)
  local text = gsub(s, "[^a-zA-Z0-9 " .. kept .. "]", percent)
  return (gsub(text, " ", (gsub(space, "%%", "%%%%"))))
end

local function unescaped(s)
  return (gsub(s, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

local KEPT, KEPT_BY_PHP = "_.~%-", "_.%-"
queries.ENCODE = {
  QUERY = function(s) return escaped(s, KEPT, "+") end,
  PATH = function(s) return escaped(s, KEPT, "%20") end,
  WIKI = function(s) return escaped(s, "!$()*,./:;@~_%-", "_") end,
}
queries.DECODE = {
  QUERY = function(s) return unescaped((gsub(s, "%+", " "))) end,
  PATH = unescaped,
  WIKI = function(s) return unescaped((gsub(s, "_", " "))) end,
}

-- Queries ----------------------------------------------------------------------------------------

-- A table whose pairs() returns keys in the order in which they were added.
function queries.new()
  local keys, known = {}, {}
  return setmetatable({}, {
    __newindex = function(query, key, value)
      if known[key] then
        for index = 1, #keys do
          if keys[index] == key then
            remove(keys, index)
            break
          end
        end
      end
      known[key] = true
      keys[#keys + 1] = key
      rawset(query, key, value)
    end,
    __pairs = function(query)
      local index = 0
      return function()
        while index < #keys do
          index = index + 1
          local key = keys[index]
          if query[key] ~= nil then return key, query[key] end
        end
      end
    end,
  })
end

function queries.copied(query)
  if type(query) ~= "table" then return query end
  local copy = queries.new()
  for key, value in pairs(query) do
    if type(value) == "table" then
      local list = {}
      for index, element in pairs(value) do list[index] = element end
      value = list
    end
    copy[key] = value
  end
  return copy
end

local function add_parameter(query, key, value)
  local earlier = query[key]
  if type(earlier) == "table" then
    earlier[#earlier + 1] = value
  elseif earlier then
    query[key] = { earlier, value }
  else
    query[key] = value
  end
end

function queries.parse(s, i, j)
  check_type("parseQueryString", 1, s, "string")
  check_type("parseQueryString", 2, i, "number", true)
  check_type("parseQueryString", 3, j, "number", true)
  s = gsub(sub(s, i or 1, j or -1), "%+", " ")
  local query, index = queries.new(), sub(s, 1, 1) == "?" and 2 or 1
  while index <= #s do
    local after = find(s, "&", index, true) or #s + 1
    local part = sub(s, index, after - 1)
    local equals = find(part, "=", 1, true)
    if equals then
      add_parameter(query, unescaped(sub(part, 1, equals - 1)), unescaped(sub(part, equals + 1)))
    else
      add_parameter(query, unescaped(part), false)
    end
    index = after + 1
  end
  return query
end

function queries.build(query)
  check_type("buildQueryString", 1, query, "table")
  local parts = {}
  for key, value in pairs(query) do
    local list = type(value) == "table" and value or { value }
    for index = 1, #list do
      local part = queries.ENCODE.QUERY(key)
      if list[index] then part = part .. "=" .. queries.ENCODE.QUERY(list[index]) end
      parts[#parts + 1] = part
    end
  end
  return concat(parts, "&")
end

-- A query as PHP's wfArrayToCgi makes it from a table.
function queries.as_php(query)
  if type(query) ~= "table" then return query end
  local parts = {}
  local function add(key, value)
    if type(value) == "table" then
      for index, element in pairs(value) do add(key .. "[" .. index .. "]", element) end
    elseif value then
      parts[#parts + 1] = escaped(key, KEPT_BY_PHP, "+") .. "="
        .. escaped(value == true and "1" or value, KEPT_BY_PHP, "+")
    end
  end
  for key, value in pairs(query) do add(key, value) end
  return concat(parts, "&")
end

return queries
