-- mw.hash: hash values of strings.
local host = ...

local check_type = require("libraryUtil").checkType

local hash = {}

function hash.listAlgorithms()
  local names = {}
  for name in string.gmatch(host.algorithms(), "%S+") do names[#names + 1] = name end
  return names
end

function hash.hashValue(algorithm, value)
  check_type("hashValue", 1, algorithm, "string")
  check_type("hashValue", 2, value, "string")
  host.charge(#value)
  return host.hash(algorithm, value)
end

return hash
