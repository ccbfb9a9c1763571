-- strict: makes the use of global variables that do not exist an error.
--
-- Behaviour: the reference manual of Scribunto; `arg` is exempt, because `require` sets it.
local error, getmetatable, rawset, setmetatable = error, getmetatable, rawset, setmetatable

local metatable = getmetatable(_G)
if metatable == nil then
  metatable = {}
  setmetatable(_G, metatable)
end

function metatable.__newindex(globals, name, value)
  if name ~= "arg" then error("assign to undeclared variable '" .. name .. "'", 2) end
  rawset(globals, name, value)
end

function metatable.__index(_, name)
  if name ~= "arg" then error("variable '" .. name .. "' is not declared", 2) end
end
