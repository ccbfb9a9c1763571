-- mw.title: titles of pages, as far as a dump knows them. After Scribunto's reference manual.
local host = ...

local util = require("libraryUtil")

local title = {}

-- Namespaces -------------------------------------------------------------------------------------

local function is_number(value)
  return type(value) == "number" or tostring(tonumber(value)) == value
end

local function namespace_id(method, position, value)
  if is_number(value) then
    local id = math.floor(tonumber(value) + 0.5)
    if mw.site.namespaces[id] then return id end
    error(("bad argument #%d to '%s' (unrecognized namespace number '%s')"):format(position, method,
      tostring(id)), 3)
  elseif type(value) == "string" then
    local namespace = mw.site.namespaces[value]
    if namespace then return namespace.id end
    error(("bad argument #%d to '%s' (unrecognized namespace name '%s')"):format(position, method,
      value), 3)
  end
  error(("bad argument #%d to '%s' (string or number expected, got %s)"):format(position, method,
    type(value)), 3)
end

-- Title objects ----------------------------------------------------------------------------------

local made

local function order(a, b)
  for _, field in ipairs({ "interwiki", "namespace", "text" }) do
    if a[field] ~= b[field] then return a[field] < b[field] and -1 or 1 end
  end
  return 0
end

local function is_before(a, b)
  return order(a, b) < 0
end

local function from(ok, ...)
  if not ok then return nil end
  return made(...)
end

-- Fields that are computed when they are read.
local computed = {}

function computed.fullText(data)
  if data.fragment ~= "" then return data.prefixedText .. "#" .. data.fragment end
  return data.prefixedText
end

function computed.rootPageTitle(data) return title.makeTitle(data.namespace, data.rootText) end

function computed.basePageTitle(data) return title.makeTitle(data.namespace, data.baseText) end

function computed.talkPageTitle(data, object)
  local talk = mw.site.namespaces[data.namespace].talk
  if not talk then return nil end
  if talk.id == data.namespace then return object end
  return title.makeTitle(talk.id, data.text)
end

function computed.subjectPageTitle(data, object)
  local subject = mw.site.namespaces[data.namespace].subject
  if subject.id == data.namespace then return object end
  return title.makeTitle(subject.id, data.text)
end

function computed.exists(data) return host.exists(data.prefixedText) end
function computed.isRedirect(data) return host.is_redirect(data.prefixedText) end
function computed.contentModel(data) return host.content_model(data.prefixedText) end
function computed.redirectTarget(data) return from(host.redirect_target(data.prefixedText)) end
function computed.content(data) return host.content(data.prefixedText) end

for _, field in ipairs({ "id", "pageLanguage", "protectionLevels", "cascadingProtection",
  "categories" }) do
  computed[field] = function() return host.unknown("mw.title " .. field) end
end

function computed.file(data)
  if data.namespace ~= 6 and data.namespace ~= -2 then return nil end
  return host.unknown("mw.title file")
end
computed.fileExists = computed.file

-- Methods; `data` is that of their object.
local methods = {}

function methods.inNamespace(data, namespace)
  return namespace_id("inNamespace", 1, namespace) == data.namespace
end

function methods.inNamespaces(data, ...)
  for index = 1, select("#", ...) do
    if namespace_id("inNamespaces", index, (select(index, ...))) == data.namespace then
      return true
    end
  end
  return false
end

function methods.hasSubjectNamespace(data, namespace)
  local id = namespace_id("hasSubjectNamespace", 1, namespace)
  return id == mw.site.namespaces[data.namespace].subject.id
end

