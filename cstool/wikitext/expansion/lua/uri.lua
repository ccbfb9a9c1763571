-- mw.uri: addresses.
--
-- Behaviour: the reference manual of Scribunto, its UriLibrary.php and PHP's urlencode.
local site = ...

local find, match, sub = string.find, string.match, string.sub
local error, next, pairs, pcall, rawget, rawset, setmetatable, tonumber, type =
  error, next, pairs, pcall, rawget, rawset, setmetatable, tonumber, type
local concat, floor = table.concat, math.floor

local util = require("libraryUtil")
local check_type, check_index = util.checkType, util.checkTypeForIndex

local uri, methods, meta = {}, {}, {}

local queries = site.library("uri_queries")
local ENCODE, DECODE = queries.ENCODE, queries.DECODE

uri.parseQueryString, uri.buildQueryString = queries.parse, queries.build

local function coder(name, coders)
  return function(s, kind)
    check_type(name, 1, s, "string")
    local code = coders[string.upper(kind or "QUERY")]
    if not code then
      error("bad argument #2 to '" .. name .. "' (expected QUERY, PATH, or WIKI)", 2)
    end
    return code(s)
  end
end

uri.encode = coder("encode", ENCODE)
uri.decode = coder("decode", DECODE)

function uri.anchorEncode(s)
  check_type("anchorEncode", 1, s, "string")
  return site.anchor(s)
end

-- Parts ------------------------------------------------------------------------------------------

-- Whether a path is possible in an address with these other parts.
local function is_path(path, authority, protocol)
  if path == "" then return true end
  if authority then return find(path, "^/[^?#]*$") end
  if path == "/" or find(path, "^/[^?#/][^?#]*$") then return true end
  if protocol then return find(path, "^[^?#/][^?#]*$") end
  return find(path, "^[^?#/:]+$") or find(path, "^[^?#/:]+/[^?#]*$")
end

local PATTERNS = {
  { "protocol", "^[^:/?#]+$" },
  { "user", "^[^:@/?#]*$" },
  { "password", "^[^:@/?#]*$" },
  { "host", "^[^:/?#]*$", "^%[[^/?#%[%]@]+%]$" },
}

