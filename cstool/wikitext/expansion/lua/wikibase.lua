-- mw.wikibase: items of Wikidata, as far as a run knows them; the rest is unknown.
--
-- Behaviour: the Lua reference of Wikibase's client
-- (doc.wikimedia.org/Wikibase/master/php/docs_topics_lua.html).
local host = ...

local find, ipairs, string = string.find, ipairs, string

local check_type = require("libraryUtil").checkType

local wikibase = {}

function wikibase.isValidEntityId(id)
  check_type("isValidEntityId", 1, id, "string")
  return find(id, "^[QPLEqple][1-9]%d*$") ~= nil
    or find(id, "^[Ll][1-9]%d*%-[FSfs][1-9]%d*$") ~= nil
end

function wikibase.getGlobalSiteId()
  return host.wiki()
end

function wikibase.getEntityUrl(id)
  id = id or host.entity()
  if id == nil then return nil end
  return "https://www.wikidata.org/wiki/Special:EntityPage/" .. string.upper(id)
end

function wikibase.getEntityIdForCurrentPage()
  return host.entity()
end

function wikibase.getEntityIdForTitle(title, site)
  check_type("getEntityIdForTitle", 1, title, "string")
  check_type("getEntityIdForTitle", 2, site, "string", true)
  return host.entity_of_title(title, site or host.wiki())
end

function wikibase.entityExists(id)
  check_type("entityExists", 1, id, "string")
  return wikibase.isValidEntityId(id) and host.exists(id)
end

-- Labels and descriptions: of the current page's item without an identifier.
for name, kind in pairs({ Label = "label", Description = "description" }) do
  local with_language = "get" .. name .. "WithLang"
  wikibase[with_language] = function(id)
    check_type(with_language, 1, id, "string", true)
    id = id or host.entity()
    if not id then return nil, nil end
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
    return host.term_in(kind, id, language)
  end
end

function wikibase.getSitelink(id, site)
  check_type("getSitelink", 1, id, "string")
  check_type("getSitelink", 2, site, "string", true)
  return host.sitelink(id, site or host.wiki())
end
wikibase.sitelink = wikibase.getSitelink

-- The item with its statements: known only if there is none.
function wikibase.getEntity(id)
  check_type("getEntity", 1, id, "string", true)
  id = id or host.entity()
  if not id or not wikibase.entityExists(id) then return nil end
  return host.unknown("mw.wikibase.getEntity")
end
wikibase.getEntityObject = wikibase.getEntity

for _, name in ipairs({ "getBestStatements", "getAllStatements", "getBadges" }) do
  wikibase[name] = function(id)
    check_type(name, 1, id, "string")
    if not wikibase.entityExists(id) then return {} end
    return host.unknown("mw.wikibase." .. name)
  end
end

for _, name in ipairs({ "getReferencedEntityId", "renderSnak", "renderSnaks", "formatValue",
  "formatValues", "resolvePropertyId", "getPropertyOrder", "orderProperties",
  "getEntityModuleName", "incrementExpensiveFunctionCount" }) do
  wikibase[name] = function() return host.unknown("mw.wikibase." .. name) end
end

return wikibase
