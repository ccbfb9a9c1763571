-- mw.wikibase: items of Wikidata, as far as a run knows them; the rest is unknown.
--
-- Behaviour: the Lua reference of Wikibase's client
-- (doc.wikimedia.org/Wikibase/master/php/docs_topics_lua.html).
local host = ...

local error, find, ipairs, match, string = error, string.find, ipairs, string.match, string
local tonumber = tonumber

local check_type = require("libraryUtil").checkType

local wikibase = {}

local LARGEST = 2147483647

local function is_valid(id)
  local number = match(id, "^[QPLEqple]([1-9]%d*)$")
  if number then return #number <= 10 and tonumber(number) <= LARGEST end
  return find(id, "^[Ll][1-9]%d*%-[FSfs][1-9]%d*$") ~= nil
end

local function is_item(id)
  return is_valid(id) and find(id, "^[Qq]") ~= nil
end

-- An identifier without spaces around it; an error if it is not valid.
local function need_valid(id)
  id = match(id, "^%s*(.-)%s*$")
  if not is_valid(id) then error("not the identifier of an entity: " .. id, 3) end
  return id
end

function wikibase.isValidEntityId(id)
  check_type("isValidEntityId", 1, id, "string")
  return is_valid(id)
end

function wikibase.getGlobalSiteId()
  return host.wiki()
end

-- The wiki that is given, or this one.
local function site_of(site)
  if not site or site == "" then return host.wiki() end
  return site
end

function wikibase.getEntityUrl(id)
  check_type("getEntityUrl", 1, id, "string", true)
  id = id or host.entity()
  if id == nil or not is_valid(id) then return nil end
  return "https://www.wikidata.org/wiki/Special:EntityPage/" .. string.upper(id)
end

function wikibase.getEntityIdForCurrentPage()
  return host.entity()
end

function wikibase.getEntityIdForTitle(title, site)
  check_type("getEntityIdForTitle", 1, title, "string")
  check_type("getEntityIdForTitle", 2, site, "string", true)
  return host.entity_of_title(title, site_of(site))
end

function wikibase.entityExists(id)
  check_type("entityExists", 1, id, "string")
  return host.exists(need_valid(id))
end

-- Labels and descriptions: of the current page's item without an identifier.
for name, kind in pairs({ Label = "label", Description = "description" }) do
  local with_language = "get" .. name .. "WithLang"
  wikibase[with_language] = function(id)
    check_type(with_language, 1, id, "string", true)
    id = id or host.entity()
    if not id or not is_valid(id) then return nil, nil end
    return host.term(kind, id)
  end

  wikibase["get" .. name] = function(id)
    check_type("get" .. name, 1, id, "string", true)
    return (wikibase[with_language](id))
  end
  wikibase[kind] = wikibase["get" .. name]

  local by_language = "get" .. name .. "ByLang"
  wikibase[by_language] = function(id, language)
    check_type(by_language, 1, id, "string")
    check_type(by_language, 2, language, "string")
    if not is_valid(id) then return nil end
    return host.term_in(kind, id, language)
  end
end

function wikibase.getSitelink(id, site)
  check_type("getSitelink", 1, id, "string")
  check_type("getSitelink", 2, site, "string", true)
  if not is_item(id) then return nil end
  return host.sitelink(id, site_of(site))
end
wikibase.sitelink = wikibase.getSitelink

-- The item with its statements: known only if there is none.
function wikibase.getEntity(id)
  check_type("getEntity", 1, id, "string", true)
  id = id or host.entity()
  if not id or not host.exists(need_valid(id)) then return nil end
  return host.unknown("mw.wikibase.getEntity")
end
wikibase.getEntityObject = wikibase.getEntity

for _, name in ipairs({ "getBestStatements", "getAllStatements" }) do
  wikibase[name] = function(id, property)
    check_type(name, 1, id, "string")
    check_type(name, 2, property, "string")
    if not host.exists(need_valid(id)) then return {} end
    return host.unknown("mw.wikibase." .. name)
  end
end

function wikibase.getBadges(id, site)
  check_type("getBadges", 1, id, "string")
  check_type("getBadges", 2, site, "string", true)
  if not is_item(id) or not host.sitelink(id, site_of(site)) then return {} end
  return host.unknown("mw.wikibase.getBadges")
end

for _, name in ipairs({ "getReferencedEntityId", "renderSnak", "renderSnaks", "formatValue",
  "formatValues", "resolvePropertyId", "getPropertyOrder", "orderProperties",
  "getEntityModuleName", "incrementExpensiveFunctionCount" }) do
  wikibase[name] = function() return host.unknown("mw.wikibase." .. name) end
end

return wikibase
