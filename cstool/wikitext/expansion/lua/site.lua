-- mw.site: the wiki.
--
-- Behaviour: the reference manual of Scribunto. Of the wiki's settings and counts, only its
-- namespaces are known; they are read when they are needed.
local host = ...

local gmatch, gsub, match = string.gmatch, string.gsub, string.match
local ipairs, pairs, rawget, rawset, setmetatable, tonumber, type =
  ipairs, pairs, rawget, rawset, setmetatable, tonumber, type

local util = require("libraryUtil")

local function to_namespace(line)
  local id, name, canonical, subpages, capital, aliases =
    match(line, "^(.-)\t(.-)\t(.-)\t(.-)\t([01])\t?(.*)$")
  id = tonumber(id)
  local is_talk = id > 0 and id % 2 == 1
  local namespace = {
    id = id, name = name, canonicalName = canonical, hasSubpages = subpages == "1",
    hasGenderDistinction = id == 2 or id == 3, isCapitalized = capital == "1",
    isContent = id == 0, isIncludable = true, isMovable = id >= 0, isSubject = not is_talk,
    isTalk = is_talk, aliases = {},
  }
  for alias in gmatch(aliases, "[^\t]+") do
    namespace.aliases[#namespace.aliases + 1] = alias
  end
  return namespace
end

local function set_relatives(namespaces)
  for id, namespace in pairs(namespaces) do
    if id < 0 then
      namespace.subject = namespace
    else
      local subject = id - id % 2
      namespace.subject, namespace.talk = namespaces[subject], namespaces[subject + 1]
      namespace.associated = namespaces[subject + 1 - id % 2]
    end
  end
end

-- Make names find namespaces: with spaces or underscores, in any case.
local function add_names(namespaces)
  local named = {}
  for _, namespace in pairs(namespaces) do
    named[namespace.name] = namespace
    named[namespace.canonicalName] = namespace
  end
  setmetatable(named, {
    __index = function(_, name)
      if type(name) ~= "string" then return nil end
      host.charge(#name)
      local spaced = gsub(name, "_", " ")
      local found = rawget(named, spaced)
      if not found then
        local id = host.namespace(name)
        found = id and rawget(namespaces, id)
        if found then rawset(named, spaced, found) end
      end
      return found
    end,
  })
  setmetatable(namespaces, { __index = named })
end

local LISTS = { contentNamespaces = "isContent", subjectNamespaces = "isSubject",
  talkNamespaces = "isTalk" }

local function load_namespaces(site)
  local namespaces = {}
  for line in gmatch(host.namespaces(), "[^\n]+") do
    local namespace = to_namespace(line)
    namespaces[namespace.id] = namespace
  end
  set_relatives(namespaces)
  setmetatable(namespaces[0] or {}, {
    __index = function(_, key)
      if key == "displayName" then return host.unknown("message blanknamespace") end
    end,
  })
  for list, property in pairs(LISTS) do
    local chosen = {}
    for id, namespace in pairs(namespaces) do
      if namespace[property] then chosen[id] = namespace end
    end
    rawset(site, list, chosen)
  end
  add_names(namespaces)
  rawset(site, "namespaces", namespaces)
end

local UNKNOWN = { siteName = true, server = true, scriptPath = true, stylePath = true,
  currentVersion = true }

local stats = setmetatable({}, {
  __index = function(_, name) return host.unknown("mw.site.stats." .. name) end,
})
for _, name in ipairs({ "pagesInCategory", "pagesInNamespace", "usersInGroup" }) do
  stats[name] = function() return host.unknown("mw.site.stats." .. name) end
end

local site = { stats = stats }

function site.interwikiMap(filter)
  util.checkType("interwikiMap", 1, filter, "string", true)
  return host.unknown("mw.site.interwikiMap")
end

return setmetatable(site, {
  __index = function(object, name)
    if name == "namespaces" or LISTS[name] then
      load_namespaces(object)
      return rawget(object, name)
    end
    if UNKNOWN[name] then return host.unknown("mw.site." .. name) end
  end,
})
