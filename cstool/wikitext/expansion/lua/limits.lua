-- Limits on the work of a call, and functions of Python as modules may call them.
--
-- After a limit, or when something is unknown, no code of the module runs: `pcall` does not catch
-- that. The measures are the same on every machine and in every order of calls.
local host, raw = ...

local error, type, select = error, type, select
local floor, huge = math.floor, math.huge

local STEP = 1000 -- instructions between two checks
local MOST_GARBAGE = 8 * 1024 -- kilobytes when a call begins
local CHECKS = 200 -- between two calls of Python, where it handles signals
local ENDED = "this call has ended"

local left = huge -- instructions
local churn = 0 -- kilobytes: the sum of the memory in use at the end of each garbage collection
local most_memory, most_churn = huge, huge -- kilobytes
local checks = 0
local floor_memory = 0 -- kilobytes that were in use when all garbage was collected
local overflowed -- whether the stack overflowed
local ended -- why the call has ended; no code of modules runs after that

local function stop(reason)
  ended = ended or reason
  raw.sethook()
  error(ENDED, 0)
end

local function check()
  if ended then error(ENDED, 0) end
  left = left - STEP
  if left < 0 then stop("Lua instructions") end
  if churn > most_churn or raw.count("count") > most_memory then stop("Lua memory") end
  checks = checks + 1
  if checks >= CHECKS then
    checks = 0
    if not host.tick() then stop("host") end
  end
end

-- Count work that is hidden in a function of C, as instructions.
local function charge(instructions)
  left = left - instructions
  if left < 0 or ended then stop("Lua instructions") end
end

-- An object that notices the end of each garbage collection: large strings that are made and
-- dropped cost few instructions, but much time.
local watcher

local function watch()
  watcher = raw.getmetatable(raw.newproxy(true))
  function watcher.__gc()
    churn = churn + raw.count("count")
    if churn > most_churn and not ended then raw.sethook(check, "", 1) end
    watch()
  end
end

local function unwatch()
  if watcher then watcher.__gc = nil end
  watcher = nil
end

-- A collection is not divided into steps, during which much could be allocated.
raw.count("setstepmul", 0)

-- Instructions are counted from here, so that the count does not depend on what was before.
local function restart()
  raw.sethook(check, "", STEP)
end

-- The same before and after work whose instructions depend on what this interpreter remembers.
local function apart()
  charge(STEP)
  restart()
end

-- Functions of Python ----------------------------------------------------------------------------

-- They return true and values, false and a message, or nil and why the call ends.
local function values(ok, ...)
  if ended then error(ENDED, 0) end
  if ok then return ... end
  if ok == nil then stop((...)) end
  error((...), 3)
end

-- Python's time grows with the lengths of texts.
local function charge_texts(...)
  local bytes = 0
  for index = 1, select("#", ...) do
    local value = select(index, ...)
    if type(value) == "string" then bytes = bytes + #value end
  end
  if bytes > 500 then charge(floor(bytes / 8)) end
end

local function bound(callback)
  return function(...)
    charge_texts(...)
    return values(callback(...))
  end
end

-- Errors -----------------------------------------------------------------------------------------

local function caught(ok, ...)
  if ended then error(ENDED, 0) end
  if not ok then
    local fault = ...
    if fault == "not enough memory" then stop("Lua memory") end
    if type(fault) == "string" and string.find(fault, "stack overflow", 1, true) then
      overflowed = true
    end
    -- An exception of Python: a signal.
    if type(fault) == "userdata" then error(fault, 0) end
  end
  return ok, ...
end

local limits = {}

function limits.pcall(...)
  return caught(raw.pcall(...))
end

function limits.xpcall(body, handler)
  return caught(raw.xpcall(body, function(fault)
    if ended or fault == "not enough memory" or type(fault) == "userdata" then return fault end
    return handler(fault)
  end))
end

-- For the kernel ---------------------------------------------------------------------------------

limits.stop, limits.charge, limits.apart = stop, charge, apart
limits.values, limits.bound, limits.restart = values, bound, restart

-- The instructions that are left.
function limits.left()
  return left
end

-- Begin a call that is not part of another one. Instructions; memory and churn in kilobytes; churn
-- is counted only if there is a limit.
function limits.begin(instructions, memory, most)
  left, churn, checks, ended = instructions, 0, 0, nil
  overflowed = false
  -- Garbage of earlier calls would hide what this call uses.
  if raw.count("count") > floor_memory + MOST_GARBAGE then
    raw.count("collect")
    floor_memory = raw.count("count")
  end
  most_memory, most_churn = raw.count("count") + memory, most or huge
  if most then watch() end
end

-- End it: the instructions that are left, and whether the stack overflowed.
function limits.finish()
  raw.sethook()
  unwatch()
  local rest = left
  left, ended, most_memory, most_churn = huge, nil, huge, huge
  return rest, overflowed
end

-- Why the current call has ended, nil if it has not.
function limits.reason()
  return ended
end

-- After a call within another one has ended as unknown: the outer one continues.
function limits.continue()
  ended = nil
  restart()
end

return limits
