-- mw.html: HTML from a tree of nodes. After Scribunto's reference manual.
local host = ...

local util = require("libraryUtil")
local checkType, checkTypeMulti = util.checkType, util.checkTypeMulti

local VOID = {}
for name in ([[area base br col command embed hr img input keygen link meta param source track
  wbr]]):gmatch("%a+") do
  VOID[name] = true
end

local ENTITIES = { [">"] = "&gt;", ["<"] = "&lt;", ["&"] = "&amp;", ['"'] = "&quot;" }

local function escaped(value)
  return (string.gsub(value, '[<>&"]', ENTITIES))
end

local function css_escaped(value)
  if type(value) == "number" then value = tostring(value) end
  local library = value:find("[^%z\1-\127]") and mw.ustring or string
  return (library.gsub(value, "[^\32-\57\60-\127]", function(character)
    return string.format("\\%X ", mw.ustring.codepoint(character))
  end))
end

local methods = {}
local metatable -- of nodes, where modules can change it

local function new(name, options)
  if name ~= nil and name ~= "" and not name:find("^[a-zA-Z0-9]+$") then
    error("invalid tag name '" .. name .. "'", 3)
  end
  options = options or {}
  return setmetatable({
    nodes = {},
    attributes = {},
    styles = {},
    tagName = name ~= "" and name or nil,
    parent = options.parent,
    selfClosing = VOID[name] or options.selfClosing or false,
  }, metatable)
end

local function append(node, child)
  if node.selfClosing then error("self-closing tags can't have child nodes", 3) end
  if child then table.insert(node.nodes, child) end
  return node
end

local function position(list, name)
  for index, item in ipairs(list) do
    if item.name == name then return index end
  end
  return nil
end

-- Text -------------------------------------------------------------------------------------------

local function style(styles)
  local declarations = {}
  for index, item in ipairs(styles) do
    if type(item) == "table" then
      item = css_escaped(item.name) .. ":" .. css_escaped(item.val)
    end
    declarations[index] = escaped(item)
  end
  return ' style="' .. table.concat(declarations, ";") .. '"'
end

function methods._build(node, pieces)
  if node.tagName then
    pieces[#pieces + 1] = "<" .. node.tagName
    for _, attribute in ipairs(node.attributes) do
      pieces[#pieces + 1] = " " .. attribute.name .. '="' .. escaped(attribute.val) .. '"'
    end
    if #node.styles > 0 then pieces[#pieces + 1] = style(node.styles) end
    if node.selfClosing then
      pieces[#pieces + 1] = " />"
      return
    end
    pieces[#pieces + 1] = ">"
  end
  for _, child in ipairs(node.nodes) do
    if type(child) == "table" then
      child:_build(pieces)
    elseif child then
      pieces[#pieces + 1] = tostring(child)
    end
  end
  if node.tagName then pieces[#pieces + 1] = "</" .. node.tagName .. ">" end
end

local function to_text(node)
  local pieces = {}
  node:_build(pieces)
  return table.concat(pieces)
end

-- Children ---------------------------------------------------------------------------------------

function methods.node(node, child)
  return append(node, child)
end

function methods.wikitext(node, ...)
  for index, value in ipairs({ ... }) do
    checkTypeMulti("wikitext", index, value, { "string", "number" })
    append(node, value)
  end
  return node
end

function methods.newline(node)
  return node:wikitext("\n")
end

function methods.tag(node, name, options)
  checkType("tag", 1, name, "string")
  checkType("tag", 2, options, "table", true)
  options = options or {}
  options.parent = node
  local child = new(name, options)
  node:node(child)
  return child
end

function methods.done(node)
  return node.parent or node
end

function methods.allDone(node)
  while node.parent do node = node.parent end
  return node
end

-- Attributes -------------------------------------------------------------------------------------

function methods.getAttr(node, name)
  checkType("getAttr", 1, name, "string")
  local index = position(node.attributes, name)
  return index and node.attributes[index].val
end

-- Call a method for each pair of a table.
local function for_each(node, method, pairs_of, value, kinds)
  if value ~= nil then
    error("bad argument #2 to '" .. method .. "' (if argument #1 is a table, argument #2 must be "
      .. "left empty)", 3)
  end
  if not pcall(function()
    for name, element in pairs(pairs_of) do node[method](node, name, element) end
  end) then
    error("bad argument #1 to '" .. method .. "' (table " .. kinds .. ")", 3)
  end
  return node
end

local function set(list, name, value)
  local index = position(list, name)
  if not index then
    if value ~= nil then table.insert(list, { name = name, val = value }) end
  elseif value == nil then
    table.remove(list, index)
  else
    list[index].val = value
  end
end

function methods.attr(node, name, value)
  if type(name) == "table" then
    return for_each(node, "attr", name, value,
      "keys must be strings, and values must be strings or numbers")
  end
  checkType("attr", 1, name, "string")
  checkTypeMulti("attr", 2, value, { "string", "number", "nil" })
  if name == "style" then
    node.styles = { value }
    return node
  end
  if not name:find("^[a-zA-Z_:][a-zA-Z0-9_.:-]*$") then
    error("bad argument #1 to 'attr' (invalid attribute name '" .. name .. "')", 2)
  end
  set(node.attributes, name, value)
  return node
end

function methods.addClass(node, class)
  checkTypeMulti("addClass", 1, class, { "string", "number", "nil" })
  if class == nil then return node end
  local index = position(node.attributes, "class")
  if not index then return node:attr("class", class) end
  local attribute = node.attributes[index]
  attribute.val = attribute.val .. " " .. class
  return node
end

function methods.css(node, name, value)
  if type(name) == "table" then
    return for_each(node, "css", name, value, "keys and values must be strings or numbers")
  end
  checkTypeMulti("css", 1, name, { "string", "number" })
  checkTypeMulti("css", 2, value, { "string", "number", "nil" })
  -- Raw CSS is a string among the styles.
  for index, item in ipairs(node.styles) do
    if type(item) == "table" and item.name == name then
      if value == nil then
        table.remove(node.styles, index)
      else
        item.val = value
      end
      return node
    end
  end
  if value ~= nil then table.insert(node.styles, { name = name, val = value }) end
  return node
end

function methods.cssText(node, css)
  checkTypeMulti("cssText", 1, css, { "string", "number", "nil" })
  if css ~= nil then table.insert(node.styles, css) end
  return node
end

-- A module can change the metatable only for its own call.
local function renew()
  local own = {}
  for name, method in pairs(methods) do own[name] = method end
  metatable = { __index = own, __tostring = to_text }
end
renew()
host.at_begin(renew)

local html = {}

function html.create(name, options)
  checkType("mw.html.create", 1, name, "string", true)
  checkType("mw.html.create", 2, options, "table", true)
  return new(name, options)
end

return html
