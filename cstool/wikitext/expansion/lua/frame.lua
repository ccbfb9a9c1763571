-- Frame objects: the arguments and functions of a call. After Scribunto's reference manual.
local host = ...

local ids = {} -- numbers of Python's frames by frame object
local parents = {} -- a list of the numbers of its ancestors, by frame object

local methods = {}
local new

local function id_of(frame, method)
  local id = ids[frame]
  if id == nil then
    error("frame:" .. method .. ": invalid frame object. Did you call " .. method .. " with a dot "
      .. "instead of a colon, i.e. frame." .. method .. "() instead of frame:" .. method .. "()?", 3)
  end
  return id
end

-- Arguments --------------------------------------------------------------------------------------

local SLICE = 500 -- arguments that Python returns at once

local function add(order, known, ...)
  local count = select("#", ...)
  for index = 1, count, 2 do
    local key, value = select(index, ...)
    order[key] = value
    known[tostring(key)] = value
  end
  return count / 2
end

-- A table that asks for arguments when they are read.
local function arguments(id)
  local known = {} -- by name, as text; false if the call lacks it
  local names
  local function read(_, name)
    name = tostring(name)
    local value = known[name]
    if value == nil then
      value = id ~= 0 and host.argument(id, name)
      known[name] = value or false
    end
    if value == false then return nil end
    return value
  end
  local function read_all()
    local order, start = {}, 0
    while id ~= 0 do
      local count = add(order, known, host.arguments(id, start))
      start = start + count
      if count < SLICE then break end
    end
    names = {}
    for name in pairs(order) do names[#names + 1] = name end
  end
  local function step(_, index)
    local value = read(_, index + 1)
    if value then return index + 1, value end
  end
  return setmetatable({}, {
    __index = read,
    __pairs = function()
      if not names then read_all() end
      local index = 0
      return function()
        index = index + 1
        local name = names[index]
        if name ~= nil then return name, known[tostring(name)] end
      end
    end,
    __ipairs = function() return step, nil, 0 end,
  })
end

local function checked(method, args)
  local result = {}
  for key, value in pairs(args) do
    local kind = type(key)
    if kind ~= "string" and kind ~= "number" then
      error(method .. ": arg keys must be strings or numbers, " .. kind .. " given", 3)
    end
    kind = type(value)
    if kind == "boolean" then
      result[key] = value and "1" or ""
    elseif kind == "string" or kind == "number" then
      result[key] = tostring(value)
    else
      error(method .. ": invalid type " .. kind .. " for arg '" .. tostring(key) .. "'", 3)
    end
  end
  return result
end

-- Names and values that follow each other, as texts: numbers in order, then names in order.
local function listed(args)
  local numbers, names, flat = {}, {}, {}
  for key in pairs(args) do
    local number = tonumber(key)
    if number and number % 1 == 0 and tostring(number) == tostring(key) then
      numbers[#numbers + 1] = key
    else
      names[#names + 1] = tostring(key)
    end
  end
  table.sort(numbers, function(a, b) return tonumber(a) < tonumber(b) end)
  table.sort(names)
  for _, list in ipairs({ numbers, names }) do
    for _, key in ipairs(list) do
      flat[#flat + 1] = tostring(key)
      local value = args[key]
      flat[#flat + 1] = value == nil and args[tonumber(key)] or value
    end
  end
  return flat
end

-- Methods ----------------------------------------------------------------------------------------

local function lazy(compute)
  local text
  return {
    expand = function()
      if text == nil then text = compute() end
      return text
    end,
  }
end

local function text_of(option)
  if type(option) == "table" then return option.text end
  return option
end

function methods.getArgument(self, option)
  id_of(self, "getArgument")
  local name = option
  if type(option) == "table" then name = option.name end
  local args = self.args
  return lazy(function() return args[name] end)
end

function methods.getParent(self)
  id_of(self, "getParent")
  local ancestors = parents[self]
  if ancestors[1] == nil then return nil end
  return new(unpack(ancestors))
end

function methods.getTitle(self)
  return host.title(id_of(self, "getTitle"))
end

function methods.argumentPairs(self)
  id_of(self, "argumentPairs")
  return pairs(self.args)
end

function methods.newChild(self, option)
  local id = id_of(self, "newChild")
  if type(option) ~= "table" then
    error("frame:newChild: the first parameter must be a table", 2)
  end
  local title, args = nil, option.args
  if option.title ~= nil then title = tostring(option.title) end
  if args == nil then
    args = {}
  elseif type(args) == "table" then
    args = checked("frame:newChild", args)
  else
    error("frame:newChild: args must be a table", 2)
  end
  return new(host.child(id, title, unpack(listed(args))), id, unpack(parents[self]))
end

function methods.expandTemplate(self, option)
  local id = id_of(self, "expandTemplate")
  if type(option) ~= "table" then
    error("frame:expandTemplate: the first parameter must be a table", 2)
  end
  local title, args = option.title, option.args
  if title == nil then
    error("frame:expandTemplate: a title is required", 2)
  elseif type(title) == "table" and title.namespace == 0 then
    title = ":" .. tostring(title)
  else
    title = tostring(title)
  end
  if args == nil then
    args = {}
  elseif type(args) == "table" then
    args = checked("frame:expandTemplate", args)
  else
    error("frame:expandTemplate: args must be a table", 2)
  end
  return host.template(id, title, unpack(listed(args)))
end

local function name_text(method, name, what)
  if type(name) == "string" or type(name) == "number" then return tostring(name) end
  error("frame:" .. method .. ": " .. what .. " must be a string or number", 3)
end

function methods.callParserFunction(self, name, args, ...)
  local id = id_of(self, "callParserFunction")
  if type(name) == "table" then
    name, args = name.name, name.args
    if type(args) ~= "table" then args = { args } end
  elseif type(args) ~= "table" then
    args = { args, ... }
  end
  if name == nil then
    error("frame:callParserFunction: a function name is required", 2)
  end
  name = name_text("callParserFunction", name, "function name")
  return host.parser_function(id, name, unpack(listed(checked("frame:callParserFunction", args))))
end

function methods.extensionTag(self, name, content, args)
  local id = id_of(self, "extensionTag")
  if type(name) == "table" then name, content, args = name.name, name.content, name.args end
  if name == nil then error("frame:extensionTag: a tag name is required", 2) end
  name = name_text("extensionTag", name, "tag name")
  content = content == nil and "" or name_text("extensionTag", content, "content")
  if args == nil then
    args = { content }
  elseif type(args) == "table" then
    args = checked("frame:extensionTag", args)
    table.insert(args, 1, content)
  else
    args = { content, name_text("extensionTag", args, "args") }
  end
  return host.parser_function(id, "#tag:" .. name, unpack(listed(args)))
end

function methods.preprocess(self, option)
  return host.preprocess(id_of(self, "preprocess"), tostring(text_of(option)))
end

function methods.newParserValue(self, option)
  id_of(self, "newParserValue")
  local text = text_of(option)
  return lazy(function() return self:preprocess(text) end)
end

function methods.newTemplateParserValue(self, option)
  id_of(self, "newTemplateParserValue")
  if type(option) ~= "table" then
    error("frame:newTemplateParserValue: the first parameter must be a table", 2)
  end
  if option.title == nil then
    error("frame:newTemplateParserValue: a title is required", 2)
  end
  return lazy(function() return self:expandTemplate(option) end)
end

-- For the kernel ---------------------------------------------------------------------------------

function new(id, ...)
  local frame = { args = arguments(id) }
  for name, method in pairs(methods) do frame[name] = method end
  ids[frame], parents[frame] = id, { ... }
  return frame
end

local frames = { new = new }

-- A frame without arguments and parent.
function frames.empty()
  return new(0)
end

function frames.reset()
  ids, parents = {}, {}
end

return frames
