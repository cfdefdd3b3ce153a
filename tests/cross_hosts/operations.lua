-- The Lua host of the operations in tests/cross_hosts.sh, which says what to write: operations.lua FILE.
local dgen = require "dgen"
local parameters = { scale = { 2.5 }, clamp = { -1, 1 } }
local file = assert(io.open(arg[1], "wb"))

for _, kind in ipairs { "f64", "f32" } do
    local operands = { dgen.array(1000, kind), dgen.array(1000, kind), dgen.array(1000, kind) }
    for k = 0, 999 do
        operands[1][k + 1] = (k * 37 % 1000 - 500) / 16
        operands[2][k + 1] = (k * 61 % 997 - 300) / 32
        operands[3][k + 1] = k * 7 % 64 / 64
    end
    for _, operation in ipairs(dgen.operations()) do
        local arguments = table.move(operands, 1, operation.arrays, 1, {})
        for _, number in ipairs(parameters[operation.name] or {}) do arguments[#arguments + 1] = number end
        local result = dgen[operation.name](table.unpack(arguments))
        if type(result) == "number" then
            assert(file:write(string.pack("<d", result)))
        else
            assert(result:write(file))
        end
    end
end
assert(file:close())