function uri.validate(object)
  check_type("validate", 1, object, "table")
  local faults = {}
  local function wrong(name, expected, value)
    faults[#faults + 1] = "." .. name .. " must be " .. expected .. ", not " .. type(value)
  end
  local function invalid(name)
    faults[#faults + 1] = "invalid ." .. name
  end
  for _, row in ipairs(PATTERNS) do
    local name, value = row[1], object[row[1]]
    if value and type(value) ~= "string" then
      wrong(name, "a string", value)
    elseif value and not find(value, row[2]) and not (row[3] and find(value, row[3])) then
      invalid(name)
    end
  end
  local port = object.port
  if port and (type(port) ~= "number" or floor(port) ~= port) then
    wrong("port", "an integer", port)
  elseif port and (port < 1 or port > 65535) then
    invalid("port")
  end
  local path = object.path
  local authority = object.user or object.password or object.host or port
  if not path then
    faults[#faults + 1] = "missing .path"
  elseif type(path) ~= "string" then
    wrong("path", "a string", path)
  elseif not is_path(path, authority, object.protocol) then
    invalid("path")
  end
  if object.query and type(object.query) ~= "table" then wrong("query", "a table", object.query) end
  local fragment = object.fragment
  if fragment and type(fragment) ~= "string" then wrong("fragment", "a string", fragment) end
  return #faults == 0, concat(faults, "; ")
end

-- Parts that are computed from others.
local GET, SET = {}, {}

function GET.userInfo(object)
  local user, password = rawget(object, "user"), rawget(object, "password")
  if user and password then return user .. ":" .. password end
  return user
end

function GET.hostPort(object)
  local host, port = rawget(object, "host"), rawget(object, "port")
  if port then return (host or "") .. ":" .. port end
  return host
end

function GET.authority(object)
  local user, host = object.userInfo, object.hostPort
  if user then return user .. "@" .. (host or "") end
  return host
end

function GET.queryString(object)
  local query = rawget(object, "query")
  return query and uri.buildQueryString(query)
end

function GET.relativePath(object)
  local path, query = rawget(object, "path") or "", object.queryString
  local fragment = rawget(object, "fragment")
  if query then path = path .. "?" .. query end
  if fragment then path = path .. "#" .. fragment end
  return path
end

-- The parts of `value` before and after a separator; only the second is nil without one.
local function split(value, separator)
  local index = find(value, separator, 1, true)
  if not index then return value end
  return sub(value, 1, index - 1), sub(value, index + 1)
end

function SET.userInfo(object, value)
  local user, password
  if value then user, password = split(value, ":") end
  rawset(object, "user", user)
  rawset(object, "password", password)
end

function SET.hostPort(object, value)
  local host, port
  if value then
    host, port = match(value, "^(%[[^/?#%[%]@]+%]):(%d+)$")
    host = host or match(value, "^%[[^/?#%[%]@]+%]$")
    if not host then host, port = split(value, ":") end
    if port then
      port = tonumber(port)
      if not port then error("Invalid port in '" .. value .. "'", 3) end
    end
  end
  rawset(object, "host", host)
  rawset(object, "port", port)
end

function SET.authority(object, value)
  local user, host
  if value then
    user, host = split(value, "@")
    if not host then user, host = nil, user end
  end
  object.userInfo = user
  object.hostPort = host
end

function SET.queryString(object, value)
  rawset(object, "query", value and uri.parseQueryString(value) or nil)
end

function SET.relativePath(object, value)
  local path, query, fragment
  if value then
    path, fragment = split(value, "#")
    path, query = split(path, "?")
  end
  rawset(object, "path", path)
  rawset(object, "query", query and uri.parseQueryString(query))
  rawset(object, "fragment", fragment)
end

-- Objects ----------------------------------------------------------------------------------------

local FIELDS = { "protocol", "user", "password", "host", "port", "path", "query", "fragment" }

function meta.__index(object, key)
  if methods[key] then return methods[key] end
  if GET[key] then return GET[key](object) end
end

function meta.__newindex(object, key, value)
  if SET[key] then
    if value then check_index(key, value, "string") end
    SET[key](object, value)
  elseif methods[key] then
    error("index '" .. key .. "' is read only", 2)
  else
    rawset(object, key, value)
  end
end

function meta.__pairs(object)
  local values = {}
  for key, value in next, object do values[key] = value end
  for key in next, GET do values[key] = object[key] end
  for key, method in next, methods do values[key] = method end
  return next, values, nil
end

function meta.__tostring(object)
  local text = object.protocol and object.protocol .. ":" or ""
  if object.authority then text = text .. "//" .. object.authority end
  return text .. object.relativePath
end

-- Each object has its own metatable, because modules could change a common one for each other.
local function with_metatable(object)
  local own = {}
  for name, method in next, meta do own[name] = method end
  return setmetatable(object, own)
end

methods.validate = uri.validate

function methods:parse(s)
  check_type("uri:parse", 1, s, "string")
  local protocol, authority, path = match(s, "^([^:/?#]+)://([^/?#]*)(.*)$")
  if not path then authority, path = match(s, "^//([^/?#]*)(.*)$") end
  if not path then protocol, path = match(s, "^([^:/?#]+):(.*)$") end
  local parsed = with_metatable({ protocol = protocol })
  local is_valid = pcall(meta.__newindex, parsed, "authority", authority)
  if not is_valid then error("Invalid port number in string", 2) end
  parsed.relativePath = path or s
  local ok, fault = uri.validate(parsed)
  if not ok then error(fault, 2) end
  if parsed.user or parsed.password then
    self.user, self.password = parsed.user, parsed.password
  end
  for _, name in ipairs(FIELDS) do
    local value = rawget(parsed, name)
    if value and name ~= "user" and name ~= "password" then self[name] = value end
  end
  return self
end

function methods:clone() return uri.new(self) end

function methods:extend(parameters)
  check_type("uri:extend", 1, parameters, "table")
  if not self.query then self.query = queries.new() end
  for key, value in pairs(parameters) do self.query[key] = value end
  return self
end

function uri.new(s)
  local object = with_metatable({})
  if s == nil then s = site.current_url() end
  if type(s) == "string" then return object:parse(s) end
  if type(s) ~= "table" then check_type("new", 1, s, "string or table or nil") end
  for _, name in ipairs(FIELDS) do rawset(object, name, s[name]) end
  rawset(object, "query", queries.copied(object.query))
  return object
end

for name, kind in pairs({ localUrl = "local", fullUrl = "full", canonicalUrl = "canonical" }) do
  uri[name] = function(page, query)
    check_type(string.lower(name), 1, page, "string")
    if query ~= nil and type(query) ~= "string" and type(query) ~= "table" then
      check_type(string.lower(name), 2, query, "string or table")
    end
    local url = site.url(kind, page, queries.as_php(query) or "")
    return url and uri.new(url)
  end
end

return uri