function methods.isSubpageOf(data, other)
  util.checkType("isSubpageOf", 1, other, "table")
  return data.interwiki == other.interwiki and data.namespace == other.namespace
    and other.text .. "/" == data.text:sub(1, #other.text + 1)
end

function methods.subPageTitle(data, text)
  util.checkType("subpageTitle", 1, text, "string")
  return title.makeTitle(data.namespace, data.text .. "/" .. text)
end

function methods.partialUrl(data) return data.thePartialUrl end

-- URLs are not part of a text.
for _, name in ipairs({ "fullUrl", "localUrl", "canonicalUrl" }) do
  methods[name] = function() return host.unknown("mw.title " .. name) end
end

function methods.getContent(data) return host.content(data.prefixedText) end

local function parts_of(data, has_subpages)
  local first, last
  if has_subpages then first, last = data.text:match("^[^/]*().*()/[^/]*$") end
  data.isSubpage = first ~= nil
  data.rootText = first and data.text:sub(1, first - 1) or data.text
  data.baseText = first and data.text:sub(1, last - 1) or data.text
  data.subpageText = first and data.text:sub(last + 1) or data.text
end

function made(namespace_number, text, fragment, interwiki, namespace_name, partial_url)
  local namespace = mw.site.namespaces[namespace_number]
  local data = {
    namespace = namespace_number, text = text, fragment = fragment, interwiki = interwiki,
    nsText = (namespace_name:gsub(" ", "_")), thePartialUrl = partial_url,
    isLocal = interwiki == "", isExternal = interwiki ~= "",
    isContentPage = namespace.isContent, isSpecialPage = namespace_number == -1,
    isTalkPage = namespace.isTalk, subjectNsText = namespace.subject.name,
    canTalk = namespace.talk ~= nil,
  }
  data.prefixedText = (namespace_name ~= "" and namespace_name .. ":" or "") .. text
  if interwiki ~= "" then data.prefixedText = interwiki .. ":" .. data.prefixedText end
  parts_of(data, namespace.hasSubpages)

  local object = {}
  local check_self = util.makeCheckSelfFunction("mw.title", "title", object, "title object")
  for name, method in pairs(methods) do
    data[name] = function(self, ...)
      check_self(self, name)
      return method(data, ...)
    end
  end
  local fields = {} -- names; whether they are read-only
  for name in pairs(data) do fields[name] = true end
  for name in pairs(computed) do fields[name] = true end
  fields.fragment = false
  return setmetatable(object, {
    __eq = title.equals,
    __lt = is_before,
    __tostring = function(self) return self.prefixedText end,
    __index = function(_, name)
      local value = data[name]
      if value == nil and computed[name] then return computed[name](data, object) end
      return value
    end,
    __newindex = function(self, name, value)
      if name == "fragment" then
        util.checkTypeForIndex(name, value, "string")
        data.fragment = value:gsub("[%s_]+", " "):gsub("^(.-) ?$", "%1")
      elseif fields[name] then
        error("index '" .. tostring(name) .. "' is read only", 2)
      else
        rawset(self, name, value)
      end
    end,
    __pairs = function(self)
      local name
      return function()
        local value
        repeat
          name = next(fields, name)
          if name == nil then return nil end
          value = self[name]
        until value ~= nil
        return name, value
      end
    end,
  })
end

-- Library ----------------------------------------------------------------------------------------

function title.new(text, namespace)
  if type(text) == "number" then return host.unknown("mw.title id") end
  if type(text) ~= "string" then
    error("bad argument #1 to 'title.new' (number or string expected)", 2)
  end
  namespace = namespace == nil and 0 or namespace_id("title.new", 2, namespace)
  return from(host.new(text, namespace))
end

function title.makeTitle(namespace, text, fragment, interwiki)
  namespace = namespace_id("makeTitle", 1, namespace)
  if type(text) == "number" then text = tostring(text) end
  util.checkType("makeTitle", 2, text, "string")
  util.checkType("makeTitle", 3, fragment, "string", true)
  util.checkType("makeTitle", 4, interwiki, "string", true)
  return from(host.make(namespace, text, fragment or "", interwiki or ""))
end

function title.getCurrentTitle()
  return from(host.current())
end

function title.equals(a, b)
  return order(a, b) == 0
end

title.compare = order

return title
